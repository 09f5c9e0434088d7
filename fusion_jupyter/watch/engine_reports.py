"""Engines' reports about runs that have not ended: why one waits, where one executes."""

from __future__ import annotations

import os
from pathlib import Path

from fusion_jupyter.engines.base import EngineReport, Phase
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunRecord

#: Seconds between two queries about all runs of one runs directory.
_INTERVAL_SECONDS = 1.0
#: The first query about a run comes sooner, and covers other new runs of that time.
_NEWCOMER_SECONDS = 0.1
#: But not as soon after the last query: in a queue of short runs, somebody is always new.
_BETWEEN_SECONDS = 0.5
#: Seconds after which a run that was not requested is omitted from the queries.
_FORGET_SECONDS = 5.0

_reports: dict[str, _Reports] = {}


def report_of(record: RunRecord, now: float) -> EngineReport | None:
    """The engine's last report about a run; costs at most one query per second for all runs.

    Args:
        record: The run.
        now: Seconds on the monotonic clock.

    Returns:
        None if the engine was not queried yet, cannot answer or has no report, and after the run's
        end.
    """
    if record.status.is_final:
        return None
    # As text: a path object takes longer to hash than the look-up takes.
    runs_dir = os.path.dirname(os.fspath(record.directory))  # noqa: PTH120
    found = _reports.get(runs_dir)
    if found is None:
        found = _reports[runs_dir] = _Reports(Path(runs_dir))
    report = found.report(record, now)
    return report if report is not None and report.reason else None


class _Reports:
    """The last reports for one runs directory."""

    def __init__(self, runs_dir: Path) -> None:
        self._manager = RunManager(runs_dir)
        self._wanted: dict[str, tuple[RunRecord, float]] = {}
        self._known: dict[str, EngineReport] = {}
        self._next = 0.0
        self._earliest = 0.0

    def report(self, record: RunRecord, now: float) -> EngineReport | None:
        known = self._known.get(record.id)
        if record.id not in self._wanted:
            self._next = min(self._next, max(now + _NEWCOMER_SECONDS, self._earliest))
        self._wanted[record.id] = (record, now)
        if now >= self._next:
            self._ask(now)
            known = self._known.get(record.id)
        return known

    def _ask(self, now: float) -> None:
        self._next = now + _INTERVAL_SECONDS
        self._earliest = now + _BETWEEN_SECONDS
        self._wanted = {
            run_id: (record, asked)
            for run_id, (record, asked) in self._wanted.items()
            if now - asked < _FORGET_SECONDS
        }
        answered = {
            run_id: report for run_id, report in self._known.items() if run_id in self._wanted
        }
        wanted = [
            record
            for record, _ in self._wanted.values()
            if not _says_no_more(answered.get(record.id))
        ]
        try:
            answered.update(self._manager.poll(wanted))
        except (OSError, ValueError):
            # An unreachable folder, or an engine of a newer version: nothing is known.
            answered = {}
        self._known = answered


def _says_no_more(report: EngineReport | None) -> bool:
    """Whether a run executes on this machine: its engine reports nothing new until its end."""
    return report is not None and report.phase is Phase.EXECUTING and not report.reason
