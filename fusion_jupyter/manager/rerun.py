"""Repeat a run's request with some options changed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from fusion_jupyter.choices import DEFAULT_ENGINE
from fusion_jupyter.config import compose, schema
from fusion_jupyter.errors import ConfigError, DamagedRunError
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.record import RunCreate, RunRecord
from fusion_jupyter.manager.state_files import Request, read
from fusion_jupyter.simulators import command
from fusion_jupyter.storage import files


def request_of(record: RunRecord, changes: Mapping[str, object]) -> RunCreate:
    """Build the request that repeats a run.

    The run's frozen configuration is authoritative: if its template has changed or is gone, the
    frozen file is used instead.

    Args:
        record: The run.
        changes: Options to change, by name or ``section.key``.

    Raises:
        ValueError: The run is a command, which has no options to change, or which came in a bundle.
        DamagedRunError: Its request cannot be read.
        FileNotFoundError: The run's configuration is gone.
    """
    directory = RunDirectory(record.directory)
    if not record.simulator:
        raise DamagedRunError(f"Run {record.id}: {record.error_message or 'its request is gone'}")
    if record.simulator == command.NAME:
        return _same_command(record, directory, changes)
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


class _Command(msgspec.Struct, kw_only=True):
    """What ``run.json`` says of a command."""

    command: tuple[str, ...]
    cwd: str
    progress_patterns: tuple[str, ...] | None = ()


def _same_command(
    record: RunRecord, directory: RunDirectory, changes: Mapping[str, object]
) -> RunCreate:
    if changes:
        raise ValueError(
            f"run {record.id} is a command, which has no options such as {', '.join(changes)}; "
            "start another with fusion_jupyter.start(command=...)"
        )
    if directory.is_imported:
        raise ValueError(
            f"run {record.id} is a command that came in a bundle, so somebody else wrote it; start "
            "it with fusion_jupyter.start(command=...)"
        )
    asked = read(directory.run_file, Request).content
    data = files.read_small(os.fspath(directory.run_file), files.MOST_JSON_BYTES)
    try:
        known = msgspec.json.decode(data, type=_Command)
    except msgspec.MsgspecError as error:
        raise ValueError(f"{directory.run_file} does not name the command: {error}") from None
    return RunCreate(
        command=known.command,
        cwd=known.cwd,
        progress_patterns=known.progress_patterns,
        engine=record.engine,
        engine_options={} if asked is None else asked.engine_options,
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
