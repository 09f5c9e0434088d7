"""Adjustment of p-values for multiple tests."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def holm(p_values: Sequence[float]) -> NDArray[np.float64]:
    """Adjust p-values for multiple tests by Holm's step-down procedure.

    The smallest of m is multiplied by m, the next by m - 1, ..., and none may be below the one
    before it (Holm, *Scandinavian Journal of Statistics* 6, 1979, 65-70). If only values below 0.05
    are called differences, the probability of any false one is at most 5 %.

    Args:
        p_values: The p-values; NaN for no test, which is not counted.

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
