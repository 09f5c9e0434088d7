"""What a command is about: a run or a sweep, by its id, the first characters of it, or its name."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

from fusion_jupyter.errors import FusionJupyterError, RunNotFoundError
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunRecord
from fusion_jupyter.studies import record as sweep_records
from fusion_jupyter.studies.record import SweepRecord
from fusion_jupyter.terminal import one_line

_MOST_NAMES = 8


def find(manager: RunManager, text: str) -> RunRecord | SweepRecord:
    """The run or sweep that is meant.

    Args:
        manager: The manager to search.
        text: An id, the first characters of one, or a name.

    Raises:
        RunNotFoundError: No run or sweep is meant, or several are.
    """
    runs = manager.list_runs()
    sweeps = list(sweeps_of(manager))
    both: list[RunRecord | SweepRecord] = [*runs, *sweeps]
    # A name may look like the beginning of an id, so neither has precedence.
    for fits in (
        [each for each in both if each.id == text],
        [each for each in both if text and (each.id.startswith(text) or each.name == text)],
    ):
        if len(fits) == 1:
            return fits[0]
        if fits:
            names = ", ".join(map(_described, fits[:_MOST_NAMES]))
            more = f" and {len(fits) - _MOST_NAMES} more" if len(fits) > _MOST_NAMES else ""
            raise RunNotFoundError(f"{text!r} matches {len(fits)}: {names}{more}")
    newest = f"; the newest is {_described(runs[0])}" if runs else ", which has none"
    raise RunNotFoundError(f"There is no run or sweep {text!r} in {manager.runs_dir}{newest}")


def sweeps_of(manager: RunManager) -> Iterator[SweepRecord]:
    """The sweeps, newest first; damaged records are omitted."""
    for sweep in sweep_records.list_ids(manager.runs_dir):
        with contextlib.suppress(FusionJupyterError):
            yield sweep_records.read(manager.runs_dir, sweep)


def runs_of(manager: RunManager, sweep: SweepRecord) -> list[RunRecord]:
    """The runs of a sweep, in the order of its points; deleted ones are omitted."""
    found = (manager.get_run(run_id) for run_id in sweep.run_ids)
    return [record for record in found if record is not None]


def all_runs(manager: RunManager, words: Iterable[str]) -> list[RunRecord]:
    """The runs that several words mean; a sweep stands for its runs.

    Raises:
        RunNotFoundError: A word means nothing, or several things.
    """
    found: dict[str, RunRecord] = {}
    for word in words:
        meant = find(manager, word)
        several = runs_of(manager, meant) if isinstance(meant, SweepRecord) else [meant]
        found |= {record.id: record for record in several}
    return list(found.values())


def _described(found: RunRecord | SweepRecord) -> str:
    kind = "sweep" if isinstance(found, SweepRecord) else "run"
    return f"{kind} {found.id} ({one_line(found.name)})"
