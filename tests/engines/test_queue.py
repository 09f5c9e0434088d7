import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import wait_for, wait_until_final

from fusion_jupyter.engines import queue
from fusion_jupyter.manager.record import RunCreate, RunStatus
from fusion_jupyter.manager.succession import Successors
from fusion_jupyter.storage import atomic_io


class Started:
    """Stands for supervisors: remembers the order, and keeps each one's slot until it is ended."""

    def __init__(self) -> None:
        self.order: list[str] = []
        self._slots: list[int] = []

    def __call__(self, run_dir: str, lock: int, slot: int) -> None:
        self.order.append(run_dir[-12:])
        self._slots.append(os.dup(slot))

    def end_one(self) -> None:
        os.close(self._slots.pop(0))


def ask(runs_dir: str, run_id: str, at_once: int = 1, **asked: object) -> None:
    """As much of a waiting run as the queue looks at."""
    run_dir = Path(runs_dir, run_id)
    run_dir.mkdir()
    (run_dir / "run.json").write_text(json.dumps({"max_concurrent_runs": at_once, **asked}))
    queue.enqueue(runs_dir, run_id)


def make_waiting(runs_dir: str, count: int, at_once: int = 1) -> list[str]:
    ids = [f"{number:012x}" for number in range(count)]
    for run_id in ids:
        ask(runs_dir, run_id, at_once)
    return ids


def test_a_program_that_another_thread_is_starting_holds_no_lock_up(tmp_path):
    """Until it is executed it has a copy of every descriptor; nobody would look again for it."""
    runs_dir = str(tmp_path)
    ids = make_waiting(runs_dir, 3, at_once=2)
    copies = []

    def start(run_dir: str, lock: int, slot: int) -> None:
        copies.extend(
            os.dup(int(each.name)) for each in Path("/proc/self/fd").iterdir() if each.exists()
        )
        if run_dir.endswith(ids[0]):
            raise OSError("no memory for a process")

    try:
        with pytest.raises(OSError, match="no memory"):
            queue.dispatch(runs_dir, start, own=ids[0])
        assert not atomic_io.is_locked(f"{runs_dir}/.queue/lock")
        assert not atomic_io.is_locked(f"{runs_dir}/.queue/slot-0")
        assert queue.dispatch(runs_dir, start) == ids[1:]
        assert not atomic_io.is_locked(f"{runs_dir}/.queue/lock")
        assert atomic_io.is_locked(f"{runs_dir}/.queue/slot-0")
    finally:
        for descriptor in copies:
            os.close(descriptor)


def test_a_run_whose_supervisor_cannot_be_forked_waits_again_and_is_free(tmp_path, monkeypatch):
    """Another successor, which has copies of its locks for a moment, does not hold it up."""
    runs_dir = str(tmp_path)
    (run_id,) = make_waiting(runs_dir, 1)
    successors, later, copies = Successors(), Successors(), []

    def no_fork() -> int:
        copies.extend(os.dup(each) for each in successors._work[0][1])
        raise OSError("the user's process limit is reached")

    monkeypatch.setattr(os, "fork", no_fork)
    try:
        assert queue.dispatch(runs_dir, successors.keep) == [run_id]
        assert successors.begin() is None
        assert len(copies) == 2
        assert queue.dispatch(runs_dir, later.keep) == [run_id]
    finally:
        for descriptor in [*copies, *later._work[0][1]]:
            os.close(descriptor)


def test_runs_start_in_the_order_of_asking_with_few_listings_of_the_queue(tmp_path, monkeypatch):
    runs_dir = str(tmp_path)
    count = 1000
    ids = make_waiting(runs_dir, count)
    listings = 0
    real = os.listdir

    def listdir(path):
        nonlocal listings
        listings += 1
        return real(path)

    monkeypatch.setattr(os, "listdir", listdir)
    started = Started()
    queue.dispatch(runs_dir, started)
    for _ in range(count):
        started.end_one()
        queue.dispatch(runs_dir, started)
    assert started.order == ids
    assert listings < count / 50
    assert queue.positions(runs_dir) == {}


def test_runs_that_come_while_others_start_keep_their_turn(tmp_path):
    runs_dir = str(tmp_path)
    ids = make_waiting(runs_dir, 3)
    started = Started()
    queue.dispatch(runs_dir, started)
    late = "f" * 12
    ask(runs_dir, late)
    assert list(queue.positions(runs_dir)) == [ids[1], ids[2], late]
    queue.withdraw(runs_dir, ids[1])
    for _ in range(3):
        started.end_one()
        queue.dispatch(runs_dir, started)
        if len(started.order) == 3:
            break
    assert started.order == [ids[0], ids[2], late]


@pytest.mark.parametrize("content", ["", "garbage\n", "0" * 20 + "-" + "a" * 12 + "\n"])
def test_a_damaged_front_of_the_queue_costs_a_listing(tmp_path, content):
    runs_dir = str(tmp_path)
    ids = make_waiting(runs_dir, 2, at_once=2)
    (tmp_path / ".queue" / "front").write_text(content)
    started = Started()
    assert queue.dispatch(runs_dir, started) == ids


def test_a_run_that_cannot_be_read_for_a_moment_keeps_its_place_and_holds_nobody_up(tmp_path):
    runs_dir = str(tmp_path)
    first, second, third = make_waiting(runs_dir, 3)
    started = Started()
    away = tmp_path / "away"
    (tmp_path / first).rename(away)
    (tmp_path / first).symlink_to(tmp_path / first)  # an error that is not "there is none"
    assert queue.dispatch(runs_dir, started) == [second]
    assert list(queue.positions(runs_dir)) == [first, third]
    trouble = tmp_path / ".queue" / "trouble"
    assert f"run {first} cannot be read now" in trouble.read_text()
    (tmp_path / first).unlink()
    away.rename(tmp_path / first)
    for _ in range(2):
        started.end_one()
        queue.dispatch(runs_dir, started)
    assert started.order == [second, first, third]
    assert not trouble.exists()


@pytest.mark.parametrize("how", ["cancelled", "late"])
def test_a_run_that_will_not_execute_any_more_holds_nobody_up(tmp_path, how):
    """Its own limit would let it start only after the first has ended."""
    runs_dir = str(tmp_path)
    first, second, third = (f"{number:012x}" for number in range(3))
    ask(runs_dir, first, 2)
    ask(runs_dir, second, 1, deadline=0 if how == "late" else None)
    ask(runs_dir, third, 2)
    if how == "cancelled":
        (tmp_path / second / "cancel.json").touch()
    started = Started()
    assert queue.dispatch(runs_dir, started) == [first, third]
    started.end_one()
    # With a place it gets a supervisor, which records its end.
    assert queue.dispatch(runs_dir, started) == [second]
    assert queue.positions(runs_dir) == {}


HOLDER = """
import fcntl, os, sys
os.makedirs(os.path.dirname(sys.argv[1]), exist_ok=True)
descriptor = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
fcntl.flock(descriptor, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def holder(manager):
    """A process that holds the queue's lock, stopped, until it is told to go."""
    path = str(manager.runs_dir / ".queue" / "lock")
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    process.stdout.readline()
    process.send_signal(19)  # SIGSTOP
    yield process
    process.kill()
    process.communicate()


def test_a_stopped_process_that_holds_the_queue_stops_no_reader_and_no_starter(manager, holder):
    record = manager.create_run(RunCreate(command=("/bin/true",)))
    assert [found.id for found in manager.list_runs()] == [record.id]
    manager.recover_orphaned_runs()
    manager.tend()
    assert manager.get_run(record.id).status is RunStatus.PENDING
    reason = manager.poll([record])[record.id].reason
    assert f"held by process {holder.pid} (" in reason
    assert reason.endswith("which is stopped")
    holder.kill()
    holder.wait()
    manager.tend()
    assert wait_until_final(manager, record.id).status is RunStatus.COMPLETED


def test_a_run_requested_while_another_process_starts_runs_is_not_forgotten(tmp_path, monkeypatch):
    """Whoever finds the lock held leaves a mark, and the holder looks again."""
    runs_dir = str(tmp_path)
    first = make_waiting(runs_dir, 1, at_once=2)
    late = "f" * 12
    started = Started()
    real = queue._entries

    def entries(folder: str) -> list[str]:
        found = real(folder)
        if started.order == first and not found and not (tmp_path / late).exists():
            # The holder has just seen that nobody waits any more.
            ask(runs_dir, late, at_once=2)
            assert queue.dispatch(runs_dir, started) == []
        return found

    monkeypatch.setattr(queue, "_entries", entries)
    assert queue.dispatch(runs_dir, started) == [*first, late]


QUEUE = """
import sys
from fusion_jupyter import RunManager, RunCreate, configure
configure(max_concurrent_runs=1)
manager = RunManager(sys.argv[1])
text = 'ls /proc/$PPID/fd | wc -l; cut -d " " -f 2 /proc/$PPID/statm; cat /proc/$PPID/sessionid'
for number in range(150):
    manager.create_run(RunCreate(name=f"{number}", command=("/bin/sh", "-c", text)))
"""


def test_a_long_queue_goes_on_by_itself_and_each_supervisor_is_like_the_first(tmp_path):
    """Each is a fork of the one before: nothing may add up, and each has an identity of its own."""
    runs_dir = tmp_path / "runs"
    subprocess.run([sys.executable, "-c", QUEUE, str(runs_dir)], check=True)

    def ended() -> int:
        return sum('"COMPLETED"' in path.read_text() for path in runs_dir.glob("*/state.json"))

    wait_for(lambda: ended() == 150, 120)
    seen = {}
    for path in runs_dir.glob("*/run.json"):
        run = json.loads(path.read_text())
        state = json.loads(path.with_name("state.json").read_text())
        files, pages, _ = (path.parent / "logs" / f"{run['id']}.log").read_text().splitlines()
        seen[int(run["name"])] = (int(files), int(pages), state["supervisor"])
    # A look may meet some that are just being closed, so of many forks the least counts.
    least = [min(seen[number][0] for number in part) for part in (range(1, 50), range(100, 150))]
    assert least[1] <= least[0] + 2  # one that is lost at each fork would be fifty
    assert seen[149][1] < 1.3 * seen[0][1]
    assert len({(who["pid"], who["start_time"]) for _, _, who in seen.values()}) == 150
