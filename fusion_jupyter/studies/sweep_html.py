"""A sweep as plain HTML: its totals and a cell for each point."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any, Protocol

from fusion_jupyter import formatting
from fusion_jupyter.palette import STATUS_COLOURS
from fusion_jupyter.studies.points import shown

if TYPE_CHECKING:
    from fusion_jupyter.studies.record import SweepRecord
    from fusion_jupyter.watch.collection import RunSummary

_MOST_ROWS = 50
_CELL = "padding:2px 8px;text-align:center;color:#fff;border:2px solid transparent"


class Shown(Protocol):
    """The parts of a sweep's handle used here."""

    @property
    def record(self) -> SweepRecord:
        """The request and its points."""

    @property
    def name(self) -> str:
        """Human-readable name."""

    @property
    def parameters(self) -> list[str]:
        """Names of the options that vary."""

    @property
    def is_deleted(self) -> bool:
        """The sweep was deleted."""

    id: Any
    counts: Any
    eta_seconds: Any

    def summary(self, run_id: str) -> RunSummary | None:
        """The last known summary of one of the runs."""


def totals(sweep: Shown) -> str:
    """The number of runs by status and the estimate, in words.

    Example:
        >>> totals(sweep)
        '17 of 24 completed · 4 running · 2 pending · 1 failed · about 6 min left'
    """
    if sweep.is_deleted:
        return "deleted"
    counts = sweep.counts
    parts = [f"{counts.get('COMPLETED', 0)} of {len(sweep.record.run_ids)} completed"]
    parts += [
        f"{counts[status]} {status.lower()}"
        for status in ("RUNNING", "PENDING", "FAILED", "CANCELLED", "UNKNOWN")
        if counts.get(status)
    ]
    if sweep.eta_seconds is not None:
        parts.append(f"{formatting.about(sweep.eta_seconds)} left")
    return " · ".join(parts)


def to_html(sweep: Shown) -> str:
    """The sweep as self-contained HTML: a grid for one or two parameters, else a table."""
    head = (
        f"<b>{html.escape(sweep.name)}</b> {html.escape(sweep.id)} · {html.escape(totals(sweep))}"
    )
    if sweep.counts.get("COMPLETED"):
        head += " · numbers: blocking at the last load"
    names = [*sweep.parameters, *(["repeat"] if sweep.record.repeats > 1 else [])]
    body = _grid(sweep, names) if len(names) <= 2 else _table(sweep, names)
    style = "font-family:system-ui,sans-serif;font-size:13px;font-variant-numeric:tabular-nums"
    return f'<div style="{style}"><div>{head}</div>{body}</div>'


def _points(sweep: Shown, names: list[str]) -> list[tuple[dict[str, str], RunSummary | None]]:
    return [
        (
            {
                name: str(shown(name, {**point.parameters, "repeat": point.repeat}[name]))
                for name in names
            },
            sweep.summary(point.run_id),
        )
        for point in sweep.record.points
    ]


def _grid(sweep: Shown, names: list[str]) -> str:
    points = _points(sweep, names)
    across = names[-1]
    down = names[0] if len(names) == 2 else None
    columns = list(dict.fromkeys(values[across] for values, _ in points))
    rows = list(dict.fromkeys(values[down] if down else "" for values, _ in points))
    cells = {(values[down] if down else "", values[across]): found for values, found in points}
    header = "".join(f"<th>{html.escape(column)}</th>" for column in columns)
    corner = html.escape(f"{down} \\ {across}" if down else across)
    body = "".join(
        f'<tr><th style="text-align:left">{html.escape(row)}</th>'
        + "".join(_cell(cells.get((row, column))) for column in columns)
        + "</tr>"
        for row in rows[:_MOST_ROWS]
    )
    return f"<table><thead><tr><th>{corner}</th>{header}</tr></thead><tbody>{body}</tbody></table>"


def _table(sweep: Shown, names: list[str]) -> str:
    points = _points(sweep, names)
    header = "".join(f"<th>{html.escape(name)}</th>" for name in [*names, "state"])
    body = "".join(
        "<tr>"
        + "".join(f"<td>{html.escape(values[name])}</td>" for name in names)
        + _cell(found)
        + "</tr>"
        for values, found in points[:_MOST_ROWS]
    )
    left = len(points) - _MOST_ROWS
    more = f"<div>and {left:,} more</div>" if left > 0 else ""
    return f"<table><thead><tr>{header}</tr></thead><tbody>{body}</tbody></table>{more}"


def _cell(found: RunSummary | None) -> str:
    if found is None:
        return "<td>–</td>"
    status = found.record.status.value
    colour = STATUS_COLOURS[status]
    title = html.escape(f"{found.record.name}: {status.lower()} ({found.record.id})", quote=True)
    style = f"{_CELL};background:{colour}"
    return f'<td style="{style}" title="{title}">{html.escape(_words(found))}</td>'


def _words(found: RunSummary) -> str:
    """Blocking at the last known load, else the run's progress."""
    status: Any = found.record.status
    if status.value in ("FAILED", "CANCELLED", "PENDING", "UNKNOWN"):
        return str(status.value.lower())
    points = () if found.progress is None else found.progress.points
    known = [point.blocking for point in points if point.blocking is not None]
    if status.is_final:
        return formatting.probability(known[-1]) if known else "completed"
    return formatting.percent(min(found.fraction, 0.999))
