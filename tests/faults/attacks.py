"""Attacks on the process manager that are worth repeating, each with real processes.

``python tests/faults/attacks.py`` runs all of them and prints a row for each; names as arguments
choose some. An attack raises AssertionError where an outcome is wrong or a process is left. What
they are and what they found stands in README.md beside this file. They want root, and minutes.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fusion_jupyter import settings
from fusion_jupyter.manager import process
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunCreate, RunRecord, RunStatus

FINAL_SECONDS = 60.0
ATTACKS: dict[str, Callable[[Path], str]] = {}


def attack(function: Callable[[Path], str]) -> Callable[[Path], str]:
    ATTACKS[function.__name__] = function
    return function


def shell(text: str, *arguments: str) -> RunCreate:
    return RunCreate(command=("/bin/sh", "-c", text, "sh", *arguments))


def wait_for(condition: Callable[[], object], what: str, seconds: float = FINAL_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"did not happen: {what}"
        time.sleep(0.01)


def final(manager: RunManager, run_id: str) -> RunRecord:
    wait_for(lambda: manager.get_run(run_id).status.is_final, f"the end of {run_id}")
    record = manager.get_run(run_id)
    assert record is not None
    return record


def started(manager: RunManager, record: RunRecord) -> RunRecord:
    wait_for(lambda: log(record), "the program's first line")
    found = manager.get_run(record.id)
    assert found is not None
    return found


def log(record: RunRecord) -> str:
    path = RunDirectory(record.directory).log_file
    return path.read_text() if path.exists() else ""


def supervisor(record: RunRecord) -> int:
    return int(json.loads((record.directory / "state.json").read_text())["supervisor"]["pid"])


def left(run_id: str) -> list[int]:
    """Processes with the run's marker."""
    found = []
    for row in process.table():
        try:
            content = Path(f"/proc/{row['pid']}/environ").read_bytes()
        except OSError:
            continue
        if f"FUSION_JUPYTER_RUN={run_id}:".encode() in content:
            found.append(row["pid"])
    return found


# -- many at once ----------------------------------------------------------------------------------

KERNEL = """
import random, sys, time
from fusion_jupyter import RunCreate, RunManager, configure
configure(max_concurrent_runs=3, cancel_grace_seconds=0.3)
manager, dice = RunManager(sys.argv[1]), random.Random(int(sys.argv[2]))
program = "echo ran >> $FUSION_OUTPUT_DIR/ran; sleep 0.0$1; exit 7"
for _ in range(25):
    command = ("/bin/sh", "-c", program, "sh", str(dice.randrange(1, 9)))
    record = manager.create_run(RunCreate(command=command))
    what = dice.random()
    if what < 0.2:
        manager.cancel(record.id, wait=dice.random() < 0.5)
    elif what < 0.3:
        manager.list_runs()
    elif what < 0.4:
        manager.recover_orphaned_runs()
    manager.tend()
"""


def _kernels(runs_dir: Path, count: int) -> list[subprocess.Popen[bytes]]:
    return [
        subprocess.Popen([sys.executable, "-c", KERNEL, str(runs_dir), str(seed)])
        for seed in range(count)
    ]


def _judge(runs_dir: Path, *, vanished: bool) -> str:
    manager = RunManager(runs_dir)

    def done() -> bool:
        manager.recover_orphaned_runs()
        return all(record.status.is_final for record in manager.list_runs())

    wait_for(done, "all runs final", 120)
    counts: dict[str, int] = {}
    for record in manager.list_runs():
        times = record.directory / "output" / "ran"
        begun = len(times.read_text().splitlines()) if times.exists() else 0
        assert begun <= 1, f"{record.id} was started {begun} times"
        assert record.status is not RunStatus.COMPLETED
        if record.status is RunStatus.FAILED:
            known = record.exit_code == 7 and begun == 1
            gone = vanished and "vanished" in (record.error_message or "")
            assert known or gone, record
        assert left(record.id) == []
        kind = record.status.value if record.exit_code != 7 else "exit 7"
        counts[kind] = counts.get(kind, 0) + 1
    return ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))


@attack
def kernels_stopped_and_continued(folder: Path) -> str:
    """8 kernels create and cancel 200 runs while each is stopped and continued at random."""
    kernels, dice = _kernels(folder / "runs", 8), random.Random(1)
    while any(kernel.poll() is None for kernel in kernels):
        kernel = dice.choice(kernels)
        if kernel.poll() is None:
            kernel.send_signal(signal.SIGSTOP)
            time.sleep(dice.uniform(0.01, 0.15))
            kernel.send_signal(signal.SIGCONT)
    assert all(kernel.wait() == 0 for kernel in kernels)
    return _judge(folder / "runs", vanished=False)


@attack
def kernels_killed_while_others_work(folder: Path) -> str:
    """8 kernels, of which 5 are killed one after the other, some while they are stopped."""
    kernels, dice = _kernels(folder / "runs", 8), random.Random(2)
    for kernel in kernels[:5]:
        time.sleep(dice.uniform(0.2, 0.8))
        if dice.random() < 0.5:
            kernel.send_signal(signal.SIGSTOP)
            time.sleep(0.1)
        kernel.kill()
    for kernel in kernels:
        kernel.wait()
    return _judge(folder / "runs", vanished=False)


@attack
def supervisors_stopped_continued_and_killed(folder: Path) -> str:
    """Supervisors are stopped, continued and killed at random while 100 runs go on."""
    kernels, dice = _kernels(folder / "runs", 4), random.Random(3)
    killed = 0
    while any(kernel.poll() is None for kernel in kernels):
        marks = [row["pid"] for row in process.table() if _supervises(row["pid"], folder)]
        if marks:
            pid = dice.choice(marks)
            try:
                os.kill(pid, signal.SIGSTOP)
                time.sleep(dice.uniform(0.01, 0.1))
                if dice.random() < 0.2:
                    os.kill(pid, signal.SIGKILL)
                    killed += 1
                else:
                    os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                continue
        else:
            time.sleep(0.01)
    return f"{killed} killed; " + _judge(folder / "runs", vanished=True)


def _supervises(pid: int, folder: Path) -> bool:
    try:
        content = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return b"supervisor import main" in content and os.fsencode(folder) in content


@attack
def many_at_once(folder: Path) -> str:
    """150 runs at the same time, then all cancelled by four threads."""
    settings.configure(max_concurrent_runs=150, cancel_grace_seconds=1)
    manager = RunManager(folder / "runs")
    records = [manager.create_run(shell("echo ready; sleep 100 & sleep 100")) for _ in range(150)]
    for record in records:
        started(manager, record)
    threads = [
        threading.Thread(
            target=lambda part: [manager.cancel(record.id) for record in part],
            args=(records[number::4],),
        )
        for number in range(4)
    ]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - began
    assert {manager.get_run(record.id).status for record in records} == {RunStatus.CANCELLED}
    assert not any(left(record.id) for record in records)
    return f"150 cancelled, none left, {took:.0f} s"


# -- processes that do odd things --------------------------------------------------------------

DEEP = """
import os, sys, time
depth = int(sys.argv[1])
for _ in range(depth):
    if os.fork():
        time.sleep(100)
        os._exit(0)
    if sys.argv[2] == "sessions":
        os.setsid()
print("ready", flush=True)
time.sleep(100)
"""
WIDE = """
import os, time
for _ in range(1500):
    if os.fork() == 0:
        os.setsid()
        time.sleep(100)
        os._exit(0)
print("ready", flush=True)
time.sleep(100)
"""
RESPAWN = """
import os, signal, sys, time
def respawn(*_):
    if os.fork() == 0:
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
    signal.signal(number, respawn)
os.setsid() if os.getpgrp() != os.getpid() else None
print("ready", flush=True)
child = os.fork()
while time.time() < float(sys.argv[1]):
    time.sleep(0.01)
    try:  # a pair that watch over each other
        if os.waitpid(-1, os.WNOHANG)[0]:
            os.fork()
    except ChildProcessError:
        if os.fork() == 0:
            os.setsid()
"""
THREAD_LEADER = """
import ctypes, threading, time
threading.Thread(target=time.sleep, args=(100,)).start()
print("ready", flush=True)
ctypes.CDLL(None).pthread_exit(None)
"""
REAPER = """
import ctypes, os, time
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
for _ in range(20):
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        time.sleep(100)
print("ready", flush=True)
time.sleep(100)
"""
BARE = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    os.closerange(0, 1000)
    os.execve("/bin/sleep", ["sleep", "97.25"], {})
print("ready", flush=True)
time.sleep(100)
"""
TRACED = """
import ctypes, os, signal, time
libc = ctypes.CDLL(None)
child = os.fork()
if child == 0:
    os.setsid()
    libc.ptrace(0, 0, 0, 0)  # PTRACE_TRACEME
    os.kill(os.getpid(), signal.SIGSTOP)
    time.sleep(100)
os.waitpid(child, os.WUNTRACED)
print("ready", flush=True)
time.sleep(100)
"""
VFORK = """
import ctypes, time
print("ready", flush=True)
libc = ctypes.CDLL(None)
if libc.vfork() == 0:
    libc.sleep(100)
    libc._exit(0)
"""
BLOCKS = """
import signal, time
signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals())
print("ready", flush=True)
time.sleep(100)
"""


@attack
def odd_programs_are_cancelled(folder: Path) -> str:
    """Deep and wide trees, respawning pairs, threads without a leader, reapers, traced, vforked."""
    settings.configure(max_concurrent_runs=50, cancel_grace_seconds=0.3)
    manager = RunManager(folder / "runs")
    programs = {
        "600 deep": (DEEP, "600", "same"),
        "600 deep, a session each": (DEEP, "600", "sessions"),
        "1,500 wide": (WIDE,),
        "respawning": (RESPAWN, str(time.time() + 60)),
        "first thread ended": (THREAD_LEADER,),
        "own reaper": (REAPER,),
        "no environment, no descriptors": (BARE,),
        "traced and stopped": (TRACED,),
        "vfork": (VFORK,),
        "all signals blocked": (BLOCKS,),
    }
    took = {}
    for name, arguments in programs.items():
        record = manager.create_run(RunCreate(command=(sys.executable, "-c", *arguments)))
        record = started(manager, record)
        me = supervisor(record)
        began = time.monotonic()
        found = manager.cancel(record.id)
        took[name] = time.monotonic() - began
        assert found is not None
        assert found.status is RunStatus.CANCELLED, (name, found)
        assert found.survivors == (), (name, found)
        assert left(record.id) == [], name
        wait_for(lambda me=me: process.stat(me) is None or process.start_time(me) is None, name)
    assert not _running(b"sleep\x0097.25")
    slowest = max(took, key=lambda name: took[name])
    return f"{len(programs)} programs, none left; slowest: {slowest}, {took[slowest]:.1f} s"


def _running(command: bytes) -> list[int]:
    found = []
    for row in process.table():
        try:
            if Path(f"/proc/{row['pid']}/cmdline").read_bytes().startswith(command):
                found.append(row["pid"])
        except OSError:
            continue
    return found


@attack
def programs_in_namespaces_are_cancelled(folder: Path) -> str:
    """A program in its own pid, mount, user and time namespaces, and one without /proc."""
    settings.configure(cancel_grace_seconds=0.3)
    manager = RunManager(folder / "runs")
    inner = "echo ready; setsid sleep 100 & sleep 100"
    commands = {
        "pid": ["unshare", "--pid", "--fork", "--mount-proc", "sh", "-c", inner],
        "user": ["unshare", "--user", "--map-root-user", "--pid", "--fork", "sh", "-c", inner],
        "time": ["unshare", "--time", "--boottime", "100000", "--fork", "sh", "-c", inner],
        "no proc": ["unshare", "--mount", "sh", "-c", f"umount -l /proc; {inner}"],
    }
    tried = []
    for name, command in commands.items():
        try:
            request = RunCreate(command=tuple(command))
        except ValueError:
            continue
        record = manager.create_run(request)
        wait_for(lambda r=record: log(r) or manager.get_run(r.id).status.is_final, name)
        if "ready" not in log(record):
            continue
        found = manager.cancel(record.id)
        assert found is not None
        assert (found.status, found.survivors) == (RunStatus.CANCELLED, ()), (name, found)
        assert left(record.id) == [], name
        tried.append(name)
    return f"{', '.join(tried)}: none left"


# -- the supervisor's own surroundings -----------------------------------------------------------

STARTS = """
import os, resource, signal, sys
from fusion_jupyter import RunCreate, RunManager
manager = RunManager(sys.argv[1])
{before}
record = manager.create_run(RunCreate(command=tuple(sys.argv[2:])))
print(record.id)
"""


def _start_with(folder: Path, before: str, *command: str) -> tuple[RunManager, str]:
    text = STARTS.format(before=before)
    told = subprocess.run(
        [sys.executable, "-c", text, str(folder / "runs"), *command],
        capture_output=True,
        text=True,
        check=True,
    )
    return RunManager(folder / "runs"), told.stdout.strip()


@attack
def inherited_signals_and_limits(folder: Path) -> str:
    """Kernels that block or ignore signals, or have small limits, when they start a run."""
    shown = "grep -E '^Sig(Blk|Ign)' /proc/self/status; ulimit -f"
    plain = _start_with(folder, "", "/bin/sh", "-c", shown)
    expected = log(final(*plain))
    cases = {
        "all blocked": "signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals())",
        "all ignored": (
            "for n in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, 32, 33}:\n"
            "    signal.signal(n, signal.SIG_IGN)"
        ),
    }
    for name, before in cases.items():
        manager, run_id = _start_with(folder, before, "/bin/sh", "-c", shown)
        record = final(manager, run_id)
        assert (record.status, log(record)) == (RunStatus.COMPLETED, expected), (name, log(record))
        manager, run_id = _start_with(folder, before, "/bin/sh", "-c", "echo ready; sleep 100")
        started(manager, manager.get_run(run_id))
        found = manager.cancel(run_id)
        assert (found.status, found.signal) == (RunStatus.CANCELLED, signal.SIGTERM), (name, found)
    small = "resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))"
    program = "head -c 100000 /dev/zero; echo $?"
    record = final(*_start_with(folder, small, "/bin/sh", "-c", program))
    assert record.status in (RunStatus.COMPLETED, RunStatus.FAILED), record
    few = "resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))"
    record = final(*_start_with(folder, few, "/bin/true"))
    assert record.status is RunStatus.COMPLETED, record
    return "blocked, ignored, 8 kB files, 40 descriptors: the program sees none of it"


@attack
def arguments_and_environments_of_any_size(folder: Path) -> str:
    """Command lines and environments near and beyond what the system takes; bytes that are no text."""
    manager = RunManager(folder / "runs")
    results = []
    for size in (100_000, 131_071, 131_072, 3_000_000):
        record = manager.create_run(RunCreate(command=("/bin/true", "x" * size)))
        found = final(manager, record.id)
        results.append(found.status.value)
        assert found.status is RunStatus.COMPLETED or "too long" in found.error_message, found
    os.environ["ATTACK"] = os.fsdecode(b"by\xfftes")
    record = final(manager, manager.create_run(shell('printf %s "$ATTACK"')).id)
    assert RunDirectory(record.directory).log_file.read_bytes() == b"by\xfftes"
    del os.environ["ATTACK"]
    return f"arguments of 0.1 to 3 MB: {', '.join(results)}; odd bytes kept"


FROZEN = Path("/sys/fs/cgroup/freezer")


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """Keep a process frozen by the system: it can neither run nor be killed."""
    group = FROZEN / f"fusion-jupyter-{pid}"
    group.mkdir()
    try:
        (group / "cgroup.procs").write_text(str(pid))
        (group / "freezer.state").write_text("FROZEN")
        yield
    finally:
        (group / "freezer.state").write_text("THAWED")
        (FROZEN / "cgroup.procs").write_text(str(pid)) if process.stat(pid) else None
        wait_for(lambda: _removed(group), "the group is empty")


def _removed(group: Path) -> bool:
    try:
        group.rmdir()
    except OSError:
        return False
    return True


@attack
def frozen_processes(folder: Path) -> str:
    """The program, then the supervisor, is frozen by a control group while it is cancelled."""
    if not (FROZEN / "cgroup.procs").exists():
        return "not tried: no freezer here"
    settings.configure(cancel_grace_seconds=0.2)
    manager = RunManager(folder / "runs")
    record = started(manager, manager.create_run(shell("echo ready; exec sleep 100")))
    with frozen(record.pid):
        manager.cancel(record.id, wait=False)
        time.sleep(1)
        assert manager.get_run(record.id).status is RunStatus.RUNNING
    assert final(manager, record.id).status is RunStatus.CANCELLED
    record = started(manager, manager.create_run(shell("echo ready; exec sleep 100")))
    with frozen(supervisor(record)):
        began = time.monotonic()
        found = manager.cancel(record.id)
        assert found.status is RunStatus.RUNNING
        assert left(record.id) == [], "the program is ended without its supervisor"
        took = time.monotonic() - began
    assert final(manager, record.id).status is RunStatus.CANCELLED
    return (
        f"both recorded once they are thawed; a program without its supervisor after {took:.0f} s"
    )


ORDINARY = """
import json, os, resource, subprocess, sys, time
from fusion_jupyter import RunCreate, RunManager, configure
configure(max_concurrent_runs=4, cancel_grace_seconds=0.2)
manager = RunManager(sys.argv[1])
def final(run_id):
    deadline = time.monotonic() + 60
    while True:
        record = manager.get_run(run_id)
        if record is not None and record.status.is_final and record.problem is None:
            return record
        assert time.monotonic() < deadline, record
        manager.tend()
        time.sleep(0.02)
"""
NO_PROCESSES = (
    ORDINARY
    + """
outcomes = []
own = len([p for p in os.listdir("/proc") if p.isdigit() and os.stat(f"/proc/{p}").st_uid == os.getuid()])
for spare in range(6):
    before = {record.id for record in manager.list_runs()}
    resource.setrlimit(resource.RLIMIT_NPROC, (own + spare, 4096))
    try:
        made = manager.create_run(RunCreate(command=("/bin/sh", "-c", "/bin/true; exit 3"))).id
    except OSError:
        made = None
    if made is not None:
        record = final(made)
        assert record.exit_code in (2, 3) or "Cannot start" in record.error_message, record
    resource.setrlimit(resource.RLIMIT_NPROC, (4096, 4096))
    assert {record.id for record in manager.list_runs()} - before == ({made} if made else set())
    outcomes.append("error" if made is None else record.error_message.partition(";")[0][:60])
print("; ".join(outcomes))
"""
)
CLOSED = (
    ORDINARY
    + """
program = 'echo ready; while [ ! -e "$1" ]; do sleep 0.02; done; exit 3'
for what in ("run", "runs"):
    end = f"{sys.argv[1]}-{what}-end"
    record = manager.create_run(RunCreate(command=("/bin/sh", "-c", program, "sh", end)))
    while not (record.directory / "state.json").exists(): time.sleep(0.01)
    folder = record.directory if what == "run" else manager.runs_dir
    os.chmod(folder, 0)
    open(end, "w").close()
    time.sleep(0.5)
    found = manager.get_run(record.id)
    assert found is None or found.problem == "unreadable" or not found.status.is_final, found
    os.chmod(folder, 0o700)
    assert final(record.id).exit_code == 3
print("two folders closed to their owner for a while: each run with its exit code")
"""
)


def _as_ordinary_user(folder: Path, text: str) -> str:
    import others

    home = Path(tempfile.mkdtemp(prefix="attack-"))
    home.chmod(0o777)
    try:
        return others.script_of_user(home, text).strip()
    finally:
        shutil.rmtree(home, ignore_errors=True)


@attack
def no_more_processes_for_this_user(folder: Path) -> str:
    """An ordinary user at the limit of his processes: 0 to 5 more are allowed."""
    return _as_ordinary_user(folder, NO_PROCESSES)


@attack
def folders_closed_to_their_owner(folder: Path) -> str:
    """chmod 000 on the run directory, then on the runs directory, while a run ends."""
    return _as_ordinary_user(folder, CLOSED)


# -- files and file systems ----------------------------------------------------------------------


@contextmanager
def mounted(folder: Path, *options: str) -> Iterator[Path]:
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", *options, "tmpfs", str(folder)], check=True)
    subprocess.run(["mount", "--make-private", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@attack
def nothing_can_be_written_for_a_while(folder: Path) -> str:
    """The run directories are made immutable (chattr +i) while runs end, and mutable again."""
    settings.configure(max_concurrent_runs=4)
    manager = RunManager(folder / "runs")
    end = folder / "end"
    text = 'echo ready; while [ ! -e "$1" ]; do sleep 0.02; done; exit 3'
    records = [manager.create_run(shell(text, str(end))) for _ in range(8)]
    for record in records[:4]:
        started(manager, record)
    paths = [str(record.directory) for record in records[:4]]
    made = subprocess.run(["chattr", "+i", *paths], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        return f"not tried: {made.stderr.strip()}"
    try:
        end.touch()
        wait_for(lambda: not any(left(record.id) for record in records[:4]), "programs end")
        # Nothing of it can be written, and nothing is said to be final; the others have the slots.
        for record in records[4:]:
            found = final(manager, record.id)
            assert (found.status, found.exit_code) == (RunStatus.FAILED, 3), found
        assert {manager.get_run(r.id).status for r in records[:4]} == {RunStatus.RUNNING}
        manager.recover_orphaned_runs()
    finally:
        subprocess.run(["chattr", "-i", *paths], check=True)
    for record in records[:4]:
        found = final(manager, record.id)
        assert (found.status, found.exit_code) == (RunStatus.FAILED, 3), found
    return "8 runs, each with its exit code"


@attack
def a_disk_with_errors(folder: Path) -> str:
    """An ext4 image on a loop device whose backing file loses its second half while runs end."""
    image, home = folder / "image", folder / "home"
    home.mkdir()
    with image.open("wb") as file:
        file.truncate(64 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-E", "lazy_itable_init=0", str(image)], check=True)
    made = subprocess.run(
        ["mount", "-o", "loop,errors=continue", str(image), str(home)],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        return f"not tried: {made.stderr.strip()}"
    try:
        settings.configure(max_concurrent_runs=3)
        manager = RunManager(home / "runs")
        end = folder / "end"
        text = 'echo ready; while [ ! -e "$1" ]; do sleep 0.02; done'
        records = [manager.create_run(shell(text, str(end))) for _ in range(3)]
        for record in records:
            started(manager, record)
        with image.open("r+b") as file:
            file.truncate(1 << 20)
        end.touch()
        wait_for(lambda: not any(left(record.id) for record in records), "programs end")
        states = [manager.get_run(record.id) for record in records]
        words = {"gone" if one is None else one.status.value for one in states}
        assert words <= {"RUNNING", "COMPLETED", "UNKNOWN"}, words
        for one in states:
            if one is not None and one.status is RunStatus.RUNNING:
                os.kill(supervisor(one), signal.SIGKILL)
        return f"no outcome invented: {', '.join(sorted(words))}"
    finally:
        subprocess.run(["umount", "--lazy", str(home)], check=False)


@attack
def files_of_a_run_removed_while_it_runs(folder: Path) -> str:
    """Each of its files is removed, emptied, or replaced by a folder, a FIFO and a link."""
    settings.configure(max_concurrent_runs=64, cancel_grace_seconds=0.3)
    manager = RunManager(folder / "runs")
    names = (
        "run.json", "state.json", "supervisor.lock", "family.lock", "progress.jsonl", "logs",
        "output", "config.ini",
    )  # fmt: skip
    end = folder / "end"
    text = 'echo ready; while [ ! -e "$1" ]; do sleep 0.02; done'
    cases = [
        (name, how) for name in names for how in ("removed", "empty", "folder", "fifo", "link")
    ]
    records = {}
    for case in cases:
        records[case] = started(manager, manager.create_run(shell(text, str(end))))
    for (name, how), record in records.items():
        _damage(record.directory / name, how)
    flips = []
    seen: dict[str, RunStatus] = {}

    def look() -> bool:
        for case, record in records.items():
            status = manager.get_run(record.id).status
            before = seen.setdefault(record.id, status)
            if status is not before:
                if before.is_final and before is not RunStatus.UNKNOWN:
                    flips.append((case, before, status))
                seen[record.id] = status
        return all(not left(record.id) for record in records.values())

    manager.recover_orphaned_runs()
    for _ in range(20):
        look()
    alive = [case for case, record in records.items() if left(record.id)]
    assert len(alive) == len(cases), f"ended too early: {set(cases) - set(alive)}"
    assert not [
        c for c, r in records.items() if seen[r.id] in (RunStatus.FAILED, RunStatus.COMPLETED)
    ]
    end.touch()
    wait_for(look, "all end")
    time.sleep(0.5)
    look()
    assert flips == []
    words: dict[str, int] = {}
    for case, record in records.items():
        found = manager.get_run(record.id)
        allowed = (RunStatus.COMPLETED, RunStatus.UNKNOWN)
        assert found.status in allowed or case[0] in ("logs", "output"), (case, found)
        words[found.status.value] = words.get(found.status.value, 0) + 1
    return f"{len(cases)} cases: {words}, no status taken back"


def _damage(path: Path, how: str) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    elif path.exists():
        path.unlink()
    if how == "empty":
        path.touch()
    elif how == "folder":
        path.mkdir()
    elif how == "fifo":
        os.mkfifo(path)
    elif how == "link":
        path.symlink_to("/dev/zero")


@attack
def links_in_a_waiting_run(folder: Path) -> str:
    """A link in the place of each folder and file that the supervisor writes."""
    settings.configure(max_concurrent_runs=1, cancel_grace_seconds=0.3)
    manager = RunManager(folder / "runs")
    private = folder / "private"
    (private / "logs").mkdir(parents=True)
    for name in ("logs", "log", "family.lock"):
        first = started(manager, manager.create_run(shell("echo ready; sleep 100")))
        record = manager.create_run(shell("echo written"))
        inside = record.directory
        if name == "logs":
            shutil.rmtree(inside / "logs")
            (inside / "logs").symlink_to(private)
        elif name == "log":
            (inside / "logs" / f"{record.id}.log").symlink_to(private / "file")
        else:
            (inside / "family.lock").symlink_to(private / "file")
        manager.cancel(first.id)
        found = final(manager, record.id)
        assert found.status is RunStatus.FAILED, (name, found)
        assert {path.name for path in private.rglob("*")} == {"logs"}, name
    return "3 places: the run fails, nothing is written behind a link"


@attack
def odd_paths(folder: Path) -> str:
    """Runs directories with spaces, quotes, line breaks, bytes that are no text, links, great depth."""
    deep = folder
    while len(os.fspath(deep)) < 3000:
        deep = deep / ("d" * 200)
    link = folder / "link"
    (folder / "target").mkdir()
    link.symlink_to(folder / "target")
    names = ["a b", 'it\'s "quoted" $HOME `id`', "two\nlines", "-rf", "%s{}", "ü✓"]
    paths = [folder / name for name in names] + [
        link,
        Path(os.fsdecode(os.fsencode(folder) + b"/\xff")),
    ]
    for path in paths:
        manager = RunManager(path / "runs")
        found = final(manager, manager.create_run(shell("sleep 0.01")).id)
        assert found.status is RunStatus.COMPLETED, (path, found)
    deep.parent.mkdir(parents=True)
    found = final(RunManager(deep), RunManager(deep).create_run(shell("sleep 0.01")).id)
    assert found.status is RunStatus.COMPLETED, found
    return f"{len(paths) + 1} paths, all completed"


@attack
def clock_set_back_and_forth(folder: Path) -> str:
    """The clock jumps by a day between two runs that are asked for; the order stays."""
    from fusion_jupyter.engines import queue

    real, dice = time.time_ns, random.Random(5)
    ids = [f"{number:012x}" for number in range(300)]
    try:
        for run_id in ids:
            shift = dice.choice((-86_400, 0, 86_400)) * 10**9
            time.time_ns = lambda shift=shift: real() + shift  # type: ignore[assignment]
            (folder / run_id).mkdir()
            (folder / run_id / "run.json").write_text('{"max_concurrent_runs": 1}')
            queue.enqueue(str(folder), run_id)
    finally:
        time.time_ns = real
    assert list(queue.positions(str(folder))) == ids
    return "300 runs in the order of asking"


def main() -> None:
    chosen = sys.argv[1:] or list(ATTACKS)
    bad = 0
    for name in chosen:
        with tempfile.TemporaryDirectory(prefix="attack-", ignore_cleanup_errors=True) as text:
            folder = Path(text)
            settings.reset()
            began = time.monotonic()
            try:
                result = ATTACKS[name](folder)
            except AssertionError as error:
                result, bad = f"WRONG: {error}", bad + 1
            print(f"{name}: {result} ({time.monotonic() - began:.0f} s)", flush=True)
            settings.configure(cancel_grace_seconds=0)
            for path in {found.parent.parent for found in folder.glob("**/run.json")}:
                manager = RunManager(path)
                for record in manager.list_runs():
                    if not record.status.is_final:
                        manager.cancel(record.id)
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
