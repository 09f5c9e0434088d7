"""A run's request once more, with some options changed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fusion_jupyter.config import compose
from fusion_jupyter.errors import ConfigError
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.record import RunCreate, RunRecord
from fusion_jupyter.manager.state_files import Request, read


def request_of(record: RunRecord, changes: Mapping[str, object]) -> RunCreate:
    """What to ask for to run the same again.

    The run's frozen configuration is what counts: where its template has changed since, or is
    gone, the frozen file takes its place.

    Args:
        record: The run.
        changes: Options by name, or ``section.key``, that shall differ.

    Raises:
        ValueError: The run is a command: it has no options to change.
        FileNotFoundError: The run's configuration is gone.
    """
    directory = RunDirectory(record.directory)
    if record.simulator == "command":
        raise ValueError(
            f"run {record.id} is a command, which has no options; start it with "
            "fusion_jupyter.start(command=...)"
        )
    asked = read(directory.run_file, Request).content
    options = {**record.options, **changes}
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
        engine=record.engine,
        engine_options={} if asked is None else asked.engine_options,
        tags=record.tags,
    )


def _is_still_the_same(template: str | Path, record: RunRecord, directory: RunDirectory) -> bool:
    """Tell whether the template with the run's options still gives the frozen configuration."""
    try:
        made = compose.compose(template, record.options, record.simulator)
    except (ConfigError, OSError):
        return False
    # A file that the configuration names may be another one by now.
    return made.hashes() == record.inputs and made.to_ini() == directory.read_config()
