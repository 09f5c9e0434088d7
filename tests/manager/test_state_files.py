"""Reading a run's files: whatever stands there, no reader hangs, breaks, or follows a link."""

import json
import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from helpers import wait_for, wait_until_final, wait_until_running

import fusion_jupyter as fj
from fusion_jupyter.errors import DamagedRunError
from fusion_jupyter.manager import state_files
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunCreate, RunStatus
from fusion_jupyter.storage import atomic_io, files

GOOD = {
    "version": 1,
    "name": "good",
    "simulator": "command",
    "created_at": "2026-03-01T10:00:00.5+00:00",
    "tags": ["a", "b"],
    "erlangs": [300, 400.5],
    "max_iters": 3,
    "options": {"k_paths": 5},
}
ENDED = {"version": 1, "status": "COMPLETED", "completed_at": "2026-03-01T11:00:00+00:00"}


def make(runs_dir, number=0, request=GOOD, state=ENDED) -> RunDirectory:
    directory = RunDirectory(runs_dir / f"{number:012x}")
    directory.path.mkdir(parents=True)
    for path, content in ((directory.run_file, request), (directory.state_file, state)):
        text = json.dumps(content) if isinstance(content, dict) else content
        if text is not None:
            path.write_bytes(text.encode() if isinstance(text, str) else text)
    return directory


def put(path, kind, tmp_path) -> None:
    """Something else in a file's place."""
    path.unlink(missing_ok=True)
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "link to a device":
        path.symlink_to("/dev/zero")
    elif kind == "link to a file":
        (tmp_path / "private").write_text(json.dumps({**GOOD, **ENDED, "name": "secret"}))
        path.symlink_to(tmp_path / "private")
    elif kind == "dangling link":
        path.symlink_to(tmp_path / "nowhere")
    elif kind == "folder":
        path.mkdir()
    elif kind == "device":
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 5))


KINDS = ["fifo", "link to a device", "link to a file", "dangling link", "folder", "device"]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["run.json", "state.json", "supervisor.lock"])
def test_what_is_no_file_hangs_no_reader_and_hides_no_other_run(tmp_path, name, kind):
    runs_dir = tmp_path / "runs"
    odd, other = make(runs_dir, 1), make(runs_dir, 2)
    try:
        put(odd.path / name, kind, tmp_path)
    except PermissionError:
        pytest.skip("devices can be made by root alone")
    manager = RunManager(runs_dir)
    manager.recover_orphaned_runs()
    records = {record.id: record for record in manager.list_runs()}
    assert records[other.id].status is RunStatus.COMPLETED
    assert "secret" not in records[odd.id].name
    if name == "supervisor.lock":
        assert records[odd.id].status is RunStatus.COMPLETED
    else:
        assert (records[odd.id].status, records[odd.id].problem) == (RunStatus.UNKNOWN, "damaged")
        assert name in records[odd.id].error_message
    assert not (tmp_path / "nowhere").exists()


DEEP = "[" * 3000 + "]" * 3000


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("created_at", '"2026-03-01T10:00:00"'),
        ("created_at", '"0001-01-01T00:00:00+00:00"'),
        ("created_at", "5"),
        ("max_iters", "1e999"),
        ("max_iters", "1" + "0" * 400),
        ("max_iters", "-1"),
        ("erlangs", "[1e999]"),
        ("erlangs", "[NaN]"),
        ("erlangs", '"many"'),
        ("options", DEEP),
        ("options", '{"k_paths": 1%s}' % ("0" * 25)),
        ("options", '{"deep": %s}' % ("[" * 900 + "]" * 900)),
        ("tags", '["a", 5]'),
        ("tags", "null"),
        ("name", "5"),
        ("name", '"%s"' % ("x" * 5000)),
        ("network", "[]"),
        ("version", '"1"'),
    ],
)
def test_an_odd_field_is_shown_as_damage_and_hides_no_other_run(tmp_path, field, text):
    runs_dir = tmp_path / "runs"
    plain = json.dumps({key: value for key, value in GOOD.items() if key != field})
    odd = make(runs_dir, 1, request=f'{plain[:-1]}, "{field}": {text}}}')
    make(runs_dir, 2)
    for _ in range(2):  # from the directories, then with an index
        records = {record.id: record for record in RunManager(runs_dir).list_runs()}
        assert len(records) == 2
        assert (records[odd.id].problem, records[odd.id].status) == ("damaged", "UNKNOWN")
        assert len(records[odd.id].error_message) < 500
    with pytest.raises(DamagedRunError):
        odd.check()


def test_of_a_damaged_record_the_rest_is_shown(tmp_path):
    directory = make(tmp_path, request={**GOOD, "max_iters": "three"})
    record = directory.read()
    assert (record.name, record.erlangs, record.options) == ("good", (300, 400.5), {"k_paths": 5})
    assert record.max_iters is None
    assert "max_iters is 'three'" in record.error_message
    assert record.completed_at is not None


@pytest.mark.parametrize(
    "state",
    [
        {**ENDED, "error_message": {"text": 5}},
        {**ENDED, "error_message": 5},
        {**ENDED, "exit_code": "zero"},
        {**ENDED, "signal": 10**30},
        {**ENDED, "duration_seconds": -1},
        {**ENDED, "supervisor": []},
        {**ENDED, "supervisor": {"host": {}}},
        {**ENDED, "status": None},
        {**ENDED, "status": ["COMPLETED"]},
        {**ENDED, "survivors": "all"},
        "[" * 5000,
        b"\xff\xfe",
        "",
        "null",
    ],
)
def test_a_state_with_odd_types_gives_a_record_of_sound_types(tmp_path, state):
    record = make(tmp_path, state=state).read()
    assert (record.status, record.problem) == (RunStatus.UNKNOWN, "damaged")
    assert isinstance(record.error_message, str)
    assert record.exit_code is None or isinstance(record.exit_code, int)
    assert record.signal is None or isinstance(record.signal, int)


def test_a_huge_file_is_not_read_to_its_end(tmp_path):
    directory = make(tmp_path)
    with directory.state_file.open("wb") as file:
        file.truncate(1 << 40)
    assert "more than 16,777,216 bytes" in directory.read().error_message


def test_text_that_is_no_utf_8_is_read_as_it_was_written(tmp_path):
    directory = make(tmp_path, request={**GOOD, "name": "by\udcfftes"})
    assert directory.read().name == "by\udcfftes"


def test_a_record_cut_while_it_runs_ends_nothing(manager):
    record = manager.create_run(RunCreate(command=("/bin/sleep", "60"), name="cut"))
    wait_until_running(manager, record.id)
    run_file = record.directory / "run.json"
    whole = run_file.read_bytes()
    run_file.write_bytes(whole[: len(whole) // 2])
    cut = manager.get_run(record.id)
    assert (cut.status, cut.problem) == (RunStatus.RUNNING, "damaged")
    manager.recover_orphaned_runs()
    with pytest.raises(ValueError, match="RUNNING"):
        manager.delete(record.id)
    assert record.directory.is_dir()
    run_file.write_bytes(whole)
    assert manager.get_run(record.id).problem is None


def test_a_newer_release_s_run_is_reported_as_such_and_never_failed(manager):
    record = manager.create_run(RunCreate(command=("/bin/sleep", "60")))
    wait_until_running(manager, record.id)
    run_file = record.directory / "run.json"
    content = json.loads(run_file.read_text())
    run_file.write_text(json.dumps({**content, "version": 2, "name": {"text": "new"}}))
    newer = manager.get_run(record.id)
    assert (newer.status, newer.problem) == (RunStatus.RUNNING, "newer")
    assert newer.error_message.startswith("Made by a newer version of fusion_jupyter: update")
    (record.directory / "cancel.json").touch()
    wait_for(lambda: manager.get_run(record.id).status is not RunStatus.RUNNING)
    assert (manager.get_run(record.id).status, manager.get_run(record.id).problem) == (
        RunStatus.UNKNOWN,
        "newer",
    )


def test_a_run_is_pending_until_its_supervisor_has_looked_for_the_intent(tmp_path):
    directory = make(tmp_path, state=None)
    lock = atomic_io.try_lock(os.fspath(directory.lock_file))
    directory.cancel_file.touch()
    assert directory.read().status is RunStatus.PENDING
    os.close(lock)
    assert directory.read().status is RunStatus.CANCELLED


def test_a_supervisor_that_comes_between_two_looks_is_not_mistaken_for_a_vanished_one(
    tmp_path, monkeypatch
):
    """The lock is free when it is looked at, then the supervisor comes, then its state is read."""
    running = {"version": 1, "status": "RUNNING", "started_at": "2026-03-01T11:00:00+00:00"}
    directory = make(tmp_path, state=None)
    read, locks = state_files.read, []

    def read_late(path, kind):
        if kind is state_files.State and not locks:
            locks.append(atomic_io.try_lock(os.fspath(directory.lock_file)))
            atomic_io.write_json(os.fspath(directory.state_file), running)
        return read(path, kind)

    monkeypatch.setattr(state_files, "read", read_late)
    assert directory.read().status is RunStatus.RUNNING
    os.close(locks[0])


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_a_file_that_may_not_be_read_is_no_damage():
    text = (
        "import os, sys; from pathlib import Path\n"
        "from fusion_jupyter.manager.directory import RunDirectory\n"
        "os.setuid(65534)\n"
        "print(RunDirectory(Path(sys.argv[1])).read().problem)"
    )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        directory = make(Path(folder))
        directory.run_file.chmod(0o600)
        command = [sys.executable, "-c", text, str(directory.path)]
        found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "unreadable"


def test_a_link_in_the_place_of_a_run_is_no_run(tmp_path):
    directory = make(tmp_path / "elsewhere", 1)
    link = tmp_path / "runs" / directory.id
    link.parent.mkdir()
    link.symlink_to(directory.path)
    manager = RunManager(tmp_path / "runs")
    assert manager.list_runs() == []
    assert manager.get_run(directory.id) is None


def test_a_lock_is_never_made_through_a_link(tmp_path):
    (tmp_path / "lock").symlink_to(tmp_path / "victim")
    with pytest.raises(OSError):
        atomic_io.try_lock(str(tmp_path / "lock"))
    assert not (tmp_path / "victim").exists()
    assert atomic_io.is_locked(str(tmp_path / "lock")) is False


def test_no_link_is_followed_below_a_directory(tmp_path):
    inside, outside = tmp_path / "run", tmp_path / "outside"
    for folder in (inside / "logs", outside):
        folder.mkdir(parents=True)
        (folder / "x.log").write_text(folder.name)
    descriptor = files.open_regular(str(inside / "logs" / "x.log"), below=str(inside))
    assert os.read(descriptor, 10) == b"logs"
    os.close(descriptor)
    (inside / "logs").rename(inside / "moved")
    (inside / "logs").symlink_to(outside)
    with pytest.raises(files.NotAFileError, match="behind a link"):
        files.open_regular(str(inside / "logs" / "x.log"), below=str(inside))
    (tmp_path / "run2").symlink_to(inside)
    with pytest.raises(files.NotAFileError):
        files.open_regular(str(tmp_path / "run2/moved/x.log"), below=str(tmp_path / "run2"))


def test_fj_runs_survives_a_run_of_every_kind_of_damage(tmp_path):
    fj.configure(runs_dir=tmp_path / "runs")
    done = wait_until_final(
        RunManager(), RunManager().create_run(RunCreate(command=("/bin/true",))).id
    )
    for number, kind in enumerate(KINDS[:5]):
        put(make(tmp_path / "runs", 2 * number).run_file, kind, tmp_path)
        put(make(tmp_path / "runs", 2 * number + 1).state_file, kind, tmp_path)
    assert len(fj.runs()) == 11
    assert fj.run(done.id).status == "COMPLETED"
