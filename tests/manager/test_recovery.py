import json
import os
import shutil
import sqlite3

import pytest
from helpers import wait_until_final

import fusion_jupyter as fj
from fusion_jupyter.manager import index, provenance
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunCreate, RunStatus


@pytest.fixture
def finished(manager):
    record = manager.create_run(RunCreate(command=("/bin/true",), name="one"))
    return wait_until_final(manager, record.id)


def copies(record, count):
    """Many directories like this one, with ids of their own."""
    for number in range(count):
        run_id = f"{number:012x}"
        target = record.directory.parent / run_id
        shutil.copytree(record.directory, target)
        request = json.loads((target / "run.json").read_text())
        (target / "run.json").write_text(json.dumps({**request, "id": run_id}))
        yield target


def test_damaged_directories_are_named_and_block_no_others(manager, finished):
    folders = list(copies(finished, 1000))
    damages = [
        lambda path: (path / "run.json").unlink(),
        lambda path: (path / "run.json").write_text(""),
        lambda path: (path / "run.json").write_text('{"version": 1'),
        lambda path: (path / "run.json").write_text("[]"),
        lambda path: (path / "run.json").write_text('{"version": 99}'),
        lambda path: (path / "state.json").write_text("\0" * 100),
        lambda path: (path / "state.json").write_text('{"status": "DREAMING"}'),
        lambda path: (path / "state.json").write_text('{"status": "COMPLETED", "started_at": 5}'),
        lambda path: ((path / "state.json").unlink(), (path / "state.json").mkdir()),
        lambda path: (
            shutil.rmtree(path / "run.json", ignore_errors=True)
            or ((path / "run.json").unlink(), (path / "run.json").mkdir())
        ),
    ]
    for damage, path in zip(damages, folders, strict=False):
        damage(path)
    for path in folders[10:30]:  # these lost their supervisor
        state = json.loads((path / "state.json").read_text())
        (path / "state.json").write_text(json.dumps({**state, "status": "RUNNING"}))
    found = manager.recover_orphaned_runs()
    bad = {path.name for path in folders[:10]}
    assert set(found.damaged) == bad
    assert set(found.settled) == {path.name for path in folders[10:30]}
    records = {record.id: record for record in manager.list_runs()}
    assert len(records) == 1001
    newer = {folders[4].name}
    assert {r.id for r in records.values() if r.problem == "damaged"} == bad - newer
    assert {r.id for r in records.values() if r.problem == "newer"} == newer
    assert {records[run_id].status for run_id in bad} == {RunStatus.UNKNOWN}
    assert sum(record.status is RunStatus.COMPLETED for record in records.values()) == 971
    newer = folders[4].name
    with pytest.raises(ValueError, match="newer version.*force=True"):
        manager.cancel_or_delete(newer)
    for path in folders[:10]:
        assert manager.cancel_or_delete(path.name, force=path.name == newer) is not None
    assert len(manager.list_runs()) == 991


@pytest.mark.parametrize(
    "damage", ["deleted", "overwritten", "truncated", "other version", "empty"]
)
def test_the_index_is_rebuilt_with_the_same_content(manager, finished, damage, monkeypatch):
    monkeypatch.setattr(index, "_FEW", 0)
    for _ in copies(finished, 20):
        pass
    before = manager.list_runs()
    index._memory.clear()  # as in another process
    path = manager.runs_dir / index.INDEX_FILE
    assert path.stat().st_size > 0
    if damage == "deleted":
        path.unlink()
    elif damage == "overwritten":
        path.write_bytes(b"not a database, but long enough to look like one" * 200)
    elif damage == "truncated":
        path.write_bytes(path.read_bytes()[:5000])
    elif damage == "empty":
        path.write_bytes(b"")
    else:
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA user_version = 77")
        connection.close()
    assert manager.list_runs() == before
    assert manager.list_runs() == before
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM runs").fetchone() == (21,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    connection.close()


def test_the_index_never_knows_better_than_a_directory(manager, finished):
    manager.list_runs()
    state_file = finished.directory / "state.json"
    state = json.loads(state_file.read_text())
    state_file.write_text(json.dumps({**state, "status": "FAILED", "error_message": "edited"}))
    assert manager.list_runs()[0].error_message == "edited"
    shutil.rmtree(finished.directory)
    assert manager.list_runs() == []


def test_what_crashes_left_behind_is_cleared_away(manager, finished):
    import os

    (manager.runs_dir / ".deleted-0123-abcd" / "output").mkdir(parents=True)
    old = manager.runs_dir / ".creating-0123456789ab"
    old.mkdir()
    os.utime(old, (0, 0))
    new = manager.runs_dir / ".creating-0123456789ac"
    new.mkdir()  # somebody may be at it
    manager.recover_orphaned_runs()
    assert not (manager.runs_dir / ".deleted-0123-abcd").exists()
    assert not old.exists()
    assert new.exists()


def test_the_first_use_in_a_process_recovers(finished, tmp_path):
    import subprocess
    import sys

    provenance.finish()  # nothing is written after this
    state_file = finished.directory / "state.json"
    state = json.loads(state_file.read_text())
    state_file.write_text(json.dumps({**state, "status": "RUNNING"}))
    before = sorted(path.stat().st_mtime_ns for path in finished.directory.rglob("*"))
    subprocess.run([sys.executable, "-c", "import fusion_jupyter"], check=True, cwd=tmp_path)
    assert sorted(path.stat().st_mtime_ns for path in finished.directory.rglob("*")) == before
    text = f"from fusion_jupyter import RunManager; RunManager({str(tmp_path / 'runs')!r}).get_run('x')"
    subprocess.run([sys.executable, "-c", text], check=True)
    assert json.loads(state_file.read_text())["status"] == "FAILED"


def test_a_directory_of_the_first_format_stays_readable(tmp_path):
    """A run as release 0.1 wrote it; never edit this fixture, add one for each new version."""
    source = __file__.rpartition("/")[0] + "/data/format_1"
    shutil.copytree(source, tmp_path / "runs" / "0123456789ab")
    record = RunManager(tmp_path / "runs").get_run("0123456789ab")
    assert (record.status, record.exit_code, record.name) == (RunStatus.COMPLETED, 0, "old study")
    assert record.erlangs == (300.0, 400.0)
    assert record.duration_seconds == pytest.approx(1.25)


def test_a_run_whose_supervisor_is_still_starting_is_not_queued_again(manager):
    """A second supervisor would take a place that another run could have."""
    for _ in range(20):
        record = manager.create_run(RunCreate(command=("/bin/true",)))
        assert manager.recover_orphaned_runs().queued == []
        wait_until_final(manager, record.id)


def other_process(monkeypatch):
    """What another process does: it remembers nothing, and always asks the index."""
    monkeypatch.setattr(index, "_FEW", 0)
    index._memory.clear()


@pytest.mark.parametrize("how", ["moved", "copied"])
def test_runs_that_were_moved_or_copied_are_never_read_from_their_old_place(
    manager, tmp_path, monkeypatch, how
):
    record = manager.create_run(RunCreate(simulator="embedded", config={"max_iters": 1}))
    wait_until_final(manager, record.id)
    manager.list_runs()
    other = tmp_path / "other"
    if how == "moved":
        manager.runs_dir.rename(other)
    else:
        shutil.copytree(manager.runs_dir, other)  # with the times of its files
        shutil.rmtree(record.directory / "output")
    for _ in range(2):
        other_process(monkeypatch)
        (found,) = RunManager(other).list_runs()
        assert found.directory == other / record.id
        assert fj.results(found)["erlang"].tolist() == [300.0, 400.0, 500.0, 600.0]
    content = (other / index.INDEX_FILE).read_bytes()
    assert str(tmp_path).encode() not in content


def test_the_index_gives_every_field_as_the_directory_does(manager, monkeypatch):
    request = RunCreate(
        simulator="embedded", config={"max_iters": 1, "erlang_stop": 400}, tags=("a", "b"), name="x"
    )
    record = wait_until_final(manager, manager.create_run(request).id)
    assert manager.list_runs() == [record]
    other_process(monkeypatch)

    def look(directory):
        raise AssertionError(f"{directory} was read")

    monkeypatch.setattr(RunDirectory, "inspect", look)
    assert RunManager(manager.runs_dir).list_runs() == [record]


@pytest.mark.timeout(60)
def test_an_index_that_another_process_locks_holds_up_no_listing(manager, finished, monkeypatch):
    for _ in copies(finished, 20):
        pass
    before = manager.list_runs()
    holder = sqlite3.connect(manager.runs_dir / index.INDEX_FILE)
    holder.execute("BEGIN EXCLUSIVE")
    waits = []
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda *a, **k: waits.append(k["timeout"]) or connect(*a, **k)
    )
    other_process(monkeypatch)
    assert manager.list_runs() == before
    assert manager.list_runs() == before, "from memory"
    holder.close()
    assert waits
    assert sum(waits) <= 1.0


@pytest.mark.parametrize("what", ["fifo", "link", "endless question", "foreign record"])
def test_something_else_in_the_place_of_the_index_hangs_and_breaks_nothing(
    manager, finished, tmp_path, monkeypatch, what
):
    monkeypatch.setattr(index, "_LONGEST_SECONDS", 0.2)
    before = manager.list_runs()
    path = manager.runs_dir / index.INDEX_FILE
    other_process(monkeypatch)
    if what == "foreign record":
        with sqlite3.connect(path) as connection:
            connection.execute('UPDATE runs SET record = \'{"id": 5, "created_at": "2026"}\'')
        connection.close()
    else:
        path.unlink()
    if what == "fifo":
        os.mkfifo(path)
    elif what == "link":
        path.symlink_to(tmp_path / "victim")
    elif what == "endless question":
        with sqlite3.connect(path) as connection:
            connection.execute(
                "CREATE VIEW runs AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)"
                " SELECT 'a' AS id, 'b' AS stamp, 'c' AS record FROM n"
            )
            connection.execute(f"PRAGMA user_version = {index.INDEX_VERSION}")
        connection.close()
    assert manager.list_runs() == before
    assert not (tmp_path / "victim").exists()


def test_recovery_reads_only_what_the_index_does_not_know_as_final(manager, finished, monkeypatch):
    folders = list(copies(finished, 30))
    manager.list_runs()
    state = json.loads((folders[3] / "state.json").read_text())
    (folders[3] / "state.json").write_text(json.dumps({**state, "status": "RUNNING"}))
    other_process(monkeypatch)
    read, original = [], RunDirectory.inspect
    monkeypatch.setattr(
        RunDirectory, "inspect", lambda self: read.append(self.id) or original(self)
    )
    found = RunManager(manager.runs_dir).recover_orphaned_runs()
    assert found.settled == [folders[3].name]
    assert set(read) <= {folders[3].name}
