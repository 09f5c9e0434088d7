"""``watch`` and ``logs``: follow a run."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

from fusion_jupyter import formatting
from fusion_jupyter.cli import sweeps, targets
from fusion_jupyter.cli.output import drain, status_word
from fusion_jupyter.errors import RunNotFoundError
from fusion_jupyter.logs import line_index
from fusion_jupyter.logs.line_parts import plain_text
from fusion_jupyter.logs.tail import Tail, split_lines
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunRecord, RunStatus
from fusion_jupyter.manager.selection import find
from fusion_jupyter.progress.state import ProgressTracker, RunProgress
from fusion_jupyter.studies.record import SweepRecord
from fusion_jupyter.terminal import one_line

_POLL_SECONDS = 0.1
_BAR_WIDTH = 32


def watch(manager: RunManager, options: argparse.Namespace) -> int:
    """Show a live bar until a run has ended, or one line of progress for a sweep."""
    found = targets.find(manager, options.target)
    if isinstance(found, SweepRecord):
        return sweeps.watch(manager, found)
    return watch_run(manager, found.id)


def watch_run(manager: RunManager, run_id: str) -> int:
    """Show a live bar in the terminal until the run has ended.

    Returns:
        0 if the run is COMPLETED, else 1.
    """
    live = sys.stdout.isatty()
    try:
        return _watch(manager, run_id, live)
    except KeyboardInterrupt:
        if live:
            print(f"\nThe run continues: fusion-jupyter watch {run_id}", end="", flush=True)
        raise


def _watch(manager: RunManager, run_id: str, live: bool) -> int:
    record = find(manager, run_id)
    tracker = ProgressTracker(record.erlangs, record.max_iters)
    tail = Tail(RunDirectory(record.directory).progress_file, below=record.directory)
    while True:
        record = find(manager, run_id)
        tracker.feed(drain(tail))
        line = _bar(record, tracker.progress)
        if live:
            print(f"\r\x1b[K{line}", end="", flush=True)
        if record.status.is_final:
            print("" if live else line)
            return 0 if record.status is RunStatus.COMPLETED else 1
        time.sleep(_POLL_SECONDS)


def logs(manager: RunManager, options: argparse.Namespace) -> int:
    """Print a run's log."""
    found = targets.find(manager, options.run_id)
    if isinstance(found, SweepRecord):
        raise RunNotFoundError(f"{options.run_id!r} is a sweep; allowed: one of its runs")
    record = found
    directory = RunDirectory(record.directory)
    shown: Callable[[str], str] = str if options.raw else plain_text
    last_bytes = None if options.lines is None else 0
    tail = Tail(directory.log_file, last_bytes=last_bytes, below=directory.path)
    if options.lines is not None:
        tail.begin()
        for line in line_index.log_tail(directory.log_file, options.lines, below=directory.path):
            print(shown(line))
    while True:
        final = find(manager, record.id).status.is_final
        for raw in drain(tail):
            print(shown(raw.decode(errors="replace")), flush=options.follow)
        if final or not options.follow:
            for raw in split_lines(tail.finish()):
                print(shown(raw.decode(errors="replace")))
            return 0
        time.sleep(_POLL_SECONDS)


def _bar(record: RunRecord, progress: RunProgress) -> str:
    fraction = 1.0 if record.status is RunStatus.COMPLETED else progress.fraction or 0.0
    filled = round(fraction * _BAR_WIDTH)
    bar = "#" * filled + "." * (_BAR_WIDTH - filled)
    parts = [f"{record.name} [{bar}] {formatting.percent(fraction):>5}"]
    if progress.erlang is not None:
        parts.append(f"{formatting.load(progress.erlang)} Erlang")
    if "blocking" in progress.metrics:
        parts.append(f"blocking {formatting.probability(progress.metrics['blocking'])}")
    if progress.eta_seconds is not None and not record.status.is_final:
        parts.append(f"{formatting.about(progress.eta_seconds)} left")
    parts.append(status_word(record))
    if record.error_message:
        parts.append(record.error_message)
    return one_line("  ".join(parts))
