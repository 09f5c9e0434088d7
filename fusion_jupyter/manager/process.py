"""Process identity: pid, start time, boot and process table, never the pid alone.

Imported by the supervisor, so on Linux it imports only light standard-library modules; elsewhere
psutil replaces ``/proc``.
"""

from __future__ import annotations

import os
import signal
import sys

TYPE_CHECKING = False  # avoids importing typing
if TYPE_CHECKING:
    from typing import Any

    #: One row of the process table.
    Row = dict[str, Any]

LINUX = sys.platform.startswith("linux")


def boot_id() -> str:
    """An id that changes with every start of the machine; empty without ``/proc``."""
    if LINUX:
        try:
            with open("/proc/sys/kernel/random/boot_id") as file:
                return file.read().strip()
        except OSError:
            return ""
    import psutil

    return str(int(psutil.boot_time()))


def process_table() -> str:
    """Id of the process table that this process's pids belong to: the pid namespace on Linux."""
    if not LINUX:
        return ""
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


def identify(pid: int) -> dict[str, Any] | None:
    """Everything that distinguishes this process from any other, now and later.

    Returns:
        ``{"pid", "start_time", "boot_id", "process_table", "host"}``, or None if no such process is
        alive. A zombie has ended, whatever signal 0 says.
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
    """Whether the process belongs to another host, so this machine cannot check it.

    An earlier boot of the same host is not elsewhere: its processes are dead. Containers on one
    machine share its boot id, and locks work between them.
    """
    return identity.get("boot_id") != boot_id() and identity.get("host") != os.uname().nodename


def is_alive(identity: dict[str, Any]) -> bool:
    """Whether exactly this process is alive in this machine's process table."""
    return (
        identity.get("boot_id") == boot_id()
        and identity.get("process_table") == process_table()
        and isinstance(identity.get("pid"), int)
        and start_time(identity["pid"]) == identity.get("start_time")
    )


def send_signal(identity: dict[str, Any], number: int) -> bool:
    """Signal exactly this process, never another one that now has its pid.

    On Linux through a pidfd, so that the pid cannot be reused between check and signal.

    Returns:
        True if the signal was sent; False if the process has ended, cannot be identified, or may
        not be signalled because another user owns it.
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
    """Start time of a live process, in the system's ticks; None for a zombie or no process."""
    row = stat(pid)
    return None if row is None or not _is_living(row) else row["start_time"]


def is_stopped(identity: dict[str, Any]) -> bool:
    """Whether exactly this process is stopped, by a signal or a debugger."""
    row = stat(identity["pid"]) if is_alive(identity) else None
    return row is not None and row["state"] in "Tt"


def _is_living(row: Row) -> bool:
    # A process whose first thread has ended looks like a zombie while others go on.
    return row["state"] not in "ZX" or row["threads"] > 1


def stat(pid: int) -> Row | None:
    """One row of the process table, ``pid, state, ppid, pgid, session, threads, start_time``.

    Returns:
        None if there is no such process, or this one may not inspect it.
    """
    if not LINUX:
        return _stat_psutil(pid)
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            line = file.read()
    except OSError:
        return None
    # The command name is in parentheses and may itself contain parentheses.
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
    """The live processes that this one may inspect."""
    if LINUX:
        pids = [int(name) for name in os.listdir("/proc") if name.isdecimal()]
    else:
        import psutil

        pids = psutil.pids()
    rows = (stat(pid) for pid in pids)
    return [row for row in rows if row is not None and _is_living(row)]


def has_environment(pid: int, entry: str) -> bool:
    """Return whether a process was started with this environment entry, ``NAME=value``."""
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
    """Signal each of these processes if it is still the one that was listed.

    Returns:
        Pids that were not signalled: the process has ended, or this one lacks permission.
    """
    here = {"boot_id": boot_id(), "process_table": process_table()}
    return {row["pid"] for row in rows if not send_signal({**row, **here}, number)}


def prctl(option: int, value: int) -> None:
    """Set a property of this process on Linux; a refusal is ignored."""
    import ctypes

    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
