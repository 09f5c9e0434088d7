"""Sums and sort orders identical to numpy's, to the last bit and tie.

FUSION's congestion-aware routing averages and sorts with numpy. numpy adds eight numbers at a time,
and sorts indices with a sorting network that leaves equal scores in a particular order. Both decide
which path is tried first if scores tie, so both are reproduced here.

The order of ties is that of numpy 1.26 on processors with AVX-512 (servers since 2017). On others
numpy leaves up to 16 equal scores in the order of the paths.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusion_jupyter.sim.paths import add_up

if TYPE_CHECKING:
    from collections.abc import Sequence

#: numpy sorts up to this many indices with the network; beyond that it partitions them first.
MOST_SORTED = 64


def mean(values: Sequence[float]) -> float:
    """Return the mean of up to 128 numbers as ``numpy.mean`` rounds it."""
    whole = len(values) - len(values) % 8
    if not whole:
        return add_up(values) / len(values)
    sums = [add_up(values[lane:whole:8][1:], values[lane]) for lane in range(8)]
    total = ((sums[0] + sums[1]) + (sums[2] + sums[3])) + (
        (sums[4] + sums[5]) + (sums[6] + sums[7])
    )
    for value in values[whole:]:
        total += value
    return total / len(values)


def argsort(scores: Sequence[float]) -> list[int]:
    """Return the indices that sort up to 64 finite numbers as ``numpy.argsort`` does.

    Batcher's bitonic network, which starts each merge by comparing one half with the other
    reversed, over a power of two padded with infinities.

    >>> argsort([2.0, 1.0, 1.0, 1.0, 1.0])
    [1, 2, 3, 4, 0]
    """
    size = 8
    while size < len(scores):
        size *= 2
    order = list(range(size))
    keys = [*scores, *[float("inf")] * (size - len(scores))]

    def settle(low: int, high: int) -> None:
        if keys[low] > keys[high]:
            keys[low], keys[high] = keys[high], keys[low]
            order[low], order[high] = order[high], order[low]

    block = 2
    while block <= size:
        for start in range(0, size, block):
            for step in range(block // 2):
                settle(start + step, start + block - 1 - step)
        distance = block // 4
        while distance:
            for low in range(size):
                if not low & distance:
                    settle(low, low + distance)
            distance //= 2
        block *= 2
    return order[: len(scores)]
