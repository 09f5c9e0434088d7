"""Candidate paths from a file, for studies with their own path lists.

The JSON file maps each source and target to their paths, in the order in which they are tried::

    {"A": {"B": [["A", "B"], ["A", "C", "B"]]}, "B": {"A": [["B", "A"]]}}
"""

from __future__ import annotations

import json
from itertools import pairwise, permutations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import TypeAlias

    from fusion_jupyter.config.topologies import Network

    #: (source, target) -> paths, each a sequence of node names.
    PathLists: TypeAlias = Mapping[tuple[str, str], tuple[tuple[str, ...], ...]]


#: Maximum size of a file of candidate paths.
MOST_BYTES = 50_000_000


def parse_path_lists(text: str, network: Network, terminals: Iterable[str]) -> PathLists:
    """Read candidate paths and check them against the network.

    Args:
        text: Content of the JSON file.
        network: The network.
        terminals: The nodes that send and receive; each pair of them needs a path.

    Raises:
        ValueError: The layout is wrong, a pair is missing, or a path does not follow the links.

    Example:
        >>> from fusion_jupyter.config.topologies import make_network
        >>> line = make_network([("A", "B", 80.0)])
        >>> text = '{"A": {"B": [["A", "B"]]}, "B": {"A": [["B", "A"]]}}'
        >>> parse_path_lists(text, line, line.nodes)["A", "B"]
        (('A', 'B'),)
    """
    try:
        lists = {
            (source, target): tuple(tuple(map(str, route)) for route in routes)
            for source, targets in json.loads(text).items()
            for target, routes in targets.items()
        }
    except (ValueError, AttributeError, TypeError, RecursionError):
        raise ValueError(
            'it must map sources to targets to lists of paths, such as {"A": {"B": [["A", "B"]]}}'
        ) from None
    hops = {(link.source, link.target) for link in network.links}
    hops |= {(target, source) for source, target in hops}
    for (source, target), routes in lists.items():
        for route in routes:
            if not route or (route[0], route[-1]) != (source, target):
                raise ValueError(f"a path from {source} to {target} is {'-'.join(route)}")
            broken = [hop for hop in pairwise(route) if hop not in hops]
            if broken or len(set(route)) != len(route):
                why = f"there is no link {'-'.join(broken[0])}" if broken else "it has a loop"
                raise ValueError(f"the path {'-'.join(route)} is invalid: {why}")
    for source, target in permutations(terminals, 2):
        if not lists.get((source, target)):
            raise ValueError(f"there is no path from {source} to {target}")
    return lists
