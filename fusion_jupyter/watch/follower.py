"""Everything that a view shows about one run, kept up to date from its directory."""

from __future__ import annotations

import contextlib
import math
import time
from dataclasses import dataclass

from fusion_jupyter.engines.base import EngineReport
from fusion_jupyter.logs.window import LogWindow
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.record import RunRecord
from fusion_jupyter.progress.state import RunProgress
from fusion_jupyter.watch.engine_reports import report_of
from fusion_jupyter.watch.outputs import OutputWatch
from fusion_jupyter.watch.progress_follower import ProgressFollower

#: Time limit of one poll (seconds), so that others have their turn.
_SLICE_SECONDS = 0.01
_READ_BYTES = 1 << 18
#: Seconds between two checks whether the log file was replaced.
_CHECK_SECONDS = 1.0
#: Seconds until the engine's answer is read again: the first one is there soon, others are rare.
_FIRST_ANSWER_SECONDS = 0.1
_ANSWER_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class RunUpdate:
    """Everything known about a run at one moment.

    Attributes:
        record: The run's record.
        progress: Its progress.
        log_lines: The last lines of the log, at most 200, long ones shortened; the very last may
            be unfinished.
        log_count: Number of lines in the log; None while they are being counted.
        outputs_version: Grows when output files appear or change.
        engine_report: The engine's report, for example why the run waits; None if there is none.
        final: The run has ended and everything it wrote has been read; this is the last update.
    """

    record: RunRecord
    progress: RunProgress
    log_lines: tuple[str, ...] = ()
    log_count: int | None = None
    outputs_version: int = 0
    engine_report: EngineReport | None = None
    final: bool = False


class RunFollower:
    """Follows one run's state, progress, log and output files.

    Args:
        directory: The run.
        record: Its record, read at any earlier time.

    Attributes:
        final: The run has ended and everything has been read.
        behind: The last poll left work for the next one, which should follow at once.
        rest: 0: it may be polled as often as its pace allows.
        age: At the first poll, seconds since the files last changed; 0 afterwards. So hundreds of
            quiet runs that are newly watched are polled as rarely as if they had always been
            watched.
    """

    def __init__(self, directory: RunDirectory, record: RunRecord) -> None:
        self.final = False
        self.behind = False
        self.rest = 0.0
        self.age = 0.0
        self._written = (directory.log_file, directory.progress_file, directory.state_file)
        self._is_first = True
        self._progress = ProgressFollower(directory, record)
        self._log = LogWindow(directory.log_file, below=directory.path)
        self._outputs = OutputWatch(directory.output)
        self._outputs_version = 0
        self._engine_report: EngineReport | None = None
        self._next_answer = 0.0
        self._answer_pause = _FIRST_ANSWER_SECONDS
        self._next_check = 0.0

    def poll(self, now: float) -> bool:
        """Read what is new; True if anything changed.

        Args:
            now: Seconds on the monotonic clock.
        """
        self.age = self._age() if self._is_first else 0.0
        self._is_first = False
        deadline = time.monotonic() + _SLICE_SECONDS
        changed = self._progress.poll(now, deadline)
        # Checked before the log is read: once the state says that the run has ended, its output is
        # complete.
        ending = self._progress.is_ending
        if ending or now >= self._next_answer:
            changed = self._ask_engine(now) or changed
        changed = self._read_log(now, ending, deadline) or changed
        self.behind = self._progress.behind or not self._log.caught_up
        if self._progress.final and not self.behind:
            self.final = not self._progress.waits(self._log, now)
        if self._outputs.poll(now, busy=changed, force=self.final):
            self._outputs_version += 1
            changed = True
        if self._log.counting:
            changed = self._log.count_on() or changed
            self.behind = self.behind or self._log.counting
            self.final = self.final and not self._log.counting
        return changed or self.final

    def update(self) -> RunUpdate:
        """The current update."""
        return RunUpdate(
            record=self._progress.record,
            progress=self._progress.progress,
            log_lines=self._log.lines,
            log_count=self._log.count,
            outputs_version=self._outputs_version,
            engine_report=self._engine_report,
            final=self.final,
        )

    def close(self) -> None:
        """Close the files."""
        self._progress.close()
        self._log.close()

    def _ask_engine(self, now: float) -> bool:
        self._next_answer = now + self._answer_pause
        self._answer_pause = min(_ANSWER_SECONDS, 2 * self._answer_pause)
        report = report_of(self._progress.record, now)
        changed = report != self._engine_report
        self._engine_report = report
        return changed

    def _age(self) -> float:
        newest = -math.inf
        for path in self._written:
            with contextlib.suppress(OSError):
                newest = max(newest, path.lstat().st_mtime)
        return max(0.0, time.time() - newest) if newest > 0 else 0.0

    def _read_log(self, now: float, ending: bool, deadline: float) -> bool:
        check = ending or now >= self._next_check
        if check:
            self._next_check = now + _CHECK_SECONDS
        moved = False
        while True:
            moved = self._log.poll(_READ_BYTES, check=check) or moved
            if self._log.caught_up or time.monotonic() > deadline:
                return moved
