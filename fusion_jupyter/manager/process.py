"""Who is this process? Identity is pid, start time, boot and process table, never the pid alone.

Imported by the supervisor: light modules of the standard library alone on Linux; elsewhere psutil
does what ``/proc`` does there.
"""

from __future__ import annotations

import os
import signal
import sys

TYPE_CHECKING = False  # without the weight of typing
if TYPE_CHECKING:
    from typing import Any

    #: One row of the process table.
    Row = dict[str, Any]

LINUX = sys.platform.startswith("linux")


def boot_id() -> str:
    """An id that changes with every start of the machine; empty where ``/proc`` is missing."""
    if LINUX:
        try:
            with open("/proc/sys/kernel/random/boot_id") as file:
                return file.read().strip()
        except OSError:
            return ""
    import psutil

    return str(int(psutil.boot_time()))


def process_table() -> str:
    """Which process table a pid of this process belongs to: the pid namespace on Linux."""
    if not LINUX:
        return ""
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


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
        True where the signal was sent; False where the process has ended, cannot be told from
        another, or belongs to a user whose processes this one may not signal.
    """
    if not LINUX:
        if not is_alive(identity):
            return False
        try:
            os.kill(identity["pid"], number)
        except (ProcessLookupError, PermissionError):
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
    except (ProcessLookupError, PermissionError):
        return False
    finally:
        os.close(descriptor)
    return True


def start_time(pid: int) -> int | None:
    """Start time of a living process, in the system's own ticks; None for a zombie or nobody."""
    row = stat(pid)
    return None if row is None or not _is_living(row) else row["start_time"]


def is_stopped(identity: dict[str, Any]) -> bool:
    """True where exactly this process is stopped, by a signal or a debugger."""
    row = stat(identity["pid"]) if is_alive(identity) else None
    return row is not None and row["state"] in "Tt"


def _is_living(row: Row) -> bool:
    # A process whose first thread has ended looks like a zombie while others go on.
    return row["state"] not in "ZX" or row["threads"] > 1


def stat(pid: int) -> Row | None:
    """One row of the process table, ``pid, state, ppid, pgid, session, threads, start_time``.

    Returns:
        None where there is no such process, or this one may not look at it.
    """
    if not LINUX:
        return _stat_psutil(pid)
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            line = file.read()
    except OSError:
        return None
    # The command's name stands in parentheses and may hold anything, parentheses too.
    rest = line[line.rindex(b")") + 2 :].split()
    return {
        "pid": pid,
        "state": rest[0].decode(),
        "ppid": int(rest[1]),
        "pgid": int(rest[2]),
        "session": int(rest[3]),
        "threads": int(rest[17]),
        "start_time": int(rest[19]),
    }


def _stat_psutil(pid: int) -> Row | None:
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
                "threads": 1,
                "start_time": int(found.create_time() * 1000),
            }
    except (psutil.Error, ProcessLookupError, PermissionError):
        return None


def table() -> list[Row]:
    """The processes that live and that this one may look at."""
    if LINUX:
        pids = [int(name) for name in os.listdir("/proc") if name.isdecimal()]
    else:
        import psutil

        pids = psutil.pids()
    rows = (stat(pid) for pid in pids)
    return [row for row in rows if row is not None and _is_living(row)]


def has_environment(pid: int, entry: str) -> bool:
    """Tell whether a process was started with this environment entry, ``NAME=value``."""
    if LINUX:
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                return entry.encode() in file.read().split(b"\0")
        except OSError:
            return False
    import psutil

    name, _, value = entry.partition("=")
    try:
        return bool(psutil.Process(pid).environ().get(name) == value)
    except psutil.Error:
        return False


def kill_all(rows: list[Row], number: int) -> set[int]:
    """Signal each of these processes, as long as it is still the one that was listed.

    Returns:
        Pids of those that were not signalled: they have ended, or this process may not.
    """
    here = {"boot_id": boot_id(), "process_table": process_table()}
    return {row["pid"] for row in rows if not send_signal({**row, **here}, number)}


def prctl(option: int, value: int) -> None:
    """Set a property of this process on Linux; a kernel that refuses is no reason not to run."""
    import ctypes

    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
