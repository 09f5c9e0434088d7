"""Candidate paths from a file, for studies whose own lists are to be used.

The JSON file maps each source to each target to their paths, in the order in which they are tried::

    {"A": {"B": [["A", "B"], ["A", "C", "B"]]}, "B": {"A": [["B", "A"]]}}
"""

from __future__ import annotations

import json
from itertools import pairwise, permutations
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from fusion_jupyter.sim.topologies import Network

    #: (source, target) -> paths, each a sequence of node names.
    PathLists: TypeAlias = Mapping[tuple[str, str], tuple[tuple[str, ...], ...]]


def read_path_lists(path: Path, network: Network, terminals: Iterable[str]) -> PathLists:
    """Read candidate paths and check them against the network.

    Args:
        path: The JSON file.
        network: The network.
        terminals: The nodes that send and receive; each pair of them needs a path.

    Raises:
        OSError: The file cannot be read.
        ValueError: It has another layout, lacks a pair, or a path does not follow the links.
    """
    content = json.loads(path.read_text(encoding="utf-8"))
    try:
        lists = {
            (source, target): tuple(tuple(map(str, route)) for route in routes)
            for source, targets in content.items()
            for target, routes in targets.items()
        }
    except (AttributeError, TypeError):
        raise ValueError('must map sources to targets to lists of paths, such as {"A": {"B": '
                         '[["A", "B"]]}}') from None  # fmt: skip
    hops = {(link.source, link.target) for link in network.links}
    hops |= {(target, source) for source, target in hops}
    for (source, target), routes in lists.items():
        for route in routes:
            if not route or (route[0], route[-1]) != (source, target):
                raise ValueError(f"a path from {source} to {target} is {'-'.join(route)}")
            broken = [hop for hop in pairwise(route) if hop not in hops]
            if broken or len(set(route)) != len(route):
                why = f"there is no link {'-'.join(broken[0])}" if broken else "it has a loop"
                raise ValueError(f"the path {'-'.join(route)} is none: {why}")
    for source, target in permutations(terminals, 2):
        if not lists.get((source, target)):
            raise ValueError(f"there is no path from {source} to {target}")
    return lists
