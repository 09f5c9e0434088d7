"""`results`: the results of runs as tidy DataFrames."""

from __future__ import annotations

import os
import time
import warnings
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from fusion_jupyter.analysis import incomplete, option_values, repeats
from fusion_jupyter.analysis.columns import Columns
from fusion_jupyter.analysis.intervals import RequestsOfRuns, requests_behind, with_intervals
from fusion_jupyter.analysis.levels import LEVELS, Level
from fusion_jupyter.analysis.result_files import result_files
from fusion_jupyter.analysis.rows import Context
from fusion_jupyter.analysis.run_options import (
    first_seed,
    offered_requests,
    requests_of_iteration,
    stops_at_precision,
    varying_options,
    weights_are_lengths,
)
from fusion_jupyter.artifacts import reading
from fusion_jupyter.artifacts.listing import text_series
from fusion_jupyter.choices import LevelName
from fusion_jupyter.errors import levels_to_the_caller
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.record import RunRecord
from fusion_jupyter.manager.selection import Runs, records_of
from fusion_jupyter.nearest import did_you_mean
from fusion_jupyter.sim.precision import check_confidence

if TYPE_CHECKING:
    import pandas as pd


def results(
    runs: Runs, level: LevelName = "erlang", *, confidence: float = 0.95, pool: bool = False
) -> pd.DataFrame:
    r"""Return one tidy DataFrame with the results of one or several runs.

    Works while a run is executing: each file contributes its finished iterations. A file that stays
    unreadable, because its run was killed while writing it, is skipped with a warning.

    Every level begins with these columns:

    ======================== ======= ==========================================================
    column                   dtype   meaning
    ======================== ======= ==========================================================
    run_id, name             text    The run.
    *options*                        One column for each option in which the runs differ and that
                                     was set at the start of one of them; none for a single run.
                                     Where it has no value it is None.
    network                  text    Name of the topology.
    process                  text    Folder of the process that wrote the file, ``s1`` for the
                                     first. Processes are never pooled: each starts from seed 1,
                                     so that two with the same configuration repeat each other,
                                     and others differ in their configuration.
    erlang                   float64 Offered load in Erlang.
    ======================== ======= ==========================================================

    ``level="erlang"``: one row for each run, process and load.

    ============================= ======= =====================================================
    blocking                      float64 Blocked requests / requests, mean over the iterations.
    blocking_low, blocking_high   float64 Its confidence interval over the iterations, see
                                          `fusion_jupyter.analysis.statistics.bounds`: Student's
                                          t; one bound if nothing or everything was blocked;
                                          NaN for one iteration.
    blocking_note                 text    Notes about the interval, in words.
    blocking_variance             float64 Sample variance over the iterations; NaN for one.
    bit_rate_blocking,            float64 Blocked bit rate / requested bit rate, likewise. FUSION
    …_low, …_high, …_variance             overstates it if requests were sliced.
    iterations                    int64   Number of finished iterations.
    unreachable                   float64 Requests for which no path had a modulation format that
                                          reaches / requests, over the saved iterations: blocked
                                          at any load. NaN for FUSION, which does not tell.
    utilization                   float64 Share of the links' spectrum in use (slots times time,
                                          guard slots included) in the last saved iteration, mean
                                          over the links; NaN for FUSION.
    fusion_ci_90                  float64 The file's own half width of a 90 % interval,
                                          1.645 √(variance / iterations). It covers the truth in
                                          77 % of the cases with 3 iterations; 0 for one.
    fusion_ci_90_percent          float64 Its full width in % of the mean.
    fusion_bit_rate_ci_90, …      float64 The same of bit-rate blocking.
    fusion_lightpath              float64 Used share of the lightpaths' bit rate in %: 100
    _utilization_percent                  without grooming.
    sim_end_time                  text    When the file was written, as FUSION writes it:
                                          ``mmdd_HH_MM_SS_ffffff``, local time.
    ============================= ======= =====================================================

    ``level="iteration"``: one row for each iteration. Blocking is known for all; the others for
    saved ones (option ``save_step``), else NaN.

    ============================= ======= =====================================================
    iteration, seed               int64   Counted from 0; seed = iteration + `first_seed`.
    blocking, bit_rate_blocking   float64 Of this iteration only.
    hops_mean, _min, _max         float64 Links of a path.
    path_length_mean_km, …        float64 Length of a path.
    transponders_mean, …          float64 Transponders of a request, mean over the requests;
                                          ``_min`` and ``_max`` are FUSION's, over one value.
    route_time_mean_s, …          float64 Computing time of routing.
    snr_mean, …, crosstalk_mean…  float64 In dB, if the run computes them.
    ============================= ======= =====================================================

    ``level="link"``: one row for each link, both directions together, in the last saved iteration.

    ============================= ======= =====================================================
    source, target                text    Node names.
    length_km                     float64 NaN for a network that this package does not know.
    iteration                     int64   The iteration that the row describes.
    utilization                   float64 Share of the link's spectrum in use: slots times time,
                                          guard slots included, over all slots of all cores,
                                          until the last arrival. NaN for FUSION.
    usage_count                   int64   Lightpaths that used the link.
    throughput                    float64 Bit rate times holding time, Gb/s · time units.
    ============================= ======= =====================================================

    ``level="bandwidth"``: one row for each load and bandwidth class with requests, over the saved
    iterations.

    ============================= ======= =====================================================
    bandwidth_gbps                int64   Bandwidth class in Gb/s.
    blocking, …_low, …_high,      float64 Blocked requests / requests of the class, as at level
    …_note, …_variance                    ``"erlang"``; NaN if the run's configuration does
                                          not say how many requests the class has.
    iterations                    int64   Number of saved iterations.
    offered                       float64 Requests of the class in all these iterations.
    blocked                       int64   How many of them were blocked.
    ============================= ======= =====================================================

    ``level="modulation"``: one row for each saved iteration, bandwidth and modulation format.

    ============================= ======= =====================================================
    iteration                     int64   Counted from 0.
    bandwidth_gbps                int64   Bandwidth class in Gb/s.
    modulation                    text    Modulation format.
    count                         int64   Lightpaths; a sliced request counts once a slice.
    path_length_mean_km, _std_km, float64 Path lengths of these lightpaths; NaN if there are
    _min_km, _max_km                      none, or if routing ranks paths by a score, which
                                          the file then contains instead of the length.
    ============================= ======= =====================================================

    Args:
        runs: A run id, a `RunRecord`, a `Run`, or an iterable of those.
        level: ``"erlang"``, ``"iteration"``, ``"link"``, ``"bandwidth"`` or ``"modulation"``.
        confidence: Confidence level of the intervals, between 0 and 1.
        pool: Combine runs that differ only in their seeds, such as the repeats of a sweep: one row
            for each point and load, over the iterations of all of them
            (`fusion_jupyter.analysis.repeats.pooled`). At levels ``"erlang"`` and ``"bandwidth"``.

    Returns:
        The rows by run (in the order given), process and load. A run without results has no rows;
        columns and dtypes are the same, and ``frame.attrs["without_results"]`` has its id.

    Raises:
        ValueError: There is no such level, the confidence is not between 0 and 1, or the level
            cannot be pooled.
        LookupError: An id matches no run.
        TypeError: `runs` is none of these.

    Warns:
        FewIterationsWarning: Some intervals are based on fewer than five iterations.
        IncompleteResultsWarning: Runs failed, were cancelled, have lost their results or are
            damaged.

    Example:
        >>> results(run)[["erlang", "blocking", "blocking_low", "blocking_high"]]
           erlang  blocking  blocking_low  blocking_high
        0   300.0  0.007667      0.005219       0.010115
    """
    records = records_of(runs)
    found = read(records, level, confidence=confidence, pool=pool)
    lacking = found.attrs["lacking_loads"]
    names = [incomplete.named(each) for each in incomplete.incomplete(records, lacking)]
    incomplete.warn(names, len(records))
    return found


def read(
    records: list[RunRecord],
    level: LevelName = "erlang",
    *,
    confidence: float = 0.95,
    pool: bool = False,
) -> pd.DataFrame:
    """Do what `results` does, without a warning of incomplete runs."""
    if not isinstance(level, str) or level not in LEVELS:
        raise ValueError(
            f"level is {level!r}; allowed: {', '.join(LEVELS)}{did_you_mean(level, LEVELS)}"
        )
    check_confidence(confidence)
    chosen = LEVELS[level]
    if pool and not chosen.intervals:
        poolable = ", ".join(name for name, each in LEVELS.items() if each.intervals)
        raise ValueError(f"pool is {pool!r} at level {level!r}; allowed: at levels {poolable}")
    files, rows = Columns(_FILE_KINDS), Columns(chosen.kinds)
    offered = [offered_requests(record) if chosen.needs_offered else {} for record in records]
    for number, record in enumerate(records):
        _read_run(number, record, offered[number], chosen, files, rows)
    frame = _frame(records, files, rows)
    loads = _loads_with_rows(files)
    frame.attrs["without_results"] = [
        record.id for number, record in enumerate(records) if not loads[number]
    ]
    frame.attrs["lacking_loads"] = [
        record.id
        for number, record in enumerate(records)
        if len(loads[number]) < max(1, len(record.erlangs))
    ]
    same_point = repeats.repeats_of(records) if chosen.needs_offered else {}
    if same_point or (chosen.needs_offered and not chosen.intervals):
        frame.attrs.update(_behind_intervals(records, offered, same_point))
    if not chosen.intervals:
        return frame
    if pool and same_point:
        frame.attrs["confidence"] = confidence
        return repeats.pooled(frame)
    runs_of_rows = np.repeat(files.values["run"], files.values["rows"])
    sequential = np.array([stops_at_precision(record) for record in records], dtype=np.bool_)
    requests = RequestsOfRuns(offered, runs_of_rows)
    found = with_intervals(frame, chosen.intervals, requests, confidence, sequential[runs_of_rows])
    found.attrs.update(frame.attrs)
    return found


def _loads_with_rows(files: Columns) -> defaultdict[int, set[float]]:
    """The loads of which there is any row, by run's number."""
    found: defaultdict[int, set[float]] = defaultdict(set)
    columns = (files.values[name] for name in ("run", "erlang", "rows"))
    for number, erlang, rows in zip(*columns, strict=True):
        if rows:
            found[number].add(erlang)
    return found


def _behind_intervals(
    records: Sequence[RunRecord],
    offered: Sequence[Mapping[int, int]],
    same_point: Mapping[str, str],
) -> dict[str, Any]:
    """What an interval depends on and no row shows, for those who pool rows."""
    known = list(zip([record.id for record in records], offered, strict=True))
    return {
        "repeats": dict(same_point),
        "requests": {
            value: {run_id: requests_behind(value, each) for run_id, each in known}
            for value in LEVELS["erlang"].intervals
        },
        "sequential": [record.id for record in records if stops_at_precision(record)],
    }


#: For each file: its run (by position among the runs), and its number of rows.
_FILE_KINDS = {
    "run": "int",
    "network": "word",
    "process": "word",
    "erlang": "float",
    "rows": "int",
}


def _read_run(
    number: int,
    record: RunRecord,
    offered: Mapping[int, int],
    level: Level,
    files: Columns,
    rows: Columns,
) -> None:
    """Append the files of a run, and their rows."""
    output = RunDirectory(record.directory).output
    embedded = record.simulator == "embedded"
    requests = requests_of_iteration(record)
    first = first_seed(record)
    lengths = weights_are_lengths(record)
    deadline = time.monotonic() + reading.PATIENCE_SECONDS
    for file in result_files(output):
        context = Context(
            record.network or file.network,
            offered,
            embedded,
            os.fspath(record.directory),
            requests,
            first,
            lengths,
        )
        try:
            # All files of a run share the patience, so a result is delayed by at most 2 s.
            found = reading.read_whole(
                output,
                file.path,
                partial(level.rows, context),
                patience=max(0.0, deadline - time.monotonic()),
            )
        except (reading.DamagedFileError, OSError) as error:
            warnings.warn(
                f"Run {record.id}: left out, {error}",
                UserWarning,
                stacklevel=levels_to_the_caller(),
            )
        else:
            rows.extend(found)
            files.extend([(number, context.network, file.process, file.erlang, len(found))])


def _frame(records: list[RunRecord], files: Columns, rows: Columns) -> pd.DataFrame:
    import pandas as pd

    counts = np.asarray(files.values["rows"])
    file_of_row = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    run_of_row = np.repeat(np.asarray(files.values["run"]), counts)
    data: dict[str, Any] = {
        "run_id": text_series([record.id for record in records]).array.take(run_of_row),
        "name": text_series([record.name for record in records]).array.take(run_of_row),
    }
    own = {"network", "process", "erlang", *rows.kinds}
    for option, values in varying_options(records).items():
        unique = f"option_{option}" if option in own or option in data else option
        data[unique] = option_values.column(values).take(run_of_row).reset_index(drop=True)
    for name in ("network", "process", "erlang"):
        data[name] = _column(files, name).take(file_of_row)
    data.update({name: _column(rows, name) for name in rows.kinds})
    return pd.DataFrame(data, copy=False)


def _column(columns: Columns, name: str) -> Any:
    """A column for a frame; numbers share the memory of `columns` without a copy."""
    kind, values = columns.kinds[name], columns.values[name]
    if kind == "text":
        return text_series(values).array
    if kind == "word":
        return text_series(list(columns.vocabulary)).array.take(np.asarray(values))
    return np.asarray(values)
