"""Find the processes that hold a lock: for messages, and to find a run's remaining processes."""

from __future__ import annotations

import os
from pathlib import Path

_STATES = {"T": "which is stopped", "t": "which a debugger holds", "D": "which waits for a disk"}


def holders(path: str) -> list[int]:
    """Pids of the processes that hold the `flock` of this file, including inherited ones.

    A process that only has the file open to test the lock is not included: the lock belongs to one
    open file description, and the system reports which.

    Returns:
        Those that this process may inspect; empty if no process holds it, or on systems other than
        Linux.
    """
    try:
        status = os.stat(path)  # noqa: PTH116 (the path is text)
        pids = [name for name in os.listdir("/proc") if name.isdecimal()]  # noqa: PTH208
    except OSError:
        return []
    wanted = (status.st_dev, status.st_ino)
    return [int(pid) for pid in pids if _holds(pid, wanted)]


def _holds(pid: str, wanted: tuple[int, int]) -> bool:
    folder = f"/proc/{pid}/fd"
    try:
        numbers = os.listdir(folder)  # noqa: PTH208 (text is quicker, and there are thousands)
    except OSError:
        return False  # ended, or another user's
    for number in numbers:
        try:
            status = os.stat(f"{folder}/{number}")  # noqa: PTH116
            if (status.st_dev, status.st_ino) != wanted:
                continue
            if "\nlock:" in Path(f"/proc/{pid}/fdinfo/{number}").read_text(encoding="ascii"):
                return True
        except (OSError, UnicodeDecodeError):
            continue
    return False


def describe(path: str) -> str:
    """Describe the lock's holder: ``"process 4711 (python), which is stopped"``, for example."""
    known = holders(path)
    found = [pid for pid in known if pid != os.getpid()]
    if not found:
        return (
            "another thread of this process" if known else "a process that cannot be seen from here"
        )
    texts = [_describe_process(pid) for pid in found[:3]]
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    return ", ".join(texts) + more


def _describe_process(pid: int) -> str:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return f"process {pid}"
    before, _, after = stat.rpartition(")")
    name = before.partition("(")[2]
    extra = _STATES.get(after.split()[0])
    known = f"process {pid} ({name})" if name.isprintable() else f"process {pid}"
    return known if extra is None else f"{known}, {extra}"
