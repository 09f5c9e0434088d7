"""A run as plain HTML and text: what a saved, exported or mailed notebook shows without a kernel.

Made for viewers that allow little: inline styles, no scripts, no style sheet, and colours that are
readable on a light and on a dark page. Everything that comes from outside is escaped.
"""

from __future__ import annotations

import base64
import html
import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fusion_jupyter.handle import Run
    from fusion_jupyter.manager.record import ArtifactInfo
    from fusion_jupyter.widgets.messages import LogState, Snapshot

_LOG_LINES = 12
_LONGEST_LINE = 300
_FILES = 20
_COLOURS = {
    "PENDING": "#7a828c",
    "RUNNING": "#1976d2",
    "COMPLETED": "#2e8b57",
    "FAILED": "#d0413f",
    "CANCELLED": "#7a828c",
}
_WIDTH, _HEIGHT = 420, 200
_LEFT, _TOP, _RIGHT, _BOTTOM = 46, 10, 410, 176
#: Log control characters and marks that turn text round, shown as a replacement.
_HIDDEN = dict.fromkeys(
    (
        *range(9),
        *range(11, 32),
        *range(127, 160),
        8206,
        8207,
        *range(8234, 8239),
        *range(8294, 8298),
    ),
    "�",
)


def to_text(state: Snapshot) -> str:
    """The last known state in one line, without times and addresses.

    Args:
        state: From `fusion_jupyter.widgets.snapshot.snapshot`.

    Returns:
        For example ``Run 'k-paths 5' (3f9c0a7be214): COMPLETED · 100 % · blocking 0.17 ± 0.008``.
    """
    words = [state["status"], _numbers(state), state["error"] or ""]
    return f"Run {state['name']!r} ({state['id']}): {' · '.join(filter(None, words))}"


def files_of(run: Run) -> list[ArtifactInfo]:
    """The run's output files; none where they cannot be read."""
    try:
        return run.artifacts
    except OSError:
        return []


def to_html(state: Snapshot, files: Sequence[ArtifactInfo] = ()) -> str:
    """The last known state as HTML that stands alone.

    Args:
        state: From `fusion_jupyter.widgets.snapshot.snapshot`.
        files: Output files of the run.
    """
    colour = _COLOURS.get(state["status"], "#7a828c")
    facts = [state["simulator"], state["network"], state["id"]]
    title = (
        f'<div><span style="color:{colour}">●</span> <b>{_escape(state["name"])}</b> '
        f"{_escape(state['status'].lower())}"
        + "".join(f" · {_escape(fact)}" for fact in facts if fact)
        + f"{_escape(_took(state))}</div>"
    )
    parts = [title, _bar(state, colour), f"<div>{_escape(_numbers(state))}</div>"]
    if state["error"]:
        parts.append(f'<div style="color:#d0413f"><b>{_escape(state["error"])}</b></div>')
    parts += [_picture(state), _log(state["log"]), _files_list(files)]
    style = "font-family:system-ui,sans-serif;font-size:13px;max-width:760px"
    return f'<div style="{style}">{"".join(parts)}</div>'


def _escape(text: object) -> str:
    return html.escape(str(text).translate(_HIDDEN))


def _took(state: Snapshot) -> str:
    seconds = state["duration"]
    if seconds is None:
        if state["status"] in ("PENDING", "RUNNING"):
            seen = datetime.fromtimestamp(state["now"], UTC)
            return f" · as of {seen:%Y-%m-%d %H:%M:%S} UTC"
        return ""
    if seconds < 60:
        return f" · {seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f" · {hours}:{minutes:02}:{rest:02}" if hours else f" · {minutes}:{rest:02}"


def _percent(state: Snapshot) -> int | None:
    if state["status"] == "COMPLETED":
        return 100
    fraction = state["progress"]["fraction"]
    return None if fraction is None else min(99, int(fraction * 100 + 1e-9))


def _bar(state: Snapshot, colour: str) -> str:
    percent = _percent(state)
    if percent is None:
        return ""
    fill = f"width:{percent}%;height:8px;background:{colour};border-radius:2px"
    track = "height:8px;background:#8883;border-radius:2px;margin:5px 0"
    return f'<div style="{track}"><div style="{fill}"></div></div>'


def _numbers(state: Snapshot) -> str:
    progress = state["progress"]
    percent = _percent(state)
    words = [] if percent is None else [f"{percent} %"]
    if progress["erlang"] is not None:
        total = progress["total_erlangs"] or len(state["erlangs"])
        of = f"load {progress['erlang_index']} of {total}: " if total > 1 else ""
        words.append(f"{of}{progress['erlang']:g} Erlang")
    if progress["iteration"] is not None:
        planned = progress["total_iterations"]
        words.append(f"iteration {progress['iteration']}" + (f" of {planned}" if planned else ""))
    known = [point for point in progress["points"] if point[1] is not None]
    if known:
        blocking, half = known[-1][1:3]
        words.append(f"blocking {blocking:.3g}" + (f" ± {half:.2g}" if half else ""))
    return " · ".join(words)


def _log(log: LogState) -> str:
    lines = log["tail"]["lines"][-_LOG_LINES:]
    if not lines:
        return ""
    text = "\n".join(_escape(line[:_LONGEST_LINE]) for line in lines)
    count = log["count"]
    head = f"Log: the last {len(lines)} of {count:,} lines" if count else "Log"
    style = (
        "font:11px/1.4 ui-monospace,Menlo,Consolas,monospace;"
        "max-height:200px;overflow:auto;margin:4px 0"
    )
    return f'<details open><summary>{head}</summary><pre style="{style}">{text}</pre></details>'


def _files_list(files: Sequence[ArtifactInfo]) -> str:
    if not files:
        return ""
    shown = "".join(
        f"<li><code>{_escape(info.path)}</code> ({_size(info.size)})</li>"
        for info in files[:_FILES]
    )
    more = f"<li>and {len(files) - _FILES:,} more</li>" if len(files) > _FILES else ""
    return f"<details open><summary>Files: {len(files):,}</summary><ul>{shown}{more}</ul></details>"


def _size(size: int) -> str:
    value = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{size} B" if unit == "B" else f"{value:.3g} {unit}"
        value /= 1000
    raise AssertionError


def _picture(state: Snapshot) -> str:
    """Blocking over load as an image: data that every viewer of HTML can show."""
    drawing = curve_svg(state["progress"]["points"])
    if drawing is None:
        return ""
    encoded = base64.b64encode(drawing.encode()).decode()
    points = [point for point in state["progress"]["points"] if point[1]]
    values = ", ".join(f"{point[1]:.3g} at {point[0]:g}" for point in points[:20])
    label = _escape(f"Blocking probability over offered load in Erlang: {values}")
    return (
        f'<div><img src="data:image/svg+xml;base64,{encoded}" width="{_WIDTH}" '
        f'height="{_HEIGHT}" alt="{label}"></div>'
    )


def curve_svg(points: Sequence[Sequence[Any]]) -> str | None:
    """The live view's curve as a static picture in SVG; None with fewer than two values above 0.

    Args:
        points: ``[erlang, blocking, ci, iterations, done]``, by rising load.
    """
    known = [(p[0], p[1], p[2] or 0.0) for p in points if p[1] is not None and p[1] > 0]
    if len(known) < 2:
        return None
    low = math.floor(math.log10(min(max(b - c, b / 30) for _, b, c in known)) + 1e-9)
    high = max(low + 1, min(0, math.ceil(math.log10(max(b + c for _, b, c in known)) - 1e-9)))
    first, last = points[0][0], points[-1][0]
    span = (last - first) or 1.0

    def x(erlang: float) -> float:
        return float(_LEFT + 10 + (erlang - first) / span * (_RIGHT - _LEFT - 20))

    def y(value: float) -> float:
        exponent = min(max(math.log10(value), low), high) if value > 0 else low
        height: float = _BOTTOM + (exponent - low) / (high - low) * (_TOP - _BOTTOM)
        return height

    grid = "".join(
        f'<path d="M{_LEFT} {y(10.0**e):.1f}H{_RIGHT}" stroke="#8884"/>'
        f'<text x="{_LEFT - 6}" y="{y(10.0**e) + 3.5:.1f}" text-anchor="end">1e{e}</text>'
        for e in range(low, high + 1)
    )
    step = max(1, math.ceil(len(points) / 8))
    labels = "".join(
        f'<text x="{x(p[0]):.1f}" y="{_BOTTOM + 16}" text-anchor="middle">{p[0]:g}</text>'
        for p in points[::step]
    )
    upper = [f"{x(e):.1f} {y(b + c):.1f}" for e, b, c in known]
    lower = [f"{x(e):.1f} {y(b - c):.1f}" for e, b, c in reversed(known)]
    line = "L".join(f"{x(e):.1f} {y(b):.1f}" for e, b, _ in known)
    circles = "".join(
        f'<circle cx="{x(e):.1f}" cy="{y(b):.1f}" r="3" fill="#1976d2"/>' for e, b, _ in known
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'font-family="system-ui,sans-serif" font-size="10" fill="#888">{grid}{labels}'
        f'<path d="M{"L".join([*upper, *lower])}Z" fill="#1976d2" fill-opacity="0.18"/>'
        f'<path d="M{line}" fill="none" stroke="#1976d2" stroke-width="2"/>{circles}</svg>'
    )
