"""The gain in carried load of one configuration over another at the same blocking."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fusion_jupyter.analysis.capacity import Curve, Estimate, error_of, log_load_at
from fusion_jupyter.analysis.statistics import exponential, independent_variance
from fusion_jupyter.analysis.wording import percentage, with_interval
from fusion_jupyter.sim.precision import student_quantile


@dataclass(frozen=True)
class Gain:
    """The gain in carried load at a target blocking; ``str()`` gives a sentence.

    At the same blocking, offered and carried loads have the same ratio, so the gain applies to
    both.

    Attributes:
        run: Label of the configuration.
        baseline: Label of the configuration it is compared with.
        blocking: The target.
        percent: The gain in %; negative: a loss.
        low: Lower end of the gain's interval, in %.
        high: Upper end.
        load: Offered load of the configuration at the target, in Erlang.
        baseline_load: Offered load of the baseline at the target.
        confidence: Confidence level of the interval.
        paired: Whether iterations with equal seeds were compared.
        iterations: The least number of iterations at a load that matters.
    """

    run: str
    baseline: str
    blocking: float
    percent: float
    low: float
    high: float
    load: float
    baseline_load: float
    confidence: float
    paired: bool
    iterations: int

    @property
    def half_width(self) -> float:
        """Half width of the interval, in % of the baseline's load."""
        return (self.high - self.low) / 2

    @property
    def certain(self) -> bool:
        """Whether the interval excludes 0, so that the sign of the gain is certain."""
        return self.low > 0 or self.high < 0

    def __str__(self) -> str:
        if math.isnan(self.half_width):
            why = (
                "from one iteration" if self.iterations < 2 else "all iterations equal: no interval"
            )
            size = f"{abs(self.percent):.1f} % ({why})"
        else:
            ends = (self.low, self.high) if self.percent >= 0 else (-self.high, -self.low)
            size = f"{with_interval(abs(self.percent), *ends)} %"
        direction = "less" if self.percent < 0 else "more"
        digits = _places(self.load, self.baseline_load)
        text = (
            f"{self.run} carries {size} {direction} at {percentage(self.blocking)} blocking "
            f"({self.load:.{digits}f} against {self.baseline_load:.{digits}f} Erlang)"
        )
        return text if self.certain else f"{text}: no certain difference"


def gain_at(
    first: Curve,
    second: Curve,
    blocking: float,
    *,
    labels: tuple[str, str],
    confidence: float = 0.95,
) -> Gain:
    """Compare the loads at which two configurations reach a target blocking.

    The gain is A₁ / A₂ - 1 with the loads of `fusion_jupyter.analysis.capacity.load_at`; its
    interval is that of ln A₁ - ln A₂ with Student's t. If the iterations have the same seeds, each
    seed's contributions to both loads are subtracted before they are squared (pairs); else the
    variances are added and the degrees of freedom are Welch's.

    Iterations that are equal by chance, or all differ by the same factor, show no variance: then it
    is that of independent requests (`fusion_jupyter.analysis.capacity.error_of`). Of pairs, as many
    requests as possible are the same. Nothing is known of the error if this gives no variance
    either, as for a configuration compared with itself.

    Args:
        first: The configuration's simulated curve.
        second: The baseline's simulated curve.
        blocking: The target, between 0 and 1.
        labels: Names of both.
        confidence: Confidence level of the interval.

    Raises:
        NoCrossingError: One of them does not reach the target between two loads.
    """
    ours, theirs = log_load_at(first, blocking), log_load_at(second, blocking)
    paired = _same_seeds(first, second)
    if paired:
        error, freedom = _paired_error(first, second, ours, theirs)
    else:
        error, freedom = _unpaired_error(ours, theirs)
    log_ratio = ours.value - theirs.value
    half = student_quantile(confidence, freedom) * error if freedom > 0 else math.nan
    return Gain(
        *labels,
        blocking=blocking,
        percent=100 * math.expm1(log_ratio),
        low=100 * math.expm1(log_ratio - half),
        high=100 * (exponential(log_ratio + half) - 1),
        load=math.exp(ours.value),
        baseline_load=math.exp(theirs.value),
        confidence=confidence,
        paired=paired,
        iterations=min(ours.iterations, theirs.iterations),
    )


def _same_seeds(first: Curve, second: Curve) -> bool:
    """Whether the seeds of one are a subset of the other's."""
    common = np.intersect1d(first.seeds, second.seeds)
    return len(common) >= 2 and len(common) == min(len(first.seeds), len(second.seeds))


def _paired_error(
    first: Curve, second: Curve, ours: Estimate, theirs: Estimate
) -> tuple[float, float]:
    if min(ours.iterations, theirs.iterations) < 2:
        return math.nan, math.nan
    seeds = np.union1d(first.seeds, second.seeds)
    shares = np.zeros(len(seeds))
    shares[np.searchsorted(seeds, first.seeds)] += ours.shares
    shares[np.searchsorted(seeds, second.seeds)] -= theirs.shares
    common = _common_variance(first, second, ours, theirs)
    independent = ours.independent + theirs.independent - common
    return error_of(shares, independent), min(ours.freedom, theirs.freedom)


def _common_variance(first: Curve, second: Curve, ours: Estimate, theirs: Estimate) -> float:
    """The most by which requests that both block lessen the variance of ln A₁ - ln A₂.

    At a load with the means a > b, ln a and ln b have at most the variance of ln a in common: the
    second blocks only requests that the first blocks too.
    """
    _, mine, others = np.intersect1d(first.loads, second.loads, return_indices=True)
    together = ours.gradient[mine] * theirs.gradient[others]
    used = together > 0
    mine, others = mine[used], others[used]
    larger = np.maximum(first.means[mine], second.means[others])
    size = np.maximum(first.counts[mine], second.counts[others]) * first.requests
    return 2 * float(together[used] @ independent_variance(larger, size))


def _unpaired_error(ours: Estimate, theirs: Estimate) -> tuple[float, float]:
    first, second = ours.error**2, theirs.error**2
    total = first + second
    if math.isnan(total):
        return math.nan, math.nan
    parts = first**2 / ours.freedom + second**2 / theirs.freedom
    return math.sqrt(total), total**2 / parts


def _places(*loads: float) -> int:
    """Number of decimals that shows at least three digits of the loads."""
    return max(0, 2 - math.floor(math.log10(min(loads))))
