"""`fj.table`: cells as a paper prints them, and LaTeX that needs booktabs alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from artifact_runs import make_run

import fusion_jupyter as fj

RUN, OTHER, THIRD = "0123456789ab", "ba9876543210", "333333333333"


@pytest.fixture
def runs() -> list[str]:
    """Two runs that differ in an option."""
    make_run(RUN, "sequential_100G", options={"k_paths": 3})
    make_run(OTHER, "sequential_100G", options={"k_paths": 5})
    return [RUN, OTHER]


def row(blocking: float, low: float, high: float, **others: Any) -> dict[str, Any]:
    ends = {"blocking": blocking, "blocking_low": low, "blocking_high": high}
    return {"erlang": 300.0, **ends, **others}


NAN = float("nan")


@pytest.mark.parametrize(
    ("values", "cell"),
    [
        ((0.01641, 0.01603, 0.01679), "0.0164 ± 0.0004"),
        ((0.2, 0.1, 0.3), "0.20 ± 0.10"),
        ((0.0012, 0.0004, 0.0031), "0.0012 (0.00040 to 0.0031)"),
        ((0.000025, 0.0, 0.0016), "0.000025 (0 to 0.0016)"),
        ((0.0, 0.0, 0.00081), "< 0.00081"),
        ((0.0164, NAN, NAN), "0.0164"),
        ((NAN, NAN, NAN), "\N{EN DASH}"),
    ],
)
def test_a_cell_shows_the_value_and_how_sure_it_is(
    values: tuple[float, float, float], cell: str
) -> None:
    assert fj.table(pd.DataFrame([row(*values)])).to_numpy().tolist() == [[cell]]


@pytest.mark.parametrize(
    ("bound", "cell"),
    [
        (0.0249, "< 0.025"),
        (0.00349, "< 0.0035"),
        (0.003401, "< 0.0035"),
        (0.07, "< 0.07"),
        (0.1 + 0.2, "< 0.3"),
        (0.0996, "< 0.10"),
        (1.2e-9, "< 0.0000000012"),
        (1.0, "< 1"),
    ],
)
def test_an_upper_bound_is_never_rounded_down(bound: float, cell: str) -> None:
    assert fj.table(pd.DataFrame([row(0.0, 0.0, bound)])).to_numpy().tolist() == [[cell]]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (1234, "1234"),
        (1234567, "1234567"),
        (15000.0, "15000"),
        (1234.56, "1235"),
        (999.7, "1000"),
        (12.345, "12.3"),
        (-2000.4, "-2000"),
        (0, "0"),
        (2e-9, "2e-09"),
        (1e20, "1e+20"),
        (float("inf"), "inf"),
    ],
)
def test_counts_are_printed_in_full(value: float, cell: str) -> None:
    frame = pd.DataFrame({"erlang": [300.0], "count": [value]})
    assert fj.table(frame, value="count").to_numpy().tolist() == [[cell]]


def test_latex_writes_powers_of_ten_as_such() -> None:
    frame = pd.DataFrame({"erlang": [1.0, 2.0, 3.0], "share": [2e-9, -3.25e20, 0.1]})
    text = str(fj.table(frame, value="share").to_latex())
    assert "1 & $2 \\times 10^{-9}$ " in text
    assert "2 & $-3.25 \\times 10^{20}$ " in text
    ends = pd.DataFrame([row(0.11, 4.2e-9, 0.9)])
    assert "$0.11$ ($4.2 \\times 10^{-9}$ to $0.90$)" in str(fj.table(ends).to_latex())


def test_rows_are_loads_and_columns_the_options_that_differ(runs: list[str]) -> None:
    found = fj.table(runs)
    assert found.index.name == "erlang"
    assert found.index.tolist() == [200, 300, 400, 500, 600, 700, 800]
    assert (found.columns.name, found.columns.tolist()) == ("k_paths", [3, 5])
    assert found.loc[400, 3] == "0.025 ± 0.010"
    assert found.loc[200, 3] == "< 0.0028"
    pd.testing.assert_frame_equal(found, fj.table(fj.results(runs), columns="k_paths"))


def test_any_column_can_be_printed_and_any_can_be_a_heading(runs: list[str]) -> None:
    found = fj.table(runs, rows="k_paths", columns="erlang", value="iterations")
    assert found.loc[5].tolist() == ["3"] * 7
    classes = fj.table(RUN, columns=["network", "bandwidth_gbps"])
    assert classes.columns.tolist() == [("NSFNet", 100)]


def test_two_results_for_one_cell_are_named_with_what_tells_them_apart(runs: list[str]) -> None:
    with pytest.raises(
        ValueError, match=r"erlang = 200.0.* distinguish them, such as k_paths, run_id"
    ):
        fj.table(runs, columns="network")


def test_a_column_that_is_not_there_is_named(runs: list[str]) -> None:
    with pytest.raises(ValueError, match="There is no column paths; allowed: run_id, name"):
        fj.table(runs, columns="paths")


def test_a_point_that_was_not_simulated_is_a_dash() -> None:
    frame = pd.DataFrame([row(0.1, 0.09, 0.11, k=1), row(0.2, 0.19, 0.21, k=2) | {"erlang": 400.0}])
    found = fj.table(frame, columns="k")
    assert found.loc[300, 2] == "\N{EN DASH}"
    assert " & -- " in str(found.to_latex())


def test_latex_has_grouped_headings_and_formulas() -> None:
    rows = [
        row(0.0164, 0.016, 0.0168, network=network, k_paths=k, note=0)
        for network in ("A_B & C", "USNet")
        for k in (1, 3)
    ]
    rows[3] = row(0.0012, 0.0004, 0.0031, network="USNet", k_paths=3)
    text = fj.table(pd.DataFrame(rows), columns=["network", "k_paths"]).to_latex()
    assert text == (
        "\\begin{tabular}{rcccc}\n"
        "\\toprule\n"
        " & \\multicolumn{2}{c}{A\\_B \\& C} & \\multicolumn{2}{c}{USNet} \\\\\n"
        "\\cmidrule(lr){2-3}\\cmidrule(lr){4-5}\n"
        "Load (Erlang) & $k$ = 1 & $k$ = 3 & $k$ = 1 & $k$ = 3 \\\\\n"
        "\\midrule\n"
        "300 & $0.0164 \\pm 0.0004$ & $0.0164 \\pm 0.0004$ & $0.0164 \\pm 0.0004$ & "
        "$0.0012$ ($0.00040$ to $0.0031$) \\\\\n"
        "\\bottomrule\n"
        "\\end{tabular}\n"
    )


@pytest.mark.parametrize("name", ["100 $", "a$b$c", "50 % {x} ^~\\ #1", "_"])
def test_every_letter_that_latex_reads_is_escaped(name: str) -> None:
    frame = pd.DataFrame([row(0.1, 0.09, 0.11, name=name), row(0.1, 0.09, 0.11, name="b")])
    text = str(fj.table(frame, columns="name").to_latex())
    head = text.splitlines()[2].removesuffix("\\\\")
    bare = head.replace("\\textbackslash{}", "").replace("\\textasciitilde{}", "")
    bare = bare.replace("\\textasciicircum{}", "")
    for letter in "$%{}_#":
        assert bare.replace(f"\\{letter}", "").count(letter) == 0, head
    assert bare.count("&") == 2


def test_a_caption_makes_it_a_table_and_a_file_can_be_written(
    runs: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "table.tex"
    assert fj.table(runs).to_latex(path, caption="Blocking.", label="tab:blocking") is None
    text = path.read_text()
    assert text.startswith("\\begin{table}\n\\centering\n\\caption{Blocking.}\n\\label{tab:bl")
    assert text.endswith("\\end{table}\n")


def test_csv_and_slices_are_a_frames_and_stay_tables(runs: list[str], tmp_path: Path) -> None:
    found = fj.table(runs)
    found.to_csv(tmp_path / "table.csv")
    again = pd.read_csv(tmp_path / "table.csv", index_col=0)
    assert again.to_numpy().tolist() == found.to_numpy().tolist()
    assert "\\toprule" in str(found.iloc[:2].to_latex())


def test_latex_needs_no_jinja2() -> None:
    script = (
        "import sys; sys.modules['jinja2'] = None\n"
        "import pandas as pd, fusion_jupyter as fj\n"
        "frame = pd.DataFrame({'erlang': [300.0], 'blocking': [0.5]})\n"
        "print(fj.table(frame).to_latex())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    assert "300 & $0.5$" in done.stdout


def test_no_value_of_an_option_heads_its_own_column() -> None:
    kw = {"erlang_start": 500, "erlang_stop": 500, "max_iters": 5, "num_requests": 300}
    grid = {"snr_type": [None, "snr_calc_nli"], "k_paths": [1, None]}
    planned = fj.sweep("minimal", over=grid, dry_run=True, **kw).to_frame()
    assert planned["snr_type"].tolist() == [None, None, "snr_calc_nli", "snr_calc_nli"]
    found = fj.table(fj.sweep("minimal", over=grid, **kw).wait(60).runs)
    assert set(found.columns.get_level_values("snr_type")) == {"None", "snr_calc_nli"}
    assert set(found.columns.get_level_values("k_paths")) == {"1", "None"}
    assert "NaN" not in found.to_string()
