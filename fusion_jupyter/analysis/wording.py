"""Formatting of numbers with their uncertainty."""

from __future__ import annotations

import math

#: Distance between a value and the middle of its interval, as a share of the half width, above
#: which both ends are shown.
_LOPSIDED = 0.1
#: An end of an interval with more zeros than this is written with a power of ten.
_MOST_ZEROS = 3


def decimals(half_width: float) -> int:
    """Number of decimals that shows one digit of an uncertainty, or two if the first is a 1.

    Example:
        >>> decimals(0.42), decimals(0.14), decimals(0.000038), decimals(30.0)
        (1, 2, 5, 0)
    """
    if not (half_width > 0 and math.isfinite(half_width)):
        return 4
    # Rounded first: 0.0996 is shown as 0.10.
    digits, exponent = f"{half_width:.1e}".split("e")
    return max(0, (1 if digits.startswith("1") else 0) - int(exponent))


def with_half_width(value: float, half_width: float) -> str:
    """Format a number and the half width of its interval with as many decimals as it justifies.

    Example:
        >>> with_half_width(0.016412, 0.00038), with_half_width(-0.01, 0.3)
        ('0.0164 ± 0.0004', '0.0 ± 0.3')
    """
    if math.isnan(value):
        return "-"
    if math.isnan(half_width):
        return f"{value:.3g}"
    if half_width <= 1e-9 * abs(value):  # equal in all iterations, but for the last bits
        return f"{value:.3g} ± 0"
    digits = decimals(half_width)
    return f"{value:z.{digits}f} ± {half_width:.{digits}f}"


def with_interval(value: float, low: float, high: float) -> str:
    """Format a number with its interval: ± if it is symmetric as shown, else with both ends.

    Example:
        >>> with_interval(6.21, 6.08, 6.34), with_interval(1.5, 1.1, 2.6)
        ('6.21 ± 0.13', '1.5 (1.1 to 2.6)')
    """
    half = (high - low) / 2
    if not half > 1e-9 * abs(value):
        return with_half_width(value, half)
    if math.isinf(half):
        return f"{value:.3g} ({low:.3g} to {high:.3g})"
    digits = decimals(half)
    below, above = (f"{distance:.{digits}f}" for distance in (value - low, high - value))
    if below == above or abs(value - (low + high) / 2) <= _LOPSIDED * half:
        return with_half_width(value, half)
    shown = [_with_digits(number, digits) for number in (value, low, high)]
    return f"{shown[0]} ({shown[1]} to {shown[2]})"


def _with_digits(value: float, digits: int) -> str:
    """A number with this many decimals, or more if it would have fewer than two digits."""
    if value == 0:
        return "0"
    needed = 1 - math.floor(math.log10(abs(value)))
    if needed > max(digits, 2) + _MOST_ZEROS:
        return f"{value:.2g}"
    return f"{value:.{max(digits, needed)}f}"


def percentage(share: float) -> str:
    """Format a share in per cent, without needless digits.

    Example:
        >>> percentage(0.01), percentage(0.0005), percentage(0.95)
        ('1 %', '0.05 %', '95 %')
    """
    return f"{100 * share:.6g} %"


def probability(value: float) -> str:
    """Format a p-value.

    Example:
        >>> probability(0.0432), probability(1e-9), probability(1.0)
        ('0.043', '< 0.001', '1')
    """
    if math.isnan(value):
        return "-"
    return "< 0.001" if value < 0.001 else f"{value:.2g}"
