"""Requests: Poisson arrivals, exponential holding times, node pairs and bandwidth classes.

Everything comes from one stream of uniform draws, seeded with iteration + 1, consumed for each
request in the order: gap to the previous arrival, holding time, source, destination (drawn again
while it equals the source), bandwidth class (drawn again while its quota is used up). The same
stream gives the same requests, so every run is reproducible.
"""

from __future__ import annotations

from itertools import chain
from math import log
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

#: Uniform draws taken from the generator at a time.
BLOCK = 16384


class Traffic(NamedTuple):
    """The requests of one iteration, in order of arrival.

    Attributes:
        pairs: For each request, source * nodes + destination (node indices).
        classes: For each request, the index of its bandwidth class.
        durations: For each request, departure minus arrival; shape (requests,).
        events: 2 * request for its arrival and 2 * request + 1 for its departure, in order of
            time, up to the last arrival.
    """

    pairs: list[int]
    classes: list[int]
    durations: NDArray[np.float64]
    events: list[int]


def uniform_draws(seed: int) -> Iterator[float]:
    """Yield uniform numbers in [0, 1): those of ``numpy.random.RandomState(seed)``, one by one."""
    generator = np.random.RandomState(seed)
    blocks = iter(lambda: generator.random_sample(BLOCK).tolist(), None)
    return chain.from_iterable(blocks)


def generate_traffic(
    seed: int,
    *,
    erlang: float,
    holding_time: float,
    terminals: Sequence[int],
    nodes: int,
    quotas: Sequence[int],
) -> Traffic:
    """Draw the requests of one iteration.

    Args:
        seed: Seed of the stream.
        erlang: Offered load A in Erlang; arrivals have the rate A / holding_time.
        holding_time: Mean holding time.
        terminals: Indices of the nodes that send and receive, in the order they are drawn from.
        nodes: Number of nodes in the network.
        quotas: Requests of each bandwidth class; their sum is the number of requests.
    """
    draw = uniform_draws(seed).__next__
    left = list(quotas)
    ends, classes = len(terminals), len(left)
    gaps: list[float] = []
    holdings: list[float] = []
    pairs: list[int] = []
    chosen: list[int] = []
    for _ in range(sum(left)):
        gaps.append(draw())
        holdings.append(draw())
        source = int(draw() * ends)
        target = int(draw() * ends)
        while target == source:
            target = int(draw() * ends)
        pairs.append(terminals[source] * nodes + terminals[target])
        index = int(draw() * classes)
        while not left[index]:
            index = int(draw() * classes)
        left[index] -= 1
        chosen.append(index)
    # Inverse transform sampling: -ln U / rate is exponential. Equal to the last bit on every
    # machine: 1 / (1 / holding_time) is not always holding_time, and the logarithm is the C
    # library's, because numpy's differs between its versions and between processors.
    arrivals = np.cumsum(_logarithms(gaps) * (-1.0 / (erlang / holding_time)))
    departures = arrivals + _logarithms(holdings) * (-1.0 / (1 / holding_time))
    return Traffic(pairs, chosen, departures - arrivals, _in_order(arrivals, departures))


def _logarithms(values: list[float]) -> NDArray[np.float64]:
    return np.fromiter(map(log, values), dtype=np.float64, count=len(values))


def _in_order(arrivals: NDArray[np.float64], departures: NDArray[np.float64]) -> list[int]:
    """Merge arrivals and departures by time; of simultaneous events the earlier request's first."""
    times = np.empty(2 * len(arrivals))
    times[0::2] = arrivals
    times[1::2] = departures
    events: list[int] = np.argsort(times, kind="stable").tolist()
    # Nothing that happens after the last arrival can block a request.
    return events[: events.index(2 * len(arrivals) - 2) + 1]
