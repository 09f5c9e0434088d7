"""The load at a target blocking, and the gain in load, where the truth is Erlang's formula."""

from __future__ import annotations

import math

import numpy as np
import pytest
from loss_system import blocked_calls, erlang_b, load_of

from fusion_jupyter.analysis.capacity import Curve, NoCrossingError, load_at
from fusion_jupyter.analysis.gain import Gain, gain_at


def exact(loads: list[float], slots: int) -> Curve:
    """Two iterations without any noise."""
    values = np.array([[erlang_b(load, slots) for load in loads]] * 2)
    return Curve(np.array(loads), np.array([1, 2]), values)


@pytest.mark.parametrize("target", [0.001, 0.005, 0.01, 0.02, 0.05])
@pytest.mark.parametrize(
    ("loads", "slots"), [([8.0, 10, 12, 14, 16, 20], 20), ([260.0, 280, 300, 320, 340], 320)]
)
def test_interpolation_is_right_to_a_tenth_of_a_per_cent(
    loads: list[float], slots: int, target: float
) -> None:
    found = load_at(exact(loads, slots), target)
    assert found.load == pytest.approx(load_of(target, slots), rel=1e-3)
    # Nothing is known of its error: the iterations are equal, their number of requests is unknown.
    assert math.isnan(found.low)
    assert math.isnan(found.high)


def test_loads_where_nothing_was_blocked_do_not_matter_below() -> None:
    loads = np.array([2.0, 4.0, 10.0, 12.0, 14.0])
    blocking = np.array([[0.0, 0.0, *(erlang_b(load, 20) for load in loads[2:])]] * 2)
    found = load_at(Curve(loads, np.array([1, 2]), blocking), 0.005)
    assert found.load == pytest.approx(load_of(0.005, 20), rel=1e-3)


@pytest.mark.parametrize("target", [0.005, 0.01, 0.03])
@pytest.mark.parametrize("iterations", [5, 10])
def test_the_interval_holds_the_true_load(target: float, iterations: int) -> None:
    groups, loads = 400, np.array([10.0, 12.0, 14.0, 16.0])
    values = np.stack(
        [
            blocked_calls(load, 20, 3000, groups * iterations, warm_up=80, seed=int(load))
            for load in loads
        ],
        axis=1,
    ).reshape(groups, iterations, 4)
    truth = load_of(target, 20)
    found = [load_at(Curve(loads, np.arange(iterations), group), target) for group in values]
    covered = np.mean([one.low <= truth <= one.high for one in found])
    # Measured over 1,000 groups: 0.926 to 0.958. Three standard errors over 400 are 0.035.
    assert 0.89 < covered < 0.985


def test_unequal_numbers_of_iterations_are_used_as_they_are() -> None:
    """Iterations where the curve is uncertain narrow the interval, elsewhere they do not."""
    generator = np.random.default_rng(4)
    loads = np.array([10.0, 12.0, 14.0])
    truth = np.array([erlang_b(load, 20) for load in loads])
    values = truth * generator.gamma(25, 1 / 25, (40, 3))
    few, near, far = values[:40].copy(), values[:40].copy(), values[:40].copy()
    few[5:] = np.nan
    near[5:, [0, 2]] = np.nan
    far[5:, :2] = np.nan
    seeds = np.arange(40)
    widths = [
        load_at(Curve(loads, seeds, array), truth[1] * 1.0001).relative_half_width
        for array in (few, near, far)
    ]
    assert widths[1] < 0.6 * widths[0]
    assert widths[2] == pytest.approx(widths[0], rel=0.1)


@pytest.mark.parametrize(
    ("loads", "target", "message"),
    [
        ([10.0, 12.0], 0.5, "50 % blocking is not reached up to 12 Erlang: simulate higher loads"),
        ([10.0, 12.0], 1e-4, "0.01 % blocking is exceeded already at 10 Erlang: simulate lower"),
    ],
)
def test_what_the_loads_do_not_tell_is_said(
    loads: list[float], target: float, message: str
) -> None:
    with pytest.raises(NoCrossingError, match=message):
        load_at(exact(loads, 20), target)


def test_no_logarithm_is_taken_of_nothing() -> None:
    curve = Curve(np.array([5.0, 15.0]), np.array([1, 2]), np.array([[0.0, 0.05], [0.0, 0.04]]))
    with pytest.raises(NoCrossingError, match="simulate loads between 5 and 15 Erlang"):
        load_at(curve, 0.01)


def test_a_target_that_is_no_probability_is_refused() -> None:
    with pytest.raises(ValueError, match="blocking is 1.5; allowed: a number between 0 and 1"):
        load_at(exact([10.0, 12.0], 20), 1.5)


def test_one_iteration_gives_a_load_without_an_interval() -> None:
    curve = exact([10.0, 12.0, 14.0], 20)
    found = load_at(Curve(curve.loads, curve.seeds[:1], curve.blocking[:1]), 0.01)
    assert found.load == pytest.approx(load_of(0.01, 20), rel=1e-3)
    assert math.isnan(found.low)


def test_equal_iterations_are_as_uncertain_as_independent_requests() -> None:
    curve = exact([10.0, 12.0, 14.0], 20)._replace(requests=3000)
    found = load_at(curve, float(curve.blocking[0, 1]) * 1.001)
    # Only the load of 12 matters there: the slope of ln(blocking) over ln(load) is about 8.
    mean = curve.blocking[0, 1]
    error = math.sqrt((1 - mean) / (mean * 2 * 3000)) / 8
    assert found.high / found.low == pytest.approx(math.exp(2 * 12.7062 * error), rel=0.1)


def test_a_gain_of_equal_iterations_is_not_certain() -> None:
    """Every seed blocks the same: no deviation between iterations, not without doubt."""
    first, second = (exact([10.0, 12.0, 14.0], slots) for slots in (21, 20))
    unknown = gain_at(first, second, 0.01, labels=("a", "b"))
    assert math.isnan(unknown.low)
    assert not unknown.certain
    assert "6.7 % (all iterations equal: no interval) more" in str(unknown)
    known = [
        Curve(curve.loads, np.arange(10), np.tile(curve.blocking, (5, 1)), requests=3000)
        for curve in (first, second)
    ]
    paired = gain_at(*known, 0.01, labels=("a", "b"))
    apart = gain_at(known[0], known[1]._replace(seeds=np.arange(20, 30)), 0.01, labels=("a", "b"))
    assert paired.low < paired.percent < paired.high
    assert paired.half_width < apart.half_width
    itself = gain_at(known[0], known[0], 0.01, labels=("a", "b"))
    assert itself.percent == 0
    assert math.isnan(itself.half_width)


def test_a_load_and_a_gain_may_be_anything_by_two_iterations() -> None:
    curve = noisy(20, np.array([[0.1] * 4, [1.9] * 4]))
    found = load_at(curve, 0.01, confidence=0.99999)
    assert (found.low, found.high) == (0, math.inf)
    other = curve._replace(seeds=np.array([8, 9]))
    gain = gain_at(curve, other, 0.01, labels=("a", "b"), confidence=0.99999999)
    assert (gain.low, gain.high) == (-100, math.inf)
    assert "no certain difference" in str(gain)


def test_a_gain_over_a_load_with_one_iteration_has_no_interval() -> None:
    first, second = (exact([10.0, 12.0, 14.0], slots) for slots in (21, 20))
    once = second.blocking.copy()
    once[1] = math.nan
    once[1, 0] = second.blocking[1, 0]
    for curves in (
        (first, second._replace(blocking=once)),
        (second._replace(blocking=once), first),
    ):
        found = gain_at(*curves, 0.01, labels=("a", "b"))
        assert found.paired
        assert math.isnan(found.half_width)
        assert "from one iteration" in str(found)


def noisy(slots: int, noise: np.ndarray, seeds: np.ndarray | None = None) -> Curve:
    loads = np.array([10.0, 12.0, 14.0, 16.0])
    truth = np.array([erlang_b(load, slots) for load in loads])
    return Curve(loads, np.arange(len(noise)) if seeds is None else seeds, truth * noise)


def test_a_gain_holds_the_truth_and_pairs_make_it_narrower() -> None:
    generator = np.random.default_rng(8)
    truth = 100 * (load_of(0.01, 21) / load_of(0.01, 20) - 1)
    hits = {True: 0, False: 0}
    widths: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(400):
        common = generator.gamma(16, 1 / 16, (8, 4))
        first = noisy(21, common * generator.gamma(400, 1 / 400, (8, 4)))
        second = noisy(20, common)
        for paired, seeds in ((True, None), (False, np.arange(100, 108))):
            other = Curve(second.loads, second.seeds if seeds is None else seeds, second.blocking)
            gain = gain_at(first, other, 0.01, labels=("21 slots", "20 slots"))
            assert gain.paired is paired
            hits[paired] += gain.low <= truth <= gain.high
            widths[paired].append(gain.half_width)
    assert 0.915 < hits[True] / 400 < 0.985
    # The pairs are there in truth, so that ignoring them makes intervals far too wide.
    assert hits[False] > hits[True]
    assert np.median(widths[False]) > 1.5 * np.median(widths[True])


@pytest.mark.parametrize(
    ("gain", "text"),
    [
        (
            Gain("k = 5", "k = 3", 0.01, 6.21, 5.81, 6.61, 318.3, 299.7, 0.95, True, 10),
            "k = 5 carries 6.2 ± 0.4 % more at 1 % blocking (318 against 300 Erlang)",
        ),
        (
            Gain("k = 1", "k = 3", 0.001, -12.3, -15.0, -9.0, 8.77, 10.0, 0.95, True, 10),
            "k = 1 carries 12 ± 3 % less at 0.1 % blocking (8.77 against 10.00 Erlang)",
        ),
        (
            Gain("b", "a", 0.01, 0.12, -0.3, 0.5, 300.4, 300.0, 0.95, False, 5),
            "b carries 0.1 ± 0.4 % more at 1 % blocking (300 against 300 Erlang): "
            "no certain difference",
        ),
        (
            Gain("b", "a", 0.01, 4.0, math.nan, math.nan, 312.0, 300.0, 0.95, False, 1),
            "b carries 4.0 % (from one iteration) more at 1 % blocking (312 against 300 Erlang): "
            "no certain difference",
        ),
    ],
)
def test_a_gain_reads_as_a_sentence(gain: Gain, text: str) -> None:
    assert str(gain) == text
