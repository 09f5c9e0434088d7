"""Sweeps whose loads run until they are precise: their options, and the imprecise loads.

The simulator decides when a load may end, see `fusion_jupyter.sim.precision`.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from fusion_jupyter.analysis.columns import small_frame
from fusion_jupyter.config import schema, template_files
from fusion_jupyter.config.locations import TRAINING
from fusion_jupyter.config.schema.embedded import MIN_ITERATIONS
from fusion_jupyter.manager.record import RunRecord
from fusion_jupyter.sim.precision import relative_half_width

if TYPE_CHECKING:
    import pandas as pd

#: Default maximum of iterations of a load.
MOST_ITERATIONS = 1000
PRECISION = "precision"
_MAX_ITERS = "max_iters"
#: The columns of `imprecise`, with their types.
_IMPRECISE = {
    "run_id": "text", "erlang": "float", "iterations": "int", "blocking": "float",
    "relative_half_width": "float", "reason": "text",
}  # fmt: skip


def add_options(
    given: dict[str, object],
    precision: float | None,
    budget: float | None,
    simulator: str,
    over: Mapping[str, object] | None,
    points: Iterable[Mapping[str, object]] | pd.DataFrame | None,
    template: str | os.PathLike[str] = "minimal",
) -> str:
    """Add the options that a precision implies to the options shared by all points.

    Args:
        given: Options of all points; modified.
        precision: As requested; None: nothing is added.
        budget: Seconds.
        simulator: As requested.
        over: Varied options.
        points: Explicit points, instead of `over`.
        template: The template of all points. If its ``is_training`` is True, which switches every
            early end of a load off, it becomes False.

    Returns:
        The simulator.

    Raises:
        ValueError: The arguments are inconsistent.
    """
    if budget is not None and (
        isinstance(budget, bool)
        or not isinstance(budget, (int, float))
        or not 0 < budget < math.inf
    ):
        raise ValueError(f"budget is {budget!r}; allowed: a number of seconds above 0, or None")
    if precision is None:
        if budget is not None:
            raise ValueError(f"budget is {budget!r}; allowed together with precision only")
        return simulator
    if simulator == "fusion":
        raise ValueError(
            f"precision is {precision!r}; allowed with the embedded simulator only: FUSION ends a "
            "load by its own rule. Allowed: simulator='embedded' or 'auto', or no precision"
        )
    names = {name.rpartition(".")[2] for name in (*given, *_varied(over, points))}
    if PRECISION in names:
        raise ValueError("precision is given twice, by keyword and as an option; allowed: once")
    given[PRECISION] = precision
    if _MAX_ITERS not in names:
        given[_MAX_ITERS] = MOST_ITERATIONS
    section, name = TRAINING
    if name not in names and _is_true(template_files.read(template).sections, section, name):
        given[name] = False
    return "embedded"


def imprecise(frame: pd.DataFrame, records: Iterable[RunRecord]) -> pd.DataFrame:
    """The loads that have not reached the requested precision of their run.

    Args:
        frame: Results at level ``"erlang"``.
        records: The runs.

    Returns:
        Columns ``run_id``, ``erlang``, ``iterations``, ``blocking``, ``relative_half_width`` (NaN
        below two iterations, infinite if nothing was blocked) and ``reason``, in words.
    """
    from fusion_jupyter.analysis import run_options

    by_load: dict[tuple[str, float], Any] = {
        (run_id, float(erlang)): row
        for run_id, erlang, row in zip(
            frame["run_id"], frame["erlang"], frame.itertuples(), strict=True
        )
    }
    rows: list[dict[str, Any]] = []
    for record in records:
        target = run_options.precision(record)
        if target is None:
            continue
        requests = run_options.requests_of_iteration(record) or 1
        for erlang in record.erlangs:
            known = by_load.get((record.id, float(erlang)))
            iterations = 0 if known is None else int(known.iterations)
            relative = float("nan")
            if known is not None:
                relative = relative_half_width(
                    known.blocking, known.blocking_variance, iterations, requests
                )
            if iterations >= MIN_ITERATIONS and relative <= target * (1 + 1e-9):
                continue
            rows.append(
                {
                    "run_id": record.id,
                    "erlang": float(erlang),
                    "iterations": iterations,
                    "blocking": float("nan") if known is None else known.blocking,
                    "relative_half_width": relative,
                    "reason": _reason(record, iterations),
                }
            )
    return small_frame(rows, _IMPRECISE)


def _is_true(sections: Mapping[str, Mapping[str, str]], section: str, name: str) -> bool:
    try:
        return bool(schema.OPTIONS[section, name].kind.parse(sections[section][name]))
    except (KeyError, ValueError):
        return False  # absent, or reported with all problems of the points


def _varied(over: Any, points: Any) -> list[str]:
    if isinstance(over, Mapping):
        return [str(name) for name in over]
    if points is not None and hasattr(points, "columns"):
        return [str(name) for name in points.columns]
    first = points[0] if isinstance(points, (list, tuple)) and points else {}
    return [str(name) for name in first] if isinstance(first, Mapping) else []


def _reason(record: RunRecord, iterations: int) -> str:
    if not record.status.is_final:
        return "the run goes on" if iterations else "the run has not come to it"
    if record.error_message:
        return record.error_message
    if iterations >= (record.max_iters or 0):
        return f"{iterations:,} iterations, the most that max_iters allows, were not enough"
    return f"the run is {record.status}"
