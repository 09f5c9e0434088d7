"""Exact means and deviations of weighted values.

FUSION's figures come from the ``statistics`` module, which sums exactly and rounds once. So do
these, in integer arithmetic over distinct values and their counts.
"""

from __future__ import annotations

import math
from typing import NamedTuple


class Summary(NamedTuple):
    """Mean, sample standard deviation (0 for a single value), minimum and maximum."""

    mean: float
    std: float
    min: float
    max: float


class Moments:
    """Exact sum and sum of squares of values; memory does not grow with their number.

    Args:
        count: Number of values so far.
        total: Their sum, in units of 2 ** -bits.
        squares: The sum of their squares, in units of 2 ** (-2 * bits).
        bits: See `total`.
        extremes: Their minimum and maximum.

    >>> moments = Moments()
    >>> for value in (0.0, 0.5, 1.0): moments.add(value)
    >>> moments.mean(), moments.variance()
    (0.5, 0.25)
    """

    def __init__(
        self,
        count: int = 0,
        total: int = 0,
        squares: int = 0,
        bits: int = 0,
        extremes: tuple[float, float] = (math.inf, -math.inf),
    ) -> None:
        self.count = count
        self._sum = total
        self._squares = squares
        self._bits = bits
        self._least, self._greatest = extremes

    def add(self, value: float, times: int = 1) -> None:
        """Add a value the given number of times."""
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
        self._least = min(self._least, value)
        self._greatest = max(self._greatest, value)

    def summary(self) -> Summary | None:
        """Return a summary; None if there are no values."""
        if not self.count:
            return None
        return Summary(self.mean(), self.deviation(), float(self._least), float(self._greatest))

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
    # Shift until the root has more bits than a double, and record in an extra lowest bit whether
    # anything was truncated: the conversion to float then rounds correctly.
    shift = max(0, 128 + denominator.bit_length() - numerator.bit_length()) // 2
    quotient, rest = divmod(numerator << (2 * shift), denominator)
    root = math.isqrt(quotient)
    inexact = rest != 0 or root * root != quotient
    return math.ldexp(float(root << 1 | inexact), -shift - 1)
