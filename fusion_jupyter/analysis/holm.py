"""What several tests say together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def holm(p_values: Sequence[float]) -> NDArray[np.float64]:
    """Adjust p-values for having made several tests, by Holm's step-down procedure.

    The smallest of m is multiplied by m, the next by m - 1, ..., and none may be below the one
    before it (Holm, *Scandinavian Journal of Statistics* 6, 1979, 65-70). Whoever calls only those
    below 0.05 a difference is wrong anywhere with a probability of at most 5 %.

    Args:
        p_values: NaN where there was no test; those do not count.

    Returns:
        The adjusted p-values in the same order, at most 1.

    Example:
        >>> holm([0.01, 0.04, 0.03]).tolist()
        [0.03, 0.06, 0.06]
    """
    values = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(values.shape, np.nan)
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.argsort(values[known], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(factors * values[order]))
    return adjusted
