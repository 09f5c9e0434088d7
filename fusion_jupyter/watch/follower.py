"""Everything that a view shows of one run, kept up to date from its directory."""

from __future__ import annotations

import time
from dataclasses import dataclass

from fusion_jupyter.logs.tail import Tail
from fusion_jupyter.logs.window import LogWindow
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.record import RunRecord
from fusion_jupyter.progress.state import ProgressTracker, RunProgress
from fusion_jupyter.watch.outputs import OutputWatch
from fusion_jupyter.watch.state_watch import StateWatch

#: Of a larger progress file only the end is read when attaching: this takes some 0.1 s.
_PROGRESS_BYTES = 8 << 20
#: One poll reads for so long, then others have their turn.
_SLICE_SECONDS = 0.01
_READ_BYTES = 1 << 18
#: Seconds between two polls whether another file has taken a file's place.
_CHECK_SECONDS = 1.0
#: How long after a run's end text that a network file system has announced may take to arrive.
_LATE_SECONDS = 3.0


@dataclass(frozen=True, kw_only=True)
class RunUpdate:
    """What is known of a run at one moment.

    Attributes:
        record: The run's record.
        progress: How far it is.
        log_tail: The last lines of the log, at most 200, long ones shortened; the very last may be
            unfinished.
        log_count: Number of lines in the log; None while they are being counted.
        output_changed: Output files have appeared or changed since the update before.
        final: The run has ended and everything it wrote has been read: the last update.
    """

    record: RunRecord
    progress: RunProgress
    log_tail: tuple[str, ...] = ()
    log_count: int | None = None
    output_changed: bool = False
    final: bool = False


class RunFollower:
    """Follows one run's state, progress, log and output files.

    Args:
        directory: The run.
        record: Its record, read at any time before.

    Attributes:
        final: The run has ended, and everything has been read.
        behind: The last poll left something for the next one, which should follow at once.
    """

    def __init__(self, directory: RunDirectory, record: RunRecord) -> None:
        self.final = False
        self.behind = False
        self._state = StateWatch(directory, record)
        self._started_at = record.started_at
        self._progress = Tail(
            directory.progress_file, last_bytes=_PROGRESS_BYTES, below=directory.path
        )
        self._restarts = 0
        self._tracker: ProgressTracker | None = None
        self._log = LogWindow(directory.log_file, below=directory.path)
        self._outputs = OutputWatch(directory.output)
        self._output_changed = False
        self._next_check = 0.0
        self._late_until: float | None = None

    def poll(self, now: float) -> bool:
        """Read what is new; True where something is.

        Args:
            now: Seconds on the monotonic clock.
        """
        changed = self._state.poll(now)
        # Read before the files: what a run wrote is in them when its state says that it ended.
        ending = self._state.is_final
        if changed:
            self._note_start()
        check = ending or now >= self._next_check
        if check:
            self._next_check = now + _CHECK_SECONDS
        deadline = time.monotonic() + _SLICE_SECONDS
        moved = self._read_progress(check, deadline)
        moved = self._read_log(check, deadline) or moved
        self.behind = not (self._progress.caught_up and self._log.caught_up)
        if ending and not self.behind and not self._is_late(now):
            self._tracked().feed_block(self._progress.finish())
            self.final = True
        if self._outputs.poll(now, busy=moved or changed, force=self.final):
            self._output_changed = changed = True
        if self._log.counting:
            changed = self._log.count_on() or changed
            self.behind = self.behind or self._log.counting
            self.final = self.final and not self._log.counting
        return changed or moved or self.final

    def update(self) -> RunUpdate:
        """What is known now."""
        record = self._state.record
        progress = self._tracked().progress
        output_changed, self._output_changed = self._output_changed, False
        return RunUpdate(
            record=record,
            progress=progress.at_end(record) if record.status.is_final else progress,
            log_tail=self._log.lines,
            log_count=self._log.count,
            output_changed=output_changed,
            final=self.final,
        )

    def close(self) -> None:
        """Let go of the files."""
        self._progress.close()
        self._log.close()

    def _is_late(self, now: float) -> bool:
        """Something that the run wrote may not have arrived yet."""
        if not (self._progress.is_waiting or self._log.is_waiting):
            return False
        self._late_until = self._late_until or now + _LATE_SECONDS
        return now < self._late_until

    def _tracked(self) -> ProgressTracker:
        if self._tracker is None:
            record = self._state.record
            self._tracker = ProgressTracker(
                record.erlangs, record.max_iters, history_complete=self._progress.skipped == 0
            )
        return self._tracker

    def _note_start(self) -> None:
        started_at = self._state.record.started_at
        if self._started_at is not None and started_at not in (None, self._started_at):
            self._tracked().begin_anew()
        self._started_at = started_at or self._started_at

    def _read_progress(self, check: bool, deadline: float) -> bool:
        tail, moved = self._progress, False
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

    def _read_log(self, check: bool, deadline: float) -> bool:
        moved = False
        while True:
            moved = self._log.poll(_READ_BYTES, check=check) or moved
            if self._log.caught_up or time.monotonic() > deadline:
                return moved
