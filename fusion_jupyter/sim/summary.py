"""Exact means and deviations of weighted values.

FUSION's figures come from the ``statistics`` module, which sums exactly and rounds once. So do
these, in integer arithmetic over distinct values and their counts.
"""

from __future__ import annotations

import math
from operator import mul
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


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
        self._least = math.inf
        self._greatest = -math.inf

    def add(self, value: float) -> None:
        """Add a value."""
        self.add_all([value], [1])

    def add_all(self, values: list[float] | list[int], times: Sequence[int]) -> None:
        """Add values, each as often as given."""
        if not values:
            return
        bits = 0
        scaled = list(map(int, values))
        if scaled != values:
            ratios = [float(value).as_integer_ratio() for value in values]
            bits = max(bottom for _, bottom in ratios).bit_length() - 1
            scaled = [(top << bits) // bottom for top, bottom in ratios]
        total = sum(map(mul, scaled, times))
        squares = sum(map(mul, map(mul, scaled, scaled), times))
        self._merge(bits, total, squares, sum(times), min(values), max(values))

    def add_moments(self, other: Moments) -> None:
        """Add all values that another one has."""
        self._merge(
            other._bits, other._sum, other._squares, other.count, other._least, other._greatest
        )

    def _merge(
        self, bits: int, total: int, squares: int, count: int, least: float, greatest: float
    ) -> None:
        """Add sums that are held in units of 2 ** -bits."""
        finer = max(bits, self._bits)
        mine, theirs = finer - self._bits, finer - bits
        self._bits = finer
        self._sum = (self._sum << mine) + (total << theirs)
        self._squares = (self._squares << 2 * mine) + (squares << 2 * theirs)
        self.count += count
        self._least = min(self._least, least)
        self._greatest = max(self._greatest, greatest)

    def summary(self) -> Summary | None:
        """Return a summary; None when there are no values."""
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
    # Shift until the root has more bits than a double, and keep whether anything was cut off in
    # an extra lowest bit: the conversion to float then rounds the right way.
    shift = max(0, 128 + denominator.bit_length() - numerator.bit_length()) // 2
    quotient, rest = divmod(numerator << (2 * shift), denominator)
    root = math.isqrt(quotient)
    inexact = rest != 0 or root * root != quotient
    return math.ldexp(float(root << 1 | inexact), -shift - 1)
