"""Printing: text of a run without escape sequences, tables, progress."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from fusion_jupyter import formatting
from fusion_jupyter.logs.tail import Tail
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.record import RunRecord
from fusion_jupyter.progress.state import ProgressTracker, RunProgress
from fusion_jupyter.terminal import one_line, visible, without_escapes


def clean(text: str) -> str:
    """A text of several lines that is safe to print in a terminal and hides nothing."""
    return visible(without_escapes(text))


def print_table(rows: Sequence[tuple[str, ...]]) -> None:
    """Print rows with aligned columns."""
    cells = [tuple(map(one_line, row)) for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    for row in cells:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )


def print_json(content: object) -> None:
    """Print data as JSON."""
    print(json.dumps(content, indent=1, default=str))


def read_progress(record: RunRecord) -> RunProgress:
    """How far a run is."""
    tracker = ProgressTracker(record.erlangs, record.max_iters)
    progress_file = RunDirectory(record.directory).progress_file
    with Tail(progress_file, below=record.directory) as tail:
        tracker.feed(drain(tail))
    return tracker.progress


def drain(tail: Tail) -> Iterator[bytes]:
    """Yield every line that is available now."""
    while lines := tail.poll():
        yield from lines


def status_word(record: RunRecord) -> str:
    """A run's status in lower case; "cancelling" while a cancel is in progress."""
    if record.cancel_requested and not record.status.is_final:
        return "cancelling"
    return record.status.lower()


def print_note(record: RunRecord | None) -> None:
    """Print why the end of a run that was cancelled is not recorded yet, if that is known."""
    if record is not None and not record.status.is_final and record.error_message:
        print(f"{record.id}: {one_line(record.error_message)}")


def percent(progress: RunProgress) -> str:
    """Progress of a run in whole percent."""
    return "-" if progress.fraction is None else formatting.percent(progress.fraction)


def local_time(moment: datetime | None) -> str | None:
    """A time in the user's time zone; None if there is none."""
    if moment is None or moment == datetime.fromtimestamp(0, UTC):
        return None
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")
