"""Positions of nodes without coordinates, computed deterministically from the lengths.

Stress majorisation: straight distances on the map approximate the shortest distances over links.
Long links are drawn shorter and short ones longer than they are, because a link of 100 km beside
one of 2,400 km would leave no room for its nodes. Of several such maps the one with the fewest
crossings is chosen. Nothing is random.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

#: Powers of a link's length that are tried; 0 counts only links.
_POWERS = (0.5, 0.25, 0.75, 0.0)
_ROUNDS = 300
#: With more links than this a map is cluttered anyway, and comparing several takes long.
_MOST_COMPARED = 600
#: Minimum distance of a node to another node or another's link, below which it is misread; as a
#: share of the map's size.
_NEAR = 0.035
#: Minimum distance between nodes of a small network, as a share of the map's size.
_LEAST = 0.07
_PUSHES = 60
#: Cost of a misreading, in crossings.
_NEAR_COST = 4.0


def layout(count: int, links: Sequence[tuple[int, int, float | None]]) -> Array:
    """Place the nodes of a graph.

    Args:
        count: Number of nodes.
        links: Numbers of both ends and the length in km, or None if unknown.

    Returns:
        A row of x (to the right) and y (downwards) for each node, the longer side from 0 to 1. The
        first node is on the left and above the middle.

    Example:
        >>> layout(2, [(0, 1, 80.0)]).tolist()
        [[0.0, 0.0], [1.0, 0.0]]
    """
    if count == 1:
        return np.zeros((1, 2))
    ends = np.array([link[:2] for link in links], dtype=np.intp).reshape(-1, 2)
    powers = _POWERS if len(ends) <= _MOST_COMPARED else _POWERS[:1]
    maps = [_placed(count, ends, _lengths(links, power)) for power in powers]
    costs = [_cost(positions, ends) for positions in maps]
    return np.asarray(maps[costs.index(min(costs))])


def fitted(positions: Array) -> Array:
    """Positions moved and scaled so that the longer side is from 0 to 1."""
    moved = positions - positions.min(axis=0)
    return np.asarray(np.round(moved / (moved.max() or 1.0), 4))


def apart(positions: Array) -> Array:
    """Positions pushed apart as little as necessary where nodes would overlap.

    Example:
        >>> apart(np.array([[0.0, 0.0], [0.0, 0.0], [1.0, 1.0]])).shape
        (3, 2)
    """
    least = min(_LEAST, _LEAST * (14 / len(positions)) ** 0.5)
    moved = positions.copy()
    number = np.arange(len(positions))
    for _ in range(_PUSHES):
        steps = moved[:, None] - moved[None]
        gaps = np.hypot(*steps.transpose(2, 0, 1))
        np.fill_diagonal(gaps, np.inf)
        short = np.maximum(0.0, least - gaps)
        if not short.any():
            break
        # Nodes at the same position part in directions that depend only on their numbers.
        same = gaps < 1e-9
        turn = number[:, None] + number[None]
        sign = np.sign(number[:, None] - number[None])
        steps[same] = np.stack([sign * np.cos(turn), sign * np.sin(turn)], axis=2)[same]
        unit = steps / np.maximum(np.hypot(*steps.transpose(2, 0, 1)), 1e-9)[..., None]
        moved = moved + 0.5 * (unit * short[..., None]).sum(axis=1)
    return fitted(moved)


def _lengths(links: Sequence[tuple[int, int, float | None]], power: float) -> Array:
    """Each link's length on the map, 1 on average."""
    known = [length for *_, length in links if length]
    mean = sum(known) / len(known) if known else 1.0
    found = np.array([(length or mean) / mean for *_, length in links], dtype=np.float64)
    return np.asarray(found**power)


def _placed(count: int, ends: Array | Any, lengths: Array) -> Array:
    distances = _distances(count, ends, lengths)
    positions = _start(distances)
    weights = 1.0 / np.maximum(distances, 1e-9) ** 2
    np.fill_diagonal(weights, 0.0)
    laplacian = np.diag(weights.sum(axis=1)) - weights
    # One node is fixed, so that the equations have a unique solution.
    solver = np.linalg.inv(laplacian[1:, 1:])
    for _ in range(_ROUNDS):
        gaps = np.hypot(*(positions[:, None] - positions[None]).transpose(2, 0, 1))
        ratio = weights * distances / np.maximum(gaps, 1e-9)
        np.fill_diagonal(ratio, 0.0)
        pulled = np.diag(ratio.sum(axis=1)) - ratio
        moved = np.vstack([np.zeros(2), solver @ (pulled @ positions)[1:]])
        moved -= moved.mean(axis=0)
        still = np.abs(moved - positions).max() < 1e-5
        positions = moved
        if still:
            break
    return fitted(_turned(positions))


def _distances(count: int, ends: Any, lengths: Array) -> Array:
    """The shortest distance between each two nodes over the links (Floyd and Warshall)."""
    found = np.full((count, count), np.inf)
    np.fill_diagonal(found, 0.0)
    for (a, b), length in zip(ends, lengths, strict=True):
        found[a, b] = found[b, a] = min(found[a, b], length)
    for middle in range(count):
        np.minimum(found, found[:, middle, None] + found[None, middle], out=found)
    finite = found[np.isfinite(found)]
    # Unconnected parts are placed beside each other.
    found[~np.isfinite(found)] = 1.2 * finite.max() + 1.0
    return found


def _start(distances: Array) -> Array:
    """Classical scaling: the two main axes of the distances."""
    count = len(distances)
    number = np.arange(1, count + 1)
    # Slightly perturbed: in a ring or a star all directions are equal, and the result would be
    # arbitrary.
    bend = 1.0 + 1e-3 * np.sin(np.outer(number, number))
    squared = (distances * bend) ** 2
    middle = np.eye(count) - 1.0 / count
    values, vectors = np.linalg.eigh(-0.5 * middle @ squared @ middle)
    return np.asarray(vectors[:, -2:] * np.sqrt(np.maximum(values[-2:], 1e-9)))


def _turned(positions: Array) -> Array:
    """Positions rotated: the map is wide, its first node on the left and above the middle."""
    _, axes = np.linalg.eigh(np.cov(positions.T))
    turned = (positions - positions.mean(axis=0)) @ axes[:, ::-1]
    signs = np.where(turned[0] > 1e-9, -1.0, 1.0)
    return np.asarray(turned * signs)


def _cost(positions: Array, ends: Any) -> float:
    """How hard a map is to read: crossings, and nodes too near to other nodes or links."""
    return _crossings(positions, ends) + _NEAR_COST * _misleading(positions, ends)


def _crossings(positions: Array, ends: Any) -> int:
    a, b = positions[ends[:, 0]], positions[ends[:, 1]]

    def side(p: Array, q: Array, r: Array) -> Array:
        first, second = q - p, r - p
        return np.asarray(first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0])

    one, two = a[:, None], b[:, None]
    apart = side(one, two, a[None]) * side(one, two, b[None])
    other = side(a[None], b[None], one) * side(a[None], b[None], two)
    return int(((apart < -1e-12) & (other < -1e-12)).sum()) // 2


def _misleading(positions: Array, ends: Any) -> int:
    a, b = positions[ends[:, 0]], positions[ends[:, 1]]
    along = b - a
    square = np.maximum((along**2).sum(axis=1), 1e-12)
    share = ((positions[:, None] - a[None]) * along[None]).sum(axis=2) / square
    nearest = a[None] + np.clip(share, 0.0, 1.0)[..., None] * along[None]
    gaps = np.hypot(*(positions[:, None] - nearest).transpose(2, 0, 1))
    number = np.arange(len(positions))[:, None]
    own = (number == ends[:, 0]) | (number == ends[:, 1])
    return int(((gaps < _NEAR) & ~own).sum())
