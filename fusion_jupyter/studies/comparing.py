"""`compare`: compare runs with a baseline, with a figure of the curves."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from fusion_jupyter.analysis import intervals
from fusion_jupyter.analysis.comparison import Comparison, compare_iterations
from fusion_jupyter.analysis.labels import option_columns, own_names, plain, reading
from fusion_jupyter.analysis.results import results
from fusion_jupyter.manager.selection import Runs, records_of
from fusion_jupyter.nearest import did_you_mean

if TYPE_CHECKING:
    import pandas as pd

_CURVE = "curve"


@dataclass(frozen=True, repr=False)
class RunComparison(Comparison):
    """A `Comparison` that knows its runs.

    Attributes:
        options: The options in which the runs differ, by label.
    """

    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    _iterations: pd.DataFrame | None = field(default=None, repr=False)
    _sequential: tuple[str, ...] = field(default=(), repr=False)

    def loads(self) -> pd.DataFrame:
        """Return one row per curve and load, with the interval of its mean.

        Columns: ``name`` (the label), ``erlang``, the compared value, its ``_low`` and ``_high``,
        ``iterations``, ``requests``, ``variance``.
        """
        assert self._iterations is not None
        return _by_load(self._iterations, self.value, self.confidence, self._sequential)

    def plot(self, **options: Any) -> Any:
        """Draw the compared curves and the target blocking.

        Args:
            **options: As for `fusion_jupyter.plot_blocking`.

        Returns:
            The axes.
        """
        from fusion_jupyter.plots.blocking import plot_blocking

        loads = self.loads()
        options = {"hue": "name", "label": "{name}", "metric": self.value, **options}
        drawn = plot_blocking(loads, **options)
        panels: list[Any] = list(drawn) if isinstance(drawn, np.ndarray) else [drawn]
        for ax in panels:
            ax.axhline(self.blocking, color="0.4", linewidth=0.8, linestyle=(0, (4, 2)), zorder=1)
        return drawn


def _by_load(
    frame: pd.DataFrame, value: str, confidence: float, sequential: Sequence[str]
) -> pd.DataFrame:
    """A frame with one row per curve and load, with its interval."""
    grouped = frame.groupby(["name", "erlang"], sort=False)
    loads = grouped.agg(
        mean=(value, "mean"),
        variance=(value, "var"),
        iterations=(value, "count"),
        requests=("requests", "first"),
        run_id=("run_id", "first"),
    ).reset_index()
    found = intervals.of_curves(
        loads["mean"].to_numpy(),
        loads["variance"].to_numpy(),
        loads["iterations"].to_numpy(),
        requests=loads["requests"].to_numpy(dtype=float),
        load=loads["erlang"].to_numpy(),
        curve=loads.groupby("name", sort=False).ngroup().to_numpy(),
        confidence=confidence,
        sequential=loads.pop("run_id").isin(sequential).to_numpy(),
    )
    ends = {f"{value}_low": found.low, f"{value}_high": found.high}
    loads = loads.rename(columns={"mean": value}).assign(**ends)
    loads.attrs["confidence"] = confidence
    return loads


def compare(
    data: Runs | pd.DataFrame,
    *,
    baseline: object = None,
    value: str = "blocking",
    blocking: float = 0.01,
    confidence: float = 0.95,
) -> RunComparison:
    """Compare runs with a baseline, iteration by iteration.

    Iteration i draws the same traffic in every run with the same load and number of requests, so
    differences are far more precise than the runs' own intervals suggest
    (`fusion_jupyter.analysis.comparison`). Displays as a statement and a table.

    Args:
        data: Runs (ids, records or handles), or a frame of level ``"iteration"``.
        baseline: The run to compare the others with: its id or handle, its name, or options that
            only it has, for example ``{"k_paths": 3}``. Default: the first.
        value: ``"blocking"`` or ``"bit_rate_blocking"``.
        blocking: Target blocking, at which the gain in carried load is reported.
        confidence: Confidence level of all intervals.

    Returns:
        A comparison to print or display in a cell; ``to_frame()`` returns the numbers, ``gains``
        holds the gains, ``plot()`` draws the curves.

    Raises:
        ValueError: There are fewer than two runs, they have no load in common, `baseline` matches
            none or several of them, or a column is missing.

    Example:
        >>> compare(runs, baseline={"k_paths": 3})
        k = 5 carries 6.2 ± 0.4 % more at 1 % blocking (318 against 300 Erlang)
        ...
    """
    frame = _iterations(data)
    sequential = tuple(frame.attrs.get("sequential", ()))
    if value not in frame.columns:
        raise ValueError(
            f"value is {value!r}; allowed: a column: {', '.join(frame.columns)}"
            f"{did_you_mean(value, frame.columns)}"
        )
    requests = _requests(frame, value)
    frame, curves = _curves(frame)
    options = _options(frame, curves)
    labels = _labels(frame, curves, options)
    found = compare_iterations(
        frame,
        runs=labels,
        baseline=_baseline(baseline, frame, options),
        value=value,
        blocking=blocking,
        confidence=confidence,
        requests=_common(requests),
        run=_CURVE,
    )
    offered = frame["run_id"].map(requests) if requests else math.nan
    shown = frame.assign(name=frame[_CURVE].map(labels), requests=offered)
    parts = {each.name: getattr(found, each.name) for each in fields(found)}
    by_label = {labels[key]: values for key, values in options.items()}
    return RunComparison(**parts, options=by_label, _iterations=shown, _sequential=sequential)


def _iterations(data: Runs | pd.DataFrame) -> pd.DataFrame:
    """One row per iteration."""
    import pandas as pd

    if isinstance(data, pd.DataFrame):
        needed = ("run_id", "erlang", "seed")
        missing = [column for column in needed if column not in data.columns]
        if missing:
            raise ValueError(
                f"The frame has no column {', '.join(missing)}; it must be of level 'iteration', "
                "as returned by results(runs, level='iteration')"
            )
        return data
    return results(records_of(data), "iteration")


def _requests(frame: pd.DataFrame, value: str) -> dict[str, float]:
    """For each run the requests of an iteration behind a value; empty where they are unknown."""
    found: dict[str, float] = frame.attrs.get("requests", {}).get(value, {})
    return found


def _curves(frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[Hashable, pd.Series[Any]]]:
    """The frame with a key for each run and process, and the first row of each."""
    keys = frame["run_id"].astype(str)
    if "process" in frame.columns:
        several = frame.groupby("run_id", observed=True)["process"].transform("nunique") > 1
        keys = keys.where(~several, keys + " " + frame["process"].astype(str))
    frame = frame.assign(**{_CURVE: keys})
    firsts = frame.drop_duplicates(_CURVE)
    return frame, {row[_CURVE]: row for _, row in firsts.iterrows()}


def _options(
    frame: pd.DataFrame, curves: Mapping[Hashable, pd.Series[Any]]
) -> dict[Hashable, dict[str, Any]]:
    columns = option_columns(frame)
    if "network" in frame.columns and frame["network"].nunique() > 1:
        columns = [*columns, "network"]
    if len({row["run_id"] for row in curves.values()}) < len(curves):
        columns = [*columns, "process"]
    return {key: {column: row[column] for column in columns} for key, row in curves.items()}


def _labels(
    frame: pd.DataFrame,
    curves: Mapping[Hashable, pd.Series[Any]],
    options: Mapping[Hashable, Mapping[str, Any]],
) -> dict[Hashable, str]:
    """The label of each curve: the user's name, else what distinguishes it from the others."""
    names = own_names(frame)
    if len(names) == len(curves):
        return {key: names[row["run_id"]] for key, row in curves.items()}
    labels = {
        key: ", ".join(plain(reading(*option)) for option in options[key].items()) for key in curves
    }
    if len(set(labels.values())) == len(curves):
        return labels
    return {
        key: ", ".join(filter(None, (label, f"run {str(key)[:6]}")))
        for key, label in labels.items()
    }


def _baseline(
    wanted: object, frame: pd.DataFrame, options: Mapping[Hashable, Mapping[str, Any]]
) -> Hashable:
    """The key of the baseline's curve; the argument itself unless it is options."""
    run_id = getattr(wanted, "id", None)
    if isinstance(run_id, str):
        wanted = run_id
    if not isinstance(wanted, Mapping):
        return wanted
    found = [key for key, values in options.items() if wanted.items() <= values.items()]
    if len(found) == 1:
        return found[0]
    raise ValueError(f"baseline is {wanted!r}{_why_not_one(wanted, found, options)}")


def _why_not_one(
    wanted: Mapping[str, object],
    found: list[Hashable],
    options: Mapping[Hashable, Mapping[str, Any]],
) -> str:
    names = list(next(iter(options.values())))
    unknown = [name for name in wanted if name not in names]
    if unknown:
        return (
            f": the runs do not differ in {', '.join(map(str, unknown))}; allowed: "
            f"{', '.join(names)}{did_you_mean(str(unknown[0]), names)}"
        )
    if not found:
        which = "; ".join(
            f"{name}: {', '.join(map(str, dict.fromkeys(each[name] for each in options.values())))}"
            for name in wanted
        )
        return f", which no run has; allowed: options of one of them, of {which}"
    rest = [name for name in names if name not in wanted]
    one = {**wanted, **{name: options[found[0]][name] for name in rest}}
    return (
        f", which {len(found)} runs have; allowed: options that only one has, such as {one}. To "
        f"compare within equal {' and '.join(rest)}, give only those runs"
    )


def _common(requests: Mapping[str, float]) -> float:
    """The requests per iteration if all runs have the same number, else infinity: unknown."""
    counts = set(requests.values())
    only = counts.pop() if len(counts) == 1 else math.nan
    return math.inf if math.isnan(only) else only
