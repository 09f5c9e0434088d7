"""What earlier code wrote still opens: its runs, sweeps and bundles, with everything in them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import fusion_jupyter as fj

FORMATS = Path(__file__).parent.parent / "data" / "formats"
WRITTEN = sorted(folder.name for folder in FORMATS.iterdir() if folder.is_dir())
WITH_BUNDLE = [name for name in WRITTEN if (FORMATS / name / "bundle.zip").exists()]
WITH_SWEEP = [name for name in WRITTEN if (FORMATS / name / "runs" / "sweeps").exists()]

pytestmark = pytest.mark.filterwarnings("ignore::fusion_jupyter.FewIterationsWarning")


@pytest.fixture
def runs(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, fj.Run]:
    """The runs of a format, by name, in a copy of their runs directory."""
    shutil.copytree(FORMATS / request.param / "runs", tmp_path / "runs")
    fj.configure(runs_dir=tmp_path / "runs")
    return {run.name: run for run in fj.runs() if run.name in {"simulated", "failed", "cancelled"}}


every_format = pytest.mark.parametrize("runs", WRITTEN, indirect=True)


@every_format
def test_an_old_run_has_its_outcome(runs: dict[str, fj.Run]) -> None:
    assert {name: run.status for name, run in runs.items()} == {
        "simulated": "COMPLETED",
        "failed": "FAILED",
        "cancelled": "CANCELLED",
    }
    assert runs["simulated"].record.exit_code == 0
    assert runs["simulated"].record.tags == ("old",)
    assert runs["simulated"].progress.fraction == 1
    assert runs["failed"].record.exit_code == 3
    assert "3" in str(runs["failed"].record.error_message)
    assert all(run.record.duration_seconds >= 0 for run in runs.values())


@every_format
def test_an_old_run_has_its_results(runs: dict[str, fj.Run]) -> None:
    run = runs["simulated"]
    (file,) = (run.directory / "output").rglob("900.0_erlang.json")
    frame = run.results()
    assert frame["erlang"].tolist() == [900]
    assert frame["iterations"].tolist() == [2]
    written = json.loads(file.read_text(encoding="utf-8"))["blocking_mean"]
    assert frame["blocking"].tolist() == [written]
    for row in run.results(level="iteration").itertuples():
        assert 0 <= row.blocking <= 1
    for level in ("iteration", "link", "bandwidth", "modulation"):
        assert len(run.results(level=level)) > 0


@every_format
def test_an_old_run_has_its_log_and_files(runs: dict[str, fj.Run]) -> None:
    assert runs["failed"].log_tail(5) == ["no licence"]
    assert runs["cancelled"].log_tail(5)[0] == "begun"
    assert len(runs["simulated"].log_tail(5)) == 5
    (file,) = runs["simulated"].artifacts
    assert file.name == "900.0_erlang.json"
    assert "iter_stats" in runs["simulated"].load(file.path)
    assert "900" in runs["simulated"].config


@every_format
def test_old_runs_are_only_read(runs: dict[str, fj.Run]) -> None:
    folders = [run.directory for run in runs.values()]
    before = {path: path.read_bytes() for d in folders for path in d.rglob("*") if path.is_file()}
    for run in runs.values():
        repr(run), run.log_tail(5), run.artifacts, run.provenance
    runs["simulated"].results()
    fj.recover_orphaned_runs()
    after = {path: path.read_bytes() for d in folders for path in d.rglob("*") if path.is_file()}
    assert after == before


@every_format
def test_an_old_run_can_be_renamed_repeated_and_exported(
    runs: dict[str, fj.Run], tmp_path: Path
) -> None:
    runs["failed"].rename("of last year")
    assert fj.run(runs["failed"].id).name == "of last year"
    again = runs["simulated"].again()
    again.wait(60)
    assert again.status == "COMPLETED"
    assert fj.import_runs(
        fj.export(list(runs.values()), tmp_path / "new.zip"), runs_dir=tmp_path / "other"
    ) == [run.id for run in runs.values()]


@pytest.mark.parametrize("name", WITH_BUNDLE)
def test_an_old_bundle_is_imported(name: str, tmp_path: Path) -> None:
    imported = fj.import_runs(FORMATS / name / "bundle.zip", runs_dir=tmp_path / "runs")
    fj.configure(runs_dir=tmp_path / "runs")
    statuses = {run.name: run.status for run in map(fj.run, imported)}
    assert statuses == {"simulated": "COMPLETED", "failed": "FAILED", "cancelled": "CANCELLED"}
    (run,) = fj.runs(name="simulated")
    assert run.results()["erlang"].tolist() == [900]


@pytest.mark.parametrize("runs", WITH_SWEEP, indirect=True)
def test_an_old_sweep_has_its_points_and_results(runs: dict[str, fj.Run]) -> None:
    (sweep,) = fj.sweeps()
    assert sweep.name == "old sweep"
    assert sweep.wait(60).counts == {"COMPLETED": 2}
    assert sweep.points["k_paths"].tolist() == [1, 3]
    assert sweep.results()["k_paths"].tolist() == [1, 3]


def test_the_formats_have_bundles_and_sweeps_among_them() -> None:
    assert len(WRITTEN) >= 6
    assert len(WITH_BUNDLE) >= 5
    assert len(WITH_SWEEP) >= 3
