"""The outcome of a run is what happened, whatever its processes and its directory go through."""

import contextlib
import json
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import others
import pytest
from helpers import survivors, wait_for, wait_until_final, wait_until_running

from fusion_jupyter import settings
from fusion_jupyter.engines import queue
from fusion_jupyter.manager import process
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunCreate, RunStatus
from fusion_jupyter.storage import atomic_io


def shell(text: str, *arguments: str, **options: object) -> RunCreate:
    return RunCreate(command=("/bin/sh", "-c", text, "sh", *arguments), **options)


def log_of(record) -> str:
    path = record.directory / "logs" / f"{record.id}.log"
    return path.read_text() if path.exists() else ""


def supervisor_of(record) -> int:
    return json.loads((record.directory / "state.json").read_text())["supervisor"]["pid"]


DISPATCH = """
import sys
from fusion_jupyter.engines import queue
print(queue.dispatch(sys.argv[1], lambda run_dir, lock, slot: None), queue.trouble(sys.argv[1]))
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_a_waiting_run_is_never_started_as_another_user(user_folder):
    """It could not read its environment, so it failed; and it would have had a stranger's rights."""
    before = os.umask(0)
    try:
        ids = [f"{number:012x}" for number in range(2)]
        for run_id in ids:
            run_dir = user_folder / "runs" / run_id
            run_dir.mkdir(parents=True)
            (run_dir / "run.json").write_text("{}")
            queue.enqueue(str(user_folder / "runs"), run_id)
        theirs = user_folder / "runs" / ids[0] / "environment.json"
        theirs.write_text("{}")
        theirs.chmod(0o600)
    finally:
        os.umask(before)
    said = others.script_of_user(user_folder, DISPATCH)
    assert said.startswith(f"{ids[1:]} run {ids[0]} is another user's")
    assert list(queue.positions(str(user_folder / "runs"))) == ids[:1]


SHARE = """
import sys, warnings
from fusion_jupyter import RunManager, RunCreate
request = RunCreate(command=("/bin/true",), cwd="/", tags=("mine",), reuse=True)
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    print(RunManager(sys.argv[1]).create_run(request).id, *[each.message for each in told])
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_the_same_run_of_another_user_is_shared_as_it_is(user_folder):
    manager = RunManager(user_folder / "runs")
    manager.runs_dir.mkdir()
    request = RunCreate(command=("/bin/true",), cwd="/", reuse=True)
    record = wait_until_final(manager, manager.create_run(request).id)
    for path in (manager.runs_dir, *manager.runs_dir.glob(".reuse/**")):
        path.chmod(0o777)
    for path in manager.runs_dir.glob(".reuse/*"):
        path.chmod(0o666)
    said = others.script_of_user(user_folder, SHARE)
    assert said.startswith(f"{record.id} Run {record.id} is shared as it is, without new tags")
    assert manager.get_run(record.id).tags == ()


@pytest.fixture
def user_folder():
    yield from others.ordinary_user()


FINISH = """
import json, sys, time
from fusion_jupyter import RunManager, RunCreate, configure
configure(max_concurrent_runs=1, cancel_grace_seconds=0.2)
manager = RunManager(sys.argv[1])
def finish(*command):
    record = manager.create_run(RunCreate(command=command))
    deadline = time.monotonic() + 30
    while not (record := manager.get_run(record.id)).status.is_final:
        assert time.monotonic() < deadline, record
        time.sleep(0.01)
    return [record.status, record.exit_code, record.error_message, list(record.survivors)]
"""


def test_a_child_of_another_user_costs_no_outcome_and_no_slot(user_folder):
    """It could not be signalled; PermissionError left the supervisor, and the run was FAILED."""
    sleeper = others.root_sleeper(user_folder)
    leave = '"$@" > $0 & while ! grep -q ready $0; do sleep 0.01; done'
    text = FINISH + (
        "leave = finish('/bin/sh', '-c', *sys.argv[2:])\n"
        "print(json.dumps([leave, finish('/bin/true')]))\n"
    )
    told = others.script_of_user(user_folder, text, leave, str(user_folder / "said"), *sleeper)
    first, second = json.loads(told)
    for pid in first[3]:
        os.kill(pid, signal.SIGKILL)
    assert first[:2] == ["COMPLETED", 0]
    assert len(first[3]) == 1
    assert first[2] == f"Processes of this run that could not be ended: {first[3][0]}"
    assert second == ["COMPLETED", 0, None, []], "a survivor holds no slot"


def test_hidden_processes_of_others_cost_no_outcome(user_folder):
    """With hidepid=1 the processes of others cannot be looked at: even /bin/true was FAILED."""
    text = FINISH + (
        "print(json.dumps([finish('/bin/true'), "
        "finish('/bin/sh', '-c', 'setsid sleep 60 & exit 3')]))"
    )
    told = others.script_of_user(user_folder, text, mounts="mount -t proc -o hidepid=1 proc /proc")
    assert json.loads(told) == [
        ["COMPLETED", 0, None, []],
        ["FAILED", 3, "Exit code 3", []],
    ]


def test_a_cancel_that_may_not_end_the_program_says_so_and_is_recorded_in_the_end(user_folder):
    sleeper = others.root_sleeper(user_folder)
    text = FINISH + (
        "record = manager.create_run(RunCreate(command=tuple(sys.argv[2:])))\n"
        "while manager.get_run(record.id).pid is None: time.sleep(0.01)\n"
        "log = record.directory / 'logs' / f'{record.id}.log'\n"
        "while 'ready' not in log.read_text(): time.sleep(0.01)\n"
        "manager.cancel(record.id, wait=False)\n"
        "while not manager.get_run(record.id).survivors: time.sleep(0.01)\n"
        "record = manager.get_run(record.id)\n"
        "print(json.dumps([record.id, record.status, record.pid, list(record.survivors)]))\n"
    )
    told = others.script_of_user(user_folder, text, *sleeper)
    run_id, status, pid, left = json.loads(told)
    assert (status, left) == ("RUNNING", [pid])
    os.kill(pid, signal.SIGKILL)
    manager = RunManager(user_folder / "runs")
    assert wait_until_final(manager, run_id).status is RunStatus.CANCELLED


def test_a_run_cancelled_while_it_starts_has_one_outcome(manager, capsys):
    """`cancel` said CANCELLED, then the program ran and the run was COMPLETED."""
    generator = random.Random(11)
    settings.configure(cancel_grace_seconds=0.5)
    changed, outcomes = [], {}

    def watch(run_id: str, done: threading.Event) -> None:
        final = None
        while not done.is_set():
            status = manager.get_run(run_id).status
            if final is not None and status is not final:
                changed.append((run_id, final, status))
            if status.is_final:
                final = status

    for _ in range(120):
        record = manager.create_run(shell("sleep 0.02"))
        done = threading.Event()
        watching = threading.Thread(target=watch, args=(record.id, done))
        watching.start()
        time.sleep(generator.uniform(0.0, 0.07))
        told = manager.cancel(record.id).status
        wait_for(lambda lock=record: not atomic_io.is_locked(f"{lock.directory}/supervisor.lock"))
        outcomes[record.id] = (told, manager.get_run(record.id).status)
        done.set()
        watching.join()
    assert changed == []
    assert all(told is found for told, found in outcomes.values())
    kinds = [told.value for told, _ in outcomes.values()]
    with capsys.disabled():
        print(f"\n  120 cancels: {kinds.count('CANCELLED')} cancelled, one outcome each")


UNTIL_TOLD = 'while [ ! -e "$1" ]; do sleep 0.02; done; exit 0'


@pytest.mark.parametrize("what", ["run directory", "runs directory", "parent"])
def test_a_directory_that_is_renamed_for_a_while_ends_no_run(tmp_path, what):
    """One failed look at the run directory ended a healthy run."""
    manager = RunManager(tmp_path / "home" / "runs")
    end = tmp_path / "end"
    record = wait_until_running(manager, manager.create_run(shell(UNTIL_TOLD, str(end))).id)
    moved = {
        "run directory": record.directory,
        "runs directory": manager.runs_dir,
        "parent": manager.runs_dir.parent,
    }[what]
    away = tmp_path / "away"
    moved.rename(away)
    # It ends while its directory is elsewhere: what the supervisor writes goes with it.
    time.sleep(0.4)
    end.touch()
    inside = away / record.directory.relative_to(moved)
    wait_for(lambda: json.loads((inside / "state.json").read_text())["status"] == "COMPLETED")
    away.rename(moved)
    assert wait_until_final(manager, record.id).status is RunStatus.COMPLETED


def test_a_mount_that_is_away_for_a_while_ends_no_run(tmp_path):
    home, away = tmp_path / "home", tmp_path / "away"
    home.mkdir()
    away.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "tmpfs", str(home)], capture_output=True, text=True, check=False
    )
    if made.returncode != 0:
        pytest.skip(f"nothing can be mounted here: {made.stderr.strip()}")
    subprocess.run(["mount", "--make-private", str(home)], check=True)
    try:
        manager = RunManager(home / "runs")
        end = tmp_path / "end"
        record = wait_until_running(manager, manager.create_run(shell(UNTIL_TOLD, str(end))).id)
        for _ in range(3):
            # A second one is mounted over it, and taken away again.
            subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(home)], check=True)
            time.sleep(0.25)
            subprocess.run(["umount", str(home)], check=True)
        assert manager.get_run(record.id).status is RunStatus.RUNNING
        end.touch()
        assert wait_until_final(manager, record.id).status is RunStatus.COMPLETED
    finally:
        subprocess.run(["umount", "--lazy", str(home)], check=True)


DRIVER = """
import sys
from fusion_jupyter import RunManager, RunCreate
manager = RunManager(sys.argv[1])
inner = manager.create_run(RunCreate(name="inner", command=("/bin/sh", "-c", sys.argv[2])))
print(inner.id, flush=True)
if sys.argv[3] == "stay":
    import time
    time.sleep(60)
"""


@pytest.mark.parametrize("ending", ["exits", "cancelled", "supervisor killed"])
def test_a_run_started_from_inside_a_run_lives_on_without_it(manager, ending):
    """The inner supervisor inherited the marker of the outer run, and descended from its reaper."""
    stay = "go" if ending == "exits" else "stay"
    inner = "sleep 1; echo done"
    command = (sys.executable, "-c", DRIVER, str(manager.runs_dir), inner, stay)
    outer = manager.create_run(RunCreate(name="outer", command=command))
    wait_for(lambda: log_of(outer).strip())
    inner_id = log_of(outer).strip()
    if ending == "cancelled":
        wait_until_running(manager, inner_id)
        assert manager.cancel(outer.id).status is RunStatus.CANCELLED
    elif ending == "supervisor killed":
        wait_until_running(manager, inner_id)
        os.kill(supervisor_of(manager.get_run(outer.id)), signal.SIGKILL)
        wait_for(lambda: outer.id in manager.recover_orphaned_runs().settled)
    else:
        assert wait_until_final(manager, outer.id).status is RunStatus.COMPLETED
    found = wait_until_final(manager, inner_id)
    assert (found.status, found.error_message) == (RunStatus.COMPLETED, None)
    assert log_of(found) == "done\n"
    assert survivors(outer.id) == []


def test_a_waiting_run_of_another_kernel_lives_on_when_a_program_has_started_it(manager):
    settings.configure(max_concurrent_runs=1)
    first = manager.create_run(shell("sleep 0.3"))
    waiting = manager.create_run(shell("sleep 1; echo done"))
    settings.configure(max_concurrent_runs=4)
    # The program's own run takes another slot; tending, it starts what waits.
    text = "import sys; from fusion_jupyter import RunManager; RunManager(sys.argv[1]).tend()"
    program = f'"{sys.executable}" -c "$1" "$2"; sleep 0.2'
    wait_until_final(manager, first.id)
    starter = manager.create_run(shell(program, text, str(manager.runs_dir)))
    wait_until_final(manager, starter.id)
    assert wait_until_final(manager, waiting.id).status is RunStatus.COMPLETED


HOPPER = """
#include <signal.h>
#include <time.h>
#include <unistd.h>
int main(int argc, char **argv) {
    time_t end = time(NULL) + 60; /* if it should escape, it does not fill the machine for ever */
    signal(SIGTERM, SIG_IGN);
    while (time(NULL) < end) {
        pid_t child = fork();
        if (child > 0) _exit(0);
        if (child == 0 && argc > 1) setsid();
    }
}
"""


@pytest.fixture(scope="module")
def hopper(tmp_path_factory):
    """A program that goes on in a child all the time, and so is never seen twice under a pid."""
    folder = tmp_path_factory.mktemp("hopper")
    (folder / "hopper.c").write_text(HOPPER)
    if shutil.which("gcc") is None:
        pytest.skip("no C compiler")
    subprocess.run(["gcc", "-O2", "-o", folder / "hopper", folder / "hopper.c"], check=True)
    return str(folder / "hopper")


@pytest.mark.parametrize("argument", ["same group", "new sessions"])
@pytest.mark.parametrize("ending", ["cancel", "leader exits"])
def test_a_process_that_hops_from_pid_to_pid_is_ended(manager, tmp_path, hopper, argument, ending):
    """It escaped every time, and the cancel was recorded as clean."""
    settings.configure(cancel_grace_seconds=0.1)
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reading = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    new = "x" if argument == "new sessions" else ""
    stay = "sleep 60" if ending == "cancel" else "sleep 0.2"
    text = f'exec 9> "$1"; env -i "$2" {new} & {stay}'
    record = manager.create_run(shell(text, str(fifo), hopper))
    wait_until_running(manager, record.id)
    wait_for(lambda: is_executed(hopper) or manager.get_run(record.id).status.is_final)
    if ending == "cancel":
        assert manager.cancel(record.id).status is RunStatus.CANCELLED
    else:
        assert wait_until_final(manager, record.id).status is RunStatus.COMPLETED
    # Every process of the run has inherited the writing end: none is left.
    poll = select.poll()
    poll.register(reading, select.POLLIN)
    assert poll.poll(2000)
    assert os.read(reading, 1) == b""
    os.close(reading)
    assert "survivors" not in json.loads((record.directory / "state.json").read_text())


def test_what_a_killed_supervisor_leaves_without_any_mark_is_ended_by_the_recovery(manager):
    """It lived on and held the slot: the next run waited with nothing shown running."""
    settings.configure(max_concurrent_runs=1)
    text = "env -i setsid sleep 62.5 & echo ready; sleep 61.5"
    record = manager.create_run(shell(text))
    wait_for(lambda: log_of(record))
    wait_for(lambda: len(processes_of("sleep\x0062.5")) == 1)
    waiting = manager.create_run(shell("true"))
    os.kill(supervisor_of(record), signal.SIGKILL)
    wait_for(lambda: manager.recover_orphaned_runs().settled == [record.id])
    assert processes_of("sleep\x0062.5") == []
    assert wait_until_final(manager, waiting.id).status is RunStatus.COMPLETED


def is_executed(program: str) -> bool:
    """Whether some process executes this file."""
    for row in process.table():
        with contextlib.suppress(OSError):
            if Path(f"/proc/{row['pid']}/exe").readlink() == Path(program):
                return True
    return False


def processes_of(command: str) -> list[int]:
    found = []
    for row in process.table():
        try:
            content = Path(f"/proc/{row['pid']}/cmdline").read_bytes()
        except OSError:
            continue
        if content.rstrip(b"\0") == command.encode():
            found.append(row["pid"])
    return found


CLOSES_FAMILY = """
import os, sys, time
if os.fork():
    time.sleep(60)
os.setsid()
for number in os.listdir("/proc/self/fd"):
    try:
        if os.readlink(f"/proc/self/fd/{number}").endswith("family.lock"):
            os.close(int(number))
    except OSError:
        pass
os.execve("/bin/sleep", ["sleep", "63.5"], {})
"""


def test_a_waiting_run_says_who_holds_the_slot_where_nothing_runs(manager):
    settings.configure(max_concurrent_runs=1)
    record = manager.create_run(RunCreate(command=(sys.executable, "-c", CLOSES_FAMILY)))
    wait_until_running(manager, record.id)
    wait_for(lambda: processes_of("sleep\x0063.5"))
    [holder] = processes_of("sleep\x0063.5")
    waiting = manager.create_run(shell("true"))
    os.kill(supervisor_of(record), signal.SIGKILL)
    wait_for(lambda: manager.recover_orphaned_runs().settled == [record.id])
    # It is not certain that this one is the run's: it is named, not ended.
    reason = manager.poll([waiting])[waiting.id].reason
    assert f"process {holder} (sleep)" in reason
    assert record.id in reason
    os.kill(holder, signal.SIGKILL)
    wait_for(lambda: process.start_time(holder) is None)
    manager.tend()
    assert wait_until_final(manager, waiting.id).status is RunStatus.COMPLETED


def gone_elsewhere(record, seconds_ago: float) -> None:
    """Make the run look as if a container that is gone had supervised it."""
    state_file = record.directory / "state.json"
    state = json.loads(state_file.read_text())
    state.update(status="RUNNING")
    del state["completed_at"], state["exit_code"]
    state["supervisor"].update(host="container17", boot_id="0" * 8)
    state_file.write_text(json.dumps(state))
    seen = time.time() - seconds_ago
    os.utime(record.directory / "supervisor.lock", (seen, seen))


@pytest.fixture
def finished(manager):
    record = wait_until_final(manager, manager.create_run(shell("true")).id)
    wait_for(lambda: not atomic_io.is_locked(f"{record.directory}/supervisor.lock"))
    return record


def test_a_dead_run_of_a_container_that_is_gone_does_not_stay_running_for_ever(manager, finished):
    gone_elsewhere(finished, 3600)
    assert manager.recover_orphaned_runs().settled == [finished.id]
    found = manager.get_run(finished.id)
    assert found.status is RunStatus.FAILED
    assert "supervisor vanished" in found.error_message
    assert manager.delete(finished.id) is not None


def test_a_silent_run_on_a_shared_disk_is_ended_by_force_alone(manager, finished, monkeypatch):
    from fusion_jupyter.storage import filesystem

    monkeypatch.setattr(filesystem, "is_local", lambda path: False)
    settings.configure(cancel_grace_seconds=0.1)
    gone_elsewhere(finished, 3600)
    assert manager.recover_orphaned_runs().settled == []
    found = manager.get_run(finished.id)
    assert (found.status, found.problem) == (RunStatus.RUNNING, "silent")
    assert found.error_message.startswith("Last seen 20")
    with pytest.raises(ValueError, match="force=True"):
        manager.delete(finished.id)
    ended = manager.cancel(finished.id, force=True)
    assert ended.status is RunStatus.CANCELLED
    assert "Last seen" in ended.error_message
    assert manager.delete(finished.id) is not None


def test_a_supervisor_gives_signs_of_life(manager):
    record = wait_until_running(manager, manager.create_run(shell("sleep 60")).id)
    lock = record.directory / "supervisor.lock"
    os.utime(lock, (0, 0))
    wait_for(lambda: time.time() - lock.stat().st_mtime < 60, 15)


@pytest.mark.parametrize("damage", ["cut", "newer", "gone"])
def test_a_running_run_with_a_damaged_record_is_not_final_and_not_deleted(manager, damage):
    """It was shown FAILED, and `delete` removed it and killed the simulator."""
    record = wait_until_running(manager, manager.create_run(shell("sleep 60")).id)
    run_file = record.directory / "run.json"
    content = run_file.read_text()
    if damage == "gone":
        run_file.unlink()
    else:
        newer = json.dumps({**json.loads(content), "version": 2})
        run_file.write_text(newer if damage == "newer" else content[:40])
    found = manager.get_run(record.id)
    assert found.status is RunStatus.RUNNING
    assert found.problem == ("newer" if damage == "newer" else "damaged")
    with pytest.raises(ValueError, match="cancel it before"):
        manager.delete(record.id)
    assert manager.recover_orphaned_runs().settled == []
    assert process.start_time(record.pid) is not None
    # The intent needs no record.
    manager.cancel(record.id)
    assert survivors(record.id) == []
    run_file.write_text(content)
    assert manager.get_run(record.id).status is RunStatus.CANCELLED


def test_a_run_of_a_newer_version_is_never_failed_and_not_deleted_without_force(manager, finished):
    run_file = finished.directory / "run.json"
    run_file.write_text(json.dumps({**json.loads(run_file.read_text()), "version": 2}))
    found = manager.get_run(finished.id)
    assert found.status is RunStatus.UNKNOWN
    assert "newer version" in found.error_message
    with pytest.raises(ValueError, match=r"newer version.*force=True"):
        manager.cancel_or_delete(finished.id)
    assert finished.directory.is_dir()
    assert manager.delete(finished.id, force=True) is not None
    assert not finished.directory.exists()


@pytest.mark.parametrize("state", ["pending", "running", "stopped supervisor"])
def test_delete_by_force_cancels_first(manager, state):
    settings.configure(max_concurrent_runs=1, cancel_grace_seconds=0.2)
    running = wait_until_running(manager, manager.create_run(shell("sleep 60")).id)
    record = manager.create_run(shell("sleep 60")) if state == "pending" else running
    supervisor = supervisor_of(running)
    if state == "stopped supervisor":
        os.kill(supervisor, signal.SIGSTOP)
    with pytest.raises(ValueError, match="force=True"):
        manager.delete(record.id)
    assert manager.delete(record.id, force=True).id == record.id
    assert not record.directory.exists()
    assert survivors(record.id) == []
    assert manager.get_run(record.id) is None
    if state == "pending":
        assert manager.get_run(running.id).status is RunStatus.RUNNING


FEW_FILES = """
import errno, os, resource, sys, time, traceback
from fusion_jupyter import RunManager, RunCreate

manager = RunManager(sys.argv[1])
manager.create_run(RunCreate(command=("/bin/true",)))  # everything is imported

def create(spare):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    ballast = []
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        while True:
            ballast.append(os.open("/dev/null", os.O_RDONLY))
    except OSError as error:
        assert error.errno == errno.EMFILE
    for _ in range(spare):
        os.close(ballast.pop())
    try:
        return manager.create_run(RunCreate(command=("/bin/true",))).id, ""
    except OSError:
        return None, traceback.format_exc()
    finally:
        for descriptor in ballast:
            os.close(descriptor)

outcomes = []
for spare in range(12):
    before = {record.id for record in manager.list_runs()}
    made, told = create(spare)
    manager.recover_orphaned_runs()
    after = {record.id for record in manager.list_runs()}
    assert after - before == ({made} if made else set()), (spare, made, told)
    outcomes.append(made)
while not all(record.status.is_final for record in manager.list_runs()):
    manager.tend()
    time.sleep(0.01)
assert {record.status for record in manager.list_runs()} == {"COMPLETED"}
print(sum(made is None for made in outcomes), sum(made is not None for made in outcomes))
"""


def test_a_start_without_descriptors_is_an_error_and_no_run_or_a_run(tmp_path, capsys):
    """`start` raised, and the run ran later."""
    told = subprocess.run(
        [sys.executable, "-c", FEW_FILES, str(tmp_path / "runs")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert told.returncode == 0, told.stderr
    failed, made = map(int, told.stdout.split())
    # How many descriptors a start needs varies with what is closed meanwhile; none is too few.
    assert failed
    assert made
    with capsys.disabled():
        print(
            f"\n  starts with 0 to 11 free descriptors: {failed} errors without a run, {made} runs"
        )


SAME = """
import sys
from fusion_jupyter import RunManager, RunCreate
manager = RunManager(sys.argv[1])
request = RunCreate(command=("/bin/sleep", "0.2"), reuse=True)
print("ready", flush=True)
sys.stdin.readline()
print(manager.create_run(request).id)
"""


def test_the_same_run_requested_by_eight_kernels_at_once_is_one(tmp_path):
    """Three to seven were started."""
    kernels = [
        subprocess.Popen(
            [sys.executable, "-c", SAME, str(tmp_path / "runs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(8)
    ]
    for kernel in kernels:
        assert kernel.stdout.readline() == "ready\n"
    for kernel in kernels:
        kernel.stdin.write("go\n")
        kernel.stdin.flush()
    ids = {kernel.communicate(timeout=60)[0].strip() for kernel in kernels}
    assert len(ids) == 1
    manager = RunManager(tmp_path / "runs")
    assert [record.id for record in manager.list_runs()] == list(ids)


def test_manager_calls_from_many_threads_at_once_agree(manager):
    """Messages of the page may arrive in other threads, beside a running cell."""
    settings.configure(max_concurrent_runs=3, cancel_grace_seconds=0.2)
    errors = []

    def work(number: int) -> None:
        try:
            for turn in range(4):
                record = manager.create_run(shell("sleep 0.05"))
                manager.list_runs()
                manager.tend()
                if (number + turn) % 3 == 0:
                    manager.cancel(record.id)
                    manager.delete(record.id)
                manager.recover_orphaned_runs()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    wait_for(lambda: all(record.status.is_final for record in manager.list_runs()))
    assert {record.status for record in manager.list_runs()} == {RunStatus.COMPLETED}


def test_a_watching_kernel_alone_ends_what_a_killed_supervisor_has_left(manager):
    """No recovery is needed: whoever tends the queue sees that a slot is held by nobody's run."""
    settings.configure(max_concurrent_runs=1)
    record = manager.create_run(shell("env -i setsid sleep 64.5 & echo ready; sleep 61.5"))
    wait_for(lambda: processes_of("sleep\x0064.5"))
    waiting = manager.create_run(shell("true"))
    os.kill(supervisor_of(record), signal.SIGKILL)
    wait_for(lambda: manager.tend() or manager.get_run(waiting.id).status.is_final)
    assert manager.get_run(waiting.id).status is RunStatus.COMPLETED
    assert processes_of("sleep\x0064.5") == []
