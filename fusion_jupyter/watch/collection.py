"""Many runs watched as one: what changed since the last update, in one message.

A waiting run costs an occasional ``stat``, an executing run is followed by its state and progress,
a finished run costs nothing. So watching ten thousand runs costs little more than watching those
that execute.
"""

from __future__ import annotations

import contextlib
import math
import os
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from fusion_jupyter.engines.base import EngineReport
from fusion_jupyter.manager import index
from fusion_jupyter.manager.directory import RunDirectory, run_directories
from fusion_jupyter.manager.record import RunRecord, RunStatus
from fusion_jupyter.progress.estimate import Rate
from fusion_jupyter.progress.state import RunProgress
from fusion_jupyter.storage import layout
from fusion_jupyter.watch.engine_reports import report_of
from fusion_jupyter.watch.progress_follower import ProgressFollower

#: Time limit of one poll (seconds), so that other streams have their turn.
_SLICE_SECONDS = 0.01
#: Pause between two polls while runs wait, so that the end is not near (seconds).
_REST_SECONDS = 0.25
#: Waiting runs checked per poll: the first in the queue, and this many of the others in turn.
_FIRST_IN_LINE = 32
_OTHERS_IN_TURN = 64
#: Seconds between two listings of the runs directory if all its runs are watched.
_LISTING_SECONDS = 2.0
#: Up to this many records are read one by one; for more, the index is faster.
_FEW = 64
#: Finished runs whose progress is read per poll, until all of it is known.
_PROGRESS_AT_ONCE = 64

#: Changes with the files that decide about a run; None: not known.
_Stamp = tuple[tuple[int, int] | None, ...] | None


@dataclass(frozen=True, kw_only=True)
class RunSummary:
    """What a table shows of one run.

    Attributes:
        record: The run's record.
        progress: Its progress; None if not read yet.
        engine_report: The engine's report: why it waits (for the first in the queue), or where it
            executes; None if there is none.
    """

    record: RunRecord
    progress: RunProgress | None = None
    engine_report: EngineReport | None = None

    @property
    def fraction(self) -> float:
        """Share of the run that is done, 0 to 1; 1 for a run that has ended."""
        if self.record.status.is_final:
            return 1.0
        fraction = None if self.progress is None else self.progress.fraction
        return fraction or 0.0


@dataclass(frozen=True, kw_only=True)
class CollectionUpdate:
    """What is new in a collection of runs.

    Attributes:
        changed: Summaries of the runs that are new or have changed since the previous update.
        removed: Ids of runs that are gone.
        counts: Number of runs by status.
        fraction: Mean of the runs' fractions, 0 to 1.
        eta_seconds: Estimated seconds until all have ended; None until that is meaningful.
        final: All runs have ended, and all their progress has been read.
    """

    changed: tuple[RunSummary, ...]
    removed: tuple[str, ...] = ()
    counts: Mapping[RunStatus, int] = field(default_factory=dict)
    fraction: float = 0.0
    eta_seconds: float | None = None
    final: bool = False


class CollectionFollower:
    """Follows some or all runs of one runs directory.

    Args:
        runs_dir: Folder of the run directories.
        members: Ids of the runs to follow; None: all runs, including later ones.
        known: Summaries of runs that have ended, by id: their progress is not read again.
        expected: Whether members without a directory may still come, because somebody is creating
            them; else they were deleted.

    Attributes:
        final: All members have ended; never true if all runs are followed.
        behind: The last poll left work for the next one.
        age: 0; see `RunFollower`.
        rest: Seconds until the next poll, at least: nobody sees the difference while runs wait, and
            the cores are theirs.
    """

    def __init__(
        self,
        runs_dir: Path,
        members: Iterable[str] | None = None,
        known: Mapping[str, RunSummary] | None = None,
        expected: Callable[[], bool] = lambda: False,
    ) -> None:
        self.final = False
        self.behind = False
        self.age = 0.0
        self.rest = 0.0
        self._runs_dir = runs_dir
        self._members = None if members is None else list(dict.fromkeys(members))
        self._known = known or {}
        self._expected = expected
        self._summaries: dict[str, RunSummary] = {}
        self._waiting: deque[str] = deque()
        self._active: dict[str, ProgressFollower] = {}
        self._unread: deque[str] = deque()
        # Damaged runs, with the stamp of the files that were read; one that is still being copied
        # to its place looks damaged until it is complete.
        self._damaged: dict[str, _Stamp] = {}
        self._changed: dict[str, None] = {}
        self._removed: list[str] = []
        self._rate = Rate()
        self._next_listing = -math.inf

    @property
    def summaries(self) -> Mapping[str, RunSummary]:
        """The summary of each run, by id."""
        return self._summaries

    def poll(self, now: float) -> bool:
        """Read what is new; True if anything changed.

        Args:
            now: Seconds on the monotonic clock.
        """
        deadline = time.monotonic() + _SLICE_SECONDS
        if now >= self._next_listing:
            self._list(now)
            self._read_damaged(deadline)
        self._poll_active(now, deadline)
        self._poll_waiting(now)
        self._read_finished(now, deadline)
        self.final = self._members is not None and self._has_ended and not self._more_come(now)
        patient = self._waiting or (self._members is not None and self._has_ended)
        self.rest = _REST_SECONDS if patient else 0.0
        return bool(self._changed or self._removed or self.final)

    def update(self) -> CollectionUpdate:
        """What has changed since the last call, and the totals."""
        changed, self._changed = self._changed, {}
        removed, self._removed = self._removed, []
        summaries = self._summaries.values()
        fraction = sum(each.fraction for each in summaries) / len(summaries) if summaries else 0.0
        self._rate.add(time.time(), fraction)
        unfinished = bool(self._waiting or self._active)
        return CollectionUpdate(
            changed=tuple(self._summaries[each] for each in changed if each in self._summaries),
            removed=tuple(removed),
            counts=Counter(each.record.status for each in summaries),
            fraction=fraction,
            eta_seconds=self._rate.seconds_until(1.0) if unfinished else None,
            final=self.final,
        )

    def close(self) -> None:
        """Close the files."""
        for follower in self._active.values():
            follower.close()

    # -- members --------------------------------------------------------------------------------

    @property
    def _has_ended(self) -> bool:
        return not (self._waiting or self._active or self._unread)

    def _more_come(self, now: float) -> bool:
        """Whether members that were not there have come, or may still come."""
        if self._members is None or len(self._summaries) == len(self._members):
            return False
        # Asked first: what was being created until now is there when the members are listed.
        expected = self._expected()
        self._list(now)
        return expected or not self._has_ended

    def _list(self, now: float) -> None:
        self._next_listing = now + _LISTING_SECONDS
        if self._members is None:
            present = {directory.id for directory in run_directories(self._runs_dir)}
        else:
            come = [each for each in self._members if each not in self._summaries]
            folders = (self._runs_dir / each for each in come)
            absent = {folder.name for folder in folders if not RunDirectory(folder).is_there}
            present = set(self._members) - absent
        for gone in [known for known in self._summaries if known not in present]:
            self._forget(gone)
        new = present - self._summaries.keys()
        if new:
            for record in self._read_records(new):
                self._add(record)

    def _read_records(self, wanted: set[str]) -> list[RunRecord]:
        """The records of these runs, oldest first, which is the order in which they start."""
        if len(wanted) > _FEW:
            found = [each for each in index.read_all(self._runs_dir) if each.id in wanted]
            return found[::-1]
        found = []
        for run_id in wanted:
            with contextlib.suppress(FileNotFoundError):
                found.append(RunDirectory(self._runs_dir / run_id).read())
        return sorted(found, key=lambda record: (record.created_at, record.id))

    def _add(self, record: RunRecord) -> None:
        if record.is_final and record.problem is not None:
            self._damaged[record.id] = None
        known = self._known.get(record.id)
        if known is not None and known.record == record:
            self._note(known)
            return
        self._note(RunSummary(record=record))
        if record.is_final:
            self._unread.appendleft(record.id)  # newest first, because they are viewed first
        elif record.status is RunStatus.PENDING:
            self._waiting.append(record.id)
        else:
            self._follow(record)

    def _forget(self, run_id: str) -> None:
        del self._summaries[run_id]
        self._damaged.pop(run_id, None)
        self._removed.append(run_id)
        self._unfollow(run_id)

    def _unfollow(self, run_id: str) -> None:
        follower = self._active.pop(run_id, None)
        if follower is not None:
            follower.close()

    def _note(self, summary: RunSummary) -> None:
        self._summaries[summary.record.id] = summary
        self._changed[summary.record.id] = None

    # -- by status ------------------------------------------------------------------------------

    def _follow(self, record: RunRecord) -> None:
        directory = RunDirectory(record.directory)
        self._active[record.id] = ProgressFollower(directory, record)

    def _poll_active(self, now: float, deadline: float) -> None:
        self.behind = False
        for run_id, follower in list(self._active.items()):
            if follower.poll(now, deadline):
                summary = self._summaries[run_id]
                self._note(replace(summary, record=follower.record, progress=follower.progress))
            self._ask_engine(run_id, now)
            self.behind = self.behind or follower.behind
            if follower.final:
                follower.close()
                del self._active[run_id]

    def _poll_waiting(self, now: float) -> None:
        """The first in the queue start next; the others may be cancelled at any time."""
        first = min(_FIRST_IN_LINE, len(self._waiting))
        others = min(_OTHERS_IN_TURN, len(self._waiting) - first)
        line = [self._waiting.popleft() for _ in range(first)]
        turn = [self._waiting.popleft() for _ in range(others)]
        kept = [run_id for run_id in line if self._still_waits(run_id)]
        behind = [run_id for run_id in turn if self._still_waits(run_id)]
        for run_id in kept:
            self._ask_engine(run_id, now)
        # Polled runs move to the end, so that all have their turn.
        self._waiting.extend(behind)
        self._waiting.extendleft(reversed(kept))

    def _ask_engine(self, run_id: str, now: float) -> None:
        summary = self._summaries[run_id]
        report = report_of(summary.record, now)
        if report != summary.engine_report:
            self._note(replace(summary, engine_report=report))

    def _still_waits(self, run_id: str) -> bool:
        summary = self._summaries.get(run_id)
        if summary is None:
            return False
        directory = RunDirectory(summary.record.directory)
        folder = os.fspath(directory.path)
        if not any(os.path.lexists(f"{folder}/{name}") for name in ("state.json", "cancel.json")):
            if directory.is_there:
                return True
            self._forget(run_id)
            return False
        try:
            record = directory.read()
        except FileNotFoundError:
            self._forget(run_id)
            return False
        if record.status is RunStatus.PENDING:
            return True
        self._note(RunSummary(record=record))
        self._follow(record)
        return False

    def _read_damaged(self, deadline: float) -> None:
        """Read damaged runs whose files have changed; of very many, each has its turn."""
        for run_id in list(self._damaged):
            stamp = _stamp(f"{self._runs_dir}/{run_id}")
            before = self._damaged.pop(run_id)
            self._damaged[run_id] = stamp
            if stamp != before:
                self._read_again(run_id, stamp)
            if time.monotonic() > deadline:
                break

    def _read_again(self, run_id: str, stamp: _Stamp) -> None:
        try:
            record = RunDirectory(self._runs_dir / run_id).read()
        except FileNotFoundError:
            return  # the next listing finds that out
        if record != self._summaries[run_id].record:
            del self._damaged[run_id]
            self._unfollow(run_id)
            self._add(record)
            if run_id in self._damaged:  # by now in another way
                self._damaged[run_id] = stamp

    def _read_finished(self, now: float, deadline: float) -> None:
        """Read the progress of runs that had ended before they were first seen."""
        for _ in range(min(_PROGRESS_AT_ONCE, len(self._unread))):
            run_id = self._unread.popleft()
            summary = self._summaries.get(run_id)
            if summary is None:
                continue
            follower = ProgressFollower(RunDirectory(summary.record.directory), summary.record)
            follower.poll(now, deadline=math.inf)
            self._note(RunSummary(record=summary.record, progress=follower.progress))
            if follower.final:
                follower.close()
            else:  # its last text may arrive late, as on a network file system
                self._active[run_id] = follower
            if time.monotonic() > deadline:
                break
        self.behind = self.behind or bool(self._unread)


def _stamp(folder: str) -> _Stamp:
    return tuple(_stamp_of(f"{folder}/{name}") for name in ("", layout.RUN_FILE, layout.STATE_FILE))


def _stamp_of(path: str) -> tuple[int, int] | None:
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return (status.st_mtime_ns, status.st_size)
