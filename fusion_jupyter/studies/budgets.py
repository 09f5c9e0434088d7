"""A sweep's time budget: when its runs end, and what another budget means for them."""

from __future__ import annotations

import time
import warnings

from fusion_jupyter.errors import levels_to_the_caller
from fusion_jupyter.manager import reuse
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunStatus
from fusion_jupyter.studies.record import SweepPoint, SweepRecord


def grant(sweep: SweepRecord, budget: float | None) -> None:
    """Set the time budget of the runs created from now on."""
    sweep.budget, sweep.deadline = budget, deadline(budget)


def deadline(budget: float | None) -> float | None:
    """When a budget that is granted now ends, in seconds since the epoch; None: never."""
    return None if budget is None else time.time() + budget


def take_over(
    manager: RunManager, sweep: SweepRecord, budget: float | None
) -> list[SweepPoint] | None:
    """Grant a budget that is larger than the sweep's; warn if it is smaller.

    Returns:
        The points that the smaller one has ended, or would end; None if it stays.
    """
    if budget == sweep.budget:
        return None
    if sweep.budget is None or (budget is not None and budget < sweep.budget):
        warnings.warn(
            f"budget is {_in_words(budget)}, but sweep {sweep.id} was started with "
            f"{_in_words(sweep.budget)}, which stays for its runs",
            UserWarning,
            stacklevel=levels_to_the_caller(),
        )
        return None
    grant(sweep, budget)
    ended, going_on = [], []
    for point in sweep.points:
        run = manager.get_run(point.run_id)
        if run is not None and run.status is RunStatus.CANCELLED:
            ended.append(point)
        elif run is not None and reuse.ends_before(run, sweep.deadline):
            going_on.append(point)
    if going_on:
        warnings.warn(
            f"budget is {_in_words(budget)}: of {len(sweep.points)} points of sweep {sweep.id}, "
            f"{len(going_on)} had the earlier budget and begin again",
            UserWarning,
            stacklevel=levels_to_the_caller(),
        )
    return ended + going_on


def _in_words(budget: float | None) -> str:
    return "None" if budget is None else f"{budget:g} s"
