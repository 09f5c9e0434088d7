"""Networks as JSON data, for a record that gives the same network again when it is read.

A network that is only its links is the list of them; one with a name, coordinates or core nodes is
a mapping. `fusion_jupyter.start` accepts both, and makes the same run of them as of the object.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeGuard

from fusion_jupyter import arguments
from fusion_jupyter.config import coordinates, topology_formats
from fusion_jupyter.config.coordinates import Coordinates
from fusion_jupyter.config.topologies import Network, make_network

if TYPE_CHECKING:
    import networkx as nx

_LINKS = "links"
_KEYS = (_LINKS, "name", "coordinates", "core_nodes")


def to_data(value: object) -> Any:
    """A networkx graph or a `Network` as JSON data; anything else is returned as it is.

    Raises:
        ValueError: It is no network; see `fusion_jupyter.config.topologies.make_network`.

    Example:
        >>> import networkx as nx
        >>> graph = nx.Graph(name="mine")
        >>> graph.add_edge("A", "B", length=100)
        >>> to_data(graph)
        {'links': [['A', 'B', 100.0]], 'name': 'mine'}
    """
    name = positions = None
    if isinstance(value, Network):
        network = value
    elif is_graph(value):
        network = topology_formats.from_graph(value)
        name = value.graph.get("name")
        positions = coordinates.graph_coordinates(value)
    else:
        return value
    data: dict[str, Any] = {
        _LINKS: [[link.source, link.target, link.length] for link in network.links]
    }
    if name:
        data["name"] = str(name)
    if positions:
        data["coordinates"] = {node: list(position) for node, position in positions.items()}
    if network.core_nodes:
        data["core_nodes"] = list(network.core_nodes)
    return data if len(data) > 1 else data[_LINKS]


def from_data(data: Mapping[str, Any]) -> tuple[str, Network, Coordinates | None]:
    """The name of such a mapping's network, the network, and its nodes' coordinates.

    Raises:
        ValueError: It is no such mapping, or no network.
    """
    unknown = [str(key) for key in data if key not in _KEYS]
    if unknown or _LINKS not in data:
        raise ValueError(
            f"it is a mapping of {', '.join(map(str, data)) or 'nothing'}; allowed: {_LINKS}, and "
            f"besides {', '.join(_KEYS[1:])}"
        )
    network = topology_formats.from_links(data[_LINKS])
    if data.get("core_nodes"):
        links = [(link.source, link.target, link.length) for link in network.links]
        network = make_network(links, core_nodes=map(str, data["core_nodes"]))
    given = arguments.mapping("coordinates", data.get("coordinates"), "{'A': (0.0, 120.0)}")
    positions = {str(node): (float(x), float(y)) for node, (x, y) in given.items()}
    name = data.get("name") or topology_formats.name_by_content(network)
    return str(name), network, positions or None


def is_graph(value: object) -> TypeGuard[nx.Graph]:
    """Whether this is a networkx graph; does not import networkx."""
    return hasattr(value, "edges") and hasattr(value, "is_multigraph")
