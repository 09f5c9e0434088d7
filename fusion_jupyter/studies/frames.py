"""The parameters of a sweep as columns of its results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusion_jupyter.studies import points
from fusion_jupyter.studies.record import SweepPoint, SweepRecord

if TYPE_CHECKING:
    import pandas as pd


def with_parameters(sweep: SweepRecord, frame: pd.DataFrame, first: int = 2) -> pd.DataFrame:
    """Add the sweep's parameters to a frame with rows of its runs.

    Args:
        sweep: The sweep.
        frame: It has a column ``run_id``. If repeats are pooled, there is no column ``repeat``.
        first: Position of the first parameter among the columns.
    """
    points_of: dict[str, list[SweepPoint]] = {}
    for point in sweep.points:
        points_of.setdefault(point.run_id, []).append(point)
    if len(points_of) < len(sweep.points):  # a run of several points has rows under each
        parts = [frame[frame["run_id"] == point.run_id] for point in sweep.points]
        number = [index for index, part in enumerate(parts) for _ in range(len(part))]
        frame = frame.loc[[row for part in parts for row in part.index]].reset_index(drop=True)
        found = [sweep.points[index] for index in number]
    else:
        found = [points_of[run_id][0] for run_id in frame["run_id"]]
    columns = list(frame.columns)
    results = columns[columns.index("network") + 1 :] if "network" in columns else []
    apart = sweep.repeats > 1 and not frame.attrs.get("pooled")
    names = [*sweep.parameters, *(("repeat",) if apart else ())]
    for name in reversed([name for name in names if name not in results]):
        values = [
            point.repeat if name == "repeat" else points.cell(name, point.parameters[name])
            for point in found
        ]
        if name == "network" and name in columns:  # the options stand before it
            frame = frame.assign(network=values)
            continue
        if name in frame.columns:
            frame = frame.drop(columns=name)
        frame.insert(first, name, values)
    return frame
