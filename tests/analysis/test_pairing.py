"""Differences at one load: arithmetic, Holm's correction, and how often they are false."""

from __future__ import annotations

import math

import numpy as np
import pytest
from loss_system import blocked_calls

from fusion_jupyter.analysis.holm import holm
from fusion_jupyter.analysis.pairing import difference


def by_seed(*values: float, first: int = 1) -> dict[int, float]:
    return dict(enumerate(values, first))


def test_pairs_are_compared_by_student_t_of_their_differences() -> None:
    """Sleep gained with one of two drugs by ten patients: the example that introduced the test
    (Student, Biometrika 6, 1908): t = 4.06, p = 0.0028.
    """
    first = by_seed(1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4)
    second = by_seed(0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0)
    found = difference(first, second)
    assert found.paired
    assert found.difference == pytest.approx(1.58)
    assert found.difference / found.error == pytest.approx(4.0621, abs=1e-4)
    assert found.p_value == pytest.approx(0.002833, abs=1e-6)
    # The same without pairs: t = 1.861 with 17.78 degrees of freedom, p = 0.0794.
    assert found.difference / found.unpaired_error == pytest.approx(1.8608, abs=1e-4)
    assert found.unpaired_freedom == pytest.approx(17.776, abs=1e-3)
    assert found.half_width(0.95) == pytest.approx(2.262157 * 1.58 / 4.0621, rel=1e-4)


def test_other_seeds_are_no_pairs() -> None:
    first = by_seed(1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4)
    second = by_seed(0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0, first=101)
    found = difference(first, second)
    assert not found.paired
    assert found.p_value == pytest.approx(0.07939, abs=1e-5)
    assert found.error == found.unpaired_error


def test_a_run_that_stopped_earlier_is_paired_with_as_many_iterations() -> None:
    first = by_seed(0.10, 0.12, 0.11)
    second = by_seed(0.20, 0.22, 0.21, 0.90, 0.95)
    found = difference(first, second)
    assert (found.paired, found.iterations) == (True, 3)
    assert found.difference == pytest.approx(-0.1)


def test_seeds_of_which_only_some_are_common_are_no_pairs() -> None:
    found = difference(by_seed(0.1, 0.2, 0.3), by_seed(0.1, 0.2, 0.3, first=3))
    assert not found.paired


def test_the_ratio_has_an_interval_of_its_own() -> None:
    generator = np.random.default_rng(1)
    traffic = generator.gamma(20, 0.05, 4000)
    hits = 0
    for group in traffic.reshape(400, 10):
        first = by_seed(*(0.02 * group * generator.gamma(400, 1 / 400, 10)))
        second = by_seed(*(0.01 * group))
        ratio, low, high = difference(first, second).ratio(0.95)
        assert low < ratio < high
        hits += low <= 2 <= high
    assert 0.92 < hits / 400 < 0.98


def test_a_ratio_is_unknown_if_either_blocked_nothing() -> None:
    some, nothing = by_seed(0.1, 0.2), by_seed(0.0, 0.0)
    for first, second in ((some, nothing), (nothing, some), (nothing, nothing)):
        assert all(map(math.isnan, difference(first, second, requests=100).ratio(0.95)))


def test_equal_in_every_iteration_is_no_difference() -> None:
    found = difference(by_seed(0.1, 0.2, 0.3), by_seed(0.1, 0.2, 0.3))
    assert (found.difference, found.error, found.p_value) == (0, 0, 1)


def test_pairs_that_are_all_equal_bound_what_went_unnoticed() -> None:
    values = by_seed(1 / 1000, 0, 0)
    found = difference(values, values, requests=1000, load=100.0)
    bound = 2.995732 * 10 / 3000  # -ln 0.05 clusters of √100 requests, in 3 · 1000
    assert found.half_width(0.95) == pytest.approx(bound)
    ratio, low, high = found.ratio(0.95)
    assert (ratio, low * high) == pytest.approx((1, 1))
    assert high == pytest.approx(1 + 3000 * bound)
    assert found.p_value == 1
    unknown = difference(values, values)
    assert math.isnan(unknown.half_width(0.95))
    assert all(map(math.isnan, unknown.ratio(0.95)[1:]))
    everything = by_seed(1.0, 1.0)
    apart = difference(everything, by_seed(1.0, 1.0, first=9), requests=1000, load=100.0)
    assert apart.half_width(0.95) == pytest.approx(1.5 * bound)


def test_pairs_that_differ_by_the_same_but_for_rounding_do_not_vary() -> None:
    first, second = by_seed(0.3, 0.4, 0.7), by_seed(0.2, 0.3, 0.6)
    found = difference(first, second, requests=1000)
    assert found.error == pytest.approx(math.sqrt(0.1 / 3000))
    assert math.isnan(difference(first, second).error)


def test_nothing_blocked_in_either_is_no_test() -> None:
    assert math.isnan(difference(by_seed(0.0, 0.0), by_seed(0.0, 0.0)).p_value)


def test_one_request_in_each_iteration_is_no_proof() -> None:
    """Three iterations that each block one request more: without deviation, not without doubt."""
    first, second = by_seed(*[2 / 1000] * 3), by_seed(*[1 / 1000] * 3)
    assert difference(first, second, requests=1000).p_value > 0.2
    # Without the number of requests nothing is known of the error, so there is no test either.
    assert math.isnan(difference(first, second).p_value)
    assert math.isnan(difference(first, second).half_width(0.95))


def test_a_ratio_of_few_blocked_requests_is_as_uncertain_as_their_difference() -> None:
    """Five blocked requests against one, both in the first iteration: the ratio does not vary."""
    first, second = by_seed(5 / 500, 0, 0), by_seed(1 / 500, 0, 0)
    found = difference(second, first, requests=500)
    # Four of them are blocked in one only: 4 / (5 · 1) for the logarithm of the ratio.
    assert found.log_error == pytest.approx(math.sqrt(4 / 5))
    ratio, low, high = found.ratio(0.95)
    assert ratio == pytest.approx(0.2)
    assert low < 0.02
    assert high > 1
    assert all(map(math.isnan, difference(second, first).ratio(0.95)[1:]))


def test_a_ratio_without_pairs_is_at_least_as_uncertain_as_independent_counts() -> None:
    first, second = by_seed(5 / 500, 0, 0), by_seed(0, 0, 1 / 500, first=9)
    found = difference(first, second, requests=500)
    spread = 3**2 / 3 + 3**2 / 3  # of 3, 0 and 0, over three iterations, in both
    assert found.log_error == pytest.approx(math.sqrt(spread / 3))
    equal = difference(by_seed(*[5 / 500] * 3), by_seed(*[1 / 500] * 3, first=9), requests=500)
    # About the sum of 1 / 15 and 1 / 3, the counts' inverses.
    assert equal.log_error == pytest.approx(math.sqrt(0.99 / 15 + 0.998 / 3))
    assert equal.error == pytest.approx(math.sqrt((0.01 * 0.99 + 0.002 * 0.998) / 1500))


def test_pairs_that_all_differ_by_the_same_are_not_compared_with_an_error_of_0() -> None:
    found = difference(by_seed(*[2 / 1000] * 3), by_seed(*[1 / 1000] * 3), requests=1000)
    assert found.unpaired_error > found.error > 0


def test_one_iteration_has_no_interval() -> None:
    found = difference(by_seed(0.1), by_seed(0.2))
    assert found.difference == pytest.approx(-0.1)
    assert math.isnan(found.half_width(0.95))
    assert math.isnan(found.p_value)


def test_holm_by_hand() -> None:
    """0.005 · 4 = 0.02; 0.01 · 3 = 0.03; 0.03 · 2 = 0.06; 0.04 · 1 = 0.04, raised to 0.06."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == pytest.approx([1, 1])
    assert holm([]).tolist() == []


def test_holm_does_not_count_what_was_not_tested() -> None:
    adjusted = holm([math.nan, 0.02, 0.04])
    assert math.isnan(adjusted[0])
    assert adjusted[1:] == pytest.approx([0.04, 0.04])


@pytest.mark.parametrize("paired", [True, False])
def test_false_alarms_come_at_the_nominal_rate(paired: bool) -> None:
    """500 times two equal configurations at three loads, 10 iterations each."""
    repetitions, n = 500, 10
    values = [
        blocked_calls(load, 20, 1500, 2 * repetitions * n, warm_up=60, seed=int(load) + paired)
        .reshape(2, repetitions, n)
        .tolist()
        for load in (12.0, 16.0, 20.0)
    ]
    offset = 1 if paired else 1000
    single, anywhere = 0, 0
    for repetition in range(repetitions):
        p_values = [
            difference(
                by_seed(*first[repetition]), by_seed(*second[repetition], first=offset)
            ).p_value
            for first, second in values
        ]
        single += sum(p < 0.05 for p in p_values)
        anywhere += bool(min(holm(p_values)) < 0.05)
    # Three standard errors of a rate of 0.05 are 0.017 over 1,500 tests, 0.03 over 500.
    assert 0.033 < single / (3 * repetitions) < 0.067
    assert 0.02 < anywhere / repetitions < 0.08
