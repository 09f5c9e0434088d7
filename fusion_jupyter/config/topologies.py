"""Networks: those of the package, and others from a file or a list of links.

A topology file has one link per line, in fields separated by tabs or spaces::

    core: 4 5 8                   # optional: the nodes that may send and receive
    # source target length_km [link_number]
    0 1 1000 4

FUSION's own topology files (source, target and length, separated by tabs) also have this format.
The order of the lines matters: nodes are numbered by first appearance, and candidate paths of equal
length are ranked by the order of nodes and links. ``link_number`` is only a label, repeated in the
output. Published link lists contain most links twice, once per direction; if the two lengths differ
(three links of ``metro_net``), the later one applies, as in FUSION.
"""

from __future__ import annotations

import math
import os
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import networkx as nx

#: The networks that FUSION knows by name, and their files below data/raw of its project.
FUSION_FILES = {
    "NSFNet": "nsf_network.txt",
    "USNet": "us_network.txt",
    "Pan-European": "europe_network.txt",
    "dt_network": "dt_network.txt",
    "USbackbone60": "USB6014.txt",
    "Spainbackbone30": "SPNB3014.txt",
    "geant": "geant.txt",
    "metro_net": "metro_net.txt",
    "toy_network": "toy_network.txt",
}
FUSION_NETWORKS = tuple(FUSION_FILES)
#: All networks of the package.
NETWORK_NAMES = (*FUSION_NETWORKS, "COST239", "Germany17", "Germany50", "JPN12", "JPN48")
#: What is allowed as a network, in words.
ALLOWED_NETWORKS = (
    f"{', '.join(NETWORK_NAMES[:2])} and {len(NETWORK_NAMES) - 2} others (see "
    "fusion_jupyter.networks()), or the path of a topology file"
)

#: Maximum size of a topology file.
MOST_BYTES = 10_000_000

_FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "networks")


class Link(NamedTuple):
    """A fibre link; both directions share its spectrum unless a configuration says otherwise.

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
    """A network, from a file or made by hand.

    Attributes:
        nodes: Node names in order of first appearance.
        links: Links in file order.
        core_nodes: The nodes that send and receive when not all of them do; may be empty.
    """

    nodes: tuple[str, ...]
    links: tuple[Link, ...]
    core_nodes: tuple[str, ...]


def network_names() -> tuple[str, ...]:
    """The names of the package's networks, as spelled in configurations.

    >>> network_names()[0]
    'NSFNet'
    """
    return NETWORK_NAMES


@cache
def read_network(name: str) -> Network:
    """Read a network of the package.

    Args:
        name: One of :func:`network_names`.

    Raises:
        ValueError: There is no such network; the message says what is allowed.

    >>> read_network("NSFNet").links[0]
    Link(source='0', target='1', length=1000.0, number=4)
    """
    return parse_network(_read_text(name))


@cache
def network_source(name: str) -> str:
    """The source of a package network's data.

    Args:
        name: One of :func:`network_names`.

    Raises:
        ValueError: There is no such network.
    """
    lines = _read_text(name).splitlines()
    comments = [line[1:].strip() for line in lines if line.startswith("#")]
    # Comments also describe the content and how the file is read.
    return " ".join(
        line for line in comments if " nodes, " not in line and not line.startswith("source target")
    )


def _read_text(name: str) -> str:
    if name not in NETWORK_NAMES:
        raise ValueError(f"unknown network {name!r}; allowed: {', '.join(NETWORK_NAMES)}")
    with open(os.path.join(_FOLDER, f"{name}.txt"), encoding="utf-8") as file:
        return file.read()


def parse_network(text: str) -> Network:
    """Read a network from the text of a topology file.

    Raises:
        ValueError: A line is invalid, or the links do not form a network; see :func:`make_network`.
    """
    core_nodes: Sequence[str] = ()
    links: list[tuple[str, str, float, int | None]] = []
    for count, full_line in enumerate(text.splitlines(), 1):
        line = full_line.strip()
        if not line or line.startswith("#"):
            continue
        fields = [field.strip() for field in line.split("\t" if "\t" in line else None)]
        if fields[0] == "core:":
            core_nodes = fields[1:]
            continue
        try:
            source, target, length, *rest = fields
            if len(rest) > 1:
                raise ValueError
            links.append((source, target, float(length), int(rest[0]) if rest else None))
        except ValueError:
            raise ValueError(
                f"line {count} is {line[:80]!r}; allowed: source, target, length in km"
            ) from None
    return make_network(links, core_nodes=core_nodes)


def make_network(
    links: Iterable[tuple[str, str, float] | tuple[str, str, float, int | None]],
    *,
    core_nodes: Iterable[str] = (),
) -> Network:
    """Make a network from its links.

    Args:
        links: Source, target, length in km, and optionally a label. A link may be listed once per
            direction; the later length applies. Without labels, links are numbered as in FUSION: by
            each listed direction, from 1.
        core_nodes: The nodes that send and receive when not all of them do.

    Raises:
        ValueError: There is no link, a length is not above 0, a link leads from a node to itself, a
            node's name cannot be printed, a core node is unknown, or the nodes cannot all reach
            each other.

    Example:
        >>> make_network([("A", "B", 80.0), ("B", "C", 120.0)]).nodes
        ('A', 'B', 'C')
    """
    directed: dict[tuple[str, str], tuple[float, int]] = {}
    for source, target, length, *label in links:
        _check_link(source, target, length)
        before = directed.get((source, target))
        if before is not None and before[0] != float(length):
            raise ValueError(
                f"the link {source} to {target} is given twice: {before[0]:g} and {length:g} km"
            )
        number = len(directed) + 1 if not label or label[0] is None else label[0]
        directed.setdefault((source, target), (float(length), number))
    found: dict[tuple[str, str], tuple[float, int]] = {}
    for (source, target), entry in directed.items():
        found[(target, source) if (target, source) in found else (source, target)] = entry
    network = Network(
        tuple(dict.fromkeys(node for link in directed for node in link)),
        tuple(Link(*ends, *entry) for ends, entry in found.items()),
        tuple(core_nodes),
    )
    _check_whole(network)
    return network


def _check_link(source: str, target: str, length: float) -> None:
    for name in (source, target):
        if not name or not name.isprintable() or name != name.strip():
            raise ValueError(f"a node is called {name!r}; allowed: a printable name")
        if name.startswith("#") or name == "core:":  # a line with it means something else
            raise ValueError(
                f"a node is called {name!r}; allowed: a name that does not begin with #"
            )
    if source == target:
        raise ValueError(
            f"the link {source} to {target} leads from a node to itself; allowed: two nodes"
        )
    if not (math.isfinite(length) and length > 0):
        raise ValueError(f"the link {source} to {target} has the length {length}; allowed: above 0")


def _check_whole(network: Network) -> None:
    if not network.links:
        raise ValueError("it has no link; allowed: at least one")
    unknown = [node for node in network.core_nodes if node not in network.nodes]
    if unknown:
        raise ValueError(f"the core node {unknown[0]!r} has no link")
    twice = [node for node, count in Counter(network.core_nodes).items() if count > 1]
    if twice:  # it would send requests to itself
        raise ValueError(f"the core node {twice[0]!r} is listed twice; allowed: each node once")
    neighbours: dict[str, list[str]] = {node: [] for node in network.nodes}
    for link in network.links:
        neighbours[link.source].append(link.target)
        neighbours[link.target].append(link.source)
    reached = {network.nodes[0]}
    waiting = [network.nodes[0]]
    while waiting:
        for node in neighbours[waiting.pop()]:
            if node not in reached:
                reached.add(node)
                waiting.append(node)
    lost = [node for node in network.nodes if node not in reached]
    if lost:
        more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
        raise ValueError(
            f"it is not connected: {network.nodes[0]!r} cannot reach {lost[0]!r}{more}"
        )


def format_network(network: Network) -> str:
    """The text of a FUSION topology file that describes the same network.

    FUSION numbers links by line and keeps core nodes elsewhere, so labels and core nodes are
    omitted.
    """
    lines = [f"{link.source}\t{link.target}\t{_kilometres(link.length)}" for link in network.links]
    return "\n".join(lines) + "\n"


def _kilometres(length: float) -> str:
    return str(int(length)) if length.is_integer() else repr(length)


def load_network(name: str) -> nx.Graph:
    """Build the graph of a network: nodes first, then links, in file order.

    Args:
        name: One of :func:`network_names`.

    Returns:
        An undirected graph whose nodes are names (``str``) and whose edges have ``length`` in km.

    Raises:
        ValueError: The name is unknown; the message lists the allowed ones.

    >>> load_network("NSFNet")["0"]["1"]["length"]
    1000.0
    """
    return build_graph(read_network(name))


def build_graph(network: Network) -> nx.Graph:
    """Build the graph of a network: nodes first, then links, in its order."""
    import networkx as nx

    graph = nx.Graph()
    graph.add_nodes_from(network.nodes)
    for link in network.links:
        graph.add_edge(link.source, link.target, length=link.length)
    return graph
