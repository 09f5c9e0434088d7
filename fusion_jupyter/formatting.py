"""Numbers formatted for reading.

Mirrors js/src/ui/format.ts; tests/contracts/numbers.json checks both. A number that lies
exactly between two shown ones is rounded up, as browsers do.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Context, Decimal

#: Enough digits for every number: a program may report any.
_EXACT = Context(prec=400, rounding=ROUND_HALF_UP)
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
#: Below this value probabilities are written with a power of ten.
_SMALL = 0.001


def duration(seconds: float) -> str:
    """Seconds like a clock.

    Example:
        >>> duration(75.9), duration(3675)
        ('1:15', '1:01:15')
    """
    minutes, rest = divmod(max(0, math.floor(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def took(seconds: float) -> str:
    """How long something took, with tenths of a second below a minute.

    Example:
        >>> took(0.42), took(89.6)
        ('0.4 s', '1:29')
    """
    return f"{_fixed(seconds, 1)} s" if seconds < 60 else duration(seconds)


def about(seconds: float) -> str:
    """An estimated time in words.

    Example:
        >>> about(5700), about(0.2)
        ('about 1 h 35 min', 'less than a second')
    """
    if seconds < 1:
        return "less than a second"
    if seconds < 90:
        return f"about {seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"about {minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"about {hours} h {minutes} min"


def probability(value: float) -> str:
    """A probability with three significant digits; two below a thousandth, with a power of ten.

    Example:
        >>> probability(0.12), probability(0.0000123), probability(0.0)
        ('0.120', '1.2·10⁻⁵', '0')
    """
    if value == 0:
        return "0"
    if value >= 999.5:  # measured by a program of the user's own
        return count(value)
    return _precise(value, 3) if value >= _SMALL else _with_power(value)


def margin(half: float | None) -> str:
    """Half width of an interval with two significant digits.

    Empty if there is none, and if it is 0: equal iterations do not show that a value is exact.

    Example:
        >>> margin(0.0083), margin(None)
        (' ± 0.0083', '')
    """
    if not half:
        return ""
    if half >= 99.5:
        return f" ± {count(half)}"
    return f" ± {_precise(half, 2) if half >= _SMALL else _with_power(half)}"


def percent(fraction: float) -> str:
    """A fraction in whole per cent; 100 only if everything is done.

    Example:
        >>> percent(0.999), percent(1.0)
        ('99 %', '100 %')
    """
    return f"{whole_percent(fraction)} %"


def whole_percent(fraction: float) -> int:
    """The number of `percent`."""
    return 100 if fraction >= 1 else min(99, math.floor(fraction * 100 + 1e-9))


def share(value: float) -> str:
    """A measured share in per cent, with two significant digits below ten.

    Example:
        >>> share(0.934), share(0.01), share(0.0)
        ('93 %', '1.0 %', '0 %')
    """
    hundredths = 100 * value
    whole = hundredths == 0 or hundredths >= 9.5
    return f"{_fixed(hundredths, 0) if whole else _precise(hundredths, 2)} %"


def count(value: float) -> str:
    """A number rounded to a whole one, with separators.

    Example:
        >>> count(1204551)
        '1,204,551'
    """
    return f"{math.floor(value + 0.5):,}"


def counted(number: int, noun: str) -> str:
    """A number of things.

    Example:
        >>> counted(1, "run"), counted(1204, "run")
        ('1 run', '1,204 runs')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def have(number: int) -> str:
    """The verb behind `counted`.

    Example:
        >>> have(1), have(2)
        ('has', 'have')
    """
    return "has" if number == 1 else "have"


def load(erlang: float) -> str:
    """A load in Erlang, with at most three decimals.

    Example:
        >>> load(600.0), load(612.5)
        ('600', '612.5')
    """
    text = _fixed(erlang, 3)
    return text.rstrip("0").rstrip(".")


def size(number: int) -> str:
    """A size in bytes.

    Example:
        >>> size(5), size(74210)
        ('5 B', '74.2 kB')
    """
    if number < 1000:
        return f"{number} B"
    value, units = number / 1000, ["kB", "MB", "GB", "TB"]
    while value >= 999.5 and len(units) > 1:
        value /= 1000
        units.pop(0)
    return f"{_fixed(value, 0) if value >= 100 else _precise(value, 3)} {units[0]}"


def _fixed(value: float, decimals: int) -> str:
    step = Decimal(1).scaleb(-decimals)
    return f"{Decimal(value).quantize(step, context=_EXACT):f}"


def _rounded(value: float, digits: int) -> Decimal:
    """A positive number rounded to significant digits, with exactly as many."""
    context = Context(prec=digits, rounding=ROUND_HALF_UP)
    rounded = context.create_decimal_from_float(value)
    return rounded.quantize(Decimal(1).scaleb(rounded.adjusted() - digits + 1))


def _precise(value: float, digits: int) -> str:
    return f"{_rounded(value, digits):f}"


def _with_power(value: float) -> str:
    rounded = _rounded(value, 2)
    exponent = rounded.adjusted()
    return f"{rounded.scaleb(-exponent):f}·10{str(exponent).translate(_SUPERSCRIPT)}"
