"""Confidence intervals of blocking probabilities, over iterations.

The iterations of a load are independent and identically distributed; the requests in one are not,
because a full link blocks several in a row. So every interval here is based only on the iterations.

Four cases, by the number of blocked requests (`bounds`):

Many
    Student's t: mean ± t · s / √n.
Few
    Student's t on the scale of square roots. The counts are skewed, so that mean ± t · s / √n would
    miss the truth far more often than its confidence level implies.
None
    The upper bound consistent with clusters of blocked requests.
All
    The same for carried requests, as a lower bound.

Their measured coverage is in ``docs/statistics_coverage.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fusion_jupyter.analysis.clusters import largest_size
from fusion_jupyter.config.schema.embedded import MIN_ITERATIONS
from fusion_jupyter.sim.precision import check_confidence, student_quantile

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

#: Cases of `Bounds.case`.
MANY, FEW, NOTHING, EVERYTHING, ONE, UNKNOWN = range(6)
#: Number of blocked clusters from which Student's t is used unmodified.
MANY_CLUSTERS = 30
#: Standard deviation over mean up to which values are equal, but for rounding.
ROUNDING = 1e-12
_WORDS = {
    FEW: "few blocked: interval on the scale of square roots",
    NOTHING: "nothing blocked: upper bound",
    EVERYTHING: "everything blocked: lower bound",
    ONE: "one iteration: no interval",
    UNKNOWN: "",
    MANY: "",
}


class Bounds(NamedTuple):
    """Confidence intervals, one per element.

    Attributes:
        low: Lower ends; NaN if there is no interval.
        high: Upper ends.
        case: `MANY`, `FEW`, `NOTHING`, `EVERYTHING`, `ONE` (no interval from one iteration) or
            `UNKNOWN` (the mean is NaN).
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    case: NDArray[np.int64]


class Interval(NamedTuple):
    """A mean and its confidence interval.

    Attributes:
        mean: Mean over the iterations.
        low: Lower end; NaN from one iteration.
        high: Upper end; NaN from one iteration.
        iterations: Number of iterations.
        note: Note about the interval in words; empty if there is none.
    """

    mean: float
    low: float
    high: float
    iterations: int
    note: str


def bounds(
    mean: ArrayLike,
    variance: ArrayLike,
    iterations: ArrayLike,
    *,
    requests: ArrayLike,
    load: ArrayLike,
    confidence: ArrayLike = 0.95,
    cluster: ArrayLike | None = None,
) -> Bounds:
    """Return the confidence intervals of many blocking probabilities at once.

    All arguments are arrays of the same length, or one number for all. With n iterations of N
    requests, mean m and sample variance s²:

    * B = m · n · N requests were blocked. They come in clusters of s² · N / m on average, weighted
      by size (the index of dispersion of a compound Poisson process; Cox and Isham, *Point
      Processes*, 1980). Few iterations tell little of it, so it is averaged with a guess c, with
      the weight of one such cluster: φ = (B · s²N/m + c · c) / (B + c); see
      `fusion_jupyter.analysis.clusters`.
    * K = B / φ is the number of clusters. From `MANY_CLUSTERS` on: m ± t · s / √n with Student's t
      for n - 1 degrees of freedom (Student, *Biometrika* 6, 1908, 1-25).
    * Below: from u · max(0, √K - t/2)² to u · (√(K + 1) + t/2)² with u = m / K. Roots of counts
      have a constant variance of 1/4 (Anscombe, *Biometrika* 35, 1948, 246-254); the 1 is for the
      cluster that might just have come (as in the exact interval for a Poisson mean; Garwood,
      *Biometrika* 28, 1936, 437-442). For many clusters this becomes m ± t · s / √n.
    * Equal numbers in all iterations (s² = 0 but for rounding, which two iterations can give by
      chance): with the variance m (1 - m) / N that independent requests would have.
    * Nothing blocked: from 0 to -ln(1 - confidence) · c / (n · N): with more, no cluster at all
      would have had a probability below 1 - confidence.
    * Everything blocked: from 1 minus this bound to 1, because nothing was carried.

    Args:
        mean: Mean blocking over the iterations.
        variance: Sample variance over the iterations; ignored if there is only one iteration.
        iterations: Number of iterations n.
        requests: Requests in an iteration, N. For bit-rate blocking, the offered bit rate over
            the largest one of a request; for a bandwidth class, the requests of that class.
            NaN if unknown: Student's t is used, and there is no interval if nothing was blocked
            or all iterations are equal.
        load: Offered load A in Erlang, of all classes together.
        confidence: Confidence level of the intervals. For a load stopped by
            `fusion_jupyter.sim.precision.PrecisionRule`, its `sequential_confidence`.
        cluster: Cluster size c, as estimated from other loads
            (`fusion_jupyter.analysis.clusters.sizes`); None for √A.

    Returns:
        The intervals, inside [0, 1].

    Raises:
        ValueError: `confidence` is not between 0 and 1, or requests or load are not positive.

    Example:
        >>> found = bounds([0.1, 0.0], [1e-6, 0.0], 10, requests=3000, load=20.0)
        >>> found.low.round(4), found.high.round(4)
        (array([0.0993, 0.    ]), array([0.1007, 0.0004]))
    """
    m, s2, n, size, erlang, level = np.broadcast_arrays(
        *(
            np.asarray(x, dtype=np.float64)
            for x in (mean, variance, iterations, requests, load, confidence)
        )
    )
    for wanted in np.unique(level).tolist():
        check_confidence(wanted)
    for name, values in (("requests", size), ("load", erlang)):
        if np.any(values <= 0):
            wrong = values[values <= 0].flat[0]
            raise ValueError(f"{name} is {wrong:g}; allowed: numbers above 0")
    # Equal by chance in all iterations, as two can be: as if requests were independent.
    s2 = settled(s2, m)
    s2 = np.where((s2 == 0) & (m > 0), m * (1 - m) / size, s2)
    t = _quantiles(level, n)
    guess = np.asarray(largest_size(erlang) if cluster is None else cluster, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        blocked = m * n * size
        clusters = blocked * (blocked + guess) / (s2 * n * size * size + guess * guess)
        unit = m / clusters
        case = np.select(
            [np.isnan(m), n < 2, m == 0, m == 1, np.isnan(size) | (clusters >= MANY_CLUSTERS)],
            [UNKNOWN, ONE, NOTHING, EVERYTHING, MANY],
            FEW,
        )
        half = t * np.sqrt(s2 / n)
        root_low = unit * np.maximum(0.0, np.sqrt(clusters) - t / 2) ** 2
        root_high = unit * (np.sqrt(clusters + 1) + t / 2) ** 2
        nothing = -np.log(1 - level) * guess / (n * size)
    cases = [case == each for each in (MANY, FEW, NOTHING, EVERYTHING)]
    low = np.select(cases, [m - half, root_low, 0.0, 1 - nothing], np.nan)
    high = np.select(cases, [m + half, root_high, nothing, 1.0], np.nan)
    return Bounds(np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0), case)


def settled(variance: ArrayLike, mean: ArrayLike) -> NDArray[np.float64]:
    """Return variances, 0 where they are nothing but rounding: at most (1e-12 · mean)².

    Equal numbers differ from their mean in its last bits.
    """
    array = np.asarray(variance, dtype=np.float64)
    rounding = (ROUNDING * np.asarray(mean, dtype=np.float64)) ** 2
    return np.where(array <= rounding, 0.0, array)


def independent_variance(mean: ArrayLike, requests: ArrayLike) -> NDArray[np.float64]:
    """Return the variance of the logarithm of a mean if requests are blocked independently.

    (1 - m) / (m · N), by the delta method (Katz, Baptista, Azen and Pike, *Biometrics* 34, 1978,
    469-474). Blocked requests come in clusters, so that the true variance is seldom below it.

    Args:
        mean: Mean blocking m, above 0.
        requests: Requests of all iterations together, N; infinity if unknown, which gives 0.
    """
    m, size = np.asarray(mean, dtype=np.float64), np.asarray(requests, dtype=np.float64)
    found: NDArray[np.float64] = (1 - m) / (m * size)
    return found


def exponential(exponent: float) -> float:
    """Return e to a power; infinity where that is too large, as few iterations can make it."""
    with np.errstate(over="ignore"):
        return float(np.exp(exponent))


def interval(
    values: ArrayLike, *, requests: float, load: float, confidence: float = 0.95
) -> Interval:
    """Return mean and confidence interval of one load's blocking.

    Args:
        values: Blocking of each iteration.
        requests: Requests in an iteration, see `bounds`.
        load: Offered load in Erlang.
        confidence: See `bounds`.

    Raises:
        ValueError: There are no values, or an argument is out of range.

    Example:
        >>> interval([0.11, 0.1, 0.09, 0.1, 0.1], requests=3000, load=20.0)
        Interval(mean=0.1, low=0.0912..., high=0.1087..., iterations=5, note='')
    """
    array = np.asarray(values, dtype=np.float64)
    n = array.size
    if not n:
        raise ValueError("there are no values; an interval needs at least two iterations")
    variance = float(array.var(ddof=1)) if n > 1 else 0.0
    mean = float(array.mean())
    found = bounds(mean, variance, n, requests=requests, load=load, confidence=confidence)
    note = notes(found.case, np.array(n))
    return Interval(mean, float(found.low), float(found.high), n, str(note))


def notes(case: NDArray[np.int64], iterations: ArrayLike) -> Any:
    """Return a note about each interval, in words.

    Args:
        case: From `bounds`.
        iterations: Number of iterations of each.

    Returns:
        An array of texts, empty if there is no note.
    """
    counts = np.broadcast_to(np.asarray(iterations, dtype=np.int64), case.shape)
    texts = np.empty(case.shape, dtype=object)
    for index, kind in np.ndenumerate(case):
        words = [_WORDS[int(kind)]]
        if kind in (MANY, FEW) and counts[index] < MIN_ITERATIONS:
            words.append(f"fewer than five iterations ({counts[index]}): a rough interval")
        texts[index] = "; ".join(filter(None, words))
    return texts if case.shape else texts[()]


def _quantiles(
    confidence: NDArray[np.float64], iterations: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Student's t for each confidence and number of iterations; NaN below two."""
    pairs, inverse = np.unique(
        np.stack([confidence.ravel(), iterations.ravel()]), axis=1, return_inverse=True
    )
    found = [student_quantile(c, n - 1) if n >= 2 else np.nan for c, n in pairs.T.tolist()]
    return np.array(found, dtype=np.float64)[inverse.ravel()].reshape(iterations.shape)
