"""``sweeps``, and a sweep where a run may stand: ``show``, ``cancel``, ``delete``."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fusion_jupyter.cli.output import (
    percent,
    print_json,
    print_note,
    print_table,
    read_progress,
    status_word,
)
from fusion_jupyter.cli.targets import runs_of, sweeps_of
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunRecord, RunStatus
from fusion_jupyter.studies import ending, points
from fusion_jupyter.studies.record import SweepRecord
from fusion_jupyter.terminal import one_line

if TYPE_CHECKING:
    from fusion_jupyter.studies.sweep import Sweep

_HEADS = ("SWEEP", "RUNS", "CREATED", "TEMPLATE", "NAME")


def list_sweeps(manager: RunManager, options: argparse.Namespace) -> int:
    """Print the sweeps, newest first."""
    found = [(sweep, runs_of(manager, sweep)) for sweep in sweeps_of(manager)]
    if options.format == "json":
        print_json([_summary(sweep, runs) for sweep, runs in found])
    elif not found:
        print(f"No sweeps in {manager.runs_dir}")
    else:
        rows = [
            (sweep.id, counts(sweep, runs), _created(sweep), sweep.template, sweep.name)
            for sweep, runs in found
        ]
        print_table([_HEADS, *rows])
    return 0


def find_sweeps(_: argparse.Namespace) -> list[Sweep]:
    """The sweeps, for a notebook."""
    from fusion_jupyter.studies import api

    return api.sweeps()


def show(manager: RunManager, sweep: SweepRecord, *, as_json: bool) -> int:
    """Print the facts of a sweep, and a line for each of its points."""
    runs = runs_of(manager, sweep)
    by_id = {record.id: record for record in runs}
    if as_json:
        made = [
            {
                "parameters": point.parameters,
                "repeat": point.repeat,
                "run": point.run_id,
                "status": by_id[point.run_id].status if point.run_id in by_id else None,
            }
            for point in sweep.points
        ]
        print_json({**_summary(sweep, runs), "points": made})
        return 0
    facts = {
        "sweep": sweep.id,
        "name": sweep.name,
        "runs": counts(sweep, runs),
        "template": sweep.template,
        "varied": ", ".join(sweep.parameters),
        "options": ", ".join(f"{name}={value}" for name, value in sweep.options.items()),
        "repeats": str(sweep.repeats) if sweep.repeats > 1 else "",
        "tags": ", ".join(sweep.tags),
        "created": _created(sweep),
    }
    for name, text in facts.items():
        if text:
            print(f"{name:<12} {one_line(text)}")
    print()
    rows = []
    for point in sweep.points:
        record = by_id.get(point.run_id)
        status = "deleted" if record is None else status_word(record)
        progress = "-" if record is None else percent(read_progress(record))
        repeat = f", repeat {point.repeat + 1}" if sweep.repeats > 1 else ""
        rows.append((point.run_id, status, progress, points.describe(point.parameters) + repeat))
    print_table([("RUN", "STATUS", "PROGRESS", "POINT"), *rows])
    return 0


def watch(manager: RunManager, sweep: SweepRecord) -> int:
    """Show one line of progress until all runs of a sweep have ended.

    Returns:
        0 if all points have a run that is COMPLETED, else 1.
    """
    from fusion_jupyter.waiting import wait

    try:
        wait(runs_of(manager, sweep))
    except KeyboardInterrupt:
        if sys.stdout.isatty():
            print(f"The runs continue: fusion-jupyter watch {sweep.id}", end="", flush=True)
        raise
    runs = runs_of(manager, sweep)
    print(f"{sweep.id} {counts(sweep, runs)}")
    completed = sum(record.status is RunStatus.COMPLETED for record in runs)
    return 0 if completed == len(sweep.run_ids) else 1


def cancel(manager: RunManager, sweep: SweepRecord, *, force: bool) -> int:
    """End the runs of a sweep that wait or execute."""
    runs = runs_of(manager, sweep)
    unfinished = [record.id for record in runs if not record.status.is_final]
    if not unfinished:
        raise ValueError(f"sweep {sweep.id} has already ended: {counts(sweep, runs)}")
    cancelled, notes = ending.cancel(manager, sweep, unfinished)
    after = [manager.cancel(run_id, force=force) for run_id in cancelled]
    print(f"sweep {sweep.id}: {counts(sweep, runs_of(manager, sweep))}")
    for record in after:
        print_note(record)
    for note in notes:
        print(note)
    return 0


def delete(manager: RunManager, sweep: SweepRecord, *, force: bool) -> int:
    """Delete a sweep and the runs it created."""
    before = {record.id for record in runs_of(manager, sweep)}
    ending.delete(manager, sweep, force=force)
    left = sum(manager.get_run(run_id) is not None for run_id in before)
    kept = f", {_number(left)} kept that others share" if left else ""
    print(f"sweep {sweep.id} deleted with {_number(len(before) - left)}{kept}")
    return 0


def counts(sweep: SweepRecord, runs: Sequence[RunRecord]) -> str:
    """Number of a sweep's runs by status, in words, also of those that are not there."""
    found = Counter(map(status_word, runs))
    found += Counter(deleted=len(sweep.run_ids) - len(runs))
    return ", ".join(f"{count} {status}" for status, count in sorted(found.items())) or "none"


def _number(runs: int) -> str:
    return f"{runs} run{'s' * (runs != 1)}"


def _summary(sweep: SweepRecord, runs: Sequence[RunRecord]) -> dict[str, Any]:
    return {
        "sweep": sweep.id,
        "name": sweep.name,
        "template": sweep.template,
        "options": sweep.options,
        "varied": sweep.parameters,
        "repeats": sweep.repeats,
        "tags": sweep.tags,
        "created_at": sweep.created_at,
        "counts": Counter(record.status for record in runs),
        "runs": sweep.run_ids,
    }


def _created(sweep: SweepRecord) -> str:
    return sweep.created_at[:16].replace("T", " ")
