"""The parameters of a sweep as columns of its results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fusion_jupyter.analysis import option_values, repeats
from fusion_jupyter.studies import points
from fusion_jupyter.studies.points import Point
from fusion_jupyter.studies.record import SweepRecord

if TYPE_CHECKING:
    import pandas as pd


def columns_of(rows: Sequence[Point]) -> dict[str, pd.Series[Any]]:
    """A column for each parameter, with its value at each of the points."""
    return {
        name: option_values.column([points.cell(name, point[name]) for point in rows])
        for name in (rows[0] if rows else ())
    }


def with_parameters(sweep: SweepRecord, frame: pd.DataFrame, first: int = 2) -> pd.DataFrame:
    """Add the sweep's parameters to a frame with rows of its runs.

    Args:
        sweep: The sweep.
        frame: It has a column ``run_id``. If repeats are pooled, it gets no column that
            distinguishes only them.
        first: Position of the first parameter among the columns.
    """
    points_of: dict[str, list[int]] = {}
    for number, point in enumerate(sweep.points):
        points_of.setdefault(point.run_id, []).append(number)
    if len(points_of) < len(sweep.points):  # a run of several points has rows under each
        parts = [frame[frame["run_id"] == point.run_id] for point in sweep.points]
        found = [number for number, part in enumerate(parts) for _ in range(len(part))]
        frame = frame.loc[[row for part in parts for row in part.index]].reset_index(drop=True)
    else:
        found = [points_of[run_id][0] for run_id in frame["run_id"]]
    columns = list(frame.columns)
    results = columns[columns.index("network") + 1 :] if "network" in columns else []
    parameters = columns_of([point.parameters for point in sweep.points])
    if sweep.repeats > 1:
        parameters["repeat"] = option_values.column([point.repeat for point in sweep.points])
    left_out = (*results, *(repeats.COLUMNS if frame.attrs.get("pooled") else ()))
    for name in reversed([name for name in parameters if name not in left_out]):
        # Taken from all points, a column has one type, whichever of them have results.
        values = parameters[name].take(found).set_axis(frame.index)
        if name == "network" and name in columns:  # the options stand before it
            frame = frame.assign(network=values)
            continue
        if name in frame.columns:
            frame = frame.drop(columns=name)
        frame.insert(first, name, values)
    return frame
