"""One full disk, one pattern, one FIFO, one stopped process: each keeps nothing else from going on."""

import json
import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from helpers import survivors, wait_for, wait_until_final, wait_until_running

from fusion_jupyter import settings
from fusion_jupyter.manager import process, provenance
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunCreate, RunStatus


def shell(text: str, *arguments: str, **options: object) -> RunCreate:
    return RunCreate(command=("/bin/sh", "-c", text, "sh", *arguments), **options)


def log_of(record) -> str:
    path = record.directory / "logs" / f"{record.id}.log"
    return path.read_text() if path.exists() else ""


def supervisor_of(record) -> int:
    return json.loads((record.directory / "state.json").read_text())["supervisor"]["pid"]


# -- a full disk ---------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 2 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        pytest.skip(f"a small tmpfs cannot be mounted here: {made.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(path: Path) -> None:
    with path.open("ab", buffering=0) as file, pytest.raises(OSError, match="No space left"):
        while True:
            file.write(b"x" * 4096)


FILLS = 'while :; do cat /dev/zero >> "$FUSION_OUTPUT_DIR/zeros" 2>/dev/null; sleep 0.01; done'


def test_a_run_that_fills_the_disk_can_be_cancelled(small_disk):
    """ENOSPC when the intent was written, and the program went on filling."""
    settings.configure(max_concurrent_runs=1, cancel_grace_seconds=0.2)
    manager = RunManager(small_disk / "runs")
    record = wait_until_running(manager, manager.create_run(shell(FILLS)).id)
    wait_for(lambda: os.statvfs(small_disk).f_bavail == 0)
    asking = threading.Thread(target=manager.cancel, args=(record.id,))
    asking.start()
    wait_for(lambda: not survivors(record.id))
    # Its end cannot be written yet.
    assert manager.get_run(record.id).status is RunStatus.RUNNING
    assert manager.get_run(record.id).cancel_requested
    (record.directory / "output" / "zeros").unlink()
    assert wait_until_final(manager, record.id).status is RunStatus.CANCELLED
    asking.join()


def test_a_disk_without_room_even_for_a_name_does_not_keep_a_run_from_being_cancelled(small_disk):
    manager = RunManager(small_disk / "runs")
    record = wait_until_running(manager, manager.create_run(shell("sleep 60")).id)
    disk = os.statvfs(small_disk)
    names = f"remount,nr_inodes={disk.f_files - disk.f_ffree}"
    subprocess.run(["mount", "-o", names, str(small_disk)], check=True)
    with pytest.raises(OSError, match="No space left"):
        (record.directory / "cancel.json").touch()
    asking = threading.Thread(target=manager.cancel, args=(record.id,))
    asking.start()
    wait_for(lambda: not survivors(record.id))
    assert not (record.directory / "cancel.json").exists()
    subprocess.run(["mount", "-o", "remount,nr_inodes=1000", str(small_disk)], check=True)
    assert wait_until_final(manager, record.id).status is RunStatus.CANCELLED
    asking.join()


def test_a_run_that_has_ended_on_a_full_disk_keeps_no_slot(small_disk, tmp_path):
    settings.configure(max_concurrent_runs=1)
    manager = RunManager(small_disk / "runs")
    end = tmp_path / "end"
    text = 'while [ ! -e "$1" ]; do sleep 0.02; done'
    first = wait_until_running(manager, manager.create_run(shell(text, str(end))).id)
    waiting = manager.create_run(shell("echo ran"))
    fill(small_disk / "ballast")
    end.touch()
    # The supervisor of the next one is there. The end of the one and the start of the other wait
    # for room, or one of them has found what little the queue's own files have left.
    wait_for(lambda: manager.poll([waiting])[waiting.id].phase == "executing")
    assert not all(run.status.is_final for run in manager.list_runs())
    (small_disk / "ballast").unlink()
    assert wait_until_final(manager, first.id).status is RunStatus.COMPLETED
    assert wait_until_final(manager, waiting.id).status is RunStatus.COMPLETED


def test_a_run_that_waits_for_room_to_start_can_be_cancelled(small_disk):
    manager = RunManager(small_disk / "runs")
    settings.configure(max_concurrent_runs=1, cancel_grace_seconds=0.2)
    first = wait_until_running(manager, manager.create_run(shell("sleep 60")).id)
    # Now and then the queue's own files leave the little room that a start needs.
    waiting = manager.create_run(shell("sleep 60"))
    fill(small_disk / "ballast")
    os.kill(first.pid, signal.SIGKILL)
    wait_for(lambda: manager.poll([waiting])[waiting.id].phase == "executing")
    asking = threading.Thread(target=manager.cancel, args=(waiting.id,))
    asking.start()
    wait_for((waiting.directory / "cancel.json").exists)
    wait_for(lambda: not survivors(waiting.id))
    (small_disk / "ballast").unlink()
    assert wait_until_final(manager, waiting.id).status is RunStatus.CANCELLED
    asking.join()


# -- a pattern -----------------------------------------------------------------------------------

BACKTRACKS = r"(?:\w+\s?)*: loss (?P<loss>\d+)"
PRINTS = "echo 'step 1: loss 5'; echo {}; echo 'step 2: loss 3'; echo ready; sleep 60"


def test_a_pattern_that_backtracks_keeps_no_supervisor_from_its_work(manager):
    """The leader was a zombie, the run RUNNING, cancel and SIGTERM without effect."""
    settings.configure(cancel_grace_seconds=0.3)
    words = " ".join(["word"] * 12)
    text = PRINTS.format(words)
    request = shell(text, progress_patterns=(BACKTRACKS, r"^step (?P<step>\d+)"))
    record = manager.create_run(request)
    wait_for(lambda: "ready" in log_of(record))
    wait_for(lambda: "is disabled" in log_of(record))
    assert "took longer than 0.5 s for one line" in log_of(record)
    assert manager.cancel(record.id).status is RunStatus.CANCELLED
    progress = (record.directory / "progress.jsonl").read_text().splitlines()
    # The first line by the first pattern, the last by the one that is left.
    assert [set(json.loads(line)) - {"timestamp"} for line in progress] == [{"loss"}, {"step"}]


def test_the_last_lines_of_a_program_count_for_its_progress(manager):
    text = 'i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo "step $i/2000"; done'
    pattern = r"step (?P<step>\d+)/(?P<total>\d+)"
    record = wait_until_final(
        manager, manager.create_run(shell(text, progress_patterns=(pattern,))).id
    )
    assert record.status is RunStatus.COMPLETED
    last = (record.directory / "progress.jsonl").read_text().splitlines()[-1]
    assert (json.loads(last)["step"], json.loads(last)["total"]) == (2000, 2000)


def test_the_reader_of_a_log_ends_with_its_supervisor_and_holds_no_lock(manager):
    request = shell("echo step 1; sleep 60", progress_patterns=(r"step (?P<step>\d+)",))
    record = manager.create_run(request)
    wait_for((record.directory / "progress.jsonl").exists)
    os.kill(supervisor_of(record), signal.SIGKILL)
    wait_for(lambda: manager.get_run(record.id).status is RunStatus.FAILED)
    # The end is recorded, by the manager's first look at the folder or by this: the lock is free.
    manager.recover_orphaned_runs()
    assert json.loads((record.directory / "state.json").read_text())["status"] == "FAILED"
    wait_for(lambda: survivors(record.id) == [])


# -- FIFOs, links and odd content ----------------------------------------------------------------


def test_a_log_that_is_a_fifo_is_an_error_of_the_run(manager):
    settings.configure(max_concurrent_runs=1)
    first = manager.create_run(shell("sleep 60"))
    record = manager.create_run(shell("echo ran"))
    os.mkfifo(record.directory / "logs" / f"{record.id}.log")
    manager.cancel(first.id)
    found = wait_until_final(manager, record.id)
    assert found.status is RunStatus.FAILED
    assert "Cannot start" in found.error_message


@pytest.mark.parametrize("name", ["log", "progress"])
def test_a_program_that_puts_a_fifo_in_the_place_of_its_files_stops_nothing(manager, name):
    path = {"log": "logs/$FUSION_RUN_ID.log", "progress": "progress.jsonl"}[name]
    text = f'cd "$FUSION_OUTPUT_DIR/.." && rm -f {path} && mkfifo {path}; echo step 1; exit 3'
    request = shell(text, progress_patterns=(r"step (?P<step>\d+)",))
    record = wait_until_final(manager, manager.create_run(request).id)
    assert (record.status, record.exit_code) == (RunStatus.FAILED, 3)


@pytest.mark.parametrize("kind", ["fifo", "nested", "folder", "link", "huge", "odd grace"])
def test_any_kind_of_file_as_the_marker_cancels(manager, kind):
    """A FIFO hung the supervisor; a deeply nested one made it FAILED "RecursionError"."""
    record = manager.create_run(shell("echo ready; sleep 60"))
    wait_for(lambda: log_of(record))
    intent = record.directory / "cancel.json"
    if kind == "fifo":
        os.mkfifo(intent)
    elif kind == "folder":
        intent.mkdir()
    elif kind == "link":
        intent.symlink_to("/dev/zero")
    else:
        content = {
            "nested": "[" * 100_000,
            "huge": "0" * 50_000_000,
            "odd grace": '{"grace_seconds": -1e400}',
        }[kind]
        intent.write_text(content)
    found = wait_until_final(manager, record.id)
    assert (found.status, found.signal) == (RunStatus.CANCELLED, signal.SIGTERM)


# -- secrets -------------------------------------------------------------------------------------


@pytest.fixture
def waiting(manager, monkeypatch):
    """A run in line behind another, with a secret in its environment."""
    monkeypatch.setenv("STUDY_SECRET", "s3cret")
    settings.configure(max_concurrent_runs=1, cancel_grace_seconds=0.2)
    first = manager.create_run(shell("sleep 60"))
    record = manager.create_run(shell("true"))
    environment = record.directory / "environment.json"
    assert "s3cret" in environment.read_text()
    assert stat.S_IMODE(environment.stat().st_mode) == 0o600
    return first, record, environment


def test_the_environment_of_a_waiting_run_goes_with_its_cancel(manager, waiting):
    _, record, environment = waiting
    manager.cancel(record.id)
    assert not environment.exists()


def test_the_environment_goes_when_an_intent_alone_has_cancelled_a_waiting_run(manager, waiting):
    first, record, environment = waiting
    (record.directory / "cancel.json").touch()
    manager.cancel(first.id)
    wait_for(lambda: not environment.exists())
    assert wait_until_final(manager, record.id).status is RunStatus.CANCELLED


def test_the_environment_goes_where_the_log_folder_is_missing(manager, waiting):
    first, record, environment = waiting
    (record.directory / "logs").rmdir()
    manager.cancel(first.id)
    assert wait_until_final(manager, record.id).status is RunStatus.FAILED
    assert not environment.exists()


def test_the_environment_goes_where_the_command_cannot_be_read(manager, waiting):
    first, record, environment = waiting
    content = json.loads((record.directory / "run.json").read_text())
    del content["command"]
    (record.directory / "run.json").write_text(json.dumps(content))
    manager.cancel(first.id)
    assert wait_until_final(manager, record.id).status is RunStatus.FAILED
    assert not environment.exists()


def test_a_runs_directory_is_made_for_its_owner_alone(manager):
    manager.create_run(shell("true"))
    assert stat.S_IMODE(manager.runs_dir.stat().st_mode) == 0o700


def test_a_runs_directory_that_was_opened_to_others_stays_open(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o755)
    RunManager(shared).create_run(shell("true"))
    assert stat.S_IMODE(shared.stat().st_mode) == 0o755


def test_what_is_written_into_a_shared_runs_directory_follows_the_umask(tmp_path):
    """A second user of the group could not even queue a run."""
    settings.configure(max_concurrent_runs=1, cancel_grace_seconds=0.2)
    before = os.umask(0o002)
    try:
        manager = RunManager(tmp_path / "runs")
        first = manager.create_run(shell("sleep 60"))
        waiting = manager.create_run(shell("true", reuse=True))
        manager.add_tags(waiting, ["ofc27"])
        provenance.finish()
    finally:
        os.umask(before)
    folders = (".queue", ".reuse", waiting.id)
    paths = [path for name in folders for path in (manager.runs_dir / name).iterdir()]
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_file()}
    assert modes.pop("environment.json") == 0o600
    assert {"lock", "last", "slot-0", "run.json", "labels.json"} <= modes.keys()
    assert set(modes.values()) == {0o664}
    manager.cancel(waiting.id)
    manager.cancel(first.id)


# -- stopped processes ---------------------------------------------------------------------------


def test_a_cancel_while_the_supervisor_is_stopped_is_carried_out(manager):
    """Nothing happened for 15 s."""
    record = wait_until_running(manager, manager.create_run(shell("sleep 60")).id)
    os.kill(supervisor_of(record), signal.SIGSTOP)
    assert manager.cancel(record.id).status is RunStatus.CANCELLED
    assert survivors(record.id) == []


def test_a_supervisor_that_is_stopped_during_a_cancel_carries_it_out(manager):
    settings.configure(cancel_grace_seconds=1)
    program = shell("trap '' TERM; sleep 60")
    record = wait_until_running(manager, manager.create_run(program).id)
    pid = supervisor_of(record)
    stopper = threading.Thread(
        target=lambda: (
            wait_for((record.directory / "cancel.json").exists),
            os.kill(pid, signal.SIGSTOP),
        )
    )
    stopper.start()
    assert manager.cancel(record.id).status is RunStatus.CANCELLED
    stopper.join()
    assert survivors(record.id) == []


TRACER = """
import ctypes, sys
libc = ctypes.CDLL(None, use_errno=True)
pid = int(sys.argv[1])
ATTACH = 16
assert libc.ptrace(ATTACH, pid, 0, 0) == 0, ctypes.get_errno()
print("attached", flush=True)
sys.stdin.read()
"""


def held_by_debugger(pid: int) -> subprocess.Popen:
    tracer = subprocess.Popen(
        [sys.executable, "-c", TRACER, str(pid)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    if tracer.stdout.readline() != b"attached\n":
        pytest.skip(f"no process can be traced here: {tracer.communicate()[1].decode()[-200:]}")
    wait_for(lambda: process.stat(pid)["state"] in "tT")
    return tracer


@pytest.mark.parametrize("force", [False, True])
def test_a_supervisor_in_a_debugger_is_reported_at_once_and_its_program_ended(manager, force):
    settings.configure(cancel_grace_seconds=0.2)
    record = wait_until_running(manager, manager.create_run(shell("sleep 60")).id)
    supervisor = supervisor_of(record)
    tracer = held_by_debugger(supervisor)
    try:
        found = manager.cancel(record.id, force=force)
        assert survivors(record.id) == []
        if force:
            assert found.status is RunStatus.CANCELLED
        else:
            assert found.status is RunStatus.RUNNING
            assert f"supervisor (process {supervisor}) is stopped" in found.error_message
    finally:
        tracer.kill()
        tracer.communicate()
    assert wait_until_final(manager, record.id).status is RunStatus.CANCELLED


def test_a_handle_s_cancel_ends_the_program_of_a_stopped_supervisor_in_the_background(manager):
    settings.configure(cancel_grace_seconds=0.2)
    record = wait_until_running(manager, manager.create_run(shell("sleep 60")).id)
    tracer = held_by_debugger(supervisor_of(record))
    try:
        manager.cancel(record.id, wait=False)
        wait_for(lambda: not survivors(record.id))
    finally:
        tracer.kill()
        tracer.communicate()
    assert wait_until_final(manager, record.id).status is RunStatus.CANCELLED


def test_a_program_that_is_stopped_gets_its_grace_period(manager):
    text = "trap 'echo saved; exit 0' TERM; echo ready; while :; do sleep 0.05; done"
    record = manager.create_run(shell(text))
    wait_for(lambda: "ready" in log_of(record))
    os.killpg(manager.get_run(record.id).pid, signal.SIGSTOP)
    assert manager.cancel(record.id).status is RunStatus.CANCELLED
    assert log_of(record).endswith("saved\n")


def test_a_stopped_creator_of_the_same_run_is_named(tmp_path, monkeypatch):
    from fusion_jupyter.manager import reuse

    holder = """
import sys
from pathlib import Path
from fusion_jupyter.manager import reuse
with reuse.claimed(Path(sys.argv[1]), [sys.argv[2]]):
    print("held", flush=True)
    sys.stdin.read()
"""
    monkeypatch.setattr(reuse, "_PATIENCE_SECONDS", 0.3)
    manager = RunManager(tmp_path / "runs")
    request = shell("true", reuse=True)
    fingerprint = manager.prepare(request).fingerprint
    other = subprocess.Popen(
        [sys.executable, "-c", holder, str(manager.runs_dir), fingerprint],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        other.stdout.readline()
        other.send_signal(signal.SIGSTOP)
        wait_for(lambda: process.stat(other.pid)["state"] == "T")
        with pytest.raises(TimeoutError, match=f"process {other.pid} .*, which is stopped"):
            manager.create_run(request)
        assert manager.list_runs() == []
    finally:
        other.kill()
        other.communicate()
