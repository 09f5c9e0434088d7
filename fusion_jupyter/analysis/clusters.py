"""Cluster size: how many requests are blocked in a row.

A full link blocks every request until a lightpath ends. So blocked requests come in clusters, and
few clusters say little about the blocking probability, however many requests they contain.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Minimum number of blocked requests for a load to determine its cluster size, and minimum degrees
#: of freedom of all such loads of a curve.
BLOCKED, FREEDOM = 30, 8
#: If almost everything is blocked, there are no clusters.
MOST_BLOCKING = 0.9
#: Safety factor, because the estimate from other loads is uncertain.
SAFETY = 1.5


def largest_size(load: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cluster size if only the load A is known: √A, at least 1.

    In the Erlang loss system clusters are of that order while few requests are blocked, at most
    about 1.2 · √A with 20 to 320 slots (measured; such variances are treated by Srikant and Whitt,
    *ACM Transactions on Modeling and Computer Simulation* 6, 1996, 7-52). In networks, where the
    load is spread over many links, they are smaller.
    """
    root: NDArray[np.float64] = np.sqrt(np.maximum(load, 1.0))
    return root


def sizes(
    mean: NDArray[np.float64],
    variance: NDArray[np.float64],
    iterations: NDArray[np.float64],
    *,
    requests: NDArray[np.float64],
    load: NDArray[np.float64],
    curve: NDArray[Any],
) -> NDArray[np.float64]:
    """Return the cluster size at each load, as estimated from the other loads of its curve.

    Clusters grow with the load while few requests are blocked; the factor 1 / (1 - m)² corrects for
    loads where many are. So the mean of s² · N / m / (1 - m)² over the loads at which enough was
    blocked, with mean m, sample variance s² and N requests, is no less than the size at loads where
    little was; times `SAFETY`, because it is uncertain. It is never more than `largest_size`.

    Args:
        mean: Mean blocking over the iterations; this and the following of shape (rows,).
        variance: Its sample variance.
        iterations: Number of iterations.
        requests: Requests in an iteration; NaN if unknown.
        load: Offered load in Erlang.
        curve: Number of the row's curve, from 0.
    """
    largest = largest_size(load)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = variance * requests / mean / (1 - mean) ** 2
        known = (
            (iterations >= 2)
            & (mean * iterations * requests >= BLOCKED)
            & (mean <= MOST_BLOCKING)
            & np.isfinite(found)
        )
    freedom = np.where(known, iterations - 1, 0.0)
    total = np.bincount(curve, weights=freedom)
    summed = np.bincount(curve, weights=np.where(known, found, 0.0) * freedom)
    size = SAFETY * summed / np.maximum(total, 1.0)
    told = np.where(total >= FREEDOM, np.maximum(size, 1.0), np.inf)[curve]
    safe: NDArray[np.float64] = np.fmin(largest, told)
    return safe
