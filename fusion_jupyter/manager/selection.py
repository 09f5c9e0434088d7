"""Resolve which runs are meant: an id or its first characters, a record, a handle, or several."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from fusion_jupyter.errors import RunNotFoundError
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunRecord
from fusion_jupyter.manager.verdict import GONE
from fusion_jupyter.terminal import one_line

#: Maximum number of runs listed if the first characters of an id match several.
_MOST_NAMES = 8


class HasRecord(Protocol):
    """Any object that represents a run, such as `fusion_jupyter.Run`."""

    @property
    def record(self) -> RunRecord:
        """The run's current record."""


#: One run or several: an id, a record, a handle, or an iterable of those.
Runs = str | RunRecord | HasRecord | Iterable["str | RunRecord | HasRecord"]


def records_of(runs: Runs) -> list[RunRecord]:
    """Look up the records of one or several runs.

    Args:
        runs: A run id or its first characters, a `RunRecord`, a `Run`, or an iterable of those.

    Returns:
        The records in the order given, each run once.

    Raises:
        RunNotFoundError: An id matches no run or several, or a run's directory is gone.
        TypeError: The argument is none of these.
    """
    found: dict[str, RunRecord] = {}
    _collect(runs, found)
    for record in found.values():
        if not RunDirectory(record.directory).is_there:
            raise RunNotFoundError(f"Run {record.id}: {GONE} ({record.directory})")
    return list(found.values())


def find(manager: RunManager, text: str) -> RunRecord:
    """The run with this id, or whose id begins with it.

    Args:
        manager: The manager to search.
        text: A run's id, or its first characters if they match only one run.

    Raises:
        RunNotFoundError: No run, or more than one, has an id that begins with it.
    """
    record = manager.get_run(text)
    if record is not None:
        return record
    records = manager.list_runs()
    found = [known for known in records if text and known.id.startswith(str(text))]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(f"{known.id} ({one_line(known.name)})" for known in found[:_MOST_NAMES])
        more = f" and {len(found) - _MOST_NAMES} more" if len(found) > _MOST_NAMES else ""
        raise RunNotFoundError(f"{text!r} matches {len(found)} runs: {names}{more}")
    called = [known.id for known in records if known.name == text]
    if called:
        raise RunNotFoundError(
            f"There is no run with the id {text!r} in {manager.runs_dir}; called so: "
            f"{' or '.join(map(repr, called[:_MOST_NAMES]))}"
        )
    newest = f"; the newest is {records[0].id!r}" if records else ", which has none"
    raise RunNotFoundError(f"There is no run {text!r} in {manager.runs_dir}{newest}")


def _collect(runs: Any, found: dict[str, RunRecord]) -> None:
    if isinstance(runs, RunRecord):
        found.setdefault(runs.id, runs)
    elif isinstance(runs, str):
        if runs not in found:
            record = find(RunManager(), runs)
            found.setdefault(record.id, record)
    elif isinstance(getattr(runs, "record", None), RunRecord):
        found.setdefault(runs.record.id, runs.record)
    elif isinstance(runs, Iterable) and not isinstance(runs, (bytes, Mapping)):
        for run in runs:
            if isinstance(run, Iterable) and not isinstance(run, str):
                raise TypeError(_not_a_run(run))
            _collect(run, found)
    else:
        raise TypeError(_not_a_run(runs))


def _not_a_run(given: object) -> str:
    return (
        f"runs has {type(given).__name__} {str(given)[:60]!r}; "
        "allowed: a run id, a RunRecord, a Run, or an iterable of those"
    )
