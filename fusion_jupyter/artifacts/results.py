"""`results`: what runs computed, as tidy DataFrames."""

from __future__ import annotations

import time
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from fusion_jupyter.artifacts import reading
from fusion_jupyter.artifacts.columns import Columns
from fusion_jupyter.artifacts.levels import LEVELS, Context, Level
from fusion_jupyter.artifacts.listing import text_series
from fusion_jupyter.artifacts.result_files import ResultFile, result_files
from fusion_jupyter.artifacts.selection import (
    Runs,
    offered_requests,
    records_of,
    varying_options,
)
from fusion_jupyter.runs.directory import RunDirectory
from fusion_jupyter.runs.record import RunRecord

if TYPE_CHECKING:
    import pandas as pd


def results(runs: Runs, level: str = "erlang") -> pd.DataFrame:
    r"""Make one tidy DataFrame of the results of one or several runs.

    Works while a run is still going: each file counts with the iterations that have ended. A file
    that stays unreadable, because its run was killed while writing it, is left out with a warning.

    Every level begins with these columns:

    ======================== ======= ==========================================================
    column                   dtype   meaning
    ======================== ======= ==========================================================
    run_id, name             text    The run.
    *options*                        One column for each option in which the runs differ; none
                                     for a single run.
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
    blocking_variance             float64 Sample variance over the iterations.
    blocking_ci                   float64 Half width of the 90 % confidence interval,
                                          1.645 √(variance / iterations).
    blocking_ci_percent           float64 Its full width in % of the mean.
    bit_rate_blocking             float64 Blocked bit rate / requested bit rate. FUSION
                                          overstates it where requests were sliced.
    bit_rate_blocking_variance,   float64 As above.
    …_ci, …_ci_percent
    lightpath_utilization_percent float64 Used share of the lightpaths' bit rate.
    iterations                    int64   How many have ended. With 1 FUSION reports variance
                                          and confidence interval as 0: they are unknown.
    sim_end_time                  text    When the file was written, as FUSION writes it:
                                          ``mmdd_HH_MM_SS_ffffff``, local time.
    ============================= ======= =====================================================

    ``level="iteration"``: one row for each iteration. Blocking is known for all; the others for
    saved ones (option ``save_step``), else NaN.

    ============================= ======= =====================================================
    iteration, seed               int64   Counted from 0; seed = iteration + 1.
    blocking, bit_rate_blocking   float64 Of this iteration alone.
    hops_mean, _min, _max         float64 Links of a path.
    path_length_mean_km, …        float64 Length of a path.
    transponders_mean, …          float64 Transponders of a request.
    route_time_mean_s, …          float64 Computing time of routing.
    snr_mean, …, crosstalk_mean…  float64 In dB, where the run computes them.
    ============================= ======= =====================================================

    ``level="link"``: one row for each link, both directions together, in the last saved iteration.

    ============================= ======= =====================================================
    source, target                text    Node names.
    length_km                     float64 NaN for a network that this package does not know.
    iteration                     int64   The iteration that the row describes.
    usage_count                   int64   Lightpaths that used the link.
    throughput                    float64 Bit rate times holding time, Gb/s · time units.
    ============================= ======= =====================================================

    ``level="modulation"``: one row for each saved iteration, bandwidth and modulation format.

    ============================= ======= =====================================================
    iteration                     int64   Counted from 0.
    bandwidth_gbps                int64   Bandwidth class in Gb/s.
    modulation                    text    Modulation format.
    count                         int64   Lightpaths; a sliced request counts once a slice.
    path_length_mean_km, _std_km, float64 Path lengths of these lightpaths; NaN where there are
    _min_km, _max_km                      none.
    blocked                       int64   Blocked requests *of the bandwidth class*: the same
                                          value in the row of each modulation.
    offered                       float64 Requests of the bandwidth class; NaN where the run's
                                          configuration does not say.
    bandwidth_blocking            float64 blocked / offered.
    ============================= ======= =====================================================

    Args:
        runs: A run id, a `RunRecord`, a `Run`, or an iterable of those.
        level: ``"erlang"``, ``"iteration"``, ``"link"`` or ``"modulation"``.

    Returns:
        The rows by run (in the order given), process and load. A run without results yet gives no
        rows; columns and dtypes are the same.

    Raises:
        ValueError: There is no such level.
        LookupError: An id stands for no run.
        TypeError: `runs` is something else.

    Example:
        >>> results(run)[["erlang", "blocking", "blocking_ci"]]
           erlang  blocking  blocking_ci
        0   300.0  0.007667     0.005545
    """
    if not isinstance(level, str) or level not in LEVELS:
        raise ValueError(f"level is {level!r}; allowed: {', '.join(LEVELS)}")
    records = records_of(runs)
    chosen = LEVELS[level]
    columns = Columns(chosen.kinds)
    files: list[tuple[int, ResultFile]] = []
    counts: list[int] = []
    for number, record in enumerate(records):
        for file, rows in _read_run(record, level, chosen, columns):
            files.append((number, file))
            counts.append(rows)
    return _frame(records, files, counts, columns)


def _read_run(
    record: RunRecord, level: str, chosen: Level, columns: Columns
) -> list[tuple[ResultFile, int]]:
    """Append the rows of a run; return its files and how many rows each gave."""
    output = RunDirectory(record.directory).output
    offered = offered_requests(record) if level == "modulation" else {}
    deadline = time.monotonic() + reading.PATIENCE_SECONDS
    read = []
    for file in result_files(output):
        context = Context(record.network or file.network, offered)
        before = len(columns)

        def add(data: bytes, context: Context = context, before: int = before) -> None:
            columns.truncate(before)  # of an earlier attempt
            chosen.add(data, context, columns)

        try:
            # All files of a run share the patience: a result is late by 2 s at most.
            patience = max(0.0, deadline - time.monotonic())
            reading.read_whole(output, file.path, add, patience=patience)
        except (reading.DamagedFileError, OSError) as error:
            columns.truncate(before)
            warnings.warn(f"Run {record.id}: left out, {error}", UserWarning, stacklevel=3)
        else:
            read.append((file, len(columns) - before))
    return read


def _frame(
    records: list[RunRecord],
    files: list[tuple[int, ResultFile]],
    counts: list[int],
    columns: Columns,
) -> pd.DataFrame:
    import pandas as pd

    file_of_row = np.repeat(np.arange(len(files)), counts)
    run_of_row = np.repeat(np.array([number for number, _ in files], dtype=np.intp), counts)
    networks = [records[number].network or file.network for number, file in files]
    data: dict[str, Any] = {
        "run_id": text_series([record.id for record in records]).array.take(run_of_row),
        "name": text_series([record.name for record in records]).array.take(run_of_row),
    }
    own = {"network", "process", "erlang", *columns.kinds}
    for option, values in varying_options(records).items():
        unique = f"option_{option}" if option in own or option in data else option
        data[unique] = pd.Series(values).array.take(run_of_row)
    data["network"] = text_series(networks).array.take(file_of_row)
    data["process"] = text_series([file.process for _, file in files]).array.take(file_of_row)
    data["erlang"] = np.repeat(np.array([file.erlang for _, file in files], dtype=float), counts)
    words = text_series(list(columns.vocabulary)).array
    for name, kind in columns.kinds.items():
        column = np.asarray(columns.values[name])  # the same memory, no copy
        data[name] = words.take(column) if kind == "text" else column
    return pd.DataFrame(data, copy=False)
