"""Intervals that a view shows: 95 %, from what a program reports.

A progress event has ``ci``, FUSION's half width of a 90 % interval, 1.645 · s / √n. It neglects
that s is estimated, and other places show 95 % with Student's t. So views show t · s / √n too. The
same in js/src/progress/half_width.ts, by tests/contracts/half_width.json.
"""

from __future__ import annotations

import math

from fusion_jupyter.sim.precision import student_quantile

#: Confidence of the intervals in views, as of `fusion_jupyter.results`.
CONFIDENCE = 0.95
#: The quantile of the normal distribution in reported half widths.
_REPORTED = 1.645


def half_width(reported: float | None, iterations: int) -> float | None:
    """Half width of the 95 % interval; None if there is none.

    Args:
        reported: The event's ``ci``.
        iterations: Number of iterations n.

    Example:
        >>> round(half_width(0.001, 5), 6)
        0.001688
    """
    if reported is None or iterations < 2:
        return None
    half = reported * student_quantile(CONFIDENCE, iterations - 1) / _REPORTED
    return half if math.isfinite(half) else None
