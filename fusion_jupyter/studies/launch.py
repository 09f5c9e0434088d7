"""Start sweeps and their missing runs: each point once, however often it is requested.

A sweep's record is changed under its lock, and written before the runs that it names are created.
After a crash between the two, the next request creates the missing runs.
"""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fusion_jupyter import settings
from fusion_jupyter.manager.creation import PreparedRun
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunCreate, RunRecord, RunStatus
from fusion_jupyter.studies import estimate, planning, points, record
from fusion_jupyter.studies.planning import PlannedPoint, SweepPlan
from fusion_jupyter.studies.points import Point
from fusion_jupyter.studies.record import SweepPoint, SweepRecord

if TYPE_CHECKING:
    import pandas as pd

_USELESS = (RunStatus.FAILED, RunStatus.CANCELLED)


def start(
    manager: RunManager,
    request: RunCreate,
    over: Mapping[str, Iterable[object]] | None,
    rows: Iterable[Mapping[str, object]] | pd.DataFrame | None,
    repeats: int,
    budget: float | None = None,
) -> SweepRecord:
    """Find the sweep with an identical request, or create it, and start its missing runs.

    Args:
        manager: Manager of the runs.
        request: The request shared by all points; its name and tags are the sweep's.
        over: See `points.expand`.
        rows: See `points.expand`.
        repeats: Repetitions of each point.
        budget: Seconds from now after which what is left of it is cancelled; None: never. A larger
            one than before gives the points that were cancelled new runs.
    """
    planned = _plan(manager, request, points.expand(over, rows), repeats)
    sweep = record.sweep_id({"runs": [point.prepared.fingerprint for point in planned]})
    with record.locked(manager.runs_dir, sweep):
        try:
            found = record.read(manager.runs_dir, sweep)
        except record.SweepNotFoundError:
            found = _new(sweep, request, planned, repeats)
            _grant(found, budget)
            record.write(manager.runs_dir, found)
        if found.budget is not None and (budget is None or budget > found.budget):
            _grant(found, budget)
            _give_new_runs(found, lambda point: _is_cancelled(manager, point))
            record.write(manager.runs_dir, found)
        _create_missing(manager, found, {_key(p): p.prepared for p in planned}, request)
    return found


def dry_run(
    manager: RunManager,
    request: RunCreate,
    over: Mapping[str, Iterable[object]] | None,
    rows: Iterable[Mapping[str, object]] | pd.DataFrame | None,
    repeats: int,
) -> SweepPlan:
    """The plan of `start`: the points, the existing runs, the time for the others."""
    planned = _plan(manager, request, points.expand(over, rows), repeats)
    missing = [point.prepared for point in planned if point.existing is None]
    work = [requests for each in missing if (requests := _requests(each)) is not None]
    simulator = planned[0].prepared.simulator
    at_once = request.max_concurrent or settings.max_concurrent_runs()
    seconds, basis = estimate.seconds(work, estimate.rate(manager.list_runs(), simulator), at_once)
    return SweepPlan(
        points=tuple(planned),
        seconds=seconds,
        basis=basis,
        parameters=tuple(planned[0].parameters),
    )


def extend(
    manager: RunManager,
    sweep: str,
    over: Mapping[str, Iterable[object]] | None,
    rows: Iterable[Mapping[str, object]] | pd.DataFrame | None,
) -> SweepRecord:
    """Add points to a sweep; see `fusion_jupyter.studies.sweep.Sweep.extend`."""
    found = record.read(manager.runs_dir, sweep)
    new = points.expand(over, rows)
    if set(new[0]) != set(found.parameters):
        raise ValueError(
            f"the new points set {', '.join(new[0])}; allowed: the options that this sweep "
            f"varies, {', '.join(found.parameters)}"
        )
    request = request_of(found)
    planned = _plan(manager, request, new, found.repeats)
    with record.locked(manager.runs_dir, sweep):
        found = record.read(manager.runs_dir, sweep)
        known = {_key(point) for point in found.points}
        added = [_to_point(each) for each in planned if _key(each) not in known]
        if added:
            found.points += added
            record.write(manager.runs_dir, found)
        _create_missing(manager, found, {_key(p): p.prepared for p in planned}, request)
    return found


def run_again(
    manager: RunManager, sweep: str, is_useless: Callable[[SweepPoint], bool]
) -> tuple[SweepRecord, list[str]]:
    """Replace the run of each point that has no usable result.

    Returns:
        The record afterwards, and the ids of the new runs.
    """
    with record.locked(manager.runs_dir, sweep):
        found = record.read(manager.runs_dir, sweep)
        new = _give_new_runs(found, is_useless)
        if new:
            _grant(found, found.budget)
            record.write(manager.runs_dir, found)
            _create_missing(manager, found, {}, request_of(found))
    return found, new


def _grant(sweep: SweepRecord, budget: float | None) -> None:
    """Set the time budget of the runs created from now on."""
    sweep.budget = budget
    sweep.deadline = None if budget is None else time.time() + budget


def _give_new_runs(sweep: SweepRecord, is_useless: Callable[[SweepPoint], bool]) -> list[str]:
    """Name new runs for useless points, and return their ids."""
    new = []
    for point in sweep.points:
        if is_useless(point):
            point.previous.append(point.run_id)
            point.run_id, point.shared = _new_id(), False
            new.append(point.run_id)
    return new


def _is_cancelled(manager: RunManager, point: SweepPoint) -> bool:
    known = manager.get_run(point.run_id)
    return known is not None and known.status is RunStatus.CANCELLED


def delete(manager: RunManager, sweep: SweepRecord, *, force: bool) -> None:
    """Delete a sweep and those of its own runs that no other sweep uses."""
    with record.locked(manager.runs_dir, sweep.id):
        elsewhere = _runs_of_other_sweeps(manager.runs_dir, sweep.id)
        own = [
            run_id
            for point in sweep.points
            for run_id in (*point.previous, *(() if point.shared else (point.run_id,)))
            if run_id not in elsewhere
        ]
        unfinished = [
            run_id
            for run_id in own
            if (known := manager.get_run(run_id)) is not None and not known.status.is_final
        ]
        if unfinished and not force:
            raise ValueError(
                f"{len(unfinished)} runs of sweep {sweep.id} have not ended; allowed: cancel() it "
                "first and wait for its end, or delete(force=True)"
            )
        # From last to first, so that no waiting run takes the slot of a deleted one.
        for run_id in reversed(unfinished):
            manager.cancel(run_id, wait=False)
        for run_id in unfinished:
            manager.cancel(run_id)
        for run_id in own:
            manager.delete(run_id)
        record.remove(manager.runs_dir, sweep.id)


def request_of(sweep: SweepRecord) -> RunCreate:
    """The request shared by all points of a sweep."""
    return RunCreate(
        template=Path(sweep.template) if sweep.template.endswith(".ini") else sweep.template,
        name=sweep.name,
        config=sweep.options,
        simulator=sweep.simulator,
        engine=sweep.engine,
        engine_options=sweep.engine_options,
        tags=tuple(sweep.tags),
        max_concurrent=sweep.max_concurrent,
    )


def _plan(
    manager: RunManager, request: RunCreate, found: Sequence[Point], repeats: int
) -> list[PlannedPoint]:
    if isinstance(repeats, bool) or not isinstance(repeats, int) or repeats < 1:
        raise ValueError(f"repeats is {repeats!r}; allowed: a whole number, 1 or more")
    both = set(found[0]) & set(request.config)
    if both:
        raise ValueError(
            f"{', '.join(sorted(both))}: given for all points and as an option that varies; "
            "allowed: one of them"
        )
    return planning.plan(manager, request, found, repeats, _by_fingerprint(manager))


def _by_fingerprint(manager: RunManager) -> dict[str, RunRecord]:
    """The run to share for each fingerprint: the newest usable one."""
    found: dict[str, RunRecord] = {}
    for known in manager.list_runs():
        if known.fingerprint and known.status not in _USELESS and not known.cancel_requested:
            found.setdefault(known.fingerprint, known)
    return found


def _new(
    sweep: str, request: RunCreate, planned: Sequence[PlannedPoint], repeats: int
) -> SweepRecord:
    varied = " × ".join(planned[0].parameters)
    return SweepRecord(
        version=record.FORMAT_VERSION,
        id=sweep,
        name=request.name or f"Sweep: {varied}",
        tags=list(request.tags),
        created_at=datetime.now(UTC).isoformat(),
        template=str(request.template),
        simulator=request.simulator,
        engine=request.engine,
        engine_options=dict(request.engine_options),
        options={name: points.plain(value) for name, value in request.config.items()},
        repeats=repeats,
        max_concurrent=request.max_concurrent,
        points=[_to_point(point) for point in planned],
    )


def _to_point(planned: PlannedPoint) -> SweepPoint:
    existing = planned.existing
    return SweepPoint(
        parameters=planned.parameters,
        repeat=planned.repeat,
        run_id=planned.prepared.run_id if existing is None else existing.id,
        shared=existing is not None,
    )


def _create_missing(
    manager: RunManager,
    sweep: SweepRecord,
    prepared: Mapping[tuple[str, int], PreparedRun],
    request: RunCreate,
) -> None:
    """Create the missing runs named by the record."""
    missing = [point for point in sweep.points if not (manager.runs_dir / point.run_id).is_dir()]
    ready = []
    for point in missing:
        known = prepared.get(_key(point))
        if known is None or known.run_id != point.run_id:
            known = planning.prepare(manager, request, point.parameters, point.repeat, point.run_id)
        ready.append(replace(known, request=replace(known.request, deadline=sweep.deadline)))
    if ready:
        manager.create_prepared(ready)


def _runs_of_other_sweeps(runs_dir: Path, sweep: str) -> set[str]:
    found: set[str] = set()
    for other in record.list_ids(runs_dir):
        if other != sweep:
            with contextlib.suppress(Exception):  # a damaged record has no runs
                for point in record.read(runs_dir, other).points:
                    found.update((point.run_id, *point.previous))
    return found


def _key(point: Any) -> tuple[str, int]:
    return points.key(point.parameters), point.repeat


def _requests(prepared: PreparedRun) -> int | None:
    iterations = len(prepared.erlangs) * (prepared.max_iters or 0)
    return estimate.requests_in(prepared.configuration or "", iterations)


def _new_id() -> str:
    return uuid.uuid4().hex[:12]
