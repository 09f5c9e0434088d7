"""The load at which blocking reaches a target, and the gain in it between configurations.

Between two simulated loads the logarithm of blocking is interpolated over the logarithm of the
load, because blocking spans decades. The uncertainty of the answer comes from the iterations: each
one's contribution is propagated through the interpolation (the infinitesimal jackknife; Jaeckel
1972; Efron, *The Jackknife, the Bootstrap and Other Resampling Plans*, 1982, chapter 6). Iterations
with equal seeds are treated together, at all loads and in both configurations, because they draw
the same traffic.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusion_jupyter import arguments
from fusion_jupyter.analysis.interpolation import crossing
from fusion_jupyter.analysis.statistics import exponential, independent_variance, settled
from fusion_jupyter.errors import FusionJupyterError
from fusion_jupyter.sim.precision import student_quantile


class Curve(NamedTuple):
    """Blocking of one configuration by load and iteration.

    Attributes:
        loads: Offered loads in Erlang, ascending; shape (loads,).
        seeds: Seeds of the iterations; shape (seeds,).
        blocking: Blocking, NaN if an iteration was not simulated; shape (seeds, loads).
        requests: Requests per iteration; infinity if unknown.
    """

    loads: NDArray[np.float64]
    seeds: NDArray[np.int64]
    blocking: NDArray[np.float64]
    requests: float = math.inf

    @property
    def means(self) -> NDArray[np.float64]:
        """Mean blocking by load; 0 where nothing was simulated."""
        total: NDArray[np.float64] = np.nansum(self.blocking, axis=0)
        return total / np.maximum(self.counts, 1)

    @property
    def counts(self) -> NDArray[np.int64]:
        """Number of iterations by load."""
        found: NDArray[np.int64] = np.sum(~np.isnan(self.blocking), axis=0)
        return found


class Estimate(NamedTuple):
    """A number computed from mean blocking at several loads.

    Attributes:
        value: The number.
        shares: By seed, the contribution of its iterations to the number.
        gradient: By load, change of the number per relative change of the mean blocking there.
        iterations: The least number of iterations at a load that matters.
        freedom: Degrees of freedom of the error (Satterthwaite, *Biometrics Bulletin* 2, 1946,
            110-114), at most those of the load with most iterations, because loads share seeds.
        independent: Variance of the number if requests are blocked independently; 0 if unknown.
    """

    value: float
    shares: NDArray[np.float64]
    gradient: NDArray[np.float64]
    iterations: int
    freedom: float
    independent: float = 0.0

    @property
    def error(self) -> float:
        """Standard error of the number; NaN if unknown, see `error_of`."""
        return error_of(self.shares, self.independent) if self.iterations > 1 else math.nan


@dataclass(frozen=True)
class LoadAtBlocking:
    """The load at which blocking reaches a target.

    Attributes:
        blocking: The target.
        load: The load, in Erlang.
        low: Lower end of its confidence interval.
        high: Upper end.
        confidence: Of the interval.
        iterations: The least number of iterations at a load that matters.
    """

    blocking: float
    load: float
    low: float
    high: float
    confidence: float
    iterations: int

    @property
    def relative_half_width(self) -> float:
        """Half width of the interval over the load."""
        return (self.high - self.low) / 2 / self.load


class NoCrossingError(FusionJupyterError, ValueError):
    """The simulated loads do not show where blocking reaches the target."""


def estimate(blocking: NDArray[np.float64], number: Callable[..., float]) -> Estimate:
    """Compute a number from mean blocking, and each iteration's contribution to it.

    Args:
        blocking: Shape (seeds, loads), NaN if an iteration was not simulated.
        number: Called with the logarithm of the mean blocking at each load (minus infinity if
            nothing was blocked); returns the number.
    """
    counts = np.sum(~np.isnan(blocking), axis=0)
    means = np.nansum(blocking, axis=0) / np.maximum(counts, 1)
    with np.errstate(divide="ignore"):
        logs = np.log(means)
    gradient = np.zeros(len(logs))
    step = 1e-4
    for index in np.flatnonzero(np.isfinite(logs)):
        change = np.zeros(len(logs))
        change[index] = step
        gradient[index] = (number(logs + change) - number(logs - change)) / (2 * step)
    used = np.flatnonzero(gradient)
    n = counts[used]
    least = int(n.min()) if len(n) else 0
    if least < 2:
        unknown = np.zeros(len(blocking))
        return Estimate(float(number(logs)), unknown, gradient, least, math.nan)
    # Divided by n - 1, to correct the bias of a variance around the sample mean.
    parts = gradient[used] * (blocking[:, used] / means[used] - 1) / np.sqrt(n * (n - 1))
    parts = np.nan_to_num(parts)
    variances = np.sum(parts**2, axis=0)
    freedom = float(n.max() - 1)
    spread = float(np.sum(variances**2 / (n - 1)))
    if spread > 0:
        freedom = min(freedom, float(variances.sum() ** 2 / spread))
    return Estimate(float(number(logs)), parts.sum(axis=1), gradient, least, freedom)


def error_of(shares: NDArray[np.float64], independent: float) -> float:
    """Standard error of a logarithm from the iterations' contributions to it.

    Iterations that are equal by chance show no variance: then it is that of independent requests,
    as in `fusion_jupyter.analysis.statistics.bounds`.

    Args:
        shares: By seed, the contribution of its iterations.
        independent: Variance if requests are blocked independently; 0 if unknown.

    Returns:
        The error; NaN if unknown.
    """
    variance = float(settled(shares @ shares, 1)) or independent
    return math.sqrt(variance) if variance > 0 else math.nan


def load_at(curve: Curve, blocking: float, confidence: float = 0.95) -> LoadAtBlocking:
    """Return the load at which blocking reaches a target, with its confidence interval.

    Args:
        curve: The simulated curve.
        blocking: The target, between 0 and 1.
        confidence: Confidence level of the interval for the true load. It does not include the
            interpolation error: with Erlang's formula that is below 0.1 % of the load if
            neighbouring loads differ by a fifth, 0.3 % if by a third.

    Raises:
        NoCrossingError: Blocking does not reach the target between two loads, or nothing was
            blocked at the lower one.

    Example:
        >>> load_at(curve, 0.01)
        LoadAtBlocking(blocking=0.01, load=300.1, low=297.6, high=302.6, ...)
    """
    found = log_load_at(curve, blocking)
    return interval_of(found, blocking, confidence)


def interval_of(found: Estimate, blocking: float, confidence: float) -> LoadAtBlocking:
    """Turn an estimate of the logarithm of a load into the load and its interval."""
    load, half = math.exp(found.value), math.nan
    if found.freedom > 0:
        half = student_quantile(confidence, found.freedom) * found.error
    low, high = load * exponential(-half), load * exponential(half)
    return LoadAtBlocking(blocking, load, low, high, confidence, found.iterations)


def log_load_at(curve: Curve, blocking: float) -> Estimate:
    """Estimate the logarithm of the load at which blocking reaches a target; see `load_at`.

    The gradient has all loads of the curve.
    """
    arguments.check_number_between("blocking", blocking, 0, 1, ", such as 0.01 for 1 %")
    known = ~np.all(np.isnan(curve.blocking), axis=0)
    loads, values = curve.loads[known], curve.blocking[:, known]
    means = np.nanmean(values, axis=0) if len(loads) else np.empty(0)
    left = _bracket(loads, means, blocking)
    usable = means > 0
    positions, target = np.log(loads[usable]), math.log(blocking)
    left = int(np.sum(usable[:left]))
    found = estimate(values[:, usable], lambda logs: crossing(positions, logs, left, target))
    gradient = np.zeros(len(curve.loads))
    gradient[np.flatnonzero(known)[usable]] = found.gradient
    used = np.flatnonzero(gradient)
    variances = independent_variance(curve.means[used], curve.counts[used] * curve.requests)
    independent = float(gradient[used] ** 2 @ variances)
    return found._replace(gradient=gradient, independent=independent)


def _bracket(loads: NDArray[np.float64], means: NDArray[np.float64], blocking: float) -> int:
    """Index of the load below the first one whose blocking exceeds the target."""
    words = f"{100 * blocking:g} % blocking"
    above = np.flatnonzero(means > blocking)
    if not len(above):
        highest = f" up to {loads[-1]:g} Erlang" if len(loads) else ""
        raise NoCrossingError(f"{words} is not reached{highest}: simulate higher loads")
    right = int(above[0])
    if right == 0:
        raise NoCrossingError(
            f"{words} is exceeded already at {loads[0]:g} Erlang: simulate lower loads"
        )
    if means[right - 1] == 0:
        raise NoCrossingError(
            f"nothing was blocked at {loads[right - 1]:g} Erlang, the load below {words}: "
            f"simulate loads between {loads[right - 1]:g} and {loads[right]:g} Erlang"
        )
    return right - 1
