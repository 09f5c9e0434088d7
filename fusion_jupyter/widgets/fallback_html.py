"""A run as plain HTML and text, shown by a saved, exported or mailed notebook without a kernel.

Made for restrictive viewers: inline styles, no scripts, no style sheet, and colours that are
readable on light and dark pages. All external text is escaped.
"""

from __future__ import annotations

import base64
import html
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fusion_jupyter import formatting
from fusion_jupyter.config.schema.embedded import MIN_ITERATIONS
from fusion_jupyter.errors import RunNotFoundError
from fusion_jupyter.logs.line_parts import parts_of, plain_text
from fusion_jupyter.palette import STATUS_COLOURS
from fusion_jupyter.progress.half_width import is_converted
from fusion_jupyter.terminal import one_line, visible
from fusion_jupyter.widgets.fallback_chart import HEIGHT, TITLE, TITLE_95, WIDTH, chart_svg
from fusion_jupyter.widgets.snapshot import shown_status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fusion_jupyter.handle import Run
    from fusion_jupyter.manager.record import ArtifactInfo
    from fusion_jupyter.widgets.messages import LogState, Point, Snapshot

_LOG_LINES = 12
_LONGEST_LINE = 300
_FILES = 20
_MOST_SPOKEN = 20
_RED = STATUS_COLOURS["FAILED"]
_SEVERITIES = {"warning": "#b26a00", "error": _RED}


def to_text(state: Snapshot) -> str:
    """The last known state in one line, without times and addresses.

    Args:
        state: From `fusion_jupyter.widgets.snapshot.snapshot`.

    Returns:
        For example ``Run 'k-paths 5' (3f9c0a7be214): COMPLETED · 100 % · blocking 0.17 ± 0.008``.
    """
    status = "FOLDER GONE" if state["problem"] == "gone" else state["status"]
    words = [status, _numbers(state), one_line(state["error"] or "")]
    return f"Run {state['name']!r} ({state['id']}): {' · '.join(filter(None, words))}"


def files_of(run: Run) -> list[ArtifactInfo]:
    """The run's output files; none if they cannot be read."""
    try:
        return run.artifacts
    except (OSError, RunNotFoundError):
        return []


def to_html(state: Snapshot, files: Sequence[ArtifactInfo] = ()) -> str:
    """The last known state as self-contained HTML.

    Args:
        state: From `fusion_jupyter.widgets.snapshot.snapshot`.
        files: Output files of the run.
    """
    gone = state["problem"] == "gone"
    colour = STATUS_COLOURS["UNKNOWN" if gone else state["status"]]
    facts = [state["simulator"], state["network"], state["id"]]
    title = (
        f'<div><span style="color:{colour}">●</span> <b>{_escape(state["name"])}</b> '
        f"{_escape(shown_status(state))}"
        + "".join(f" · {_escape(fact)}" for fact in facts if fact)
        + f"{_escape(_took(state))}</div>"
    )
    report = state["report"]
    words = " · ".join(filter(None, [_numbers(state), report["words"] if report else ""]))
    parts = [title, _bar(state, colour), f"<div>{_escape(words)}</div>"]
    message = f"This run's folder is gone: {state['directory']}" if gone else state["error"]
    if message:
        parts.append(f'<div style="color:{_RED}"><b>{_escape(message)}</b></div>')
    parts += [_picture(state), _log(state["log"]), _files_list(files)]
    style = "font-family:system-ui,sans-serif;font-size:13px;max-width:760px"
    return f'<div style="{style}">{"".join(parts)}</div>'


def _escape(text: object) -> str:
    return html.escape(visible(str(text)))


def _took(state: Snapshot) -> str:
    seconds = state["duration"]
    if seconds is None:
        if state["status"] in ("PENDING", "RUNNING"):
            seen = datetime.fromtimestamp(state["now"], UTC)
            return f" · as of {seen:%Y-%m-%d %H:%M:%S} UTC"
        return ""
    return f" · {formatting.took(seconds)}"


def _percent(state: Snapshot) -> int | None:
    if state["status"] == "COMPLETED":
        return 100
    fraction = state["progress"]["fraction"]
    return None if fraction is None else formatting.whole_percent(min(fraction, 0.999))


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
        words.append(f"{of}{formatting.load(progress['erlang'])} Erlang")
    if progress["iteration"] is not None:
        words.append(_iterations(state, progress["iteration"]))
    known = [point for point in progress["points"] if point[1] is not None]
    if known:
        blocking, half = known[-1][1:3]
        value = "no blocking observed"
        if blocking:
            value = f"blocking {formatting.probability(blocking)}"
        words.append(value + formatting.margin(half))
    return " · ".join(words)


def is_rough(point: Point) -> bool:
    """Whether the interval of a finished load is from too few iterations to be trusted."""
    _, _, half, iterations, done = point
    return bool(half) and done and 0 < iterations < MIN_ITERATIONS


def _iterations(state: Snapshot, iteration: int) -> str:
    """How many are done; js/src/run_view/progress_bar.ts says it in the same words."""
    progress = state["progress"]
    planned = progress["total_iterations"]
    done = any(point[0] == progress["erlang"] and point[4] for point in progress["points"])
    if not planned or iteration >= planned or not done:
        return f"iteration {iteration}" + (f" of {planned}" if planned else "")
    why = "" if state["simulator"] == "command" else ": interval small enough"
    times = "iteration" if iteration == 1 else "iterations"
    return f"stopped early after {iteration} {times}{why}"


def _log(log: LogState) -> str:
    lines = log["tail"]["lines"][-_LOG_LINES:]
    if not lines:
        return ""
    text = "\n".join(map(_log_line, lines))
    count = log["count"]
    head = f"Log: the last {len(lines)} of {formatting.counted(count, 'line')}" if count else "Log"
    style = (
        "font:11px/1.4 ui-monospace,Menlo,Consolas,monospace;"
        "max-height:200px;overflow:auto;margin:4px 0"
    )
    return f'<details open><summary>{head}</summary><pre style="{style}">{text}</pre></details>'


def _log_line(line: str) -> str:
    """A log line as in the live view, with a shortened prefix."""
    parts = parts_of(plain_text(line))
    head = f"{parts.time} {parts.logger.rpartition('.')[2]}  " if parts.time else ""
    level = f"{parts.level} " if parts.level not in ("", "INFO", "DEBUG") else ""
    text = html.escape(f"{head}{level}{parts.message}"[:_LONGEST_LINE])
    colour = _SEVERITIES.get(parts.severity)
    return f'<span style="color:{colour}">{text}</span>' if colour else text


def _files_list(files: Sequence[ArtifactInfo]) -> str:
    if not files:
        return ""
    common = _common_folder(files)
    left, right = (
        "padding:1px 16px 1px 0;text-align:left",
        "padding:1px 16px 1px 0;text-align:right",
    )
    head = (
        f'<tr><th style="{left}">File</th><th style="{right}">Size</th>'
        f'<th style="{left}">Kind</th></tr>'
    )
    rows = "".join(
        f'<tr><td style="{left}">'
        f"<code>{_escape(info.path[len(common) :])}</code></td>"
        f'<td style="{right}">{formatting.size(info.size)}</td>'
        f'<td style="{left}">{info.kind}</td></tr>'
        for info in files[:_FILES]
    )
    size = formatting.size(sum(info.size for info in files))
    below = f", below <code>{_escape(common)}</code>" if common else ""
    more = f"<div>and {len(files) - _FILES:,} more</div>" if len(files) > _FILES else ""
    return (
        f"<details open><summary>Files: {len(files):,}, {size}{below}</summary>"
        f'<table style="border-collapse:collapse;font-size:12px">{head}{rows}</table>'
        f"{more}</details>"
    )


def _common_folder(files: Sequence[ArtifactInfo]) -> str:
    """The path, with ``/`` at its end, that no row repeats; empty for none.

    As in the live view, each file keeps the last folder that all of them share.
    """
    common = files[0].path.rpartition("/")[0]
    while common and not all(info.path.startswith(f"{common}/") for info in files):
        common = common.rpartition("/")[0]
    above = common.rpartition("/")[0]
    return f"{above}/" if above else ""


def _picture(state: Snapshot) -> str:
    """Blocking over load as an image with inline data, which every HTML viewer can show."""
    points = state["progress"]["points"]
    title = TITLE_95 if is_converted(state["simulator"]) else TITLE
    drawing = chart_svg(points, title=title)
    if drawing is None:
        return ""
    encoded = base64.b64encode(drawing.encode()).decode()
    known = [(erlang, blocking) for erlang, blocking, *_ in points if blocking is not None]
    values = ", ".join(
        f"{formatting.probability(blocking) if blocking else 'none'} at {formatting.load(erlang)}"
        for erlang, blocking in known[:_MOST_SPOKEN]
    )
    doubt = "<div>Fewer than five iterations: rough intervals.</div>"
    doubt = doubt if any(map(is_rough, points)) else ""
    label = _escape(f"Blocking probability over offered load in Erlang: {values}")
    return (
        f'<div><img src="data:image/svg+xml;base64,{encoded}" width="{WIDTH}" '
        f'height="{HEIGHT}" alt="{label}"></div>{doubt}'
    )
