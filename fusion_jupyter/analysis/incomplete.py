"""Which runs ended without all their results, and the warning that names them."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Sequence

from fusion_jupyter.errors import IncompleteResultsWarning, levels_to_the_caller
from fusion_jupyter.formatting import have
from fusion_jupyter.manager import reuse
from fusion_jupyter.manager.record import RunRecord, RunStatus, default_name
from fusion_jupyter.terminal import one_line

_MOST_NAMED = 3


def incomplete(records: Iterable[RunRecord], lacking: Collection[str]) -> list[RunRecord]:
    """The runs whose results are not all there.

    They failed, were cancelled, have lost their results, or cannot be judged.

    Args:
        records: The runs.
        lacking: Ids of those that have no results of one of their loads.
    """
    return [
        each
        for each in records
        if each.status in (RunStatus.FAILED, RunStatus.CANCELLED, RunStatus.UNKNOWN)
        or (each.id in lacking and reuse.has_lost_results(each))
    ]


def reason(record: RunRecord) -> str:
    """Why not all results of such a run are there, in a word or two."""
    return "results removed" if record.status is RunStatus.COMPLETED else record.status.value


def warn(names: Sequence[str], total: int, what: str = "run", hint: str = "") -> None:
    """Warn of incomplete runs; does nothing without any.

    Args:
        names: Each with its status, in words.
        total: Number of all of them, the complete ones too.
        what: What they are, ``"run"`` or ``"point"``.
        hint: What can be done about it, in words.
    """
    if not names:
        return
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    theirs = "its" if len(names) == 1 else "their"
    who = f"The {what}" if total == 1 else f"{len(names)} of {total} {what}s"
    warnings.warn(
        f"{who} {have(len(names))} not all {theirs} results: "
        f"{'; '.join(names[:_MOST_NAMED])}{more}{f'; {hint}' if hint else ''}",
        IncompleteResultsWarning,
        stacklevel=levels_to_the_caller(),
    )


def named(record: RunRecord) -> str:
    """A run's name, id and status."""
    if record.name == default_name(record.id):
        return f"run {record.id} ({reason(record)})"
    return f"{one_line(record.name)} (run {record.id}, {reason(record)})"
