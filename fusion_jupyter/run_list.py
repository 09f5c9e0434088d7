"""`RunList`: a list of runs that displays as a table."""

from __future__ import annotations

import contextlib
import html
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any, SupportsIndex, overload

from fusion_jupyter import formatting
from fusion_jupyter.handle import Run, handle_of
from fusion_jupyter.terminal import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from fusion_jupyter.manager.record import RunRecord

#: Maximum number of runs in the text and HTML forms; the list holds all of them.
MOST_SHOWN = 50
_COLUMNS = ("id", "status", "name", "simulator", "network", "loads", "started", "duration", "tags")

_FRAME_COLUMNS = (
    *("run_id", "name", "status", "simulator", "engine", "network", "tags"),
    *("erlang_start", "erlang_stop", "created_at", "started_at", "completed_at"),
    *("duration_seconds", "error_message"),
)


class RunList(list[Run]):
    """The list of runs returned by `fusion_jupyter.runs`, displayed as a table.

    Example:
        >>> fj.runs(status="completed").to_frame()[["name", "network", "duration_seconds"]]
    """

    @classmethod
    def of(cls, records: Iterable[RunRecord]) -> RunList:
        """The handles of these runs; those that were deleted meanwhile are left out."""
        found = cls()
        for record in records:
            with contextlib.suppress(FileNotFoundError):
                found.append(handle_of(record.directory, record))
        return found

    @overload
    def __getitem__(self, index: SupportsIndex) -> Run: ...
    @overload
    def __getitem__(self, index: slice) -> RunList: ...
    def __getitem__(self, index: Any) -> Any:
        """A run, or a shorter list of runs."""
        found = super().__getitem__(index)
        return RunList(found) if isinstance(index, slice) else found

    def to_frame(self) -> pd.DataFrame:
        """Return a DataFrame with one row per run.

        Columns: ``run_id``, ``name``, ``status``, ``simulator``, ``engine``, ``network``, ``tags``,
        ``erlang_start``, ``erlang_stop`` (Erlang), ``created_at``, ``started_at``,
        ``completed_at`` (UTC), ``duration_seconds``, ``error_message``.
        """
        import pandas as pd

        frame = pd.DataFrame([_row(run.record) for run in self], columns=_FRAME_COLUMNS)
        for column in ("created_at", "started_at", "completed_at"):
            frame[column] = pd.to_datetime(frame[column], utc=True)
        return frame

    def __repr__(self) -> str:
        if not self:
            return "RunList([])"
        rows = [_COLUMNS, *(_cells(run.record) for run in self[:MOST_SHOWN])]
        widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        return "\n".join([self.summary, *lines, *_more(self)])

    def _repr_html_(self) -> str:
        return records_html([run.record for run in self])

    @property
    def summary(self) -> str:
        """The number of runs, in total and by status.

        Example:
            >>> fj.runs().summary
            '44 runs: 2 running, 41 completed, 1 failed'
        """
        return summary_of([run.record for run in self])


def _row(record: RunRecord) -> dict[str, Any]:
    first, last = (record.erlangs[0], record.erlangs[-1]) if record.erlangs else (None, None)
    changed = {
        "run_id": record.id,
        "status": record.status.value,
        "tags": ", ".join(record.tags),
        "erlang_start": first,
        "erlang_stop": last,
    }
    return {
        name: changed[name] if name in changed else getattr(record, name) for name in _FRAME_COLUMNS
    }


def summary_of(records: Sequence[RunRecord]) -> str:
    """The number of runs, in all and by status, in words."""
    counts = Counter(record.status for record in records)
    parts = [f"{count} {status.value.lower()}" for status, count in sorted(counts.items())]
    runs = formatting.counted(len(records), "run")
    return f"{runs}: {', '.join(parts)}" if parts else runs


def records_html(records: Sequence[RunRecord]) -> str:
    """Runs as a self-contained table for a notebook without a kernel: the first fifty."""
    style = "text-align:left;padding:2px 10px 2px 0;white-space:nowrap"
    head = "".join(f'<th style="{style}">{column}</th>' for column in _COLUMNS)
    body = "".join(
        "<tr>"
        + "".join(f'<td style="{style}">{html.escape(cell)}</td>' for cell in _cells(record))
        + "</tr>"
        for record in records[:MOST_SHOWN]
    )
    more = "".join(f"<div>{html.escape(line)}</div>" for line in _more(records))
    return (
        f'<div><div>{html.escape(summary_of(records))}</div><table style="font-variant-numeric:'
        f'tabular-nums"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}</div>'
    )


def _more(runs: Sequence[object]) -> list[str]:
    left = len(runs) - MOST_SHOWN
    return [f"and {left:,} more; to_frame() has all of them"] if left > 0 else []


def _cells(record: RunRecord) -> tuple[str, ...]:
    return tuple(map(one_line, _texts(record)))


def _texts(record: RunRecord) -> tuple[str, ...]:
    loads = ""
    if record.erlangs:
        first, last = record.erlangs[0], record.erlangs[-1]
        loads = "–".join(map(formatting.load, [first] if first == last else [first, last]))
    return (
        record.id,
        record.status.value.lower(),
        _shorten(record.name),
        record.simulator,
        record.network or "",
        loads,
        _local(record.started_at),
        "" if record.duration_seconds is None else formatting.took(record.duration_seconds),
        _shorten(", ".join(record.tags)),
    )


def _shorten(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"


def _local(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone().strftime("%Y-%m-%d %H:%M")
