"""A sweep as a subject of the channel: one state for all its points."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from fusion_jupyter.errors import FusionJupyterError
from fusion_jupyter.manager.record import RunStatus
from fusion_jupyter.progress.state import RunProgress
from fusion_jupyter.storage import layout
from fusion_jupyter.studies import points
from fusion_jupyter.studies import record as sweep_record
from fusion_jupyter.widgets.channel import Channel
from fusion_jupyter.widgets.http_access import is_private
from fusion_jupyter.widgets.snapshot import progress_state

if TYPE_CHECKING:
    from fusion_jupyter.studies.record import SweepRecord
    from fusion_jupyter.studies.sweep import Sweep
    from fusion_jupyter.watch.collection import RunSummary
    from fusion_jupyter.widgets.messages import Status
    from fusion_jupyter.widgets.study_messages import PointIdentity, PointState, SweepSnapshot

#: Maximum length of an error message sent to the browser; the run's view has the rest.
_LONGEST_ERROR = 400
_NO_OUTPUT = "the run completed, but its output folder was removed"


class SweepState:
    """A sweep's state for the channel.

    Args:
        sweep: The sweep.
        channel: The channel of this kernel.
    """

    def __init__(self, sweep: Sweep, channel: Channel) -> None:
        self.sweep = sweep
        self.key = f"sweep-{sweep.id}"
        self.rev = 1
        self.channel = channel
        self._lock = threading.Lock()
        self._changed: set[str] = set()
        self._sent = 0
        self._sent_record: SweepRecord | None = None
        self._gone = False
        self._written = 0
        # Run id -> what of it was deleted: an empty text for the whole run.
        self._missing: dict[str, str] = {}
        self._erlangs: frozenset[float] = frozenset()
        sweep.observe(self._on_update, "update")
        channel.attach(self)

    @property
    def final(self) -> bool:
        """Nothing changes any more."""
        return bool(self.sweep.settled)

    def state(self, full: bool) -> SweepSnapshot:
        """The current state, with all points or those that have changed since the last call."""
        with self._lock:
            changed, self._changed = self._changed, set()
            rev, since = self.rev, self._sent
            # A page that has other points, or none, needs the complete state.
            everything = full or self.sweep.record is not self._sent_record
            self._sent, self._sent_record = rev, self.sweep.record
        return self._snapshot(rev, 0, None) if everything else self._snapshot(rev, since, changed)

    def whole(self) -> SweepSnapshot:
        """The complete state, without marking it as sent."""
        with self._lock:
            rev = self.rev
        return self._snapshot(rev, 0, None)

    def poll(self) -> bool:
        """Check whether the sweep was changed elsewhere, or it or its runs were deleted."""
        gone = not self._reread()
        missing = self._find_missing()
        before = self._missing
        differs = {
            each for each in missing.keys() | before.keys() if missing.get(each) != before.get(each)
        }
        if gone == self._gone and not differs:
            return False
        self._gone, self._missing = gone, missing
        with self._lock:
            self.rev += 1
            self._changed.update(differs)
        return True

    def _find_missing(self) -> dict[str, str]:
        """The runs without a folder, and those that completed and have no output folder."""
        found = {}
        for run_id in self.sweep.record.run_ids:
            folder = self.sweep.runs_dir / run_id
            known = self.sweep.summary(run_id)
            completed = known is not None and known.record.status is RunStatus.COMPLETED
            if not folder.is_dir():
                found[run_id] = ""
            elif completed and not (folder / layout.OUTPUT_FOLDER).is_dir():
                found[run_id] = _NO_OUTPUT
        return found

    def _reread(self) -> bool:
        """Take over the sweep's record if it was changed; False where it is gone."""
        path = sweep_record.path_of(self.sweep.runs_dir, self.sweep.id)
        try:
            written = path.stat().st_mtime_ns
        except FileNotFoundError:
            return False
        if written != self._written:
            self._written = written
            with contextlib.suppress(FusionJupyterError):  # damaged: what is known stays
                found = sweep_record.read(self.sweep.runs_dir, self.sweep.id)
                if found != self.sweep.record:
                    self.sweep.renew(found)
        return True

    def release(self) -> None:
        """Close the view: changes are no longer needed."""
        self.sweep.unobserve(self._on_update, "update")
        self.channel.detach(self.key)

    def _on_update(self, change: Any) -> None:
        # Called in the thread that changed the sweep.
        update = change.new
        if update.final and self.sweep.is_deleted:  # not only when the folders are next scanned
            self._gone = True
        with self._lock:
            self.rev += 1
            self._changed.update(each.record.id for each in update.changed)
            self._changed.update(update.removed)
        self.channel.changed(self.key)

    def _snapshot(self, rev: int, since: int, chosen: Collection[str] | None) -> SweepSnapshot:
        """The state of these runs; None: of all runs, with their points."""
        sweep = self.sweep
        known = sweep.update is not None
        repeated = sweep.record.repeats > 1
        members = {point.run_id for point in sweep.record.points}
        if chosen is not None:
            members &= set(chosen)
        missing = self._missing
        found = {each: sweep.summary(each) for each in members if known}
        loads = (each.record.erlangs for each in found.values() if each is not None)
        self._erlangs = self._erlangs.union(*loads)
        state: SweepSnapshot = {
            "rev": rev,
            "since": since,
            "id": sweep.id,
            "name": sweep.name,
            "engine": sweep.record.engine,
            "parameters": [*sweep.parameters, *(["repeat"] if repeated else [])],
            "states": {
                each: point_state(summary, missing.get(each)) for each, summary in found.items()
            },
            "erlangs": sorted(self._erlangs),
            "eta": sweep.eta_seconds,
            "now": time.time(),
            "gone": self._gone,
            "directory": sweep.runs_dir.as_posix(),
            "home": Path.home().as_posix(),
            "private": is_private(sweep.runs_dir),
        }
        if chosen is None:
            state["points"] = [_identity(point, repeated) for point in sweep.record.points]
        return state


def _identity(point: Any, repeated: bool) -> PointIdentity:
    values = [str(points.shown(name, value)) for name, value in point.parameters.items()]
    return {"values": [*values, *([str(point.repeat)] if repeated else [])], "run": point.run_id}


def point_state(summary: RunSummary | None, missing: str | None = None) -> PointState:
    """The state of a cell's run.

    Args:
        summary: What is known of the run; None: it was deleted.
        missing: What of it was deleted, if anything; an empty text for the whole run.
    """
    if summary is None or missing is not None:
        return {
            "status": None,
            "problem": None,
            "cancelling": False,
            "fraction": 0.0,
            "created": None,
            "error": missing or None,
            "points": [],
        }
    run = summary.record
    error = run.error_message
    return {
        "status": cast("Status", str(run.status)),
        "problem": run.problem,
        "cancelling": run.cancel_requested and not run.status.is_final,
        "fraction": summary.fraction,
        "created": run.created_at.timestamp(),
        "error": None if error is None else error[:_LONGEST_ERROR],
        "points": progress_state(summary.progress or RunProgress(), run.simulator)["points"],
    }
