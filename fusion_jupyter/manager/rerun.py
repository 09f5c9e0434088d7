"""Repeat a run's request with some options changed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fusion_jupyter.choices import DEFAULT_ENGINE
from fusion_jupyter.config import compose, schema
from fusion_jupyter.errors import ConfigError
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.record import RunCreate, RunRecord
from fusion_jupyter.manager.state_files import Request, read


def request_of(record: RunRecord, changes: Mapping[str, object]) -> RunCreate:
    """Build the request that repeats a run.

    The run's frozen configuration is authoritative: if its template has changed or is gone, the
    frozen file is used instead.

    Args:
        record: The run.
        changes: Options to change, by name or ``section.key``.

    Raises:
        ValueError: The run is a command, which has no options to change.
        FileNotFoundError: The run's configuration is gone.
    """
    directory = RunDirectory(record.directory)
    if record.simulator == "command":
        raise ValueError(
            f"run {record.id} is a command, which has no options; start it with "
            "fusion_jupyter.start(command=...)"
        )
    asked = read(directory.run_file, Request).content
    changed = {_location(name) for name in changes}
    kept = {name: value for name, value in record.options.items() if _location(name) not in changed}
    options = {**kept, **changes}
    template: str | Path = record.template
    if record.template.endswith(".ini"):
        template = Path(record.template)
    if not _is_still_the_same(template, record, directory):
        template, options = directory.config_file, dict(changes)
    return RunCreate(
        template=template,
        name=None,
        config=options,
        simulator=record.simulator,
        # The shell lines and arguments in a bundle are its maker's, not the user's.
        engine=DEFAULT_ENGINE if directory.is_imported else record.engine,
        engine_options={} if asked is None or directory.is_imported else asked.engine_options,
        tags=record.tags,
    )


def _is_still_the_same(template: str | Path, record: RunRecord, directory: RunDirectory) -> bool:
    """Return whether the template with the run's options still yields the frozen configuration."""
    try:
        made = compose.compose(template, record.options, record.simulator)
    except (ConfigError, OSError):
        return False
    # A file named by the configuration may have changed since.
    return made.hashes() == record.inputs and made.to_ini() == directory.read_config()


def _location(name: str) -> object:
    """The option with a name, in any spelling."""
    option = schema.find(name)
    return name if option is None else option.location
