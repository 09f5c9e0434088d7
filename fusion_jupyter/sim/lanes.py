"""Lanes, the units of spectrum on a link: one for each core and band.

The order of the lanes is the order in which they are tried. FUSION tries all bands of a core before
the next core; with ``spectrum_priority = BSC`` all cores of a band before the next band; with
``allocation_method = priority_first`` the cores of a seven-core fibre in an order that keeps
neighbours apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Bands in the order in which they are tried, by the letter of their option (``c_band`` ...).
BANDS = ("c", "l", "s", "o", "e")
#: Order of cores under ``priority_first``; a seven-core fibre has its seventh core in the middle.
PRIORITY_CORES = (0, 2, 4, 1, 3, 5, 6)


class Lane(NamedTuple):
    """One band on one core.

    Attributes:
        core: The core's number, from 0.
        band: The band's letter.
        slots: Its width in slots.
    """

    core: int
    band: str
    slots: int


def make_lanes(
    cores: Sequence[int], bands: Mapping[str, int], *, bands_outermost: bool = False
) -> tuple[Lane, ...]:
    """Return lanes in the order in which they are tried.

    Args:
        cores: The cores in the order in which they are tried.
        bands: Band -> slots, in the order in which bands are tried.
        bands_outermost: Whether all cores of a band come before the next band.

    >>> [lane[:2] for lane in make_lanes((0, 1), {"c": 40, "l": 60})]
    [(0, 'c'), (0, 'l'), (1, 'c'), (1, 'l')]
    """
    if bands_outermost:
        pairs = [(core, band) for band in bands for core in cores]
    else:
        pairs = [(core, band) for core in cores for band in bands]
    return tuple(Lane(core, band, bands[band]) for core, band in pairs)
