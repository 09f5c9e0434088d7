"""The load at a target blocking from noisy points around it.

Close to the target, where it is reached at the load A, the logit of blocking is a slightly bent
function of the logarithm of the load. With u = β · ln(load / A):

    ln(b / (1 - b)) - ln(T / (1 - T)) = u - κ · u² / 2

Erlang's formula has a bend κ between 0 and 0.7 and a further term below 0.1 · u³, with 1 to 320
slots and targets from 0.01 to 60 %. So the bend is fitted with a prior around `BEND`, which matters
only until the points determine it, and the further term counts as an error of distant points.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusion_jupyter.analysis.capacity import estimate

#: The expected bend and its standard deviation.
BEND, BEND_ERROR = 0.25, 0.3
#: Error of a point at distance u due to the rest of the curve: this times |u|³.
REST = 0.08
#: Points farther from the target, in logits, do not contribute to the answer.
FARTHEST = 2.5


class Fit(NamedTuple):
    """The answer of a fit.

    Attributes:
        load: The load at which blocking reaches the target, in Erlang.
        error: Standard error of its logarithm, from the iterations and the curve.
        freedom: Degrees of freedom of the error.
        parts: Load to its iterations' part in the variance of the logarithm.
        curve: The part of what is not known of the curve's shape.
        slope: Change of the logit of blocking over that of the logarithm of the load, β.
        slope_error: Its standard error, from the iterations alone.
    """

    load: float
    error: float
    freedom: float
    parts: dict[float, float]
    curve: float
    slope: float
    slope_error: float


def fit_root(points: Mapping[float, Sequence[float]], blocking: float, requests: int) -> Fit | None:
    """Estimate the load at which blocking reaches a target.

    Weighted least squares with a prior on one coefficient (Draper and Smith, *Applied Regression
    Analysis*, 3rd edition 1998, chapters 9 and 17). The variance of the answer is computed from the
    variances of the points, and seed by seed (`fusion_jupyter.analysis.capacity.estimate`), which
    accounts for all loads drawing the same traffic; the larger of the two is used.

    Args:
        points: Blocking of each iteration in order of seeds, by load.
        blocking: The target.
        requests: Requests in an iteration.

    Returns:
        The answer; None if no two loads determine a slope.
    """
    goal = _logit(blocking)
    means = {load: sum(values) / len(values) for load, values in points.items()}
    used = sorted(
        load
        for load, mean in means.items()
        if len(points[load]) > 1 and 0 < mean < 1 and abs(_logit(mean) - goal) <= FARTHEST
    )
    if len(used) < 2:
        return None
    mean = np.array([means[load] for load in used])
    height, x = _logits(mean) - goal, np.log(np.array(used))
    matrix = np.full((max(len(points[load]) for load in used), len(used)), np.nan)
    for column, load in enumerate(used):
        matrix[: len(points[load]), column] = points[load]
    # Of the logarithm of blocking; that of the logit is larger by 1 / (1 - b)².
    variances = _variances(matrix, mean, requests)
    noise = variances / (1 - mean) ** 2
    slope, level = np.polyfit(x, height, 1, w=1 / np.sqrt(noise))
    answer = -level / slope if slope > 0 else math.nan
    # The curve is centred on its own answer and weighted by its own slope.
    for _ in range(4):
        if not (slope > 0 and abs(answer - np.clip(answer, x[0], x[-1])) < 1):
            return None
        distance, center = x - answer, answer
        rest = REST * np.abs(slope * distance) ** 3
        rows = 1 / np.sqrt(noise + rest**2)
        bend, deviation = BEND * slope**2 / 2, BEND_ERROR * slope**2 / 2
        design = np.vstack([np.vander(distance, 3) * rows[:, None], [1 / deviation, 0, 0]])
        inverse = np.linalg.pinv(design)
        solve, by_bend = inverse[:, :-1] * rows, inverse[:, -1]
        constant = by_bend * (-bend / deviation)
        coefficients = solve @ height + constant
        slope, answer = float(coefficients[1]), center + _root(coefficients)

    def root(logs: NDArray[np.float64]) -> float:
        return center + _root(solve @ (_logits(np.exp(logs)) - goal) + constant)

    found = estimate(matrix, root)
    if not math.isfinite(found.value):
        return None
    parts = found.gradient**2 * variances
    # How far the rest of the curve and its bend may move the answer.
    curve = (float(np.sum((solve[2] * rest) ** 2)) + float(by_bend[2]) ** 2) / slope**2
    iterations = max(float(found.shares @ found.shares), float(parts.sum()))
    return Fit(
        load=math.exp(found.value),
        error=math.sqrt(iterations + curve),
        freedom=found.freedom,
        parts=dict(zip(used, parts.tolist(), strict=True)),
        curve=curve,
        slope=slope,
        slope_error=math.sqrt(float(np.sum(solve[1] ** 2 * noise))),
    )


def _logit(share: float) -> float:
    return math.log(share / (1 - share))


def _logits(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.log(shares / (1 - shares))
    return found


def _root(coefficients: NDArray[np.float64]) -> float:
    """Where a rising parabola, highest power first, crosses 0; NaN if it does not."""
    square, slope, level = coefficients.tolist()
    discriminant = slope * slope - 4 * square * level
    if not (slope > 0 and discriminant >= 0):
        return math.nan
    # The root that converges to the line's root as the curvature vanishes.
    return float(-2 * level / (slope + math.sqrt(discriminant)))


def _variances(
    matrix: NDArray[np.float64], mean: NDArray[np.float64], requests: int
) -> NDArray[np.float64]:
    """Variance of the logarithm of mean blocking at each load.

    The ratio of variance to mean changes little between close loads, but is poorly known from few
    iterations, so it is averaged over the loads. It is at least that of independent requests.
    """
    n = np.sum(~np.isnan(matrix), axis=0)
    squares = np.nansum((matrix - mean) ** 2, axis=0)
    cluster = max(float(np.sum(squares / mean) / np.sum(n - 1)), (1 - mean.max()) / requests)
    found: NDArray[np.float64] = cluster / (n * mean)
    return found
