"""The live view's chart as a static picture in SVG, for viewers that run no scripts."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import NamedTuple

from fusion_jupyter import formatting
from fusion_jupyter.analysis.axes import LogAxis, interval_axis, linear_ticks
from fusion_jupyter.widgets.messages import Point

WIDTH, HEIGHT = 420, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 410, 26, 196
_INSET = 10
#: Height of the row for loads without blocked requests.
_NONE_ROW = 18
#: Captions, with the confidence of the intervals where it is known.
TITLE = "Blocking over load (Erlang)"
TITLE_95 = f"{TITLE}, 95 % confidence"
_BLUE = "#1976d2"
_ORANGE = "#c77800"
#: More curves than this hide each other's bands.
_MOST_BANDS = 3


class Value(NamedTuple):
    """Blocking at a load.

    Attributes:
        erlang: Offered load.
        blocking: Mean blocking.
        low: Lower end of its interval; NaN if there is none.
        high: Upper end; without any blocking an upper bound.
        done: Whether all iterations have ended.
    """

    erlang: float
    blocking: float
    low: float = math.nan
    high: float = math.nan
    done: bool = True

    @property
    def has_interval(self) -> bool:
        """Whether there is an interval with a width."""
        return self.high > self.low


class _Frame(NamedTuple):
    """Positions in the picture."""

    axis: LogAxis
    first: float
    last: float
    bottom: float

    def x(self, erlang: float) -> float:
        share = (erlang - self.first) / ((self.last - self.first) or 1.0)
        return _LEFT + _INSET + share * (_RIGHT - _LEFT - 2 * _INSET)

    def y(self, blocking: float) -> float:
        position = self.axis.position(blocking)
        if position is None:
            return self.bottom + _NONE_ROW / 2
        return self.bottom + position * (_TOP - self.bottom)


class Curve(NamedTuple):
    """A curve and its colour; values by rising load."""

    values: Sequence[Value]
    colour: str = _BLUE


def chart_svg(points: Sequence[Point], *, title: str = TITLE) -> str | None:
    """Draw blocking over load.

    Args:
        points: As in `Snapshot`, by rising load.
        title: Caption of the picture.

    Returns:
        A picture of `WIDTH` by `HEIGHT`; None if there are fewer than two values.
    """
    return curves_svg([Curve(_values(points))], title=title)


def curves_svg(
    curves: Sequence[Curve], *, target: float | None = None, title: str = TITLE
) -> str | None:
    """Draw several curves of blocking over load.

    Args:
        curves: The last one lies on top.
        target: Blocking at which a dashed line is drawn.
        title: Caption of the picture.

    Returns:
        A picture of `WIDTH` by `HEIGHT`; None if there are fewer than two values.
    """
    values = [value for curve in curves for value in curve.values]
    if len(values) < 2:
        return None
    extra = [] if target is None else [(target, target, target)]
    axis = interval_axis([*((each.blocking, each.low, each.high) for each in values), *extra])
    bottom = _BOTTOM - (_NONE_ROW if axis.none_observed else 0)
    loads = [point.erlang for point in values]
    frame = _Frame(axis, min(loads), max(loads), bottom)
    banded = len(curves) <= _MOST_BANDS
    drawn = "".join(_drawn(frame, curve.values, curve.colour, banded=banded) for curve in curves)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="system-ui,sans-serif" font-size="10" fill="#888">'
        f'<text x="{_LEFT}" y="14" font-size="11">{html.escape(title)}</text>'
        f"{_grid(frame)}{_target_line(frame, target)}{drawn}</svg>"
    )


def _values(points: Sequence[Point]) -> list[Value]:
    """Points of a live view, whose intervals are symmetric; without blocking they have none."""
    found = []
    for erlang, blocking, half, _, done in points:
        if blocking is None or blocking < 0 or not math.isfinite(erlang):
            continue
        around = (blocking - half, blocking + half) if half and blocking else (math.nan, math.nan)
        found.append(Value(erlang, blocking, *around, done))
    return found


def _drawn(frame: _Frame, known: Sequence[Value], colour: str, *, banded: bool) -> str:
    positive = [value for value in known if value.blocking > 0]
    line = "L".join(f"{frame.x(v.erlang):.1f} {frame.y(v.blocking):.1f}" for v in positive)
    path = f'<path d="M{line}" fill="none" stroke="{colour}" stroke-width="2"/>' if line else ""
    shown = [value for value in known if value.has_interval] if banded else []
    band = _band(frame, [value for value in shown if value.blocking > 0], colour)
    bounds = "".join(_bound(frame, value, colour) for value in shown if value.blocking == 0)
    return f"{band}{bounds}{path}{''.join(_circle(frame, value, colour) for value in known)}"


def _target_line(frame: _Frame, target: float | None) -> str:
    if target is None:
        return ""
    level = frame.y(target)
    return (
        f'<path d="M{_LEFT} {level:.1f}H{_RIGHT}" stroke="{_ORANGE}" stroke-dasharray="4 3"/>'
        f'<text x="{_RIGHT}" y="{level - 4:.1f}" text-anchor="end" fill="{_ORANGE}">'
        f"{100 * target:g} %</text>"
    )


def _grid(frame: _Frame) -> str:
    axis = frame.axis
    parts = []
    for tick, label in zip(axis.ticks, axis.labels, strict=True):
        level = frame.y(tick)
        parts.append(
            f'<path d="M{_LEFT} {level:.1f}H{_RIGHT}" stroke="#8884"/>'
            f'<text x="{_LEFT - 6}" y="{level + 3.5:.1f}" text-anchor="end">{label}</text>'
        )
    if axis.none_observed:
        parts.append(
            f'<path d="M{_LEFT} {_BOTTOM}H{_RIGHT}" stroke="#8884" stroke-dasharray="2 3"/>'
            f'<text x="{_LEFT - 6}" y="{frame.y(0.0) + 3.5:.1f}" text-anchor="end">none</text>'
        )
    loads = linear_ticks(frame.first, frame.last, (_RIGHT - _LEFT) / 55)
    parts += [
        f'<text x="{frame.x(tick):.1f}" y="{_BOTTOM + 16}" text-anchor="middle">{tick:g}</text>'
        for tick in loads
    ]
    return "".join(parts)


def _band(frame: _Frame, banded: Sequence[Value], colour: str) -> str:
    if not banded:
        return ""
    # An interval that reaches zero extends to the end of the axis.
    upper = [f"{frame.x(each.erlang):.1f} {frame.y(each.high):.1f}" for each in banded]
    lower = [
        f"{frame.x(each.erlang):.1f} {frame.y(max(each.low, frame.axis.low)):.1f}"
        for each in banded
    ]
    if len(banded) == 1:
        return (
            f'<path d="M{upper[0]}L{lower[0]}" stroke="{colour}" '
            'stroke-width="4" stroke-opacity="0.18"/>'
        )
    corners = "L".join([*upper, *reversed(lower)])
    return f'<path d="M{corners}Z" fill="{colour}" fill-opacity="0.18"/>'


def _bound(frame: _Frame, value: Value, colour: str) -> str:
    """A line up to the upper bound of a load without blocking, if the axis reaches it."""
    if value.high <= frame.axis.low:
        return ""
    x, foot, top = frame.x(value.erlang), frame.y(frame.axis.low), frame.y(value.high)
    return (
        f'<path d="M{x:.1f} {foot:.1f}V{top:.1f}M{x - 3:.1f} {top:.1f}h6" fill="none" '
        f'stroke="{colour}" stroke-opacity="0.7"/>'
    )


def _circle(frame: _Frame, point: Value, colour: str) -> str:
    value = formatting.probability(point.blocking) if point.blocking else "no blocking observed"
    title = html.escape(f"{formatting.load(point.erlang)} Erlang: {value}")
    fill = colour if point.done and point.blocking else "#fff"
    stroke = colour if point.blocking else "#888"
    return (
        f'<circle cx="{frame.x(point.erlang):.1f}" cy="{frame.y(point.blocking):.1f}" r="3" '
        f'fill="{fill}" stroke="{stroke}" stroke-width="1.5"><title>{title}</title></circle>'
    )
