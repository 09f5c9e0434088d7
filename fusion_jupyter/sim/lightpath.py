"""The carriers of requests: candidate paths, lightpaths on them, and slices of equal lightpaths.

The objects compare and hash by identity: they are counted by the million, and each exists once.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple


@cache
def run_shifts(width: int) -> tuple[int, ...]:
    """Return the shifts s for which ``for s: free &= free >> s`` leaves the starts of runs.

    Afterwards bit i is set when slots i to i + width - 1 were all free. Doubling makes the number
    of shifts logarithmic in the width.

    >>> run_shifts(5)
    (1, 2, 1)
    """
    shifts = []
    reached = 1
    while reached < width:
        step = min(reached, width - reached)
        shifts.append(step)
        reached += step
    return tuple(shifts)


class Path:
    """A candidate path.

    Attributes:
        rank: Its position among the candidates in order of trial, from 0.
        links: Indices of its links.
        length: Length in km.
        lanes: For each lane, the indices of its links in the spectrum, lane by lane.
        measures: The quantities summed over it, see :mod:`.tally`.
    """

    __slots__ = ("lanes", "length", "links", "measures", "rank")

    def __init__(
        self,
        rank: int,
        links: tuple[int, ...],
        length: float,
        lanes: tuple[tuple[int, ...], ...],
        measures: int,
    ) -> None:
        self.rank = rank
        self.links = links
        self.length = length
        self.lanes = lanes
        self.measures = measures


class Lightpath:
    """A way to carry a bandwidth class on a path.

    Attributes:
        path: The path.
        bandwidth: The bandwidth class it carries, in Gb/s.
        modulation: The modulation format.
        width: Contiguous slots it takes, guard included.
        shifts: How to find a run of this width, see :func:`~.spectrum.run_shifts`.
        lanes: The path's, see :class:`Path`.
    """

    __slots__ = ("bandwidth", "lanes", "modulation", "path", "shifts", "width")

    def __init__(self, path: Path, bandwidth: str, modulation: str, width: int) -> None:
        self.path = path
        self.bandwidth = bandwidth
        self.modulation = modulation
        self.width = width
        self.shifts = run_shifts(width)
        self.lanes = path.lanes


class Slicing(NamedTuple):
    """A way to carry a request in equal pieces, all on one path.

    Attributes:
        pieces: Number of pieces.
        lightpath: The lightpath of each piece.
    """

    pieces: int
    lightpath: Lightpath
