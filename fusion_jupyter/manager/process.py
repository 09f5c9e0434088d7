"""Who is this process? Identity is pid, start time, boot and process table, never the pid alone.

Imported by the supervisor: light modules of the standard library alone on Linux; elsewhere psutil
does what ``/proc`` does there.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import Any

LINUX = sys.platform.startswith("linux")


def boot_id() -> str:
    """An id that changes with every start of the machine."""
    if LINUX:
        with open("/proc/sys/kernel/random/boot_id") as file:
            return file.read().strip()
    import psutil

    return str(int(psutil.boot_time()))


def process_table() -> str:
    """Which process table a pid of this process belongs to: the pid namespace on Linux."""
    return os.readlink("/proc/self/ns/pid") if LINUX else ""


def identify(pid: int) -> dict[str, Any] | None:
    """Everything that tells this process from any other, now and later.

    Returns:
        ``{"pid", "start_time", "boot_id", "process_table", "host"}``, or None where no such
        process lives. A zombie is dead: its process has ended, whatever signal 0 says.
    """
    started = start_time(pid)
    if started is None:
        return None
    return {
        "pid": pid,
        "start_time": started,
        "boot_id": boot_id(),
        "process_table": process_table(),
        "host": os.uname().nodename,
    }


def is_elsewhere(identity: dict[str, Any]) -> bool:
    """True where this machine cannot know: the process belongs to another host.

    Another boot of the same host is not elsewhere: what ran before a restart is dead. Two
    containers on one machine share its boot id and are the same place as far as locks go.
    """
    return identity.get("boot_id") != boot_id() and identity.get("host") != os.uname().nodename


def is_alive(identity: dict[str, Any]) -> bool:
    """True where exactly this process lives in this machine's process table."""
    return (
        identity.get("boot_id") == boot_id()
        and identity.get("process_table") == process_table()
        and isinstance(identity.get("pid"), int)
        and start_time(identity["pid"]) == identity.get("start_time")
    )


def send_signal(identity: dict[str, Any], number: int) -> bool:
    """Signal exactly this process, never a stranger that has its pid now.

    On Linux through a pidfd, so that the pid cannot be reused between check and signal.

    Returns:
        True where the signal was sent.
    """
    if not LINUX:
        if not is_alive(identity):
            return False
        try:
            os.kill(identity["pid"], number)
        except ProcessLookupError:
            return False
        return True
    try:
        descriptor = os.pidfd_open(identity["pid"])
    except (ProcessLookupError, OSError, TypeError, KeyError):
        return False
    try:
        if not is_alive(identity):
            return False
        signal.pidfd_send_signal(descriptor, number)
    except ProcessLookupError:
        return False
    finally:
        os.close(descriptor)
    return True


def start_time(pid: int) -> int | None:
    """Start time of a living process, in the system's own ticks; None for a zombie or nobody."""
    row = stat(pid)
    return None if row is None or row["state"] in "ZX" else row["start_time"]


def stat(pid: int) -> dict[str, Any] | None:
    """One row of the process table: ``pid, state, ppid, pgid, session, start_time``."""
    if not LINUX:
        return _stat_psutil(pid)
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            line = file.read()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The command's name stands in parentheses and may hold anything, parentheses too.
    rest = line[line.rindex(b")") + 2 :].split()
    return {
        "pid": pid,
        "state": rest[0].decode(),
        "ppid": int(rest[1]),
        "pgid": int(rest[2]),
        "session": int(rest[3]),
        "start_time": int(rest[19]),
    }


def _stat_psutil(pid: int) -> dict[str, Any] | None:
    import psutil

    try:
        found = psutil.Process(pid)
        with found.oneshot():
            state = "Z" if found.status() == psutil.STATUS_ZOMBIE else "R"
            return {
                "pid": pid,
                "state": state,
                "ppid": found.ppid(),
                "pgid": os.getpgid(pid),
                "session": os.getsid(pid),
                "start_time": int(found.create_time() * 1000),
            }
    except (psutil.Error, ProcessLookupError, PermissionError):
        return None


def table() -> list[dict[str, Any]]:
    """The whole process table, without zombies."""
    if LINUX:
        pids = [int(name) for name in os.listdir("/proc") if name.isdecimal()]
    else:
        import psutil

        pids = psutil.pids()
    rows = (stat(pid) for pid in pids)
    return [row for row in rows if row is not None and row["state"] not in "ZX"]


def family(leader: int | None, marker: str, ancestor: int | None = None) -> list[dict[str, Any]]:
    """All living processes of a run, however they tried to leave it.

    A process belongs to the run if it is in the leader's group or session, descends from
    `ancestor` (the supervisor, to which orphans return on Linux), or carries the run's marker in
    its environment, which children inherit also through ``setsid`` and double forks.

    Args:
        leader: Pid of the simulator, which is its group's and session's id; None where its pid may
            belong to a stranger by now, because nobody has kept it from being used again.
        marker: An environment entry ``NAME=value`` that only this run's processes have.
        ancestor: Pid of the supervisor; it is not part of the family itself.

    Returns:
        Rows of `table`.
    """
    rows = table()
    children: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        children.setdefault(row["ppid"], []).append(row)
    found = {row["pid"]: row for row in rows if leader in (row["pid"], row["pgid"], row["session"])}
    own = os.getpid()
    found.update(
        {
            row["pid"]: row
            for row in rows
            if row["pid"] not in found
            and row["pid"] not in (own, ancestor)
            and _has_marker(row["pid"], marker)
        }
    )
    waiting = [*found, *([ancestor] if ancestor is not None else [])]
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if child["pid"] not in found and child["pid"] != own:
                found[child["pid"]] = child
                waiting.append(child["pid"])
    found.pop(own, None)
    return list(found.values())


def _has_marker(pid: int, marker: str) -> bool:
    if LINUX:
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                return marker.encode() in file.read().split(b"\0")
        except OSError:
            return False
    import psutil

    name, _, value = marker.partition("=")
    try:
        return bool(psutil.Process(pid).environ().get(name) == value)
    except psutil.Error:
        return False


def kill_all(rows: list[dict[str, Any]], number: int) -> None:
    """Signal each of these processes, as long as it is still the one that was listed."""
    here = {"boot_id": boot_id(), "process_table": process_table()}
    for row in rows:
        send_signal({**row, **here}, number)


def end_family(
    leader: int | None, marker: str, ancestor: int | None = None, timeout: float = 10.0
) -> list[int]:
    """SIGKILL every process of a run until none is left.

    Looks again after each round, since a process may fork while the others are being killed.

    Returns:
        Pids that still live after `timeout` seconds (in uninterruptible sleep, or of another
        user); empty when all are gone.
    """
    deadline = time.monotonic() + timeout
    pause = 0.002
    while True:
        rows = family(leader, marker, ancestor)
        if not rows or time.monotonic() > deadline:
            return [row["pid"] for row in rows]
        kill_all(rows, signal.SIGKILL)
        time.sleep(pause)
        pause = min(2 * pause, 0.05)


def become_reaper() -> None:
    """Make orphans of this process's tree return to it, where the system can (Linux)."""
    if LINUX:
        prctl(36, 1)  # PR_SET_CHILD_SUBREAPER


def prctl(option: int, value: int) -> None:
    """Set a property of this process on Linux; a kernel that refuses is no reason not to run."""
    import ctypes

    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
