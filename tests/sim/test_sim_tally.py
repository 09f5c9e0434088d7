"""Sums that are held side by side in one integer are those of the values one by one."""

from __future__ import annotations

import statistics
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from fusion_jupyter.sim.lightpath import Path
from fusion_jupyter.sim.summary import Moments
from fusion_jupyter.sim.tally import Scale, Tally

LENGTHS = st.floats(1e-6, 30_000) | st.integers(1, 5000).map(float)
#: Lengths of links, and for each path the links it takes and how often it is used.
CASES = st.lists(LENGTHS, min_size=1, max_size=8).flatmap(
    lambda links: st.tuples(
        st.just(links),
        st.lists(
            st.tuples(st.sets(st.integers(0, len(links) - 1), min_size=1), st.integers(1, 10**9)),
            min_size=1,
            max_size=6,
        ),
    )
)


def check(moments: Moments, values: list[float], times: list[int]) -> None:
    summary = moments.summary()
    assert summary is not None
    assert (summary.min, summary.max) == (min(values), max(values))
    count = sum(times)
    total = sum(Fraction(value) * uses for value, uses in zip(values, times, strict=True))
    squares = sum(Fraction(value) ** 2 * uses for value, uses in zip(values, times, strict=True))
    assert moments.count == count
    assert summary.mean == float(total / count)
    if count > 1:
        assert moments.variance() == float((squares - total**2 / count) / (count - 1))


@given(case=CASES, cut=st.integers(0, 6))
def test_means_and_variances_are_exact(
    case: tuple[list[float], list[tuple[set[int], int]]], cut: int
) -> None:
    links, used = case
    scale = Scale(links)
    tally, rest = Tally(), Tally()
    lengths, hops, times = [], [], []
    for number, (path_links, uses) in enumerate(used):
        length = 0.0
        for link in path_links:
            length += links[link]
        lengths.append(length)
        hops.append(len(path_links))
        times.append(uses)
        measures = scale.measures(length, len(path_links))
        assert measures.bit_length() <= 8 * scale.bytes
        path = Path(0, tuple(path_links), length, (), measures)
        (tally if number < cut else rest).count(path, uses)
    tally.add(rest)
    assert tally.total.bit_length() <= 8 * scale.bytes
    assert scale.count(tally) == sum(times)
    of_hops, of_lengths, of_rounded = scale.moments(tally)
    check(of_hops, hops, times)
    check(of_lengths, lengths, times)
    check(of_rounded, [round(length, 2) for length in lengths], times)


def test_the_deviation_is_that_of_the_statistics_module() -> None:
    values = [3.5, 1.25, 1000.0, 0.1]
    moments = Moments()
    for value in values:
        moments.add(value)
    summary = moments.summary()
    assert summary is not None
    assert summary.mean == statistics.mean(values)
    assert summary.std == statistics.stdev(values)


def test_nothing_counted_has_no_summary() -> None:
    assert [moments.summary() for moments in Scale([100.0]).moments(Tally())] == [None] * 3
