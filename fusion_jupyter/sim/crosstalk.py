"""Crosstalk between the cores of a fibre: as the cost of a link, and as a limit on lightpaths.

FUSION assumes a seven-core fibre: cores 0 to 5 in a ring, core 6 in the middle. Sums are computed
in its order, slot by slot, because their last digits can decide between paths.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from fusion_jupyter.sim.ordering import StateOrdering
from fusion_jupyter.sim.paths import SpurSearch, length_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fusion_jupyter.sim.allocation import KnownSpectrum
    from fusion_jupyter.sim.config import SimConfig
    from fusion_jupyter.sim.lanes import Lane
    from fusion_jupyter.sim.lightpath import Lightpath, Path
    from fusion_jupyter.sim.paths import Neighbours
    from fusion_jupyter.sim.routing import RouteTable

#: Cost of a link without a free slot.
FULL_LINK = 1000.0
#: Length of a fibre span in km.
SPAN = 100.0
#: Mean crosstalk of a fibre, per metre and neighbouring core.
MEAN_CROSSTALK = 3.78e-9


def ring_neighbours(core: int) -> tuple[int, int, int]:
    """Return the cores beside one in the ring of six, and the one in the middle.

    >>> ring_neighbours(0)
    (5, 1, 6)
    """
    return (5 if core == 0 else core - 1), (0 if core == 5 else core + 1), 6


class CrosstalkOrdering(StateOrdering):
    """Orders by crosstalk: only the path with the least sum of its links' crosstalk costs.

    The cost of a link is the mean, over its free slots, of the share of neighbouring cores that
    carry data in the same slot; ``xt_type`` determines the influence of the link's length.

    Args:
        table: Candidate paths, and the lightpaths to try on them.
        config: The configuration.
        spectrum: The spectrum of all links.
    """

    def __init__(self, table: RouteTable, config: SimConfig, spectrum: KnownSpectrum) -> None:
        super().__init__(table)
        self._spectrum = spectrum
        self._kind, self._beta = config.crosstalk_cost
        self._links = table.links
        self._lengths = table.lengths
        self._longest = max(table.lengths)
        self._cores = _by_band(config.lanes, config.cores_per_link)
        cores = config.cores_per_link
        self._neighbours = [_neighbours(core, cores) for core in range(cores)]
        self._ends = table.link_ends
        self._costs: Neighbours = table.finder.copy_neighbours()
        for link in range(self._links):
            self._price(link)

    def rank(self, pair: int) -> dict[Path, float]:
        """Return the path of least cost."""
        for link in {index % self._links for index in self._spectrum.changed}:
            self._price(link)
        self._spectrum.changed.clear()
        (route,) = SpurSearch(self._costs, *divmod(pair, self.table.nodes)).first(1)
        path = self.table.make_path(route, 0)
        return {path: length_of(self._costs, route)}

    def _price(self, link: int) -> None:
        """Recompute a link's cost."""
        cost, length = self._crosstalk(link), self._lengths[link]
        if self._kind == "with_length":
            cost = length / self._longest * self._beta + (1 - self._beta) * cost
        elif self._kind == "without_length":
            cost = length / SPAN * cost
        source, target = self._ends[link]
        self._costs[source][target] = self._costs[target][source] = cost

    def _crosstalk(self, link: int) -> float:
        free, data = self._spectrum.free, self._spectrum.data
        total, slots = 0.0, 0
        for lanes in self._cores.values():
            for core, lane in enumerate(lanes):
                open_slots = free[lane * self._links + link]
                slots += open_slots.bit_count()
                beside = [
                    data[lanes[other] * self._links + link] for other in self._neighbours[core]
                ]
                union = 0
                for mask in beside:
                    union |= mask
                disturbed = open_slots & union
                while disturbed:
                    slot = disturbed & -disturbed
                    disturbed ^= slot
                    total += float(sum(1 for mask in beside if mask & slot)) / len(beside)
        return total / slots if slots else FULL_LINK


def _by_band(lanes: Sequence[Lane], cores: int) -> dict[str, list[int]]:
    """Return, for each band, the lane of each core."""
    found: dict[str, list[int]] = {}
    for number, lane in enumerate(lanes):
        found.setdefault(lane.band, [-1] * cores)[lane.core] = number
    return found


def _neighbours(core: int, cores: int) -> list[int]:
    """Return the neighbours that count in a link's cost: those that exist in the fibre."""
    if core == 6:
        return list(range(6))
    before, after, middle = ring_neighbours(core)
    return [neighbour for neighbour in (middle, before, after) if neighbour < cores]


class CrosstalkLimit:
    """Rejects lightpaths whose crosstalk exceeds the limit of their format.

    Args:
        config: The configuration.
        lengths: Length of each link in km.
        spectrum: The spectrum of all links.
    """

    def __init__(
        self, config: SimConfig, lengths: Sequence[float], spectrum: KnownSpectrum
    ) -> None:
        assert config.quality is not None
        self._limits: Mapping[str, float] = config.quality.limits
        self._guard_slots = config.guard_slots
        self._spectrum = spectrum
        self._links = len(lengths)
        self._of_one_core = [_crosstalk_of(length) for length in lengths]
        cores = _by_band(config.lanes, config.cores_per_link)
        self._beside = []
        for lane in config.lanes:
            around = range(6) if lane.core == 6 else ring_neighbours(lane.core)
            self._beside.append([cores[lane.band][core] for core in around])

    def __call__(self, lightpath: Lightpath, lane: int, taken: int) -> bool:
        """Return whether a lightpath's crosstalk is acceptable."""
        # As in FUSION, the slots considered are those up to its "end slot": with a guard slot they
        # are the lightpath's slots, guard included; without one the last is excluded.
        looked_at = taken if self._guard_slots else taken & ~(1 << (taken.bit_length() - 1))
        data = self._spectrum.data
        total = 0.0
        for link in lightpath.path.links:
            beside = [data[other * self._links + link] for other in self._beside[lane]]
            most = 0
            disturbed = looked_at & _any(beside)
            while disturbed:
                slot = disturbed & -disturbed
                disturbed ^= slot
                most = max(most, sum(1 for mask in beside if mask & slot))
            total += self._of_one_core[link] * most
        if total == 0:
            return True
        return 10 * math.log10(total) < self._limits[lightpath.modulation]


def _any(masks: Sequence[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union


def _crosstalk_of(length: float) -> float:
    """Return the crosstalk from one neighbouring core over a length in km."""
    power = math.exp(-2 * MEAN_CROSSTALK * length * 1e3)
    return (1 - power) / (1 + power)
