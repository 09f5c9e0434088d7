"""The load that a figure or a map of one load shows."""

from __future__ import annotations

import math
from collections.abc import Iterable


def chosen(known: Iterable[float], erlang: float | None) -> float | None:
    """The known load that was asked for, which may have been written with fewer digits.

    Loads are sums of steps: 300 and three steps of 0.1 are 300.3 except for rounding.

    Args:
        known: Loads with results, in Erlang.
        erlang: As asked for; None: the highest.

    Returns:
        The load; None if none was asked for and none is known.

    Raises:
        ValueError: There are no results at this load.

    Example:
        >>> chosen([300.0, 300.0 + 0.1 + 0.1 + 0.1], 300.3)
        300.30000000000007
    """
    loads = sorted(map(float, known))
    if erlang is None:
        return loads[-1] if loads else None
    if isinstance(erlang, (int, float)):
        for load in loads:
            if math.isclose(load, erlang, rel_tol=1e-9):
                return load
    allowed = ", ".join(f"{load:.10g}" for load in loads) or "none, there are no results"
    raise ValueError(f"erlang is {erlang!r}; allowed: {allowed}")
