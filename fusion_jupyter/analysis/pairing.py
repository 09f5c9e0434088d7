"""Compare the blocking of two configurations at one load.

Iteration i draws the same traffic in every configuration (its seed is i + 1), so most of the
variation between iterations is common to both and cancels in their difference: common random
numbers (Law, *Simulation Modeling and Analysis*, 5th edition 2015, section 11.2).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusion_jupyter.analysis.statistics import bounds, exponential, independent_variance, settled
from fusion_jupyter.sim.precision import student_quantile, student_tail


class Difference(NamedTuple):
    """The difference in blocking between two configurations at one load.

    Attributes:
        paired: Whether it was computed from pairs of iterations with equal seeds.
        iterations: Pairs; unpaired, the smaller number of iterations.
        first: Mean of the first, over the iterations used.
        second: Mean of the second.
        difference: first - second.
        error: Standard error of the difference; NaN if unknown, 0 if nothing told the two apart:
            all pairs are equal, or nothing or everything was blocked.
        freedom: Degrees of freedom of the error.
        log_error: Standard error of the logarithm of first / second; NaN if one is 0 or it is
            unknown.
        unpaired_error: Standard error for the same iterations without pairing.
        unpaired_freedom: Its degrees of freedom.
        p_value: Two-sided; NaN if nothing was blocked in either or the error is unknown.
        requests: Requests per iteration; NaN if unknown.
        load: Offered load in Erlang; NaN if unknown.
    """

    paired: bool
    iterations: int
    first: float
    second: float
    difference: float
    error: float
    freedom: float
    log_error: float
    unpaired_error: float
    unpaired_freedom: float
    p_value: float
    requests: float
    load: float

    def half_width(self, confidence: float) -> float:
        """Half width of the difference's confidence interval; NaN if unknown.

        If nothing told the two apart, it is the bound of `statistics.bounds` for nothing blocked:
        the difference is at most the probability that a request is blocked in one of the two only,
        and no request was. So the interval of a run compared with itself does not say that the
        difference is 0, but how large a difference could have gone unnoticed.
        """
        if self.error == 0:
            n, known = self.iterations, {"requests": self.requests, "load": self.load}
            return float(bounds(0.0, 0.0, n, **known, confidence=confidence).high)
        return _quantile(confidence, self.freedom) * self.error

    def unpaired_half_width(self, confidence: float) -> float:
        """Half width of the difference's interval without pairing."""
        return _quantile(confidence, self.unpaired_freedom) * self.unpaired_error

    def ratio(self, confidence: float) -> tuple[float, float, float]:
        """Return first / second and the ends of its interval; NaN if one of them is 0.

        A ratio of 0 would claim that the first blocks nothing at all, where it only blocked nothing
        in these iterations; what is known then is the difference and its interval.

        By the delta method on the logarithm: ln a - ln b has the variance of
        (a_i / a - b_i / b) / √n (for means of ratios see Cochran, *Sampling Techniques*, 3rd
        edition 1977, chapter 6). If nothing told the two apart, one of them may be larger by the
        half width of the difference.
        """
        if not (self.first > 0 and self.second > 0):
            return math.nan, math.nan, math.nan
        ratio = self.first / self.second
        if self.error == 0:
            factor = 1 + self.half_width(confidence) / self.second
        else:
            factor = exponential(_quantile(confidence, self.freedom) * self.log_error)
        return ratio, ratio / factor, ratio * factor


def difference(
    first: Mapping[int, float],
    second: Mapping[int, float],
    requests: float = math.inf,
    load: float = math.nan,
) -> Difference:
    """Compare two configurations at one load.

    Pairs are used if the iterations of one are a subset of the other's: equal numbers of
    iterations, or one that stopped earlier, in which case the other's further iterations are
    ignored. Paired intervals are valid for any common seeds; if the traffic differs they are just
    not narrower. Paired: Student's t for the differences. Else: Welch's test (*Biometrika* 34,
    1947, 28-35).

    Iterations that happen to differ by the same number of requests, or by the same factor, show no
    variance. So no variance is taken below that of independent requests. In n pairs of N requests
    at least n · N · |d| are blocked in one of the two only, for a difference d of the means a and
    b. This gives d a variance of at least |d| / (n · N) (McNemar, *Psychometrika* 12, 1947,
    153-157), and ln(a / b) one of |d| / (a · b · n · N) (Bonett and Price, *Statistics in Medicine*
    25, 2006, 3039-3047). Unpaired requests have nothing in common: a · (1 - a) / (n · N) and
    (1 - a) / (a · n · N), and the same of b, added. If the number of requests is unknown, an error
    without variance is unknown too, except for equal pairs.

    Args:
        first: Blocking by seed, of the configuration.
        second: Blocking by seed, of the one it is compared with.
        requests: Requests per iteration; infinity if unknown.
        load: Offered load in Erlang, which tells the size of clusters; NaN if unknown.
    """
    seeds = sorted(first.keys() & second.keys())
    paired = len(seeds) >= 2 and len(seeds) == min(len(first), len(second))
    a = np.array([first[s] for s in seeds] if paired else list(first.values()), dtype=np.float64)
    b = np.array([second[s] for s in seeds] if paired else list(second.values()), dtype=np.float64)
    n = min(len(a), len(b))
    if not n:
        raise ValueError("there are no iterations to compare")
    mean_a, mean_b = float(a.mean()), float(b.mean())
    d = mean_a - mean_b
    both = mean_a > 0 and mean_b > 0
    spread, freedom = _welch(a, b)
    logs = _welch(a / mean_a, b / mean_b)[0] if both else math.nan
    least, least_logs = _independent(mean_a, mean_b, len(a), len(b), requests)
    unpaired_error, unpaired_freedom = _error(spread, least, d), freedom
    if paired:
        spread, freedom = _variance(a - b, max(mean_a, mean_b)) / n, n - 1.0
        logs = _variance(a / mean_a - b / mean_b, 1) / n if both else math.nan
        least = abs(d) / (n * requests)
        least_logs = least / (mean_a * mean_b) if both else math.nan
    error = _error(spread, least, d)
    p_value = _p_value(d, error, freedom) if mean_a or mean_b else math.nan
    return Difference(
        paired=paired,
        iterations=n,
        first=mean_a,
        second=mean_b,
        difference=d,
        error=error,
        freedom=freedom,
        log_error=_error(logs, least_logs, d),
        unpaired_error=unpaired_error,
        unpaired_freedom=unpaired_freedom,
        p_value=p_value,
        requests=requests if math.isfinite(requests) else math.nan,
        load=load if load > 0 else math.nan,
    )


def _independent(
    first: float, second: float, count: int, other: int, requests: float
) -> tuple[float, float]:
    """Variances of first - second and of ln(first / second) if all requests are independent."""
    size, other_size = count * requests, other * requests
    variance = first * (1 - first) / size + second * (1 - second) / other_size
    if not (first > 0 and second > 0):
        return variance, math.nan
    return variance, float(independent_variance([first, second], [size, other_size]).sum())


def _error(variance: float, least: float, difference: float) -> float:
    """Standard error from a variance that is not below the least one; NaN if unknown."""
    variance = max(variance, least)
    return math.nan if variance == 0 and difference else math.sqrt(variance)


def _variance(values: NDArray[np.float64], scale: float) -> float:
    """Sample variance of values that were computed from numbers of this size."""
    return float(settled(values.var(ddof=1), scale)) if len(values) > 1 else math.nan


def _welch(a: NDArray[np.float64], b: NDArray[np.float64]) -> tuple[float, float]:
    """Variance of mean(a) - mean(b), and its degrees of freedom."""
    if min(len(a), len(b)) < 2:
        return math.nan, math.nan
    share_a, share_b = (_variance(each, float(each.mean())) / len(each) for each in (a, b))
    total = share_a + share_b
    if total == 0:
        return 0.0, float(len(a) + len(b) - 2)
    freedom = total**2 / (share_a**2 / (len(a) - 1) + share_b**2 / (len(b) - 1))
    return total, freedom


def _quantile(confidence: float, freedom: float) -> float:
    return student_quantile(confidence, freedom) if freedom > 0 else math.nan


def _p_value(value: float, error: float, freedom: float) -> float:
    if math.isnan(error):
        return math.nan
    if error == 0:
        return 1.0
    return student_tail(value / error, freedom)
