"""The four figures: what a reader sees, from runs and from frames, and what is refused."""

from __future__ import annotations

import itertools
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import nbformat
import numpy as np
import pandas as pd
import pytest
from artifact_runs import make_run
from nbclient import NotebookClient

import fusion_jupyter as fj
from fusion_jupyter.plots import style as looks

mpl.use("Agg")
import matplotlib.pyplot as plt

RUN, OTHER = "0123456789ab", "ba9876543210"
FIGURES: dict[str, tuple[Callable[..., Any], str]] = {
    "blocking": (fj.plot_blocking, "erlang"),
    "bandwidth": (fj.plot_blocking_by_bandwidth, "bandwidth"),
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
    texts = [ax.xaxis.label, ax.yaxis.label, *ax.texts]
    texts += ax.get_legend().get_texts() if ax.get_legend() else []
    for axis, (low, high) in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, sorted(ax.get_ylim()))):
        ticks = zip(axis.get_majorticklocs(), axis.get_majorticklabels(), strict=False)
        texts += [text for place, text in ticks if low <= place <= high and text.get_text()]
    boxes = [text.get_window_extent() for text in texts]
    return [
        (texts[i].get_text(), texts[j].get_text())
        for i in range(len(texts))
        for j in range(i)
        if boxes[i].overlaps(boxes[j])
    ]


def inside(figure: Any) -> bool:
    """Whether nothing of a drawn figure is cut off at its edge."""
    tight, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    return bool(tight.x0 >= 0 and tight.y0 >= 0 and tight.x1 <= width and tight.y1 <= height)


def curves(ax: Any) -> list[Any]:
    """The lines that stand for results, without the marks of zeros and of the break."""
    return [line for line in ax.lines if line.get_transform() == ax.transData]


def zeros(ax: Any) -> list[Any]:
    """The marks of loads at which nothing was blocked."""
    return [line for line in ax.lines if line.get_marker() == "v" and len(line.get_xdata()) == 1]


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
    assert inside(ax.figure)


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
        "$k$ = 3", "$k$ = 5", "95 % confidence (rough: $n$ = 3)",
        "no blocking observed, upper bound",
    ]  # fmt: skip
    frame = fj.results(RUN)
    curve = ax.lines[0]
    np.testing.assert_array_equal(curve.get_xdata(), frame["erlang"])
    np.testing.assert_array_equal(curve.get_ydata()[1:], frame["blocking"][1:])
    assert np.isnan(curve.get_ydata()[0])  # 200 Erlang: nothing was blocked
    low, high = ax.get_ylim()
    assert low < frame["blocking"][1] < frame["blocking"].max() < high


def test_zeros_stand_in_one_row_below_a_break_that_is_labelled_0(runs: list[str]) -> None:
    ax = fj.plot_blocking(runs)
    ax.figure.canvas.draw()
    marks = zeros(ax)
    places = [line.get_transform().transform(line.get_xydata()[0]) for line in marks]
    assert len(places) == 2
    assert places[0][1] == pytest.approx(places[1][1])
    assert abs(places[0][0] - places[1][0]) > 3  # beside each other, not on one another
    labels = {t.get_text(): t.get_window_extent() for t in ax.get_yticklabels()}
    assert labels["0"].y0 < places[0][1] < labels["0"].y1
    lowest = min(np.nanmin(line.get_ydata()) for line in curves(ax))
    assert ax.transData.transform((0, lowest))[1] > places[0][1] + 5


def test_a_zero_shows_what_the_blocking_is_at_most(runs: list[str]) -> None:
    frame = fj.results(RUN)
    ax = fj.plot_blocking(frame)
    caps = [line for line in ax.lines if line.get_marker() == "_"]
    assert [line.get_ydata()[0] for line in caps] == [frame["blocking_high"][0]]
    assert not [
        line for line in fj.plot_blocking(frame, confidence=False).lines if line.get_marker() == "_"
    ]


def test_the_band_is_the_interval_and_ends_at_the_break(runs: list[str]) -> None:
    frame = fj.results(RUN, confidence=0.99)
    above = frame.loc[frame["blocking_low"] > 0, "blocking_low"]
    assert 0 in frame["blocking_low"][1:].to_numpy()
    assert len(above) > 3
    ax = fj.plot_blocking(frame)
    (band,) = [found for found in ax.collections if len(found.get_paths())]
    heights = band.get_paths()[0].vertices[:, 1]
    row = ax.transAxes.inverted().transform(ax.transData.transform((0, heights.min())))[1]
    assert 0.05 < row < 0.15
    assert frame["blocking_high"][1:].isin(heights).all()
    assert above.isin(heights).all()
    assert not [c for c in fj.plot_blocking(frame, confidence=False).collections if c.get_paths()]


def test_a_single_iteration_has_no_band() -> None:
    make_run(RUN, "sigkill")
    assert fj.results(RUN)["iterations"].tolist() == [1]
    ax = fj.plot_blocking(RUN)
    assert not [found for found in ax.collections if len(found.get_paths())]
    assert legend(ax) == ["sigkill"]


def test_curves_of_several_calls_share_axes_and_differ_in_colour(runs: list[str]) -> None:
    ax = fj.plot_blocking(RUN, label="first")
    fj.plot_blocking(OTHER, ax=ax, label="second")
    assert [text.split(",")[0] for text in legend(ax)[:2]] == ["first", "second"]
    found = [line for line in curves(ax) if len(line.get_xdata()) > 2]
    assert [line.get_color() for line in found] == list(looks.COLOURS[:2])


def everything_is_seen(ax: Any, frame: pd.DataFrame) -> bool:
    low, high = ax.get_ylim()
    shown = frame.loc[frame["blocking"] > 0, "blocking"]
    return bool(shown.between(low, high).all())


def test_a_second_call_on_the_axes_or_beside_them_hides_no_point(runs: list[str]) -> None:
    frame = fj.results(RUN)
    lower = frame.assign(blocking=frame["blocking"] / 1000)
    for first, second in ((lower, frame), (frame, lower)):
        ax = fj.plot_blocking(first, confidence=False)
        fj.plot_blocking(second, confidence=False, ax=ax)
        _, (left, right) = plt.subplots(1, 2, sharey=True)
        fj.plot_blocking(first, confidence=False, ax=left)
        fj.plot_blocking(second, confidence=False, ax=right)
        for one in (ax, left, right):
            assert everything_is_seen(one, frame)
            assert everything_is_seen(one, lower)
    _, mine = plt.subplots()
    mine.plot([200, 800], [1e-7, 1e-6])
    fj.plot_blocking(frame, ax=mine)
    assert mine.get_ylim()[0] < 1e-7


def test_ticks_follow_the_limits_that_the_user_sets(runs: list[str]) -> None:
    ax = fj.plot_blocking(RUN)
    ax.set_ylim(1e-6, 1)
    ax.figure.canvas.draw()
    assert "$10^{-5}$" in [text.get_text() for text in ax.get_yticklabels()]
    ax.set_ylim(0.01, 0.2)
    ax.figure.canvas.draw()
    assert [t.get_text() for t in ax.get_yticklabels()] == ["0", "0.02", "0.05", "0.1", "0.2"]


def test_many_curves_leave_given_axes_their_room(runs: list[str]) -> None:
    many = frame_of_many(9)
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.16, 2.6), layout="constrained")
    right.plot([0, 1], [0, 1])
    fj.plot_blocking(many, ax=left)
    figure.canvas.draw()
    assert left.get_position().width > 0.8 * right.get_position().width
    own = fj.plot_blocking(many)
    own.figure.canvas.draw()
    assert own.get_position().width * own.figure.get_figwidth() > 3.0
    assert inside(own.figure)
    assert overlaps(own) == []


def test_the_legend_of_a_narrow_figure_covers_no_value(runs: list[str]) -> None:
    crowd = [
        pd.DataFrame({"erlang": np.arange(200.0, 801, 25), "blocking": value})
        for value in np.geomspace(0.003, 0.1, 3)
    ]
    for reference in (None, crowd[:1], crowd):
        ax = fj.plot_blocking(runs, reference=reference, style_sheet="ieee")
        ax.figure.canvas.draw()
        box = ax.get_legend().get_window_extent()
        for line in curves(ax):
            points = ax.transData.transform(line.get_xydata())
            assert not any(box.contains(x, y) for x, y in points[np.isfinite(points).all(axis=1)])
        assert ax.get_window_extent().height > 1.5 * ax.figure.dpi
        assert inside(ax.figure)


def frame_of_many(count: int) -> pd.DataFrame:
    frame = fj.results(RUN)
    copies = [
        frame.assign(run_id=f"{n:012x}", name=f"run {n}", blocking=frame["blocking"] / (n + 1))
        for n in range(count)
    ]
    return pd.concat(copies, ignore_index=True)


def test_no_two_of_many_curves_look_alike(runs: list[str]) -> None:
    ax = fj.plot_blocking(frame_of_many(40), confidence=False)
    found = [line for line in curves(ax) if len(line.get_xdata()) > 2]
    assert (
        len({(line.get_color(), line.get_marker(), line.get_linestyle()) for line in found}) == 40
    )


def test_a_legend_of_fifty_curves_fits_into_the_figure(runs: list[str]) -> None:
    ax = fj.plot_blocking(frame_of_many(50), confidence=False, style_sheet="ieee")
    assert len(legend(ax)) == 51
    assert overlaps(ax) == []
    assert inside(ax.figure)


def test_hue_and_style_are_colours_and_dashes(runs: list[str]) -> None:
    frame = frame_of_many(4).assign(k=[*[1] * 14, *[3] * 14], net=[*["A"] * 7, *["B"] * 7] * 2)
    ax = fj.plot_blocking(frame, hue="k", style="net", confidence=False)
    found = [line for line in curves(ax) if len(line.get_xdata()) > 2]
    colours = [line.get_color() for line in found]
    dashes = [line.get_linestyle() for line in found]
    assert colours[0] == colours[1] != colours[2] == colours[3]
    assert dashes[0] == dashes[2] != dashes[1] == dashes[3]
    assert legend(ax)[:4] == [
        "k = 1, net = A",
        "k = 1, net = B",
        "k = 3, net = A",
        "k = 3, net = B",
    ]


def test_col_makes_a_panel_for_each_value_with_one_scale_and_one_legend(runs: list[str]) -> None:
    axes = fj.plot_blocking(runs, col="k_paths", style_sheet="ieee")
    assert [ax.get_title() for ax in axes] == ["$k$ = 3", "$k$ = 5"]
    assert axes[0].get_ylim() == axes[1].get_ylim()
    figure = axes[0].figure
    assert figure.get_figwidth() == pytest.approx(7.16)
    assert len(figure.legends) == 1
    assert [overlaps(ax) for ax in axes] == [[], []]
    assert inside(figure)
    with pytest.raises(ValueError, match="ax and col"):
        fj.plot_blocking(runs, col="k_paths", ax=axes[0])


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("k = {k_paths}", ["$k$ = 3", "$k$ = 5"]),
        ("{k_paths} paths, {network}", ["3 paths, NSFNet", "5 paths, NSFNet"]),
        ("mine", ["mine, $k$ = 3", "mine, $k$ = 5"]),
        ("in $", [r"in \$, $k$ = 3", r"in \$, $k$ = 5"]),
    ],
)
def test_a_label_is_a_template_or_a_prefix(
    runs: list[str], label: str, expected: list[str]
) -> None:
    assert legend(fj.plot_blocking(runs, label=label))[:2] == expected


@pytest.mark.parametrize("label", ["{paths}", "{0}", "{", "{k_paths:z}"])
def test_a_label_that_is_no_template_is_named(runs: list[str], label: str) -> None:
    with pytest.raises(ValueError, match="label is"):
        fj.plot_blocking(runs, label=label)


@pytest.mark.parametrize("by", ["hue", "style", "col"])
def test_a_column_that_is_not_there_is_named(runs: list[str], by: str) -> None:
    with pytest.raises(
        ValueError, match=f"{by} is 'paths'; allowed: a column of the frame: run_id"
    ):
        fj.plot_blocking(runs, **{by: "paths"})


def test_runs_are_called_by_the_names_that_their_user_gave() -> None:
    make_run(RUN, "sequential_100G", options={"k_paths": 3}, name="short $ paths")
    make_run(OTHER, "sequential_100G", options={"k_paths": 5}, name="k = 5")
    ax = fj.plot_blocking([RUN, OTHER])
    assert legend(ax)[:2] == [r"short \$ paths", "$k$ = 5"]
    ax.figure.canvas.draw()


def test_a_name_made_of_options_or_by_default_is_no_name() -> None:
    make_run(RUN, "sequential_100G", options={"k_paths": 3}, name="study, k_paths = 3")
    make_run(OTHER, "sequential_100G", options={"k_paths": 5}, name="study, k_paths = 5")
    assert legend(fj.plot_blocking([RUN, OTHER]))[:2] == ["$k$ = 3", "$k$ = 5"]
    make_run("111111111111", "sequential_100G", name="Run 111111")
    assert legend(fj.plot_blocking("111111111111"))[0].startswith("95 %")


@pytest.mark.parametrize(("sheet", "width", "size"), [("ieee", 3.5, 8.0), ("nature", 3.5, 7.0)])
def test_a_style_sheet_has_the_journals_width_and_size(
    runs: list[str], sheet: str, width: float, size: float
) -> None:
    for plot, _ in FIGURES.values():
        ax = plot(RUN, style_sheet=sheet)
        assert ax.figure.get_figwidth() == pytest.approx(width)
        assert ax.xaxis.label.get_fontsize() == size
        assert overlaps(ax) == []
        assert inside(ax.figure)
        with pytest.raises(ValueError, match="style_sheet is 'acm'; allowed: None, 'ieee'"):
            plot(RUN, style_sheet="acm")


def test_images_are_saved_at_300_dpi_and_fonts_as_text(runs: list[str], tmp_path: Path) -> None:
    ax = fj.plot_blocking(runs, style_sheet="ieee")
    ax.figure.savefig(tmp_path / "figure.png")
    assert plt.imread(tmp_path / "figure.png").shape[:2] == (750, 1050)
    ax.figure.savefig(tmp_path / "figure.pdf")
    assert b"/Type3" not in (tmp_path / "figure.pdf").read_bytes()
    ax.figure.savefig(tmp_path / "coarse.png", dpi=50)
    assert plt.imread(tmp_path / "coarse.png").shape[1] == 175
    assert pickle.loads(pickle.dumps(ax.figure)).get_size_inches()[0] == pytest.approx(3.5)


def test_published_values_stand_beside_ours(runs: list[str]) -> None:
    published = pd.DataFrame({"erlang": [300, 500], "blocking": [1e-6, 0.07]})
    published.attrs["label"] = "Somebody et al."
    ax = fj.plot_blocking(runs, reference=published)
    assert "Somebody et al." in legend(ax)
    assert ax.get_ylim()[0] < 1e-6
    by_name = fj.plot_blocking(runs, reference=[published, "deeprmsa-nsfnet"])
    assert legend(by_name)[2:4] == ["Somebody et al.", "KSP-FF, DeepRMSA setting"]
    with pytest.raises(ValueError, match="no reference 'deeprmsa'"):
        fj.plot_blocking(runs, reference="deeprmsa")
    with pytest.raises(TypeError, match="reference has int"):
        fj.plot_blocking(runs, reference=3)


def test_where_nothing_was_ever_blocked_the_axis_is_linear(runs: list[str]) -> None:
    frame = fj.results(RUN).assign(blocking=0.0)
    ax = fj.plot_blocking(frame.drop(columns=["blocking_low", "blocking_high"]))
    assert ax.get_yscale() == "linear"
    assert len(zeros(ax)) == 7
    assert "no blocking observed" in legend(ax)


def test_colours_are_distinguished_without_colour_vision_of_any_kind() -> None:
    # Lightness alone does not part all seven, so that a curve has a marker of its own as well.
    assert len(set(looks.COLOURS)) == 7 < len(set(looks.MARKERS))
    published = {"#000000", "#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#CC79A7"}
    assert set(looks.COLOURS) == published


def test_blocking_by_bandwidth_is_blocked_by_offered() -> None:
    make_run(RUN, "sequential_100G")
    ax = fj.plot_blocking_by_bandwidth(RUN)
    assert legend(ax)[0] == "100 Gb/s"  # the one class that has requests
    np.testing.assert_allclose(ax.lines[0].get_ydata()[1:], fj.results(RUN)["blocking"][1:])


def test_blocking_by_bandwidth_needs_the_numbers_of_requests(runs: list[str]) -> None:
    frame = fj.results(RUN, "bandwidth").assign(offered=np.nan)
    with pytest.raises(ValueError, match="offered is unknown"):
        fj.plot_blocking_by_bandwidth(frame)


def test_modulations_fill_a_hundred_percent_at_each_load(runs: list[str]) -> None:
    ax = fj.plot_modulations(runs)
    assert legend(ax) == ["QPSK", "16-QAM", "64-QAM", "$k$ = 3", "$k$ = 5"]
    tops: dict[float, float] = {}
    for bar in ax.patches:
        x = round(bar.get_x(), 6)
        tops[x] = max(tops.get(x, 0.0), bar.get_y() + bar.get_height())
    assert len(tops) == 2 * 7
    assert list(tops.values()) == pytest.approx([100.0] * 14)
    assert ax.get_ylabel() == "Lightpaths (%)"


def test_each_of_seven_runs_has_a_hatch_of_its_own_also_in_the_legend(runs: list[str]) -> None:
    counts = fj.results(RUN, "modulation")
    many = [counts.assign(run_id=f"{n:012x}", name=f"run {n}") for n in range(8)]
    ax = fj.plot_modulations(pd.concat(many[:7]))
    patches = [patch for patch in ax.get_legend().get_patches() if patch.get_label()[:3] == "run"]
    assert len({patch.get_hatch() for patch in patches}) == 7
    assert overlaps(ax) == []
    with pytest.raises(ValueError, match="data has 8 runs; allowed: up to 7"):
        fj.plot_modulations(pd.concat(many))


def test_links_stand_busiest_first_at_the_chosen_load(runs: list[str]) -> None:
    links = fj.results(RUN, "link")
    for erlang in (300.0, 800.0):
        ax = fj.plot_link_utilization(RUN, erlang=erlang)
        lengths = [bar.get_width() for bar in sorted(ax.patches, key=lambda bar: bar.get_y())]
        expected = links[links["erlang"] == erlang]["throughput"]  # FUSION tells no slots in use
        assert lengths == sorted(expected, reverse=True)
        assert f"{erlang:g} Erlang" in ax.get_xlabel()
    assert "Gb/s" in fj.plot_link_utilization(RUN).get_xlabel()
    assert "Lightpaths" in fj.plot_link_utilization(RUN, metric="usage_count").get_xlabel()
    few = fj.plot_link_utilization(RUN, top=5)
    assert len(few.patches) == 5
    assert "17 less used ones not shown" in few.get_ylabel()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"erlang": 301}, "erlang is 301; allowed: 200, 300"),
        ({"metric": "usage"}, "metric is 'usage'; allowed: utilization, usage_count"),
        ({"metric": "utilization"}, "utilization is unknown in all rows"),
        ({"top": 0}, "top is 0; allowed: 1 or more"),
    ],
)
def test_what_a_link_figure_does_not_know_is_refused(
    runs: list[str], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        fj.plot_link_utilization(runs, **options)


def test_links_of_two_networks_are_two_links(runs: list[str]) -> None:
    links = fj.results(runs, "link")
    links["network"] = links["network"].mask(links["run_id"] == OTHER, "USNet")
    ax = fj.plot_link_utilization(links, top=None)
    names = [text.get_text() for text in ax.get_yticklabels()]
    assert len(names) == 44
    assert {"NSFNet 0\N{EN DASH}1", "USNet 0\N{EN DASH}1"} <= set(names)
    assert overlaps(ax) == []


def test_utilization_is_drawn_in_percent_where_it_is_known(runs: list[str]) -> None:
    links = fj.results(RUN, "link")
    links["utilization"] = links["throughput"] / links["throughput"].max()
    ax = fj.plot_link_utilization(links, erlang=800)
    assert "% of slots and time" in ax.get_xlabel()
    assert max(bar.get_width() for bar in ax.patches) == pytest.approx(
        100 * links.loc[links["erlang"] == 800, "utilization"].max()
    )


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


def _with_zeros(curves: int, networks: int = 1) -> pd.DataFrame:
    """Curves without blocking at their first loads."""
    rows = [
        {
            "run_id": f"{curve:012x}",
            "name": f"curve {curve}",
            "network": f"network {curve % networks}",
            "process": "s1",
            "erlang": 100.0 + 50 * step,
            "blocking": 0.0 if step < 3 else 1e-4 * 2**step * (1 + curve / 4),
            "blocking_low": 0.0,
            "blocking_high": 2e-4 * 2**step * (1 + curve / 4),
            "iterations": 10,
        }
        for curve in range(curves)
        for step in range(10)
    ]
    return pd.DataFrame(rows)


def _zeros(ax: Any) -> list[tuple[float, float]]:
    """Where the marks of loads without blocking are, in pixels."""
    marks = [line for line in ax.lines if line.get_marker() == "v" and line.get_mfc() == "white"]
    return [tuple(line.get_transform().transform(line.get_xydata())[0]) for line in marks]


@pytest.mark.parametrize(("curves", "networks"), [(2, 1), (20, 1), (10, 5)])
def test_the_marks_of_no_blocking_stay_inside_the_axes_and_apart(
    curves: int, networks: int
) -> None:
    frame = _with_zeros(curves, networks)
    axes = np.atleast_1d(fj.plot_blocking(frame, col="network" if networks > 1 else None))
    axes[0].figure.canvas.draw()
    for ax in axes:
        found = _zeros(ax)
        assert len(found) == 3 * curves / networks
        assert all(ax.bbox.contains(x, y) for x, y in found)
        # Those of one load end before those of the next begin.
        assert [x for x, _ in found] == sorted(x for x, _ in found)


def test_the_labels_of_six_panels_do_not_overlap() -> None:
    axes = fj.plot_blocking(_with_zeros(12, 6), col="network")
    axes[0].figure.canvas.draw()
    boxes = [ax.xaxis.label.get_window_extent() for ax in axes]
    assert all(left.x1 < right.x0 for left, right in itertools.pairwise(boxes))


def test_a_legend_covers_no_line_between_two_points() -> None:
    ends = [(1e-4, 1e-1), (1e-1, 1e-4), (2e-2, 2e-2), (3e-4, 3e-4), (3e-3, 2e-3)]
    frame = pd.DataFrame(
        {"run_id": f"{number:012x}", "name": f"curve {number}", "process": "s1"}
        | {"erlang": erlang, "blocking": blocking, "iterations": 1}
        for number, values in enumerate(ends)
        for erlang, blocking in zip((100.0, 600.0), values, strict=True)
    )
    ax = fj.plot_blocking(frame)
    ax.figure.canvas.draw()
    box = ax.get_legend().get_window_extent()
    for line in ax.lines:
        path = line.get_transform().transform_path(line.get_path())
        assert not path.intersects_bbox(box, filled=False)


def grid_of_curves() -> pd.DataFrame:
    """Results of eight runs that differ in three options."""
    values = itertools.product(["NSFNet", "USNet"], [1, 3], [0, 1])
    return pd.DataFrame(
        [
            {
                "run_id": f"{number:06x}" * 2, "name": f"Run {number:06x}", "k_paths": k,
                "guard_slots": guard, "network": network, "process": "s1", "erlang": load,
                "blocking": 0.01 * (number + 1), "iterations": 5,
            }
            for number, (network, k, guard) in enumerate(values)
            for load in (300.0, 400.0)
        ]
    )  # fmt: skip


def test_curves_that_the_hue_leaves_alike_are_told_apart_all_the_same() -> None:
    ax = fj.plot_blocking(grid_of_curves(), hue="k_paths")
    assert len(set(legend(ax))) == 8
    assert "$k$ = 1, guard_slots = 0, NSFNet" in legend(ax)
    shown = {
        (line.get_color(), line.get_linestyle(), line.get_markerfacecolor()) for line in ax.lines
    }
    assert len(shown) >= 4
    panels = fj.plot_blocking(grid_of_curves(), hue="k_paths", col="network")
    texts = [text.get_text() for text in panels[0].figure.legends[0].get_texts()]
    assert sorted(texts) == [f"$k$ = {k}, guard_slots = {g}" for k in (1, 3) for g in (0, 1)]
    whole = fj.plot_blocking(grid_of_curves(), hue="k_paths", style="guard_slots", col="network")
    assert len(whole[0].figure.legends[0].get_texts()) == 4


def test_a_legend_below_panels_is_never_wider_than_the_figure() -> None:
    frame = grid_of_curves().assign(blocking_low=0.001, blocking_high=0.9)
    frame.loc[frame["erlang"] == 300, ["blocking", "blocking_low"]] = 0.0
    figure = fj.plot_blocking(frame, hue="k_paths", col="network", style_sheet="ieee")[0].figure
    figure.draw_without_rendering()
    box = figure.legends[0].get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.width


def looks_of(ax: Any) -> dict[str, tuple[Any, ...]]:
    """How each labelled curve looks."""
    return {line.get_label(): look(line) for line in curves(ax) if line.get_label()[0] != "_"}


def look(line: Any) -> tuple[Any, ...]:
    fill = line.get_markerfacecolor()
    return line.get_color(), line.get_marker(), line.get_linestyle(), fill


def explained(figure: Any) -> dict[str, tuple[Any, ...]]:
    """How the legend below panels says that curves look."""
    (found,) = figure.legends
    texts = [text.get_text() for text in found.get_texts()]
    pairs = zip(texts, found.legend_handles, strict=True)
    return {text: look(handle) for text, handle in pairs if text.startswith("$k$")}


@pytest.mark.parametrize("by", [{}, {"hue": "k_paths"}, {"style": "k_paths"}])
@pytest.mark.parametrize("col", ["network", "guard_slots"])
def test_a_legend_below_panels_is_true_for_each_of_them_also_if_one_lacks_a_curve(
    by: dict[str, str], col: str
) -> None:
    whole = grid_of_curves()
    for lacking in (1, 3):
        frame = whole[(whole[col] != whole[col].iloc[0]) | (whole["k_paths"] != lacking)]
        axes = fj.plot_blocking(frame, col=col, **by)
        told = explained(axes[0].figure)
        assert len(set(told.values())) == len(told), "no look stands for two curves"
        assert [len(looks_of(ax)) < len(told) for ax in axes] == [True, False]
        for ax in axes:
            for text, shown in looks_of(ax).items():
                assert shown == told[text]


def test_the_curves_of_a_legend_below_panels_stand_in_their_order_before_its_notes() -> None:
    whole = grid_of_curves().query("guard_slots == 0").assign(blocking_low=0.001, blocking_high=0.9)
    frame = whole[(whole["network"] != "NSFNet") | (whole["k_paths"] != 1)]
    axes = fj.plot_blocking(frame, hue="k_paths", col="network")
    texts = [text.get_text() for text in axes[0].figure.legends[0].get_texts()]
    assert texts[:2] == ["$k$ = 1", "$k$ = 3"]
    assert len(texts) == 3


@pytest.mark.parametrize("by", [{}, {"hue": "k_paths"}])
def test_on_axes_that_are_used_again_a_label_has_one_look_and_a_look_one_label(
    by: dict[str, str],
) -> None:
    whole = grid_of_curves().query("guard_slots == 0 and network == 'NSFNet'")
    frame = whole.drop(columns="guard_slots")
    one, three = (frame[frame["k_paths"] == k] for k in (1, 3))
    ax = fj.plot_blocking(one, **by)
    first = looks_of(ax)["$k$ = 1"]
    fj.plot_blocking(three, ax=ax, **by)
    fj.plot_blocking(frame, ax=ax, label="again", **by)
    fj.plot_blocking(one, ax=ax, **by)
    told = looks_of(ax)
    assert len(told) == len(set(told.values())) == 4
    assert told["$k$ = 1"] == first
    drawn = [line for line in curves(ax) if line.get_label() == "$k$ = 1"]
    assert len({look(line) for line in drawn}) == 1
    assert len(drawn) == 2


def test_on_axes_that_are_used_again_other_labels_of_equal_options_look_otherwise() -> None:
    whole = grid_of_curves().query("guard_slots == 0")
    _, ax = plt.subplots()
    for network, rows in whole.groupby("network"):
        fj.plot_blocking(rows, hue="k_paths", label=f"{network}, {{k_paths}} paths", ax=ax)
    told = looks_of(ax)
    assert len(told) == len(set(told.values())) == 4


def test_classes_of_bandwidth_and_other_curves_share_axes(runs: list[str]) -> None:
    ax = fj.plot_blocking_by_bandwidth(RUN)
    fj.plot_blocking(OTHER, label="all", ax=ax)
    fj.plot_blocking_by_bandwidth(RUN, ax=ax)
    shown = [(line.get_label(), line.get_color()) for line in curves(ax) if line.get_label() != ""]
    shown = [each for each in shown if each[0][0] != "_"]
    assert shown[0] == shown[2]
    assert shown[0][1] != shown[1][1]


def test_panels_call_runs_by_the_names_that_tell_them_apart_in_each_panel() -> None:
    whole = grid_of_curves().query("guard_slots == 0")
    frame = whole.assign(name=whole["k_paths"].map({1: "direct", 3: "detours"}))
    axes = fj.plot_blocking(frame, col="network")
    assert [list(looks_of(ax)) for ax in axes] == [["direct", "detours"]] * 2
    assert looks_of(axes[0]) == looks_of(axes[1])


@pytest.fixture(params=[None, np.nan])
def with_none(request: pytest.FixtureRequest) -> pd.DataFrame:
    """Results of which some have no value of an option; a frame that was saved has NaN instead."""
    frame = grid_of_curves().drop(columns="guard_slots")
    frame = frame.drop_duplicates(["k_paths", "network", "erlang"])
    values = [request.param if k == 1 else k for k in frame["k_paths"]]
    kind = object if request.param is None else None
    return frame.assign(k_paths=pd.Series(values, dtype=kind, index=frame.index))


@pytest.mark.parametrize("as_text", [False, True])
def test_an_option_without_a_value_has_its_panel_colour_and_name(
    with_none: pd.DataFrame, as_text: bool
) -> None:
    if as_text:
        texts = with_none["k_paths"].map({3: "three"}).astype("str")
        with_none = with_none.assign(k_paths=texts)
    three = "$k$ = three" if as_text else "$k$ = 3"
    axes = fj.plot_blocking(with_none, col="k_paths")
    assert {ax.get_title() for ax in axes} == {three, "$k$ = None"}
    assert [len(looks_of(ax)) for ax in axes] == [2, 2]
    for by in ("hue", "style"):
        told = looks_of(fj.plot_blocking(with_none, **{by: "k_paths"}))
        names = {f"{k}, {net}" for k in (three, "$k$ = None") for net in ("NSFNet", "USNet")}
        assert set(told) == names
        assert len(set(told.values())) == 4
    assert set(looks_of(fj.plot_blocking(with_none))) == names
