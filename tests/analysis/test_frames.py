"""`results`: recorded output of the real simulator, against an independent reading of the files."""

from __future__ import annotations

import configparser
import json
import math
import os
import statistics
import threading
import warnings
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from artifact_runs import SAMPLE_NAMES, SAMPLES, make_run, sample_files
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import fusion_jupyter as fj
from fusion_jupyter.analysis.results import results
from fusion_jupyter.manager.record import RunRecord

RUN, OTHER = "0123456789ab", "ba9876543210"
LEVELS = ["erlang", "iteration", "link", "bandwidth", "modulation"]
NSFNET_KM = {"0-1": 1000, "0-2": 1500, "0-7": 2400, "8-12": 300, "12-13": 100}


def raw(sample: str) -> Iterator[tuple[str, float, dict[str, Any]]]:
    """Process, load and content of each file, by process and load."""
    found = []
    for path in sample_files(sample):
        erlang = float(path.name.split("_")[0])
        found.append((path.parent.name, erlang, json.loads(path.read_text())))
    yield from sorted(found, key=lambda item: item[:2])


def number(value: float | None) -> float:
    return math.nan if value is None else value


def assert_rows(frame: pd.DataFrame, expected: list[dict[str, Any]]) -> None:
    """Every expected value is in its row, exactly."""
    assert len(frame) == len(expected) > 0
    for row, wanted in zip(frame.to_dict("records"), expected, strict=True):
        for column, value in wanted.items():
            if isinstance(value, float) and math.isnan(value):
                assert math.isnan(row[column]), column
            else:
                assert row[column] == value, column


@pytest.mark.parametrize("sample", SAMPLE_NAMES)
def test_one_row_a_load_with_the_files_own_scalars(sample: str) -> None:
    make_run(RUN, sample)
    expected = []
    for process, erlang, content in raw(sample):
        last = content["iter_stats"][max(content["iter_stats"], key=int)]
        iterations = len(last["sim_block_list"])
        several = iterations > 1
        expected.append(
            {
                "run_id": RUN,
                "name": sample,
                "network": "NSFNet",
                "process": process,
                "erlang": erlang,
                "blocking": content["blocking_mean"],
                "blocking_variance": content["blocking_variance"] if several else math.nan,
                "bit_rate_blocking": content["bit_rate_blocking_mean"],
                "bit_rate_blocking_variance": (
                    content["bit_rate_blocking_variance"] if several else math.nan
                ),
                "iterations": iterations,
                "unreachable": math.nan,
                "utilization": math.nan,
                "fusion_ci_90": content["ci_rate_block"],
                "fusion_ci_90_percent": content["ci_percent_block"],
                "fusion_bit_rate_ci_90": content["ci_rate_bit_rate_block"],
                "fusion_bit_rate_ci_90_percent": content["ci_percent_bit_rate_block"],
                "fusion_lightpath_utilization_percent": content["lightpath_utilization"],
                "sim_end_time": content["sim_end_time"],
            }
        )
    frame = results(RUN)
    assert_rows(frame, expected)
    added = ["blocking_low", "blocking_high", "blocking_note"]
    added += ["bit_rate_blocking_low", "bit_rate_blocking_high"]
    assert list(frame.drop(columns=added).columns) == list(expected[0])
    assert list(frame.columns).index("blocking") + 1 == list(frame.columns).index("blocking_low")


@pytest.mark.parametrize("sample", SAMPLE_NAMES)
def test_one_row_an_iteration(sample: str) -> None:
    make_run(RUN, sample)
    expected = []
    for process, erlang, content in raw(sample):
        last = content["iter_stats"][max(content["iter_stats"], key=int)]
        for i, blocking in enumerate(last["sim_block_list"]):
            saved = content["iter_stats"].get(str(i), {})
            row = {
                "process": process,
                "erlang": erlang,
                "iteration": i,
                "seed": i + 1,
                "blocking": blocking,
                "bit_rate_blocking": last["sim_br_block_list"][i],
            }
            for column, key, unit in [
                ("hops", "hops", ""),
                ("path_length", "lengths", "_km"),
                ("transponders", "trans", ""),
                ("route_time", "route_times", "_s"),
                ("snr", "snr", ""),
                ("crosstalk", "xt", ""),
            ]:
                for which in ("mean", "min", "max"):
                    row[f"{column}_{which}{unit}"] = number(saved.get(f"{key}_{which}"))
            expected.append(row)
    frame = results(RUN, level="iteration")
    assert_rows(frame, expected)
    assert list(frame.columns[5:]) == list(expected[0])[2:]


@pytest.mark.parametrize("sample", SAMPLE_NAMES)
def test_one_row_a_link_both_directions_together(sample: str) -> None:
    make_run(RUN, sample)
    expected = []
    for process, erlang, content in raw(sample):
        pairs: dict[frozenset[str], dict[str, Any]] = {}
        for key, usage in content["link_usage"].items():
            source, target = key.split("-")
            pairs.setdefault(
                frozenset((source, target)),
                {
                    "process": process,
                    "erlang": erlang,
                    "source": source,
                    "target": target,
                    "iteration": max(map(int, content["iter_stats"])),
                    "usage_count": usage["usage_count"],
                    "throughput": usage["throughput"],
                    "utilization": math.nan,
                },
            )
        assert len(pairs) == 22
        expected += pairs.values()
    frame = results(RUN, level="link")
    assert_rows(frame, expected)
    lengths = dict(zip(frame["source"] + "-" + frame["target"], frame["length_km"], strict=True))
    assert {link: lengths[link] for link in NSFNET_KM} == NSFNET_KM
    assert frame["length_km"].notna().all()


@pytest.mark.parametrize("sample", SAMPLE_NAMES)
def test_one_row_an_iteration_bandwidth_and_modulation(sample: str) -> None:
    make_run(RUN, sample)
    expected = []
    for process, erlang, content in raw(sample):
        for i, saved in content["iter_stats"].items():
            for bandwidth, lengths in saved["weights_dict"].items():
                for modulation, length in lengths.items():
                    expected.append(
                        {
                            "process": process,
                            "erlang": erlang,
                            "iteration": int(i),
                            "bandwidth_gbps": int(bandwidth),
                            "modulation": modulation,
                            "count": saved["mods_used_dict"][bandwidth][modulation],
                            "path_length_mean_km": number(length["mean"]),
                            "path_length_std_km": number(length["std"]),
                            "path_length_min_km": number(length["min"]),
                            "path_length_max_km": number(length["max"]),
                        }
                    )
    order = ["process", "erlang", "iteration", "bandwidth_gbps", "modulation"]
    frame = results(RUN, level="modulation").sort_values(order)
    assert_rows(frame, sorted(expected, key=lambda row: [row[column] for column in order]))


@pytest.mark.parametrize("sample", SAMPLE_NAMES)
def test_one_row_a_load_and_bandwidth_class_whose_sums_are_true(sample: str) -> None:
    make_run(RUN, sample)
    config = configparser.ConfigParser()
    config.read(SAMPLES / sample / "config.ini")
    shares = json.loads(config["general_settings"]["request_distribution"])
    requests = config.getint("general_settings", "num_requests")
    expected = []
    for process, erlang, content in raw(sample):
        saved = content["iter_stats"].values()
        for bandwidth, share in shares.items():
            offered = int(share * requests)
            blocked = [iteration["block_bw_dict"][bandwidth] for iteration in saved]
            if offered:
                expected.append(
                    {
                        "process": process,
                        "erlang": erlang,
                        "bandwidth_gbps": int(bandwidth),
                        "blocking": statistics.fmean(count / offered for count in blocked),
                        "iterations": len(saved),
                        "offered": offered * len(saved),
                        "blocked": sum(blocked),
                    }
                )
    frame = results(RUN, level="bandwidth")
    assert_rows(frame, expected)
    sums = frame.groupby(["process", "erlang"])[["blocked", "offered"]].sum()
    loads = results(RUN).set_index(["process", "erlang"])
    every = sums["offered"] == requests * loads["iterations"]  # all iterations are saved
    assert every.any()
    share = (sums["blocked"] / sums["offered"])[every]
    assert share.to_numpy() == pytest.approx(loads["blocking"][every].to_numpy())


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("sample", ["failing", "parallel_api_failure"])
@pytest.mark.filterwarnings("ignore::fusion_jupyter.IncompleteResultsWarning")
def test_recorded_runs_that_failed_before_any_result_give_no_rows(sample: str, level: str) -> None:
    record = make_run(RUN, status="FAILED")
    log = next((SAMPLES / sample).glob("*.log"))
    (record.directory / "output" / log.name).write_bytes(log.read_bytes())
    assert len(results(RUN, level)) == 0


def test_the_published_curve() -> None:
    make_run(RUN, "sequential_100G")
    frame = results(RUN)
    assert list(frame["erlang"]) == [200, 300, 400, 500, 600, 700, 800]
    assert [round(value, 5) for value in frame["blocking"]] == [
        0, 0.00767, 0.02550, 0.06283, 0.09917, 0.13367, 0.17150,
    ]  # fmt: skip


def test_intervals_are_students_t_over_the_iterations() -> None:
    make_run(RUN, "sequential_100G")
    frame = results(RUN).set_index("erlang")
    values = results(RUN, "iteration").groupby("erlang")["blocking"]
    half = 4.302653 * values.std() / 3**0.5  # the 95 % quantile of t with two degrees of freedom
    for erlang in (400.0, 500.0):
        row = frame.loc[erlang]
        assert row["blocking_low"] == pytest.approx(row["blocking"] - half[erlang], rel=1e-5)
        assert row["blocking_high"] == pytest.approx(row["blocking"] + half[erlang], rel=1e-5)
        assert "fewer than five iterations (3)" in row["blocking_note"]
    narrow = results(RUN, confidence=0.5).set_index("erlang")
    assert narrow.attrs["confidence"] == 0.5
    width = narrow["blocking_high"] - narrow["blocking_low"]
    assert (width < frame["blocking_high"] - frame["blocking_low"]).all()


def test_where_nothing_was_blocked_there_is_an_upper_bound() -> None:
    make_run(RUN, "sequential_100G")
    first = results(RUN).iloc[0]
    assert first["blocking"] == first["blocking_low"] == 0
    # Six thousand requests: a bound below 3 / 6000 would take them for independent.
    assert 3 / 6000 < first["blocking_high"] < 0.01
    assert first["blocking_note"] == "nothing blocked: upper bound"


def test_one_iteration_has_no_interval() -> None:
    make_run(RUN, "sigkill")
    frame = results(RUN)
    assert frame[["blocking_low", "blocking_high", "blocking_variance"]].isna().all(axis=None)
    assert list(frame["blocking_note"]) == ["one iteration: no interval"]


@pytest.mark.parametrize("confidence", [0, 1, 95, -0.5])
def test_a_confidence_that_is_no_probability_is_refused(confidence: float) -> None:
    make_run(RUN, "sequential_100G")
    with pytest.raises(ValueError, match="confidence is"):
        results(RUN, confidence=confidence)


@pytest.mark.parametrize("level", ["erlang", "bandwidth"])
def test_few_iterations_are_reported_once_in_words_and_in_the_callers_line(level: str) -> None:
    make_run(RUN, "sequential_100G")
    with pytest.warns(fj.FewIterationsWarning, match="one of them only 3: .* rough") as caught:
        results(RUN, level)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error", fj.FewIterationsWarning)
        for other in ("iteration", "link", "modulation"):
            results(RUN, other)
        enough = fj.start(
            "minimal", simulator="embedded", erlang_start=600, erlang_stop=600, max_iters=5
        )
        enough.wait(30)
        assert list(enough.results(level)["iterations"].unique()) == [5]


def test_the_embedded_simulator_tells_what_no_format_reaches() -> None:
    # 400 Gb/s reach 1385 km: some node pairs are further apart, whatever the load.
    run = fj.start(
        "minimal", simulator="embedded", max_iters=5, erlang_start=1, erlang_stop=600,
        erlang_step=599, k_paths=1,
        request_distribution={"25": 0.0, "50": 0.0, "100": 0.0, "200": 0.0, "400": 1.0},
    )  # fmt: skip
    run.wait(60)
    frame = run.results()
    assert frame["unreachable"].iloc[0] == frame["blocking"].iloc[0] > 0.1
    assert (frame["unreachable"] <= frame["blocking"]).all()


def test_the_embedded_simulator_tells_which_share_of_its_spectrum_each_link_uses() -> None:
    run = fj.start(
        "nsfnet_blocking", simulator="embedded", max_iters=5, erlang_start=100, erlang_stop=600,
        erlang_step=500,
    )  # fmt: skip
    run.wait(60)
    links, loads = run.results("link"), run.results()
    assert links["utilization"].between(0.01, 0.9).all()
    means = links.groupby("erlang")["utilization"].mean()
    assert means.to_numpy() == pytest.approx(loads["utilization"].to_numpy())
    assert means[600] > 2 * means[100]
    ax = fj.plot_link_utilization(run)
    assert "% of slots and time" in ax.get_xlabel()


def test_where_the_number_of_requests_of_a_class_is_drawn_the_drawn_number_counts() -> None:
    run = fj.start(
        "minimal", simulator="embedded", erlang_start=600, erlang_stop=600, max_iters=5,
        independent_bandwidths=True, warm_up=100,
    )  # fmt: skip
    run.wait(60)
    frame, loads = run.results("bandwidth"), run.results()
    assert frame["offered"].sum() == 5 * 1000
    assert frame["offered"].nunique() == len(frame)  # the shares give two classes the same
    assert frame["blocked"].sum() / 5000 == pytest.approx(loads["blocking"][0])


def test_an_iteration_that_a_signal_cut_off_is_not_counted_twice() -> None:
    # The file holds the key "1" twice: as it was when the signal came, and as it ended.
    make_run(RUN, "sigterm_ignored")
    frame = results(RUN, level="iteration")
    assert list(frame[frame["erlang"] == 300]["blocking"]) == [0.1455, 0.1215]


def test_runs_that_have_not_all_their_results_are_named() -> None:
    whole = make_run(RUN, "sequential_100G")
    failed = make_run(OTHER, "sequential_100G", status="FAILED")
    with pytest.warns(fj.IncompleteResultsWarning, match=r"^1 of 2 runs has .* its results: ") as w:
        assert set(results([whole, failed])["run_id"]) == {RUN, OTHER}
    assert f"(run {OTHER}, FAILED)" in str(w[-1].message)
    assert w[-1].filename == __file__
    with pytest.warns(fj.IncompleteResultsWarning, match="^The run has not"):
        fj.table(failed)
    with pytest.warns(fj.IncompleteResultsWarning, match=r"CANCELLED\)$"):
        results(make_run("b" * 12, status="CANCELLED"))


@pytest.mark.parametrize("level", LEVELS)
def test_a_run_without_results_has_the_same_columns_and_types(level: str) -> None:
    make_run(RUN)
    make_run(OTHER, "sequential_100G")
    empty, full = results(RUN, level), results(OTHER, level)
    assert len(empty) == 0
    assert len(full) > 0
    pd.testing.assert_series_equal(empty.dtypes, full.dtypes)
    pd.testing.assert_series_equal(results([], level).dtypes, full.dtypes)


def test_a_single_run_has_no_option_columns() -> None:
    make_run(RUN, "sequential_100G", options={"k_paths": 3})
    assert "k_paths" not in results(RUN).columns


def test_options_that_vary_are_columns_between_name_and_network() -> None:
    first = {"k_paths": 5, "guard_slots": 1, "c_band": 320, "network": "NSFNet"}
    second = {"routing_settings.k_paths": 3, "c_band": 320}
    runs = [
        make_run(RUN, "sequential_100G", options=first),
        make_run(OTHER, "sigterm_ignored", options=second),
    ]
    frame = results(runs)
    assert list(frame.columns[:4]) == ["run_id", "name", "k_paths", "network"]


def test_options_of_real_runs_that_vary_are_columns() -> None:
    runs = [
        fj.start("minimal", simulator="embedded", k_paths=k, erlang_stop=300, max_iters=1)
        for k in (1, 3)
    ]
    for run in runs:
        run.wait(30)
    frame = fj.results(runs)
    assert frame["k_paths"].tolist() == [1, 3]
    assert "erlang_stop" not in frame.columns
    assert "k_paths" not in runs[0].results().columns


def test_options_of_one_name_in_two_sections_are_two_columns() -> None:
    runs = [
        make_run(RUN, "sigkill", options={"general_settings.guard_slots": 0}),
        make_run(OTHER, "sigkill", options={"spectrum_settings.guard_slots": 0}),
    ]
    frame = results(runs)
    assert list(frame["general_settings.guard_slots"]) == [0, 1]
    assert list(frame["spectrum_settings.guard_slots"]) == [1, 0]


def test_an_option_that_one_run_sets_is_compared_with_the_others_configuration() -> None:
    runs = [
        make_run(RUN, "sequential_100G", options={"k_paths": 5, "max_segments": 1}),
        make_run(OTHER, "sigterm_ignored"),
    ]
    frame = results(runs)
    assert list(frame.columns[:4]) == ["run_id", "name", "k_paths", "network"]
    assert frame.groupby("run_id")["k_paths"].first().to_dict() == {RUN: 5, OTHER: 3}
    assert frame["k_paths"].dtype == "int64"


@pytest.mark.parametrize("values", [(1, None), ("snr_calc_nli", None), (None, 2.5)])
def test_no_value_of_an_option_is_a_value_and_stays_none(values: tuple[Any, Any]) -> None:
    for run_id, value in zip([RUN, OTHER], values, strict=True):
        make_run(run_id, "sigkill", options={"option": value})
    column = results([RUN, OTHER])["option"]
    assert column.tolist() == list(values)
    assert column.dtype == object


def test_options_that_are_no_plain_values_become_text() -> None:
    shares = [{"25": 1.0}, {"25": 0.5, "50": 0.5}]
    runs = [
        make_run(run_id, "sigkill", options={"request_distribution": share})
        for run_id, share in zip([RUN, OTHER], shares, strict=True)
    ]
    frame = results(runs)
    assert [json.loads(text) for text in frame["request_distribution"]] == shares


def test_an_option_named_like_a_column_does_not_hide_it() -> None:
    runs = [make_run(id_, "sigkill", options={"erlang": e}) for id_, e in [(RUN, 1), (OTHER, 2)]]
    frame = results(runs)
    assert list(frame["erlang"]) == [300.0, 300.0]
    assert list(frame["option_erlang"]) == [1, 2]


class Handle:
    """What the kernel's handle has."""

    def __init__(self, record: RunRecord) -> None:
        self.record = record


def test_runs_may_be_ids_records_handles_or_iterables_each_counted_once() -> None:
    record, other = make_run(RUN, "sigkill"), make_run(OTHER, "sigkill")
    alone, both = results(RUN), results([RUN, OTHER])
    assert list(both["run_id"]) == [RUN, OTHER]
    pd.testing.assert_frame_equal(results(record), alone)
    pd.testing.assert_frame_equal(results(Handle(record)), alone)
    pd.testing.assert_frame_equal(results(Handle(r) for r in (record, other)), both)
    pd.testing.assert_frame_equal(results((record, OTHER, RUN, Handle(other))), both)


@pytest.mark.parametrize("runs", [None, 3, b"0123456789ab", {RUN: 1}, [[RUN]], [None]])
def test_what_is_no_run_is_named_in_the_error(runs: Any) -> None:
    make_run(RUN)
    with pytest.raises(TypeError, match="allowed: a run id"):
        results(runs)


@pytest.mark.parametrize("run_id", ["ffffffffffff", "../" + RUN, ""])
def test_an_unknown_run_is_named_in_the_error(run_id: str) -> None:
    with pytest.raises(LookupError, match="There is no run"):
        results([run_id])


@pytest.mark.parametrize("level", ["Erlang", "", None, 3, ["erlang"]])
def test_an_unknown_level_is_an_error_that_lists_the_levels(level: Any) -> None:
    with pytest.raises(ValueError, match="allowed: erlang, iteration, link, bandwidth"):
        results([], level)


def test_two_processes_are_distinguished_and_never_pooled() -> None:
    make_run(RUN, "multiprocess_legacy_s1_s2")
    frame = results(RUN)
    assert list(zip(frame["process"], frame["erlang"], strict=True)) == [
        ("s1", 300), ("s1", 400), ("s2", 300), ("s2", 400),
    ]  # fmt: skip
    assert set(frame["iterations"]) == {2}


def test_two_simulations_in_one_run_are_distinguished() -> None:
    record = make_run(RUN, "sigkill")
    again = record.directory / "output/NSFNet/1124/01_00_00_000000/s1"
    again.mkdir(parents=True)
    source = sample_files("sigkill")[0]
    (again / source.name).write_bytes(source.read_bytes())
    assert list(results(RUN)["process"]) == [
        "NSFNet/1123/18_57_27_225371/s1",
        "NSFNet/1124/01_00_00_000000/s1",
    ]


def test_the_network_is_in_the_path_where_the_record_does_not_know_it() -> None:
    make_run(RUN, "sequential_100G", network=None)
    frame = results(RUN, level="link")
    assert set(frame["network"]) == {"NSFNet"}
    assert frame["length_km"].notna().all()


def test_an_unknown_network_has_links_without_lengths() -> None:
    make_run(RUN, "sigkill", network="mine")
    frame = results(RUN, level="link")
    assert len(frame) == 22
    assert frame["length_km"].isna().all()


# -- files that are not as they should be -----------------------------------------------------


def write(record: RunRecord, content: object, name: str = "300.0_erlang.json") -> Path:
    path = record.directory / "output" / "NSFNet/1123/19_05_51_928118/s1" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return settled(path)


def settled(path: Path) -> Path:
    """Nobody is writing this file: a damaged one is then reported without waiting."""
    os.utime(path, (1_700_000_000, 1_700_000_000))
    return path


def sample_content(sample: str = "sequential_100G", erlang: str = "300.0") -> dict[str, Any]:
    (path,) = (p for p in sample_files(sample) if p.name == f"{erlang}_erlang.json")
    content = json.loads(path.read_text())
    assert isinstance(content, dict)
    return content


def as_saved_on_a_signal(content: dict[str, Any]) -> dict[str, Any]:
    """The file as FUSION saves it in the middle of its last iteration."""
    last = content["iter_stats"][max(content["iter_stats"], key=int)]
    last["sim_block_list"].pop()
    last["sim_br_block_list"].pop()
    last["trans_mean"] = None
    for lengths in last["weights_dict"].values():
        lengths.update({key: [2400.0, 2600.0] for key in lengths})
    for usage in (content["link_usage"], last["link_usage_dict"]):
        for values in usage.values():
            values["usage_count"] = 1
    for key in ("blocking", "bit_rate_blocking"):
        content[f"{key}_mean"] = content[f"{key}_variance"] = None
    return content


def test_an_unfinished_iteration_is_left_out_at_every_level() -> None:
    record = make_run(RUN)
    write(record, as_saved_on_a_signal(sample_content()))
    loads = results(RUN)
    assert list(loads["iterations"]) == [2]
    assert loads["blocking"][0] == pytest.approx((0.014 + 0.0025) / 2)
    assert loads["blocking_variance"][0] == pytest.approx((0.014 - 0.0025) ** 2 / 2)
    assert list(results(RUN, "iteration")["blocking"]) == [0.014, 0.0025]
    assert set(results(RUN, "modulation")["iteration"]) == {0, 1}
    links = results(RUN, "link")
    assert set(links["iteration"]) == {1}
    assert (
        links["usage_count"][0]
        == sample_content()["iter_stats"]["1"]["link_usage_dict"]["0-1"]["usage_count"]
    )


def test_where_no_iteration_has_ended_there_are_no_rows() -> None:
    content = sample_content("sigkill")
    write(make_run(RUN), as_saved_on_a_signal(content))
    for level in LEVELS:
        assert len(results(RUN, level)) == 0


def test_with_one_iteration_left_mean_is_known_and_variance_is_not() -> None:
    content = sample_content("sigkill")
    content["blocking_mean"] = content["blocking_variance"] = content["ci_rate_block"] = None
    write(make_run(RUN), content)
    frame = results(RUN)
    assert frame["blocking"][0] == 0.1455
    unknown = ["blocking_variance", "blocking_low", "blocking_high", "fusion_ci_90"]
    assert frame[unknown].isna().all(axis=None)


def test_any_number_may_be_null_and_nan_is_read_like_null() -> None:
    content = sample_content()
    for key, value in content.items():
        if isinstance(value, float):
            content[key] = None
    for iteration in content["iter_stats"].values():
        for key, value in iteration.items():
            if isinstance(value, float):
                iteration[key] = float("nan")
    write(make_run(RUN), content)
    assert results(RUN)["blocking"][0] == pytest.approx(0.023 / 3)
    frame = results(RUN, "iteration")
    assert list(frame["blocking"]) == [0.014, 0.0025, 0.0065]
    assert frame["hops_mean"].isna().all()
    assert len(results(RUN, "link")) == 22
    assert len(results(RUN, "modulation")) == 45


def test_iterations_that_were_not_saved_have_their_blocking_and_no_more() -> None:
    content = sample_content()
    del content["iter_stats"]["0"], content["iter_stats"]["1"]
    write(make_run(RUN), content)
    frame = results(RUN, "iteration")
    assert list(frame["blocking"]) == [0.014, 0.0025, 0.0065]
    assert list(frame["hops_mean"].isna()) == [True, True, False]
    assert list(results(RUN)["iterations"]) == [3]


def test_nodes_with_hyphens_in_their_names() -> None:
    content = sample_content()
    usage = {"usage_count": 1, "throughput": 2.0, "link_num": 1}
    content["link_usage"] = {"Baden-Baden-Ulm": usage, "Ulm-Baden-Baden": usage}
    write(make_run(RUN), content)
    frame = results(RUN, "link")
    assert list(zip(frame["source"], frame["target"], strict=True)) == [("Baden-Baden", "Ulm")]


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", "nonsense", '{"iter_stats": 3}', '{"iter_stats": {"0": 3}}']
)
def test_a_file_that_stays_unreadable_is_left_out_and_named(content: str) -> None:
    record = make_run(RUN, "sequential_100G")
    write(record, content, "250.0_erlang.json")
    expected = {200, 300, 400, 500, 600, 700, 800}
    for level in LEVELS:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            frame = results(RUN, level)
        assert set(frame["erlang"]) == expected
        named = [str(w.message) for w in caught]
        readable = content.startswith('{"')  # an object, in which no iteration has ended
        assert readable or any("250.0_erlang.json" in text for text in named)


def test_a_cut_off_file_is_left_out_wherever_it_is_cut() -> None:
    record = make_run(RUN)
    text = json.dumps(sample_content("sigkill"))
    path = write(record, text)
    for length in range(0, len(text), len(text) // 12):
        path.write_text(text[:length])
        settled(path)
        with pytest.warns(UserWarning, match=r"300\.0_erlang\.json"):
            assert len(results(RUN, "modulation")) == 0
    path.write_text(text)
    assert len(results(RUN, "modulation")) == 15


ODD = [
    None, True, 3, -1, 1.5, 10**30, math.nan, math.inf, "", "x", "\ud800",
    [], [1], [None], ["a"], [[]], {}, {"a": 1}, {"": {}}, {"9" * 20: {}}, {"\u0663": {}},
]  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything inside."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inside in items:
        yield (*path, key)
        if isinstance(inside, (dict, list)):
            yield from places(inside, (*path, key))


@pytest.fixture
def record() -> RunRecord:
    return make_run(RUN)


PLACES = list(places(sample_content("sigkill")))


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(changes=st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(ODD)), max_size=4))
def test_any_content_of_a_results_file_gives_rows_or_is_named(
    record: RunRecord,
    changes: list[tuple[tuple[Any, ...], Any]],
) -> None:
    content = sample_content("sigkill")
    for path, odd in changes:
        place: Any = content
        try:
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = deepcopy(odd)  # what is put into itself cannot be written
        except (TypeError, LookupError):
            continue  # an earlier change has taken that place away
    write(record, content)
    for level in LEVELS:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            warnings.simplefilter("ignore", fj.FewIterationsWarning)
            frame = results(RUN, level)
        assert frame["run_id"].eq(RUN).all()
        assert all("300.0_erlang.json" in str(warning.message) for warning in caught)


def test_results_of_a_run_that_is_going_on_are_never_torn() -> None:
    record = make_run(RUN)
    whole = sample_content()
    versions = []
    for count in (1, 2, 3):
        content = json.loads(json.dumps(whole))
        content["iter_stats"] = {k: content["iter_stats"][k] for k in list("012")[:count]}
        values = content["iter_stats"][str(count - 1)]["sim_block_list"]
        content["blocking_mean"] = sum(values) / count
        versions.append(json.dumps(content, indent=4))
    path = write(record, versions[0])
    ended = threading.Event()

    def simulate() -> None:
        turn = 0
        while not ended.is_set():
            turn += 1
            with path.open("w") as file:  # in place, as FUSION does
                text = versions[turn % 3]
                file.write(text[:20_000])
                file.flush()
                file.write(text[20_000:])
            ended.wait(0.002)

    allowed = {1: 0.014, 2: 0.00825, 3: 0.023 / 3}
    thread = threading.Thread(target=simulate)
    thread.start()
    try:
        for _ in range(60):
            frame = results(RUN)
            assert frame["blocking"][0] == pytest.approx(allowed[frame["iterations"][0]])
    finally:
        ended.set()
        thread.join()


def test_links_out_of_the_output_folder_are_not_read(tmp_path: Path) -> None:
    record = make_run(RUN)
    outside = tmp_path / "300.0_erlang.json"
    outside.write_text(json.dumps(sample_content()))
    (record.directory / "output" / "300.0_erlang.json").symlink_to(outside)
    assert len(results(RUN)) == 0


def test_seaborn_and_plotly_style_use_works_at_once() -> None:
    runs = [make_run(RUN, "sequential_100G"), make_run(OTHER, "sigterm_ignored")]
    frame = results(runs, "iteration")
    table = frame.pivot_table(index="erlang", columns="name", values="blocking")
    assert table.loc[300, "sequential_100G"] == pytest.approx(0.023 / 3)
    counts = results(runs, "modulation").groupby(["name", "modulation"])["count"].sum()
    assert counts["sigterm_ignored", "QPSK"] > 0
