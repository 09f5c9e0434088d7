"""Intervals that a view shows: 95 % for a simulator, as reported for a program of the user's own.

A simulator's progress event has ``ci``, the half width of a 90 % interval, 1.645 · s / √n. It
neglects that s is estimated, and other places show 95 % with Student's t. So views show t · s / √n
too. Which interval another program reports only its author knows. The same in
js/src/progress/half_width.ts, by tests/contracts/half_width.json.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from fusion_jupyter.progress.loads import LoadPoint
from fusion_jupyter.sim.precision import student_quantile

#: Confidence of the intervals in views, as of `fusion_jupyter.results`.
CONFIDENCE = 0.95
#: What reports the half widths that are converted.
_SIMULATORS = frozenset({"embedded", "fusion"})
#: The quantile of the normal distribution in reported half widths.
_REPORTED = 1.645


def is_converted(simulator: str) -> bool:
    """Whether intervals of this simulator, as in `RunRecord`, are shown with `CONFIDENCE`."""
    return simulator in _SIMULATORS


def half_width(reported: float | None, iterations: int, simulator: str) -> float | None:
    """Half width of the shown interval; None if there is none.

    Args:
        reported: The event's ``ci``.
        iterations: Number of iterations n; 0 if unknown.
        simulator: What reports it, as in `RunRecord`.

    Example:
        >>> round(half_width(0.001, 5, "embedded"), 6), half_width(0.001, 5, "command")
        (0.001688, 0.001)
    """
    if reported is None or not 0 <= reported < math.inf:
        return None
    if not is_converted(simulator):
        return reported
    if iterations < 2:
        return None
    half = reported * student_quantile(CONFIDENCE, iterations - 1) / _REPORTED
    return half if math.isfinite(half) else None


def last_blocking(points: Sequence[LoadPoint], simulator: str) -> tuple[float | None, float | None]:
    """Mean blocking at the last known load, and the half width of its interval.

    Args:
        points: The curve of a run.
        simulator: What reports it, as in `RunRecord`.

    Returns:
        Both; None if unknown.
    """
    for point in reversed(points):
        if point.blocking is not None and math.isfinite(point.blocking):
            return point.blocking, half_width(point.ci, point.iterations, simulator)
    return None, None
