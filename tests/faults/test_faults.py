"""Kill everything at every moment, then look again: no wrong outcome, none lost, nobody left."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers import survivors, wait_for, wait_until_final, wait_until_running

from fusion_jupyter import settings
from fusion_jupyter.manager import process
from fusion_jupyter.manager.directory import VANISHED
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunCreate, RunStatus
from fusion_jupyter.storage import atomic_io

FAULTY = Path(__file__).with_name("faulty.py")
STOPPED = "The run's supervisor failed"


def run_faulty(what: str, runs_dir: Path, number: int) -> int:
    return subprocess.run(
        [sys.executable, str(FAULTY), what, str(runs_dir), str(number)], timeout=60, check=False
    ).returncode


def look_again(runs_dir: Path) -> list:
    """What a new process finds after the crash, once everything that can go on has ended."""
    settings.configure(max_concurrent_runs=1, cancel_grace_seconds=0.2)
    manager = RunManager(runs_dir)
    manager.recover_orphaned_runs()

    def is_settled() -> bool:
        manager.recover_orphaned_runs()
        records = manager.list_runs()
        blocked = any(_is_long(record) for record in records)
        return all(
            record.status.is_final
            or _is_long(record)
            or (blocked and record.status is RunStatus.PENDING)
            for record in records
        )

    wait_for(is_settled)
    for record in manager.list_runs():
        if _is_long(record):
            manager.cancel(record.id)
    # Runs that waited behind it have a place now.
    wait_for(is_settled)
    return manager.list_runs()


def _is_long(record) -> bool:
    return record.status is RunStatus.RUNNING and "sleep 60" in _command(record)


def _command(record) -> str:
    return " ".join(json.loads((record.directory / "run.json").read_text())["command"])


def times_started(record) -> int:
    path = record.directory / "output" / "ran"
    return len(path.read_text().splitlines()) if path.exists() else 0


def check_outcomes(records: list, *, supervisor_died: bool) -> None:
    for record in records:
        started = times_started(record)
        assert started <= 1, f"{record} was started {started} times"
        assert record.status is not RunStatus.COMPLETED, f"{record} never exits with 0"
        if record.status is RunStatus.FAILED:
            if record.exit_code is not None:
                assert record.exit_code == 7
                assert started == 1
            else:
                assert supervisor_died, f"{record}: an outcome that could be known is lost"
                assert record.error_message == VANISHED
        else:
            assert record.status is RunStatus.CANCELLED
            assert record.cancel_requested
        assert survivors(record.id) == [], f"{record} left processes behind"
        assert not (record.directory / "environment.json").exists() or started == 0


def every_step(what: str, tmp_path: Path, *, supervisor_died: bool) -> int:
    number = 0
    while True:
        runs_dir = tmp_path / f"{what}-{number}"
        code = run_faulty(what, runs_dir, number)
        check_outcomes(look_again(runs_dir), supervisor_died=supervisor_died)
        assert not list(runs_dir.glob(".deleted-*"))
        if code == 0 and what == "manager":
            return number
        if what == "supervised" and number >= 2 * SUPERVISOR_STEPS:
            return number
        number += 1


#: More than a supervisor has steps: the later numbers are days without a fault.
SUPERVISOR_STEPS = 34


@pytest.mark.timeout(600)
def test_a_manager_killed_before_or_after_any_write_loses_nothing(tmp_path, capsys):
    count = every_step("manager", tmp_path, supervisor_died=False)
    with capsys.disabled():
        print(f"\n  manager killed at {count} steps: no outcome wrong, none lost, no process left")
    assert count > 60


@pytest.mark.timeout(900)
def test_a_supervisor_killed_before_or_after_any_write_is_reported_as_such(tmp_path, capsys):
    count = every_step("supervised", tmp_path, supervisor_died=True)
    with capsys.disabled():
        print(f"\n  supervisors killed at {count} steps: no outcome wrong, no process left")


KERNEL = """
import sys
from fusion_jupyter import settings
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunCreate
settings.configure(max_concurrent_runs=2)
manager = RunManager(sys.argv[1])
while True:
    print(manager.create_run(RunCreate(command=("/bin/sh", "-c", sys.argv[2]))).id, flush=True)
    manager.list_runs()
"""


@pytest.mark.timeout(300)
def test_a_kernel_killed_at_random_moments_costs_no_outcome(tmp_path, capsys):
    from faulty import PROGRAM

    generator = random.Random(20261124)
    total = 0
    for turn in range(30):
        runs_dir = tmp_path / f"kernel-{turn}"
        kernel = subprocess.Popen(
            [sys.executable, "-c", KERNEL, str(runs_dir), PROGRAM], stdout=subprocess.PIPE
        )
        # A random moment of a random run's creation, however fast this machine is today.
        began = time.monotonic()
        for _ in range(generator.randrange(1, 4)):
            kernel.stdout.readline()
            took, began = time.monotonic() - began, time.monotonic()
        time.sleep(generator.uniform(0, min(took, 0.2)))
        kernel.kill()
        kernel.communicate()
        records = look_again(runs_dir)
        total += len(records)
        check_outcomes(records, supervisor_died=False)
        assert all(record.exit_code == 7 for record in records)
    with capsys.disabled():
        print(f"\n  kernel killed 30 times: {total} runs, each with its exit code")
    assert total >= 30


@pytest.mark.parametrize("victim", ["supervisor", "simulator", "both"])
def test_a_killed_supervisor_or_simulator_is_reported_as_such(manager, victim):
    text = "sleep 60 & setsid sleep 61 & sleep 62"
    record = manager.create_run(RunCreate(command=("/bin/sh", "-c", text)))
    record = wait_until_running(manager, record.id)
    wait_for(lambda: len(survivors(record.id)) == 4)
    state = json.loads((record.directory / "state.json").read_text())
    if victim != "simulator":
        os.kill(state["supervisor"]["pid"], signal.SIGKILL)
    if victim != "supervisor":
        os.kill(record.pid, signal.SIGKILL)
    after = wait_until_final(manager, record.id)
    assert after.status is RunStatus.FAILED
    if victim == "simulator":
        assert after.signal == signal.SIGKILL
        assert after.error_message.startswith("Ended by signal 9 (SIGKILL)")
    else:
        assert after.error_message == VANISHED
        assert manager.recover_orphaned_runs().settled == [record.id]
        assert manager.recover_orphaned_runs().settled == []
        assert manager.get_run(record.id).completed_at is not None
    wait_for(lambda: survivors(record.id) == [])


def test_queued_runs_start_when_the_kernel_that_queued_them_is_gone(tmp_path):
    text = """
import sys
from fusion_jupyter import settings
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunCreate
settings.configure(max_concurrent_runs=1)
manager = RunManager(sys.argv[1])
for _ in range(5):
    manager.create_run(RunCreate(command=("/bin/sh", "-c", "sleep 0.1; echo $$")))
"""
    subprocess.run([sys.executable, "-c", text, str(tmp_path / "runs")], check=True)
    # Nobody but the supervisors is left; this process only looks at the files.
    states = tmp_path / "runs"
    wait_for(lambda: sum('"COMPLETED"' in p.read_text() for p in states.glob("*/state.json")) == 5)


RACER = """
import sys
from fusion_jupyter import settings
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunCreate
settings.configure(max_concurrent_runs=2)
manager = RunManager(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
text = 'echo start $(date +%s%N) >> "$0"; sleep 0.05; echo end $(date +%s%N) >> "$0"'
for _ in range(3):
    manager.create_run(RunCreate(command=("/bin/sh", "-c", text, sys.argv[2])))
    manager.recover_orphaned_runs()
"""


@pytest.mark.timeout(300)
def test_racing_processes_start_each_run_once_and_never_more_than_allowed(tmp_path, capsys):
    runs_dir, journal = tmp_path / "runs", tmp_path / "journal"
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, str(runs_dir), str(journal)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for _ in range(20)
    ]
    for racer in racers:
        assert racer.stdout.readline() == b"ready\n"
    for racer in racers:
        racer.stdin.write(b"go\n")
        racer.stdin.close()
    for racer in racers:
        assert racer.wait(timeout=120) == 0
        racer.stdout.close()
    manager = RunManager(runs_dir)
    wait_for(lambda: all(r.status.is_final for r in manager.list_runs()), 120)
    records = manager.list_runs()
    assert [record.status for record in records] == [RunStatus.COMPLETED] * 60
    events = sorted(
        (int(moment), kind)
        for kind, moment in (line.split() for line in journal.read_text().splitlines())
    )
    assert sum(kind == "start" for _, kind in events) == 60
    running = most = 0
    for _, kind in events:
        running += 1 if kind == "start" else -1
        most = max(most, running)
    with capsys.disabled():
        print(f"\n  20 processes, 60 runs: each ran once, at most {most} at a time")
    assert most <= 2


@pytest.mark.timeout(300)
def test_many_cycles_leave_files_threads_and_memory_flat(manager, capsys):
    import threading

    import psutil

    own = psutil.Process()

    def cycle() -> None:
        record = manager.create_run(RunCreate(command=("/bin/true",)))
        wait_until_final(manager, record.id)
        manager.cancel_or_delete(record.id)

    for _ in range(20):
        cycle()
    files, threads, memory = own.num_fds(), threading.active_count(), own.memory_info().rss
    for _ in range(500):
        cycle()
    manager.tend()
    grown = own.memory_info().rss - memory
    with capsys.disabled():
        print(
            f"\n  500 cycles: {own.num_fds() - files:+d} open files, "
            f"{threading.active_count() - threads:+d} threads, {grown / 1e6:+.1f} MB"
        )
    assert own.num_fds() <= files
    assert threading.active_count() <= threads
    assert grown < 8e6
    wait_for(lambda: not [child for child in own.children() if manager.tend() is None])
    assert {path.name for path in manager.runs_dir.iterdir()} <= {".queue", "index.sqlite3"}


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 1 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if made.returncode != 0:
        pytest.skip(f"a small tmpfs cannot be mounted here: {made.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(ballast):
    """Take what room is left."""
    with ballast.open("ab", buffering=0) as file, pytest.raises(OSError, match="No space left"):
        while True:
            file.write(b"x" * 4096)


def test_a_full_disk_is_reported_clearly_and_costs_no_earlier_run(small_disk):
    manager = RunManager(small_disk / "runs")
    done = wait_until_final(manager, manager.create_run(RunCreate(command=("/bin/true",))).id)
    under_way = manager.create_run(
        RunCreate(
            command=("/bin/sh", "-c", "while [ ! -e $FUSION_OUTPUT_DIR/end ]; do sleep 0.02; done")
        )
    )
    under_way = wait_until_running(manager, under_way.id)
    # What its start leaves for a moment would be room later.
    wait_for(lambda: not (under_way.directory / "environment.json").exists())
    (under_way.directory / "output" / "end.prepared").touch()
    ballast = small_disk / "ballast"
    fill(ballast)
    with pytest.raises(OSError, match="No space left"):
        manager.create_run(RunCreate(command=("/bin/true",)))
    assert manager.get_run(done.id) == done
    assert {record.id for record in manager.list_runs()} == {done.id, under_way.id}
    # The end of the one that was running cannot be written yet, and is not lost. What the look at
    # the runs may have freed is taken again.
    fill(ballast)
    (under_way.directory / "output" / "end.prepared").rename(under_way.directory / "output" / "end")
    wait_for(lambda: process.stat(under_way.pid) is None)  # collected by its supervisor
    assert manager.get_run(under_way.id).status is RunStatus.RUNNING
    ballast.unlink()
    assert wait_until_final(manager, under_way.id).status is RunStatus.COMPLETED
    again = manager.create_run(RunCreate(command=("/bin/true",)))
    assert wait_until_final(manager, again.id).status is RunStatus.COMPLETED


def finished_and_alone(manager):
    """A finished run whose supervisor has gone too."""
    record = wait_until_final(manager, manager.create_run(RunCreate(command=("/bin/true",))).id)
    wait_for(lambda: not atomic_io.is_locked(str(record.directory / "supervisor.lock")))
    return record


def test_a_reused_pid_never_costs_a_stranger_its_life(manager):
    record = finished_and_alone(manager)
    stranger = subprocess.Popen(["/bin/sleep", "60"], start_new_session=True)
    try:
        state_file = record.directory / "state.json"
        state = json.loads(state_file.read_text())
        state.update(status="RUNNING", pid=stranger.pid, pgid=stranger.pid)
        state["supervisor"]["pid"] = stranger.pid
        del state["completed_at"], state["exit_code"]
        state_file.write_text(json.dumps(state))
        assert manager.get_run(record.id).error_message == VANISHED
        assert manager.recover_orphaned_runs().settled == [record.id]
        manager.cancel(record.id)
        assert stranger.poll() is None
        identity = {**process.identify(stranger.pid), "start_time": 1}
        assert not process.send_signal(identity, signal.SIGKILL)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_zombie_counts_as_dead():
    child = subprocess.Popen(["/bin/true"])
    wait_for(lambda: process.stat(child.pid)["state"] == "Z")
    os.kill(child.pid, 0)  # it answers all the same
    assert process.identify(child.pid) is None
    child.wait()


def test_a_run_of_another_host_is_not_judged_by_this_one(manager):
    record = finished_and_alone(manager)
    state_file = record.directory / "state.json"
    state = json.loads(state_file.read_text())
    state.update(status="RUNNING")
    del state["completed_at"], state["exit_code"]
    state["supervisor"].update(host="node17", boot_id="0" * 8)
    state_file.write_text(json.dumps(state))
    assert manager.recover_orphaned_runs().settled == []
    found = manager.get_run(record.id)
    assert (found.status, found.host) == (RunStatus.RUNNING, "node17")
    # The same host after a restart is not elsewhere.
    state["supervisor"].update(host=os.uname().nodename)
    state_file.write_text(json.dumps(state))
    assert manager.get_run(record.id).status is RunStatus.FAILED
