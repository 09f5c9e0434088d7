"""Notice when a run's status changes, by its directory alone."""

from __future__ import annotations

import os
from dataclasses import replace

from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.record import RunRecord, RunStatus
from fusion_jupyter.storage import atomic_io

DELETED = "The run's directory is gone"
#: Seconds between two polls at the files that say what the status is.
_POLL_SECONDS = 0.15
#: Seconds between two polls whether the supervisor still lives: its end leaves no trace but this.
_ALIVE_SECONDS = 1.0
#: The same for a run of another machine, where a poll costs a hundred times as much.
_ELSEWHERE_SECONDS = 10.0


class StateWatch:
    """The record of a run, read again only when something may have changed.

    Args:
        directory: The run.
        record: What is known of it already.

    Attributes:
        record: The latest record; FAILED with a message where the directory is gone.
        is_final: The run has ended, and all that it wrote is in its files.
    """

    def __init__(self, directory: RunDirectory, record: RunRecord) -> None:
        self.record = record
        self.is_final = record.status.is_final
        self._directory = directory
        self._state_file = os.fspath(directory.state_file)
        self._cancel_file = os.fspath(directory.cancel_file)
        self._labels_file = os.fspath(directory.labels_file)
        self._lock_file = os.fspath(directory.lock_file)
        # Nothing is known of the moment at which the record was read, so the first poll reads.
        self._seen: object = self
        self._next_poll = 0.0
        self._next_alive = 0.0

    def poll(self, now: float) -> bool:
        """Tell whether the record has changed.

        Args:
            now: Seconds on the monotonic clock.
        """
        if now < self._next_poll or self.is_final:
            return False
        self._next_poll = now + _POLL_SECONDS
        seen = self._signature()
        if seen == self._seen:
            if now < self._next_alive:
                return False
            self._next_alive = now + _ALIVE_SECONDS
            running = self.record.status is RunStatus.RUNNING
            if running and atomic_io.is_locked(self._lock_file):
                return False
            if not running and self._directory.path.is_dir():
                return False
        return self._read(now, seen)

    def _read(self, now: float, seen: object) -> bool:
        before = self.record
        try:
            self.record = self._directory.read()
        except FileNotFoundError:
            self.record = replace(before, status=RunStatus.FAILED, error_message=DELETED)
        except (OSError, ValueError):
            return False  # a state that changes at this very moment: the next poll reads it
        if self._seen == seen:
            self._next_alive = now + _ELSEWHERE_SECONDS
        self._seen = seen
        self.is_final = self.record.status.is_final
        return self.record != before

    def _signature(self) -> tuple[object, ...]:
        cancelled = os.access(self._cancel_file, os.F_OK)
        return (cancelled, _stamp(self._state_file), _stamp(self._labels_file))


def _stamp(path: str) -> tuple[int, int, int] | None:
    try:
        status = os.stat(path)  # noqa: PTH116 (the hot path)
    except OSError:
        return None
    return (status.st_ino, status.st_mtime_ns, status.st_size)
