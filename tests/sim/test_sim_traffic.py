"""The stream of uniform numbers is numpy's, which FUSION draws from."""

from __future__ import annotations

import numpy as np
import pytest

from fusion_jupyter.sim.traffic import uniform_draws


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 1000, 2**31, 2**32 - 1])
def test_the_draws_are_those_of_numpy(seed: int) -> None:
    expected = np.random.RandomState(seed).uniform(0, 1, 100_000).tolist()
    draw = uniform_draws(seed)
    assert [draw() for _ in expected] == expected
