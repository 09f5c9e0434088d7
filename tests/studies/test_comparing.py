"""`fj.compare`: from runs, or their frame, to differences with intervals and a statement."""

from __future__ import annotations

import re
import shutil

import matplotlib as mpl
import numpy as np
import pytest
from artifact_runs import make_run

import fusion_jupyter as fj
from fusion_jupyter.widgets import comparison_html

mpl.use("Agg")
import matplotlib.pyplot as plt


@pytest.fixture
def runs() -> list[fj.Run]:
    """Three runs that differ in the number of candidate paths."""
    options = {"erlang_start": 250, "erlang_stop": 400, "erlang_step": 50}
    options |= {"max_iters": 8, "num_requests": 2000}
    found = [
        fj.start("nsfnet_blocking", simulator="embedded", k_paths=k, **options) for k in (1, 3, 5)
    ]
    for run in found:
        assert run.wait(60).status == "COMPLETED"
    return found


def test_runs_are_compared_with_the_baseline_under_names_that_tell_them_apart(
    runs: list[fj.Run],
) -> None:
    found = fj.compare(runs, baseline={"k_paths": 1}, blocking=0.02)
    assert (found.baseline, found.labels) == ("k = 1", ("k = 3", "k = 5"))
    assert found.options["k = 5"] == {"k_paths": 5}
    table = found.to_frame().set_index(["run", "erlang"])
    means = fj.results(runs).set_index(["k_paths", "erlang"])["blocking"]
    row = table.loc[("k = 3", 300.0)]
    assert row["difference"] == pytest.approx(means[3, 300] - means[1, 300])
    assert row["paired"]
    assert row["difference_high"] < 0
    text = repr(found)
    assert "k = 3 carries" in text
    assert "Same seeds in each iteration: paired." in text
    assert "<table" in found._repr_html_()


@pytest.mark.parametrize("by", ["id", "handle", "options", "name"])
def test_the_baseline_may_be_named_in_any_way(runs: list[fj.Run], by: str) -> None:
    wanted = {"id": runs[1].id, "handle": runs[1], "options": {"k_paths": 3}, "name": "k = 3"}[by]
    assert fj.compare(runs, baseline=wanted).baseline == "k = 3"


def test_a_frame_of_iterations_gives_the_same_as_its_runs(runs: list[fj.Run]) -> None:
    of_runs = fj.compare(runs).to_frame()
    of_frame = fj.compare(fj.results(runs, "iteration")).to_frame()
    assert of_runs["difference"].tolist() == of_frame["difference"].tolist()
    assert of_runs["run"].tolist() == of_frame["run"].tolist()


def test_runs_with_names_are_called_by_them(runs: list[fj.Run]) -> None:
    frame = fj.results(runs, "iteration")
    names = dict(zip([run.id for run in runs], ["one", "three", "five"], strict=True))
    found = fj.compare(frame.assign(name=frame["run_id"].map(names)), baseline="five")
    assert (found.baseline, found.labels) == ("five", ("one", "three"))


def test_runs_that_nothing_tells_apart_are_called_by_their_ids(runs: list[fj.Run]) -> None:
    frame = fj.results(runs, "iteration").drop(columns="k_paths")
    assert fj.compare(frame).baseline == f"run {runs[0].id[:6]}"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"baseline": {"k_paths": 4}}, "{'k_paths': 4}, which no run has; allowed: .* 1, 3, 5"),
        ({"baseline": {"kpaths": 1}}, "do not differ in kpaths; allowed: k_paths. Did you mean"),
        ({"baseline": {}}, "baseline is {}, which 3 runs have; allowed: .* such as {'k_paths': 1}"),
        ({"baseline": "x"}, "baseline is 'x'"),
        ({"value": "x"}, "value is 'x'; allowed: a column"),
        ({"confidence": 95}, "confidence is 95"),
    ],
)
def test_what_is_not_allowed_is_named(
    runs: list[fj.Run], options: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        fj.compare(runs, **options)  # type: ignore[arg-type]


def test_a_frame_of_another_level_and_a_single_run_are_refused(runs: list[fj.Run]) -> None:
    with pytest.raises(ValueError, match="no column seed; it must be of level 'iteration'"):
        fj.compare(fj.results(runs))
    with pytest.raises(ValueError, match="needed: two or more"):
        fj.compare(runs[0])


def test_the_figure_shows_each_curve_and_the_target(runs: list[fj.Run]) -> None:
    ax = fj.compare(runs, blocking=0.02).plot(style_sheet="ieee")
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert texts[:3] == ["$k$ = 1", "$k$ = 3", "$k$ = 5"]
    assert [0.02, 0.02] in [list(line.get_ydata()) for line in ax.lines]
    frame = fj.results(runs[2])
    drawn = ax.lines[2].get_ydata()
    assert drawn[-1] == pytest.approx(frame["blocking"].iloc[-1])
    plt.close("all")


@pytest.mark.parametrize("value", ["blocking", "bit_rate_blocking"])
def test_results_comparison_chart_and_figure_give_a_load_one_interval(value: str) -> None:
    """Loads with many, few and no blocked requests, and a mix of bandwidths."""
    options = {"erlang_start": 200, "erlang_stop": 800, "erlang_step": 200}
    runs = [
        fj.start(
            "minimal", simulator="embedded", k_paths=k, max_iters=6, num_requests=600, **options
        )
        for k in (1, 3)
    ]
    for run in runs:
        run.wait(60)
    ends = [value, f"{value}_low", f"{value}_high"]
    told = fj.results(runs)
    assert {"", "nothing blocked: upper bound"} < set(told["blocking_note"])
    found = fj.compare(runs, value=value)
    loads = found.loads()
    for k in (1, 3):
        expected = told.loc[told["k_paths"] == k, ends].to_numpy()
        ours = loads.loc[loads["name"] == f"k = {k}", ends].to_numpy()
        np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-15)
        charted = comparison_html.curves_of(found)[f"k = {k}"]
        np.testing.assert_allclose(
            [(each.blocking, each.low, each.high) for each in charted],
            expected,
            rtol=1e-9,
            atol=1e-15,
        )
    ax = found.plot()
    bands = [band.get_paths()[0].vertices[:, 1] for band in ax.collections if band.get_paths()]
    positive = told[told[value] > 0]
    for high in positive[f"{value}_high"]:
        assert any(np.isclose(band, high, rtol=1e-9).any() for band in bands)
    plt.close("all")


QUICK = {
    "simulator": "embedded", "erlang_start": 300, "erlang_stop": 500, "erlang_step": 100,
    "max_iters": 4, "num_requests": 600,
}  # fmt: skip


def test_repeats_are_one_curve_over_all_their_iterations() -> None:
    sweep = fj.sweep("nsfnet_blocking", over={"k_paths": [1, 3]}, repeats=3, **QUICK).wait(60)
    found = fj.compare(sweep, baseline={"k_paths": 1})
    assert (found.baseline, found.labels) == ("k = 1", ("k = 3",))
    assert found.to_frame()["paired"].all()
    loads = found.loads()
    pooled = sweep.results(pool=True)
    assert loads["iterations"].tolist() == pooled["iterations"].tolist()
    assert loads["iterations"].max() == 12
    for end in ("", "_low", "_high"):
        np.testing.assert_allclose(loads[f"blocking{end}"], pooled[f"blocking{end}"], rtol=1e-9)
    by_handle = fj.compare(sweep.runs, baseline=sweep.runs[4])
    assert by_handle.baseline == "k = 3", "a repeat names its point"
    with pytest.raises(ValueError, match="the 3 runs are repeats of one point"):
        fj.compare(sweep.runs[:3])


def test_several_networks_are_compared_each_with_its_own_baseline() -> None:
    grid = {"network": ["NSFNet", "USNet"], "k_paths": [1, 3]}
    sweep = fj.sweep("nsfnet_blocking", over=grid, **QUICK).wait(60)
    found = fj.compare(sweep, baseline={"k_paths": 3})
    assert found.labels == ("NSFNet, k = 1", "USNet, k = 1")
    assert found.baselines == ("NSFNet, k = 3", "USNet, k = 3")
    table = found.to_frame()
    assert table.columns[0] == "network"
    assert len(table) == 6
    inside = fj.compare([run for run in sweep.runs if run.record.network == "USNet"])
    expected = inside.to_frame()["difference"]
    assert table.loc[table["network"] == "USNet", "difference"].tolist() == pytest.approx(
        (-expected).tolist()
    )
    assert found.gain(0.9)[1] == (
        "USNet, k = 1 against k = 3: 90 % blocking is not reached up to 500 Erlang: simulate "
        "higher loads"
    )
    assert "baseline" in repr(found).splitlines()[3]
    for same in (
        fj.compare(sweep, baseline={"k_paths": 3}, within="network"),
        fj.compare(sweep.results("iteration"), baseline={"k_paths": 3}),
    ):
        assert same.to_frame().equals(table)
    across = fj.compare(sweep, within=())
    assert (across.baseline, len(across.labels)) == ("k = 1, NSFNet", 3)
    assert len(fj.compare(sweep, baseline=sweep.runs[0].id).labels) == 3
    panels = found.plot()
    assert [ax.get_title() for ax in panels] == ["NSFNet", "USNet"]
    plt.close("all")
    page = comparison_html.to_html(found)
    assert page.count("<img") == 2
    assert page.count("● ") + page.count("●</span>") == 2, "a name for each number of paths"
    with pytest.raises(ValueError, match="no two runs are equal in network, k_paths"):
        fj.compare(sweep, within=["network", "k_paths"])
    with pytest.raises(
        ValueError, match="within is 'netwrk'; allowed: options of the runs: .*Did you"
    ):
        fj.compare(sweep, within="netwrk")
    with pytest.raises(ValueError, match="within is 3; allowed: the name of an option"):
        fj.compare(sweep, within=3)  # type: ignore[arg-type]
    with pytest.raises(
        ValueError, match="which no run has, of those with network = USNet; allowed"
    ):
        fj.compare(sweep, baseline={"network": "NSFNet", "k_paths": 1}, within="network")


def test_what_is_to_be_added_to_an_ambiguous_baseline_is_said() -> None:
    grid = {"k_paths": [1, 3], "guard_slots": [0, 1]}
    sweep = fj.sweep("nsfnet_blocking", over=grid, **QUICK).wait(60)
    with pytest.raises(
        ValueError, match="To compare within equal guard_slots: within='guard_slots'"
    ):
        fj.compare(sweep, baseline={"k_paths": 1})
    found = fj.compare(sweep, baseline={"k_paths": 1}, within="guard_slots")
    assert found.labels == ("guard_slots = 0, k = 3", "guard_slots = 1, k = 3")


@pytest.fixture
def partly_failed() -> list[fj.Run]:
    """Four runs: the first was cancelled before its first result, the last is no simulation."""
    endless = {**QUICK, "num_requests": 50_000_000}
    runs = [fj.start("nsfnet_blocking", k_paths=1, **endless)]
    runs += [fj.start("nsfnet_blocking", k_paths=k, **QUICK) for k in (3, 5)]
    runs += [fj.start(command=["/bin/false"], name="program")]
    runs[0].cancel()
    for run in runs:
        run.wait(60)
    return runs


def test_runs_without_results_are_named_and_never_replaced_as_the_baseline(
    partly_failed: list[fj.Run],
) -> None:
    failed, three, _, program = partly_failed
    found = fj.compare(partly_failed, baseline=three)
    assert (found.baseline, found.labels) == ("k = 3", ("k = 5",)), (
        "what the compared ones differ in"
    )
    assert found.left_out == ("k = 1 (cancelled)", "program (failed)")
    assert "Left out, without results: k = 1 (cancelled); program (failed)." in repr(found)
    for wanted in (None, failed, failed.id, {"k_paths": 1}):
        with pytest.raises(ValueError, match=r"but has no results: k = 1 \(cancelled\); allowed"):
            fj.compare(partly_failed, baseline=wanted)
    with pytest.raises(ValueError, match="no results: program"):
        fj.compare(partly_failed, baseline=program)
    with pytest.raises(ValueError, match="are 0 runs with results .* Without results: Run"):
        fj.compare([failed, program])


def test_a_failed_run_with_some_results_is_compared_and_named() -> None:
    whole = make_run("a" * 12, "sequential_100G", options={"k_paths": 1})
    failed = make_run("b" * 12, "sequential_100G", status="FAILED", options={"k_paths": 3})
    assert "With a part of the results: sequential_100G (failed)." in repr(
        fj.compare([whole, failed])
    )


@pytest.mark.filterwarnings("ignore::fusion_jupyter.IncompleteResultsWarning")
def test_a_figure_tells_curves_apart_by_what_they_differ_in(partly_failed: list[fj.Run]) -> None:
    ax = fj.plot_blocking([*partly_failed[:3], partly_failed[3]])
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert texts[:2] == ["$k$ = 3", "$k$ = 5"]
    plt.close("all")


def test_a_repeat_or_a_network_that_is_missing_is_told() -> None:
    grid = {"network": ["NSFNet", "USNet"], "k_paths": [1, 3]}
    sweep = fj.sweep("nsfnet_blocking", over=grid, repeats=2, **QUICK).wait(60)
    runs = list(sweep.runs)
    for run in (runs[1], *runs[6:]):  # a repeat of the first point, and USNet with three paths
        shutil.rmtree(run.directory / "output")
    found = fj.compare(runs)
    assert found.labels == ("NSFNet, k = 3",)
    assert found.left_out == ("network = USNet, k_paths = 3 (completed)",)
    text = repr(found)
    assert "network = NSFNet, k_paths = 1: 1 of 2 repeats have no results." in text
    assert "Nothing to compare with: USNet, k = 1." in text
    loads = found.loads().set_index(["name", "erlang"])["iterations"]
    assert loads["NSFNet, k = 1"].max() == 4
    assert loads["NSFNet, k = 3"].max() == 8


def test_options_that_differ_by_their_templates_are_told(tmp_path) -> None:
    loads = {"erlang_start": 400, "erlang_stop": 400, "max_iters": 5, "num_requests": 200}
    one = fj.start("minimal", k_paths=3, **loads)
    one.wait(60)
    template = tmp_path / "half.ini"
    text = (one.directory / "config.ini").read_text()
    template.write_text(re.sub("(?m)^c_band = 320$", "c_band = 160", text))
    other = fj.start(template, k_paths=5, **loads)
    other.wait(60)
    notes = fj.compare([one, other]).notes
    assert "Their templates differ too, in c_band." in notes
    assert "templates" not in "".join(fj.compare([one, one.again(k_paths=5).wait(60)]).notes)


def test_the_figure_of_a_comparison_draws_a_curve_alike_in_each_panel() -> None:
    grid = {"network": ["NSFNet", "USNet"], "k_paths": [1, 2, 3]}
    sweep = fj.sweep("nsfnet_blocking", over=grid, **QUICK).wait(60)
    shutil.rmtree(sweep[0].directory / "output")
    panels = fj.compare(sweep.runs, baseline={"k_paths": 3}).plot()
    seen: dict[str, set[object]] = {}
    for ax in panels:
        for line in ax.lines:
            if line.get_label().startswith("$k$"):
                look = (line.get_color(), line.get_marker(), line.get_linestyle())
                seen.setdefault(line.get_label(), set()).add(look)
    assert sorted(map(len, seen.values())) == [1, 1, 1]
    assert len(set.union(*seen.values())) == 3
    plt.close("all")


def test_no_value_of_an_option_can_be_the_baseline_and_a_group() -> None:
    grid = {"snr_type": [None, "snr_calc_nli"], "k_paths": [1, 3]}
    sweep = fj.sweep("nsfnet_blocking", over=grid, **QUICK).wait(60)
    found = fj.compare(sweep, baseline={"snr_type": None}, within="k_paths")
    assert set(found.baselines) == {"k = 1, snr_type = None", "k = 3, snr_type = None"}
    saved = sweep.results("iteration")
    saved = saved.assign(snr_type=saved["snr_type"].astype("str"))  # None is NaN there
    again = fj.compare(saved, baseline={"snr_type": None}, within="k_paths")
    assert again.baselines == found.baselines
    table = fj.compare(sweep, baseline={"k_paths": 1}, within="snr_type").to_frame()
    assert table["snr_type"].drop_duplicates().tolist() == [None, "snr_calc_nli"]


def test_a_gain_over_loads_that_are_far_apart_says_so(runs: list[fj.Run]) -> None:
    near = fj.compare(runs, baseline={"k_paths": 1}, blocking=0.02)
    far = fj.results(runs, level="iteration")
    far = far[far["erlang"].isin([250.0, 400.0])]
    told = "interpolates between loads up to 150 Erlang apart"
    assert told in "".join(fj.compare(far, blocking=0.02).notes)
    assert told not in "".join(near.notes)


def test_a_run_that_has_lost_the_results_of_some_loads_is_named(runs: list[fj.Run]) -> None:
    for path in sorted(runs[0].directory.rglob("*_erlang.json"))[1:3]:
        path.unlink()
    for read in (fj.results, fj.table, fj.plot_blocking):
        with pytest.warns(fj.IncompleteResultsWarning, match=rf"{runs[0].id}.*results removed"):
            read(runs)
    assert "results removed" in "".join(fj.compare(runs).notes)
    plt.close("all")
