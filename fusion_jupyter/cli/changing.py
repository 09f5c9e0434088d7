"""``start``, ``sweep``, ``cancel`` and ``delete``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from fusion_jupyter.cli import assignments, sweeps, targets
from fusion_jupyter.cli.output import clean, print_note, status_word
from fusion_jupyter.cli.watching import watch_run
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.studies.record import SweepRecord

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

    if isinstance(found, SweepPlan):
        print(clean(repr(found)))
        return 0

    if options.wait:
        return sweeps.watch(manager, found.record)
    print(f"{found.id} {sweeps.counts(found.record, targets.runs_of(manager, found.record))}")
    return 0


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
    """End a run, or the runs of a sweep, that wait or execute."""
    before = targets.find(manager, options.target)
    if isinstance(before, SweepRecord):
        return sweeps.cancel(manager, before, force=options.force)
    if before.status.is_final:
        raise ValueError(f"run {before.id} is already {before.status}")
    record = manager.cancel(before.id, force=options.force)
    print(f"{before.id} {before.status if record is None else status_word(record)}")
    print_note(record)
    return 0


def delete(manager: RunManager, options: argparse.Namespace) -> int:
    """Delete a run, or a sweep and its runs, with all files."""
    record = targets.find(manager, options.target)
    if isinstance(record, SweepRecord):
        return sweeps.delete(manager, record, force=options.force)
    manager.delete(record.id, force=options.force)
    print(f"{record.id} deleted")
    return 0
