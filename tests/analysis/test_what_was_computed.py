"""Numbers of results that belong to what was computed, however it was asked for."""

from __future__ import annotations

import json
import math

import pytest

import fusion_jupyter as fj

ONE = {"erlang_start": 500, "erlang_stop": 500, "max_iters": 3, "simulator": "embedded"}


def started(*args: object, **options: object) -> fj.Run:
    run = fj.start(*(args or ("minimal",)), **{**ONE, **options})
    run.wait(60)
    assert run.status == "COMPLETED", run.record.error_message
    return run


def ini(folder, **changes: str) -> str:
    """The template's INI file with some lines replaced or added to their section."""
    lines = started().directory.joinpath("config.ini").read_text().splitlines()
    for name, value in changes.items():
        lines = [line for line in lines if not line.startswith(f"{name} =")]
        section = "[embedded_settings]" if name in ("first_seed", "precision") else None
        section = section or "[general_settings]"
        if section not in lines:
            lines.append(section)
        lines.insert(lines.index(section) + 1, f"{name} = {value}")
    path = folder / "study.ini"
    path.write_text("\n".join(lines))
    return str(path)


def test_an_option_given_by_section_is_told_from_one_given_by_name() -> None:
    first = started(overrides={"routing_settings.k_paths": 5})
    again = first.again(k_paths=1)
    again.wait(60)
    other = started(k_paths=3)
    frame = fj.results([first, again, other])
    assert list(frame["k_paths"]) == [5, 1, 3]


def test_an_option_with_two_values_is_refused() -> None:
    with pytest.raises(fj.ConfigError, match="k_paths: it is '1', and '5' by the name"):
        fj.start("minimal", k_paths=1, overrides={"routing_settings.k_paths": 5})
    started(k_paths=5, overrides={"routing_settings.k_paths": 5})


def test_both_directions_of_a_directed_link_are_rows() -> None:
    run = started(directed_links=True)
    frame = run.results("link")
    (file,) = [name for name in run.artifacts if name.kind == "results"]
    usage = json.loads(run.artifact_path(file.path).read_text())["link_usage"]
    assert frame["usage_count"].sum() == sum(each["usage_count"] for each in usage.values())
    assert len(frame) == len(usage) == 44
    assert len(started().results("link")) == 22


def test_shares_in_single_quotes_count_as_shares(tmp_path) -> None:
    shares = "{'25': 0.0, '50': 0.0, '100': 1.0, '200': 0.0, '400': 0.0}"
    low = {"erlang_start": 10, "erlang_stop": 10}
    run = started(ini(tmp_path, request_distribution=shares), **low)
    row = run.results().iloc[0]
    assert row["blocking"] == 0
    assert 0 < row["blocking_high"] < 1
    assert row["unreachable"] == 0


def test_the_unreachable_are_never_more_than_all() -> None:
    run = started(
        modulation_formats={100: {"QPSK": (1, 4)}, 200: {"QPSK": (1, 4)}, 400: {"QPSK": (1, 8)}},
        request_distribution={100: 1 / 3, 200: 1 / 3, 400: 1 / 3},
        independent_bandwidths=True,
        num_requests=100,
    )
    assert run.results()["unreachable"][0] == 1.0


def test_a_seed_with_an_underscore_is_the_seed_that_was_drawn(tmp_path) -> None:
    run = started(ini(tmp_path, first_seed="1_000"))
    assert list(run.results("iteration")["seed"]) == [1000, 1001, 1002]


def test_an_empty_precision_is_none(tmp_path) -> None:
    run = started(ini(tmp_path, precision=""), max_iters=5)
    plain = started(max_iters=5)
    columns = ["blocking_low", "blocking_high"]
    assert run.results()[columns].equals(plain.results()[columns])


@pytest.mark.parametrize("load", [1e-5, 1e16])
def test_a_load_that_no_file_can_be_named_by_is_refused(load: float) -> None:
    assert "files can be named" in str(
        fj.check("minimal", erlang_start=load, erlang_stop=load, erlang_step=load)
    )


def test_a_format_called_by_a_number_is_refused() -> None:
    problems = fj.check("minimal", modulation_formats={100: {"4": (5540, 4)}})
    assert "its format '4' is a number" in str(problems)


@pytest.mark.parametrize(
    "weights", [{"0": 1, "1": 1e-20}, {"0": 1e308, "1": 1e308, "2": 1e308}, {"0": 1e6, "1": 1e-3}]
)
def test_weights_with_which_no_pair_would_be_drawn_are_refused(weights: dict) -> None:
    problems = fj.check("minimal", simulator="embedded", node_weights=weights)
    assert "second largest" in str(problems)


def test_two_files_of_one_name_are_both_kept(tmp_path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    formats = {"T": {"100": {"QPSK": {"max_length": 5540, "slots_needed": 4}}}}
    (tmp_path / "a" / "x.json").write_text(json.dumps(formats))
    links = [("A", "B", 10.0), ("B", "C", 10.0), ("C", "A", 10.0)]
    pairs = {a: {b: [[a, b]] for b in "ABC" if b != a} for a in "ABC"}
    (tmp_path / "b" / "x.json").write_text(json.dumps(pairs))
    options = {
        "network": links,
        "modulation_formats": str(tmp_path / "a" / "x.json"),
        "request_distribution": {100: 1.0},
        "paths": str(tmp_path / "b" / "x.json"),
    }
    assert fj.check("minimal", simulator="embedded", **options) == {}
    run = started(**options)
    assert len(list((run.directory / "inputs").glob("*x.json"))) == 2


def test_a_line_break_in_a_value_is_refused() -> None:
    problems = fj.check("minimal", overrides={"general_settings.filter_mods": "x\rk_paths = 1"})
    assert "cannot be printed" in str(problems)


@pytest.mark.parametrize("name", ["#1", "core:"])
def test_a_node_whose_name_means_something_else_in_a_file_is_refused(name, tmp_path) -> None:
    links = [("A", "B", 100.0), ("B", name, 100.0), (name, "A", 100.0)]
    assert repr(name) in str(fj.check("minimal", network=links))
    path = tmp_path / "ring.csv"
    path.write_text("\n".join(f"{a},{b},{length}" for a, b, length in links))
    assert repr(name) in str(fj.check("minimal", network=str(path)))


def test_a_folder_of_inputs_beside_a_template_changes_no_network(tmp_path) -> None:
    (tmp_path / "inputs").mkdir()
    (tmp_path / "inputs" / "NSFNet.txt").write_text("0\t1\t100\n1\t2\t100\n2\t0\t100\n")
    run = started(ini(tmp_path))
    assert len(run.results("link")) == 22


def test_no_value_is_a_value(tmp_path) -> None:
    runs = [started(k_paths=k, route_method="k_shortest_path") for k in (None, 3)]
    frame = fj.results(runs)
    assert list(frame["k_paths"]) == [None, 3]
    axes = fj.plot_blocking(frame, hue="k_paths")
    texts = [text.get_text() for text in axes.get_legend().get_texts()]
    assert any("None" in text for text in texts)
    assert not any(isinstance(each, float) and math.isnan(each) for each in frame["k_paths"])


def test_steps_that_add_up_to_nearly_the_same_load_are_one_load() -> None:
    sums = {"erlang_step": 0.1, "max_iters": 5, "num_requests": 200}
    first = started(**{**sums, "erlang_start": 300.0, "erlang_stop": 300.35})
    second = started(**{**sums, "erlang_start": 300.2, "erlang_stop": 300.35, "k_paths": 1})
    assert set(first.results()["erlang"]) & set(second.results()["erlang"]) != {300.2, 300.3}
    rows = fj.compare([first, second]).to_frame()
    assert rows["erlang"].tolist() == [300.2, 300.3]


def test_a_comparison_of_frames_says_what_that_of_runs_says() -> None:
    runs = [started(k_paths=k, max_iters=6, num_requests=500) for k in (1, 3)]
    frame = fj.results(runs, "iteration")
    of_runs, of_frame = fj.compare(runs).to_frame(), fj.compare(frame).to_frame()
    columns = ["difference", "difference_low", "difference_high"]
    assert of_runs[columns].equals(of_frame[columns])


def test_a_comparison_draws_the_intervals_of_runs_that_stopped_at_a_precision() -> None:
    runs = [started(k_paths=k, max_iters=60, precision=0.1) for k in (1, 3)]
    axes = fj.compare(runs).plot()
    bands = [band.get_paths()[0].get_extents() for band in axes.collections if band.get_paths()]
    lows = sorted(fj.results(runs)["blocking_low"])
    drawn = sorted(extent.y0 for extent in bands)
    for low in lows:
        assert min(abs(low - y) for y in drawn) < 1e-9


def test_two_iterations_that_are_equal_by_chance_have_an_interval() -> None:
    from fusion_jupyter.analysis.statistics import bounds

    found = bounds([0.047], [0.0], [2], requests=1000, load=400.0)
    assert found.low[0] < 0.047 < found.high[0]
    assert found.high[0] - found.low[0] > 0.01
    sure = bounds([1.0], [0.0], [5], requests=1000, load=400.0)
    assert sure.high[0] == 1.0


def test_a_link_with_two_lengths_is_refused() -> None:
    links = [("A", "B", 100.0), ("A", "B", 120.0), ("B", "C", 80.0)]
    problem = str(fj.check("minimal", network=links))
    assert "the link A to B is given twice: 100 and 120 km" in problem
    assert fj.check("minimal", network=[*links[:1], *links]) != {}
    assert fj.check("minimal", network=[links[0], links[0], links[2]]) == {}
