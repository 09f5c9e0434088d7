"""Records of sweeps on the disk: what else stands in their folder, and who may read it."""

import json
import shutil
import stat

import pytest

import fusion_jupyter as fj
from fusion_jupyter.studies import points

TINY = {"max_iters": 1, "num_requests": 50, "erlang_start": 300, "erlang_stop": 300}


def test_a_folder_among_the_records_hides_no_sweep(manager):
    sweep = fj.sweep("minimal", over={"k_paths": [1]}, **TINY).wait(60)
    (manager.runs_dir / "sweeps" / "notes.json").mkdir()
    (manager.runs_dir / "sweeps" / "aaaaaaaaaaaa.json").mkdir()
    assert fj.sweeps() == [sweep]
    assert fj.sweep("minimal", over={"k_paths": [1]}, **TINY) is sweep


@pytest.mark.parametrize("name", ["{}-Copy1", "bbbbbbbbbbbb"])
def test_a_copy_of_a_record_never_replaces_the_sweep(manager, name):
    sweep = fj.sweep("minimal", over={"k_paths": [1]}, **TINY).wait(60)
    folder = manager.runs_dir / "sweeps"
    shutil.copy(folder / f"{sweep.id}.json", folder / f"{name.format(sweep.id)}.json")
    sweep.extend(over={"k_paths": [3]}).wait(60)
    assert fj.sweeps() == [sweep]
    assert list(sweep.points["k_paths"]) == [1, 3]
    assert fj.sweep_by_id(sweep.id[:4]) is sweep


def test_a_record_that_names_a_folder_elsewhere_is_damaged(manager):
    sweep = fj.sweep("minimal", over={"k_paths": [1]}, **TINY).wait(60)
    path = manager.runs_dir / "sweeps" / f"{sweep.id}.json"
    path.write_text(path.read_text().replace(sweep.runs[0].id, "../../victim"))
    assert fj.sweeps() == []
    with pytest.raises(fj.FusionJupyterError, match=r"'../../victim' is not the id of a run"):
        fj.sweep_by_id(sweep.id)


@pytest.mark.parametrize("study", ["sweep", "find_load"])
def test_a_study_makes_the_runs_directory_readable_by_its_owner_only(manager, study):
    if study == "sweep":
        fj.sweep("minimal", over={"k_paths": [1]}, **TINY).wait(60)
    else:
        search = fj.find_load("minimal", blocking=0.05, num_requests=50)
        search.cancel()
        search.wait(60)
    assert stat.S_IMODE(manager.runs_dir.stat().st_mode) == 0o700


def test_a_sweep_without_points_has_an_empty_frame(manager):
    sweep = fj.sweep("minimal", over={"k_paths": [1]}, **TINY).wait(60)
    path = manager.runs_dir / "sweeps" / f"{sweep.id}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"points": []}))
    frame = fj.sweep_by_id(sweep.id).points
    assert len(frame) == 0
    assert {"run_id", "status", "started_at"} <= set(frame.columns)


def test_a_network_with_a_length_beyond_all_numbers_stops_no_view(manager):
    sweep = fj.sweep("minimal", over={"network": [[["A", "B", 100]]]}, **TINY).wait(60)
    point = sweep.record.points[0]
    point.parameters["network"][0][2] = 10**400
    assert "10000" in points.shown("network", point.parameters["network"])
    with pytest.raises(ValueError, match="allowed: above 0, in km"):
        fj.start("minimal", network=point.parameters["network"])
