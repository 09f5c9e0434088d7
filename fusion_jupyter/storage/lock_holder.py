"""Who holds a lock, in words: for messages only, decisions are made with the lock itself."""

from __future__ import annotations

import os
from pathlib import Path

_STATES = {"T": "which is stopped", "t": "which a debugger holds", "D": "which waits for a disk"}


def holder(path: str) -> int | None:
    """Pid of a process that holds the `flock` of this file, as far as Linux tells.

    Returns:
        None where nobody holds it, or where the holder is on another host, in another container
        or not told (no ``/proc/locks``).
    """
    try:
        inode = os.stat(path).st_ino  # noqa: PTH116 (the path is text)
        lines = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    for line in lines:
        # 5: FLOCK  ADVISORY  WRITE 4711 08:01:2621443 0 EOF
        fields = line.split()
        if len(fields) >= 6 and fields[1] == "FLOCK" and fields[5].endswith(f":{inode}"):
            pid = int(fields[4])
            if pid > 0:
                return pid
    return None


def describe(path: str) -> str:
    """Who holds the lock: ``"process 4711, which is stopped"``, or ``"another process"``."""
    pid = holder(path)
    if pid is None:
        return "another process"
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return f"process {pid}"
    extra = _STATES.get(stat.rpartition(")")[2].split()[0])
    return f"process {pid}" if extra is None else f"process {pid}, {extra}"
