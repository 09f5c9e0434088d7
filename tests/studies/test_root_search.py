"""The search for the load at a target blocking, where the truth is Erlang's formula."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from loss_system import erlang_b, load_of
from single_link import single_link

from fusion_jupyter.analysis.capacity import Curve, load_at
from fusion_jupyter.studies.root_search import RootSearch

SLOTS, REQUESTS = 20, 3000
Evaluator = Callable[[float, int], list[float]]


class Link:
    """Iterations of the embedded simulator on one link; each repetition has seeds of its own.

    Attributes:
        simulated: Iterations that were simulated: known ones are kept.
    """

    SEEDS = 2000
    simulator = single_link(SLOTS, REQUESTS)

    def __init__(self, repetition: int) -> None:
        self.first = repetition * self.SEEDS
        self.known: dict[float, list[float]] = {}

    @property
    def simulated(self) -> int:
        return sum(map(len, self.known.values()))

    def __call__(self, load: float, iterations: int) -> list[float]:
        values = self.known.setdefault(load, [])
        for number in range(len(values), iterations):
            outcome = self.simulator.iterate(load, self.first + number)
            values.append(sum(outcome.blocked) / REQUESTS)
        return values[:iterations]


def run(search: RootSearch, evaluate: Evaluator) -> RootSearch:
    while (probe := search.ask()) is not None:
        assert search.ask() == probe
        search.tell(probe.load, evaluate(probe.load, probe.iterations))
        assert len(search.brackets) < 100, search.points
    return search


def exact(load: float, iterations: int) -> list[float]:
    """Erlang's formula, with a deviation of 10 % that is the same at all loads."""
    noise = 1 + 0.1 * np.sin(np.arange(iterations) * 2.4)
    return (erlang_b(load, SLOTS) * noise).tolist()


def iterations_of_an_even_sweep(link: Link, target: float, precision: float) -> int:
    """Iterations that loads from 5 to 40 Erlang need together for the same precision.

    In steps of 3.5 Erlang: the widest with which the interpolation alone is wrong by less than a
    tenth of 1 %, wherever the steps begin.
    """
    loads = np.arange(5, 40.1, 3.5)
    near, most = loads[:5], 160
    values = np.array([link(load, most) for load in near.tolist()]).T
    for n in range(5, most):
        curve = Curve(near, np.arange(n), values[:n])
        if load_at(curve, target).relative_half_width <= precision:
            return n * len(loads)
    return most * len(loads)


def test_the_load_of_erlangs_formula_is_found_with_a_fifth_of_an_even_sweeps_requests(
    capsys: pytest.CaptureFixture[str],
) -> None:
    repetitions, target, precision = 100, 0.01, 0.01
    truth, found, spent, even = load_of(target, SLOTS), 0, 0, []
    for repetition in range(repetitions):
        link = Link(repetition)
        search = run(
            RootSearch(target, low=5, high=40, requests=REQUESTS, precision=precision), link
        )
        result = search.result
        assert result is not None
        assert result.relative_half_width <= precision
        assert search.simulated == link.simulated * REQUESTS
        found += result.low <= truth <= result.high
        spent += link.simulated
        if repetition < 8:
            even.append(iterations_of_an_even_sweep(Link(repetition), target, precision))
    share = spent / repetitions / np.mean(even)
    with capsys.disabled():
        print(
            f"\n{found} of {repetitions} intervals hold {truth:.2f} Erlang; "
            f"{spent / repetitions:.0f} iterations each, {share:.2f} of the "
            f"{np.mean(even):.0f} of an even sweep"
        )
    assert found >= 93
    assert share <= 0.2


@pytest.mark.parametrize(
    ("target", "low", "high"),
    [(0.05, 5, 40), (0.3, 5, 40), (0.001, 5, 40), (0.01, 20, 40), (0.01, 1, 3), (0.01, 11, 13)],
)
def test_the_search_ends_wherever_it_starts(target: float, low: float, high: float) -> None:
    search = run(RootSearch(target, low=low, high=high, requests=REQUESTS, precision=0.03), Link(7))
    assert search.reason == "the interval is as narrow as requested"
    result = search.result
    assert result is not None
    assert result.load == pytest.approx(load_of(target, SLOTS), rel=0.05)
    assert result.low < result.load < result.high
    assert result.blocking == target


def test_brackets_close_around_the_answer() -> None:
    search = run(RootSearch(0.01, low=5, high=40, requests=REQUESTS), exact)
    assert search.brackets[0] == (5, 40)
    assert len(search.brackets) < 15
    widths = [high / low for low, high in search.brackets]
    assert widths[-1] < 1.021
    assert all(later <= 1.05 * earlier for earlier, later in pairwise(widths))
    low, high = search.brackets[-1]
    assert low < load_of(0.01, SLOTS) < high


def test_most_iterations_are_spent_at_one_load_close_to_the_answer() -> None:
    search = run(RootSearch(0.01, low=5, high=40, requests=REQUESTS, precision=0.008), Link(3))
    load = max(search.points, key=lambda load: len(search.points[load]))
    assert load == pytest.approx(load_of(0.01, SLOTS), rel=0.03)
    assert len(search.points[load]) > 0.6 * sum(map(len, search.points.values()))


def test_more_precision_takes_more_iterations() -> None:
    rough, fine = (
        run(RootSearch(0.01, low=5, high=40, requests=REQUESTS, precision=precision), Link(1))
        for precision in (0.04, 0.01)
    )
    assert fine.simulated > 3 * rough.simulated


def test_loads_of_probes_are_readable() -> None:
    search = run(RootSearch(0.01, low=5, high=40, requests=REQUESTS), exact)
    assert all(float(f"{load:.5g}") == load for load in search.points)


def test_a_target_that_is_never_reached_ends_with_words() -> None:
    search = run(RootSearch(0.5, low=5, high=10, requests=1000), lambda _, n: [0.1] * n)
    assert search.result is None
    assert search.reason is not None
    assert search.reason.startswith("50 % blocking is not reached up to ")


def test_blocking_for_another_reason_than_load_ends_with_words() -> None:
    search = run(RootSearch(0.01, low=5, high=10, requests=1000), lambda _, n: [0.11] * n)
    assert search.result is None
    assert search.reason is not None
    assert search.reason.startswith("1 % blocking is exceeded down to ")
    assert search.reason.endswith("requests may be blocked for a reason other than load")


def test_too_few_iterations_end_with_a_wider_interval() -> None:
    search = run(
        RootSearch(0.01, low=5, high=40, requests=REQUESTS, precision=0.002, most_iterations=30),
        Link(2),
    )
    assert search.reason == "30 iterations at one load were not enough"
    assert max(map(len, search.points.values())) == 30
    assert search.result is None or search.result.relative_half_width > 0.002


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"blocking": 0}, "blocking is 0; allowed: between 0 and 1"),
        ({"blocking": 1.0}, "blocking is 1.0; allowed: between 0 and 1"),
        ({"precision": 0.7}, "precision is 0.7; allowed: between 0 and 0.5"),
        ({"low": 50}, "low is 50 and high 40; allowed: 0 < low < high"),
        ({"low": 0}, "low is 0 and high 40; allowed: 0 < low < high"),
        ({"requests": 0}, "requests is 0; allowed: 1 or more"),
        ({"most_iterations": 2}, "most_iterations is 2; allowed: 5 or more"),
        ({"confidence": 95}, "confidence is 95; allowed: a number between 0 and 1"),
        ({"low": math.nan}, "low is nan and high 40; allowed: 0 < low < high"),
    ],
)
def test_arguments_out_of_range_are_named(changes: dict[str, float], message: str) -> None:
    arguments = {"blocking": 0.01, "low": 5, "high": 40, "requests": 100} | changes
    with pytest.raises(ValueError, match=message):
        RootSearch(arguments.pop("blocking"), **arguments)  # type: ignore[arg-type]


def test_values_that_are_no_blocking_are_refused() -> None:
    search = RootSearch(0.01, low=5, high=40, requests=100)
    with pytest.raises(ValueError, match="load 5 Erlang has 1 iteration; needed: 2"):
        search.tell(5, [0.1])
    with pytest.raises(ValueError, match=r"blocking is 1.5 at 5 Erlang; allowed: 0 to 1"):
        search.tell(5, [0.1, 1.5])
