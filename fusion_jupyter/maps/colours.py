"""The colours of a scale on white, from low to high, ordered in greyscale too."""

from __future__ import annotations

from itertools import pairwise

_STOPS = (
    (0.0, (190, 214, 235)),
    (0.35, (107, 171, 214)),
    (0.7, (33, 110, 178)),
    (1.0, (8, 42, 94)),
)
#: Colour of a link without data, which is also dashed.
UNKNOWN = "#8a929b"


def colour(share: float) -> str:
    """The colour at this share of the scale.

    Example:
        >>> colour(0.0), colour(1.0)
        ('#bed6eb', '#082a5e')
    """
    share = min(1.0, max(0.0, share))
    for (low, start), (high, end) in pairwise(_STOPS):
        if share <= high:
            part = (share - low) / (high - low)
            mixed = [round(a + part * (b - a)) for a, b in zip(start, end, strict=True)]
            return "#{:02x}{:02x}{:02x}".format(*mixed)
    raise AssertionError


def width(share: float) -> float:
    """The width of a link's line at this share of the scale, in pixels."""
    return 1.8 + 3.6 * min(1.0, max(0.0, share))
