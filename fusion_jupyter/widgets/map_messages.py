"""The messages between the two halves of the maps; see `messages`."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

MapNode = tuple[
    Annotated[str, "name"],
    Annotated[float, "x"],
    Annotated[float, "y"],
    Annotated[Literal["e", "w", "n", "s"], "side"],
]
"""A node of a map: its position (longer side from 0 to 1) and the side of its name."""

MapLink = tuple[
    Annotated[int, "source"],
    Annotated[int, "target"],
    Annotated[float | None, "length"],
]
"""A link of a map: the numbers of its nodes, and its length in km."""


class NetworkMap(TypedDict):
    """A network as it is drawn."""

    name: str
    nodes: list[MapNode]
    links: list[MapLink]
    computed: bool
    """Whether the positions are computed from the lengths."""


class LoadUse(TypedDict):
    """The use of a map's links at one load."""

    erlang: float
    iteration: int
    """The described iteration, counted from 0."""
    values: list[float | None]
    """In the order of the links; null if unknown."""


class MapPanel(TypedDict):
    """One of the maps shown together."""

    map: int
    """Which of the maps."""
    title: str
    run: str
    """Id of the run; empty for a network alone."""
    name: str
    """Name of the run."""
    ended: bool
    """Whether the run has ended, so that unknown values stay unknown."""
    loads: list[LoadUse]


class TopologyState(TypedDict):
    """What a topology view shows."""

    rev: int
    key: str
    """Key of the subject and of its fallback HTML."""
    maps: list[NetworkMap]
    panels: list[MapPanel]
    loads: list[float]
    """All that can be chosen."""
    each_load: bool
    """Whether to show one map per load, side by side."""
    metric: Literal["utilization", "usage_count", "throughput", ""]
    """The metric; empty without runs."""
    words: str
    """Legend of the values."""
    top: float
    """Where the scale ends."""
    note: str
    code: str
    """The Python call that creates this view, without the closing bracket."""
