"""Start runs and find them again; one handle per run and process."""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from fusion_jupyter import arguments, settings, simulators
from fusion_jupyter.choices import EngineName, SimulatorName, SimulatorOfRun
from fusion_jupyter.config import template_files
from fusion_jupyter.config.signature import lists_options
from fusion_jupyter.errors import ConfigError
from fusion_jupyter.handle import Run, handle_of
from fusion_jupyter.manager import creation, selection
from fusion_jupyter.manager.filter import Filter, similar_network
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunCreate, RunStatus
from fusion_jupyter.run_list import RunList
from fusion_jupyter.settings import Settings
from fusion_jupyter.simulators import fusion
from fusion_jupyter.watch import watcher


def configure(
    *,
    runs_dir: str | os.PathLike[str] | None = None,
    max_concurrent_runs: int | None = None,
    cancel_grace_seconds: float | None = None,
    fusion_python: str | os.PathLike[str] | None = None,
    slurm: Mapping[str, object] | None = None,
) -> Settings:
    """Change settings of this process; omitted settings keep their values.

    Args:
        runs_dir: Folder of the run directories, created when first needed.
        max_concurrent_runs: Maximum number of concurrent runs, at least 1.
        cancel_grace_seconds: Seconds between SIGTERM and SIGKILL when a run is cancelled, at least
            0.
        fusion_python: Interpreter of the environment in which FUSION is installed. It is started
            once to find FUSION's version and commit, which are stored in the settings' ``fusion``
            and in the record of each run.
        slurm: Default `engine_options` of runs on Slurm, such as
            ``{"partition": "short", "time": "2:00:00"}``; replaces earlier defaults.

    Returns:
        The new settings.

    Raises:
        ValueError: A value is out of range, or the interpreter cannot import FUSION; nothing is
            then changed.

    Example:
        >>> configure(max_concurrent_runs=2).max_concurrent_runs
        2
    """
    found = None
    if fusion_python is not None:
        fusion_python = arguments.path("fusion_python", fusion_python, "the path of an interpreter")
        fusion_python = fusion_python.absolute()
        found = fusion.installation(fusion_python)
    return settings.configure(
        runs_dir=runs_dir,
        max_concurrent_runs=max_concurrent_runs,
        cancel_grace_seconds=cancel_grace_seconds,
        fusion_python=fusion_python,
        fusion=None if found is None else str(found),
        slurm=slurm,
    )


@lists_options
def start(
    template: str | os.PathLike[str] = "minimal",
    overrides: Mapping[str, object] | None = None,
    *,
    name: str | None = None,
    simulator: SimulatorName = "auto",
    engine: EngineName = "local",
    engine_options: Mapping[str, object] | None = None,
    tags: Iterable[str] = (),
    command: Sequence[str] | None = None,
    progress: str | Iterable[str] | None = (),
    reuse: bool = False,
    **options: object,
) -> Run:
    r"""Start a run and return its handle at once.

    Args:
        template: Name of a template (`template_names`) or path of an INI file.
        overrides: Options by ``section.key`` or by name, see `options`.
        name: Human-readable name; default is ``Run <first 6 digits of the id>``.
        simulator: ``"auto"`` (the embedded simulator if it computes exactly what FUSION would, else
            FUSION; the run's record says which and why), ``"fusion"`` or ``"embedded"``.
        engine: Where the run executes: ``"local"`` (this machine, in a queue), ``"slurm"`` (a
            job of the batch system) or ``"debug"`` (this machine, while the caller waits: the run
            has ended when the call returns).
        engine_options: Options of the engine, such as ``{"time": "1:00:00"}`` for ``"slurm"``;
            ``"local"`` and ``"debug"`` have none.
        tags: Labels for filtering.
        command: A program and its arguments, to run instead of a simulator. It may append to
            ``$FUSION_PROGRESS_FILE`` (in Python: `report`) and write files to
            ``$FUSION_OUTPUT_DIR``.
        progress: For a command that does not report progress: one or more regular expressions for
            lines of its log, with named groups such as ``(?P<step>\d+)/(?P<total>\d+)``. Without
            any, the bars of tqdm, rich and Keras and lines such as ``step 3/10`` or ``37 % done``
            are recognised; None: nothing is.
        reuse: Return an earlier run of an identical computation if one is pending, running or
            completed: re-executing a cell then shows its run instead of starting another. Its name
            stays; it gets the new tags too.
        **options: Options by name, for example ``k_paths=5``. A ``network`` is a name (`networks`),
            the path of a topology file, a networkx graph whose edges have a ``length`` in km, or a
            list of links; ``modulation_formats`` is a table as a mapping or a file.

    Raises:
        ConfigError: An option is unknown or its value not allowed; nothing was started or written.
        ValueError: Another argument has a value that is not allowed.

    Example:
        >>> run = start("minimal", name="k-paths 5", k_paths=5)
    """
    request = _request(
        template, overrides, options, name=name, simulator=simulator, engine=engine,
        engine_options=engine_options, tags=tags, command=command, progress=progress, reuse=reuse,
    )  # fmt: skip
    record = RunManager().create_run(request)
    return handle_of(record.directory, record)


@lists_options
def check(
    template: str | os.PathLike[str] = "minimal",
    overrides: Mapping[str, object] | None = None,
    *,
    name: str | None = None,
    simulator: SimulatorName = "auto",
    engine: EngineName = "local",
    engine_options: Mapping[str, object] | None = None,
    tags: Iterable[str] = (),
    command: Sequence[str] | None = None,
    progress: str | Iterable[str] | None = (),
    reuse: bool = False,
    **options: object,
) -> dict[str, str]:
    """Return all errors of a request, by option or argument; empty if `start` would start it.

    Takes the arguments of `start`; nothing is started or written. What only a start shows is not
    checked, such as whether Slurm accepts a job.

    Raises:
        ValueError: An option is given twice, or an argument is of the wrong type.

    Example:
        >>> check("minimal", max_iters=0)
        {'max_iters': "general_settings.max_iters is '0'; allowed: a whole number, 1 or more"}
    """
    try:
        request = _request(
            template, overrides, options, name=name, simulator=simulator, engine=engine,
            engine_options=engine_options, tags=tags, command=command, progress=progress,
            reuse=reuse,
        )  # fmt: skip
    except ConfigError as error:
        return error.problems
    return creation.problems(settings.runs_dir(), request)


def _request(
    template: str | os.PathLike[str],
    overrides: Mapping[str, object] | None,
    options: Mapping[str, object],
    *,
    engine_options: Mapping[str, object] | None,
    tags: Iterable[str],
    command: Sequence[str] | None,
    progress: str | Iterable[str] | None,
    **others: Any,
) -> RunCreate:
    return RunCreate(
        template=template_files.checked(template),
        config=simulators.merged(overrides, options),
        engine_options=arguments.mapping("engine_options", engine_options, "{'time': '1:00:00'}"),
        tags=arguments.as_tuple(tags),
        command=arguments.as_tuple(command),
        progress_patterns=_patterns(progress),
        **others,
    )


def _patterns(progress: str | Iterable[str] | None) -> tuple[str, ...] | None:
    patterns = arguments.as_tuple(progress)
    if patterns is not None and not isinstance(patterns, str | tuple):
        raise arguments.refuse("progress", progress, "regular expressions, or None")
    return (patterns,) if isinstance(patterns, str) else patterns


def run(run_id: str | Run) -> Run:
    """Get the handle of an existing run, in any kernel.

    Args:
        run_id: Its id, or the first characters of it if they match only one run; a handle is
            returned as it is.

    Raises:
        RunNotFoundError: No run, or more than one, has an id that begins with it.
    """
    if isinstance(run_id, Run):
        return run_id
    record = selection.find(RunManager(), run_id)
    return handle_of(record.directory, record)


def runs(
    status: RunStatus | str | Iterable[RunStatus | str] | None = None,
    *,
    tags: str | Iterable[str] | None = None,
    name: str | None = None,
    network: str | None = None,
    simulator: SimulatorOfRun | None = None,
    since: datetime | timedelta | str | None = None,
    limit: int | None = None,
) -> RunList:
    """Handles of the runs, newest first.

    Args:
        status: Only runs with this status, or one of these; case-insensitive.
        tags: Only runs with this tag, or with all of these.
        name: Only runs whose name contains this text, or matches it if it has ``*`` or ``?``;
            case-insensitive.
        network: Only runs on this topology; case-insensitive.
        simulator: Only runs of ``"embedded"``, ``"fusion"`` or ``"command"``.
        since: Only runs created at or after this time (a datetime or ISO 8601 text; local time if
            it has no time zone), or within this timedelta before now.
        limit: Maximum number of runs.

    Returns:
        A list that displays as a table, see `RunList`.

    Warns:
        UserWarning: No run is on this network, but some are on one of a similar name.

    Raises:
        ValueError: A status is unknown, `since` is not a time, or the limit is negative.

    Example:
        >>> runs(tags="ofc27", status="completed", since=timedelta(days=7))
    """
    wanted = Filter.of(
        status=status, tags=tags, name=name, network=network, simulator=simulator, since=since
    )
    if limit is not None:
        arguments.check_count("limit", limit)
    records = RunManager().list_runs()
    if network is not None and (hint := similar_network(network, records)):
        warnings.warn(f"No run is on network {network!r}{hint}", stacklevel=2)
    found = RunList()
    for record in records:
        if limit is not None and len(found) >= limit:
            break
        if wanted.fits(record):
            with contextlib.suppress(FileNotFoundError):  # deleted meanwhile
                found.append(handle_of(record.directory, record))
    return found


def _tend() -> None:
    """While runs are watched: reap ended supervisors and start waiting runs."""
    RunManager(settings.runs_dir()).tend()


watcher.idle_hooks.append(_tend)
