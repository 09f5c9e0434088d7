"""The size of a cluster of blocked requests, as the loads of a curve tell it to each other."""

from __future__ import annotations

import numpy as np
import pytest
from loss_system import blocked_calls, erlang_b

from fusion_jupyter.analysis.clusters import largest_size, sizes
from fusion_jupyter.analysis.statistics import bounds

REQUESTS = np.full(3, 2000.0)
LOADS = np.array([100.0, 200.0, 300.0])
TEN = np.full(3, 10.0)


def variances(mean: np.ndarray, size: float) -> np.ndarray:
    return size * mean / 2000


def test_loads_that_block_much_tell_those_that_do_not() -> None:
    mean = np.array([0.0, 0.01, 0.05])
    one = np.zeros(3, dtype=np.int64)
    found = sizes(mean, variances(mean, 3.0), TEN, requests=REQUESTS, load=LOADS, curve=one)
    # 1.5 times the mean of 3 / 0.99² and 3 / 0.95², at every load of the curve.
    assert found == pytest.approx(np.full(3, 1.5 * 1.5 * (1 / 0.99**2 + 1 / 0.95**2)))
    bound = bounds(mean, 0, 10, requests=2000, load=LOADS, cluster=found).high[0]
    assert bound == pytest.approx(2.995732 * found[0] / 20_000)


def test_other_curves_are_not_asked() -> None:
    mean, apart = np.array([0.0, 0.01, 0.05]), np.array([0, 1, 1])
    found = sizes(mean, variances(mean, 3.0), TEN, requests=REQUESTS, load=LOADS, curve=apart)
    assert found[0] == largest_size(LOADS)[0] == 10
    assert found[1] == found[2] < 5


@pytest.mark.parametrize(
    ("mean", "iterations", "requests"),
    [
        (0.0001, 10.0, 2000.0),  # few blocked requests
        (0.05, 3.0, 2000.0),  # few iterations
        (0.95, 10.0, 2000.0),  # nearly all blocked
        (0.05, 10.0, np.nan),  # an unknown number of requests
        (np.nan, 10.0, 2000.0),  # an unknown mean
    ],
)
def test_without_enough_to_go_by_the_load_alone_tells(
    mean: float, iterations: float, requests: float
) -> None:
    found = sizes(
        np.array([mean]),
        np.array([mean / 2000]),
        np.array([iterations]),
        requests=np.array([requests]),
        load=np.array([400.0]),
        curve=np.array([0]),
    )
    assert found.tolist() == [20]


def test_a_size_is_at_least_one_request_and_at_most_the_largest() -> None:
    mean = np.array([0.01, 0.01, 0.01])
    curve = np.array([0, 1, 2])
    variance = np.array([0.0, 1.0, 0.01 / 2000])
    found = sizes(mean, variance, TEN, requests=REQUESTS, load=LOADS, curve=curve)
    assert found[0] == 1
    assert found[1] == largest_size(LOADS)[1]


@pytest.mark.parametrize("low", [7.0, 8.0, 9.0])
def test_intervals_hold_the_truth_with_the_sizes_that_higher_loads_tell(low: float) -> None:
    """Erlang's loss system, where clusters are largest: little blocking, told by much."""
    loads, groups, n = np.array([low, 14.0, 20.0, 30.0]), 600, 5
    values = np.stack(
        [
            blocked_calls(load, 20, 2000, groups * n, warm_up=100, seed=int(load)).reshape(-1, n)
            for load in loads
        ]
    )
    mean, variance = values.mean(axis=2).ravel(), values.var(axis=2, ddof=1).ravel()
    load, count = np.repeat(loads, groups), np.full(mean.size, float(n))
    requests = np.full(mean.size, 2000.0)
    curve = np.tile(np.arange(groups), len(loads))
    cluster = sizes(mean, variance, count, requests=requests, load=load, curve=curve)
    found = bounds(mean, variance, n, requests=requests, load=load, cluster=cluster)
    truth = np.repeat([erlang_b(load, 20) for load in loads], groups)
    held = ((found.low <= truth) & (truth <= found.high)).reshape(len(loads), groups).mean(axis=1)
    assert held[0] > 0.94
    assert (held[1:] > 0.92).all()
