"""What passes between the two halves of the maps; see `messages`."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

MapNode = tuple[
    Annotated[str, "name"],
    Annotated[float, "x"],
    Annotated[float, "y"],
    Annotated[Literal["e", "w", "n", "s"], "side"],
]
"""A node of a map: its place, the longer side of the map from 0 to 1, and where its name stands."""

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
    """The positions are computed from the lengths."""


class LoadUse(TypedDict):
    """How much the links of a map are used at one load."""

    erlang: float
    iteration: int
    """The one that is described, counted from 0."""
    values: list[float | None]
    """In the order of the links; null where nothing is known."""


class MapPanel(TypedDict):
    """One of the maps that are shown together."""

    map: int
    """Which of the maps."""
    title: str
    run: str
    """Id of the run; empty for a network alone."""
    name: str
    """Name of the run."""
    ended: bool
    """The run has ended: what is not known now stays unknown."""
    loads: list[LoadUse]


class TopologyState(TypedDict):
    """What a topology view shows."""

    rev: int
    key: str
    """Of the subject, and of its fallback HTML."""
    maps: list[NetworkMap]
    panels: list[MapPanel]
    loads: list[float]
    """All that can be chosen."""
    each_load: bool
    """A map for each load, beside each other."""
    metric: Literal["utilization", "usage_count", "throughput", ""]
    """What the values are; empty where no run is shown."""
    words: str
    """What the legend says of the values."""
    top: float
    """Where the scale ends."""
    note: str
    code: str
    """What makes this view in Python, without the closing bracket."""
