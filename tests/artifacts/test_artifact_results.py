"""Results of recorded runs, checked against an independent reading of their files."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pandas as pd
import pytest

import fusion_jupyter as fj
from fusion_jupyter.runs.record import RunRecord, RunStatus

SAMPLES = Path(__file__).parents[1] / "data" / "fusion_samples"
WITH_OUTPUT = sorted(path.parent.name for path in SAMPLES.glob("*/output"))


def record_of(sample: str) -> RunRecord:
    return RunRecord(
        id="0123456789ab",
        directory=SAMPLES / sample,
        status=RunStatus.COMPLETED,
        name=sample,
        network="NSFNet",
    )


def raw(sample: str) -> dict[tuple[str, float], dict]:
    """Content of each result file by process and load, read with nothing of the package's."""
    return {
        (path.parent.name, float(path.name.removesuffix("_erlang.json"))): json.loads(
            path.read_text()
        )
        for path in (SAMPLES / sample / "output").rglob("*_erlang.json")
    }


@pytest.mark.parametrize("sample", WITH_OUTPUT)
def test_the_erlang_level_has_the_scalars_of_each_file(sample):
    frame = fj.results(record_of(sample), level="erlang")
    files = raw(sample)
    assert len(frame) == len(files)
    for row in frame.itertuples():
        content = files[row.process, row.erlang]
        for column, key in (
            ("blocking", "blocking_mean"),
            ("blocking_ci", "ci_rate_block"),
            ("bit_rate_blocking", "bit_rate_blocking_mean"),
        ):
            value = content[key]
            if value is None:
                assert pd.isna(getattr(row, column)) or content["iter_stats"]
            else:
                assert getattr(row, column) == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize("sample", WITH_OUTPUT)
def test_the_iteration_level_has_every_iterations_blocking(sample):
    frame = fj.results(record_of(sample), level="iteration")
    for (process, erlang), content in raw(sample).items():
        stats = content["iter_stats"]
        if not stats:
            continue
        last = stats[max(stats, key=int)]["sim_block_list"]
        rows = frame[(frame["process"] == process) & (frame["erlang"] == erlang)]
        found = rows.sort_values("iteration")["blocking"].tolist()
        assert found == pytest.approx(last[: len(found)])
        assert rows["seed"].tolist() == (rows["iteration"] + 1).tolist()


@pytest.mark.parametrize("sample", WITH_OUTPUT)
def test_the_link_level_has_each_link_once(sample):
    frame = fj.results(record_of(sample), level="link")
    for (process, erlang), content in raw(sample).items():
        rows = frame[(frame["process"] == process) & (frame["erlang"] == erlang)]
        usage = content["link_usage"]
        once = {frozenset(name.split("-")): value for name, value in usage.items()}
        assert len(rows) == len(once)
        for row in rows.itertuples():
            value = once[frozenset((row.source, row.target))]
            assert row.usage_count == value["usage_count"]
            assert row.throughput == pytest.approx(value["throughput"])
            assert row.length_km > 0


@pytest.mark.parametrize("sample", WITH_OUTPUT)
def test_the_modulation_level_has_the_counts(sample):
    frame = fj.results(record_of(sample), level="modulation")
    for (process, erlang), content in raw(sample).items():
        for iteration, stats in content["iter_stats"].items():
            counts = stats.get("mods_used_dict", {})
            rows = frame[
                (frame["process"] == process)
                & (frame["erlang"] == erlang)
                & (frame["iteration"] == int(iteration))
            ]
            for row in rows.itertuples():
                assert row.count == counts[str(row.bandwidth_gbps)][row.modulation]


def test_an_unknown_level_is_named_with_the_known():
    with pytest.raises(ValueError, match=r"level is 'day'; allowed: .*erlang.*iteration"):
        fj.results(record_of("sequential_100G"), level="day")


@pytest.mark.parametrize("level", ["erlang", "iteration", "link", "modulation"])
def test_a_run_without_results_gives_an_empty_frame_with_the_same_columns(tmp_path, level):
    empty = RunRecord(
        id="0" * 12, directory=tmp_path, status=RunStatus.PENDING, name="new", network="NSFNet"
    )
    full = fj.results(record_of("sequential_100G"), level=level)
    frame = fj.results(empty, level=level)
    assert frame.empty
    assert frame.dtypes.to_dict() == full.dtypes.to_dict()


def test_options_that_differ_are_columns():
    runs = [
        fj.start("minimal", simulator="embedded", name=f"k {k}", k_paths=k, erlang_stop=300)
        for k in (1, 3)
    ]
    for run in runs:
        run.wait(30)
    frame = fj.results(runs)
    assert frame["k_paths"].tolist() == [1, 3]
    assert "erlang_stop" not in frame.columns
    assert "k_paths" not in fj.results(runs[0]).columns


def test_a_figure_has_labels_units_and_a_logarithmic_axis():
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    axes = fj.plot_blocking(fj.results(record_of("sequential_100G")))
    assert axes.get_yscale() == "log"
    assert axes.get_xlabel() == "Offered load (Erlang)"
    assert "blocking" in axes.get_ylabel().lower()
    _, other = plt.subplots()
    assert fj.plot_blocking(record_of("sequential_100G"), ax=other) is other
    plt.close("all")


def test_a_bundle_brings_the_same_frames_elsewhere(tmp_path):
    run = fj.start("minimal", simulator="embedded", max_iters=2)
    run.wait(30)
    path = fj.export(run, tmp_path / "study.zip")
    ids = fj.import_runs(path, runs_dir=tmp_path / "elsewhere")
    assert ids == [run.id]
    other = fj.RunManager(tmp_path / "elsewhere").get_run(run.id)
    for level in ("erlang", "iteration", "link", "modulation"):
        pd.testing.assert_frame_equal(fj.results(other, level=level), run.results(level))
    # Again is no error; a bundle that was changed is.
    assert fj.import_runs(path, runs_dir=tmp_path / "elsewhere") == [run.id]
    changed = tmp_path / "changed.zip"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content.replace(b"blocking_mean", b"blocking_nice"))
    with pytest.raises(ValueError):
        fj.import_runs(changed, runs_dir=tmp_path / "third")
    assert not list((tmp_path / "third").glob("[0-9a-f]*"))


def test_a_run_of_an_older_format_goes_through_a_bundle_too(tmp_path):
    source = Path(__file__).parents[1] / "runs" / "data" / "format_1"
    target = tmp_path / "runs" / "0123456789ab"
    shutil.copytree(source, target)
    (target / "output" / "s1").mkdir(parents=True)
    (target / "logs").mkdir()
    sample = SAMPLES / "sequential_100G" / "output"
    for path in sample.rglob("300.0_erlang.json"):
        shutil.copy(path, target / "output" / "s1")
    path = fj.export("0123456789ab", tmp_path / "old.zip")
    fj.import_runs(path, runs_dir=tmp_path / "new")
    there = fj.RunManager(tmp_path / "new").get_run("0123456789ab")
    here = fj.RunManager(tmp_path / "runs").get_run("0123456789ab")
    assert there.name == here.name == "old study"
    pd.testing.assert_frame_equal(fj.results(there), fj.results(here))
