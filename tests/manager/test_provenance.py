"""What is recorded of the code and the surroundings that a run was started from."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

import fusion_jupyter as fj
from fusion_jupyter.manager import provenance, provenance_facts
from fusion_jupyter.manager.directory import RunDirectory

COMMAND = (sys.executable, "-c", "print('done')")


def git(folder: Path, *arguments: str) -> str:
    options = ["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", *options, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit, the working directory of this process."""
    folder = tmp_path / "study"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "model.py").write_text("k = 3\n")
    git(folder, "add", "model.py")
    git(folder, "commit", "-q", "-m", "first")
    monkeypatch.chdir(folder)
    return folder


def started(manager: fj.RunManager) -> RunDirectory:
    record = manager.create_run(fj.RunCreate(command=COMMAND))
    assert provenance.finish()
    return RunDirectory(record.directory)


def test_a_run_records_the_commit_python_the_distributions_and_the_machine(
    repository: Path, manager: fj.RunManager
) -> None:
    found = provenance.read(started(manager))
    assert found["repository"] == {
        "root": os.fspath(repository),
        "commit": git(repository, "rev-parse", "HEAD"),
        "branch": "main",
        "dirty": False,
        "diff_bytes": 0,
    }
    assert found["package"] == {"name": "fusion_jupyter", "version": fj.__version__}
    assert found["python"]["version"] == platform.python_version()
    installed = found["distributions"]["installed"]
    for name in ("numpy", "pandas", "jupyter-client", "pytest-timeout"):
        assert installed[name] == importlib.metadata.version(name)
    assert found["distributions"]["sha256"] == provenance_facts.digest(installed)
    assert found["machine"]["host"] == platform.node()
    assert found["machine"]["memory_bytes"] > 1 << 20
    assert "with seed first_seed + i" in found["seeds"]


def test_what_was_not_committed_is_kept_as_a_diff_that_can_be_applied(
    repository: Path, manager: fj.RunManager
) -> None:
    (repository / "model.py").write_text("k = 5\n")
    (repository / "notes.txt").write_text("not of the repository\n")
    directory = started(manager)
    found = provenance.read(directory)["repository"]
    assert found["dirty"]
    assert found["diff_bytes"] == directory.diff_file.stat().st_size
    git(repository, "checkout", "-q", "model.py")
    git(repository, "apply", os.fspath(directory.diff_file))
    assert (repository / "model.py").read_text() == "k = 5\n"


def test_each_start_is_inspected_afresh(repository: Path, manager: fj.RunManager) -> None:
    first = provenance.read(started(manager))
    (repository / "model.py").write_text("k = 5\n")
    git(repository, "commit", "-q", "-a", "-m", "second")
    second = provenance.read(started(manager))
    assert first["repository"]["commit"] != second["repository"]["commit"]


def test_a_large_diff_is_not_kept_and_its_size_is_reported(
    repository: Path, manager: fj.RunManager
) -> None:
    (repository / "model.py").write_text("x" * (provenance_facts.LARGEST_DIFF_BYTES + 1))
    directory = started(manager)
    assert (
        provenance.read(directory)["repository"]["diff_bytes"] > provenance_facts.LARGEST_DIFF_BYTES
    )
    assert not directory.diff_file.exists()


def test_a_repository_without_a_commit_and_a_detached_head(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(repository, "checkout", "-q", "--detach")
    found, _ = provenance_facts.repository(repository)
    assert found is not None
    assert (found["branch"], found["dirty"]) == (None, False)
    (tmp_path / "new").mkdir()
    git(tmp_path / "new", "init", "-q")
    found, diff = provenance_facts.repository(tmp_path / "new")
    assert found is not None
    assert (found["commit"], diff) == (None, b"")


def test_outside_a_repository_and_without_git_there_is_none(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert provenance_facts.repository(tmp_path) == (None, b"")
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    assert provenance_facts.repository(repository) == (None, b"")


def test_no_program_that_a_repository_names_is_called(repository: Path, tmp_path: Path) -> None:
    trap, proof = tmp_path / "trap", tmp_path / "called"
    trap.write_text(f"#!/bin/sh\ntouch {proof}\n")
    trap.chmod(0o755)
    for option in ("core.fsmonitor", "diff.external", "diff.mine.textconv", "core.pager"):
        git(repository, "config", option, os.fspath(trap))
    git(repository, "config", "diff.mine.command", os.fspath(trap))
    (repository / ".gitattributes").write_text("*.py diff=mine\n")
    (repository / "model.py").write_text("k = 5\n")
    found, diff = provenance_facts.repository(repository)
    assert found is not None
    assert found["dirty"]
    assert b"+k = 5" in diff
    assert not proof.exists()


def test_a_start_does_not_wait_for_git(
    repository: Path, tmp_path: Path, manager: fj.RunManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs, gate = tmp_path / "programs", tmp_path / "gate"
    programs.mkdir()
    slow = programs / "git"
    slow.write_text(f"#!/bin/sh\nwhile [ ! -e {gate} ]; do sleep 0.02; done\nexit 1\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    record = manager.create_run(fj.RunCreate(command=COMMAND))
    assert not provenance.finish(timeout=0)
    assert provenance.read(RunDirectory(record.directory)) == {}
    gate.touch()
    assert provenance.finish()
    assert provenance.read(RunDirectory(record.directory))["repository"] is None


def test_the_runs_of_a_study_share_one_copy_of_the_diff(
    repository: Path, manager: fj.RunManager
) -> None:
    (repository / "model.py").write_text("k = 5\n")
    prepared = [manager.prepare(fj.RunCreate(command=COMMAND)) for _ in range(3)]
    records = manager.create_prepared(prepared)
    assert provenance.finish()
    files = {RunDirectory(record.directory).diff_file.stat().st_ino for record in records}
    assert len(files) == 1


def test_a_run_that_is_deleted_at_once_leaves_nothing(
    repository: Path, manager: fj.RunManager
) -> None:
    run_dirs = []
    for _ in range(5):
        record = manager.create_run(fj.RunCreate(command=COMMAND))
        manager.cancel(record.id)
        manager.delete(record.id)
        run_dirs.append(record.directory)
    assert provenance.finish()
    assert not any(path.exists() for path in run_dirs)
    assert not list(manager.runs_dir.glob(".deleted-*"))


@pytest.mark.parametrize("content", ["", "[]", "{", '{"version": 1'])
def test_a_damaged_record_is_no_record(tmp_path: Path, content: str) -> None:
    (tmp_path / "provenance.json").write_text(content)
    assert provenance.read(RunDirectory(tmp_path)) == {}


def test_a_script_that_ends_at_once_has_recorded_its_runs(tmp_path: Path) -> None:
    script = (
        "import sys, fusion_jupyter as fj\n"
        f"manager = fj.RunManager({os.fspath(tmp_path / 'runs')!r})\n"
        "print(manager.create_run(fj.RunCreate(command=(sys.executable, '-c', ''))).directory)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=tmp_path
    )
    path = Path(done.stdout.strip()) / "provenance.json"
    assert json.loads(path.read_text())["python"]["executable"] == sys.executable


def test_a_bundle_carries_the_provenance(
    repository: Path, manager: fj.RunManager, tmp_path: Path
) -> None:
    (repository / "model.py").write_text("k = 5\n")
    run = fj.start(command=COMMAND)
    run.wait(20)
    bundle = fj.export(run, tmp_path / "study.zip")
    fj.import_runs(bundle, runs_dir=tmp_path / "elsewhere")
    there = RunDirectory(tmp_path / "elsewhere" / run.id)
    assert provenance.read(there) == provenance.read(RunDirectory(run.directory)) != {}
    assert there.diff_file.read_bytes() == RunDirectory(run.directory).diff_file.read_bytes()
