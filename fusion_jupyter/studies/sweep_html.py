"""A sweep as plain HTML: its totals and a cell for each point."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from fusion_jupyter import formatting
from fusion_jupyter.manager.record import RunStatus
from fusion_jupyter.palette import STATUS_COLOURS
from fusion_jupyter.studies.points import shown

if TYPE_CHECKING:
    from fusion_jupyter.studies.record import SweepRecord
    from fusion_jupyter.watch.collection import RunSummary

#: As in js/src/sweep_view/grid_model.ts: larger grids are easier to read as a table.
_MOST_COLUMNS, _MOST_ROWS = 16, 40
_CELL = "padding:2px 8px;text-align:center;color:#fff;border:2px solid transparent"


class _Point(NamedTuple):
    """The values of a point by parameter, and its runs: one for each repeat, None if unknown."""

    values: dict[str, str]
    runs: tuple[RunSummary | None, ...]


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
    points = _points(sweep)
    layout = _layout(sweep.parameters, points)
    body = _table(sweep.parameters, points) if layout is None else _grid(layout, points)
    style = "font-family:system-ui,sans-serif;font-size:13px;font-variant-numeric:tabular-nums"
    return f'<div style="{style}"><div>{head}</div>{body}</div>'


def _points(sweep: Shown) -> list[_Point]:
    """The points with the repeats of each as one."""
    found: dict[tuple[str, ...], list[RunSummary | None]] = {}
    for point in sweep.record.points:
        values = tuple(str(shown(name, value)) for name, value in point.parameters.items())
        found.setdefault(values, []).append(sweep.summary(point.run_id))
    return [
        _Point(dict(zip(sweep.parameters, values, strict=True)), tuple(runs))
        for values, runs in found.items()
    ]


def _layout(parameters: list[str], points: list[_Point]) -> tuple[str | None, str] | None:
    """The parameters of a grid's rows and columns; None if points do not fit into a readable one.

    As in js/src/sweep_view/grid_model.ts.
    """
    if not 1 <= len(parameters) <= 2:
        return None

    def count(name: str | None) -> int:
        return len({point.values[name] for point in points}) if name is not None else 1

    down, across = (None, *parameters)[-2:]
    if down is not None and count(across) > _MOST_COLUMNS:
        down, across = across, down
    fits = across is not None and count(across) <= _MOST_COLUMNS and count(down) <= _MOST_ROWS
    return (down, str(across)) if fits else None


def _grid(layout: tuple[str | None, str], points: list[_Point]) -> str:
    down, across = layout
    columns = list(dict.fromkeys(point.values[across] for point in points))
    cells = {(point.values[down] if down else "", point.values[across]): point for point in points}
    rows = list(dict.fromkeys(row for row, _ in cells))
    header = "".join(f"<th>{html.escape(column)}</th>" for column in columns)
    corner = html.escape(f"{down} \\ {across}" if down else across)
    body = "".join(
        f'<tr><th style="text-align:left">{html.escape(row)}</th>'
        + "".join(_cell(cells.get((row, column))) for column in columns)
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr><th>{corner}</th>{header}</tr></thead><tbody>{body}</tbody></table>"


def _table(names: list[str], points: list[_Point]) -> str:
    header = "".join(f"<th>{html.escape(name)}</th>" for name in [*names, "state"])
    body = "".join(
        "<tr>"
        + "".join(f"<td>{html.escape(point.values[name])}</td>" for name in names)
        + _cell(point)
        + "</tr>"
        for point in points[:_MOST_ROWS]
    )
    left = len(points) - _MOST_ROWS
    more = f"<div>and {left:,} more</div>" if left > 0 else ""
    return f"<table><thead><tr>{header}</tr></thead><tbody>{body}</tbody></table>{more}"


def _cell(point: _Point | None) -> str:
    runs = [run for run in point.runs if run is not None] if point else []
    if point is None or not runs:
        return "<td>–</td>"
    titles = [f"{run.record.name}: {run.record.status.lower()} ({run.record.id})" for run in runs]
    style = f"{_CELL};background:{STATUS_COLOURS[_status(runs)]}"
    title = html.escape("; ".join(titles), quote=True)
    return f'<td style="{style}" title="{title}">{html.escape(_words(runs, len(point.runs)))}</td>'


def _status(runs: list[RunSummary]) -> str:
    """The status of repeats as that of one run: among those that have ended, the worst counts."""
    found = {run.record.status for run in runs}
    if found == {RunStatus.PENDING}:
        return RunStatus.PENDING
    if not all(status.is_final for status in found):
        return RunStatus.RUNNING
    order = (RunStatus.FAILED, RunStatus.UNKNOWN, RunStatus.CANCELLED)
    return next((status for status in order if status in found), RunStatus.COMPLETED)


def _words(runs: list[RunSummary], planned: int) -> str:
    """Blocking at the last known load over all repeats, else the progress of the runs."""
    status = _status(runs)
    if status == RunStatus.RUNNING:
        return formatting.percent(min(sum(run.fraction for run in runs) / planned, 0.999))
    done = [run for run in runs if run.record.status is RunStatus.COMPLETED]
    if not done:
        return status.lower()
    blocking = _last_blocking(done)
    text = "completed" if blocking is None else formatting.probability(blocking)
    return text if len(done) == planned else f"{text} ({len(done)} of {planned})"


def _last_blocking(runs: list[RunSummary]) -> float | None:
    """Mean blocking over all iterations at the last load with a value; None if there is none."""
    points = [
        point
        for run in runs
        for point in (run.progress.points if run.progress else ())
        if point.blocking is not None
    ]
    last = [each for each in points if each.erlang == max(point.erlang for point in points)]
    total = sum(max(1, each.iterations) for each in last)
    known = sum(max(1, each.iterations) * (each.blocking or 0.0) for each in last)
    return known / total if last else None
