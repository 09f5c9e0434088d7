"""Runs compared with a baseline: frame, words, and a known difference that pairs find."""

from __future__ import annotations

import math
from collections.abc import Callable
from html.parser import HTMLParser

import pandas as pd
import pytest
from loss_system import erlang_b, load_of
from single_link import iterations_of

from fusion_jupyter.analysis import comparison_text
from fusion_jupyter.analysis.comparison import COLUMNS, Comparison, compare_iterations
from fusion_jupyter.analysis.gain import Gain
from fusion_jupyter.analysis.statistics import interval
from fusion_jupyter.analysis.wording import probability, with_half_width, with_interval

RUNS = {"a1": {"slots": 20}, "b2": {"slots": 21}}


@pytest.fixture(scope="module")
def links() -> pd.DataFrame:
    """20 and 21 slots, the same requests on both, 5 iterations at three loads."""
    return iterations_of({"a1": 20, "b2": 21}, [10.0, 12.0, 14.0], iterations=5)


def test_pairs_find_a_known_difference_where_unpaired_iterations_do_not(
    links: pd.DataFrame,
) -> None:
    truth = erlang_b(12, 21) - erlang_b(12, 20)
    paired = compare_iterations(links, runs=RUNS).to_frame().set_index("erlang").loc[12]
    apart = links.assign(seed=links["seed"] + 100 * (links["run_id"] == "b2"))
    unpaired = compare_iterations(apart, runs=RUNS).to_frame().set_index("erlang").loc[12]
    assert paired["paired"]
    assert not unpaired["paired"]
    assert paired["difference"] == unpaired["difference"]
    assert paired["difference_low"] <= truth <= paired["difference_high"] < 0
    assert paired["differs"]
    assert unpaired["difference_low"] <= truth
    assert unpaired["difference_high"] > 0
    assert not unpaired["differs"]
    assert paired["narrowed"] > 2


def test_the_gain_of_a_slot_is_that_of_erlangs_formula(links: pd.DataFrame) -> None:
    found = compare_iterations(links, runs=RUNS)
    (gain,) = found.gains
    assert isinstance(gain, Gain)
    truth = 100 * (load_of(0.01, 21) / load_of(0.01, 20) - 1)
    assert gain.low <= truth <= gain.high
    assert gain.half_width < 2
    assert str(gain).startswith("slots = 21 carries ")
    (other,) = found.gain(0.005)
    assert isinstance(other, Gain)
    assert other.blocking == 0.005
    (unknown,) = found.gain(0.3)
    assert unknown == (
        "slots = 21 against slots = 20: 30 % blocking is not reached up to 14 Erlang: "
        "simulate higher loads"
    )


def test_the_frame_has_a_row_for_each_run_and_load(links: pd.DataFrame) -> None:
    third = links[links["run_id"] == "a1"].assign(run_id="c3")
    found = compare_iterations(pd.concat([links, third]), baseline="b2")
    table = found.to_frame()
    assert list(table.columns) == list(COLUMNS)
    assert table[["run", "erlang"]].to_numpy().tolist() == [
        [run, load] for run in ("a1", "c3") for load in (10.0, 12.0, 14.0)
    ]
    assert set(table["baseline"]) == {"b2"}
    assert table["iterations"].tolist() == [5] * 6
    means = links.groupby(["run_id", "erlang"])["blocking"].mean()
    assert table["blocking"].tolist() == pytest.approx([*means["a1"], *means["a1"]])
    assert table["baseline_blocking"].tolist() == pytest.approx([*means["b2"], *means["b2"]])
    ours, base = table["blocking"].to_numpy(), table["baseline_blocking"].to_numpy()
    assert table["difference"].tolist() == pytest.approx((ours - base).tolist())
    assert table["ratio"].tolist() == pytest.approx((ours / base).tolist())
    # Equal runs are equally far away; adjusted p-values are not below single ones.
    assert table["p_value"].tolist()[:3] == pytest.approx(table["p_value"].tolist()[3:])
    assert (table["p_holm"] >= table["p_value"]).all()
    table.loc[0, "run"] = "changed"
    assert found.to_frame().loc[0, "run"] == "a1"


def test_more_rows_make_wider_intervals(links: pd.DataFrame) -> None:
    alone = compare_iterations(links[links["erlang"] == 12], runs=RUNS).to_frame().iloc[0]
    among = compare_iterations(links, runs=RUNS).to_frame().set_index("erlang").loc[12]
    assert among["difference_high"] - among["difference_low"] > (
        alone["difference_high"] - alone["difference_low"]
    )
    assert alone["p_holm"] == alone["p_value"]
    assert among["p_holm"] > among["p_value"]


@pytest.mark.parametrize("baseline", ["b2", "slots = 21", {"slots": 21}])
def test_the_baseline_is_a_run_a_label_or_options(
    links: pd.DataFrame, baseline: str | dict[str, int]
) -> None:
    assert compare_iterations(links, runs=RUNS, baseline=baseline).baseline == "slots = 21"


def test_options_become_the_letters_that_papers_use(links: pd.DataFrame) -> None:
    runs = {"a1": {"k_paths": 3}, "b2": {"k_paths": 5}}
    found = compare_iterations(links, runs=runs)
    assert (found.baseline, found.labels) == ("k = 3", ("k = 5",))


@pytest.mark.parametrize(
    ("change", "arguments", "message"),
    [
        (lambda f: f.drop(columns="seed"), {}, "the frame has no column seed; it has: run_id"),
        (lambda f: f, {"runs": {"a1": "a"}}, "there is 1 run to compare; needed: two or more"),
        (lambda f: f, {"runs": {"a1": "a", "zz": "z"}}, "run_id 'zz' has no iterations"),
        (lambda f: f, {"runs": {"a1": "a", "b2": "a"}}, "runs have the same label: a, a"),
        (lambda f: f, {"baseline": "zz"}, r"baseline is 'zz', which is none of them; allowed: one"),
        (
            lambda f: f,
            {"runs": {"a1": {"k": 1, "m": 1}, "b2": {"k": 1, "m": 2}}, "baseline": {"k": 1}},
            "which is 2 of them",
        ),
        (lambda f: pd.concat([f, f]), {}, "run_id 'a1' has seed 1 at 10 Erlang twice"),
        (lambda f: f, {"confidence": 95}, "confidence is 95; allowed"),
        (
            lambda f: f[f["erlang"] == f["run_id"].map({"a1": 10.0, "b2": 14.0})],
            {},
            "a1 and b2 have no load in common",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused_by_name(
    links: pd.DataFrame,
    change: Callable[[pd.DataFrame], pd.DataFrame],
    arguments: dict[str, object],
    message: str,
) -> None:
    with pytest.raises(ValueError, match=message):
        compare_iterations(change(links), **arguments)  # type: ignore[arg-type]


def test_unlike_seeds_are_said_in_words(links: pd.DataFrame) -> None:
    same = compare_iterations(links, runs=RUNS)
    assert any("Same seeds in each iteration: paired." in note for note in same.notes)
    assert any("times narrower" in note for note in same.notes)
    apart = links.assign(seed=links["seed"] + 100 * (links["run_id"] == "b2"))
    other = compare_iterations(apart, runs=RUNS)
    assert "The seeds differ: not paired (Welch's test)." in other.notes
    at_12 = (links["run_id"] == "b2") & (links["erlang"] == 12)
    mixed = compare_iterations(links.assign(seed=links["seed"] + 100 * at_12), runs=RUNS)
    assert any("except at 12 Erlang, where the seeds differ" in note for note in mixed.notes)
    third = links[links["run_id"] == "b2"].assign(run_id="c3")
    three = pd.concat([links.assign(seed=links["seed"] + 100 * at_12), third], ignore_index=True)
    labels = {**RUNS, "c3": "third"}
    (said,) = [note for note in compare_iterations(three, runs=labels).notes if "except" in note]
    assert "except at 12 Erlang (slots = 21), where the seeds differ" in said
    few = compare_iterations(links[links["iteration"] < 3], runs=RUNS)
    assert "Fewer than five iterations: rough intervals." in few.notes
    left_out = links[~((links["run_id"] == "b2") & (links["erlang"] == 10))]
    fewer = compare_iterations(left_out, runs=RUNS)
    assert "Not simulated in all runs: 10 Erlang." in fewer.notes


def test_equal_runs_do_not_differ(links: pd.DataFrame) -> None:
    twin = links[links["run_id"] == "a1"]
    both = pd.concat([twin, twin.assign(run_id="twin")])
    found = compare_iterations(both, baseline="a1")
    table = found.to_frame()
    assert (table["difference"] == 0).all()
    assert not table["differs"].any()
    # "0 ± 0" claimed that they are exactly equal, which no number of iterations shows.
    assert table[["difference_low", "ratio_low"]].isna().all(axis=None)
    assert "0 ± 0" not in repr(found)
    told = "Equal in all iterations at 10, 12, 14 Erlang: "
    assert told + "no interval, because the number of requests is unknown." in found.notes
    known = compare_iterations(both, baseline="a1", requests=3000)
    assert told + "± is the bound for nothing blocked." in known.notes
    (gain,) = known.gains
    assert "0.0 % (all iterations equal: no interval) more" in str(gain)


def test_nothing_blocked_in_two_runs_bounds_their_difference_as_each_of_them() -> None:
    rows = [(run, 200.0, seed, 0.0) for run in ("a", "b") for seed in (1, 2, 3)]
    frame = pd.DataFrame(rows, columns=["run_id", "erlang", "seed", "blocking"])
    row = compare_iterations(frame, requests=1000).to_frame().iloc[0]
    bound = interval([0.0] * 3, requests=1000, load=200.0).high
    assert (row["difference_low"], row["difference_high"]) == pytest.approx((-bound, bound))
    assert math.isnan(row["p_value"])
    assert math.isnan(row["narrowed"])
    assert "0.000 ± 0.014" in repr(compare_iterations(frame, requests=1000))
    unknown = compare_iterations(frame)
    assert math.isnan(unknown.to_frame().iloc[0]["difference_high"])
    assert "± 0" not in repr(unknown)


def test_a_few_blocked_requests_say_that_their_ratio_may_be_anything() -> None:
    blocked = {"k = 1": (5, 0, 0), "k = 3": (1, 0, 0)}
    rows = [
        (run, 483.0, seed, count / 500)
        for run, counts in blocked.items()
        for seed, count in enumerate(counts, 1)
    ]
    frame = pd.DataFrame(rows, columns=["run_id", "erlang", "seed", "blocking"])
    found = compare_iterations(frame, requests=500)
    row = found.to_frame().iloc[0]
    assert row["ratio_low"] < 0.02
    assert row["ratio_high"] > 1
    assert row["narrowed"] > 1
    assert "0.2 (too few iterations)" in repr(found)
    assert "± 0 " not in repr(found)


def test_two_iterations_are_compared_however_little_they_tell() -> None:
    """At a high confidence the interval of their ratio has no end."""
    blocked = {"k = 1": (5, 0), "k = 3": (1, 0)}
    rows = [
        (run, 300.0, seed, count / 500)
        for run, counts in blocked.items()
        for seed, count in enumerate(counts, 1)
    ]
    frame = pd.DataFrame(rows, columns=["run_id", "erlang", "seed", "blocking"])
    found = compare_iterations(frame, requests=500, confidence=0.9999)
    row = found.to_frame().iloc[0]
    assert (row["ratio_low"], row["ratio_high"]) == (0, math.inf)
    assert "0.2 (too few iterations)" in repr(found)


def test_loads_without_blocking_are_no_test(links: pd.DataFrame) -> None:
    nothing = links.assign(blocking=links["blocking"].where(links["erlang"] > 10, 0.0))
    table = compare_iterations(nothing, runs=RUNS).to_frame().set_index("erlang")
    assert math.isnan(table.loc[10, "p_holm"])
    assert not table.loc[10, "differs"]
    assert math.isnan(table.loc[10, "ratio"])


class Cells(HTMLParser):
    """Texts of a table's cells, and the tags that are open at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.open: list[str] = []
        self.scopes: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        if tag == "th":
            self.scopes.append(dict(attrs).get("scope"))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("td", "th"):
            self.texts.append(data)


def test_text_and_html_show_the_same_numbers(links: pd.DataFrame) -> None:
    runs = {"a1": "20 <slots>", "b2": "21 slots & more"}
    found = compare_iterations(links, runs=runs)
    parser = Cells()
    parser.feed(found._repr_html_())
    assert parser.open == []
    assert parser.scopes == ["col"] * 6 + ["row"] * 3
    text = repr(found)
    assert text.startswith("21 slots & more carries ")
    for cell in parser.texts:
        assert cell.strip() in text
    assert "20 &lt;slots&gt;" in found._repr_html_()


def test_several_runs_are_distinguished_in_the_table(links: pd.DataFrame) -> None:
    third = links[links["run_id"] == "a1"].assign(run_id="c3")
    found: Comparison = compare_iterations(pd.concat([links, third]), baseline="b2")
    lines = repr(found).splitlines()
    assert sum(line.lstrip().startswith("c3 ") for line in lines) == 3 + 1
    assert len(found.gains) == 2


def test_a_comparison_without_a_common_load_has_the_same_columns_and_types(
    links: pd.DataFrame,
) -> None:
    apart = pd.concat(
        [iterations_of({run: slots}, loads, iterations=5)
         for run, slots, loads in (("a1", 20, [10.0, 14.0]), ("b2", 21, [11.0, 15.0]))]
    )  # fmt: skip
    empty, full = (compare_iterations(each, runs=RUNS).to_frame() for each in (apart, links))
    assert len(empty) == 0 < len(full)
    pd.testing.assert_series_equal(empty.dtypes, full.dtypes)


@pytest.mark.parametrize(
    ("value", "half", "text"),
    [
        (0.016412, 0.00038, "0.0164 ± 0.0004"),
        (6.21, 0.13, "6.21 ± 0.13"),
        (300.1, 26.0, "300 ± 26"),
        (0.5, 0.0996, "0.50 ± 0.10"),
        (1.1, 2e-16, "1.1 ± 0"),
        (0.25, math.nan, "0.25"),
        (math.nan, 0.1, "-"),
    ],
)
def test_numbers_have_the_digits_that_they_deserve(value: float, half: float, text: str) -> None:
    assert with_half_width(value, half) == text


def test_small_probabilities_are_not_written_out() -> None:
    assert [probability(p) for p in (1e-9, 0.0432, 1.0, math.nan)] == ["< 0.001", "0.043", "1", "-"]


def test_an_interval_that_is_not_symmetric_is_a_range(links: pd.DataFrame) -> None:
    assert with_interval(6.21, 6.08, 6.34) == "6.21 ± 0.13"
    assert with_interval(1.5, 1.1, 2.6) == "1.5 (1.1 to 2.6)"
    assert with_interval(0.0, 0.0, 0.0) == "0 ± 0"
    assert with_interval(1, -math.inf, math.inf) == "1 (-inf to inf)"
    assert with_interval(1, 0.5, math.inf) == "1 (0.5 to inf)"
    assert with_interval(0.11, 4.2e-9, 2.9e6) == "0.11 (4.2e-09 to 2900000)"
    few = links[links["seed"].isin(sorted(links["seed"].unique())[:2])]
    found = compare_iterations(few, runs=RUNS)
    ratio = found.to_frame().iloc[0]
    middle = (ratio["ratio_low"] + ratio["ratio_high"]) / 2
    assert ratio["ratio"] < middle - 0.1 * (ratio["ratio_high"] - middle), "not symmetric"
    assert f"to {ratio['ratio_high']:.1f}"[:4] in str(found)


def test_a_comparison_says_when_it_uses_only_the_common_iterations(links: pd.DataFrame) -> None:
    assert "Only common iterations" not in str(compare_iterations(links, runs=RUNS))
    last = links["seed"].max()
    fewer = links[(links["run_id"] != "b2") | (links["seed"] != last) | (links["erlang"] != 12)]
    assert "Only common iterations are used: 4 of 5 of slots = 20 at 12 Erlang." in str(
        compare_iterations(fewer, runs=RUNS)
    )


@pytest.mark.parametrize(
    ("difference", "half", "text"),
    [(0.0142, 0.5, "0.014 ± 0.5"), (0.0142, 0.003, "0.014 ± 0.003"), (0.0, 0.2, "0.0 ± 0.2")],
)
def test_a_difference_is_never_rounded_away_by_a_useless_interval(difference, half, text):
    assert comparison_text._difference(difference, half) == text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [((8.0, 7e-11, 9e11), "8 (too few iterations)"), ((1.5, 1.1, 2.6), "1.5 (1.1 to 2.6)")],
)
def test_a_ratio_that_may_be_anything_says_so(ratio, text):
    assert comparison_text._ratio(*ratio) == text
