"""Means and orders as numpy gives them."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from fusion_jupyter.sim.sorting import argsort, mean

#: Scores and the order in which numpy 1.26.3 put them on a processor with AVX-512.
RECORDED = [
    ([1.0, 1.0, 1.0], [0, 1, 2]),
    ([0.3, 0.1, 0.3, 0.1], [1, 3, 0, 2]),
    ([2.0, 1.0, 1.0, 1.0, 1.0], [1, 2, 3, 4, 0]),
    ([0.75, 0.75, 0.75, 0.75, 0.25, 0.5], [4, 5, 0, 1, 3, 2]),
    ([0.25, 0.75, 0.25, 0.25, 0.25, 0.5, 0.5, 0.25, 0.5], [0, 2, 3, 4, 7, 5, 6, 8, 1]),
    (
        [0.75, 0.25, 0.75, 0.25, 0.25, 0.75, 0.25, 0.5, 0.5, 0.25, 0.5, 0.25],
        [1, 3, 6, 4, 11, 9, 7, 8, 10, 5, 0, 2],
    ),
    (
        [
            0.25, 0.25, 0.75, 0.75, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25,
            0.25, 0.25, 0.25, 0.5, 0.5, 0.25, 0.75, 0.75, 0.75, 0.25,
        ],
        [0, 1, 6, 5, 7, 10, 9, 8, 12, 15, 11, 19, 13, 14, 4, 2, 3, 16, 17, 18],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("scores", "order"), RECORDED)
def test_ties_are_put_in_the_order_that_was_recorded(scores: list[float], order: list[int]) -> None:
    assert argsort(scores) == order


def test_any_scores_are_sorted() -> None:
    random = Random(1)
    for _ in range(2000):
        scores = [random.choice((0.1, 0.2, random.random())) for _ in range(random.randint(1, 64))]
        order = argsort(scores)
        assert sorted(order) == list(range(len(scores)))
        assert [scores[index] for index in order] == sorted(scores)


def test_means_are_rounded_as_numpy_rounds_them() -> None:
    random = Random(2)
    for _ in range(2000):
        values = [random.random() for _ in range(random.randint(1, 128))]
        assert mean(values) == float(np.mean(values))
