"""What an iteration leaves to the statistics."""

from __future__ import annotations

from collections import Counter
from math import fsum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fusion_jupyter.sim.routing import Lightpath, Path


class Outcome:
    """What became of the requests of one iteration; those of the warm-up are left out.

    Attributes:
        blocked: For each bandwidth class, the number of blocked requests.
        unreachable: Blocked requests for which no path had a format that reaches.
        lightpaths: (lightpath, lane) -> number of allocations that lasted, pieces of sliced
            requests included.
        requests: (path, lightpaths of the request) -> number of carried requests.
        usage: For each link, the number of allocations; see :meth:`Simulator.iterate`.
        throughput: For each link, Gb/s x time carried; see :meth:`Simulator.iterate`.
        slot_time: For each link, the share of its slots and of the time in use; see
            :func:`slot_shares`. None where arrival times are not known.
        slots: First and last slot of each allocation that lasted, where they are asked for.
        unserved: Gb/s that requests which were carried in part did not get.
        offered: For each bandwidth class, the number of requests; None where the quotas say it.
        weights: (bandwidth, format, weight of the path) -> number of allocations, where something
            else than length orders the paths; None where length does.
    """

    __slots__ = (
        "blocked", "lightpaths", "offered", "requests", "slot_time", "slots", "throughput",
        "unreachable", "unserved", "usage", "weights",
    )  # fmt: skip

    def __init__(self, blocked: list[int]) -> None:
        self.blocked = blocked
        self.unreachable = 0
        self.lightpaths: Counter[tuple[Lightpath, int]] = Counter()
        self.requests: Counter[tuple[Path, int]] = Counter()
        self.usage: list[int] | None = None
        self.throughput: list[float] | None = None
        self.slot_time: list[float] | None = None
        self.slots: list[tuple[int, int]] = []
        self.unserved = 0
        self.offered: list[int] | None = None
        self.weights: Counter[tuple[str, str, float]] | None = None


def slot_shares(held: Mapping[tuple[Path, int], float], links: int, capacity: float) -> list[float]:
    """Return which share of each link's slots and time was in use, guard slots included.

    From the end of the warm-up (the beginning, where there is none) to the last arrival.

    Args:
        held: (path, lightpaths of the request) -> slots x time on each link of the path.
        links: Number of links.
        capacity: Slots x time of a link.
    """
    parts: list[list[float]] = [[] for _ in range(links)]
    for (path, _), slot_time in held.items():
        for link in path.links:
            parts[link].append(slot_time)
    # Summed exactly, so that the order of the paths does not matter.
    return [fsum(part) / capacity if capacity > 0 else 0.0 for part in parts]
