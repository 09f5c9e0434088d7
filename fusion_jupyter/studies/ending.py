"""End and delete sweeps, but no run that somebody else has asked for."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable
from functools import partial

from fusion_jupyter import formatting
from fusion_jupyter.manager import reuse
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.studies import record
from fusion_jupyter.studies.record import SweepRecord

#: Runs that are deleted at once; others who ask for the same wait for them.
_BATCH = 50


def cancel(
    manager: RunManager, sweep: SweepRecord, run_ids: Iterable[str]
) -> tuple[list[str], list[str]]:
    """Cancel the unfinished runs of a sweep and return at once.

    Args:
        manager: Where the runs live.
        sweep: The sweep.
        run_ids: Its unfinished runs.

    Returns:
        The cancelled runs, and sentences about those that this user may not cancel, and those that
        somebody else has asked for: they go on if they were asked for by themselves, with
        ``reuse=True``, and end with other sweeps' runs.

    Raises:
        OSError: None of them can be cancelled.
    """
    ours: list[str] = []
    theirs: list[str] = []
    for run_id in run_ids:
        shared = RunDirectory(manager.runs_dir / run_id).is_shared
        (theirs if shared else ours).append(run_id)
    # Last first, so that waiting runs are withdrawn before a slot becomes free for them.
    failed = _each(reversed(ours), partial(manager.cancel, wait=False))
    if failed and len(failed) == len(ours):
        raise failed[ours[0]]
    ours = [run_id for run_id in ours if run_id not in failed]
    notes = [f"{_told(failed)} not cancelled"] if failed else []
    if theirs:
        notes.append(
            f"{_count(theirs)} not cancelled, because somebody has asked for the same with "
            f"reuse=True: {_listed(theirs)}; run.cancel() ends one"
        )
    for other in record.others(manager.runs_dir, sweep.id) if ours else ():
        common = sorted(set(ours).intersection(other.run_ids))
        if common:
            notes.append(
                f"{_count(common)} cancelled that the sweep {other.name!r} ({other.id}) also has: "
                f"{_listed(common)}; its retry_failed() runs the same again"
            )
    return ours, notes


def cancel_unused(manager: RunManager, sweep: SweepRecord, run_ids: Collection[str]) -> None:
    """Cancel runs that a sweep has replaced, and that nobody else has asked for."""
    runs = [run for run_id in run_ids if (run := manager.get_run(run_id)) is not None]
    # Nobody else can begin to share one between the check and the cancel.
    with reuse.claimed(manager.runs_dir, [run.fingerprint for run in runs if run.fingerprint]):
        for run_id in _used_by_nobody_else(manager, sweep, run_ids):
            with contextlib.suppress(OSError):  # it ends by its own budget
                manager.cancel(run_id, wait=False)


def _each(run_ids: Iterable[str], act: Callable[[str], object]) -> dict[str, OSError | ValueError]:
    """Do something with every run, also after one with which it fails.

    Returns:
        The error of each run with which it failed.
    """
    failed: dict[str, OSError | ValueError] = {}
    for run_id in run_ids:
        try:
            act(run_id)
        except (OSError, ValueError) as error:
            failed[run_id] = error
    return failed


def _told(failed: dict[str, OSError | ValueError]) -> str:
    """How many runs failed, which ones, and why the first did."""
    run_ids = list(failed)
    return f"{_count(run_ids)} ({_listed(run_ids)}: {failed[run_ids[0]]})"


def _count(run_ids: list[str]) -> str:
    return f"{len(run_ids)} run{'s' if run_ids[1:] else ''}"


def _listed(run_ids: list[str]) -> str:
    return f"{', '.join(run_ids[:3])}{', …' if run_ids[3:] else ''}"


def delete(manager: RunManager, sweep: SweepRecord, *, force: bool) -> None:
    """Delete a sweep and those of its own runs that nobody else uses.

    Args:
        manager: Where the runs live.
        sweep: The sweep as it was known; it may have been extended elsewhere since.
        force: See `fusion_jupyter.studies.sweep.Sweep.delete`.

    Raises:
        ValueError: Some runs have not ended; nothing was deleted.
        OSError: Some runs cannot be ended or deleted; the others are deleted, and the sweep stays.
    """
    with record.locked(manager.runs_dir, sweep.id):
        with contextlib.suppress(record.SweepNotFoundError, record.DamagedSweepError):
            sweep = record.read(manager.runs_dir, sweep.id)
        named = [
            run_id
            for point in sweep.points
            for run_id in (*point.previous, *(() if point.shared else (point.run_id,)))
        ]
        own = _used_by_nobody_else(manager, sweep, dict.fromkeys(named))
        unfinished = [
            run_id
            for run_id in own
            if (known := manager.get_run(run_id)) is not None and not known.status.is_final
        ]
        if unfinished and not force:
            count = formatting.counted(len(unfinished), "run")
            raise ValueError(
                f"{count} of sweep {sweep.id} {formatting.have(len(unfinished))} not ended; "
                "allowed: cancel() it first and wait for its end, or delete(force=True)"
            )
        # From last to first, so that no waiting run takes the slot of a deleted one.
        failed = _each(reversed(unfinished), partial(manager.cancel, wait=False))
        failed |= _each([each for each in unfinished if each not in failed], manager.cancel)
        own = [run_id for run_id in own if run_id not in failed]
        for begin in range(0, len(own), _BATCH):
            batch = own[begin : begin + _BATCH]
            runs = map(manager.get_run, batch)
            prints = [run.fingerprint for run in runs if run is not None and run.fingerprint]
            # Somebody may have begun to share a run meanwhile; from here on nobody can.
            with reuse.claimed(manager.runs_dir, prints):
                failed |= _each(_used_by_nobody_else(manager, sweep, batch), manager.delete)
        if failed:
            raise OSError(f"Sweep {sweep.id} stays with {_told(failed)} not deleted")
        record.remove(manager.runs_dir, sweep.id)


def _used_by_nobody_else(
    manager: RunManager, sweep: SweepRecord, run_ids: Iterable[str]
) -> list[str]:
    elsewhere = record.runs_of_others(manager.runs_dir, sweep.id)
    return [
        run_id
        for run_id in run_ids
        if run_id not in elsewhere and not RunDirectory(manager.runs_dir / run_id).is_shared
    ]
