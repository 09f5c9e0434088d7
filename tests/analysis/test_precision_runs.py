"""Runs that ended at a precision: their intervals are those that the rule looked at."""

from __future__ import annotations

import pytest

import fusion_jupyter as fj
from fusion_jupyter.sim.precision import student_quantile


def test_a_run_that_stopped_at_a_precision_has_the_interval_it_stopped_with() -> None:
    run = fj.start(
        "minimal", simulator="embedded", erlang_start=600, erlang_stop=600, max_iters=60,
        precision=0.2,
    )  # fmt: skip
    run.wait(60)
    row = run.results().iloc[0]
    n = int(row["iterations"])
    assert 5 <= n < 60
    half = student_quantile(0.97, n - 1) * (row["blocking_variance"] / n) ** 0.5
    assert row["blocking_high"] - row["blocking"] == pytest.approx(half)
    assert half <= 0.2 * row["blocking"]
    assert run.results().attrs["confidence"] == 0.95


def test_a_precision_that_cannot_be_reached_in_so_few_iterations_is_told() -> None:
    with pytest.warns(UserWarning, match="precision has no effect with max_iters = 4: .* 5 iter"):
        run = fj.start("minimal", precision=0.05, simulator="embedded", num_requests=100)
    run.wait(60)
    with pytest.warns(UserWarning, match="precision has no effect"):
        assert fj.check("minimal", precision=0.05, simulator="embedded") == {}
    fj.start("minimal", precision=0.5, max_iters=5, simulator="embedded", num_requests=100).wait(60)


def test_a_precision_that_training_switches_off_is_told_and_the_interval_is_the_plain_one() -> None:
    with pytest.warns(UserWarning, match="precision has no effect with is_training = True"):
        run = fj.start(
            "minimal", simulator="embedded", erlang_start=600, erlang_stop=600, max_iters=20,
            precision=0.2, is_training=True,
        )  # fmt: skip
    run.wait(60)
    row = run.results().iloc[0]
    assert row["iterations"] == 20
    half = student_quantile(0.95, 19) * (row["blocking_variance"] / 20) ** 0.5
    assert row["blocking_high"] - row["blocking"] == pytest.approx(half)
