"""Many runs as one subject of the channel: changes since they were last sent."""

from __future__ import annotations

import os
import threading
import time
import uuid
import weakref
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from fusion_jupyter.manager.directory import RunDirectory, run_directories
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunRecord, RunStatus
from fusion_jupyter.storage import layout
from fusion_jupyter.watch import watcher
from fusion_jupyter.watch.collection import CollectionFollower, CollectionUpdate, RunSummary
from fusion_jupyter.widgets.channel import Channel
from fusion_jupyter.widgets.effective_options import UNREAD, EffectiveOptions
from fusion_jupyter.widgets.runs_rows import columns_of
from fusion_jupyter.widgets.sweep_names import SweepNames

if TYPE_CHECKING:
    from collections.abc import Callable

    from fusion_jupyter.widgets.messages import RunsSnapshot

#: Number of waiting runs whose queue position is sent, because each start changes all of them.
MOST_QUEUED = 100
#: Minimum seconds between two listings of the queue.
_QUEUE_SECONDS = 1.0
#: A page receives nothing while it loads its widget's module, so changes are repeated at the first
#: polls: a page cannot request them while a cell is computing.
_REPEATS = 3
#: Runs whose name and tags are checked per poll, because changes of these are not notified.
_LABELS_AT_ONCE = 500

#: Seconds for reading configurations before runs are first shown, and per poll.
_READING_AT_FIRST = 0.02
_READING_PER_POLL = 0.1

#: All that are alive: what one has read of runs that have ended, the next need not read again.
_states: weakref.WeakSet[RunsState] = weakref.WeakSet()


class RunsState:
    """The state of many runs for the channel.

    Args:
        runs_dir: Folder of the run directories.
        records: Initial records of the runs, newest first.
        channel: The channel of this kernel.
        every: Whether to show all runs, including later ones, or only these.
        on_change: Called after each change, in the thread that noticed it.
    """

    def __init__(
        self,
        runs_dir: Path,
        records: Iterable[RunRecord],
        channel: Channel,
        *,
        every: bool = False,
        on_change: Callable[[bool], None] = lambda _: None,
    ) -> None:
        self.key = f"runs-{uuid.uuid4().hex[:12]}"
        self.rev = 1
        self.final = False
        self.channel = channel
        self.runs_dir = runs_dir
        self._on_change = on_change
        self._lock = threading.RLock()
        known = _read_elsewhere(runs_dir)
        self._summaries = {
            record.id: known.get(record.id) or RunSummary(record=record) for record in records
        }
        self._changed_at: dict[str, int] = {}
        self._removed_at: dict[str, int] = {}
        self._sent = self.rev
        self._repeats = 0
        self._pending = True
        self._queue: list[str] = []
        self._next_queue = 0.0
        self._sweeps = SweepNames(runs_dir)
        self._sent_names = self._sweeps.names
        self._effective = EffectiveOptions()
        self._sent_values = self._effective.values
        self._folder_seen = -1
        self._turn: list[str] = []
        self._labels: dict[str, int] = {}
        follower = CollectionFollower(runs_dir, None if every else list(self._summaries), known)
        _states.add(self)
        channel.attach(self)
        self._subscription = watcher.watch_collection(follower, self._receive)

    @property
    def records(self) -> list[RunRecord]:
        """Summaries of the runs, newest first."""
        with self._lock:
            found = [summary.record for summary in self._summaries.values()]
        return sorted(found, key=lambda record: (record.created_at, record.id), reverse=True)

    def summary(self, run_id: str) -> RunSummary | None:
        """What is known of one of the runs."""
        return self._summaries.get(run_id)

    def state(self, full: bool) -> RunsSnapshot:
        """The changes since the last call, or since the start."""
        with self._lock:
            since = 1 if full else self._sent
            self._sent = self.rev
            changed = [run_id for run_id, rev in self._changed_at.items() if rev > since]
            removed = [run_id for run_id, rev in self._removed_at.items() if rev > since]
            shown = [self._summaries[run_id] for run_id in changed]
            return self._snapshot(shown, since, removed)

    def whole(self) -> RunsSnapshot:
        """All runs, newest first, without marking them as sent."""
        with self._lock:
            records = self.records
            if self._read_options(records, _READING_AT_FIRST):
                self.rev += 1
            newest = [self._summaries[record.id] for record in records]
            return self._snapshot(newest, 0, [])

    def poll(self) -> bool:
        """Check for changes without notification: deletions, labels, sweeps, the queue."""
        with self._lock:
            if self._repeats < _REPEATS and not self.final:
                self._repeats += 1
                self._sent = 1
            before = self._queue
            changed = self._sweeps.poll()
            renamed = self._sweeps.names != self._sent_names
            for run_id in changed & self._summaries.keys():
                self._note(run_id)
            noticed = [*self._gone(), *self._relabelled(), *self._options_read()]
            self._poll_queue()
            if changed or renamed or noticed:
                self.rev += 1
                return True
            return self._queue != before or self._sent == 1

    def forget(self, run_ids: Iterable[str]) -> None:
        """These runs were deleted."""
        with self._lock:
            for run_id in run_ids:
                self._remove(run_id)
            self.rev += 1
        self._tell()

    def reread(self, run_ids: Iterable[str]) -> None:
        """Note that names or tags of these runs were changed."""
        with self._lock:
            for run_id in run_ids:
                self._reread(run_id)
            self.rev += 1
        self._tell()

    def release(self) -> None:
        """Nobody shows the runs any more."""
        self._subscription.close()
        self.channel.detach(self.key)

    # -- what changes --------------------------------------------------------------------------

    def _receive(self, update: CollectionUpdate) -> None:
        # Called in the watcher's thread.
        with self._lock:
            # The first update contains all runs, including those known from the start.
            changed = [
                each
                for each in update.changed
                if each != self._summaries.get(each.record.id) and not self._is_deleted(each)
            ]
            for summary in changed:
                before = self._summaries.get(summary.record.id)
                if before is not None and before.record.problem is not None:
                    self._effective.forget(summary.record.id)
                self._summaries[summary.record.id] = summary
                self._labels.pop(summary.record.id, None)  # its labels may be of any earlier time
                self._note(summary.record.id)
            for run_id in update.removed:
                self._remove(run_id)
            self._pending = update.counts.get(RunStatus.PENDING, 0) > 0
            turned = self.final != update.final
            self.final = update.final
            self.rev += 1
        if changed or update.removed or turned:
            self._tell()

    def _is_deleted(self, summary: RunSummary) -> bool:
        """It was being read when it was deleted; one that was imported again is there."""
        return summary.record.id in self._removed_at and not summary.record.directory.is_dir()

    def _tell(self) -> None:
        self.channel.changed(self.key)
        self._on_change(self.final)

    def _note(self, run_id: str) -> None:
        # Before the number increases: changes noted now belong to the next state.
        self._changed_at[run_id] = self.rev + 1
        self._removed_at.pop(run_id, None)

    def _remove(self, run_id: str) -> None:
        if self._summaries.pop(run_id, None) is not None:
            self._changed_at.pop(run_id, None)
            self._labels.pop(run_id, None)
            self._removed_at[run_id] = self.rev + 1

    def _reread(self, run_id: str) -> bool:
        """Read a run's record again; whether it has changed."""
        known = self._summaries.get(run_id)
        if known is None:
            return False
        try:
            record = RunDirectory(known.record.directory).read()
        except FileNotFoundError:
            self._remove(run_id)
            return True
        if record == known.record:
            return False
        self._summaries[run_id] = replace(known, record=record)
        self._note(run_id)
        return True

    def _gone(self) -> list[str]:
        """Runs whose folders have been deleted since the last poll."""
        try:
            seen = self.runs_dir.stat().st_mtime_ns
            if seen == self._folder_seen:
                return []
        except OSError:
            return []
        self._folder_seen = seen
        present = {directory.id for directory in run_directories(self.runs_dir)}
        gone = [run_id for run_id in self._summaries if run_id not in present]
        for run_id in gone:
            self._remove(run_id)
        return gone

    def _relabelled(self) -> list[str]:
        """Runs with a changed name or tags, among those checked in this poll."""
        if not self._turn:
            self._turn = list(self._summaries)[::-1]
        turn, self._turn = self._turn[:_LABELS_AT_ONCE], self._turn[_LABELS_AT_ONCE:]
        found = []
        for run_id in turn:
            try:
                seen = os.lstat(self.runs_dir / run_id / layout.LABELS_FILE).st_mtime_ns
            except OSError:
                seen = 0
            # Nobody knows whether the record was read before its first labels were written.
            before = self._labels.get(run_id, 0)
            self._labels[run_id] = seen
            if before != seen and self._reread(run_id):
                found.append(run_id)
        return found

    def _options_read(self) -> list[str]:
        """Runs whose configurations have been read in this poll."""
        if all(self._effective.number(run_id) != UNREAD for run_id in self._summaries):
            return []
        return self._read_options(self.records, _READING_PER_POLL)

    def _read_options(self, records: list[RunRecord], seconds: float) -> list[str]:
        found = self._effective.read(records, seconds)
        for run_id in found:
            self._note(run_id)
        return found

    # -- what is sent --------------------------------------------------------------------------

    def _snapshot(self, shown: list[RunSummary], since: int, removed: list[str]) -> RunsSnapshot:
        self._poll_queue()
        snapshot: RunsSnapshot = {
            "rev": self.rev,
            "since": since,
            "now": time.time(),
            "rows": columns_of(shown, self._sweeps.of_run, self._effective),
            "removed": removed,
            "queue": self._queue,
            "final": self.final,
            "directory": self.runs_dir.as_posix(),
            "home": Path.home().as_posix(),
        }
        if since <= 1 or self._sweeps.names is not self._sent_names:
            self._sent_names = snapshot["sweeps"] = self._sweeps.names
        if since <= 1 or self._effective.values is not self._sent_values:
            self._sent_values = snapshot["defaults"] = self._effective.values
        return snapshot

    def _poll_queue(self) -> None:
        now = time.monotonic()
        if now < self._next_queue:
            return
        self._next_queue = now + _QUEUE_SECONDS
        queued = RunManager(self.runs_dir).queued() if self._pending else []
        self._queue = queued[:MOST_QUEUED]


def _read_elsewhere(runs_dir: Path) -> dict[str, RunSummary]:
    """What other tables have read of runs that have ended."""
    return {
        run_id: summary
        for state in list(_states)
        if state.runs_dir == runs_dir
        for run_id, summary in list(state._summaries.items())
        if summary.record.status.is_final and summary.progress is not None
    }
