"""Notice when a run's status changes, by its directory alone."""

from __future__ import annotations

import os
from dataclasses import replace

from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.record import RunRecord, RunStatus
from fusion_jupyter.manager.verdict import Facts, verdict

#: Seconds between two polls at the files that say what the status is.
_POLL_SECONDS = 0.15
#: Seconds between two polls whether the supervisor still lives: its end leaves no trace but this.
_ALIVE_SECONDS = 1.0
#: The same for a run of another machine, where a poll costs a hundred times as much.
_ELSEWHERE_SECONDS = 10.0
#: A folder that is away for a shorter time is not gone: a mount may come back.
_GONE_SECONDS = 1.0


class StateWatch:
    """The record of a run, read again only when something may have changed.

    Args:
        directory: The run.
        record: What is known of it already.

    Attributes:
        record: The latest record. Where the directory is gone, what was known of the run, with
            the status UNKNOWN and the problem ``gone``.
        is_final: The run has ended, and all that it wrote is in its files.
    """

    def __init__(self, directory: RunDirectory, record: RunRecord) -> None:
        self.record = record
        self.is_final = record.is_final
        self._directory = directory
        self._state_file = os.fspath(directory.state_file)
        self._cancel_file = os.fspath(directory.cancel_file)
        self._labels_file = os.fspath(directory.labels_file)
        # Nothing is known of the moment at which the record was read, so the first poll reads.
        self._seen: object = self
        self._next_poll = 0.0
        self._next_alive = 0.0
        self._away_since: float | None = None

    def poll(self, now: float) -> bool:
        """Tell whether the record has changed.

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
            return False  # a mount that is away, for example: what was known stays
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
        cancelled = os.path.lexists(self._cancel_file)
        return (cancelled, _stamp(self._state_file), _stamp(self._labels_file))


def _stamp(path: str) -> tuple[int, int, int] | None:
    try:
        status = os.stat(path, follow_symlinks=False)  # noqa: PTH116 (the hot path)
    except OSError:
        return None
    return (status.st_ino, status.st_mtime_ns, status.st_size)


def gone(record: RunRecord) -> RunRecord:
    """What may be said of a run that was known and whose directory is gone."""
    said = verdict(Facts(folder=False))
    return replace(record, status=said.status, problem=said.problem, error_message=said.message)
