"""Networks: the nine that FUSION knows by name, and any other from a file or a list of links.

A network file has one link a line, in tab- or blank-separated fields::

    core: 4 5 8                   # optional: the nodes that may send and receive
    # source target length_km [link_number]
    0 1 1000 4

FUSION's own topology files (source, target and length, separated by tabs) are such files too. The
order of the lines is part of the data: nodes are numbered by first appearance, and candidate paths
of equal length are ranked by the order of nodes and links. ``link_number`` is only a label,
repeated in the output. Published link lists name most links twice, once for each direction; where
the two lengths differ (three links of ``metro_net``) the later one is the one in force, as in
FUSION.
"""

from __future__ import annotations

import math
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
#: A network file larger than this is none.
MOST_BYTES = 10_000_000


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
def read_network(name: str | Path) -> Network:
    """Read a network's nodes and links.

    Args:
        name: One of :func:`network_names`, or the path of a network file.

    Raises:
        ValueError: There is no such network, or its file is not one; the message says what is
            allowed, or which line is wrong.

    >>> read_network("NSFNet").links[0]
    Link(source='0', target='1', length=1000.0, number=4)
    """
    if name in NETWORK_NAMES:
        text = files(__package__).joinpath("networks", f"{name}.txt").read_text(encoding="utf-8")
        return parse_network(text)
    path = Path(name)
    try:
        if not path.is_file():
            raise ValueError(
                f"unknown network {str(name)!r}; allowed: {', '.join(NETWORK_NAMES)}, or the path "
                "of a network file"
            )
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"{path} is too large for a network file")
        return parse_network(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"cannot read the network file {path}: {error}") from None


def parse_network(text: str) -> Network:
    """Read a network from the text of a network file.

    Raises:
        ValueError: A line is wrong, or the links make no network; see :func:`make_network`.
    """
    core_nodes: Sequence[str] = ()
    links: list[tuple[str, str, float] | tuple[str, str, float, int]] = []
    for count, line in enumerate(map(str.strip, text.splitlines()), 1):
        if not line or line.startswith("#"):
            continue
        fields = line.split("\t" if "\t" in line else None)
        if fields[0] == "core:":
            core_nodes = fields[1:]
            continue
        try:
            source, target, length, *rest = fields
            if len(rest) > 1:
                raise ValueError
            links.append((source, target, float(length), *map(int, rest)))  # type: ignore[arg-type]
        except ValueError:
            raise ValueError(
                f"line {count} of the network is {line!r}; allowed: source, target, length in km"
            ) from None
    return make_network(links, core_nodes=core_nodes)


def make_network(
    links: Iterable[tuple[str, str, float] | tuple[str, str, float, int]],
    *,
    nodes: Iterable[str] = (),
    core_nodes: Iterable[str] = (),
) -> Network:
    """Make a network from links.

    Args:
        links: Source, target, length in km and, optionally, a label. A link may be named once for
            each direction; the later length is the one in force. Without labels links are numbered
            as FUSION numbers them: by each direction that is named, from 1.
        nodes: Nodes in the order to number them; those not named here follow by first appearance.
        core_nodes: The nodes that send and receive when not all of them do.

    Raises:
        ValueError: No link, a length that is not above 0, a link from a node to itself, an unknown
            core node, or nodes that cannot reach each other.

    Example:
        >>> make_network([("A", "B", 80.0), ("B", "C", 120.0)]).nodes
        ('A', 'B', 'C')
    """
    directed: dict[tuple[str, str], tuple[float, int]] = {}
    for source, target, length, *label in links:
        if source == target:
            raise ValueError(f"the link {source}-{target} leads from a node to itself")
        if not (math.isfinite(length) and length > 0):
            raise ValueError(f"the link {source}-{target} has length {length}; allowed: above 0")
        if not source or not target:
            raise ValueError("a node has no name")
        number = label[0] if label else len(directed) + 1
        directed.setdefault((source, target), (length, number))
    found: dict[tuple[str, str], tuple[float, int]] = {}
    for (source, target), entry in directed.items():
        found[(target, source) if (target, source) in found else (source, target)] = entry
    order = tuple(dict.fromkeys([*nodes, *(node for link in directed for node in link)]))
    network = Network(
        order,
        tuple(Link(*ends, float(length), number) for ends, (length, number) in found.items()),
        tuple(core_nodes),
    )
    _check(network)
    return network


def _check(network: Network) -> None:
    if not network.links:
        raise ValueError("the network has no link")
    unknown = [node for node in network.core_nodes if node not in network.nodes]
    if unknown:
        raise ValueError(f"the core node {unknown[0]} has no link")
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
        raise ValueError(
            f"the network is not connected: {network.nodes[0]} cannot reach {lost[0]}"
            + (f" and {len(lost) - 1} more" if len(lost) > 1 else "")
        )


def format_network(network: Network) -> str:
    """Return the text of a network file, from which the same network is read again."""
    lines = ["# source target length_km link_number (separated by tabs)"]
    if network.core_nodes:
        lines.append("\t".join(["core:", *network.core_nodes]))
    lines += [
        f"{link.source}\t{link.target}\t{link.length:.17g}\t{link.number}" for link in network.links
    ]
    return "\n".join(lines) + "\n"


def load_network(name: str | Path) -> nx.Graph:
    """Build the graph of a network, nodes first and then links, in file order.

    Args:
        name: One of :func:`network_names`, or the path of a network file.

    Returns:
        An undirected graph whose nodes are names (``str``) and whose edges carry ``length`` in km.

    Raises:
        ValueError: See :func:`read_network`.

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
