"""A run's small state as plain JSON data for the browser half; see `messages`."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from fusion_jupyter.progress.half_width import half_width
from fusion_jupyter.widgets.http_access import is_private

if TYPE_CHECKING:
    from fusion_jupyter.engines.base import EngineReport
    from fusion_jupyter.manager.record import ArtifactInfo
    from fusion_jupyter.progress.state import RunProgress
    from fusion_jupyter.watch.follower import RunUpdate
    from fusion_jupyter.widgets.messages import (
        EngineWords,
        Listing,
        LogState,
        Progress,
        Snapshot,
        Status,
    )

#: Maximum length of an error message sent to the browser; the log has the rest.
_LONGEST_ERROR = 4000
#: More points than pixels are not visible.
_MOST_POINTS = 1000


def snapshot(
    update: RunUpdate,
    *,
    rev: int,
    log: LogState | None = None,
    files: Listing | None = None,
) -> Snapshot:
    """Everything known about a run except bulk data.

    Args:
        update: The latest update of the run.
        rev: Number of this state; increases with each change.
        log: From `log_state`; None: only the number of lines.
        files: From `listing_state`; None: the receiver has them already.

    Returns:
        Strings, numbers, lists and dictionaries; no value is infinite or not a number.
    """
    record = update.record
    status = cast("Status", str(record.status))
    state: Snapshot = {
        "rev": rev,
        "id": record.id,
        "name": record.name,
        "status": status,
        "cancelling": record.cancel_requested and not record.is_final,
        "problem": record.problem,
        "simulator": record.simulator,
        "simulator_reason": record.simulator_reason,
        "engine": record.engine,
        "report": engine_words(update.engine_report),
        "network": record.network,
        "now": time.time(),
        "created": seconds(record.created_at),
        "started": seconds(record.started_at),
        "completed": seconds(record.completed_at),
        "duration": finite(record.duration_seconds),
        "exit_code": record.exit_code,
        "signal": record.signal,
        "error": None if record.error_message is None else record.error_message[:_LONGEST_ERROR],
        "erlangs": list(record.erlangs[:_MOST_POINTS]),
        "max_iters": record.max_iters,
        "artifacts_version": update.outputs_version,
        "directory": record.directory.as_posix(),
        "home": Path.home().as_posix(),
        "private": is_private(record.directory),
        "progress": progress_state(update.progress, record.simulator),
        "log": log or log_state((), update.log_count),
    }
    if files is not None:
        state["files"] = files
    return state


def shown_status(state: Snapshot) -> str:
    """The status as one readable word, as in js/src/watch/situation.ts."""
    if state["problem"] == "gone":
        return "folder gone"
    if state["cancelling"]:
        return "cancelling"
    return {"PENDING": "waiting"}.get(state["status"], state["status"].lower())


def engine_words(report: EngineReport | None) -> EngineWords | None:
    """The engine's report about a run; None if there is none."""
    return None if report is None else {"words": report.reason, "inquiry": report.inquiry}


def progress_state(progress: RunProgress, simulator: str) -> Progress:
    """Progress as plain data; each point has the half width of the interval that is shown."""
    points = progress.points
    step = max(1, math.ceil(len(points) / _MOST_POINTS))
    return {
        "fraction": finite(progress.fraction),
        "eta": finite(progress.eta_seconds),
        "erlang": finite(progress.erlang),
        "erlang_index": progress.erlang_index,
        "total_erlangs": progress.total_erlangs,
        "iteration": progress.iteration,
        "total_iterations": progress.total_iterations,
        "rate": finite(progress.metrics.get("requests_per_second")),
        "events": progress.events,
        "bad_lines": progress.bad_lines,
        "points": [
            (
                point.erlang,
                finite(point.blocking),
                half_width(point.ci, point.iterations, simulator),
                point.iterations,
                point.done,
            )
            for point in points[::step]
        ],
    }


def log_state(lines: Sequence[str], count: int | None, known: int | None = None) -> LogState:
    """The end of a log: its number of lines and the last lines.

    Args:
        lines: The last lines.
        count: Number of lines in the log; None while they are being counted.
        known: Number of lines that the receiver has; only later lines are returned. None: all of
            `lines`.

    Example:
        >>> log_state(["c", "d"], 4, known=3)
        {'count': 4, 'tail': {'first': 2, 'lines': ['c', 'd']}}
    """
    if count is None:
        # Without their number, the lines have no position yet.
        return {"count": None, "tail": {"first": 0, "lines": []}}
    # The receiver's last line may have been unfinished, so it is sent again.
    wanted = len(lines) if known is None or known > count else count - known + 1
    chosen = list(lines[max(0, len(lines) - wanted) :])
    return {"count": count, "tail": {"first": count - len(chosen), "lines": chosen}}


def listing_state(infos: Sequence[ArtifactInfo], most: int) -> Listing:
    """Output files, the first `most` of them by path."""
    return {
        "rows": [
            (info.path, info.size, info.modified_at.timestamp(), info.kind)  # type: ignore[misc]
            for info in infos[:most]
        ],
        "complete": len(infos) <= most,
    }


def seconds(moment: datetime | None) -> float | None:
    """A moment in seconds since 1970."""
    return None if moment is None else moment.timestamp()


def finite(value: float | None) -> float | None:
    """A number as JSON can represent it, else None."""
    # JSON has no infinities, and a browser rejects a message that contains one.
    return value if value is not None and math.isfinite(value) else None
