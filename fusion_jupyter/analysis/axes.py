"""Axes of a chart of blocking over load: one rule for live charts, fallback HTML and figures.

Blocking spans decades, so its axis is logarithmic, and a logarithmic axis has no zero: loads
without blocked requests are shown in a separate row below the axis, never at a value.
js/src/charts/axes.ts mirrors this module; tests/contracts/axes.json checks both for the same limits
and ticks. Uses only the standard library.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

#: No simulation observes less, and no program measures more: values beyond are drawn at the limit.
SMALLEST, LARGEST = 1e-15, 1e15
#: Limits if there is no value yet.
_EMPTY = (1e-3, 1.0)
#: An interval that reaches below this share of its value is truncated, because it would stretch the
#: axis over decades without values.
_DEEPEST = 1 / 3
_FEWEST_POWERS, _MOST_POWERS = 3, 8
_FEWEST_TICKS = 3
_NEARLY = 1e-9
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class LogAxis:
    """A logarithmic axis.

    Attributes:
        low: Lower limit, above 0.
        high: Upper limit.
        ticks: Labelled values, ascending.
        labels: Their labels.
        none_observed: Whether some value is 0, so that the chart has a row for zeros below the
            axis.
    """

    low: float
    high: float
    ticks: tuple[float, ...]
    labels: tuple[str, ...]
    none_observed: bool

    def position(self, value: float) -> float | None:
        """Position of a value: 0 at the lower limit, 1 at the upper one; None for the row below.

        Values beyond the limits are shown at them, so that nothing is drawn outside.
        """
        if value == 0:
            return None
        inside = min(max(value, self.low), self.high)
        low, high = math.log10(self.low), math.log10(self.high)
        return (math.log10(inside) - low) / (high - low)


def log_axis(points: Iterable[tuple[float | None, float | None]]) -> LogAxis:
    """The axis for values with their intervals.

    Limits are fitted to the data: 1, 2 or 5 times a power of ten around the values above 0 and
    their intervals; probabilities end at 1. Powers of ten are labelled, at most eight; if there are
    fewer than three, also 2 and 5 times them; if these are also fewer than three, equal steps.

    Args:
        points: Mean and half width of its interval; None if unknown.

    Example:
        >>> axis = log_axis([(0.0, None), (0.012, 0.002), (0.08, None)])
        >>> axis.low, axis.high, axis.ticks, axis.none_observed
        (0.01, 0.1, (0.01, 0.02, 0.05, 0.1), True)
    """
    known = (
        (value, half if half is not None and math.isfinite(half) else 0.0)
        for value, half in points
        if value is not None
    )
    return interval_axis((value, value - half, value + half) for value, half in known)


def interval_axis(points: Iterable[tuple[float, float, float]]) -> LogAxis:
    """The axis for values whose intervals need not be symmetric; see `log_axis`.

    Args:
        points: Value and the ends of its interval; NaN, or the value itself, where it has none.
    """
    lows, highs = [], []
    none_observed = False
    largest = 0.0
    for value, low, high in points:
        if not math.isfinite(value) or value < 0:
            continue
        if value == 0:
            none_observed = True
            continue
        lows.append(max(low, value * _DEEPEST) if low < value else value)
        highs.append(high if high > value else value)
        largest = max(largest, value)
    if lows:
        least, most = (min(max(value, SMALLEST), LARGEST) for value in (min(lows), max(highs)))
        low, high = _fit(least, most, capped=largest <= 1)
    else:
        low, high = _EMPTY
    ticks = _powers(low, high)
    wide = len(ticks) >= _FEWEST_POWERS
    if not wide:
        ticks = _steps(low, high)
        if len(ticks) < _FEWEST_TICKS:
            ticks = linear_ticks(low, high, _FEWEST_TICKS + 1)
    labels = tuple(_label(tick, wide=wide) for tick in ticks)
    return LogAxis(low, high, tuple(ticks), labels, none_observed)


def linear_ticks(low: float, high: float, most: float) -> list[float]:
    """Round steps between two values: 1, 2 or 5 times a power of ten, about `most` of them.

    Example:
        >>> linear_ticks(300, 800, 5)
        [300.0, 400.0, 500.0, 600.0, 700.0, 800.0]
    """
    if not high > low:
        return [low]
    step = _ceil((high - low) / max(1.0, most))
    first = math.ceil(low / step - _NEARLY)
    last = math.floor(high / step + _NEARLY)
    return [float(f"{number * step:.12g}") for number in range(first, last + 1)]


def _power(factor: int, exponent: int) -> float:
    # The decimal text gives the nearest float; a product could be off by a digit.
    return float(f"{factor}e{exponent}")


def _decade(value: float) -> int:
    """The exponent of the largest power of ten that is not above a value."""
    exponent = math.floor(math.log10(value))
    while _power(1, exponent + 1) <= value * (1 + _NEARLY):
        exponent += 1
    while _power(1, exponent) > value * (1 + _NEARLY):
        exponent -= 1
    return exponent


def _floor(value: float) -> float:
    exponent = _decade(value)
    steps = (_power(factor, exponent) for factor in (5, 2, 1))
    return next(step for step in steps if step <= value * (1 + _NEARLY))


def _ceil(value: float) -> float:
    exponent = _decade(value)
    steps = (_power(factor, exponent) for factor in (1, 2, 5, 10))
    return next(step for step in steps if step >= value * (1 - _NEARLY))


def _fit(least: float, most: float, *, capped: bool) -> tuple[float, float]:
    low, high = _floor(least), _ceil(most)
    if capped:
        low, high = min(low, 1.0), min(high, 1.0)
    if low == high:  # one value that is a tick itself
        low = _floor(low * 0.9)
        high = high if capped and high == 1 else _ceil(high * 1.1)
    return low, high


def _powers(low: float, high: float) -> list[float]:
    """The powers of ten between the limits, thinned out if there are many."""
    exponents = [e for e in range(_decade(low), _decade(high) + 1) if _power(1, e) >= low]
    stride = max(1, math.ceil(len(exponents) / _MOST_POWERS))
    return [_power(1, exponent) for exponent in exponents[::-stride]][::-1]


def _steps(low: float, high: float) -> list[float]:
    """1, 2 and 5 times the powers of ten between the limits."""
    exponents = range(_decade(low), _decade(high) + 1)
    steps = [_power(factor, exponent) for exponent in exponents for factor in (1, 2, 5)]
    return [step for step in steps if low <= step <= high]


def _label(tick: float, *, wide: bool) -> str:
    exponent = _decade(tick)
    if not wide and -3 <= exponent <= 3:
        return f"{tick:.12g}"
    factor = f"{tick / _power(1, exponent):.6g}"
    power = f"10{str(exponent).translate(_SUPERSCRIPT)}"
    return power if factor == "1" else f"{factor}·{power}"
