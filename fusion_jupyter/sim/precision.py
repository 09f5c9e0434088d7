"""Student's t, and a stopping rule for loads whose intervals keep their coverage.

Uses only the standard library, so that the simulator starts fast and does not need scipy. The rest
of the package uses these quantiles too.
"""

from __future__ import annotations

import math
from functools import lru_cache

from fusion_jupyter.config.schema.embedded import MIN_ITERATIONS

#: Ratio of successive numbers of iterations at which the stopping rule checks.
LOOK_RATIO = 1.25
#: Degrees of freedom above which Student's t is taken as normal.
_MANY = 1e7
#: Share of the error probability that the stopping rule uses for each check; see `PrecisionRule`.
LOOK_SHARE = 0.6


def student_tail(t: float, freedom: float) -> float:
    """Return P(|T| > t) for Student's t, as a two-sided test needs it.

    By the incomplete beta function, P(|T| > t) = I_x(f / 2, 1 / 2) with x = f / (f + t²)
    (Abramowitz and Stegun, *Handbook of Mathematical Functions*, 1964, 26.7.1 and 26.5.27).

    Args:
        t: The statistic.
        freedom: Degrees of freedom f > 0, also fractions of one; infinity gives the normal
            distribution.

    Example:
        >>> round(student_tail(2.776, 4), 4)
        0.05
    """
    _check_freedom(freedom)
    if math.isinf(freedom):
        return math.erfc(abs(t) / math.sqrt(2))
    if math.isinf(t):
        return 0.0
    x = freedom / (freedom + t * t)
    # If x is close to 1, 1 - x loses its digits, so both are computed from t.
    return _incomplete_beta(freedom / 2, 0.5, x, t * t / (freedom + t * t))


@lru_cache(maxsize=4096)
def student_quantile(confidence: float, freedom: float) -> float:
    """Return the t for which P(|T| <= t) = confidence: half widths are t · s / √n.

    Newton's method on `student_tail`, kept inside a bracket. Compared with tables and scipy, the
    relative error is below 1e-8 from 1 to a million degrees of freedom; above ten million the
    quantile is that of the normal distribution.

    Args:
        confidence: Two-sided confidence, between 0 and 1.
        freedom: Degrees of freedom > 0; infinity gives the normal distribution.

    Raises:
        ValueError: An argument is out of range.

    Example:
        >>> round(student_quantile(0.95, 4), 3)
        2.776
    """
    check_confidence(confidence)
    _check_freedom(freedom)
    if freedom > _MANY:
        # The normal distribution is as accurate, and the beta function loses its digits.
        freedom = math.inf
    tail = 1 - confidence
    low, high = 0.0, 1.0
    while student_tail(high, freedom) > tail:
        low, high = high, 2 * high
    t = high
    for _ in range(200):
        t, before = t + (student_tail(t, freedom) - tail) / (2 * _density(t, freedom)), t
        if not low < t < high:
            t = (low + high) / 2
        if student_tail(t, freedom) > tail:
            low = t
        else:
            high = t
        if abs(t - before) <= 1e-14 * t:
            break
    return t


def check_confidence(confidence: float) -> None:
    """Check that a confidence is between 0 and 1.

    Raises:
        ValueError: It is not.
    """
    if not isinstance(confidence, (int, float)) or not 0 < confidence < 1:
        text = f"{confidence:g}" if isinstance(confidence, float) else repr(confidence)
        raise ValueError(f"confidence is {text}; allowed: a number between 0 and 1")


def next_look(iterations: int) -> int:
    """Return the first number of iterations above a given one at which the rule checks.

    The checks are at 5, 7, 9, 12, 15, 19, 24, ...: each about a quarter later than the one before.

    Example:
        >>> next_look(0), next_look(5), next_look(20)
        (5, 7, 24)
    """
    look = MIN_ITERATIONS
    while look <= iterations:
        look = math.ceil(look * LOOK_RATIO)
    return look


def sequential_confidence(confidence: float) -> float:
    """Return the confidence at which the interval of each check is computed.

    With it, the interval of a load stopped by `PrecisionRule` has the requested confidence.

    Example:
        >>> sequential_confidence(0.95)
        0.97
    """
    check_confidence(confidence)
    return 1 - LOOK_SHARE * (1 - confidence)


def relative_half_width(
    mean: float, variance: float, iterations: int, requests: int, confidence: float = 0.95
) -> float:
    """Return what `PrecisionRule` compares with its target after so many iterations.

    Args:
        mean: Mean blocking.
        variance: Sample variance of the iterations' blocking.
        iterations: Number of iterations.
        requests: Requests in each.
        confidence: Confidence of the interval at the stop.

    Returns:
        Half width over mean; infinity while nothing was blocked, NaN below two iterations.

    Example:
        >>> round(relative_half_width(0.1, 0.0001, 10, 20_000), 3)
        0.081
    """
    if iterations < 2:
        return math.nan
    if not mean > 0:
        return math.inf
    variance = max(variance, mean * (1 - mean) / requests)
    quantile = student_quantile(sequential_confidence(confidence), iterations - 1)
    return quantile * math.sqrt(variance / iterations) / mean


class PrecisionRule:
    """Stops a load once the interval's half width is a given share of the mean.

    A rule that checks after every iteration stops too early, when the deviation happens to be
    small, and its interval then covers less than claimed (Law and Kelton, *Management Science* 28,
    1982, 550-562). This rule checks only at a few numbers of iterations (`next_look`), and each
    check uses a larger quantile of Student's t: the error probability is multiplied by
    `LOOK_SHARE`. The share was found by simulation: over normal and skewed values (coefficients of
    variation from 0.1 to 1) and targets that are reached after 3 to 200 iterations, the intervals
    at the stop covered 93 to 97 % instead of 95 %; ``docs/statistics_coverage.md`` shows it for
    blocking. The cost is about a fifth more iterations than a fixed number would need.

    Iterations that happen to block the same number of requests show no variance. So the variance is
    taken as at least that of independent requests, mean · (1 - mean) / requests: a load with few
    blocked requests continues.

    Args:
        target: Half width over mean at which to stop; 0.05 means ± 5 %.
        requests: Requests in an iteration.
        confidence: Confidence of the interval at the stop.

    Attributes:
        iterations: Values so far.
        mean: Their mean; 0 without any.

    Raises:
        ValueError: An argument is out of range.

    Example:
        >>> rule = PrecisionRule(0.05, requests=20_000)
        >>> for value in (0.101, 0.099, 0.1, 0.102, 0.098):
        ...     rule.add(value)
        >>> rule.reached
        True
    """

    def __init__(self, target: float, requests: int, confidence: float = 0.95) -> None:
        if not 0 < target <= 0.5:
            raise ValueError(f"precision is {target!r}; allowed: a number above 0, up to 0.5")
        if requests < 1:
            raise ValueError(f"requests is {requests!r}; allowed: a number of 1 or more")
        self.target = target
        self.requests = requests
        self.confidence = confidence
        self.iterations = 0
        self.mean = 0.0
        self._squares = 0.0
        check_confidence(confidence)

    def add(self, value: float) -> None:
        """Add an iteration's blocking."""
        # Welford's update (Technometrics 4, 1962, 419-420): accurate if the values hardly differ.
        self.iterations += 1
        change = value - self.mean
        self.mean += change / self.iterations
        self._squares += change * (value - self.mean)

    @property
    def half_width(self) -> float:
        """Half width of the interval at this check; NaN for fewer than two values."""
        if self.iterations < 2:
            return math.nan
        return self.relative * self.mean if self.mean > 0 else 0.0

    @property
    def relative(self) -> float:
        """Half width over mean; infinity while nothing was blocked, NaN below two values."""
        n = self.iterations
        variance = self._squares / (n - 1) if n > 1 else math.nan
        return relative_half_width(self.mean, variance, n, self.requests, self.confidence)

    @property
    def reached(self) -> bool:
        """Whether the load may stop now: always False between two checks."""
        n = self.iterations
        return n >= MIN_ITERATIONS and n == next_look(n - 1) and self.relative <= self.target


def _check_freedom(freedom: float) -> None:
    if not freedom > 0:
        raise ValueError(f"degrees of freedom are {freedom!r}; allowed: a number above 0")


def _density(t: float, freedom: float) -> float:
    """Student's density (Abramowitz and Stegun, 26.7.2)."""
    if math.isinf(freedom):
        return math.exp(-t * t / 2) / math.sqrt(2 * math.pi)
    scale = _log_beta(freedom / 2, 0.5) + math.log(freedom) / 2
    return math.exp(-scale - (freedom + 1) / 2 * math.log1p(t * t / freedom))


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _incomplete_beta(a: float, b: float, x: float, rest: float) -> float:
    """I_x(a, b), given x and 1 - x, by the continued fraction on the side where it is fast.

    NIST Digital Library of Mathematical Functions, 8.17.22, evaluated by Lentz's method.
    """
    if x <= 0 or rest <= 0:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(b, a, rest, x)
    tiny = 1e-300
    front = math.exp(a * math.log(x) + b * math.log(rest) - _log_beta(a, b)) / a
    numerator, denominator = 1.0, 1 - (a + b) * x / (a + 1)
    denominator = 1 / (denominator or tiny)
    result = denominator
    for m in range(1, 1000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        change = 1.0
        for term in (even, odd):
            denominator = 1 / ((1 + term * denominator) or tiny)
            numerator = (1 + term / numerator) or tiny
            change = numerator * denominator
            result *= change
        if abs(change - 1) < 1e-16:
            break
    return front * result
