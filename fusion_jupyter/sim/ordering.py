"""The order in which candidate paths are tried: fixed, or by the state of the network.

The fixed order is that of :class:`~.routing.RouteTable`, which is itself an ordering with the two
methods that the engine needs. The others inspect the spectrum when a request arrives.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Protocol

from fusion_jupyter.sim.sorting import argsort, mean

if TYPE_CHECKING:
    from fusion_jupyter.sim.config import SimConfig
    from fusion_jupyter.sim.lightpath import Lightpath, Path, Slicing
    from fusion_jupyter.sim.routing import RouteTable
    from fusion_jupyter.sim.spectrum import Spectrum

#: Weight of congestion against length in congestion-aware routing.
ALPHA = 0.3


class Ordering(Protocol):
    """The methods that the engine calls for each request, in this order."""

    def lightpaths(self, pair: int, bandwidth_class: int) -> tuple[Lightpath, ...]:
        """Return the lightpaths that may carry it in one piece, in the order of trial."""

    def slicings(self, pair: int, bandwidth_class: int) -> tuple[Slicing, ...]:
        """Return the ways to slice it, in the order of trial."""


class StateOrdering:
    """An ordering that depends on the state of the network.

    Args:
        table: Candidate paths, and what may be tried on them.

    Attributes:
        weight: For each path tried for the current request, the score that decided its rank.
    """

    def __init__(self, table: RouteTable) -> None:
        self.table = table
        self.weight: dict[Path, float] = {}

    def lightpaths(self, pair: int, bandwidth_class: int) -> tuple[Lightpath, ...]:
        """Return the lightpaths that may carry a request in one piece, in the order of trial."""
        self.weight = self.rank(pair)
        on_path = self.table.on_path
        return tuple(chain.from_iterable(on_path(path, bandwidth_class) for path in self.weight))

    def slicings(self, pair: int, bandwidth_class: int) -> tuple[Slicing, ...]:
        """Return the ways to slice the request of the last call of :meth:`lightpaths`."""
        on_path = self.table.slicings_on_path
        return tuple(chain.from_iterable(on_path(path, bandwidth_class) for path in self.weight))

    def rank(self, pair: int) -> dict[Path, float]:
        """Return the paths in order of trial, with the score that decided it."""
        raise NotImplementedError


class CongestionOrdering(StateOrdering):
    """The k shortest paths, those with little congestion in the C band first.

    The score of a path is 0.3 times the mean share of slots taken on its links, plus 0.7 times its
    length over that of the longest candidate; the lowest is tried first.

    Args:
        table: Candidate paths, and what may be tried on them.
        config: The configuration.
        spectrum: The spectrum of all links.
    """

    def __init__(self, table: RouteTable, config: SimConfig, spectrum: Spectrum) -> None:
        super().__init__(table)
        self._spectrum = spectrum
        self._lanes = [number for number, lane in enumerate(config.lanes) if lane.band == "c"]
        # Cores that are never tried also count, as free.
        self._usable = len(self._lanes) * config.c_band
        self._slots = config.cores_per_link * config.c_band

    def rank(self, pair: int) -> dict[Path, float]:
        """Return the paths in the order of their score."""
        paths = self.table.paths(pair)
        longest = max(path.length for path in paths) or 1.0
        scores = [
            ALPHA * self._congestion(path) + (1.0 - ALPHA) * (path.length / longest)
            for path in paths
        ]
        return {
            # With another rank it is a different path, because statistics count by rank.
            self.table.at_rank(paths[number], rank): scores[number]
            for rank, number in enumerate(argsort(scores))
        }

    def _congestion(self, path: Path) -> float:
        free = self._spectrum.free
        return mean(
            [
                float(self._usable - sum(free[hop].bit_count() for hop in hops)) / self._slots
                for hops in zip(*(path.lanes[lane] for lane in self._lanes), strict=True)
            ]
        )
