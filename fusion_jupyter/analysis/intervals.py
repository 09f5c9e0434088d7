"""Confidence intervals of simulated curves: in a frame of results, a comparison, a figure.

`of_curves` is the one definition of the interval of a load; `fusion_jupyter.analysis.statistics`
computes it.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from fusion_jupyter import formatting
from fusion_jupyter.analysis import clusters, statistics
from fusion_jupyter.config.schema.embedded import MIN_ITERATIONS
from fusion_jupyter.errors import FewIterationsWarning, levels_to_the_caller
from fusion_jupyter.sim.precision import sequential_confidence

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


class Requests(Protocol):
    """The number of requests behind each row of a frame."""

    def of(self, value: str, frame: pd.DataFrame) -> NDArray[np.float64]:
        """The requests of an iteration as `statistics.bounds` needs them; NaN if unknown.

        Args:
            value: ``"blocking"`` or ``"bit_rate_blocking"``.
            frame: The rows; with a column ``bandwidth_gbps`` each row counts only its class.
        """


class RequestsOfRuns:
    """The number of requests behind each row, by the runs' configurations: `Requests`.

    Args:
        offered: For each run, the requests of an iteration by bandwidth in Gb/s; empty if its
            configuration does not tell.
        runs: For each row, the number of its run, shape (rows,).
    """

    def __init__(self, offered: Sequence[Mapping[int, float]], runs: NDArray[np.int64]) -> None:
        self._offered = offered
        self._runs = runs

    def of(self, value: str, frame: pd.DataFrame) -> NDArray[np.float64]:
        """The requests of an iteration; NaN if unknown."""
        if "bandwidth_gbps" in frame.columns:
            pairs = zip(self._runs, frame["bandwidth_gbps"], strict=True)
            found: list[float] = [self._offered[run].get(each, 0) for run, each in pairs]
        else:
            by_run = [requests_behind(value, offered) for offered in self._offered]
            found = [by_run[run] for run in self._runs]
        array = np.asarray(found, dtype=np.float64)
        return np.where(array > 0, array, np.nan)


def requests_behind(value: str, offered: Mapping[int, float]) -> float:
    """The requests of an iteration behind a value, as `statistics.bounds` needs them.

    Args:
        value: ``"blocking"``: their number; ``"bit_rate_blocking"``: the offered bit rate in units
            of the largest request.
        offered: Requests of an iteration by bandwidth in Gb/s; empty if unknown.

    Returns:
        The requests; NaN if unknown.
    """
    largest = max((bandwidth for bandwidth, count in offered.items() if count > 0), default=0)
    if largest <= 0:
        return math.nan
    if value == "bit_rate_blocking":
        return sum(b * count for b, count in offered.items()) / largest
    # Without the last bits of fractions: runs with as many requests have the same number.
    return round(math.fsum(offered.values()), 6)


def of_curves(
    mean: NDArray[np.float64],
    variance: NDArray[np.float64],
    iterations: NDArray[Any],
    *,
    requests: NDArray[np.float64],
    load: NDArray[np.float64],
    curve: NDArray[Any],
    confidence: float,
    sequential: NDArray[np.bool_],
) -> statistics.Bounds:
    """The confidence intervals of all loads of some curves: `statistics.bounds`.

    The size of clusters is estimated from the other loads of the curve (`clusters.sizes`), and a
    load that a precision rule stopped has its `sequential_confidence`.

    Args:
        mean: Mean over the iterations; this and the following of shape (rows,).
        variance: Its sample variance.
        iterations: Number of iterations.
        requests: Requests of an iteration; NaN if unknown.
        load: Offered load in Erlang.
        curve: Number of the row's curve, from 0.
        confidence: Confidence level of the intervals.
        sequential: Whether `PrecisionRule` decided the number of iterations.
    """
    known = {"requests": requests, "load": np.where(load > 0, load, np.nan)}
    cluster = clusters.sizes(mean, variance, iterations, **known, curve=curve)
    level = np.where(sequential, sequential_confidence(confidence), confidence)
    return statistics.bounds(mean, variance, iterations, **known, confidence=level, cluster=cluster)


def with_intervals(
    frame: pd.DataFrame,
    values: Sequence[str],
    requests: Requests,
    confidence: float,
    sequential: NDArray[np.bool_],
) -> pd.DataFrame:
    """Put ``<value>_low`` and ``<value>_high`` beside each value, and ``blocking_note``.

    Args:
        frame: One row per load, with the columns `values`, their ``_variance`` and ``iterations``.
        values: The columns that get an interval.
        requests: The requests behind each row.
        confidence: Confidence level of the intervals.
        sequential: For each row, whether `PrecisionRule` decided its number of iterations.

    Returns:
        The frame with the new columns; ``frame.attrs["confidence"]`` is the confidence.

    Warns:
        FewIterationsWarning: Some intervals are based on fewer than five iterations.
    """
    curve = _curves(frame)
    iterations = frame["iterations"].to_numpy()
    data: dict[str, Any] = {}
    for name in frame.columns:
        data[name] = frame[name]  # as a series: from an array pandas would make NaN of None
        if name not in values:
            continue
        found = of_curves(
            frame[name].to_numpy(),
            frame[f"{name}_variance"].to_numpy(),
            iterations,
            requests=requests.of(name, frame),
            load=frame["erlang"].to_numpy(),
            curve=curve,
            confidence=confidence,
            sequential=sequential,
        )
        data[f"{name}_low"], data[f"{name}_high"] = found.low, found.high
        if name == "blocking":
            data["blocking_note"] = _notes(found.case, iterations)
    result = type(frame)(data, copy=False).reset_index(drop=True)
    result.attrs["confidence"] = confidence
    _warn_of_few(iterations)
    return result


def _curves(frame: pd.DataFrame) -> NDArray[np.int64]:
    """The number of each row's curve."""
    keys = [key for key in ("run_id", "process", "bandwidth_gbps") if key in frame.columns]
    numbers = frame.groupby(keys, sort=False, observed=True).ngroup()
    return numbers.to_numpy().astype(np.int64)


def _notes(case: NDArray[np.int64], iterations: NDArray[np.int64]) -> Any:
    from fusion_jupyter.artifacts.listing import text_series

    return text_series(list(statistics.notes(case, iterations))).array


def _warn_of_few(iterations: NDArray[np.int64]) -> None:
    few = iterations[iterations < MIN_ITERATIONS]
    if not len(few):
        return
    none = " and one iteration gives none" if few.min() == 1 else ""
    warnings.warn(
        f"{len(few)} of {formatting.counted(len(iterations), 'row')} "
        f"{formatting.have(len(few))} fewer than {MIN_ITERATIONS} iterations, "
        f"one of them only {few.min()}: their confidence intervals are rough{none}. Iterations are "
        "limited by the option max_iters; FUSION's early stop, which can end a load after two, is "
        "switched off by is_training=True, and replaced by the option precision",
        FewIterationsWarning,
        stacklevel=levels_to_the_caller(),
    )
