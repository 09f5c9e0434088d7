"""The live view's chart as a static picture in SVG, for viewers that run no scripts."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import NamedTuple

from fusion_jupyter.analysis.axes import LogAxis, linear_ticks, log_axis
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


class _Known(NamedTuple):
    """A point with a value."""

    erlang: float
    blocking: float
    half: float
    done: bool


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
        place = self.axis.place(blocking)
        if place is None:
            return self.bottom + _NONE_ROW / 2
        return self.bottom + place * (_TOP - self.bottom)


class Curve(NamedTuple):
    """A curve and its colour; points are as in `Snapshot`, by rising load."""

    points: Sequence[Point]
    colour: str = _BLUE


def chart_svg(points: Sequence[Point], *, title: str = TITLE) -> str | None:
    """Draw blocking over load.

    Args:
        points: As in `Snapshot`, by rising load.
        title: Caption of the picture.

    Returns:
        A picture of `WIDTH` by `HEIGHT`; None if there are fewer than two values.
    """
    return curves_svg([Curve(points)], title=title)


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
    known = [_known(curve.points) for curve in curves]
    values = [point for points in known for point in points]
    if len(values) < 2:
        return None
    extra = [] if target is None else [(target, 0.0)]
    axis = log_axis([*((point.blocking, point.half) for point in values), *extra])
    bottom = _BOTTOM - (_NONE_ROW if axis.none_observed else 0)
    loads = [point.erlang for point in values]
    frame = _Frame(axis, min(loads), max(loads), bottom)
    banded = len(curves) <= _MOST_BANDS
    drawn = "".join(
        _drawn(frame, points, curve.colour, banded=banded)
        for points, curve in zip(known, curves, strict=True)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="system-ui,sans-serif" font-size="10" fill="#888">'
        f'<text x="{_LEFT}" y="14" font-size="11">{html.escape(title)}</text>'
        f"{_grid(frame)}{_target_line(frame, target)}{drawn}</svg>"
    )


def _known(points: Sequence[Point]) -> list[_Known]:
    return [
        _Known(erlang, blocking, half or 0.0, done)
        for erlang, blocking, half, _, done in points
        if blocking is not None and blocking >= 0 and math.isfinite(erlang)
    ]


def _drawn(frame: _Frame, known: Sequence[_Known], colour: str, *, banded: bool) -> str:
    positive = [point for point in known if point.blocking > 0]
    line = "L".join(f"{frame.x(p.erlang):.1f} {frame.y(p.blocking):.1f}" for p in positive)
    path = f'<path d="M{line}" fill="none" stroke="{colour}" stroke-width="2"/>' if line else ""
    band = _band(frame, positive, colour) if banded else ""
    return f"{band}{path}{''.join(_circle(frame, point, colour) for point in known)}"


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


def _band(frame: _Frame, points: Sequence[_Known], colour: str) -> str:
    banded = [point for point in points if point.half > 0]
    if not banded:
        return ""
    # An interval that reaches zero extends to the end of the axis.
    lows = [max(point.blocking - point.half, frame.axis.low) for point in banded]
    upper = [
        f"{frame.x(point.erlang):.1f} {frame.y(point.blocking + point.half):.1f}"
        for point in banded
    ]
    lower = [
        f"{frame.x(point.erlang):.1f} {frame.y(low):.1f}"
        for point, low in zip(banded, lows, strict=True)
    ]
    if len(banded) == 1:
        return (
            f'<path d="M{upper[0]}L{lower[0]}" stroke="{colour}" '
            'stroke-width="4" stroke-opacity="0.18"/>'
        )
    corners = "L".join([*upper, *reversed(lower)])
    return f'<path d="M{corners}Z" fill="{colour}" fill-opacity="0.18"/>'


def _circle(frame: _Frame, point: _Known, colour: str) -> str:
    value = f"{point.blocking:.3g}" if point.blocking else "no blocking observed"
    title = html.escape(f"{point.erlang:g} Erlang: {value}")
    fill = colour if point.done and point.blocking else "#fff"
    stroke = colour if point.blocking else "#888"
    return (
        f'<circle cx="{frame.x(point.erlang):.1f}" cy="{frame.y(point.blocking):.1f}" r="3" '
        f'fill="{fill}" stroke="{stroke}" stroke-width="1.5"><title>{title}</title></circle>'
    )
