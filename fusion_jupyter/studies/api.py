"""`sweep`, `sweeps` and `sweep_by_id`: start studies of many runs and find them again."""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, overload

from fusion_jupyter import arguments
from fusion_jupyter.config import template_files
from fusion_jupyter.config.signature import lists_options
from fusion_jupyter.errors import FusionJupyterError
from fusion_jupyter.manager import labels
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunCreate
from fusion_jupyter.simulators import merged
from fusion_jupyter.studies import adaptive, launch, record
from fusion_jupyter.studies.planning import SweepPlan
from fusion_jupyter.studies.sweep import Sweep

if TYPE_CHECKING:
    import pandas as pd

#: One handle per sweep and process.
_handles: weakref.WeakValueDictionary[Path, Sweep] = weakref.WeakValueDictionary()
_handles_lock = threading.Lock()

_Over = Mapping[str, Iterable[object]]


@overload
def sweep(
    template: str | os.PathLike[str] = ...,
    over: _Over | None = ...,
    *,
    points: Iterable[Mapping[str, object]] | pd.DataFrame | None = ...,
    repeats: int = ...,
    name: str | None = ...,
    tags: Iterable[str] = ...,
    simulator: str = ...,
    engine: str = ...,
    engine_options: Mapping[str, object] | None = ...,
    max_concurrent: int | None = ...,
    precision: float | None = ...,
    budget: float | None = ...,
    overrides: Mapping[str, object] | None = ...,
    dry_run: Literal[False] = ...,
    **options: object,
) -> Sweep: ...
@overload
def sweep(
    template: str | os.PathLike[str] = ...,
    over: _Over | None = ...,
    *,
    points: Iterable[Mapping[str, object]] | pd.DataFrame | None = ...,
    repeats: int = ...,
    name: str | None = ...,
    tags: Iterable[str] = ...,
    simulator: str = ...,
    engine: str = ...,
    engine_options: Mapping[str, object] | None = ...,
    max_concurrent: int | None = ...,
    precision: float | None = ...,
    budget: float | None = ...,
    overrides: Mapping[str, object] | None = ...,
    dry_run: Literal[True],
    **options: object,
) -> SweepPlan: ...
@lists_options
def sweep(
    template: str | os.PathLike[str] = "minimal",
    over: _Over | None = None,
    *,
    points: Iterable[Mapping[str, object]] | pd.DataFrame | None = None,
    repeats: int = 1,
    name: str | None = None,
    tags: Iterable[str] = (),
    simulator: str = "auto",
    engine: str = "local",
    engine_options: Mapping[str, object] | None = None,
    max_concurrent: int | None = None,
    precision: float | None = None,
    budget: float | None = None,
    overrides: Mapping[str, object] | None = None,
    dry_run: bool = False,
    **options: object,
) -> Sweep | SweepPlan:
    """Run a template at every point of a grid, or at listed points, and return at once.

    Requesting the same sweep again, by re-executing the cell, after a restart or from another
    notebook, returns the same sweep: existing points are shown, missing ones are run, none runs
    twice. An earlier run with an identical request is shared.

    With `precision`, iterations are spent where the curves are uncertain: each load of each point
    ends as soon as the 95 % confidence interval of its blocking is no wider than ± precision times
    its mean, so loads with little blocking get many iterations and the others few, at least five.
    The rule checks rarely, and with wider intervals at each check, so the intervals keep their
    coverage although they are checked repeatedly. This applies to each load separately: of twenty
    loads, one interval may miss. `Sweep.imprecise` lists the loads that have not reached it: those
    with too little blocking for `max_iters` iterations (default 1,000), or that the `budget` ended.

    Args:
        template: A template's name or the path of an INI file.
        over: Values by option name: each combination is a point. A network may also be a networkx
            graph, a list of links or a file, as for `fusion_jupyter.start`.
        points: Explicit points, instead of `over`: mappings, or a DataFrame with one row each.
        repeats: Independent repetitions of each point, with consecutive seeds; figures, tables and
            comparisons pool their iterations.
        name: Human-readable name.
        tags: Labels for filtering, also of each run.
        simulator: ``"auto"``, ``"embedded"`` or ``"fusion"``.
        engine: Where the runs execute, ``"local"`` or ``"slurm"``.
        engine_options: Options of the engine.
        max_concurrent: Maximum number of concurrent runs; default: the limit of
            `fusion_jupyter.configure`.
        precision: Half width of the interval of blocking, as a share of the mean, at which a load
            ends: above 0 and at most 0.5; for the embedded simulator.
        budget: Seconds, including time in the queue, after which unfinished runs are cancelled,
            with or without a kernel; completed iterations are kept. Points run in order. Requested
            again with a larger budget, cancelled points run again with the full budget. Only with
            `precision`.
        overrides: Options of all points, by name or ``section.key``.
        dry_run: Start nothing: return the points, their existing runs, and an estimate of the time
            for the missing ones.
        **options: Options of all points by name.

    Raises:
        SweepError: Some points cannot be run: the message lists them all, with the option, its
            value and what is allowed. Nothing was started or written.
        ValueError: Another argument has a value that is not allowed.

    Example:
        >>> sweep("minimal", over={"k_paths": [1, 3, 5], "network": ["NSFNet", "USNet"]})
        >>> sweep("minimal", over={"k_paths": [1, 3, 5]}, precision=0.05, budget=600)
    """
    given = merged(overrides, options)
    arguments.check_flag("dry_run", dry_run)
    labels.checked_name(name)
    simulator = adaptive.add_options(given, precision, budget, simulator, over, points, template)
    manager = RunManager()
    request = RunCreate(
        template=template_files.checked(template),
        name=name,
        config=given,
        simulator=simulator,
        engine=engine,
        engine_options=dict(
            arguments.mapping("engine_options", engine_options, "{'time': '1:00:00'}")
        ),
        tags=arguments.as_tuple(tags),
        max_concurrent=max_concurrent,
    )
    if dry_run:
        return launch.dry_run(manager, request, over, points, repeats)
    return handle_of(
        manager.runs_dir, launch.start(manager, request, over, points, repeats, budget)
    )


def sweeps() -> list[Sweep]:
    """Handles of all sweeps, newest first; damaged records are omitted."""
    runs_dir = RunManager().runs_dir
    found = [_handle_of(runs_dir, known) for known in _records(runs_dir)]
    for each in found:
        each.wait_until_known()
    return found


def sweep_by_id(sweep_id: str) -> Sweep:
    """Get the handle of an existing sweep.

    Args:
        sweep_id: Its id, or the first characters of it if they match only one sweep.

    Raises:
        SweepNotFoundError: No sweep, or more than one, has an id that begins with it.
    """
    runs_dir = RunManager().runs_dir
    ids = record.list_ids(runs_dir)
    found = [known for known in ids if sweep_id and known.startswith(str(sweep_id))]
    if len(found) == 1:
        return handle_of(runs_dir, record.read(runs_dir, found[0]))
    if found:
        raise record.SweepNotFoundError(
            f"{sweep_id!r} matches {len(found)} sweeps: {', '.join(found[:5])}"
        )
    called = [known.id for known in _records(runs_dir) if known.name == sweep_id]
    if called:
        raise record.SweepNotFoundError(
            f"There is no sweep with the id {sweep_id!r}; the id of what is called so is "
            f"{' or '.join(map(repr, called[:5]))}"
        )
    newest = f"; the newest is {ids[0]!r}" if ids else ", which has none"
    raise record.SweepNotFoundError(f"There is no sweep {sweep_id!r} in {runs_dir}{newest}")


def _records(runs_dir: Path) -> Iterator[record.SweepRecord]:
    for sweep_id in record.list_ids(runs_dir):
        with contextlib.suppress(FusionJupyterError):
            yield record.read(runs_dir, sweep_id)


def handle_of(runs_dir: Path, found: record.SweepRecord) -> Sweep:
    """Return this process's handle of a sweep, always the same object, with its state."""
    handle = _handle_of(runs_dir, found)
    handle.wait_until_known()
    return handle


def _handle_of(runs_dir: Path, found: record.SweepRecord) -> Sweep:
    path = record.path_of(runs_dir, found.id)
    with _handles_lock:
        handle = _handles.get(path)
        if handle is None:
            handle = _handles[path] = Sweep(runs_dir, found)
        else:
            handle.renew(found)
        return handle
