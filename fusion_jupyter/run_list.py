"""`RunList`: a list of runs that displays as a table."""

from __future__ import annotations

import contextlib
import html
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any, SupportsIndex, overload

from fusion_jupyter import formatting
from fusion_jupyter.analysis.run_options import varying_options
from fusion_jupyter.handle import Run, handle_of
from fusion_jupyter.manager.record import RunStatus
from fusion_jupyter.progress.half_width import last_blocking
from fusion_jupyter.terminal import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from fusion_jupyter.manager.record import RunRecord
    from fusion_jupyter.progress.state import RunProgress

#: Maximum number of runs in the text and HTML forms; the list holds all of them.
MOST_SHOWN = 50
#: Maximum number of options that are columns of the HTML form.
_MOST_OPTIONS = 6
#: Options that the column of loads shows.
_LOADS = ("erlang_start", "erlang_stop", "erlang_step")
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


def records_html(
    records: Sequence[RunRecord], progress: Mapping[str, RunProgress] | None = None
) -> str:
    """Runs as a self-contained table for a notebook without a kernel: the first fifty.

    Args:
        records: The runs.
        progress: By run id, as far as it is known.
    """
    shown, known = records[:MOST_SHOWN], progress or {}
    style = "text-align:left;padding:2px 10px 2px 0;white-space:nowrap"
    varied = varying_options(list(shown)).items()
    options = dict([each for each in varied if each[0] not in _LOADS][:_MOST_OPTIONS])
    heads = [*_COLUMNS[:5], *options, *_COLUMNS[5:6], "progress", "blocking", *_COLUMNS[6:]]
    head = "".join(f'<th style="{style}">{html.escape(text)}</th>' for text in heads)
    body = ""
    for number, record in enumerate(shown):
        own = _cells(record)
        values = ["" if (it := each[number]) is None else str(it) for each in options.values()]
        values = [_shorten(one_line(value)) for value in values]
        cells = [*own[:5], *values, own[5], *_progress(record, known.get(record.id)), *own[6:]]
        body += "".join(
            ["<tr>", *(f'<td style="{style}">{html.escape(cell)}</td>' for cell in cells), "</tr>"]
        )
    more = "".join(f"<div>{html.escape(line)}</div>" for line in _more(records))
    return (
        f'<div><div>{html.escape(summary_of(records))}</div><table style="font-variant-numeric:'
        f'tabular-nums"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}</div>'
    )


def _progress(record: RunRecord, progress: RunProgress | None) -> tuple[str, str]:
    """The share that is done, and blocking at the last known load; empty if unknown."""
    fraction = None if progress is None else progress.fraction
    if record.status is RunStatus.COMPLETED:
        share = formatting.percent(1.0)
    else:
        share = "" if fraction is None else formatting.percent(min(fraction, 0.999))
    points = () if progress is None else progress.points
    blocking, half = last_blocking(points, record.simulator)
    if blocking is None:
        return share, ""
    return share, f"{formatting.probability(blocking)}{formatting.margin(half)}"


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
