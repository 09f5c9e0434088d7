"""The Erlang loss system, where the true blocking is known: a formula, and a fast simulation.

Many iterations are simulated at once, one an element of numpy arrays: some 20 million requests a
second. Only the order of arrivals and departures matters to what is blocked, so that times are not
drawn: with k calls in progress the next event is an arrival with probability A / (A + k).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def erlang_b(load: float, servers: int) -> float:
    """Erlang's loss formula, by its recursion B(n) = A B(n-1) / (n + A B(n-1))."""
    blocking = 1.0
    for number in range(1, servers + 1):
        blocking = load * blocking / (number + load * blocking)
    return blocking


def load_of(blocking: float, servers: int) -> float:
    """The load at which Erlang's formula gives a blocking, by bisection."""
    low, high = 1e-9, 1.0
    while erlang_b(high, servers) < blocking:
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if erlang_b(middle, servers) < blocking else (low, middle)
    return (low + high) / 2


def blocked_calls(
    load: float | NDArray[np.float64],
    servers: int,
    calls: int,
    iterations: int,
    *,
    warm_up: int = 0,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Simulate iterations from an empty system; return the share of calls blocked in each.

    Args:
        load: Offered load in Erlang, the same in all iterations or one for each.
        servers: Calls that fit at once.
        calls: Calls counted in each iteration.
        iterations: Iterations.
        warm_up: Calls before those, which are not counted.
        seed: Of the generator.
    """
    generator = np.random.default_rng(seed)
    busy = np.zeros(iterations)
    arrived = np.zeros(iterations, np.int32)
    blocked = np.zeros(iterations, np.int32)
    total = warm_up + calls
    for step in range(100 * total):
        arrival = generator.random(iterations, dtype=np.float32) * (load + busy) < load
        full = busy >= servers
        blocked += arrival & full & (arrived >= warm_up) & (arrived < total)
        arrived += arrival
        busy += np.where(arrival, ~full, -1.0)
        if step >= total and step % 50 == 0 and arrived.min() >= total:
            break
    return blocked / calls
