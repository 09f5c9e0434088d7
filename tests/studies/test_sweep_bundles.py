"""A sweep in a bundle: it is there again where its runs are imported."""

from __future__ import annotations

import json
import zipfile

import pytest

import fusion_jupyter as fj
from fusion_jupyter import settings
from fusion_jupyter.studies import record

SHORT = {"simulator": "embedded", "max_iters": 2, "num_requests": 100}
OVER = {"k_paths": [1, 2], "network": ["NSFNet", "USNet"]}


@pytest.fixture
def sweep(manager):
    return fj.sweep("minimal", over=OVER, name="paths", tags=["paper"], **SHORT).wait(60)


def with_sweeps(bundle, change):
    """The bundle with other records of sweeps."""
    changed = bundle.with_name("changed.zip")
    with zipfile.ZipFile(bundle) as old, zipfile.ZipFile(changed, "w") as new:
        for info in old.infolist():
            content = old.read(info)
            if info.filename == "manifest.json":
                manifest = json.loads(content)
                change(manifest)
                content = json.dumps(manifest).encode()
            new.writestr(info, content)
    return changed


def test_a_bundle_of_a_sweeps_runs_brings_the_sweep_back(sweep, tmp_path):
    before = sweep.results()
    bundle = fj.export(sweep, tmp_path / "study.zip")
    settings.configure(runs_dir=tmp_path / "elsewhere")
    assert fj.sweeps() == []
    assert set(fj.import_runs(bundle)) == set(sweep.record.run_ids)
    (again,) = fj.sweeps()
    assert (again.id, again.name, again.record.tags) == (sweep.id, "paths", ["paper"])
    assert again.results().equals(before)
    # The cell that made it shows it, and runs nothing.
    assert fj.sweep("minimal", over=OVER, **SHORT) is again
    assert len(fj.runs()) == 4
    # Imported once more, it stays as it is.
    again.extend(over={"k_paths": [3], "network": ["NSFNet"]}).wait(60)
    fj.import_runs(bundle)
    assert len(record.read(tmp_path / "elsewhere", sweep.id).points) == 5


def test_some_runs_of_a_sweep_come_without_it(sweep, tmp_path):
    bundle = fj.export(sweep.runs[:2], tmp_path / "some.zip")
    settings.configure(runs_dir=tmp_path / "elsewhere")
    assert len(fj.import_runs(bundle)) == 2
    assert fj.sweeps() == []


def test_a_bundle_without_sweeps_is_read_as_before(sweep, tmp_path):
    bundle = fj.export(sweep, tmp_path / "study.zip")
    older = with_sweeps(bundle, lambda manifest: manifest.pop("sweeps"))
    assert len(fj.import_runs(older, runs_dir=tmp_path / "elsewhere")) == 4


def test_a_bundles_sweep_owns_no_run_that_the_bundle_does_not_bring(sweep, tmp_path):
    bundle = fj.export(sweep, tmp_path / "study.zip")
    settings.configure(runs_dir=tmp_path / "elsewhere")
    mine = fj.start("minimal", k_paths=5, **SHORT)
    mine.wait(60)

    def claim(manifest):
        manifest["sweeps"][0]["points"][0]["run_id"] = mine.id
        manifest["sweeps"][0]["points"][1]["previous"] = [mine.id]

    fj.import_runs(with_sweeps(bundle, claim))
    (imported,) = fj.sweeps()
    imported.delete()
    assert mine.id in {run.id for run in fj.runs()}


def test_an_imported_sweep_deletes_no_run_that_was_here_before(sweep, tmp_path, manager):
    bundle = fj.export(sweep, tmp_path / "study.zip")
    path = record.path_of(manager.runs_dir, sweep.id)
    path.unlink()
    sweep.runs[3].delete()
    here = {run.id for run in fj.runs()}
    fj.import_runs(bundle)
    assert len(fj.runs()) == 4
    fj.sweep_by_id(sweep.id).delete()
    assert {run.id for run in fj.runs()} == here


def test_new_runs_of_an_imported_sweep_execute_here_without_its_makers_shell_lines(sweep, tmp_path):
    bundle = fj.export(sweep, tmp_path / "study.zip")
    settings.configure(runs_dir=tmp_path / "elsewhere")

    def theirs(manifest):
        manifest["sweeps"][0] |= {
            "engine": "slurm",
            "engine_options": {"setup": [f"touch {tmp_path}/owned"]},
            "max_concurrent": 1,
            "budget": 1.0,
            "deadline": 1.0,
        }

    fj.import_runs(with_sweeps(bundle, theirs))
    (imported,) = fj.sweeps()
    imported.extend(over={"k_paths": [3], "network": ["NSFNet"]}).wait(60)
    new = imported.runs[-1].record
    assert (new.engine, new.status) == ("local", "COMPLETED")
    assert (imported.record.engine_options, imported.record.max_concurrent) == ({}, None)


def swap_of(field):
    def swap(manifest):
        first, _, third, _ = manifest["sweeps"][0]["points"]
        first[field], third[field] = third[field], first[field]

    return swap


def test_a_cell_never_gets_runs_of_other_points_from_an_imported_sweep(sweep, tmp_path):
    before = sweep.results()
    bundle = fj.export(sweep, tmp_path / "study.zip")
    settings.configure(runs_dir=tmp_path / "elsewhere")
    fj.import_runs(with_sweeps(bundle, swap_of("run_id")))
    with pytest.warns(UserWarning, match="2 of 4 runs do not compute their points"):
        again = fj.sweep("minimal", over=OVER, **SHORT).wait(60)
    columns = ["k_paths", "network", "erlang", "blocking"]
    assert again.results()[columns].equals(before[columns])
    assert fj.sweep("minimal", over=OVER, **SHORT).record.run_ids == again.record.run_ids


def test_a_cell_never_gets_points_called_by_the_values_of_others_from_a_bundle(sweep, tmp_path):
    before = sweep.results()
    bundle = fj.export(sweep, tmp_path / "study.zip")
    settings.configure(runs_dir=tmp_path / "elsewhere")
    fj.import_runs(with_sweeps(bundle, swap_of("parameters")))
    again = fj.sweep("minimal", over=OVER, **SHORT).wait(60)
    columns = ["k_paths", "network", "erlang", "blocking"]
    assert again.results()[columns].equals(before[columns])
    assert again.record.run_ids == sweep.record.run_ids


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda found: found.update(version=99), "made by a newer version"),
        (lambda found: found.update(id="../../../etc"), "is not the id of a sweep"),
        (lambda found: found["points"][0].update(run_id="../up"), "is not the id of a run"),
        (lambda found: found["points"][1].update(parameters={"k_paths": 2}), "different options"),
        (lambda found: found.update(id=found["points"][1]["run_id"]), "its id is that of a run"),
        (lambda found: found.update(points=[]), "no points"),
        (lambda found: found.pop("points") and found.update(points=7), "Expected `array`"),
    ],
)
def test_a_bundle_with_a_damaged_sweep_is_refused_before_anything_is_written(
    sweep, tmp_path, change, message
):
    bundle = fj.export(sweep, tmp_path / "study.zip")
    changed = with_sweeps(bundle, lambda manifest: change(manifest["sweeps"][0]))
    with pytest.raises(ValueError, match=message):
        fj.import_runs(changed, runs_dir=tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere").exists()


def test_a_sweep_with_the_id_of_a_run_that_is_here_is_refused(sweep, tmp_path):
    bundle = fj.export(sweep, tmp_path / "study.zip")
    settings.configure(runs_dir=tmp_path / "elsewhere")
    mine = fj.start("minimal", k_paths=5, **SHORT)
    mine.wait(60)
    changed = with_sweeps(bundle, lambda manifest: manifest["sweeps"][0].update(id=mine.id))
    with pytest.raises(ValueError, match="is that of a run"):
        fj.import_runs(changed)
    assert [run.id for run in fj.runs()] == [mine.id]


def test_an_export_says_that_a_sweep_with_a_deleted_run_is_left_out(sweep, tmp_path):
    sweep.runs[0].delete()
    with pytest.warns(UserWarning, match=r"left out of the bundle \(deleted runs: 1 of 4\)"):
        fj.export(sweep, tmp_path / "study.zip")
