"""What an iteration leaves to the statistics."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
        slots: First and last slot of each allocation that lasted, where they are asked for.
        unserved: Gb/s that requests which were carried in part did not get.
        offered: For each bandwidth class, the number of requests; None where the quotas say it.
        weights: (bandwidth, format, weight of the path) -> number of allocations, where something
            else than length orders the paths; None where length does.
    """

    __slots__ = (
        "blocked", "lightpaths", "offered", "requests", "slots", "throughput", "unreachable",
        "unserved", "usage", "weights",
    )  # fmt: skip

    def __init__(self, blocked: list[int]) -> None:
        self.blocked = blocked
        self.unreachable = 0
        self.lightpaths: Counter[tuple[Lightpath, int]] = Counter()
        self.requests: Counter[tuple[Path, int]] = Counter()
        self.usage: list[int] | None = None
        self.throughput: list[float] | None = None
        self.slots: list[tuple[int, int]] = []
        self.unserved = 0
        self.offered: list[int] | None = None
        self.weights: Counter[tuple[str, str, float]] | None = None
