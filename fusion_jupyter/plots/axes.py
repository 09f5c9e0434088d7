"""The axis of a probability: limits fitted to the data, and where its ticks stand."""

from __future__ import annotations

import math

#: Below so many decades 2 and 5 are labelled as well, and numbers are written out.
_NARROW = 2.0
#: Air above and below the data, as a share of the axis.
_AIR = 0.05
#: The least that an axis spans, in decades.
_LEAST = 0.5


def limits(lowest: float, highest: float) -> tuple[float, float]:
    """The limits of a logarithmic axis for values from `lowest` to `highest`.

    The upper one is at most 1, or the highest value.

    Example:
        >>> low, high = limits(0.001, 0.1)
        >>> round(low, 5), round(high, 3)
        (0.00079, 0.126)
    """
    bottom, top = math.log10(lowest), math.log10(max(lowest, highest))
    missing = max(0.0, _LEAST - (top - bottom))
    bottom, top = bottom - missing / 2, top + missing / 2
    air = _AIR * (top - bottom)
    most = max(0.0, math.log10(highest))
    return float(10 ** (bottom - air)), float(10 ** min(top + air, most))


def ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Where labels stand on a logarithmic axis, and what they read.

    Every power of ten; where the axis spans less than two decades 2 and 5 as well.

    Example:
        >>> [label for _, label in ticks(0.004, 0.12)]
        ['0.005', '0.01', '0.02', '0.05', '0.1']
    """
    bottom, top = math.log10(low), math.log10(high)
    narrow = top - bottom < _NARROW
    found = []
    for exponent in range(math.floor(bottom), math.ceil(top) + 1):
        for step in (1, 2, 5) if narrow else (1,):
            value = float(f"{step}e{exponent}")
            if bottom - 1e-9 <= math.log10(value) <= top + 1e-9:
                found.append((value, _label(step, exponent, narrow)))
    return found


def _label(step: int, exponent: int, narrow: bool) -> str:
    if narrow and exponent > -5:
        return f"{step}e{exponent}" if exponent > 0 else f"{step * 10.0**exponent:.5g}"
    factor = "" if step == 1 else rf"{step}\cdot "
    return f"${factor}10^{{{exponent}}}$"
