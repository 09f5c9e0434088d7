"""The four figures: what a reader sees, from runs and from frames, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import matplotlib as mpl
import nbformat
import numpy as np
import pandas as pd
import pytest
from artifact_runs import make_run
from nbclient import NotebookClient

import fusion_jupyter as fj
from fusion_jupyter.plots import plot_style

mpl.use("Agg")
import matplotlib.pyplot as plt

RUN, OTHER = "0123456789ab", "ba9876543210"
FIGURES: dict[str, tuple[Callable[..., Any], str]] = {
    "blocking": (fj.plot_blocking, "erlang"),
    "bandwidth": (fj.plot_blocking_by_bandwidth, "modulation"),
    "modulations": (fj.plot_modulations, "modulation"),
    "links": (fj.plot_link_utilization, "link"),
}
every_figure = pytest.mark.parametrize("figure", FIGURES)


@pytest.fixture(autouse=True)
def closed_figures() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture
def runs() -> list[str]:
    """Two runs that differ in an option."""
    make_run(RUN, "sequential_100G", options={"k_paths": 3})
    make_run(OTHER, "sequential_100G", options={"k_paths": 5})
    return [RUN, OTHER]


def legend(ax: Any) -> list[str]:
    found = ax.get_legend()
    return [] if found is None else [text.get_text() for text in found.get_texts()]


def overlaps(ax: Any) -> list[tuple[str, str]]:
    """Texts of a drawn figure that lie on one another."""
    ax.figure.canvas.draw()
    texts = [ax.xaxis.label, ax.yaxis.label, *ax.get_legend().get_texts()]
    for axis, (low, high) in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, sorted(ax.get_ylim()))):
        ticks = zip(axis.get_majorticklocs(), axis.get_majorticklabels(), strict=True)
        texts += [text for place, text in ticks if low <= place <= high and text.get_text()]
    boxes = [text.get_window_extent() for text in texts]
    return [
        (texts[i].get_text(), texts[j].get_text())
        for i in range(len(texts))
        for j in range(i)
        if boxes[i].overlaps(boxes[j])
    ]


@every_figure
def test_runs_and_their_frame_give_the_same_figure(runs: list[str], figure: str) -> None:
    plot, level = FIGURES[figure]
    of_runs, of_frame = plot(runs), plot(fj.results(runs, level))
    assert legend(of_runs) == legend(of_frame)
    assert len(of_runs.lines) == len(of_frame.lines)
    assert len(of_runs.patches) == len(of_frame.patches)


@every_figure
def test_axes_are_labelled_texts_are_apart_and_everything_is_inside(
    runs: list[str], figure: str
) -> None:
    ax = FIGURES[figure][0](runs)
    assert ax.get_xlabel()
    assert ax.get_ylabel()
    assert overlaps(ax) == []
    tight, width_height = ax.figure.get_tightbbox(), ax.figure.get_size_inches()
    assert tight.x0 >= 0
    assert tight.y0 >= 0
    assert tight.x1 <= width_height[0]
    assert tight.y1 <= width_height[1]


@every_figure
def test_given_axes_are_drawn_on_and_returned(runs: list[str], figure: str) -> None:
    _, ax = plt.subplots()
    assert FIGURES[figure][0](runs, ax=ax) is ax
    assert len(plt.get_fignums()) == 1


@every_figure
@pytest.mark.parametrize("ax", ["x", np.array([None, None])])
def test_what_is_no_axes_is_named_in_the_error(runs: list[str], figure: str, ax: Any) -> None:
    with pytest.raises(TypeError, match=r"ax has (str|ndarray); allowed"):
        FIGURES[figure][0](runs, ax=ax)


@every_figure
def test_without_results_the_figure_says_so(figure: str) -> None:
    make_run(RUN)
    ax = FIGURES[figure][0](RUN)
    assert "No results yet" in [text.get_text() for text in ax.texts]


@every_figure
def test_a_frame_of_another_level_is_refused_with_the_right_one(runs: list[str], figure: str):
    plot, level = FIGURES[figure]
    other = "link" if level != "link" else "erlang"
    with pytest.raises(ValueError, match=f"must be of level '{level}'"):
        plot(fj.results(runs, other))


def test_a_load_that_one_curve_has_twice_is_named(runs: list[str]) -> None:
    for frame in (fj.results(RUN, "iteration"), fj.results(runs).drop(columns="run_id")):
        with pytest.raises(ValueError, match="200 Erlang twice in one curve; it must have each"):
            fj.plot_blocking(frame)


def test_blocking_is_logarithmic_with_bands_and_zeros_shown(runs: list[str]) -> None:
    ax = fj.plot_blocking(runs)
    assert ax.get_yscale() == "log"
    assert ax.get_xlabel() == "Offered load (Erlang)"
    assert ax.get_ylabel() == "Request blocking probability"
    assert legend(ax) == [
        "k_paths = 3", "k_paths = 5", "90 % confidence interval", "no blocking observed",
    ]  # fmt: skip
    assert len(ax.collections) == 2
    frame = fj.results(RUN)
    curve = ax.lines[0]
    np.testing.assert_array_equal(curve.get_xdata(), frame["erlang"])
    np.testing.assert_array_equal(curve.get_ydata()[1:], frame["blocking"][1:])
    assert np.isnan(curve.get_ydata()[0])  # 200 Erlang: nothing was blocked
    low, high = ax.get_ylim()
    assert low < frame["blocking"][1] < frame["blocking"].max() < high


def test_the_band_is_mean_and_half_width_and_ends_at_the_axis(runs: list[str]) -> None:
    frame = fj.results(RUN)
    frame.loc[1, "blocking_ci"] = 1.0  # reaches below zero
    ax = fj.plot_blocking(frame)
    (band,) = ax.collections
    heights = band.get_paths()[0].vertices[:, 1]
    assert heights.min() == pytest.approx(ax.get_ylim()[0])
    assert (frame["blocking"] + frame["blocking_ci"])[2:].isin(heights).all()
    assert len(fj.plot_blocking(frame, confidence=False).collections) == 0


def test_a_single_iteration_has_no_band() -> None:
    make_run(RUN, "sigkill")
    assert fj.results(RUN)["iterations"].tolist() == [1]
    assert len(fj.plot_blocking(RUN).collections) == 0


def test_curves_of_several_calls_share_axes_and_differ_in_colour(runs: list[str]) -> None:
    ax = fj.plot_blocking(RUN, label="first")
    fj.plot_blocking(OTHER, ax=ax, label="second")
    assert legend(ax)[:2] == ["first", "second"]
    curves = [line for line in ax.lines if len(line.get_xdata()) > 1]
    assert [line.get_color() for line in curves] == list(plot_style.COLOURS[:2])
    assert len(ax.collections) == 2


def test_where_nothing_was_ever_blocked_the_axis_is_linear(runs: list[str]) -> None:
    ax = fj.plot_blocking(fj.results(RUN).assign(blocking=0.0))
    assert ax.get_yscale() == "linear"
    assert "no blocking observed" in legend(ax)


def test_colours_are_told_apart_without_colour_vision_of_any_kind() -> None:
    # Lightness alone does not part all seven, so that a curve has a marker of its own as well.
    assert len(set(plot_style.COLOURS)) == len(set(plot_style.MARKERS)) == 7
    published = {"#000000", "#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#CC79A7"}
    assert set(plot_style.COLOURS) == published


def test_blocking_by_bandwidth_is_blocked_by_offered() -> None:
    make_run(RUN, "sequential_100G")
    ax = fj.plot_blocking_by_bandwidth(RUN)
    assert legend(ax)[0] == "100 Gb/s"  # the one class that has requests
    np.testing.assert_allclose(ax.lines[0].get_ydata()[1:], fj.results(RUN)["blocking"][1:])


def test_blocking_by_bandwidth_needs_the_numbers_of_requests(runs: list[str]) -> None:
    frame = fj.results(RUN, "modulation").assign(offered=np.nan)
    with pytest.raises(ValueError, match="offered is unknown"):
        fj.plot_blocking_by_bandwidth(frame)


def test_modulations_fill_a_hundred_percent_at_each_load(runs: list[str]) -> None:
    ax = fj.plot_modulations(runs)
    assert legend(ax) == ["QPSK", "16-QAM", "64-QAM", "k_paths = 3", "k_paths = 5"]
    tops: dict[float, float] = {}
    for bar in ax.patches:
        x = round(bar.get_x(), 6)
        tops[x] = max(tops.get(x, 0.0), bar.get_y() + bar.get_height())
    assert len(tops) == 2 * 7
    assert list(tops.values()) == pytest.approx([100.0] * 14)
    assert ax.get_ylabel() == "Lightpaths (%)"


def test_links_stand_busiest_first_at_the_chosen_load(runs: list[str]) -> None:
    links = fj.results(RUN, "link")
    for erlang in (300.0, 800.0):
        ax = fj.plot_link_utilization(RUN, erlang=erlang)
        lengths = [bar.get_width() for bar in sorted(ax.patches, key=lambda bar: bar.get_y())]
        expected = links[links["erlang"] == erlang]["usage_count"]
        assert lengths == sorted(expected, reverse=True)
        assert f"{erlang:g} Erlang" in ax.get_xlabel()
    assert "Gb/s" in fj.plot_link_utilization(RUN, metric="throughput").get_xlabel()
    few = fj.plot_link_utilization(RUN, top=5)
    assert len(few.patches) == 5
    assert "17 less used ones not shown" in few.get_ylabel()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"erlang": 301}, "erlang is 301; allowed: 200, 300"),
        ({"metric": "usage"}, "metric is 'usage'; allowed: usage_count, throughput"),
        ({"top": 0}, "top is 0; allowed: 1 or more"),
    ],
)
def test_what_a_link_figure_does_not_know_is_refused(
    runs: list[str], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        fj.plot_link_utilization(runs, **options)


def test_a_metric_that_is_unknown_is_refused(runs: list[str]) -> None:
    with pytest.raises(ValueError, match="metric is 'x'; allowed: blocking, bit_rate_blocking"):
        fj.plot_blocking(runs, metric="x")


def test_two_processes_are_two_curves() -> None:
    make_run(RUN, "multiprocess_legacy_s1_s2")
    assert legend(fj.plot_blocking(RUN))[:2] == ["s1", "s2"]


def test_a_notebook_shows_every_figure_not_the_first_alone() -> None:
    names = [plot.__name__ for plot, _ in FIGURES.values()]
    cells = ["import fusion_jupyter as fj", *(f"ax = fj.{name}([])" for name in names)]
    notebook = nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, cells)))
    arguments = ["--IPKernelApp.log_level=ERROR"]
    NotebookClient(notebook, kernel_name="python3", extra_arguments=arguments).execute()
    for cell in notebook.cells[1:]:
        assert ["image/png" in output["data"] for output in cell.outputs] == [True], cell.source


def test_seaborn_style_frames_computed_on_are_drawn_too(runs: list[str]) -> None:
    frame = fj.results(runs)
    mean = frame.groupby("erlang", as_index=False)["blocking"].mean()
    assert isinstance(mean, pd.DataFrame)
    assert len(fj.plot_blocking(mean).lines) >= 1
