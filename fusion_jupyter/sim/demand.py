"""The requests of a configuration: FUSION's, or drawn as in other studies."""

from __future__ import annotations

from bisect import bisect
from itertools import accumulate
from math import log
from typing import TYPE_CHECKING

from fusion_jupyter.sim.traffic import Traffic, generate_traffic, in_order, uniform_draws

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fusion_jupyter.sim.config import SimConfig
    from fusion_jupyter.sim.routing import RouteTable


def draw_traffic(config: SimConfig, table: RouteTable, erlang: float, iteration: int) -> Traffic:
    """Draw the requests of an iteration, warm-up included.

    Args:
        config: The configuration.
        table: Its nodes and bandwidth classes.
        erlang: Offered load in Erlang.
        iteration: Number of the iteration, from 0.
    """
    seed = config.extended.first_seed + iteration
    if config.extended.own_traffic:
        return _own_traffic(config, table, erlang, seed)
    return generate_traffic(
        seed,
        erlang=erlang,
        holding_time=config.holding_time,
        terminals=table.terminals,
        nodes=table.nodes,
        quotas=tuple(config.quotas.values()),
    )


def _own_traffic(config: SimConfig, table: RouteTable, erlang: float, seed: int) -> Traffic:
    """Draw requests in FUSION's order, with the changes of the extensions section."""
    draw = uniform_draws(seed)
    extended, nodes = config.extended, table.nodes
    mean_gap = config.holding_time / erlang
    longest = 2 * config.holding_time if extended.truncated_holding else float("inf")
    draw_end = _node_draw(config, table, draw)
    draw_class = _class_draw(config, draw)
    arrival = 0.0
    times: list[float] = []
    durations: list[float] = []
    pairs: list[int] = []
    classes: list[int] = []
    for _ in range(config.num_requests + extended.warm_up):
        arrival += -log(1.0 - draw()) * mean_gap
        holding = -log(1.0 - draw()) * config.holding_time
        while holding >= longest:
            holding = -log(1.0 - draw()) * config.holding_time
        times += (arrival, arrival + holding)
        durations.append(holding)
        source = target = draw_end()
        while target == source:
            target = draw_end()
        pairs.append(source * nodes + target)
        classes.append(draw_class())
    return Traffic(pairs, classes, durations, in_order(times), times)


def _node_draw(
    config: SimConfig, table: RouteTable, draw: Callable[[], float]
) -> Callable[[], int]:
    terminals = table.terminals
    weights = node_weights(config)
    if not weights:
        return lambda: terminals[int(draw() * len(terminals))]
    pick = _weighted(weights, draw)
    return lambda: terminals[pick()]


def _class_draw(config: SimConfig, draw: Callable[[], float]) -> Callable[[], int]:
    if config.extended.independent_bandwidths:
        return _weighted(list(config.shares.values()), draw)
    left = list(config.quotas.values())

    def from_quotas() -> int:
        index = int(draw() * len(left))
        while not left[index]:
            index = int(draw() * len(left))
        left[index] -= 1
        return index

    return from_quotas


def _weighted(weights: Sequence[float], draw: Callable[[], float]) -> Callable[[], int]:
    """Return a function that draws an index with probability proportional to its weight."""
    indices, bounds = summed_up(weights)
    last = len(indices) - 1
    return lambda: indices[min(bisect(bounds, draw() * bounds[-1]), last)]


def summed_up(weights: Sequence[float]) -> tuple[list[int], list[float]]:
    """Return the indices of the weights above 0, and the cumulative sums of these weights."""
    indices = [index for index, weight in enumerate(weights) if weight > 0]
    return indices, list(accumulate(weights[index] for index in indices))


def node_weights(config: SimConfig) -> list[float]:
    """Return the weight of each terminal; empty if all are equal."""
    weights = config.extended.node_weights
    return [weights.get(name, 0.0) for name in config.terminals] if weights else []
