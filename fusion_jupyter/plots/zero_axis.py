"""A logarithmic axis with a row for zeros below a break."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from matplotlib.ticker import Formatter, Locator, NullFormatter, NullLocator
from matplotlib.transforms import ScaledTranslation

from fusion_jupyter.analysis.axes import log_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
#: Share of the axes' height below the break.
_ROW = 0.13
#: Position of the zeros in it, so that their label does not touch the axis' lowest one.
_CENTRE = 0.35
#: Distance between zeros of several curves at one load, in points.
_STEP = 5.0
#: Size of a zero's marker, in points.
_SIZE = 4.5
#: Share of the distance to the next load that the zeros of one load may take.
_SHARE = 0.7


def scale(ax: Axes, values: Sequence[float], *, has_zeros: bool) -> None:
    """Set scale and limits for values above zero, with room for the row of zeros.

    The limits are those of `fusion_jupyter.analysis.axes`. Without values above zero the axis is
    linear.
    """
    if not values:
        ax.set_yscale("linear")
        ax.set_ylim(-0.02, 1.0)
        return
    low, high = _fitted(min(values), max(values))
    row = _ROW if has_zeros else 0.0
    bottom = 10 ** (math.log10(low) - math.log10(high / low) * row / (1 - row))
    ax.set_yscale("log")
    ax.set_ylim(bottom, high)
    ax.yaxis.set_major_locator(RowLocator(row))
    ax.yaxis.set_major_formatter(RowFormatter(row))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_minor_formatter(NullFormatter())


def floor(ax: Axes, *, has_zeros: bool) -> float:
    """The lowest value above the break."""
    return _at(*ax.get_ylim(), _ROW if has_zeros else 0.0)


def draw(
    ax: Axes, zeros: Iterable[tuple[Sequence[float], Sequence[float], Any]], *, broken: bool
) -> list[Any]:
    """Draw the row of zeros.

    Args:
        ax: Axes with the scale of `scale`.
        zeros: For each curve, its loads without blocking, the upper bounds there (NaN if unknown),
            and its colour.
        broken: Whether the axis is logarithmic and the row is below a break.

    Returns:
        The drawn artists.
    """
    figure = ax.get_figure(root=True)
    assert figure is not None
    at: defaultdict[float, list[tuple[float, Any]]] = defaultdict(list)
    for loads, bounds, colour in zeros:
        for load, bound in zip(loads, bounds, strict=True):
            at[float(load)].append((float(bound), colour))
    artists: list[Any] = _break_marks(ax) if broken else []
    for load, found in at.items():
        step = _step(ax, load, at, len(found))
        for number, (bound, colour) in enumerate(found):
            points = (number - (len(found) - 1) / 2) * step
            aside = ScaledTranslation(points / 72, 0, figure.dpi_scale_trans)
            row = (ax.get_xaxis_transform() if broken else ax.transData) + aside
            y = _CENTRE * _ROW if broken else 0.0
            artists += ax.plot([load], [y], transform=row, **mark(colour))
            if broken and bound > 0:
                line = {"color": colour, "linewidth": 0.7, "alpha": 0.7, "zorder": 1.8}
                shifted = ax.transData + aside
                foot = floor(ax, has_zeros=True)
                artists += ax.plot([load] * 2, [foot, bound], transform=shifted, **line)
                artists += ax.plot([load], [bound], transform=shifted, marker="_", ms=4, **line)
    return artists


def _step(ax: Axes, load: float, loads: Iterable[float], count: int) -> float:
    """Distance between the zeros at one load, in points: they stay in the axes and apart."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    left, right = sorted(ax.get_xlim())
    points = ax.bbox.width / figure.dpi * 72 / ((right - left) or 1.0)
    apart = min((abs(load - other) for other in loads if other != load), default=right - left)
    edge = min(load - left, right - load) * points - _SIZE
    room = max(0.0, min(_SHARE * apart * points, 2 * edge))
    return min(_STEP, room / max(1, count - 1))


def mark(colour: Any) -> dict[str, Any]:
    """The style of a zero's marker."""
    return {
        "color": colour,
        "marker": "v",
        "markerfacecolor": "white",
        "markeredgewidth": 0.9,
        "markersize": _SIZE,
        "linestyle": "none",
        "clip_on": False,
        "zorder": 4,
    }


def _break_marks(ax: Axes) -> list[Any]:
    """Draw two slanted strokes at the break of the axis, and a fine line across."""
    across = ax.plot(
        [0, 1], [_ROW] * 2, transform=ax.transAxes, color="0.75", lw=0.5, ls=(0, (2, 2)), zorder=0.5
    )
    strokes = ax.plot(
        [0, 0],
        [_ROW - 0.012, _ROW + 0.012],
        transform=ax.transAxes,
        marker=[(-1, -0.5), (1, 0.5)],
        markersize=6,
        linestyle="-",
        linewidth=2,
        color="white",
        markeredgecolor="black",
        markeredgewidth=0.6,
        clip_on=False,
        zorder=5,
    )
    return [*across, *strokes]


def _at(bottom: float, top: float, share: float) -> float:
    """The value at a share of a logarithmic axis' height."""
    return float(bottom * (top / bottom) ** share)


class RowLocator(Locator):
    """Ticks for the current limits of the axis, and one for the row of zeros.

    Args:
        row: Share of the axis below the break.
    """

    def __init__(self, row: float) -> None:
        self._row = row

    def __call__(self) -> list[float]:
        """Positions of ticks between the current limits of the axis."""
        assert self.axis is not None
        return self.tick_values(*self.axis.get_view_interval())

    def tick_values(self, vmin: float, vmax: float) -> list[float]:
        """Positions of ticks between two limits."""
        bottom, top = sorted((float(vmin), float(vmax)))
        if bottom <= 0:
            return []
        found = [tick for tick, _ in _ticks(_at(bottom, top, self._row), top)]
        return [_at(bottom, top, _CENTRE * self._row), *found] if self._row else found


class RowFormatter(Formatter):
    """Labels of the ticks of `RowLocator`.

    Args:
        row: Share of the axis below the break.
    """

    def __init__(self, row: float) -> None:
        self._row = row

    def __call__(self, x: float, pos: int | None = None) -> str:
        """The label of the tick at `x`."""
        assert self.axis is not None
        bottom, top = sorted(map(float, self.axis.get_view_interval()))
        if bottom <= 0:
            return ""
        low = _at(bottom, top, self._row)
        if self._row and x * (1 + 1e-9) < low:
            return "0"
        return next((text for tick, text in _ticks(low, top) if math.isclose(tick, x)), "")


def _fitted(lowest: float, highest: float) -> tuple[float, float]:
    """The limits for values from `lowest` to `highest`."""
    axis = log_axis([(lowest, None), (highest, None)])
    return axis.low, axis.high


def _ticks(low: float, high: float) -> list[tuple[float, str]]:
    """The labels between any two limits, including those set by a user."""
    near = 1 + 1e-9
    axis = log_axis([(low * near, None), (high / near, None)])
    labelled = zip(axis.ticks, axis.labels, strict=True)
    return [
        (tick, _formula(text))
        for tick, text in labelled
        if low <= tick * near and tick <= high * near
    ]


def _formula(label: str) -> str:
    """A label as a matplotlib formula, because not every font has superscript digits."""
    plain = label.translate(_RAISED)
    if plain == label:
        return label
    factor, _, power = plain.rpartition("10")
    return f"${factor.replace('·', chr(92) + 'cdot ')}10^{{{power}}}$"
