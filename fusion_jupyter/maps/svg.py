"""A map as a static picture in SVG, on white, for viewers that run no scripts."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fusion_jupyter.maps.colours import UNKNOWN, colour, width
from fusion_jupyter.maps.link_use import METRICS, value_text

if TYPE_CHECKING:
    from fusion_jupyter.maps.link_use import LoadUse
    from fusion_jupyter.maps.network_map import MapNode, NetworkMap

_Box = tuple[float, float, float, float]
_MARGIN = 34
#: Names up to this length are drawn inside the node's circle.
LONGEST_INSIDE = 3
#: Position of a name beside its node: to the right, downwards, and alignment.
BESIDE: dict[str, tuple[float, float, str]] = {
    "e": (7.0, 3.5, "start"),
    "w": (-7.0, 3.5, "end"),
    "n": (0.0, -7.0, "middle"),
    "s": (0.0, 14.0, "middle"),
}
#: Width of a letter of a name, in pixels.
LETTER_WIDTH = 5.6
#: Space in pixels that a node takes to each side of its position.
NODE_RADIUS = 4.0
_LEGEND_STEPS = 20
_INK = "#1c2733"
_PLAIN = "#6b7f95"


def map_svg(
    network: NetworkMap,
    use: LoadUse | None = None,
    *,
    metric: str | None = None,
    top: float = 1.0,
    size: tuple[int, int] = (620, 340),
) -> str:
    """Draw a map.

    Args:
        network: The map.
        use: The use of its links; None: unknown.
        metric: The metric; None: the links have one colour.
        top: Upper end of the scale.
        size: Size of the picture in pixels; the map fills it as far as its shape allows.
    """
    across, down = size
    points = positions(network, size)
    values = use.values if use is not None else (None,) * len(network.links)
    lines = []
    for link, value in zip(network.links, values, strict=True):
        (x1, y1), (x2, y2) = points[link.source], points[link.target]
        a, b = network.ends(link)
        length = "" if link.length is None else f", {link.length:,g} km"
        said = "" if metric is None else f": {value_text(value, metric)}"
        lines.append(
            f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" {_look(value, metric, top)}>'
            f"<title>{html.escape(f'{a} – {b}{length}{said}')}</title></path>"
        )
    inside = all(len(node.name) <= LONGEST_INSIDE for node in network.nodes)
    shown = set() if inside else readable_names(network, points)
    nodes = [
        _node(node, x, y, inside, number in shown)
        for number, (node, (x, y)) in enumerate(zip(network.nodes, points, strict=True))
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {across} {down}" width="{across}" '
        f'height="{down}" font-family="system-ui,sans-serif" font-size="10" fill="{_INK}">'
        f'<rect width="{across}" height="{down}" rx="6" fill="#fff"/>'
        f"{''.join(lines)}{''.join(nodes)}{_legend(metric, top, down) if metric else ''}</svg>"
    )


def positions(network: NetworkMap, size: tuple[int, int]) -> list[tuple[float, float]]:
    """The nodes' positions in a picture of this size, centred, with room for names."""
    across = max(node.x for node in network.nodes)
    down = max(node.y for node in network.nodes)
    room = size[0] - 2 * _MARGIN, size[1] - 2 * _MARGIN - 16
    scale = min(room[0] / (across or 1e-9), room[1] / (down or 1e-9), max(room))
    left = (size[0] - scale * across) / 2
    above = _MARGIN + (room[1] - scale * down) / 2
    return [(left + scale * node.x, above + scale * node.y) for node in network.nodes]


def readable_names(network: NetworkMap, points: Sequence[tuple[float, float]]) -> set[int]:
    """Numbers of the nodes whose names have room; of two at the same position, the first is shown.

    js/src/topology/names.ts does the same.
    """
    r = NODE_RADIUS
    dots = [(x - r, y - r, x + r, y + r) for x, y in points]
    taken: list[_Box] = []
    shown = set()
    for number, (node, (x, y)) in enumerate(zip(network.nodes, points, strict=True)):
        wide = LETTER_WIDTH * len(node.name)
        right, below, _ = BESIDE[node.side]
        left = x + right - {"e": 0.0, "w": wide}.get(node.side, wide / 2)
        box = (left, y + below - 9, left + wide, y + below + 2)
        others = (dot for at, dot in enumerate(dots) if at != number)
        if not any(_overlap(box, other) for other in (*taken, *others)):
            taken.append(box)
            shown.add(number)
    return shown


def _overlap(one: _Box, other: _Box) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def _look(value: float | None, metric: str | None, top: float) -> str:
    if metric is None:
        return f'stroke="{_PLAIN}" stroke-width="2"'
    if value is None:
        return f'stroke="{UNKNOWN}" stroke-width="1.5" stroke-dasharray="4 3"'
    share = value / top
    return f'stroke="{colour(share)}" stroke-width="{width(share):.1f}"'


def _node(node: MapNode, x: float, y: float, inside: bool, shown: bool) -> str:
    name = html.escape(node.name)
    circle = f'<circle cx="{x:.1f}" cy="{y:.1f}" fill="#fff" stroke="{_INK}" '
    if inside:
        return (
            f'{circle}stroke-width="1.3" r="9.5"/>'
            f'<text x="{x:.1f}" y="{y + 3.5:.1f}" text-anchor="middle">{name}</text>'
        )
    dot = f'{circle}stroke-width="1.5" r="3.5"><title>{name}</title></circle>'
    if not shown:
        return dot
    right, below, anchor = BESIDE[node.side]
    return (
        f'{dot}<text x="{x + right:.1f}" y="{y + below:.1f}" '
        f'text-anchor="{anchor}" stroke="#fff" stroke-width="3" paint-order="stroke" '
        f'stroke-linejoin="round">{name}</text>'
    )


def _legend(metric: str, top: float, down: int) -> str:
    each = 9
    steps = "".join(
        f'<rect x="{60 + each * step}" y="{down - 22}" width="{each}" height="9" '
        f'fill="{colour((step + 0.5) / _LEGEND_STEPS)}"/>'
        for step in range(_LEGEND_STEPS)
    )
    end = 60 + each * _LEGEND_STEPS
    return (
        f'<text x="54" y="{down - 14}" text-anchor="end">{value_text(0.0, metric)}</text>{steps}'
        f'<text x="{end + 6}" y="{down - 14}">{value_text(top, metric)} {METRICS[metric]}</text>'
    )
