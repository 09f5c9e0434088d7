"""Notice when a run's output files appear or change."""

from __future__ import annotations

import os
import time

#: Seconds between two polls while the run reports something, and while it is quiet.
_BUSY_SECONDS = 1.0
_QUIET_SECONDS = 5.0
#: Polling a large tree may take this share of the time.
_SHARE = 0.01
#: Maximum number of entries polled; changes beyond them are not noticed.
_MOST_ENTRIES = 5000


class OutputWatch:
    """Compares the names, sizes and times of all files below a directory.

    Args:
        path: The directory, which need not exist.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = os.fspath(path)
        self._seen = 0
        self._busy = True
        self._next_busy = 0.0
        self._next_quiet = 0.0

    def poll(self, now: float, *, busy: bool, force: bool = False) -> bool:
        """Return whether something has changed since the last actual poll.

        Args:
            now: Seconds on the monotonic clock.
            busy: Whether the run has reported something since the last call.
            force: Poll regardless of the time since the last poll.
        """
        self._busy = self._busy or busy
        if not force and now < (self._next_busy if self._busy else self._next_quiet):
            return False
        self._busy = False
        began = time.thread_time()
        seen = _signature(self._path)
        pause = (time.thread_time() - began) / _SHARE
        self._next_busy = now + max(_BUSY_SECONDS, pause)
        self._next_quiet = now + max(_QUIET_SECONDS, pause)
        changed, self._seen = seen != self._seen, seen
        return changed


def _signature(path: str) -> int:
    found: list[tuple[str, int, int]] = []
    waiting = [] if os.path.islink(path) else [path]  # noqa: PTH114 (the hot path)
    while waiting and len(found) < _MOST_ENTRIES:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        status = entry.stat(follow_symlinks=False)
                        found.append((entry.path, status.st_size, status.st_mtime_ns))
        except OSError:
            continue  # missing, or replaced at this moment
    return hash(tuple(sorted(found))) if found else 0
