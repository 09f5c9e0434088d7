"""`fj.reproduce`: a bundle's runs once more, digit by digit."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from artifact_runs import make_run

import fusion_jupyter as fj
from fusion_jupyter import settings
from fusion_jupyter.manager.directory import RunDirectory

OPTIONS = {"erlang_start": 300, "erlang_stop": 400, "max_iters": 2, "num_requests": 500}
RUN = "0123456789ab"


@pytest.fixture
def done() -> list[fj.Run]:
    """Two runs of the embedded simulator."""
    found = [fj.start("minimal", simulator="embedded", k_paths=k, **OPTIONS) for k in (1, 3)]
    for run in found:
        assert run.wait(60).status == "COMPLETED"
    return found


def bundle_of(runs: object, folder: Path) -> Path:
    return fj.export(runs, folder / "study.zip")  # type: ignore[arg-type]


def test_a_study_is_reproduced_digit_by_digit(done: list[fj.Run], tmp_path: Path) -> None:
    found = fj.reproduce(bundle_of(done, tmp_path))
    assert found.equal
    frame = found.to_frame()
    assert frame["equal"].tolist() == [True] * 4
    assert frame["erlang"].tolist() == [300, 400] * 2
    assert (frame["values"] > 500).all()
    assert repr(found).startswith("Equal digit by digit: 2 runs, 4 files, ")
    assert "Equal digit by digit" in found._repr_html_()
    again = fj.run(found.runs[0].again or "")
    assert "reproduction" in again.tags
    assert again.id != done[0].id
    assert again.config == done[0].config


def test_elsewhere_the_runs_are_made_where_it_is_said(done: list[fj.Run], tmp_path: Path) -> None:
    bundle = bundle_of(done[0], tmp_path)
    found = fj.reproduce(bundle, runs_dir=tmp_path / "elsewhere")
    assert found.equal
    there = fj.RunManager(tmp_path / "elsewhere").list_runs()
    assert [record.id for record in there] == [found.runs[0].again]
    assert len(fj.RunManager().list_runs()) == 2


def test_files_that_a_configuration_names_come_with_the_bundle(tmp_path: Path) -> None:
    run = fj.start("deeprmsa", simulator="embedded", max_iters=2, erlang_stop=190)
    assert run.wait(60).status == "COMPLETED"
    assert "inputs/" in run.config
    bundle = bundle_of(run, tmp_path)
    run.delete()
    assert fj.reproduce(bundle, runs_dir=tmp_path / "elsewhere").equal


def test_a_single_changed_digit_is_found_and_shown(done: list[fj.Run], tmp_path: Path) -> None:
    path = next(RunDirectory(done[1].directory).output.rglob("400.0_erlang.json"))
    content = json.loads(path.read_text())
    value = content["iter_stats"]["1"]["hops_mean"]
    content["iter_stats"]["1"]["hops_mean"] = value + 0.01
    content["sim_end_time"] = "0101_00_00_00_000000"  # the clock is not compared
    path.write_text(json.dumps(content))
    found = fj.reproduce(bundle_of(done, tmp_path))
    assert not found.equal
    frame = found.to_frame()
    assert frame["different"].tolist() == [0, 0, 0, 1]
    first = frame["first_difference"].iloc[3]
    assert first == f"iter_stats.1.hops_mean: {value + 0.01!r}, again {value!r}"
    assert repr(found).startswith("Not equal: 1 of ")
    assert first in repr(found)


def test_a_value_that_is_missing_now_differs_and_a_new_one_does_not(
    done: list[fj.Run], tmp_path: Path
) -> None:
    path = next(RunDirectory(done[0].directory).output.rglob("300.0_erlang.json"))
    content = json.loads(path.read_text())
    del content["iter_stats"]["0"]["hops_mean"]
    path.write_text(json.dumps(content))
    assert fj.reproduce(bundle_of(done[0], tmp_path)).equal
    content["told_no_more"] = 3
    path.write_text(json.dumps(content))
    first = fj.reproduce(bundle_of(done[0], tmp_path)).to_frame()["first_difference"].iloc[0]
    assert first == "told_no_more: 3, again missing"


def test_no_program_of_a_bundle_is_executed_unless_it_is_allowed(tmp_path: Path) -> None:
    program = (
        "import os, pathlib; pathlib.Path(os.environ['FUSION_OUTPUT_DIR'], 'a.txt').write_text('1')"
    )
    run = fj.start(command=[sys.executable, "-c", program])
    assert run.wait(30).status == "COMPLETED"
    bundle = bundle_of(run, tmp_path)
    refused = fj.reproduce(bundle)
    assert not refused.equal
    assert refused.runs[0].again is None
    assert "allow_commands=True" in repr(refused)
    assert len(fj.runs()) == 1
    allowed = fj.reproduce(bundle, allow_commands=True)
    assert allowed.equal
    assert allowed.to_frame()["file"].tolist() == ["a.txt"]


def test_a_program_that_writes_something_else_differs(tmp_path: Path) -> None:
    program = (
        "import os, pathlib\n"
        "pathlib.Path(os.environ['FUSION_OUTPUT_DIR'], 'a.txt').write_text(str(os.getpid()))"
    )
    run = fj.start(command=[sys.executable, "-c", program])
    run.wait(30)
    found = fj.reproduce(bundle_of(run, tmp_path), allow_commands=True)
    assert found.to_frame()["first_difference"].tolist() == ["the contents differ"]


def test_what_cannot_be_repeated_is_reported_and_the_others_are(
    done: list[fj.Run], tmp_path: Path
) -> None:
    make_run(RUN, "sigkill", status="FAILED", simulator="embedded")
    make_run("222222222222", "sequential_100G")  # of FUSION, which is not here
    found = fj.reproduce(bundle_of([done[0], RUN, "222222222222"], tmp_path))
    assert [run.equal for run in found.runs] == [True, False, False]
    text = repr(found)
    assert "2 runs could not be repeated" in text
    assert "it is FAILED in the bundle" in text
    assert "FUSION was not found" in text
    assert not found.equal


def test_what_has_changed_since_is_reported(done: list[fj.Run], tmp_path: Path) -> None:
    file = RunDirectory(done[0].directory).provenance_file
    content = json.loads(file.read_text())
    content["python"]["version"] = "3.9.1"
    content["distributions"]["installed"]["numpy"] = "1.26.3"
    file.write_text(json.dumps(content))
    found = fj.reproduce(bundle_of(done[0], tmp_path))
    assert found.equal
    assert any(change.startswith("Python 3.9.1, now 3.") for change in found.changes)
    assert "Changed since: numpy 1.26.3, now " in repr(found)


def test_a_file_that_is_no_bundle_starts_nothing(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_text("nothing")
    with pytest.raises(ValueError, match="bundle"):
        fj.reproduce(tmp_path / "x.zip")
    assert not settings.runs_dir().exists()


def test_after_the_timeout_the_new_runs_are_cancelled(tmp_path: Path) -> None:
    flag = tmp_path / "second"
    program = f"import os, time; os.path.exists({os.fspath(flag)!r}) and time.sleep(600)"
    run = fj.start(command=[sys.executable, "-c", program])
    run.wait(30)
    bundle = bundle_of(run, tmp_path)
    flag.touch()
    with pytest.raises(TimeoutError, match="1 of 1 run has not ended after 0.5 s"):
        fj.reproduce(bundle, allow_commands=True, timeout=0.5)
    (again,) = [other for other in fj.runs() if other.id != run.id]
    assert again.wait(30).status == "CANCELLED"


def test_nothing_is_left_of_the_unpacked_bundle(
    done: list[fj.Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", os.fspath(scratch))
    fj.reproduce(bundle_of(done[0], tmp_path))
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("damage", ["emptied", "an iteration removed", "a load removed"])
def test_results_that_are_missing_in_the_bundle_are_not_equal(
    damage: str, done: list[fj.Run], tmp_path: Path
) -> None:
    path = next(RunDirectory(done[0].directory).output.rglob("400.0_erlang.json"))
    content = json.loads(path.read_text())
    if damage == "emptied":
        path.write_text("{}")
    elif damage == "an iteration removed":
        del content["iter_stats"]["1"]
        path.write_text(json.dumps(content))
    else:
        path.unlink()
    found = fj.reproduce(bundle_of(done, tmp_path))
    assert not found.equal
    assert repr(found).startswith("Not equal")
    rows = found.to_frame()
    assert rows[~rows["equal"]]["erlang"].tolist() == [400]


def test_a_bundle_has_no_file_read_outside_of_it(done: list[fj.Run], tmp_path: Path) -> None:
    private = tmp_path / "private.csv"
    private.write_text("A,B,100\nB,C,100\nC,A,100\n")
    directory = RunDirectory(done[0].directory)
    text = directory.config_file.read_text()
    directory.config_file.write_text(text.replace("network = NSFNet", f"network = {private}"))
    found = fj.reproduce(bundle_of(done[0], tmp_path), runs_dir=tmp_path / "elsewhere")
    assert "there is no such network and no such file" in found.runs[0].problem
    assert not (tmp_path / "elsewhere").exists()
