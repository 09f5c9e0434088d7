"""The k shortest simple paths between two nodes, in the order that decides which is tried first.

If no two lengths are equal, there is only one order, and a best-first search that knows the exact
distance to the target finds it directly. If paths tie, FUSION's order is that of
``networkx.shortest_simple_paths``, which depends on the order of nodes and links in the graph.
:class:`SpurSearch` makes the same choices at half the cost, and without the time that importing
networkx takes.
"""

from __future__ import annotations

from functools import cache, reduce
from heapq import heappop, heappush
from itertools import count, pairwise
from operator import add
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Set as AbstractSet

    from fusion_jupyter.config.topologies import Network

#: For each node, its neighbours and the length of the link to each, in km.
Neighbours: TypeAlias = "list[dict[int, float]]"

#: A path's nodes.
Route: TypeAlias = "tuple[int, ...]"

#: Lengths with a smaller relative difference may be equal except for rounding.
TIE = 1e-9
#: If more paths than this tie, as in a grid, knowing them all does not help.
MOST_TIED = 100


class PathFinder:
    """Finds candidate paths in one network.

    Args:
        network: The network.
        unit_lengths: Whether every link counts as 1 km.
        by_hops: Whether paths are ordered by hops first, and by length among equal hops.

    >>> from fusion_jupyter.config.topologies import read_network
    >>> finder = PathFinder(read_network("NSFNet"))
    >>> finder.shortest(0, 3, 2)  # nodes are numbered by first appearance
    [(0, 3), (0, 1, 4, 6, 8, 3)]
    """

    def __init__(
        self, network: Network, *, unit_lengths: bool = False, by_hops: bool = False
    ) -> None:
        index = {name: number for number, name in enumerate(network.nodes)}
        self._lengths: Neighbours = [{} for _ in network.nodes]
        for link in network.links:
            length = 1.0 if unit_lengths else link.length
            source, target = index[link.source], index[link.target]
            self._lengths[source][target] = self._lengths[target][source] = length
        self._neighbours = self._lengths
        if by_hops:
            # A hop weighs more than the length of any path, so lengths only decide between equal
            # hop counts.
            hop = 1.0 + add_up(1.0 if unit_lengths else link.length for link in network.links)
            self._neighbours = [
                {node: hop + length for node, length in ends.items()} for ends in self._lengths
            ]
        # Sums of integers do not depend on the order of addition.
        self._exact = all(
            length.is_integer() for ends in self._neighbours for length in ends.values()
        )
        self._distances = cache(self._distances_to)
        # (source, target, k) -> paths whose order is also that from the target to the source.
        self._both_ways: dict[tuple[int, int, int], list[Route]] = {}

    def shortest(self, source: int, target: int, k: int) -> list[Route]:
        """Return the first k simple paths in order, as node indices; fewer if there are fewer."""
        reverse = self._both_ways.get((target, source, k))
        if reverse is not None:
            return [path[::-1] for path in reverse]
        short = self._best_first(source, target, k)
        tied = any(other - one <= TIE * other for (one, _), (other, _) in pairwise(short))
        if len(short) <= k and not tied:
            paths = [path for _, path in short]
            if self._exact:
                self._both_ways[source, target, k] = paths
            return paths
        return SpurSearch(self._neighbours, source, target, short, exact=self._exact).first(k)

    def copy_neighbours(self) -> Neighbours:
        """Return the links of each node in order, to be given other lengths."""
        return [dict(ends) for ends in self._lengths]

    def length(self, path: tuple[int, ...]) -> float:
        """Return a path's length in km, summed from its start."""
        return length_of(self._lengths, path)

    def _best_first(self, source: int, target: int, k: int) -> list[tuple[float, Route]]:
        """Search for all paths that may be among the k shortest, given that some may tie.

        Returns:
            Lengths and paths, shortest first: k of them, fewer if there are fewer, or more where
            they tie with the last one; then :data:`MOST_TIED` at most.
        """
        to_target = self._distances(target)
        neighbours = self._neighbours
        short: list[tuple[float, Route]] = []
        most, longest = max(k + 1, MOST_TIED), float("inf")
        # (length so far + distance to the target, -length so far, path so far): of equal totals,
        # the one that is nearest to the target comes first.
        queue: list[tuple[float, float, Route]] = [(to_target[source], 0.0, (source,))]
        while queue and len(short) < most:
            total, negative, path = heappop(queue)
            if total > longest:
                break
            end = path[-1]
            if end == target:
                short.append((total, path))
                if len(short) == k:
                    longest = total * (1 + TIE)
                continue
            for node, hop in neighbours[end].items():
                if node not in path:
                    reached = hop - negative
                    heappush(queue, (reached + to_target[node], -reached, (*path, node)))
        return short

    def _distances_to(self, target: int) -> list[float]:
        """Return each node's distance to ``target`` in km (Dijkstra's algorithm)."""
        distances = [float("inf")] * len(self._neighbours)
        queue = [(0.0, target)]
        while queue:
            distance, node = heappop(queue)
            if distance < distances[node]:
                distances[node] = distance
                for neighbour, hop in self._neighbours[node].items():
                    heappush(queue, (distance + hop, neighbour))
        return distances


class SpurSearch:
    """Yen's algorithm: the next paths deviate from each path found, at each of its nodes.

    Of paths of equal length, the one found first comes first; which of them a search for a
    shortest path finds is settled in :meth:`_meet`.

    Args:
        neighbours: The graph.
        source: Where paths start.
        target: Where they end.
        short: Lengths and nodes of all paths that may be among the results, if known: a search is
            made only if two of them tie.
        exact: Whether these lengths are not rounded.
    """

    def __init__(
        self,
        neighbours: Neighbours,
        source: int,
        target: int,
        short: Sequence[tuple[float, Route]] = (),
        *,
        exact: bool = False,
    ) -> None:
        self._neighbours = neighbours
        self._source = source
        self._target = target
        self._short = short if len(short) < MOST_TIED else ()
        self._exact = exact

    def first(self, k: int) -> list[Route]:
        """Return the first k paths, or all of them if there are fewer."""
        found: list[Route] = []
        order = count()
        # (length, order of discovery, path, nodes it shares with the path that it leaves)
        waiting: list[tuple[float, int, Route, int]] = []
        known: set[Route] = set()

        def offer(root: Route, barred: AbstractSet[int]) -> None:
            spur = self._shortest_from(root, barred)
            if spur is not None and spur[1] not in known:
                known.add(spur[1])
                heappush(waiting, (spur[0], next(order), spur[1], len(root)))

        offer((self._source,), set())
        while waiting:
            _, _, path, shared = heappop(waiting)
            found.append(path)
            if len(found) == k:
                break
            # Earlier deviations were tried when its parent path was found (Lawler).
            for size in range(shared, len(path)):
                root = path[:size]
                offer(root, {earlier[size] for earlier in found if earlier[:size] == root})
        return found

    def _shortest_from(self, root: Route, barred: AbstractSet[int]) -> tuple[float, Route] | None:
        """Find the path that starts with ``root`` and goes on to no node of ``barred``.

        Returns:
            Its length and nodes; None if there is none, or none that is short enough.
        """
        if self._short:
            size = len(root)
            matching = [
                entry
                for entry in self._short
                if entry[1][:size] == root and entry[1][size] not in barred
            ]
            if not matching:
                return None
            if self._exact and (len(matching) == 1 or matching[0][0] < matching[1][0]):
                return matching[0]
        spur = self._meet(root[-1], root[:-1], barred)
        if spur is None:
            return None
        return length_of(self._neighbours, root) + spur[0], root[:-1] + spur[1]

    def _meet(
        self, start: int, used: Sequence[int], barred: AbstractSet[int]
    ) -> tuple[float, Route] | None:
        """Find a shortest path from ``start`` to the target: Dijkstra's algorithm from both ends.

        The two searches alternate and settle one node each, in order of distance and, if equal, of
        discovery. A path is better only if it is shorter, so the first one found of several is
        kept. The search is over when a node is settled from both ends.

        Args:
            start: Where the path starts.
            used: Nodes it must not visit.
            barred: Nodes it must not visit next.

        Returns:
            Length in km and nodes, or None when there is no such path.
        """
        ends = (start, self._target)
        order = count()
        best, middle = float("inf"), -1
        seen: tuple[dict[int, float], dict[int, float]] = ({ends[0]: 0.0}, {ends[1]: 0.0})
        before: tuple[dict[int, int], dict[int, int]] = ({}, {})
        settled: tuple[set[int], set[int]] = (set(used), set(used))
        fringes = tuple([(0.0, next(order), end)] for end in ends)
        side = 1
        while fringes[0] and fringes[1]:
            side = 1 - side
            distance, _, node = heappop(fringes[side])
            if node in settled[side]:
                continue
            settled[side].add(node)
            if node in settled[1 - side]:
                return best, self._join(ends, before, middle)
            reached, done = seen[side], settled[side]
            for neighbour, hop in self._neighbours[node].items():
                if neighbour in done or (
                    barred
                    and (
                        (node == start and neighbour in barred)
                        or (neighbour == start and node in barred)
                    )
                ):
                    continue
                length = distance + hop
                if neighbour not in reached or length < reached[neighbour]:
                    reached[neighbour] = length
                    before[side][neighbour] = node
                    heappush(fringes[side], (length, next(order), neighbour))
                    if neighbour in seen[1 - side]:
                        total = seen[0][neighbour] + seen[1][neighbour]
                        if total < best:
                            best, middle = total, neighbour
        return None

    @staticmethod
    def _join(
        ends: tuple[int, int], before: tuple[dict[int, int], dict[int, int]], middle: int
    ) -> tuple[int, ...]:
        """Return the path through ``middle`` from each node's predecessors, from both ends."""
        path = [middle]
        while path[-1] != ends[0]:
            path.append(before[0][path[-1]])
        path.reverse()
        while path[-1] != ends[1]:
            path.append(before[1][path[-1]])
        return tuple(path)


def add_up(numbers: Iterable[float], start: float = 0.0) -> float:
    """Add in order and round after each addition.

    ``sum`` does the same up to Python 3.11, in which FUSION runs; since 3.12 it compensates for the
    rounding, and a last digit can decide between two paths.

    >>> add_up([0.1] * 10)
    0.9999999999999999
    """
    return reduce(add, numbers, start)


def length_of(neighbours: Neighbours, path: Sequence[int]) -> float:
    """Length of a path, or its cost if `neighbours` has costs."""
    return add_up(neighbours[one][other] for one, other in pairwise(path))
