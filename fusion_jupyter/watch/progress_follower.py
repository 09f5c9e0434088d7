"""A run's state and progress, kept up to date from its directory, without its log and files."""

from __future__ import annotations

import time

from fusion_jupyter.logs.tail import Tail
from fusion_jupyter.logs.window import LogWindow
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.record import RunRecord
from fusion_jupyter.progress.state import ProgressTracker, RunProgress
from fusion_jupyter.watch.state_watch import StateWatch

#: Of a larger progress file only the end is read when attaching, which takes about 0.1 s.
_PROGRESS_BYTES = 8 << 20
_READ_BYTES = 1 << 18
#: Seconds between two checks whether the progress file was replaced.
_CHECK_SECONDS = 1.0
#: How long text announced by a network file system may take to arrive after a run's end.
_LATE_SECONDS = 3.0


class ProgressFollower:
    """Follows one run's state and progress.

    Args:
        directory: The run.
        record: Its record, read at any earlier time.

    Attributes:
        final: The run has ended and all its progress has been read.
        behind: The last poll left work for the next one, which should follow at once.
    """

    def __init__(self, directory: RunDirectory, record: RunRecord) -> None:
        self.final = False
        self.behind = False
        self._state = StateWatch(directory, record)
        self._tail = Tail(directory.progress_file, last_bytes=_PROGRESS_BYTES, below=directory.path)
        self._restarts = 0
        self._tracker: ProgressTracker | None = None
        self._next_check = 0.0
        self._late_until: float | None = None

    @property
    def record(self) -> RunRecord:
        """The run's record as last polled."""
        return self._state.record

    @property
    def is_ending(self) -> bool:
        """Whether the run has ended, so that everything it wrote is in its files."""
        return self._state.is_final

    @property
    def progress(self) -> RunProgress:
        """The run's progress as last polled."""
        progress = self._tracked().progress
        record = self._state.record
        return progress.at_end(record) if record.status.is_final else progress

    def poll(self, now: float, deadline: float) -> bool:
        """Read what is new.

        Args:
            now: Seconds on the monotonic clock.
            deadline: Stop reading at this time of the same clock and continue with the next poll.

        Returns:
            True if something is new.
        """
        changed = self._state.poll(now)
        # Read before the file: once the state says that the run has ended, the file is complete.
        ending = self._state.is_final
        check = ending or now >= self._next_check
        if check:
            self._next_check = now + _CHECK_SECONDS
        moved = self._read(check, deadline)
        self.behind = not self._tail.caught_up
        if ending and not (self.final or self.behind or self.waits(self._tail, now)):
            self._tracked().feed_block(self._tail.finish())
            self.final = changed = True
        return changed or moved

    def waits(self, file: Tail | LogWindow, now: float) -> bool:
        """Whether text written before the run's end may not have arrived in a file yet.

        Args:
            file: A file of the run that has been read to its end.
            now: Seconds on the monotonic clock.
        """
        if not file.is_waiting:
            return False
        self._late_until = self._late_until or now + _LATE_SECONDS
        return now < self._late_until

    def close(self) -> None:
        """Close the file."""
        self._tail.close()

    def _tracked(self) -> ProgressTracker:
        if self._tracker is None:
            record = self._state.record
            self._tracker = ProgressTracker(
                record.erlangs, record.max_iters, history_complete=self._tail.skipped == 0
            )
        return self._tracker

    def _read(self, check: bool, deadline: float) -> bool:
        tail, moved = self._tail, False
        while True:
            block = tail.read(_READ_BYTES, check=check)
            if tail.restarts != self._restarts:
                self._restarts = tail.restarts
                self._tracked().begin_anew()
                moved = True
            if block:
                self._tracked().feed_block(block)
                moved = True
            if tail.caught_up or time.monotonic() > deadline:
                return moved
