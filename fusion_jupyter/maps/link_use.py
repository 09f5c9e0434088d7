"""The use of links: values, their scale, and their labels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

from fusion_jupyter import formatting

if TYPE_CHECKING:
    import pandas as pd

    from fusion_jupyter.maps.network_map import NetworkMap

#: Metrics with their legends: columns of the level "link".
METRICS = {
    "utilization": "of slot-time in use",
    "usage_count": "lightpaths carried",
    "throughput": "carried traffic in Gb/s × time units",
}
#: The scale of a utilisation ends at one of these, so that lightly loaded links can be
#: distinguished.
_TOPS = (0.1, 0.2, 0.4, 0.6, 0.8, 1.0)


class LoadUse(NamedTuple):
    """The use of all links at one load.

    Attributes:
        erlang: The offered load.
        iteration: The described iteration, counted from 0.
        values: One for each link of the map; None if unknown.
    """

    erlang: float
    iteration: int
    values: tuple[float | None, ...]


def top_of(values: Iterable[float], metric: str) -> float:
    """The upper end of a scale for these values.

    Example:
        >>> top_of([0.13, 0.31], "utilization"), top_of([0, 130], "usage_count")
        (0.4, 200.0)
    """
    most = max(values, default=0.0)
    if metric == "utilization":
        return next((top for top in _TOPS if most <= top), 1.0)
    if most <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(most))
    return next(step * power for step in (1.0, 2.0, 5.0, 10.0) if most <= step * power)


def value_text(value: float | None, metric: str) -> str:
    """A value as text.

    Example:
        >>> value_text(0.934, "utilization"), value_text(None, "utilization")
        ('93 %', 'unknown')
    """
    if value is None:
        return "unknown"
    if metric == "utilization":
        return formatting.share(value)
    return formatting.count(value)


def ranked(values: Sequence[float | None]) -> list[int]:
    """Numbers of the links, busiest first; unknown ones last."""
    return sorted(
        range(len(values)),
        key=lambda number: -math.inf if (value := values[number]) is None else value,
        reverse=True,
    )


def best_known(frame: pd.DataFrame) -> str:
    """The metric to show: the utilisation, if any simulator of these rows reports it."""
    unknown = len(frame) > 0 and bool(frame["utilization"].isna().all())
    return "throughput" if unknown else "utilization"


def load_use(erlang: float, rows: pd.DataFrame, network: NetworkMap, metric: str) -> LoadUse:
    """The use of all links of a map at one load.

    Args:
        erlang: The load.
        rows: Rows of the level ``"link"`` of one run, process and load.
        network: The map.
        metric: One of `METRICS`.
    """
    found: dict[frozenset[str], list[float]] = {}
    for source, target, value in zip(rows["source"], rows["target"], rows[metric], strict=True):
        found.setdefault(frozenset((source, target)), []).append(float(value))
    # A link whose directions have their own spectra has two rows: what they carry adds up, and the
    # share of both spectra in use is their mean.
    together = fmean if metric == "utilization" else math.fsum
    values = (
        together(found.get(frozenset(network.ends(link)), [math.nan])) for link in network.links
    )
    known = tuple(value if math.isfinite(value) else None for value in values)
    return LoadUse(erlang, int(rows["iteration"].iloc[0]), known)
