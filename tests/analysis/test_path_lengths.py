"""Lengths of paths where routing ranks them by something else."""

from __future__ import annotations

import pytest

import fusion_jupyter as fj


@pytest.mark.parametrize("method", ["k_shortest_path", "cong_aware"])
def test_a_score_of_routing_is_not_shown_as_a_length(method: str) -> None:
    run = fj.start(
        "minimal", simulator="embedded", route_method=method,
        erlang_start=300, erlang_stop=300, max_iters=2,
    )  # fmt: skip
    run.wait(60)
    frame = run.results("modulation")
    used = frame[frame["count"] > 0]
    if method == "k_shortest_path":
        assert used["path_length_mean_km"].min() >= 100
    else:
        assert len(used) > 0
        assert used["path_length_mean_km"].isna().all()
