"""The map of a network: positions of nodes, and links."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from fusion_jupyter.config import inputs, topology_formats
from fusion_jupyter.config.coordinates import (
    Coordinates,
    from_text,
    graph_coordinates,
    known_coordinates,
)
from fusion_jupyter.config.topologies import (
    ALLOWED_NETWORKS,
    NETWORK_NAMES,
    Network,
    build_graph,
    network_names,
    read_network,
)
from fusion_jupyter.maps.layout import apart, fitted, layout
from fusion_jupyter.nearest import did_you_mean

if TYPE_CHECKING:
    import networkx as nx

#: Position of a node's name beside it.
Side = Literal["e", "w", "n", "s"]


class MapNode(NamedTuple):
    """A node.

    Attributes:
        name: Its name.
        x: Position to the right; the longer side of the map is from 0 to 1.
        y: Position downwards.
        side: The side with most room for its name.
    """

    name: str
    x: float
    y: float
    side: Side


class MapLink(NamedTuple):
    """A link between two nodes.

    Attributes:
        source: Number of the node at one end.
        target: Number of the node at the other end.
        length: Length in km; None if unknown.
    """

    source: int
    target: int
    length: float | None


class NetworkMap(NamedTuple):
    """The map of a network.

    Attributes:
        name: The network's name.
        nodes: Its nodes, in its order.
        links: Its links, both directions together, in its order.
        computed: Whether the positions are computed from the lengths, because no coordinates are
            known.
    """

    name: str
    nodes: tuple[MapNode, ...]
    links: tuple[MapLink, ...]
    computed: bool

    @property
    def mean_length(self) -> float | None:
        """Mean length of the links in km; None if a length is unknown."""
        lengths = [link.length for link in self.links if link.length is not None]
        return sum(lengths) / len(lengths) if lengths and len(lengths) == len(self.links) else None

    def ends(self, link: MapLink) -> tuple[str, str]:
        """The names of the nodes at both ends."""
        return self.nodes[link.source].name, self.nodes[link.target].name


def map_of(network: object) -> NetworkMap:
    """The map of a network.

    Args:
        network: The name of a network of the package, the path of a topology file, or a networkx
            graph. A graph may be disconnected, and its links need no lengths.

    Raises:
        ValueError: There is no such network and no such file, or it cannot be read.
        TypeError: It is something else.

    Example:
        >>> len(map_of("NSFNet").links)
        22
    """
    if isinstance(network, str) and network in NETWORK_NAMES:
        return map_of_network(network, read_network(network))
    if isinstance(network, (str, Path)):
        return _map_of_file(Path(network).expanduser())
    if hasattr(network, "edges") and hasattr(network, "nodes"):
        return map_of_graph(network)
    raise TypeError(
        f"network is {str(network)[:60]}; allowed: {ALLOWED_NETWORKS}, a networkx graph, or a run"
    )


def map_of_network(
    name: str, network: Network, coordinates: Coordinates | None = None
) -> NetworkMap:
    """The map of a network that has already been read.

    Args:
        name: Its name.
        network: Its nodes and links.
        coordinates: Positions of its nodes; None: the known ones.
    """
    graph = build_graph(network)
    return map_of_graph(graph, name, coordinates or known_coordinates(name, network.nodes))


def map_of_graph(
    graph: nx.Graph, name: str | None = None, coordinates: Coordinates | None = None
) -> NetworkMap:
    """The map of a networkx graph.

    Args:
        graph: Directed or not. Several links between two nodes become one on the map.
        name: The network's name; None: the graph's own.
        coordinates: Positions of its nodes; None: from its attributes, see
            `fusion_jupyter.config.coordinates.graph_coordinates`.

    Raises:
        ValueError: The graph has no node, or two nodes have the same name.
    """
    names = [str(node) for node in graph.nodes]
    if not names:
        raise ValueError("the graph has no node; allowed: a graph with at least one")
    number = {node: index for index, node in enumerate(graph.nodes)}
    if len(set(names)) < len(names):
        raise ValueError("two nodes of the graph have the same name as text, such as 1 and '1'")
    found: dict[tuple[int, int], MapLink] = {}
    for source, target, data in graph.edges(data=True):
        a, b = sorted((number[source], number[target]), key=lambda node: _order(names[node]))
        if a != b:
            found.setdefault((a, b), MapLink(a, b, _length(data)))
    links = tuple(found.values())
    known = coordinates or graph_coordinates(graph)
    if known is None:
        positions = layout(len(names), links)
    else:
        # North is up, and y points downwards.
        positions = fitted(np.array([known[node] for node in names]) * (1.0, -1.0))
    positions = apart(positions)
    sides = _sides(positions, links)
    return NetworkMap(
        name or str(graph.graph.get("name") or graph.graph.get("label") or "Network"),
        tuple(
            MapNode(node, float(x), float(y), side)
            for node, (x, y), side in zip(names, positions, sides, strict=True)
        ),
        links,
        known is None,
    )


def _map_of_file(path: Path) -> NetworkMap:
    if not path.is_file():
        hint = did_you_mean(str(path), network_names())
        raise ValueError(
            f"network is {str(path)!r}; allowed: {ALLOWED_NETWORKS}, a networkx graph, or a run"
            f"{hint}"
        )
    if path.suffix.lower() in (".graphml", ".gml"):
        # Read as a graph, which may contain positions of nodes and need not contain lengths of
        # links.
        return map_of_graph(topology_formats.read_graph(str(path)), path.stem)
    network = inputs.read_topology(str(path))
    text = inputs.coordinates_text(str(path))
    return map_of_network(
        path.stem, network, None if text is None else from_text(text, network.nodes)
    )


def _order(name: str) -> tuple[int, str]:
    """If names are numbers, a link is named from the smaller to the larger one."""
    return (int(name), "") if name.isdecimal() else (0, name)


def _length(data: Mapping[str, Any]) -> float | None:
    for name in topology_formats.LENGTHS:
        try:
            length = float(data[name])
        except (KeyError, TypeError, ValueError):
            continue
        return length if math.isfinite(length) and length > 0 else None
    return None


_DIRECTIONS: Mapping[Side, tuple[float, float]] = {
    "e": (1.0, 0.0),
    "w": (-1.0, 0.0),
    "n": (0.0, -1.0),
    "s": (0.0, 1.0),
}


def _sides(positions: Any, links: Sequence[MapLink]) -> list[Side]:
    """For each node, the side on which its links leave most room; right if all sides are equal."""
    away: list[list[Any]] = [[] for _ in positions]
    for link in links:
        step = positions[link.target] - positions[link.source]
        step = step / (np.hypot(*step) or 1.0)
        away[link.source].append(step)
        away[link.target].append(-step)

    def crowded(steps: list[Any], direction: tuple[float, float]) -> float:
        return max((float(step @ np.array(direction)) for step in steps), default=-1.0)

    # Names are wide, so they need more room above and below than beside.
    cost = {"e": 0.0, "w": 0.05, "n": 0.15, "s": 0.15}
    return [
        min(_DIRECTIONS, key=lambda side: crowded(steps, _DIRECTIONS[side]) + cost[side])
        for steps in away
    ]
