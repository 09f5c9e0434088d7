"""The levels of results: their columns and their row decoders.

The columns are documented in `fusion_jupyter.analysis.results.results`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from fusion_jupyter.analysis.link_rows import link_rows
from fusion_jupyter.analysis.rows import SAVED_KEYS, Context, Rows, iteration_rows, load_rows
from fusion_jupyter.analysis.traffic_rows import bandwidth_rows, modulation_rows


class Level(NamedTuple):
    """A level of results.

    Attributes:
        kinds: Its own columns and their kinds, see `fusion_jupyter.analysis.columns.Columns`.
        rows: Decodes a file; raises ValueError if it is incomplete or not a results file.
        intervals: The columns that get a confidence interval.
        needs_offered: Whether the numbers of requests, by bandwidth, are needed.
    """

    kinds: Mapping[str, str]
    rows: Callable[[Context, bytes], Rows]
    intervals: tuple[str, ...] = ()
    needs_offered: bool = False


def _floats(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "float")


LEVELS: Mapping[str, Level] = {
    "erlang": Level(
        {
            **_floats("blocking", "blocking_variance"),
            **_floats("bit_rate_blocking", "bit_rate_blocking_variance"),
            "iterations": "int",
            **_floats("unreachable", "utilization"),
            **_floats("fusion_ci_90", "fusion_ci_90_percent"),
            **_floats("fusion_bit_rate_ci_90", "fusion_bit_rate_ci_90_percent"),
            **_floats("fusion_lightpath_utilization_percent"),
            "sim_end_time": "text",
        },
        load_rows,
        intervals=("blocking", "bit_rate_blocking"),
        needs_offered=True,
    ),
    "iteration": Level(
        {
            "iteration": "int",
            "seed": "int",
            **_floats("blocking", "bit_rate_blocking", *SAVED_KEYS),
        },
        iteration_rows,
        needs_offered=True,
    ),
    "link": Level(
        {
            "source": "word",
            "target": "word",
            "length_km": "float",
            "iteration": "int",
            "utilization": "float",
            "usage_count": "int",
            "throughput": "float",
        },
        link_rows,
    ),
    "bandwidth": Level(
        {
            "bandwidth_gbps": "int",
            **_floats("blocking", "blocking_variance"),
            "iterations": "int",
            "offered": "float",
            "blocked": "int",
        },
        bandwidth_rows,
        intervals=("blocking",),
        needs_offered=True,
    ),
    "modulation": Level(
        {
            "iteration": "int",
            "bandwidth_gbps": "int",
            "modulation": "word",
            "count": "int",
            **_floats("path_length_mean_km", "path_length_std_km"),
            **_floats("path_length_min_km", "path_length_max_km"),
        },
        modulation_rows,
    ),
}
