"""Exact means and deviations of weighted values.

FUSION's figures come from the ``statistics`` module, which sums exactly and rounds once. So do
these, in integer arithmetic over distinct values and their counts.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Summary(NamedTuple):
    """Mean, sample standard deviation (0 for a single value), least and greatest value."""

    mean: float
    std: float
    min: float
    max: float


class Moments:
    """Running exact sum and sum of squares; memory does not grow with the number of values.

    >>> moments = Moments()
    >>> for value in (0.0, 0.5, 1.0): moments.add(value)
    >>> moments.mean(), moments.variance()
    (0.5, 0.25)
    """

    def __init__(self) -> None:
        self.count = 0
        self._bits = 0  # sums are held in units of 2 ** -bits
        self._sum = 0
        self._squares = 0

    def add(self, value: float, times: int = 1) -> None:
        """Add a value, as often as given."""
        numerator, denominator = float(value).as_integer_ratio()
        bits = denominator.bit_length() - 1
        if bits > self._bits:
            self._sum <<= bits - self._bits
            self._squares <<= 2 * (bits - self._bits)
            self._bits = bits
        scaled = numerator << (self._bits - bits)
        self.count += times
        self._sum += times * scaled
        self._squares += times * scaled * scaled

    def mean(self) -> float:
        """Return the mean, correctly rounded; there must be at least one value."""
        return self._sum / (self.count << self._bits)

    def variance(self) -> float:
        """Return the sample variance, correctly rounded; there must be at least two values."""
        numerator, denominator = self._variance_ratio()
        return numerator / denominator

    def deviation(self) -> float:
        """Return the sample standard deviation, correctly rounded; 0 for a single value."""
        return _sqrt_ratio(*self._variance_ratio()) if self.count > 1 else 0.0

    def _variance_ratio(self) -> tuple[int, int]:
        numerator = self.count * self._squares - self._sum * self._sum
        return numerator, self.count * (self.count - 1) << (2 * self._bits)


def _sqrt_ratio(numerator: int, denominator: int) -> float:
    """Return the square root of a ratio of integers, correctly rounded."""
    if not numerator:
        return 0.0
    # Shift until the root has more bits than a double, and keep whether anything was cut off in
    # an extra lowest bit: the conversion to float then rounds the right way.
    shift = max(0, 128 + denominator.bit_length() - numerator.bit_length()) // 2
    quotient, rest = divmod(numerator << (2 * shift), denominator)
    root = math.isqrt(quotient)
    inexact = rest != 0 or root * root != quotient
    return math.ldexp(float(root << 1 | inexact), -shift - 1)


def summarize(counts: Mapping[float, int]) -> Summary | None:
    """Summarize values given as value -> count; None when there are none.

    >>> summarize({1.0: 1, 3.0: 1})
    Summary(mean=2.0, std=1.4142135623730951, min=1.0, max=3.0)
    """
    if not counts:
        return None
    moments = Moments()
    for value, times in counts.items():
        moments.add(value, times)
    return Summary(moments.mean(), moments.deviation(), float(min(counts)), float(max(counts)))
