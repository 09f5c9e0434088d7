"""The limits and ticks of an axis are the same in the live chart, the fallback HTML and figures."""

from __future__ import annotations

import math

import pytest
from contract import load
from hypothesis import given
from hypothesis import strategies as st

from fusion_jupyter.analysis.axes import linear_ticks, log_axis

CONTRACT = load("axes.json")


@pytest.mark.parametrize("case", CONTRACT["logarithmic"], ids=lambda each: each["name"])
def test_a_logarithmic_axis_is_as_the_contract_says(case):
    axis = log_axis(map(tuple, case["points"]))
    assert (axis.low, axis.high) == (case["low"], case["high"])
    assert list(axis.ticks) == case["ticks"]
    assert list(axis.labels) == case["labels"]
    assert axis.none_observed == case["none_observed"]
    for value, place in case["places"]:
        assert axis.position(value) == (None if place is None else pytest.approx(place, abs=1e-9))


@pytest.mark.parametrize("case", CONTRACT["linear"], ids=str)
def test_linear_ticks_are_as_the_contract_says(case):
    assert linear_ticks(case["low"], case["high"], case["most"]) == case["ticks"]


numbers = st.one_of(
    st.floats(min_value=0, max_value=1), st.floats(), st.sampled_from([0.0, 5e-324, 1e-15, 1.0])
)


@given(st.lists(st.tuples(st.none() | numbers, st.none() | numbers), max_size=8))
def test_no_values_break_an_axis(points):
    axis = log_axis(points)
    assert 0 < axis.low < axis.high < math.inf
    assert 2 <= len(axis.ticks) <= 9
    assert list(axis.ticks) == sorted(set(axis.ticks))
    assert axis.low <= axis.ticks[0]
    assert axis.ticks[-1] <= axis.high
    assert len(axis.labels) == len(set(axis.labels)) == len(axis.ticks)
    for value, _ in points:
        if value is not None and math.isfinite(value) and value > 0:
            assert 0 <= axis.position(value) <= 1
            if 1e-15 <= value <= 1e15:
                assert axis.low <= value * (1 + 1e-9)
                assert value * (1 - 1e-9) <= axis.high
