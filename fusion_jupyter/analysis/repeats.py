"""Repeats: runs of one point that differ only in the seeds of their iterations.

Iterations are independent and identically distributed, within a run and between repeats. So the
iterations of all repeats of a point are the iterations of one curve: `repeats_of` finds such runs,
`pooled` combines their rows.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fusion_jupyter.analysis.intervals import with_intervals
from fusion_jupyter.analysis.run_options import configuration, first_seed
from fusion_jupyter.analysis.statistics import settled
from fusion_jupyter.manager.record import default_name

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from fusion_jupyter.manager.record import RunRecord

#: Columns that distinguish only the repeats of a point.
COLUMNS = ("repeat", "first_seed", "embedded_settings.first_seed")
_SECTION, _SEED = "embedded_settings", "first_seed"
_VALUES = ("blocking", "bit_rate_blocking")
#: What the name that a sweep gives to a run says of its seeds.
_OF_SEEDS = re.compile(rf"repeat \d+|({_SECTION}\.)?{_SEED} = .*")


def repeats_of(records: Sequence[RunRecord]) -> dict[str, str]:
    """The runs that are repeats of another one.

    They have equal configurations except for the first seed, and no iteration's seed in common:
    equal seeds draw equal traffic, which would not be independent.

    Returns:
        For each run of a point with several runs, the id of the first of them.
    """
    if not any(_SEED in key for record in records for key in record.options):
        return {}
    points: dict[str, list[RunRecord]] = {}
    for record in records:
        if record.simulator == "embedded" and record.max_iters:
            points.setdefault(_identity(record), []).append(record)
    return {
        record.id: runs[0].id
        for runs in points.values()
        if len(runs) > 1 and _are_apart(runs)
        for record in runs
    }


def _identity(record: RunRecord) -> str:
    """What a run computes, apart from the seeds."""
    config = configuration(record)
    seeds = {key: text for key, text in config.get(_SECTION, {}).items() if key != _SEED}
    what = [{**config, _SECTION: seeds}, dict(record.inputs), dict(record.environment)]
    return json.dumps(what, sort_keys=True)


def _are_apart(runs: Iterable[RunRecord]) -> bool:
    """Whether no two of these runs have a seed in common."""
    seeds = sorted((first_seed(run), first_seed(run) + (run.max_iters or 0)) for run in runs)
    return all(end <= start for (_, end), (start, _) in itertools.pairwise(seeds))


def point_keys(frame: pd.DataFrame) -> pd.Series[Any]:
    """For each row the id of its run, or of the first one of which it is a repeat."""
    first: Mapping[str, str] = frame.attrs.get("repeats", {})
    run_ids = frame["run_id"]
    return run_ids.map(first).where(run_ids.isin(list(first)), run_ids)


def pooled_name(name: str) -> str:
    """The name of a point by the name of one of its repeats.

    Example:
        >>> pooled_name("k_paths = 3, repeat 2")
        'k_paths = 3'
    """
    return ", ".join(_parts(name)) or name


def _parts(name: str) -> list[str]:
    return [part for part in name.split(", ") if not _OF_SEEDS.fullmatch(part)]


def _common_name(run_id: str, names: Iterable[str]) -> str:
    """What the names of a point's repeats have in common; without that it has no name."""
    first, *others = map(_parts, names)
    same = [part for part in first if all(part in other for other in others)]
    return ", ".join(same) or default_name(run_id)


class _Requests:
    """The requests behind the rows of a frame, for `with_intervals`."""

    def __init__(self, by_value: Mapping[str, Mapping[str, float]]) -> None:
        self._by_value = by_value

    def of(self, value: str, frame: pd.DataFrame) -> NDArray[np.float64]:
        if "bandwidth_gbps" in frame.columns and "offered" in frame.columns:
            found = frame["offered"] / frame["iterations"]
        else:
            found = frame["run_id"].map(self._by_value.get(value, {}))
        array = found.to_numpy(dtype=np.float64)
        return np.where(array > 0, array, np.nan)


def pooled(frame: pd.DataFrame) -> pd.DataFrame:
    """Combine the rows of a point's repeats: one row for each point and load.

    With n_i iterations, mean m_i and sample variance s_i² in repeat i, and n iterations of mean m
    in all, the pooled sample variance is (Σ (n_i - 1) s_i² + Σ n_i (m_i - m)²) / (n - 1): exactly
    that of all iterations together (the sums of squares within and between groups add up; Chan,
    Golub and LeVeque, *The American Statistician* 37, 1983, 242-247). The intervals are those of
    n iterations (`fusion_jupyter.analysis.intervals.of_curves`).

    Args:
        frame: Of level ``"erlang"`` or ``"bandwidth"``, as `results` returns it.

    Returns:
        The frame itself if it has no repeats. Else its rows, with the run id of the first repeat,
        what the names of all have in common, and without the columns `COLUMNS` and those that a
        file states for one run only.
    """
    if not frame.attrs.get("repeats"):
        return frame
    keys = frame.assign(run_id=point_keys(frame))
    by = [c for c in ("run_id", "process", "bandwidth_gbps", "erlang") if c in keys.columns]
    group = keys.groupby(by, sort=False, observed=True).ngroup().to_numpy()
    firsts = np.unique(group, return_index=True)[1]
    values = [v for v in _VALUES if v in frame.columns and f"{v}_variance" in frame.columns]
    dropped = [
        name
        for name in frame.columns
        if name in COLUMNS
        or name == "sim_end_time"
        or name.startswith("fusion_")
        or name in {f"{value}{end}" for value in values for end in ("_low", "_high", "_note")}
    ]
    found = keys.iloc[firsts].drop(columns=dropped).reset_index(drop=True)
    count = frame["iterations"].to_numpy(dtype=np.float64)
    found["iterations"] = np.bincount(group, weights=count).astype(np.int64)
    if "name" in found.columns:
        names = keys.groupby("run_id", sort=False)["name"].unique()
        known = {run_id: _common_name(str(run_id), each) for run_id, each in names.items()}
        found["name"] = found["run_id"].map(known).astype(found["name"].dtype)
    for value in values:
        mean, variance = _moments(group, count, frame[value], frame[f"{value}_variance"])
        found[value], found[f"{value}_variance"] = mean, variance
    for name in ("unreachable", "utilization"):
        if name in found.columns:
            found[name] = _moments(group, count, frame[name], None)[0]
    for name in ("offered", "blocked"):
        if name in found.columns:
            total = np.bincount(group, weights=frame[name].to_numpy(dtype=np.float64))
            found[name] = total.astype(np.int64 if name == "blocked" else np.float64)
    requests = _Requests(frame.attrs.get("requests", {}))
    sequential = found["run_id"].isin(frame.attrs.get("sequential", ())).to_numpy()
    confidence = frame.attrs.get("confidence", 0.95)
    result = with_intervals(found, values, requests, confidence, sequential)
    result.attrs = {**{k: v for k, v in frame.attrs.items() if k != "repeats"}, "pooled": True}
    return result


def _moments(
    group: NDArray[Any],
    count: NDArray[np.float64],
    means: pd.Series[Any],
    variances: pd.Series[Any] | None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and sample variance of each group; NaN if unknown. Rows without a mean are ignored."""
    mean = means.to_numpy(dtype=np.float64)
    weight = np.where(np.isnan(mean), 0.0, count)
    mean = np.nan_to_num(mean)
    total = np.bincount(group, weights=weight)
    with np.errstate(invalid="ignore", divide="ignore"):
        whole = np.bincount(group, weights=weight * mean) / total
        if variances is None:
            return whole, np.full(len(whole), np.nan)
        inside = np.nan_to_num(variances.to_numpy(dtype=np.float64)) * (weight - 1).clip(0)
        between = weight * (mean - np.nan_to_num(whole)[group]) ** 2
        variance = np.bincount(group, weights=inside + between) / (total - 1)
    return whole, np.where(total > 1, settled(variance, whole), np.nan)


def distinguishes(columns: Iterable[object]) -> bool:
    """Whether one of these columns distinguishes repeats, which are then not pooled."""
    return any(isinstance(column, str) and column in COLUMNS for column in columns)
