"""First fit on bit masks.

The free slots of a link's lane are one Python integer: bit i is set while slot i is free. The slots
free on a whole path are the AND of its links; a run of n free slots is found by ANDing that with
itself shifted; the lowest set bit is the first fit. A few operations on machine words replace a
scan over slots, and the width of the band hardly matters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fusion_jupyter.sim.lanes import Lane
    from fusion_jupyter.sim.lightpath import Lightpath

    #: What an allocation holds: a lightpath, its lane, and its slots as a bit mask.
    Allocation: TypeAlias = tuple[Lightpath, int, int]


def first_fit(free: list[int], lightpaths: Iterable[Lightpath]) -> Allocation | None:
    """Allocate spectrum for the first lightpath that fits, on its first lane, at its lowest slot.

    Args:
        free: Free slots as bit masks, for each lane all links; changed in place.
        lightpaths: The lightpaths to try, in order.

    Returns:
        The lightpath, its lane, and the slots taken as a bit mask; None when nothing fits.

    The run must fit below the edge of the band with its guard: there are no bits above.
    """
    for lightpath in lightpaths:
        shifts = lightpath.shifts
        for lane, links in enumerate(lightpath.lanes):
            run = -1
            for link in links:
                run &= free[link]
            for shift in shifts:
                run &= run >> shift
            if run:
                lowest = run & -run
                taken = (lowest << lightpath.width) - lowest
                for link in links:
                    free[link] ^= taken
                return lightpath, lane, taken
    return None


def release(free: list[int], links: Iterable[int], taken: int) -> None:
    """Release slots.

    Args:
        free: Free slots as bit masks; changed in place.
        links: Indices into ``free``.
        taken: The slots as :func:`first_fit` returned them.
    """
    for link in links:
        free[link] ^= taken


class Spectrum:
    """The spectrum of all links, empty at first; lightpaths take it by first fit.

    Args:
        lanes: The lanes of each link.
        links: Number of links.

    Attributes:
        free: Free slots as bit masks, for each lane all links.
    """

    def __init__(self, lanes: Iterable[Lane], links: int) -> None:
        self.free = [(1 << lane.slots) - 1 for lane in lanes for _ in range(links)]

    def allocate(self, lightpaths: Iterable[Lightpath]) -> Allocation | None:
        """Allocate spectrum for the first lightpath that can be set up; see :func:`first_fit`."""
        return first_fit(self.free, lightpaths)

    def release(self, allocation: Allocation) -> None:
        """Give an allocation's slots back."""
        lightpath, lane, taken = allocation
        free = self.free
        for link in lightpath.lanes[lane]:
            free[link] ^= taken
