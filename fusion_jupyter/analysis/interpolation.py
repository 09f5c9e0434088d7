"""A smooth monotone curve through a few points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def crossing(x: NDArray[np.float64], y: NDArray[np.float64], left: int, target: float) -> float:
    """Find where the monotone cubic through (x, y) crosses a target.

    Uses a cubic Hermite piece (Fritsch and Carlson, *SIAM Journal on Numerical Analysis* 17, 1980,
    238-246), solved by bisection.

    Args:
        x: Ascending positions.
        y: Values.
        left: Index of the point before the crossing; the next one is after it.
        target: Between the values of these two.
    """
    width = x[left + 1] - x[left]
    start, end = _slopes(x, y)[left : left + 2]

    def excess(share: float) -> float:
        s, r = share, 1 - share
        return float(
            y[left] * (1 + 2 * s) * r * r
            + y[left + 1] * s * s * (3 - 2 * s)
            + width * s * r * (r * start - s * end)
            - target
        )

    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) < 0 else (low, middle)
    return float(x[left] + width * (low + high) / 2)


def _slopes(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slopes of the curve at each point: the weighted harmonic mean of the adjacent pieces.

    Fritsch and Butland, *SIAM Journal on Scientific and Statistical Computing* 5, 1984, 300-304. At
    both ends, the parabola through three points. If noise makes one piece fall, the mean of both
    pieces does less harm than a slope of 0.
    """
    width = np.diff(x)
    piece = np.diff(y) / width
    if len(piece) == 1:
        return np.repeat(piece, 2)
    before, after, h, k = piece[:-1], piece[1:], width[:-1], width[1:]
    rising = (before > 0) & (after > 0)
    inner = (before + after) / 2
    first, second = (2 * k + h)[rising], (k + 2 * h)[rising]
    inner[rising] = (first + second) / (first / before[rising] + second / after[rising])
    start = _end_slope(width[0], width[1], piece[0], piece[1])
    end = _end_slope(width[-1], width[-2], piece[-1], piece[-2])
    return np.concatenate(([start], inner, [end]))


def _end_slope(near: float, far: float, slope: float, beyond: float) -> float:
    """Slope at an end from the piece there and the one beyond it, between 0 and 3 of its slopes."""
    parabola = ((2 * near + far) * slope - near * beyond) / (near + far)
    return float(np.clip(parabola, min(0.0, 3 * slope), max(0.0, 3 * slope)))
