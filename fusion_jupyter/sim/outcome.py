"""What an iteration leaves to the statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusion_jupyter.sim.tally import Tally

if TYPE_CHECKING:
    from collections import Counter


class Outcome:
    """What became of the requests of one iteration; those of the warm-up are left out.

    Attributes:
        blocked: For each bandwidth class, the number of blocked requests.
        unreachable: Blocked requests for which no path had a format that reaches.
        allocations: (bandwidth, format, lane) -> paths of the allocations that lasted, pieces of
            sliced requests included.
        carried: Paths of the requests that were carried.
        ranks: Carried requests by the rank of their path.
        transponders: Lightpaths that the carried requests asked for.
        usage: For each link, the number of allocations; see :meth:`Simulator.iterate`.
        throughput: For each link, Gb/s x time carried; see :meth:`Simulator.iterate`.
        slot_time: For each link, the share of its slots and of the time in use, guard slots
            included, from the end of the warm-up (the beginning, where there is none) to the last
            arrival. None where arrival times are not known.
        slots: First and last slot of each allocation that lasted, where they are asked for.
        unserved: Gb/s that requests which were carried in part did not get.
        offered: For each bandwidth class, the number of requests; None where the quotas say it.
        weights: (bandwidth, format, weight of the path) -> number of allocations, where something
            else than length orders the paths; None where length does.
    """

    def __init__(self, blocked: list[int]) -> None:
        self.blocked = blocked
        self.unreachable = 0
        self.allocations: dict[tuple[str, str, int], Tally] = {}
        self.carried = Tally()
        self.ranks: list[int] = []
        self.transponders = 0
        self.usage: list[int] | None = None
        self.throughput: list[float] | None = None
        self.slot_time: list[float] | None = None
        self.slots: list[tuple[int, int]] = []
        self.unserved = 0
        self.offered: list[int] | None = None
        self.weights: Counter[tuple[str, str, float]] | None = None
