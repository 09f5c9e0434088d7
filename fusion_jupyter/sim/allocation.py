"""Slot allocation methods other than first fit, and spectrum that knows its contents.

All of them consider the gaps that are free on every link of a path. A gap is wide enough if the
lightpath fits into it with its guard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from fusion_jupyter.sim.spectrum import Spectrum

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from fusion_jupyter.sim.lanes import Lane
    from fusion_jupyter.sim.lightpath import Lightpath
    from fusion_jupyter.sim.spectrum import Allocation

    #: Finds the lowest slot for a width (with guard) among the slots free on a path, as a bit.
    Choice: TypeAlias = Callable[[int, Lightpath], int]
    #: Whether a lightpath's quality allows it on a lane in these slots.
    Check: TypeAlias = Callable[[Lightpath, int, int], bool]


def _starts(free: int, lightpath: Lightpath) -> int:
    """Return the slots at which a lightpath can start, as a bit mask."""
    for shift in lightpath.shifts:
        free &= free >> shift
    return free


def _gaps(free: int) -> Iterator[tuple[int, int]]:
    """Yield each gap, lowest first: its first slot as a bit, and its width."""
    while free:
        lowest = free & -free
        run = free // lowest
        width = (~run & (run + 1)).bit_length() - 1
        yield lowest, width
        free &= ~((lowest << width) - lowest)


def lowest_slot(free: int, lightpath: Lightpath) -> int:
    """Return the lowest slot that fits, as a bit; 0 if none does."""
    starts = _starts(free, lightpath)
    return starts & -starts


def highest_slot(free: int, lightpath: Lightpath) -> int:
    """Return the highest slot that fits, as a bit; 0 if none does."""
    starts = _starts(free, lightpath)
    return 1 << (starts.bit_length() - 1) if starts else 0


def best_slot(free: int, lightpath: Lightpath) -> int:
    """Return the first slot of the smallest gap that is wide enough, the lowest of several."""
    fitting = [(width, lowest) for lowest, width in _gaps(free) if width >= lightpath.width]
    return min(fitting)[1] if fitting else 0


def exact_slot(free: int, lightpath: Lightpath) -> int:
    """Return the first slot of the lowest gap of exactly the width, else the lowest that fits."""
    for lowest, width in _gaps(free):
        if width == lightpath.width:
            return lowest
    return lowest_slot(free, lightpath)


#: Name in a configuration -> how slots are chosen.
CHOICES: dict[str, Choice] = {
    "first_fit": lowest_slot,
    "last_fit": highest_slot,
    "best_fit": best_slot,
    "exact_fit": exact_slot,
}


class KnownSpectrum(Spectrum):
    """Spectrum that also distinguishes data from guards and knows where lightpaths start.

    Args:
        lanes: The lanes of each link.
        links: Number of links.
        guard_slots: Guard slots above each lightpath, 0 or 1.
        choice: How slots are chosen on a lane.
        checks: Checks that must all pass before a lightpath is set up; if one fails, the next
            lightpath is tried.

    Attributes:
        data: Slots that carry data, as bit masks like :attr:`free`.
        starts: The first slot of each lightpath, as bit masks.
        changed: Indices of the masks that have changed since this was last cleared.
    """

    def __init__(
        self,
        lanes: Sequence[Lane],
        links: int,
        guard_slots: int,
        choice: Choice = lowest_slot,
        checks: Iterable[Check] = (),
    ) -> None:
        super().__init__(lanes, links)
        self.data = [0] * len(self.free)
        self.starts = [0] * len(self.free)
        self.changed: set[int] = set()
        self.checks = list(checks)
        self._choice = choice
        self._guard_slots = guard_slots

    def allocate(self, lightpaths: Iterable[Lightpath]) -> Allocation | None:
        """Take spectrum for the first lightpath that fits and whose quality allows it."""
        for lightpath in lightpaths:
            allocation = self._find(lightpath)
            if allocation and all(check(*allocation) for check in self.checks):
                self._flip(allocation)
                return allocation
        return None

    def release(self, allocation: Allocation) -> None:
        """Give an allocation's slots back."""
        self._flip(allocation)

    def _find(self, lightpath: Lightpath) -> Allocation | None:
        for lane, links in enumerate(lightpath.lanes):
            free = -1
            for link in links:
                free &= self.free[link]
            lowest = self._choice(free, lightpath)
            if lowest:
                return lightpath, lane, (lowest << lightpath.width) - lowest
        return None

    def _flip(self, allocation: Allocation) -> None:
        lightpath, lane, taken = allocation
        start = taken & -taken
        data = (start << (lightpath.width - self._guard_slots)) - start
        for link in lightpath.lanes[lane]:
            self.free[link] ^= taken
            self.data[link] ^= data
            self.starts[link] ^= start
        self.changed.update(lightpath.lanes[lane])
