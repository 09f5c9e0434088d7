"""The outcome of an iteration, for the statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusion_jupyter.sim.tally import Tally

if TYPE_CHECKING:
    from collections import Counter


class Outcome:
    """The outcome of the requests of one iteration, without those of the warm-up.

    Attributes:
        blocked: For each bandwidth class, the number of blocked requests.
        unreachable: Blocked requests without a format of sufficient reach on any path.
        allocations: (bandwidth, format, lane) -> paths of the allocations that lasted, pieces of
            sliced requests included.
        carried: Paths of the requests that were carried.
        ranks: Carried requests by the rank of their path.
        transponders: Lightpaths requested by the carried requests.
        usage: For each link, the number of allocations; see :meth:`Simulator.iterate`.
        throughput: For each link, Gb/s x time carried; see :meth:`Simulator.iterate`.
        slot_time: For each link, the share of its slots and of the time in use, guard slots
            included, from the end of the warm-up (or the beginning) to the last arrival. None if
            arrival times are unknown.
        slots: First and last slot of each allocation that lasted, if requested.
        unserved: Gb/s not served of requests that were carried in part.
        offered: For each bandwidth class, the number of requests; None if given by the quotas.
        weights: (bandwidth, format, weight of the path) -> number of allocations, if paths are not
            ordered by length; else None.
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
