"""``start``, ``sweep``, ``cancel`` and ``delete``."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from typing import TYPE_CHECKING

from fusion_jupyter.cli import assignments
from fusion_jupyter.cli.output import clean, status_word
from fusion_jupyter.cli.watching import watch_run
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunStatus
from fusion_jupyter.manager.selection import find

if TYPE_CHECKING:
    from fusion_jupyter.handle import Run
    from fusion_jupyter.studies.planning import SweepPlan
    from fusion_jupyter.studies.sweep import Sweep


def start(manager: RunManager, options: argparse.Namespace) -> int:
    """Start a run; with ``--wait`` show its progress bar until it has ended."""
    run = start_run(options)
    if options.wait:
        return watch_run(manager, run.id)
    print(f"{run.id} {status_word(run.record)}")
    return 0


def start_run(options: argparse.Namespace) -> Run:
    """Start a run in a notebook, which displays it."""
    from fusion_jupyter import api

    template, given = assignments.template_and_options(options.words)
    return api.start(
        template,
        name=options.name,
        simulator=options.simulator,
        engine=options.engine,
        engine_options=assignments.options(options.engine_option),
        tags=options.tag,
        overrides=given,
        reuse=options.reuse,
    )


def sweep(manager: RunManager, options: argparse.Namespace) -> int:
    """Start a sweep; with ``--wait`` show one line of progress until all runs have ended."""
    found = start_sweep(options)
    from fusion_jupyter.studies.planning import SweepPlan
    from fusion_jupyter.waiting import wait

    if isinstance(found, SweepPlan):
        print(clean(repr(found)))
        return 0

    runs = found.runs
    if options.wait:
        try:
            wait(runs)
        except KeyboardInterrupt:
            if sys.stdout.isatty():
                print("The runs continue: fusion-jupyter list", end="", flush=True)
            raise
    counts = Counter(run.record.status for run in runs)
    told = ", ".join(f"{count} {status.lower()}" for status, count in sorted(counts.items()))
    print(f"{found.id} {told}")
    return 0 if not options.wait or set(counts) <= {RunStatus.COMPLETED} else 1


def start_sweep(options: argparse.Namespace) -> Sweep | SweepPlan:
    """Start a sweep in a notebook, which displays it."""
    from fusion_jupyter.studies import api

    template, given = assignments.template_and_options(options.words)
    found: Sweep | SweepPlan = api.sweep(
        template,
        assignments.axes(options.over),
        repeats=options.repeats,
        name=options.name,
        tags=options.tag,
        simulator=options.simulator,
        engine=options.engine,
        engine_options=assignments.options(options.engine_option),
        overrides=given,
        dry_run=options.dry_run,
    )
    return found


def cancel(manager: RunManager, options: argparse.Namespace) -> int:
    """End a run that waits or executes."""
    before = find(manager, options.run_id)
    if before.status.is_final:
        raise ValueError(f"run {before.id} is already {before.status}")
    record = manager.cancel(before.id, force=options.force)
    print(f"{before.id} {before.status if record is None else status_word(record)}")
    return 0


def delete(manager: RunManager, options: argparse.Namespace) -> int:
    """Delete a run with its files."""
    record = find(manager, options.run_id)
    manager.delete(record.id, force=options.force)
    print(f"{record.id} deleted")
    return 0
