"""A plain simulator: lists of slots, one draw at a time, nothing precomputed but the paths.

It says what the fast one must compute, as directly as it can be said, and gives the benchmark
something to be measured against.
"""

from __future__ import annotations

from itertools import islice, pairwise
from typing import Any

import networkx as nx
import numpy as np

from fusion_jupyter.config.topologies import load_network
from fusion_jupyter.sim.config import SimConfig

Slots = list[bool]  # one for each slot of a link's core: is it taken?


class Reference:
    def __init__(self, config: SimConfig) -> None:
        self.config = config
        self.graph = load_network(config.network)
        self.paths: dict[tuple[str, str], list[list[str]]] = {}
        self.spectrum: dict[tuple[frozenset[str], int], Slots] = {}

    def iterate(self, erlang: float, iteration: int) -> int:
        """Simulate an iteration and return the number of blocked requests."""
        config = self.config
        self.spectrum = {
            (frozenset(link), core): [False] * config.c_band
            for link in self.graph.edges
            for core in range(config.cores_per_link)
        }
        requests = self.draw(erlang, seed=iteration + 1)
        events = []
        for number, request in enumerate(requests):
            events.append((request["arrival"], number, "arrival"))
            events.append((request["departure"], number, "departure"))
        events.sort(key=lambda event: event[0])
        held: dict[int, list[tuple[Slots, int]]] = {}
        blocked = 0
        for _, number, kind in events:
            if kind == "departure":
                self.free(held.pop(number, []))
            else:
                taken = self.carry(requests[number])
                blocked += taken is None
                held[number] = taken or []
        return blocked

    def draw(self, erlang: float, seed: int) -> list[dict[str, Any]]:
        config = self.config
        random = np.random.RandomState(seed)
        nodes = list(self.graph)
        classes = list(config.formats)
        left = dict(config.quotas)
        rate = erlang / config.holding_time
        now = 0.0
        requests = []
        for _ in range(config.num_requests):
            now += -np.log(random.uniform()) / rate
            holding = -np.log(random.uniform()) * config.holding_time
            source = nodes[int(random.uniform() * len(nodes))]
            target = source
            while target == source:
                target = nodes[int(random.uniform() * len(nodes))]
            while True:
                bandwidth = classes[int(random.uniform() * len(classes))]
                if left[bandwidth] > 0:
                    break
            left[bandwidth] -= 1
            requests.append(
                {
                    "arrival": now,
                    "departure": now + holding,
                    "source": source,
                    "target": target,
                    "bandwidth": bandwidth,
                }
            )
        return requests

    def carry(self, request: dict[str, Any]) -> list[tuple[Slots, int]] | None:
        """Take spectrum for a request; None when it is blocked."""
        bandwidth = request["bandwidth"]
        paths = self.candidates(request["source"], request["target"])
        for path in paths:
            for slots in self.usable(bandwidth, path):
                taken = self.first_fit(path, slots)
                if taken is not None:
                    return taken
        if self.config.max_segments == 1 or bandwidth == "25":
            return None
        for path in paths:
            for piece in sorted(self.config.formats, key=int, reverse=True):
                if int(piece) >= int(bandwidth) or not self.usable(piece, path):
                    continue
                pieces = int(bandwidth) // int(piece)
                if pieces > self.config.max_segments:
                    break
                taken_pieces: list[tuple[Slots, int]] = []
                for _ in range(pieces):
                    taken = self.first_fit(path, self.usable(piece, path)[0])
                    if taken is None:
                        self.free(taken_pieces)
                        break
                    taken_pieces += taken
                else:
                    return taken_pieces
        return None

    def candidates(self, source: str, target: str) -> list[list[str]]:
        if (source, target) not in self.paths:
            routes = nx.shortest_simple_paths(self.graph, source, target, weight="length")
            self.paths[source, target] = list(islice(routes, self.config.candidate_paths))
        return self.paths[source, target]

    def usable(self, bandwidth: str, path: list[str]) -> list[int]:
        """Return the slots needed by each format that reaches, most efficient first."""
        length = sum(self.graph[one][other]["length"] for one, other in pairwise(path))
        formats = sorted(self.config.formats[bandwidth].values())
        return [slots for reach, slots in formats if reach >= length]

    def first_fit(self, path: list[str], slots: int) -> list[tuple[Slots, int]] | None:
        """Take the lowest contiguous slots that are free on the whole path, guard included."""
        width = slots + self.config.guard_slots
        for core in range(self.config.cores_per_link):
            links = [self.spectrum[frozenset(hop), core] for hop in pairwise(path)]
            for start in range(self.config.c_band - width + 1):
                span = range(start, start + width)
                if not any(link[slot] for link in links for slot in span):
                    for link in links:
                        for slot in span:
                            link[slot] = True
                    return [(link, slot) for link in links for slot in span]
        return None

    def free(self, taken: list[tuple[Slots, int]]) -> None:
        for link, slot in taken:
            link[slot] = False
