"""Notice when a run's status changes, from its directory alone."""

from __future__ import annotations

import os
from dataclasses import replace

from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.record import RunRecord, RunStatus
from fusion_jupyter.manager.verdict import Facts, verdict

#: Seconds between two polls of the files that determine the status.
_POLL_SECONDS = 0.15
#: Seconds between two checks whether the supervisor is alive; its death leaves no other trace.
_ALIVE_SECONDS = 1.0
#: The same for a run of another machine, where a check costs a hundred times as much.
_ELSEWHERE_SECONDS = 10.0
#: Seconds before a missing folder counts as gone: a mount may come back.
_GONE_SECONDS = 1.0

#: A link counts, wherever it leads, if the system can tell.
_FOLLOW = os.access not in os.supports_follow_symlinks


class StateWatch:
    """The record of a run, re-read only when something may have changed.

    Args:
        directory: The run.
        record: Its last known record.

    Attributes:
        record: The latest record. If the directory is gone, the last known record with status
            UNKNOWN and the problem ``gone``.
        is_final: The run has ended and everything it wrote is in its files.
    """

    def __init__(self, directory: RunDirectory, record: RunRecord) -> None:
        self.record = record
        self.is_final = record.is_final
        self._directory = directory
        self._state_file = os.fspath(directory.state_file)
        self._cancel_file = os.fspath(directory.cancel_file)
        self._labels_file = os.fspath(directory.labels_file)
        # The time at which the record was read is unknown, so the first poll reads it again.
        self._seen: object = self
        self._next_poll = 0.0
        self._next_alive = 0.0
        self._away_since: float | None = None

    def poll(self, now: float) -> bool:
        """Return whether the record has changed.

        Args:
            now: Seconds on the monotonic clock.
        """
        if now < self._next_poll or self.is_final:
            return False
        self._next_poll = now + _POLL_SECONDS
        seen = self._signature()
        if seen == self._seen and self._away_since is None:
            if now < self._next_alive:
                return False
            self._next_alive = now + _ALIVE_SECONDS
            running = self.record.status is RunStatus.RUNNING
            if running and self._directory.is_locked() and self.record.problem is None:
                return False
            if not running and self._directory.is_there:
                return False
        return self._read(now, seen)

    def _read(self, now: float, seen: object) -> bool:
        before = self.record
        try:
            found = self._directory.read()
        except FileNotFoundError:
            return self._note_away(now)
        self._away_since = None
        if self._seen == seen:
            self._next_alive = now + _ELSEWHERE_SECONDS
        if found.problem == "unreadable":
            return False  # for example a mount that is away: keep the last known record
        self._seen = seen
        self.record = found
        self.is_final = found.is_final
        return found != before

    def _note_away(self, now: float) -> bool:
        if self._away_since is None:
            self._away_since = now
        if now - self._away_since < _GONE_SECONDS:
            return False
        self.record = gone(self.record)
        self.is_final = True
        return True

    def _signature(self) -> tuple[object, ...]:
        return (
            _exists(self._cancel_file),
            _stamp(self._state_file),
            _exists(self._labels_file) and _stamp(self._labels_file),
        )


def _exists(path: str) -> bool:
    # Both files are missing most of the time, and a failed `stat` costs three times as much.
    return os.access(path, os.F_OK, follow_symlinks=_FOLLOW)


def _stamp(path: str) -> tuple[int, int, int] | None:
    try:
        status = os.stat(path, follow_symlinks=False)  # noqa: PTH116 (the hot path)
    except OSError:
        return None
    return (status.st_ino, status.st_mtime_ns, status.st_size)


def gone(record: RunRecord) -> RunRecord:
    """The record of a known run whose directory is gone."""
    said = verdict(Facts(folder=False))
    return replace(record, status=said.status, problem=said.problem, error_message=said.message)
