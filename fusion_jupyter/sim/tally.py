"""Exact sums over lightpaths and requests, for means and deviations.

The measures of a path — 1, its hops, its length, its rounded length, and their squares — are packed
into one integer, each in a field wide enough for any sum. One multiplication and one addition then
count a path with all its measures, in Python as in the compiled kernel, and no sum is ever rounded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusion_jupyter.sim.summary import Moments

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fusion_jupyter.sim.lightpath import Path

#: Digits to which lengths are rounded where FUSION rounds them.
DIGITS = 2
#: Fields of the measures: 1, then hops, length and rounded length, each with its square.
FIELDS = 7
#: Fractional bits needed by any non-zero length rounded to 10 m.
ROUNDED_BITS = 60
#: Bits for the number of allocations of an iteration.
COUNT_BITS = 48


class Scale:
    """The layout of the measures of a network's paths in an integer.

    Args:
        lengths: Length of each link in km; no path is longer than all of them together.

    Attributes:
        bytes: Size of a path's measures, and of any sum of them.
    """

    def __init__(self, lengths: Iterable[float]) -> None:
        # A sum of lengths, rounded or not, has no bits below the lowest bit of any of them.
        ratios = [length.as_integer_ratio() for length in lengths]
        self._bits = max(ROUNDED_BITS, *(bottom.bit_length() - 1 for _, bottom in ratios))
        longest = sum(-(-top // bottom) for top, bottom in ratios) + 1
        field = COUNT_BITS + 2 * (self._bits + longest.bit_length())
        self._field = -(-field // 64) * 64
        self._mask = (1 << self._field) - 1
        self.bytes = self._field // 8 * FIELDS

    def measures(self, length: float, hops: int) -> int:
        """Return the measures of a path."""
        exact, rounded = self._fixed(length), self._fixed(round(length, DIGITS))
        measures = 0
        for value in (rounded**2, rounded, exact**2, exact, hops**2, hops, 1):
            measures = measures << self._field | value
        return measures

    def count(self, tally: Tally) -> int:
        """Return the number of counted paths."""
        return tally.total & self._mask

    def moments(self, tally: Tally) -> tuple[Moments, Moments, Moments]:
        """Return hops, lengths and rounded lengths of the counted paths."""
        if not tally.total:
            return Moments(), Moments(), Moments()
        sums = [tally.total >> field * self._field & self._mask for field in range(FIELDS)]
        count, hops, hops2, length, length2, rounded, rounded2 = sums
        extremes = round(tally.lengths[0], DIGITS), round(tally.lengths[1], DIGITS)
        return (
            Moments(count, hops, hops2, 0, tally.hops),
            Moments(count, length, length2, self._bits, tally.lengths),
            Moments(count, rounded, rounded2, self._bits, extremes),
        )

    def _fixed(self, length: float) -> int:
        top, bottom = length.as_integer_ratio()
        return (top << self._bits) // bottom


class Tally:
    """Sums over paths, each counted as often as it was used.

    Attributes:
        total: The sum of their measures.
        lengths: Minimum and maximum length in km.
        hops: Minimum and maximum number of hops.
    """

    __slots__ = ("hops", "lengths", "total")

    def __init__(
        self,
        total: int = 0,
        lengths: tuple[float, float] = (float("inf"), 0.0),
        hops: tuple[int, int] = (1 << 30, 0),
    ) -> None:
        self.total = total
        self.lengths = lengths
        self.hops = hops

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tally) and all(
            getattr(self, name) == getattr(other, name) for name in self.__slots__
        )

    def __hash__(self) -> int:
        return hash(self.total)

    def count(self, path: Path, times: int) -> None:
        """Count a path."""
        self.total += times * path.measures
        self._widen((path.length, path.length), (len(path.links), len(path.links)))

    def add(self, other: Tally) -> None:
        """Add the counts of another tally."""
        self.total += other.total
        self._widen(other.lengths, other.hops)

    def _widen(self, lengths: tuple[float, float], hops: tuple[int, int]) -> None:
        self.lengths = min(self.lengths[0], lengths[0]), max(self.lengths[1], lengths[1])
        self.hops = min(self.hops[0], hops[0]), max(self.hops[1], hops[1])
