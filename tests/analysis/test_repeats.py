"""Repeats: runs that differ only in their seeds are pooled, others never."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

import fusion_jupyter as fj
from fusion_jupyter.analysis import repeats, statistics
from fusion_jupyter.analysis.repeats import pooled, repeats_of

mpl.use("Agg")
import matplotlib.pyplot as plt

OPTIONS = {
    "simulator": "embedded", "erlang_start": 250, "erlang_stop": 450, "erlang_step": 100,
    "max_iters": 4, "num_requests": 600, "is_training": True,
}  # fmt: skip


def completed(**options: object) -> fj.Run:
    run = fj.start("nsfnet_blocking", **{**OPTIONS, **options})
    assert run.wait(60).status == "COMPLETED"
    return run


def test_pooled_repeats_have_mean_variance_and_interval_of_all_their_iterations(manager) -> None:
    sweep = fj.sweep("nsfnet_blocking", over={"k_paths": [1, 3]}, repeats=3, **OPTIONS).wait(60)
    found = sweep.results(pool=True).set_index(["k_paths", "erlang"])
    assert list(found["iterations"]) == [12] * 6
    assert not {"repeat", "first_seed"} & set(found.columns)
    assert set(found["name"]) == {"k_paths = 1", "k_paths = 3"}
    every = sweep.results("iteration").groupby(["k_paths", "erlang"])["blocking"]
    np.testing.assert_allclose(found["blocking"], every.mean())
    np.testing.assert_allclose(found["blocking_variance"], every.var())
    # Enough was blocked here: the interval is Student's t over the twelve iterations.
    row = found.loc[(1, 450.0)]
    blocking = every.get_group((1, 450.0))
    expected = statistics.interval(blocking, requests=600, load=450)
    assert (row["blocking_low"], row["blocking_high"]) == pytest.approx(expected[1:3])
    apart = sweep.results()
    assert len(apart) == 18
    pd.testing.assert_frame_equal(pooled(fj.results(sweep.runs)), fj.results(sweep.runs, pool=True))


def test_equal_repeats_have_no_variance() -> None:
    equal = pd.Series([0.1, 0.1, 0.1])
    mean, variance = repeats._moments(np.zeros(3, int), np.full(3, 4.0), equal, equal * 0)
    assert (mean[0], variance[0]) == (pytest.approx(0.1), 0)


def test_one_run_of_all_seeds_gives_what_its_repeats_give(manager) -> None:
    whole = completed(max_iters=8).results()
    parts = [completed(), completed(first_seed=5)]
    found = fj.results(parts, pool=True)
    for column in ("blocking", "blocking_low", "blocking_high", "bit_rate_blocking_high"):
        np.testing.assert_allclose(found[column], whole[column], rtol=1e-9)
    np.testing.assert_allclose(found["utilization"], whole["utilization"], rtol=0.05)
    classes = fj.results(parts, "bandwidth", pool=True)
    assert classes["offered"].sum() == pytest.approx(
        2 * parts[0].results("bandwidth")["offered"].sum()
    )


def test_a_pooled_point_has_no_seed_and_no_name_of_one_of_its_runs(manager) -> None:
    seeds = {"first_seed": [1, 101, 201]}
    sweep = fj.sweep("nsfnet_blocking", over=seeds, **OPTIONS).wait(60)
    found = sweep.results(pool=True)
    assert len(found) == 3
    assert "first_seed" not in found.columns
    assert not found["name"].str.contains("first_seed").any()
    assert "first_seed" in sweep.results().columns
    texts = [text.get_text() for text in sweep.plot_blocking().get_legend().get_texts()]
    assert texts[0] == "95 % confidence ($n$ = 12)"
    both = {"k_paths": [1, 5], "embedded_settings.first_seed": [1, 101]}
    sweep = fj.sweep("nsfnet_blocking", over=both, **OPTIONS).wait(60)
    found = sweep.results(pool=True)
    assert list(found.columns[:4]) == ["run_id", "name", "k_paths", "network"]
    assert set(found["name"]) == {"k_paths = 1", "k_paths = 5"}
    runs = [completed(name=f"by hand {seed}", first_seed=seed) for seed in (11, 21)]
    assert set(fj.results(runs, pool=True)["name"]) == {f"Run {runs[0].id[:6]}"}
    plt.close("all")


def test_runs_with_a_seed_in_common_or_another_option_are_no_repeats(manager) -> None:
    first = completed()
    same, overlapping = completed(), completed(first_seed=3)
    other = completed(first_seed=5, k_paths=5)
    records = [run.record for run in (first, same, overlapping, other)]
    assert repeats_of(records) == {}
    assert repeats_of([first.record, other.record]) == {}
    assert len(fj.results([first, overlapping], pool=True)) == 6


def test_repeats_are_one_curve_unless_a_figure_is_to_tell_them_apart(manager) -> None:
    sweep = fj.sweep("nsfnet_blocking", over={"k_paths": [1, 3]}, repeats=3, **OPTIONS).wait(60)

    def legend(axes: plt.Axes) -> list[str]:
        return [text.get_text() for text in axes.get_legend().get_texts()]

    one_each = ["$k$ = 1", "$k$ = 3", "95 % confidence ($n$ = 12)"]
    assert legend(sweep.plot_blocking())[:3] == one_each
    assert legend(sweep.plot_blocking(hue="k_paths"))[:3] == one_each
    assert legend(fj.plot_blocking(sweep.runs))[:3] == one_each
    assert len(sweep.plot_blocking(hue="k_paths").get_legend().get_texts()) <= 4
    apart = legend(sweep.plot_blocking(hue="k_paths", style="repeat"))
    assert apart[:2] == ["$k$ = 1, repeat = 0", "$k$ = 1, repeat = 1"]
    six = legend(sweep.plot_blocking(label="{k_paths}, number {repeat}"))
    assert sum("number" in text for text in six) == 6
    plt.close("all")
    assert list(fj.table(sweep, columns="k_paths").columns) == [1, 3]


def test_a_level_that_cannot_be_pooled_is_refused(manager) -> None:
    with pytest.raises(ValueError, match="pool is True at level 'link'; allowed: at levels erlang"):
        fj.results([], "link", pool=True)
