"""Compare configurations with a baseline, at each load and at a target blocking."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from fusion_jupyter.analysis import comparison_text
from fusion_jupyter.analysis.capacity import Curve, NoCrossingError
from fusion_jupyter.analysis.columns import small_frame
from fusion_jupyter.analysis.gain import Gain, gain_at
from fusion_jupyter.analysis.holm import holm
from fusion_jupyter.analysis.option_values import column
from fusion_jupyter.analysis.pairing import Difference, difference
from fusion_jupyter.sim.precision import check_confidence

if TYPE_CHECKING:
    import pandas as pd

#: Columns of `Comparison.to_frame`, in order, with their types.
COLUMNS = {
    "run": "text", "baseline": "text", "erlang": "float", "iterations": "int",
    "baseline_blocking": "float", "blocking": "float", "difference": "float",
    "difference_low": "float", "difference_high": "float", "ratio": "float", "ratio_low": "float",
    "ratio_high": "float", "p_value": "float", "p_holm": "float", "differs": "bool",
    "paired": "bool", "narrowed": "float",
}  # fmt: skip
#: A run in a comparison: its label, or the options that distinguish it from the others.
Label = str | Mapping[str, object]


@dataclass(frozen=True)
class Comparison:
    """Configurations compared with a baseline; displays as a table and a statement.

    Attributes:
        baseline: Label of the baseline; of several groups, that of the first one.
        labels: Labels of the compared configurations.
        baselines: For each of `labels`, the label of its baseline.
        groups: Where only runs of a group are compared, what its runs have in common, by label.
        value: The column that was compared.
        blocking: Target blocking of `gains`.
        confidence: Confidence level of all intervals.
        gains: For each configuration, the gain in carried load at the target, or why it is unknown.
        notes: Notes for the reader.
    """

    baseline: str
    labels: tuple[str, ...]
    value: str
    blocking: float
    confidence: float
    gains: tuple[Gain | str, ...]
    notes: tuple[str, ...]
    baselines: tuple[str, ...]
    groups: Mapping[str, Mapping[str, object]]
    _table: pd.DataFrame = field(repr=False)
    _curves: Mapping[str, Curve] = field(repr=False)

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each configuration and load.

        ========================= ======= ======================================================
        column                    dtype   meaning
        ========================= ======= ======================================================
        run, baseline             text    Labels.
        erlang                    float64 Offered load.
        iterations                int64   Pairs of iterations; unpaired, of the shorter one.
        baseline_blocking         float64 Means over these iterations; `blocking` is the column
        blocking                          that was compared, whatever its name.
        difference                float64 blocking - baseline_blocking.
        difference_low, _high     float64 Its interval, which holds for all rows together. Where
                                          nothing was blocked or all pairs are equal it is the
                                          bound for nothing blocked on both sides of 0; NaN where
                                          the number of requests is unknown.
        ratio, ratio_low, _high   float64 blocking / baseline_blocking, and the same of it. NaN
                                          if nothing was blocked in one of them.
        p_value                   float64 Two-sided, of this row alone. NaN if nothing was
                                          blocked in either.
        p_holm                    float64 The same, adjusted over all rows.
        differs                   bool    Whether p_holm is below 1 - confidence.
        paired                    bool    Whether iterations with equal seeds were compared.
        narrowed                  float64 How many times wider the interval of the difference
                                          would be without pairs. NaN if unknown or without
                                          pairs, and where all of them are equal.
        ========================= ======= ======================================================

        The options that runs of a group have in common are columns before these.
        """
        return self._table.copy()

    def gain(self, blocking: float) -> tuple[Gain | str, ...]:
        """Return the gain in carried load at another target blocking.

        Args:
            blocking: The target, between 0 and 1.

        Returns:
            For each of `labels` a `Gain`, or why it is unknown.
        """
        pairs = list(zip(self.labels, self.baselines, strict=True))
        return _gains(self._curves, pairs, blocking, self.confidence)

    def __repr__(self) -> str:
        return comparison_text.to_text(self._shown())

    def _repr_html_(self) -> str:
        return comparison_text.to_html(self._shown())

    def _shown(self) -> comparison_text.Shown:
        statements = tuple(map(str, self.gains))
        return comparison_text.Shown(
            statements, self._table, self.baselines, self.labels, self.notes
        )


def compare_iterations(
    frame: pd.DataFrame,
    *,
    runs: Mapping[Hashable, Label] | None = None,
    baseline: Hashable | Mapping[str, object] | None = None,
    groups: Mapping[Hashable, Mapping[str, object]] | None = None,
    baselines: Mapping[Hashable, Hashable] | None = None,
    value: str = "blocking",
    blocking: float = 0.01,
    confidence: float = 0.95,
    requests: float = math.inf,
    run: str = "run_id",
) -> Comparison:
    """Compare configurations, iteration by iteration.

    At each load that a configuration shares with the baseline, this computes difference and ratio
    of mean blocking, from pairs of iterations if their seeds are equal, else by Welch's test, and
    reports which (`fusion_jupyter.analysis.pairing`). The p-values of all rows are adjusted by
    Holm's procedure. The intervals are also simultaneous: each has the confidence 1 - (1 -
    confidence) / rows (Bonferroni; intervals for Holm's procedure exist, but give no more than the
    sign of a significant difference: Strassburger and Bretz, *Statistics in Medicine* 27, 2008,
    4914-4927). So Holm's procedure finds every difference whose interval excludes 0, and sometimes
    a few more.

    Args:
        frame: One row per iteration, with the columns `run`, ``erlang``, ``seed`` and `value`;
            others are ignored. Rows with NaN as the value are skipped.
        runs: Label of each run, or the options that distinguish it, which become "k = 5". Default:
            every run in the frame under its own name. The first is the baseline unless `baseline`
            is given.
        baseline: The run to compare the others with, its label, or options that only it has, for
            example ``{"k_paths": 3}``.
        groups: For each run what the runs of its group have in common; None: there are no groups.
        baselines: For each run the baseline of its group, instead of `baseline`; a run that is not
            in it is not compared.
        value: The column to compare.
        blocking: Target of the gain in carried load.
        confidence: Confidence level of all intervals.
        requests: Requests per iteration, if known.
        run: The column that identifies runs.

    Raises:
        ValueError: A column is missing, a run is not in the frame or occurs twice, there are fewer
            than two, or `baseline` matches none or several of them.

    Example:
        >>> found = compare_iterations(frame, runs={"a1": "k = 3", "b2": "k = 5"})
        >>> print(found.gains[0])
        k = 5 carries 6.2 ± 0.4 % more at 1 % blocking (318 against 300 Erlang)
    """
    check_confidence(confidence)
    _require_columns(frame, (run, "erlang", "seed", value))
    # Steps are added up: 300.20000000000005 and 300.2 are one load.
    frame = frame.assign(erlang=[float(f"{load:.9g}") for load in frame["erlang"]])
    chosen = runs if runs is not None else {key: str(key) for key in frame[run].unique()}
    labels = {key: comparison_text.label_of(label) for key, label in chosen.items()}
    if len(set(labels.values())) < len(labels):
        raise ValueError(f"runs have the same label: {', '.join(labels.values())}")
    if len(labels) < 2:
        count = "is 1 run" if len(labels) == 1 else f"are {len(labels)} runs"
        raise ValueError(f"there {count} to compare; needed: two or more different ones")
    curves = {
        label: _curve(frame, run, key, value)._replace(requests=requests)
        for key, label in labels.items()
    }
    if baselines is None:
        base = _baseline(chosen, labels, baseline)
        pairs = [(label, base) for label in labels.values() if label != base]
    else:
        pairs = [(labels[key], labels[base]) for key, base in baselines.items() if key != base]
    common = {labels[key]: dict(values) for key, values in (groups or {}).items()}
    rows = [
        (label, base, load, difference(*_iterations(curves, label, base, load), requests, load))
        for label, base in pairs
        for load in _common_loads(curves[label], curves[base])
    ]
    gains = _gains(curves, pairs, blocking, confidence)
    if not rows and not any(isinstance(gain, Gain) for gain in gains):
        names = ", ".join(label for label, _ in pairs)
        raise ValueError(f"{pairs[0][1]} and {names} have no load in common")
    table = _table(rows, confidence)
    notes = (
        *comparison_text.notes(table, confidence, curves, pairs),
        *comparison_text.interpolated(gains, curves),
    )
    for number, name in enumerate(dict.fromkeys(n for each in common.values() for n in each)):
        table.insert(number, name, column([common[label][name] for label in table["run"]]))
    others, bases = tuple(label for label, _ in pairs), tuple(base for _, base in pairs)
    return Comparison(
        bases[0], others, value, blocking, confidence, gains, notes, bases, common, table, curves
    )


def _require_columns(frame: pd.DataFrame, columns: tuple[str, ...]) -> None:
    """Check that a frame has the required columns."""
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        there = ", ".join(map(str, frame.columns)) or "none"
        raise ValueError(f"the frame has no column {', '.join(missing)}; it has: {there}")


def _curve(frame: pd.DataFrame, run: str, key: Hashable, value: str) -> Curve:
    rows = frame[(frame[run] == key) & frame[value].notna()]
    if rows.empty:
        raise ValueError(f"{run} {key!r} has no iterations in the frame")
    twice = rows[rows.duplicated(["erlang", "seed"])]
    if len(twice):
        first = twice.iloc[0]
        raise ValueError(
            f"{run} {key!r} has seed {first['seed']:g} at {first['erlang']:g} Erlang twice: "
            "choose one of its processes"
        )
    pivot = rows.pivot(index="seed", columns="erlang", values=value).sort_index(axis=1)
    return Curve(
        pivot.columns.to_numpy(dtype=np.float64),
        pivot.index.to_numpy(dtype=np.int64),
        pivot.to_numpy(dtype=np.float64),
    )


def _baseline(runs: Mapping[Hashable, Label], labels: Mapping[Hashable, str], wanted: Any) -> str:
    """Label of the baseline."""
    if wanted is None:
        return next(iter(labels.values()))
    if isinstance(wanted, Mapping):
        found = [
            key
            for key, options in runs.items()
            if isinstance(options, Mapping) and wanted.items() <= options.items()
        ]
    else:
        found = [key for key, label in labels.items() if wanted in (key, label)]
    if len(found) != 1:
        how_many = f"{len(found)} of them" if found else "none of them"
        names = ", ".join(f"{key} ({label})" for key, label in labels.items())
        raise ValueError(f"baseline is {wanted!r}, which is {how_many}; allowed: one of {names}")
    return labels[found[0]]


def _common_loads(first: Curve, second: Curve) -> list[float]:
    return [float(load) for load in np.intersect1d(first.loads, second.loads)]


def _iterations(
    curves: Mapping[str, Curve], label: str, base: str, load: float
) -> tuple[dict[int, float], dict[int, float]]:
    found = []
    for curve in (curves[label], curves[base]):
        column = curve.blocking[:, np.searchsorted(curve.loads, load)]
        known = ~np.isnan(column)
        found.append(dict(zip(curve.seeds[known].tolist(), column[known].tolist(), strict=True)))
    return found[0], found[1]


def _gains(
    curves: Mapping[str, Curve],
    pairs: Sequence[tuple[str, str]],
    blocking: float,
    confidence: float,
) -> tuple[Gain | str, ...]:
    found: list[Gain | str] = []
    for label, base in pairs:
        try:
            found.append(
                gain_at(
                    curves[label],
                    curves[base],
                    blocking,
                    labels=(label, base),
                    confidence=confidence,
                )
            )
        except NoCrossingError as error:
            found.append(f"{comparison_text.against(label, base)}: {error}")
    return tuple(found)


def _table(rows: list[tuple[str, str, float, Difference]], confidence: float) -> pd.DataFrame:
    together = 1 - (1 - confidence) / max(1, len(rows))
    adjusted = holm([found.p_value for *_, found in rows])
    records = []
    for (label, base, load, found), p_holm in zip(rows, adjusted, strict=True):
        half = found.half_width(together)
        wider = found.unpaired_half_width(together)
        ratio, ratio_low, ratio_high = found.ratio(together)
        records.append(
            {
                "run": label,
                "baseline": base,
                "erlang": load,
                "iterations": found.iterations,
                "baseline_blocking": found.second,
                "blocking": found.first,
                "difference": found.difference,
                "difference_low": found.difference - half,
                "difference_high": found.difference + half,
                "ratio": ratio,
                "ratio_low": ratio_low,
                "ratio_high": ratio_high,
                "p_value": found.p_value,
                "p_holm": float(p_holm),
                "differs": bool(p_holm < 1 - confidence),
                "paired": found.paired,
                "narrowed": wider / half if found.paired and found.error > 0 else math.nan,
            }
        )
    return small_frame(records, COLUMNS)
