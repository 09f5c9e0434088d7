"""The four levels of results: which columns each has, and what makes its rows.

What the columns mean stands in one table, in `fusion_jupyter.analysis.results.results`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from fusion_jupyter.analysis.rows import (
    SAVED_KEYS,
    Context,
    Rows,
    iteration_rows,
    link_rows,
    load_rows,
    modulation_rows,
)


class Level(NamedTuple):
    """A level of results.

    Attributes:
        kinds: Its own columns and their kinds, see `fusion_jupyter.analysis.columns.Columns`.
        rows: Decodes a file; raises ValueError where it is not whole, or not a results file.
    """

    kinds: Mapping[str, str]
    rows: Callable[[Context, bytes], Rows]


def _floats(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "float")


LEVELS: Mapping[str, Level] = {
    "erlang": Level(
        {
            **_floats("blocking", "blocking_variance", "blocking_ci", "blocking_ci_percent"),
            **_floats("bit_rate_blocking", "bit_rate_blocking_variance"),
            **_floats("bit_rate_blocking_ci", "bit_rate_blocking_ci_percent"),
            **_floats("lightpath_utilization_percent"),
            "iterations": "int",
            "sim_end_time": "text",
        },
        load_rows,
    ),
    "iteration": Level(
        {
            "iteration": "int",
            "seed": "int",
            **_floats("blocking", "bit_rate_blocking", *SAVED_KEYS),
        },
        iteration_rows,
    ),
    "link": Level(
        {
            "source": "word",
            "target": "word",
            "length_km": "float",
            "iteration": "int",
            "usage_count": "int",
            "throughput": "float",
        },
        link_rows,
    ),
    "modulation": Level(
        {
            "iteration": "int",
            "bandwidth_gbps": "int",
            "modulation": "word",
            "count": "int",
            **_floats("path_length_mean_km", "path_length_std_km"),
            **_floats("path_length_min_km", "path_length_max_km"),
            "blocked": "int",
            **_floats("offered", "bandwidth_blocking"),
        },
        modulation_rows,
    ),
}
