"""Coordinates of a network's nodes, if known: x to the right, y upwards.

Latitude and longitude are projected to kilometres on a plane, accurately enough for a picture.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fusion_jupyter.config.topologies import NETWORK_NAMES

if TYPE_CHECKING:
    import networkx as nx

#: x and y by node name; for all nodes of a network or for none.
Coordinates = Mapping[str, tuple[float, float]]

#: Names of a node's coordinates in graphs and files, in lower case: north, then east.
_DEGREES = (("latitude", "longitude"), ("lat", "lon"), ("lat", "lng"), ("lat", "long"))
_PLANE = (("x", "y"),)
_KM_OF_A_DEGREE = 111.2
_FILE = Path(__file__).parent / "networks" / "coordinates.csv"


def known_coordinates(network: str, nodes: Iterable[str]) -> Coordinates | None:
    """The coordinates of a package network's nodes; None if unknown.

    Args:
        network: The network's name.
        nodes: Its nodes.

    Example:
        >>> seattle, palo_alto = known_coordinates("NSFNet", ["0", "1"]).values()
        >>> seattle[1] > palo_alto[1]
        True
    """
    if network not in NETWORK_NAMES:
        return None
    table = _degrees()
    found = {node: table.get((network, node)) or table.get(("", node)) for node in nodes}
    return _projected(found)


def graph_coordinates(graph: nx.Graph) -> Coordinates | None:
    """The coordinates of a graph's nodes; None if a node has none.

    They are read from ``pos`` (x and y), ``x`` and ``y``, or ``latitude`` and ``longitude``, also
    capitalised or abbreviated.
    """
    nodes: list[tuple[str, dict[str, Any]]] = [
        (str(node), {str(key).lower(): value for key, value in data.items()})
        for node, data in graph.nodes(data=True)
    ]
    for north, east in _DEGREES:
        found = {node: _pair(data.get(north), data.get(east)) for node, data in nodes}
        if None not in found.values():
            return _projected(found)
    plane = {node: _position(data) for node, data in nodes}
    return _complete(plane)


def to_text(coordinates: Coordinates | None) -> str | None:
    """The text of a file that holds coordinates; None where there are none.

    Example:
        >>> to_text({"Wien": (1216.0, 5359.5)}).splitlines()
        ['node,x,y', 'Wien,1216.0,5359.5']
    """
    if coordinates is None:
        return None
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("node", "x", "y"))
    writer.writerows((node, round(x, 3), round(y, 3)) for node, (x, y) in coordinates.items())
    return text.getvalue()


def from_text(text: str, nodes: Iterable[str]) -> Coordinates | None:
    """The coordinates in such a file; None where a node lacks them.

    Example:
        >>> from_text(to_text({"A": (0.0, 0.0), "B": (1.0, 0.0)}), ["A", "B"])
        {'A': (0.0, 0.0), 'B': (1.0, 0.0)}
    """
    rows = {row.get("node"): row for row in csv.DictReader(io.StringIO(text))}
    found = {node: rows.get(node, {}) for node in nodes}
    return _complete({node: _pair(row.get("x"), row.get("y")) for node, row in found.items()})


def _position(data: Mapping[str, Any]) -> tuple[float, float] | None:
    try:
        x, y = data["pos"]
        return _pair(x, y)
    except (KeyError, TypeError, ValueError):
        return next((_pair(data.get(x), data.get(y)) for x, y in _PLANE), None)


def _pair(first: object, second: object) -> tuple[float, float] | None:
    try:
        pair = float(first), float(second)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return pair if all(map(math.isfinite, pair)) else None


def _projected(degrees: Mapping[str, tuple[float, float] | None]) -> Coordinates | None:
    """Latitude and longitude as kilometres on a plane."""
    positions = _complete(degrees)
    if not positions:
        return None
    north = [latitude for latitude, _ in positions.values()]
    across = math.cos(math.radians((min(north) + max(north)) / 2))
    return {
        node: (longitude * across * _KM_OF_A_DEGREE, latitude * _KM_OF_A_DEGREE)
        for node, (latitude, longitude) in positions.items()
    }


def _complete(positions: Mapping[str, tuple[float, float] | None]) -> Coordinates | None:
    known = {node: position for node, position in positions.items() if position is not None}
    # All nodes at one position is equivalent to no coordinates.
    return known if len(known) == len(positions) and len(set(known.values())) > 1 else None


@cache
def _degrees() -> Mapping[tuple[str, str], tuple[float, float]]:
    """Latitude and longitude by network (empty: any) and node."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return {
            (row["network"], row["node"]): (float(row["latitude"]), float(row["longitude"]))
            for row in rows
        }
