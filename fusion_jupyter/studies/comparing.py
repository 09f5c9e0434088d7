"""`compare`: compare runs with a baseline, with a figure of the curves."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from fusion_jupyter.analysis import intervals
from fusion_jupyter.analysis.captions import plain, reading
from fusion_jupyter.analysis.comparison import Comparison, compare_iterations
from fusion_jupyter.analysis.results import read
from fusion_jupyter.analysis.run_options import hidden_differences
from fusion_jupyter.manager.selection import Runs, records_of
from fusion_jupyter.nearest import did_you_mean
from fusion_jupyter.sim.precision import check_confidence
from fusion_jupyter.studies.baselines import baselines_of
from fusion_jupyter.studies.compared_curves import CURVE, curves_of, with_keys

if TYPE_CHECKING:
    import pandas as pd

    from fusion_jupyter.manager.record import RunRecord


_MOST_NAMED = 5


@dataclass(frozen=True, repr=False)
class RunComparison(Comparison):
    """A `Comparison` that knows its runs.

    Attributes:
        options: The options in which the runs differ, by label.
        short: The label inside its group, by label.
        left_out: The runs that have no results, with their status, in words.
    """

    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    short: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    _iterations: pd.DataFrame | None = field(default=None, repr=False)
    _sequential: tuple[str, ...] = field(default=(), repr=False)

    def loads(self) -> pd.DataFrame:
        """Return one row per curve and load, with the interval of its mean.

        Columns: ``name`` (the label), ``short`` (the label inside its group), ``erlang``, the
        compared value, its ``_low`` and ``_high``, ``iterations``, ``requests``, ``variance``. The
        intervals are those of `fusion_jupyter.results`.
        """
        assert self._iterations is not None
        return _by_load(self._iterations, self.value, self.confidence, self._sequential)

    def group_of(self, label: str) -> str:
        """What the runs of a curve's group have in common, in words; empty without groups.

        Args:
            label: Label of the curve, such as ``"NSFNet, k = 3"``, whose group is ``"NSFNet"``.
        """
        return ", ".join(plain(reading(*each)) for each in self.groups.get(label, {}).items())

    def plot(self, **options: Any) -> Any:
        """Draw the compared curves and the target blocking; a panel for each group.

        Args:
            **options: As for `fusion_jupyter.plot_blocking`.

        Returns:
            The axes; with several groups an array of axes.
        """
        from fusion_jupyter.plots.blocking import MOST_PANELS, plot_blocking

        loads = self.loads()
        options = {"hue": "name", "label": "{name}", "metric": self.value, **options}
        groups = loads["name"].map(self.group_of)
        alone = {"ax", "col", "hue", "label"} & {name for name, each in options.items() if each}
        if 1 < groups.nunique() <= MOST_PANELS and alone == {"hue", "label"}:
            loads["name"] = groups
            options |= {"hue": "short", "label": "{short}", "col": "name"}
        drawn = plot_blocking(loads, **options)
        panels: list[Any] = list(drawn) if isinstance(drawn, np.ndarray) else [drawn]
        for ax in panels:
            ax.axhline(self.blocking, color="0.4", linewidth=0.8, linestyle=(0, (4, 2)), zorder=1)
        return drawn


def _note_of_templates(records: list[RunRecord]) -> list[str]:
    hidden = hidden_differences(records)
    names = ", ".join(hidden[:_MOST_NAMED])
    more = f" and {len(hidden) - _MOST_NAMED} more" if len(hidden) > _MOST_NAMED else ""
    return [f"Their templates differ too, in {names}{more}."] if hidden else []


def _by_load(
    frame: pd.DataFrame, value: str, confidence: float, sequential: Sequence[str]
) -> pd.DataFrame:
    """A frame with one row per curve and load, with its interval."""
    grouped = frame.groupby(["name", "short", "erlang"], sort=False)
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
    within: str | Sequence[str] | None = None,
    value: str = "blocking",
    blocking: float = 0.01,
    confidence: float = 0.95,
) -> RunComparison:
    """Compare runs with a baseline, iteration by iteration.

    Iteration i draws the same traffic in every run with the same load and number of requests, so
    differences are far more precise than the runs' own intervals suggest
    (`fusion_jupyter.analysis.comparison`). Displays as a statement and a table. Runs that differ
    only in their seeds, such as the repeats of a sweep, are one curve over all their iterations.
    Runs without results are left out; they are named, and so are those that have only a part.

    Args:
        data: Runs (ids, records or handles), or a frame of level ``"iteration"``.
        baseline: The run to compare the others with: its id or handle, its name, or options that
            only it has, for example ``{"k_paths": 3}``. Default: the first.
        within: Option, or options, such as ``"network"``: only runs with equal values are compared,
            each group with its own baseline. Default: ``"network"`` if several runs have the same
            of different networks and `baseline` names no single run; ``()`` for none.
        value: ``"blocking"`` or ``"bit_rate_blocking"``.
        blocking: Target blocking, at which the gain in carried load is reported.
        confidence: Confidence level of all intervals.

    Returns:
        A comparison to print or display in a cell; ``to_frame()`` returns the numbers, ``gains``
        holds the gains, ``plot()`` draws the curves.

    Raises:
        ValueError: There are fewer than two runs with results, they have no load in common,
            `baseline` has no results or matches none or several of them, or a column is missing.

    Example:
        >>> compare(runs, baseline={"k_paths": 3})
        k = 5 carries 6.2 ± 0.4 % more at 1 % blocking (318 against 300 Erlang)
        ...
    """
    frame, records = _iterations(data)
    if value not in frame.columns:
        raise ValueError(
            f"value is {value!r}; allowed: a column: {', '.join(frame.columns)}"
            f"{did_you_mean(value, frame.columns)}"
        )
    check_confidence(confidence)
    frame = with_keys(frame[frame[value].notna()])
    curves = curves_of(frame, records, within, baseline)
    known: dict[str, float] = frame.attrs.get("requests", {}).get(value, {})
    requests = {key: known[key] for key in frame["run_id"].unique() if key in known}
    found = compare_iterations(
        frame,
        runs=curves.labels,
        groups=curves.common if any(curves.common.values()) else None,
        baselines=baselines_of(curves, baseline),
        value=value,
        blocking=blocking,
        confidence=confidence,
        requests=_common(requests),
        run=CURVE,
    )
    parts = {each.name: getattr(found, each.name) for each in fields(found)}
    parts["notes"] = (*found.notes, *curves.notes, *_note_of_templates(records))
    return RunComparison(
        **parts,
        options={curves.labels[key]: own for key, own in curves.options.items()},
        short={curves.labels[key]: text for key, text in curves.short.items()},
        left_out=tuple(each.text for each in curves.absent),
        _iterations=frame.assign(
            name=frame[CURVE].map(curves.labels),
            short=frame[CURVE].map(curves.short),
            requests=frame["run_id"].map(requests) if requests else math.nan,
        ),
        _sequential=tuple(frame.attrs.get("sequential", ())),
    )


def _iterations(data: Runs | pd.DataFrame) -> tuple[pd.DataFrame, list[RunRecord]]:
    """One row per iteration, and the runs; none if a frame is given."""
    import pandas as pd

    if not isinstance(data, pd.DataFrame):
        records = records_of(data)
        return read(records, "iteration"), records
    needed = ("run_id", "erlang", "seed")
    missing = [column for column in needed if column not in data.columns]
    if missing:
        raise ValueError(
            f"The frame has no column {', '.join(missing)}; it must be of level 'iteration', "
            "as returned by results(runs, level='iteration')"
        )
    return data, []


def _common(requests: Mapping[str, float]) -> float:
    """The requests per iteration if all runs have the same number, else infinity: unknown."""
    counts = set(requests.values())
    only = counts.pop() if len(counts) == 1 else math.nan
    return math.inf if math.isnan(only) else only
