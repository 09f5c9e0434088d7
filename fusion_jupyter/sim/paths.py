"""The k shortest simple paths between two nodes, in the order that decides which is tried first.

Where no two lengths are equal, there is only one order, and a best-first search that knows the
exact distance to the target finds it at once. Where paths tie, their order is that in which
``networkx.shortest_simple_paths`` yields them, which depends on the order of nodes and links in
the graph: then networkx is asked, at about fifty times the cost.
"""

from __future__ import annotations

from functools import cache, cached_property
from heapq import heappop, heappush
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from fusion_jupyter.sim.topologies import build_graph

if TYPE_CHECKING:
    import networkx as nx

    from fusion_jupyter.sim.topologies import Network

#: Lengths closer than this share of themselves may be equal but for rounding.
TIE = 1e-9


class PathFinder:
    """Finds candidate paths in one network.

    Args:
        network: The network.
        unit_lengths: Whether every link counts as 1 km.

    >>> from fusion_jupyter.sim.topologies import read_network
    >>> finder = PathFinder(read_network("NSFNet"))
    >>> finder.shortest(0, 3, 2)  # nodes are numbered by first appearance
    [(0, 3), (0, 1, 4, 6, 8, 3)]
    """

    def __init__(self, network: Network, *, unit_lengths: bool = False) -> None:
        links = network.links
        if unit_lengths:
            links = tuple(link._replace(length=1.0) for link in links)
        self._network = network._replace(links=links)
        index = {name: number for number, name in enumerate(network.nodes)}
        #: For each node, its neighbours and the length of the link to each, in km.
        self.neighbours: list[dict[int, float]] = [{} for _ in network.nodes]
        for link in links:
            source, target = index[link.source], index[link.target]
            self.neighbours[source][target] = self.neighbours[target][source] = link.length
        self._distances = cache(self._distances_to)

    def shortest(self, source: int, target: int, k: int) -> list[tuple[int, ...]]:
        """Return the first k simple paths by length, as node indices; fewer if there are fewer."""
        paths = self._best_first(source, target, k)
        return self._by_networkx(source, target, k) if paths is None else paths

    def length(self, path: tuple[int, ...]) -> float:
        """Return a path's length in km, summed up from its start."""
        length = 0.0
        for one, other in pairwise(path):
            length += self.neighbours[one][other]
        return length

    def _best_first(self, source: int, target: int, k: int) -> list[tuple[int, ...]] | None:
        """Search for the k shortest paths; None when two of the first k + 1 may tie."""
        to_target = self._distances(target)
        paths: list[tuple[int, ...]] = []
        previous = -1.0
        # (length so far + distance to the target, length so far, path so far)
        queue: list[tuple[float, float, tuple[int, ...]]] = [(to_target[source], 0.0, (source,))]
        while queue:
            total, length, path = heappop(queue)
            end = path[-1]
            if end != target:
                for node, hop in self.neighbours[end].items():
                    if node not in path:
                        reached = length + hop
                        heappush(queue, (reached + to_target[node], reached, (*path, node)))
                continue
            if total - previous <= TIE * total:
                return None
            if len(paths) == k:
                break
            paths.append(path)
            previous = total
        return paths

    def _distances_to(self, target: int) -> list[float]:
        """Return each node's distance to ``target`` in km (Dijkstra's algorithm)."""
        distances = [float("inf")] * len(self.neighbours)
        queue = [(0.0, target)]
        while queue:
            distance, node = heappop(queue)
            if distance < distances[node]:
                distances[node] = distance
                for neighbour, hop in self.neighbours[node].items():
                    heappush(queue, (distance + hop, neighbour))
        return distances

    def _by_networkx(self, source: int, target: int, k: int) -> list[tuple[int, ...]]:
        import networkx as nx

        names = self._network.nodes
        routes = nx.shortest_simple_paths(
            self._graph, names[source], names[target], weight="length"
        )
        return [tuple(map(names.index, route)) for route in islice(routes, k)]

    @cached_property
    def _graph(self) -> nx.Graph:
        return build_graph(self._network)
