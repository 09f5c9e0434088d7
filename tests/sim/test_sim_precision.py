"""Student's t from the standard library alone, and the rule that stops a load."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest

from fusion_jupyter.sim.precision import (
    PrecisionRule,
    next_look,
    sequential_confidence,
    student_quantile,
    student_tail,
)

#: Student's t by degrees of freedom and two-sided confidence, from printed tables (for instance
#: Abramowitz and Stegun, table 26.10).
TABLE = {
    (1, 0.90): 6.314, (1, 0.95): 12.706, (1, 0.99): 63.657,
    (2, 0.90): 2.920, (2, 0.95): 4.303, (2, 0.99): 9.925,
    (4, 0.90): 2.132, (4, 0.95): 2.776, (4, 0.99): 4.604,
    (9, 0.90): 1.833, (9, 0.95): 2.262, (9, 0.99): 3.250,
    (29, 0.90): 1.699, (29, 0.95): 2.045, (29, 0.99): 2.756,
    (60, 0.90): 1.671, (60, 0.95): 2.000, (60, 0.99): 2.660,
    (120, 0.90): 1.658, (120, 0.95): 1.980, (120, 0.99): 2.617,
}  # fmt: skip
CONFIDENCES = (0.01, 0.5, 0.9, 0.95, 0.97, 0.99, 0.9999)


@pytest.mark.parametrize(("key", "expected"), TABLE.items())
def test_quantiles_are_those_of_the_printed_tables(key: tuple[int, float], expected: float) -> None:
    freedom, confidence = key
    assert student_quantile(confidence, freedom) == pytest.approx(expected, abs=5e-4)


@pytest.mark.parametrize("confidence", CONFIDENCES)
def test_quantiles_are_exact_where_a_closed_form_exists(confidence: float) -> None:
    """One degree of freedom is the Cauchy distribution, infinitely many are the normal one."""
    p = (1 + confidence) / 2
    cauchy = math.tan(math.pi * (p - 0.5))
    two = (2 * p - 1) / math.sqrt(2 * p * (1 - p))
    cosine = math.sqrt(4 * p * (1 - p))
    four = 2 * math.sqrt(math.cos(math.acos(cosine) / 3) / cosine - 1)
    normal = NormalDist().inv_cdf(p)
    for freedom, exact in ((1, cauchy), (2, two), (4, four), (math.inf, normal)):
        assert student_quantile(confidence, freedom) == pytest.approx(exact, rel=1e-9)
    # Cornish and Fisher's expansion (Abramowitz and Stegun, 26.7.5), exact to 1e-15 here.
    near = normal + (normal**3 + normal) / 4e6
    assert student_quantile(confidence, 1e6) == pytest.approx(near, rel=1e-8)


@pytest.mark.parametrize("freedom", [1.5, 3, 7.7, 25, 300])
@pytest.mark.parametrize("t", [0.01, 0.7, 2.0, 5.0])
def test_the_tail_is_the_integral_of_the_density(freedom: float, t: float) -> None:
    x, weights = np.polynomial.legendre.leggauss(400)
    x, weights = t / 2 * (x + 1), t / 2 * weights
    scale = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)
    density = (1 + x * x / freedom) ** (-(freedom + 1) / 2)
    inside = 2 * math.exp(scale) / math.sqrt(freedom * math.pi) * float(weights @ density)
    assert student_tail(t, freedom) == pytest.approx(1 - inside, rel=1e-9)
    assert student_tail(-t, freedom) == student_tail(t, freedom)


@pytest.mark.parametrize("freedom", [1, 2.5, 9, 1000])
def test_quantile_and_tail_are_inverse_far_out(freedom: float) -> None:
    for tail in (0.9, 0.1, 1e-4, 1e-8):
        assert student_tail(student_quantile(1 - tail, freedom), freedom) == pytest.approx(
            tail, rel=1e-7
        )
    assert student_tail(0, freedom) == 1
    assert student_tail(math.inf, freedom) == 0


@pytest.mark.parametrize("confidence", [0, 1, 95, -0.1])
def test_a_confidence_that_is_no_probability_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match=f"confidence is {confidence}; allowed: a number between"):
        student_quantile(confidence, 9)


def test_degrees_of_freedom_are_above_0() -> None:
    with pytest.raises(ValueError, match="degrees of freedom are 0; allowed: a number above 0"):
        student_quantile(0.95, 0)


def test_the_rule_looks_a_quarter_later_each_time_and_never_below_five_iterations() -> None:
    looks = [next_look(0)]
    while looks[-1] < 100:
        looks.append(next_look(looks[-1]))
    assert looks == [5, 7, 9, 12, 15, 19, 24, 30, 38, 48, 60, 75, 94, 118]
    assert next_look(37) == 38


def test_a_load_stops_only_at_a_check_and_with_an_interval_as_narrow_as_requested() -> None:
    rule = PrecisionRule(0.05, requests=100_000)
    generator = np.random.default_rng(5)
    stops = []
    for _ in range(60):
        rule.add(float(generator.normal(0.1, 0.012)))
        if rule.reached:
            stops.append(rule.iterations)
            assert rule.half_width <= 0.05 * rule.mean
    assert stops
    assert set(stops) <= {5, 7, 9, 12, 15, 19, 24, 30, 38, 48, 60}
    assert min(stops) > 15  # 1.96² · (0.12 / 0.05)² = 22 on average


def test_the_rule_is_not_misled_by_iterations_that_block_equally_few() -> None:
    rule = PrecisionRule(0.05, requests=3000)
    for _ in range(60):
        rule.add(1 / 3000)
        assert not rule.reached
    assert rule.relative > 0.2


def test_the_rule_never_stops_while_nothing_is_blocked_and_stops_where_all_is() -> None:
    nothing, all_blocked = PrecisionRule(0.1, requests=100), PrecisionRule(0.1, requests=100)
    for _ in range(5):
        nothing.add(0.0)
        all_blocked.add(1.0)
    assert not nothing.reached
    assert math.isinf(nothing.relative)
    assert all_blocked.reached


@pytest.mark.parametrize("target", [0, -0.1, 0.6, math.nan])
def test_a_precision_that_is_no_share_is_refused(target: float) -> None:
    with pytest.raises(ValueError, match="allowed: a number above 0, up to 0.5"):
        PrecisionRule(target, requests=1000)


@pytest.mark.parametrize("deviation", [0.1, 0.25])
@pytest.mark.parametrize("after", [5, 12, 40])
def test_intervals_at_the_stop_hold_what_they_promise(deviation: float, after: int) -> None:
    """Gamma distributed values around 0.01; the target is such that `after` iterations are due."""
    generator = np.random.default_rng(after)
    target = min(0.5, 1.96 * deviation / math.sqrt(after))
    shape, repetitions, hits = deviation**-2, 1500, 0
    for _ in range(repetitions):
        rule = PrecisionRule(target, requests=10**9)
        for value in generator.gamma(shape, 0.01 / shape, 8 * after).tolist():
            rule.add(value)
            if rule.reached:
                break
        assert rule.reached
        hits += abs(rule.mean - 0.01) <= rule.half_width
    # Four standard errors of a share of 0.95 over 1,500 repetitions are 0.022.
    assert 0.928 < hits / repetitions < 0.99
    assert sequential_confidence(0.95) == pytest.approx(0.97)
