"""Runs as rows of a table: plain JSON data, a list for each column; see `messages.RunColumns`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from fusion_jupyter.manager.record import RunStatus
from fusion_jupyter.progress.half_width import last_blocking
from fusion_jupyter.widgets.effective_options import EffectiveOptions, options_of
from fusion_jupyter.widgets.http_access import is_private
from fusion_jupyter.widgets.snapshot import finite, seconds

if TYPE_CHECKING:
    from fusion_jupyter.manager.record import RunRecord
    from fusion_jupyter.progress.state import RunProgress
    from fusion_jupyter.watch.collection import RunSummary
    from fusion_jupyter.widgets.messages import RunColumns

_LONGEST_ERROR = 300


def columns_of(
    summaries: Iterable[RunSummary], sweeps: Mapping[str, str], effective: EffectiveOptions
) -> RunColumns:
    """The table's columns for these runs.

    Args:
        summaries: The runs.
        sweeps: Sweep id by run id.
        effective: Values of the options that they do not set.
    """
    shown = list(summaries)
    records = [summary.record for summary in shown]
    known = [
        last_blocking(each.progress.points if each.progress else (), each.record.simulator)
        for each in shown
    ]
    return {
        "id": [record.id for record in records],
        "name": [record.name for record in records],
        "status": [record.status.value for record in records],
        "cancelling": [each.cancel_requested and not each.is_final for each in records],
        "problem": [record.problem for record in records],
        "simulator": [record.simulator for record in records],
        "engine": [record.engine for record in records],
        "template": [record.template for record in records],
        "network": [record.network for record in records],
        "options": [options_of(record) for record in records],
        "values": [effective.number(record.id) for record in records],
        "tags": [list(record.tags) for record in records],
        "sweep": [sweeps.get(record.id, "") for record in records],
        "first": [record.erlangs[0] if record.erlangs else None for record in records],
        "last": [record.erlangs[-1] if record.erlangs else None for record in records],
        "fraction": [_fraction(summary.progress) for summary in shown],
        "eta": [finite(each.progress.eta_seconds) if each.progress else None for each in shown],
        "blocking": [blocking for blocking, _ in known],
        "half": [half for _, half in known],
        "created": [seconds(record.created_at) for record in records],
        "started": [seconds(record.started_at) for record in records],
        "completed": [seconds(record.completed_at) for record in records],
        "duration": [finite(record.duration_seconds) for record in records],
        "error": [_error(record) for record in records],
        "reason": [_reason(summary) for summary in shown],
        "private": [not each.is_final and is_private(each.directory) for each in records],
    }


def _fraction(progress: RunProgress | None) -> float | None:
    return None if progress is None else finite(progress.fraction)


def _reason(summary: RunSummary) -> str:
    record, report = summary.record, summary.engine_report
    if report is None or record.status is not RunStatus.PENDING or report.ahead is not None:
        return ""
    return report.reason[:_LONGEST_ERROR]


def _error(record: RunRecord) -> str | None:
    message = record.error_message
    return None if message is None else message[:_LONGEST_ERROR]
