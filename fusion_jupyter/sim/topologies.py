"""The nine networks, and how their files are read.

Each network is a text file in ``networks/``, one link a line::

    core 4 5 8                    # optional: the nodes that may send and receive
    # source target length_km link_number
    0 1 1000 4

The order of the lines is part of the data: nodes are numbered by first appearance, and candidate
paths of equal length are ranked by the order of nodes and links. ``link_number`` is only a label,
repeated in the output. Published link lists name most links twice, once for each direction; where
the two lengths differ (three links of ``metro_net``) the later one is the one in force.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import networkx as nx

NETWORK_NAMES = (
    "NSFNet",
    "USNet",
    "Pan-European",
    "dt_network",
    "USbackbone60",
    "Spainbackbone30",
    "geant",
    "metro_net",
    "toy_network",
)


class Link(NamedTuple):
    """A fibre link; both directions share its spectrum.

    Attributes:
        source: Name of one end.
        target: Name of the other end.
        length: Length in km.
        number: The link's label in the output (``link_num``).
    """

    source: str
    target: str
    length: float
    number: int


class Network(NamedTuple):
    """A network, as its file gives it or made by hand.

    Attributes:
        nodes: Node names in order of first appearance.
        links: Links in file order.
        core_nodes: The nodes that send and receive when not all of them do; may be empty.
    """

    nodes: tuple[str, ...]
    links: tuple[Link, ...]
    core_nodes: tuple[str, ...]


def network_names() -> tuple[str, ...]:
    """Return the names of the nine networks, as configurations spell them.

    >>> network_names()[0]
    'NSFNet'
    """
    return NETWORK_NAMES


@cache
def read_network(name: str) -> Network:
    """Read a network's nodes and links.

    Args:
        name: One of :func:`network_names`.

    Raises:
        ValueError: The name is unknown; the message lists the allowed ones.

    >>> read_network("NSFNet").links[0]
    Link(source='0', target='1', length=1000.0, number=4)
    """
    if name not in NETWORK_NAMES:
        raise ValueError(f"unknown network {name!r}; allowed: {', '.join(NETWORK_NAMES)}")
    core_nodes: tuple[str, ...] = ()
    links: list[Link] = []
    text = files(__package__).joinpath("networks", f"{name}.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        fields = line.split()
        if not fields or fields[0] == "#":
            continue
        if fields[0] == "core":
            core_nodes = tuple(fields[1:])
        else:
            source, target, length, number = fields
            links.append(Link(source, target, float(length), int(number)))
    nodes = tuple(dict.fromkeys(node for link in links for node in link[:2]))
    return Network(nodes, tuple(links), core_nodes)


def load_network(name: str) -> nx.Graph:
    """Build the graph of one of the nine networks, nodes first and then links, in file order.

    Args:
        name: One of :func:`network_names`.

    Returns:
        An undirected graph whose nodes are names (``str``) and whose edges carry ``length`` in km.

    Raises:
        ValueError: The name is unknown; the message lists the allowed ones.

    >>> load_network("NSFNet")["0"]["1"]["length"]
    1000.0
    """
    return build_graph(read_network(name))


def build_graph(network: Network) -> nx.Graph:
    """Build the graph of a network, nodes first and then links, both in its order."""
    import networkx as nx

    graph = nx.Graph()
    graph.add_nodes_from(network.nodes)
    for link in network.links:
        graph.add_edge(link.source, link.target, length=link.length)
    return graph
