"""Start sweeps and their missing runs: each point once, however often it is requested.

A sweep's record is changed under its lock, and written before the runs that it names are created.
After a crash between the two, the next request creates the missing runs.
"""

from __future__ import annotations

import time
import uuid
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fusion_jupyter import settings
from fusion_jupyter.config import template_files
from fusion_jupyter.config.user_options import same_options
from fusion_jupyter.errors import levels_to_the_caller
from fusion_jupyter.manager import creation, reuse
from fusion_jupyter.manager.creation import PreparedRun
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunCreate, RunRecord, RunStatus
from fusion_jupyter.studies import estimate, labelling, planning, points, record, unchanged
from fusion_jupyter.studies.planning import PlannedPoint, SweepPlan
from fusion_jupyter.studies.points import Point
from fusion_jupyter.studies.record import SweepPoint, SweepRecord

if TYPE_CHECKING:
    import pandas as pd

#: Runs that are created at once; others who start the same wait for them.
_BATCH = 500


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
    request = replace(request, config=points.options_as_data(request.config))
    planned = _plan(manager, request, points.expand(over, rows), repeats)
    creation.warn_of_notes(planned[0].prepared.plan)  # all points set the same options
    sweep = record.sweep_id({"runs": [point.prepared.fingerprint for point in planned]})
    with record.locked(manager.runs_dir, sweep):
        tags_before: list[str] | None = None
        try:
            found = record.read(manager.runs_dir, sweep)
            tags_before, new = found.tags, labelling.take_over(found, request)
        except record.SweepNotFoundError:
            found, new = _new(sweep, request, planned, repeats), True
            _grant(found, budget)
        if found.budget is not None and (budget is None or budget > found.budget):
            _grant(found, budget)
            _give_new_runs(manager, found, lambda point: _is_cancelled(manager, point))
            new = True
        new = _replace_lost(manager, found) or new
        new = _replace_others(manager, found, planned) or new
        prepare = partial(_prepare_anew, manager, request)
        _create_missing(manager, found, planned, prepare, write=new)
        if tags_before is not None:
            if found.tags != tags_before:
                labelling.tag_runs(manager, found, found.run_ids)
            _warn_of_useless(manager, found)
    return found


def dry_run(
    manager: RunManager,
    request: RunCreate,
    over: Mapping[str, Iterable[object]] | None,
    rows: Iterable[Mapping[str, object]] | pd.DataFrame | None,
    repeats: int,
) -> SweepPlan:
    """The plan of `start`: the points, the existing runs, the time for the others."""
    request = replace(request, config=points.options_as_data(request.config))
    planned = _plan(manager, request, points.expand(over, rows), repeats)
    missing = {p.prepared.run_id: p.prepared for p in planned if p.existing is None}
    work = [requests for each in missing.values() if (requests := _requests(each)) is not None]
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
    new = points.expand(over, rows, [point.parameters for point in found.points])
    if set(new[0]) != set(found.parameters):
        missing = [name for name in found.parameters if name not in new[0]]
        raise ValueError(
            f"the new points set {', '.join(new[0])}; allowed: just the options that this sweep "
            f"varies, {', '.join(found.parameters)}"
            + (f"; missing: {', '.join(missing)}" if missing else "")
        )
    request = request_of(found)
    unchanged.check_unchanged(manager, found, request)
    planned = _plan(manager, request, new, found.repeats)
    with record.locked(manager.runs_dir, sweep):
        found = record.read(manager.runs_dir, sweep)
        known = {_key(point) for point in found.points}
        added = [_to_point(each) for each in planned if _key(each) not in known]
        found.points += added
        if added:
            _grant(found, found.budget)  # theirs begins now, as that of points that run again
        prepare = partial(_prepare_anew, manager, request)
        _create_missing(manager, found, planned, prepare, write=bool(added))
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
        replaced = _give_new_runs(manager, found, is_useless)
        request = request_of(found)
        if None in replaced.values():
            unchanged.check_unchanged(manager, found, request)

        def prepare(point: SweepPoint) -> PreparedRun:
            known = replaced.get(point.run_id)
            if known is None:
                return _prepare_anew(manager, request, point)
            return manager.prepare(unchanged.same_as(known, request), point.run_id)

        if replaced:
            _grant(found, found.budget)
            _create_missing(manager, found, (), prepare, write=True)
    return found, [run_id for run_id in found.run_ids if run_id in replaced]


def _grant(sweep: SweepRecord, budget: float | None) -> None:
    """Set the time budget of the runs created from now on."""
    sweep.budget = budget
    sweep.deadline = None if budget is None else time.time() + budget


def _give_new_runs(
    manager: RunManager, sweep: SweepRecord, is_useless: Callable[[SweepPoint], bool]
) -> dict[str, RunRecord | None]:
    """Name new runs for useless points.

    Returns:
        The run that each new one replaces, by the new id; None where that is gone.
    """
    useless = [point for point in sweep.points if is_useless(point)]
    new_ids = {point.run_id: _new_id() for point in useless}
    for point in useless:
        if not point.shared:  # else it is not the sweep's own, and is never deleted with it
            point.previous.append(point.run_id)
        point.run_id, point.shared = new_ids[point.run_id], False
    return {new: manager.get_run(old) for old, new in new_ids.items()}


def _replace_lost(manager: RunManager, sweep: SweepRecord) -> bool:
    """Name new runs for the points whose run completed, but has lost its results; say so."""
    members = set(sweep.run_ids)
    lost = {
        run.id for run in manager.list_runs() if run.id in members and reuse.has_lost_results(run)
    }
    if lost:
        warnings.warn(
            f"Sweep {sweep.id}: the results of {len(lost)} of {len(members)} runs were removed "
            f"({', '.join(sorted(lost)[:3])}{', …' if len(lost) > 3 else ''}); their points run "
            "again",
            UserWarning,
            stacklevel=levels_to_the_caller(),
        )
        _give_new_runs(manager, sweep, lambda point: point.run_id in lost)
    return bool(lost)


def _replace_others(
    manager: RunManager, sweep: SweepRecord, planned: Sequence[PlannedPoint]
) -> bool:
    """Name new runs for the points whose run computes something else; say so.

    A record that came in a bundle may name any run.
    """
    wanted = {_key(each): each.prepared.fingerprint for each in planned}
    members = set(sweep.run_ids)
    made = {run.id: run.fingerprint for run in manager.list_runs() if run.id in members}

    def computes_another(point: SweepPoint) -> bool:
        # Runs of the first releases have no fingerprint.
        found, expected = made.get(point.run_id), wanted.get(_key(point))
        return bool(found and expected and found != expected)

    others = dict.fromkeys(point.run_id for point in sweep.points if computes_another(point))
    if others:
        warnings.warn(
            f"Sweep {sweep.id}: {len(others)} of {len(members)} runs do not compute their points "
            f"({', '.join(list(others)[:3])}{', …' if len(others) > 3 else ''}); these points run "
            "again",
            UserWarning,
            stacklevel=levels_to_the_caller(),
        )
        _give_new_runs(manager, sweep, computes_another)
    return bool(others)


def _warn_of_useless(manager: RunManager, sweep: SweepRecord) -> None:
    """Say which points of an existing sweep have no result and are not run again by themselves."""
    # The end of a budget is no surprise, and a larger one runs the points again.
    cancelled = sweep.budget is None
    words = {
        run.id: "damaged" if run.status is RunStatus.UNKNOWN else run.status.value.lower()
        for run in manager.list_runs()
        if reuse.is_useless(run, cancelled=cancelled)
    }
    count = Counter(words[point.run_id] for point in sweep.points if point.run_id in words)
    if count:
        told = " and ".join(f"{number} {word}" for word, number in sorted(count.items()))
        warnings.warn(
            f"Sweep {sweep.id}: of {len(sweep.points)} points, {told}; "
            "sweep.retry_failed() runs them again",
            UserWarning,
            stacklevel=levels_to_the_caller(),
        )


def _is_cancelled(manager: RunManager, point: SweepPoint) -> bool:
    known = manager.get_run(point.run_id)
    return known is not None and known.status is RunStatus.CANCELLED


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
    both = same_options(found[0], request.config)
    if both:
        raise ValueError(
            f"{', '.join(sorted(both))}: given for all points and as an option that varies; "
            "allowed: one of them"
        )
    return planning.plan(manager, request, found, repeats)


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
        template=template_files.lasting(request.template),
        simulator=request.simulator,
        engine=request.engine,
        engine_options=dict(request.engine_options),
        options=dict(request.config),
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
    planned: Sequence[PlannedPoint],
    prepare: Callable[[SweepPoint], PreparedRun],
    *,
    write: bool,
) -> None:
    """Create the runs that the record names and that are not there, or share those of others.

    Somebody else may have created the same run since the plan was made. So what is shared is
    decided here, while nobody else can create it.

    Args:
        manager: Where the runs live.
        sweep: The record; its lock is held.
        planned: The plan.
        prepare: Prepares the run of a point that is not in the plan under the id that it names.
        write: Whether the record differs from what is on the disk.

    Raises:
        ValueError: A run cannot be prepared; nothing was written.
    """
    prepared = {each.prepared.run_id: each.prepared for each in planned}
    missing: dict[str, list[SweepPoint]] = {}
    for point in sweep.points:
        if not (manager.runs_dir / point.run_id).is_dir():
            missing.setdefault(point.run_id, []).append(point)
    ready = [
        _until(sweep.deadline, prepared.get(run_id) or prepare(occurrences[0]))
        for run_id, occurrences in missing.items()
    ]
    if write:
        record.write(manager.runs_dir, sweep)
    for begin in range(0, len(ready), _BATCH):
        batch = ready[begin : begin + _BATCH]
        fingerprints = [each.fingerprint for each in batch]
        with reuse.claimed(manager.runs_dir, fingerprints):
            taken = reuse.to_share(manager.list_runs(), fingerprints)
            for each in batch:
                for point in missing[each.run_id] if each.fingerprint in taken else ():
                    point.run_id, point.shared = taken[each.fingerprint].id, True
            if taken:
                record.write(manager.runs_dir, sweep)
            new = [each for each in batch if each.fingerprint not in taken]
            if new:
                manager.create_prepared(new)
    shared = dict.fromkeys(point.run_id for point in sweep.points if point.shared)
    labelling.tag_runs(manager, sweep, shared)


def _until(deadline: float | None, prepared: PreparedRun) -> PreparedRun:
    return replace(prepared, request=replace(prepared.request, deadline=deadline))


def _prepare_anew(manager: RunManager, request: RunCreate, point: SweepPoint) -> PreparedRun:
    return planning.prepare(manager, request, point.parameters, point.repeat, point.run_id)


def _key(point: Any) -> tuple[str, int]:
    return points.key(point.parameters), point.repeat


def _requests(prepared: PreparedRun) -> int | None:
    iterations = len(prepared.erlangs) * (prepared.max_iters or 0)
    return estimate.requests_in(prepared.configuration or "", iterations)


def _new_id() -> str:
    return uuid.uuid4().hex[:12]
