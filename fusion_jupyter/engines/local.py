"""Runs on this machine: a queue, and one supervisor per run."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence

from fusion_jupyter.engines import queue, waiting_run
from fusion_jupyter.engines.base import EngineReport, Phase, SupervisorLauncher
from fusion_jupyter.storage import atomic_io, deadline, layout

#: Most runs whose end is reported at once: recording one takes some milliseconds.
_MOST_REPORTS = 50
#: Deadlines of waiting runs by runs directory and run id: a request never changes.
_deadlines: dict[str, dict[str, object]] = {}


class LocalEngine:
    """Executes runs as processes of this machine, a limited number at once."""

    def __init__(self, launcher: SupervisorLauncher) -> None:
        self._launcher = launcher
        #: Limits of the waiting runs that were polled last: a request never changes.
        self._limits: dict[str, int] = {}

    def check(self, options: Mapping[str, object]) -> dict[str, object]:
        """Accept no options.

        Raises:
            ValueError: An option was given.
        """
        if options:
            raise ValueError(
                f"engine_options is {dict(options)!r}; allowed with engine 'local': none"
            )
        return {}

    def supervision(self, options: Mapping[str, object]) -> dict[str, bool]:
        """No special conditions."""
        return {}

    def submit_many(self, run_dirs: Sequence[str]) -> None:
        """Queue the runs, and start those for which a slot is free.

        Raises:
            OSError: They cannot be queued, or the supervisor of a single run cannot be started.
        """
        for run_dir in run_dirs:
            queue.enqueue(*os.path.split(run_dir))
        self._launcher.reap()
        runs_dir, run_id = os.path.split(run_dirs[0])
        queue.dispatch(runs_dir, self._launcher.start, own=run_id if len(run_dirs) == 1 else None)

    def cancel(self, run_dir: str) -> None:
        """Take the run out of the queue; its supervisor, if it has one, sees the intent itself."""
        runs_dir, run_id = os.path.split(run_dir)
        if queue.withdraw(runs_dir, run_id):
            with contextlib.suppress(OSError):  # the next process that tends the queue starts them
                queue.dispatch(runs_dir, self._launcher.start)

    def poll(self, run_dirs: Sequence[str]) -> dict[str, EngineReport]:
        """Waiting (with the position in the queue), executing, or absent."""
        lines = {
            runs_dir: queue.positions(runs_dir) for runs_dir in {*map(os.path.dirname, run_dirs)}
        }
        troubles = {runs_dir: queue.trouble(runs_dir) for runs_dir in lines}
        known, self._limits = self._limits, {}
        reports = {}
        for run_dir in run_dirs:
            runs_dir, run_id = os.path.split(run_dir)
            ahead = lines[runs_dir].get(run_id)
            if ahead is not None:
                limit = known.get(run_dir) or _limit(run_dir)
                if limit is not None:
                    self._limits[run_dir] = limit
                position = f"{ahead} ahead" if ahead else "next"
                reason = f"queued, {position}, {limit or 1} at a time"
                if troubles[runs_dir]:
                    reason += f"; {troubles[runs_dir]}"
                reports[run_id] = EngineReport(Phase.WAITING, reason, ahead=ahead)
            elif atomic_io.is_locked(os.path.join(run_dir, layout.LOCK_FILE)):
                reports[run_id] = EngineReport(Phase.EXECUTING)
            else:
                reports[run_id] = EngineReport(Phase.ABSENT)
        return reports

    def queued(self, runs_dir: str) -> Sequence[str]:
        """The queue of this runs directory."""
        return list(queue.positions(runs_dir))

    def find_again(self, run_dir: str) -> EngineReport:
        """Queue the run again: it is not in the queue and has no supervisor."""
        queue.enqueue(*os.path.split(run_dir))
        return EngineReport(Phase.WAITING, "queued again")

    def tend(self, runs_dir: str) -> dict[str, EngineReport]:
        """Collect ended supervisors and start waiting runs.

        Returns:
            Runs without a supervisor whose processes still hold a slot that others wait for;
            waiting runs that will not execute any more.
        """
        self._launcher.reap()
        over = _given_up(runs_dir)[:_MOST_REPORTS]
        recorded = [each for each in over if os.path.exists(_state_file(runs_dir, each))]
        if recorded:
            try:
                queue.withdraw(runs_dir, *recorded)
            except OSError as error:
                if not atomic_io.is_read_only(error):
                    raise
        queue.dispatch(runs_dir, self._launcher.start)
        left = [run_id for _, run_id in queue.abandoned_slots(runs_dir)]
        return {run_id: EngineReport(Phase.ENDED) for run_id in [*left, *over]}

    def explain_stop(self, run_dir: str) -> tuple[str, str] | None:
        """Return None: this engine never stops a supervisor."""
        return None


def _limit(run_dir: str) -> int | None:
    try:
        return waiting_run.limit(run_dir)
    except OSError:
        return None  # unreadable now


def _given_up(runs_dir: str) -> list[str]:
    """The waiting runs that will not execute: their deadline has passed, or they were cancelled.

    A cancelled one is found when it is one of the next to start, because it holds nobody up before.
    """
    waiting = list(queue.positions(runs_dir))
    known = _deadlines.get(runs_dir, {})
    found = {run_id: known[run_id] for run_id in waiting if run_id in known}
    for run_id in waiting:
        if run_id not in found:
            with contextlib.suppress(OSError):  # read the next time
                found[run_id] = waiting_run.deadline_of(f"{runs_dir}/{run_id}")
    _deadlines[runs_dir] = found
    late = {
        run_id for run_id, when in found.items() if when is not None and deadline.has_passed(when)
    }
    next_ones = waiting[:_MOST_REPORTS]
    cancelled = {each for each in next_ones if waiting_run.is_cancelled(f"{runs_dir}/{each}")}
    return [run_id for run_id in waiting if run_id in late or run_id in cancelled]


def _state_file(runs_dir: str, run_id: str) -> str:
    return os.path.join(runs_dir, run_id, layout.STATE_FILE)
