"""Which points of a sweep need another run, and the names of their new runs."""

from __future__ import annotations

import uuid
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from fusion_jupyter.errors import levels_to_the_caller
from fusion_jupyter.manager import reuse
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunRecord, RunStatus
from fusion_jupyter.studies import points
from fusion_jupyter.studies.planning import PlannedPoint
from fusion_jupyter.studies.record import SweepPoint, SweepRecord


class Unusable(NamedTuple):
    """The points of an existing sweep that need another run when it is requested again.

    Attributes:
        gone: Their run is not there: it was deleted, or somebody was killed before creating it.
        lost: Their run completed, but has lost its results.
        others: Their run computes something else. A record that came in a bundle may name any run.
    """

    gone: list[SweepPoint]
    lost: list[SweepPoint]
    others: list[tuple[SweepPoint, PlannedPoint]]


def unusable(manager: RunManager, sweep: SweepRecord, planned: Sequence[PlannedPoint]) -> Unusable:
    """Find the points of a sweep that need another run.

    Args:
        manager: Where the runs live.
        sweep: Its record.
        planned: What is requested. A sweep's id guarantees that these are its first points, in
            this order, however the options are divided between ``over`` and keywords.
    """
    members = set(sweep.run_ids)
    runs = {run.id: run for run in manager.list_runs() if run.id in members}
    lost = {run.id for run in runs.values() if reuse.has_lost_results(run)}
    made = {run.id: run.fingerprint for run in runs.values()}
    return Unusable(
        gone=gone(manager, sweep),
        lost=[point for point in sweep.points if point.run_id in lost],
        others=[
            (point, each)
            for point, each in zip(sweep.points, planned, strict=False)
            # Runs of the first releases have no fingerprint.
            if made.get(point.run_id, "") not in ("", each.prepared.fingerprint)
        ],
    )


def gone(manager: RunManager, sweep: SweepRecord) -> list[SweepPoint]:
    """The points whose run is not there. While the record is locked, nobody is creating it."""
    return [
        point
        for point in sweep.points
        if not RunDirectory(manager.runs_dir / point.run_id).is_there
    ]


def give_new_runs(
    manager: RunManager, sweep: SweepRecord, useless: Iterable[SweepPoint]
) -> dict[str, RunRecord | None]:
    """Name new runs for some points; those that had one run together have one again.

    Never the same id again: whoever knows the earlier run would take its state for the new one's.

    Returns:
        The run that each new one replaces, by the new id; None where that is gone.
    """
    new_ids: dict[str, str] = {}
    replaced: dict[str, RunRecord | None] = {}
    for point in useless:
        old = point.run_id
        if old not in new_ids:
            new_ids[old] = uuid.uuid4().hex[:12]
            replaced[new_ids[old]] = manager.get_run(old)
        # A shared run is not the sweep's own, and is never deleted with it.
        if not point.shared and replaced[new_ids[old]] is not None:
            point.previous.append(old)
        point.run_id, point.shared = new_ids[old], False
    return replaced


def replace_unusable(
    manager: RunManager, sweep: SweepRecord, planned: Sequence[PlannedPoint]
) -> set[str]:
    """Name new runs for the points that need another one; say so unless it was deleted.

    Returns:
        The ids of the new runs.
    """
    found = unusable(manager, sweep, planned)
    runs = len(sweep.run_ids)
    lost = {point.run_id for point in found.lost}
    others = {point.run_id for point, _ in found.others}
    if lost:
        _warn(
            f"Sweep {sweep.id}: the results of {len(lost)} of {runs} runs were removed "
            f"({_listed(lost)}); their points run again"
        )
    if others:
        _warn(
            f"Sweep {sweep.id}: {len(others)} of {runs} runs do not compute their points "
            f"({_listed(others)}); these points run again"
        )
    by_content: dict[str, list[SweepPoint]] = {}
    for point, each in found.others:
        by_content.setdefault(each.prepared.fingerprint, []).append(point)
    named = set(give_new_runs(manager, sweep, found.gone))
    for alike in by_content.values():
        named |= give_new_runs(manager, sweep, alike).keys()
    left = [point for point in found.lost if point.run_id in lost]  # not another's, too
    return named | give_new_runs(manager, sweep, left).keys()


def with_kept_runs(
    manager: RunManager, sweep: SweepRecord, planned: Sequence[PlannedPoint]
) -> list[PlannedPoint]:
    """The plan with the runs of an existing sweep, of which only the usable ones are kept.

    A run that failed or was cancelled is kept, too: it is not run again by itself.
    """
    found = unusable(manager, sweep, planned)
    again = [*found.gone, *found.lost, *(point for point, _ in found.others)]
    unkept = {id(point) for point in again}
    known = {
        number: manager.get_run(point.run_id)
        for number, point in enumerate(sweep.points[: len(planned)])
        if id(point) not in unkept
    }
    return [
        replace(each, existing=known.get(number) or each.existing)
        for number, each in enumerate(planned)
    ]


def correct_values(sweep: SweepRecord, planned: Sequence[PlannedPoint]) -> bool:
    """Let no point be called by the values of another one, as in a forged record from a bundle.

    Returns:
        Whether the record has changed.
    """
    by_key = {key_of(each): each.prepared.fingerprint for each in planned}
    wrong = False
    for point, each in zip(sweep.points, planned, strict=False):
        computes = each.prepared.fingerprint
        if by_key.get(key_of(point), computes) != computes:
            point.parameters, point.repeat, wrong = each.parameters, each.repeat, True
    return wrong


def key_of(point: SweepPoint | PlannedPoint) -> tuple[str, int]:
    """What tells the points of a sweep apart."""
    return points.key(point.parameters), point.repeat


def warn_of_useless(manager: RunManager, sweep: SweepRecord) -> None:
    """Say which points of an existing sweep have no result and are not run again by themselves."""
    # The end of a budget is no surprise, and a larger one runs the points again.
    cancelled = sweep.budget is None
    words = {
        run.id: _word(run)
        for run in manager.list_runs()
        if reuse.is_useless(run, cancelled=cancelled)
    }
    count = Counter(words[point.run_id] for point in sweep.points if point.run_id in words)
    if count:
        told = " and ".join(f"{number} {word}" for word, number in sorted(count.items()))
        _warn(
            f"Sweep {sweep.id}: of {len(sweep.points)} points, {told}; "
            "sweep.retry_failed() runs them again"
        )


def _word(run: RunRecord) -> str:
    if run.status is RunStatus.UNKNOWN:
        return "damaged"
    return run.status.value.lower() if run.status.is_final else "cancelled"


def _listed(run_ids: set[str]) -> str:
    return f"{', '.join(sorted(run_ids)[:3])}{', …' if len(run_ids) > 3 else ''}"


def _warn(text: str) -> None:
    warnings.warn(text, UserWarning, stacklevel=levels_to_the_caller())
