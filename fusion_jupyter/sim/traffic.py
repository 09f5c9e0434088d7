"""Requests: Poisson arrivals, exponential holding times, node pairs and bandwidth classes.

Everything comes from one stream of uniform draws, seeded with iteration + 1, consumed for each
request in the order: gap to the previous arrival, holding time, source, destination (drawn again
while it equals the source), bandwidth class (drawn again while its quota is used up). The same
stream gives the same requests, so every run is reproducible.
"""

from __future__ import annotations

# Only the generator, because importing the module `random` around it takes milliseconds.
from _random import Random
from math import log
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: Words in the generator's state.
STATE_SIZE = 624


class Traffic(NamedTuple):
    """The requests of one iteration, in order of arrival.

    Attributes:
        pairs: For each request, source * nodes + destination (node indices).
        classes: For each request, the index of its bandwidth class.
        durations: For each request, departure minus arrival.
        events: 2 * request for its arrival and 2 * request + 1 for its departure, in order of
            time, up to the last arrival.
        times: Arrival and departure of each request in turn; empty if unknown.
    """

    pairs: list[int]
    classes: list[int]
    durations: list[float]
    events: list[int]
    times: Sequence[float] = ()


def uniform_draws(seed: int) -> Callable[[], float]:
    """Return a function that generates the stream of uniform numbers in [0, 1) of a seed.

    They are those of ``numpy.random.RandomState(seed)``. Python's generator is the same (MT19937),
    and so is its conversion of two words to a double; only the seeding differs, so the state is set
    here (``init_genrand`` of Matsumoto and Nishimura's reference implementation).

    Args:
        seed: From 0 to 2 ** 32 - 1.
    """
    state = [seed]
    for number in range(1, STATE_SIZE):
        last = state[-1]
        state.append((1812433253 * (last ^ (last >> 30)) + number) & 0xFFFFFFFF)
    generator = Random()
    generator.setstate((*state, STATE_SIZE))
    return generator.random


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
        terminals: Indices of the nodes that send and receive, in the order used for drawing.
        nodes: Number of nodes in the network.
        quotas: Requests of each bandwidth class; their sum is the number of requests.
    """
    draw = uniform_draws(seed)
    left = list(quotas)
    ends, classes = len(terminals), len(left)
    # Inverse transform sampling: -ln U / rate is exponential. Bit-identical on every machine: 1 /
    # (1 / holding_time) is not always holding_time, and the logarithm is the C library's, because
    # numpy's differs between versions and processors.
    gap_factor, holding_factor = -1.0 / (erlang / holding_time), -1.0 / (1 / holding_time)
    arrival = 0.0
    times: list[float] = []
    durations: list[float] = []
    pairs: list[int] = []
    chosen: list[int] = []
    for _ in range(sum(left)):
        arrival += log(draw()) * gap_factor
        departure = arrival + log(draw()) * holding_factor
        times += (arrival, departure)
        durations.append(departure - arrival)
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
    return Traffic(pairs, chosen, durations, in_order(times), times)


def in_order(times: list[float]) -> list[int]:
    """Sort arrivals and departures; of simultaneous events the earlier request's comes first."""
    events = sorted(range(len(times)), key=times.__getitem__)
    # Events after the last arrival cannot block a request.
    return events[: events.index(len(times) - 2) + 1]
