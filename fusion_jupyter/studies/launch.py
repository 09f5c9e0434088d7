"""Start sweeps and their missing runs: each point once, however often it is requested.

A sweep's record is changed under its lock, and written before the runs that it names are created.
After a crash between the two, the next request names and creates other runs for these points.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fusion_jupyter import settings
from fusion_jupyter.config import template_files
from fusion_jupyter.config.user_options import same_options
from fusion_jupyter.manager import creation, reuse
from fusion_jupyter.manager.creation import PreparedRun
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunCreate
from fusion_jupyter.studies import (
    budgets,
    ending,
    estimate,
    labelling,
    planning,
    points,
    record,
    replacing,
    unchanged,
)
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
            one than before gives new runs to the points that were cancelled or have not ended.
    """
    request = replace(request, config=points.options_as_data(request.config))
    planned = _plan(manager, request, points.expand(over, rows), repeats, budgets.deadline(budget))
    creation.warn_of_notes(planned[0].prepared.plan)  # all points set the same options
    sweep = _id_of(planned)
    with record.locked(manager.runs_dir, sweep):
        try:
            found = record.read(manager.runs_dir, sweep)
        except record.SweepNotFoundError:
            found = _new(sweep, request, planned, repeats)
            budgets.grant(found, budget)
            _create_missing(manager, found, _planned_or_anew(manager, found, planned), write=True)
        else:
            _go_on(manager, found, request, planned, budget)
    return found


def _go_on(
    manager: RunManager,
    found: SweepRecord,
    request: RunCreate,
    planned: Sequence[PlannedPoint],
    budget: float | None,
) -> None:
    """Bring an existing sweep, whose lock is held, to what is requested now."""
    tags_before = found.tags
    new = labelling.take_over(found, request)
    new = replacing.correct_values(found, planned) or new
    earlier = budgets.take_over(manager, found, budget)
    own = {point.run_id for point in earlier or () if not point.shared}
    replaced = set(replacing.give_new_runs(manager, found, earlier or ()))
    replaced |= replacing.replace_unusable(manager, found, planned)
    if replaced:
        budgets.grant(found, found.budget)  # theirs begins now
    asked = {
        point.run_id: each.prepared.request
        for point, each in zip(found.points, planned, strict=False)
    }
    if replaced - asked.keys():  # of points that were added to the sweep
        unchanged.check_unchanged(manager, found, request_of(found))

    def prepare(point: SweepPoint) -> PreparedRun:
        own_request = asked.get(point.run_id)
        if own_request is None:
            return _prepare_anew(manager, found, point)
        return manager.prepare(own_request, point.run_id)

    write = new or bool(replaced) or earlier is not None
    _create_missing(manager, found, prepare, write=write)
    if own:
        ending.cancel_unused(manager, found, own)
    if found.tags != tags_before:
        labelling.tag_runs(manager, found, found.run_ids)
    replacing.warn_of_useless(manager, found)


def dry_run(
    manager: RunManager,
    request: RunCreate,
    over: Mapping[str, Iterable[object]] | None,
    rows: Iterable[Mapping[str, object]] | pd.DataFrame | None,
    repeats: int,
) -> SweepPlan:
    """The plan of `start`: the points, the existing runs, the time for the others."""
    request = replace(request, config=points.options_as_data(request.config))
    planned = _plan(manager, request, points.expand(over, rows), repeats, None)
    with contextlib.suppress(record.SweepNotFoundError):
        found = record.read(manager.runs_dir, _id_of(planned))
        planned = replacing.with_kept_runs(manager, found, planned)
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
    _refuse_search(found)
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
    planned = _plan(manager, request, new, found.repeats, budgets.deadline(found.budget))
    with record.locked(manager.runs_dir, sweep):
        found = record.read(manager.runs_dir, sweep)
        replaced = replacing.give_new_runs(manager, found, replacing.gone(manager, found))
        known = {replacing.key_of(point) for point in found.points}
        added = [_to_point(each) for each in planned if replacing.key_of(each) not in known]
        found.points += added
        if added or replaced:
            budgets.grant(found, found.budget)  # theirs begins now
        prepare = _planned_or_anew(manager, found, planned)
        _create_missing(manager, found, prepare, write=bool(added or replaced))
    return found


def run_again(
    manager: RunManager, sweep: str, is_useless: Callable[[SweepPoint], bool]
) -> tuple[SweepRecord, list[str]]:
    """Replace the run of each point that has no usable result.

    Returns:
        The record afterwards, and the ids of the new runs.

    Raises:
        ValueError: The sweep belongs to a search for a load, or its template has changed.
    """
    with record.locked(manager.runs_dir, sweep):
        found = record.read(manager.runs_dir, sweep)
        useless = [point for point in found.points if is_useless(point)]
        if not useless:
            return found, []
        _refuse_search(found)
        request = request_of(found)
        replaced = replacing.give_new_runs(manager, found, useless)
        same = {
            new: unchanged.prepare_same(manager, old, request, new) for new, old in replaced.items()
        }
        if None in same.values():
            unchanged.check_unchanged(manager, found, request)

        def prepare(point: SweepPoint) -> PreparedRun:
            return same.get(point.run_id) or _prepare_anew(manager, found, point)

        budgets.grant(found, found.budget)
        _create_missing(manager, found, prepare, write=True)
    return found, [run_id for run_id in found.run_ids if run_id in replaced]


def _refuse_search(sweep: SweepRecord) -> None:
    if points.are_probes(sweep.parameters):
        raise ValueError(
            f"sweep {sweep.id} has the probes of a search for a load, which chooses them itself; "
            "execute find_load again, which runs what is missing"
        )


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
    manager: RunManager,
    request: RunCreate,
    found: Sequence[Point],
    repeats: int,
    deadline: float | None,
) -> list[PlannedPoint]:
    if isinstance(repeats, bool) or not isinstance(repeats, int) or repeats < 1:
        raise ValueError(f"repeats is {repeats!r}; allowed: a whole number, 1 or more")
    both = same_options(found[0], request.config)
    if both:
        raise ValueError(
            f"{', '.join(sorted(both))}: given for all points and as an option that varies; "
            "allowed: one of them"
        )
    return planning.plan(manager, request, found, repeats, deadline)


def _id_of(planned: Sequence[PlannedPoint]) -> str:
    return record.sweep_id({"runs": [point.prepared.fingerprint for point in planned]})


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
        prepare: Prepares the run of a point under the id that the record names.
        write: Whether the record differs from what is on the disk.

    Raises:
        ValueError: A run cannot be prepared; nothing was written.
    """
    missing: dict[str, list[SweepPoint]] = {}
    for point in replacing.gone(manager, sweep):
        missing.setdefault(point.run_id, []).append(point)
    ready = [_of_sweep(sweep, prepare(occurrences[0])) for occurrences in missing.values()]
    if write:
        record.write(manager.runs_dir, sweep)
    for begin in range(0, len(ready), _BATCH):
        batch = ready[begin : begin + _BATCH]
        fingerprints = [each.fingerprint for each in batch]
        with reuse.claimed(manager.runs_dir, fingerprints):
            taken = reuse.to_share(manager.list_runs(), fingerprints, sweep.deadline)
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


def _of_sweep(sweep: SweepRecord, prepared: PreparedRun) -> PreparedRun:
    """A run with what its sweep has for all of them, whoever requests it now."""
    request = replace(
        prepared.request,
        tags=tuple(sweep.tags),
        max_concurrent=sweep.max_concurrent,
        deadline=sweep.deadline,
    )
    return replace(prepared, request=request)


def _planned_or_anew(
    manager: RunManager, sweep: SweepRecord, planned: Sequence[PlannedPoint]
) -> Callable[[SweepPoint], PreparedRun]:
    fresh = {each.prepared.run_id: each.prepared for each in planned}
    return lambda point: fresh.get(point.run_id) or _prepare_anew(manager, sweep, point)


def _prepare_anew(manager: RunManager, sweep: SweepRecord, point: SweepPoint) -> PreparedRun:
    """Prepare a point's run from the sweep's own options and those of the point."""
    request = request_of(sweep)
    return planning.prepare(manager, request, point.parameters, point.repeat, point.run_id)


def _requests(prepared: PreparedRun) -> int | None:
    iterations = len(prepared.erlangs) * (prepared.max_iters or 0)
    return estimate.requests_in(prepared.configuration or "", iterations)
