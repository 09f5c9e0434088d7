"""What engines say of runs that have not ended: why one waits, on which node one executes."""

from __future__ import annotations

from pathlib import Path

from fusion_jupyter.engines.base import EngineReport, Phase
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunRecord

#: Seconds between two questions about all runs of one runs directory.
_INTERVAL_SECONDS = 1.0
#: The first question about a run comes sooner, and covers the other newcomers of that time.
_NEWCOMER_SECONDS = 0.1
#: A run that nobody has asked about for so long is left out of the questions.
_FORGET_SECONDS = 5.0

_reports: dict[Path, _Reports] = {}


def report_of(record: RunRecord, now: float) -> EngineReport | None:
    """What its engine said last of a run; costs nothing but for one question a second for all.

    Args:
        record: The run.
        now: Seconds on the monotonic clock.

    Returns:
        None where it was not asked yet, cannot answer or has nothing to say, and once the run has
        ended.
    """
    if record.status.is_final:
        return None
    runs_dir = record.directory.parent
    found = _reports.get(runs_dir)
    if found is None:
        found = _reports[runs_dir] = _Reports(runs_dir)
    report = found.report(record, now)
    return report if report is not None and report.reason else None


class _Reports:
    """The last answers for one runs directory."""

    def __init__(self, runs_dir: Path) -> None:
        self._manager = RunManager(runs_dir)
        self._wanted: dict[str, tuple[RunRecord, float]] = {}
        self._known: dict[str, EngineReport] = {}
        self._next = 0.0

    def report(self, record: RunRecord, now: float) -> EngineReport | None:
        known = self._known.get(record.id)
        if record.id not in self._wanted:
            self._next = min(self._next, now + _NEWCOMER_SECONDS)
        self._wanted[record.id] = (record, now)
        if now >= self._next:
            self._ask(now)
            known = self._known.get(record.id)
        return known

    def _ask(self, now: float) -> None:
        self._next = now + _INTERVAL_SECONDS
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
            # A folder that is away, an engine of a newer version: nothing is known.
            answered = {}
        self._known = answered


def _says_no_more(report: EngineReport | None) -> bool:
    """A run that executes on this machine: its engine has no more to say until its end."""
    return report is not None and report.phase is Phase.EXECUTING and not report.reason
