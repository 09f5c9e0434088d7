"""Networks from common formats: a networkx graph, a list of links, GraphML, GML, JSON, CSV.

Not used in the simulator's process: it imports networkx, and a run has its network as plain text.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fusion_jupyter.config.topologies import MOST_BYTES, Network, format_network, make_network

if TYPE_CHECKING:
    import networkx as nx

#: Names of a link's length in km in files and graphs; the first one found is used.
LENGTHS = ("length", "length_km", "distance", "distance_km", "km", "weight")
_SOURCES = ("source", "src", "from")
_TARGETS = ("target", "destination", "dst", "dest", "to")


def read(path: str) -> Network:
    """Read a network from a GraphML, GML, JSON or CSV file, by its extension.

    JSON is a list of links, each an object with ``source``, ``target`` and ``length`` or a list of
    the three, or the output of `networkx.node_link_data`. CSV has one line per link, with a header
    that names the columns, or with source, target and length in this order.

    Raises:
        ValueError: The file cannot be read, or does not contain a network.
    """
    file = Path(path)
    ending = file.suffix.lower()
    try:
        if file.stat().st_size > MOST_BYTES:
            raise ValueError(f"{path} is too large for a topology file")
        if ending == ".json":
            return _from_json(json.loads(file.read_text(encoding="utf-8-sig")))
        if ending == ".csv":
            return _from_csv(file.read_text(encoding="utf-8-sig"))
        return from_graph(read_graph(path))
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror or error}") from None
    except RecursionError:
        raise ValueError(f"{path} is nested too deeply") from None
    except ValueError as error:  # also for content that is not text, or not JSON
        raise ValueError(f"{path}: {error}") from None


def from_graph(graph: nx.Graph) -> Network:
    """The network of a networkx graph whose edges have their length in km.

    Args:
        graph: Its nodes' names become text; links are in the graph's order.

    Raises:
        ValueError: It is no network; see `fusion_jupyter.config.topologies.make_network`.
    """
    pairs = [frozenset(edge[:2]) for edge in graph.edges]
    if graph.is_multigraph() and len(set(pairs)) < len(pairs):
        twice = next(pair for pair in pairs if pairs.count(pair) > 1)
        raise ValueError(
            f"there are two links between {' and '.join(map(str, twice))}; allowed: one"
        )
    lonely = [node for node, degree in graph.degree() if degree == 0]
    if lonely:
        raise ValueError(f"it is not connected: {str(lonely[0])!r} has no link")
    return make_network(
        _with_one_length(
            (str(source), str(target), _length(data, f"{source} to {target}"))
            for source, target, data in graph.edges(data=True)
        )
    )


def from_links(links: Iterable[Sequence[Any] | Mapping[str, Any]]) -> Network:
    """The network of a list of links.

    Args:
        links: Each a sequence of source, target and length in km, or a mapping with these.

    Raises:
        ValueError: It is no network; see `fusion_jupyter.config.topologies.make_network`.
    """
    return make_network(
        _with_one_length(_link(number, link) for number, link in enumerate(links, 1))
    )


def _with_one_length(links: Iterable[tuple[str, str, float]]) -> Iterator[tuple[str, str, float]]:
    """The links; a fibre has one length, whichever direction is named first.

    Raises:
        ValueError: A link has another length in the other direction.
    """
    known: dict[tuple[str, str], float] = {}
    for source, target, length in links:
        back = known.get((target, source))
        if back is not None and back != length:
            raise ValueError(
                f"the link between {target} and {source} has two lengths: {back:g} and {length:g} "
                "km; allowed: one, for both directions"
            )
        known[source, target] = length
        yield source, target, length


#: What a network without a name is called, wherever its content need not be told apart.
UNNAMED = "network"


def name_by_content(network: Network) -> str:
    """The name of a network that has none: two different networks have different names.

    Example:
        >>> name_by_content(from_links([("A", "B", 100)]))
        'network-04fe4a'
    """
    content = json.dumps([format_network(network), list(network.core_nodes)])
    return f"{UNNAMED}-{hashlib.sha256(content.encode()).hexdigest()[:6]}"


def is_by_content(name: str) -> bool:
    """Whether a network's name has the form of those of `name_by_content`.

    Example:
        >>> is_by_content("network-04fe4a"), is_by_content("NSFNet")
        (True, False)
    """
    return re.fullmatch(f"{UNNAMED}-[0-9a-f]{{6}}", name) is not None


def _link(number: int, link: object) -> tuple[str, str, float]:
    if isinstance(link, Mapping):
        fields = {str(key).strip().lower(): value for key, value in link.items()}
        ends = [
            next((fields[name] for name in names if name in fields), None)
            for names in (_SOURCES, _TARGETS)
        ]
        if None in ends:
            raise ValueError(f"link {number} has {', '.join(fields)}; allowed: source and target")
        return str(ends[0]), str(ends[1]), _length(fields, str(number))
    if isinstance(link, Sequence) and not isinstance(link, str) and len(link) == 3:
        return str(link[0]), str(link[1]), _length({"length": link[2]}, str(number))
    raise ValueError(f"link {number} is {link!r}; allowed: source, target, length in km")


def _length(data: Mapping[str, Any], link: str) -> float:
    for name in LENGTHS:
        if name in data:
            try:
                return float(data[name])
            except (TypeError, ValueError, OverflowError):
                raise ValueError(
                    f"the link {link} has the {name} {str(data[name])[:60]!r}; allowed: "
                    "above 0, in km"
                ) from None
    raise ValueError(f"the link {link} has no length in km; allowed names: {', '.join(LENGTHS)}")


def _from_json(content: object) -> Network:
    if isinstance(content, dict):
        links = content.get("links", content.get("edges"))
        if isinstance(links, list):
            return from_links(links)
    if isinstance(content, list):
        return from_links(content)
    raise ValueError('it is not a list of links, such as [["A", "B", 120], ["B", "C", 80]]')


def _from_csv(text: str) -> Network:
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows = [
        [field.strip() for field in row]
        for row in csv.reader(text.splitlines(), delimiter=delimiter)
        # A link of a node "#1" is no comment: it is refused, not left out.
        if row and (len(row) > 2 or not row[0].lstrip().startswith("#"))
    ]
    if rows and any(name in [field.lower() for field in rows[0]] for name in _SOURCES):
        header, *rows = rows
        return from_links(dict(zip(header, row, strict=False)) for row in rows)
    return from_links(rows)


def read_graph(path: str) -> nx.Graph:
    """Read a GraphML or GML file, by its ending.

    Raises:
        ValueError: It is not such a file.
        OSError: It cannot be read.
    """
    import xml.etree.ElementTree as ET

    import networkx as nx

    graphml = path.lower().endswith(".graphml")
    try:
        return nx.read_graphml(path) if graphml else nx.read_gml(path)
    except (nx.NetworkXException, ET.ParseError, KeyError) as error:
        kind = "GRAPHML" if graphml else "GML"
        raise ValueError(f"it is not a {kind} file: {error}") from None
