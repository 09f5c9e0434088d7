"""Compare two results digit by digit."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from fusion_jupyter.analysis.result_files import ResultFile, result_files
from fusion_jupyter.artifacts import reading
from fusion_jupyter.artifacts.formats import parse_json
from fusion_jupyter.artifacts.listing import list_files

#: Keys that depend on the clock, not on the simulation.
_CLOCK = ("sim_end_time", "route_times_mean", "route_times_min", "route_times_max")
_MISSING = object()
#: Its keys are the iterations; a later release saves no more of them.
_ITERATIONS = "iter_stats"


class Verdict(NamedTuple):
    """How one file of a run compares with the same file of another run.

    Attributes:
        file: Path of the file below the first run's output directory.
        erlang: Offered load; NaN if it is not a results file.
        values: Number of compared values.
        different: Number of different values.
        first: Path of the first difference, with both values; empty if all are equal.
    """

    file: str
    erlang: float
    values: int
    different: int
    first: str


def compare_results(output: Path, other: Path) -> Iterator[Verdict]:
    """Compare the result files of two runs, by process and load.

    Keys that only the second has are no difference: a later release may tell more. Loads and
    iterations that the first lacks are one.

    Args:
        output: The first run's output directory.
        other: The second's.
    """
    theirs = {(file.process, file.erlang): file for file in _unique(other)}
    seen = set()
    for file in _unique(output):
        seen.add((file.process, file.erlang))
        found = theirs.get((file.process, file.erlang))
        if found is None:
            yield Verdict(file.path, file.erlang, 0, 1, "the file is missing")
            continue
        try:
            ours = reading.read_whole(output, file.path, parse_json)
            others = reading.read_whole(other, found.path, parse_json)
        except (ValueError, OSError) as error:
            yield Verdict(file.path, file.erlang, 0, 1, str(error))
            continue
        yield _verdict(file, ours, others)
    for missing in sorted(theirs.keys() - seen, key=lambda key: key[1]):
        path, erlang = theirs[missing].path, theirs[missing].erlang
        yield Verdict(path, erlang, 0, 1, "the file is missing in the first run")


def compare_bytes(output: Path, other: Path) -> Iterator[Verdict]:
    """Compare all output files of two runs, byte by byte."""
    for info in list_files(output):
        try:
            same = _digest(output, info.path) == _digest(other, info.path)
            first = "" if same else "the contents differ"
        except OSError:
            same, first = False, "the file is missing"
        yield Verdict(info.path, math.nan, 1, 0 if same else 1, first)


def _unique(output: Path) -> list[ResultFile]:
    """The result files, identified by the last folder only, because the others contain times."""
    files = result_files(output)
    last = [file.process.rpartition("/")[2] for file in files]
    several = len({(name, file.erlang) for name, file in zip(last, files, strict=True)})
    if several < len(files):
        return files
    return [file._replace(process=name) for name, file in zip(last, files, strict=True)]


def _verdict(file: ResultFile, ours: Any, theirs: Any) -> Verdict:
    values, different, first = 0, 0, ""
    for path, mine, other in _pairs(ours, theirs, ""):
        values += 1
        if not _equal(mine, other):
            different += 1
            first = first or f"{path}: {_shown(mine)}, again {_shown(other)}"
    if not values:
        return Verdict(file.path, file.erlang, 0, 1, "it holds no values")
    return Verdict(file.path, file.erlang, values, different, first)


def _pairs(ours: Any, theirs: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield each value of the first with its path and its counterpart."""
    if isinstance(ours, dict):
        if path == _ITERATIONS and isinstance(theirs, dict) and len(theirs) != len(ours):
            yield f"{path} (number)", len(ours), len(theirs)
        for key, value in ours.items():
            if key not in _CLOCK:
                other = theirs.get(key, _MISSING) if isinstance(theirs, dict) else _MISSING
                yield from _pairs(value, other, f"{path}.{key}" if path else key)
    elif isinstance(ours, list):
        others = theirs if isinstance(theirs, list) else []
        if len(others) != len(ours):
            yield f"{path} (length)", len(ours), len(others)
        for index, (value, other) in enumerate(zip(ours, others, strict=False)):
            yield from _pairs(value, other, f"{path}[{index}]")
    else:
        yield path, ours, theirs


def _equal(mine: Any, other: Any) -> bool:
    if isinstance(mine, float) and isinstance(other, float) and math.isnan(mine):
        return math.isnan(other)
    return type(mine) is type(other) and bool(mine == other)


def _shown(value: Any) -> str:
    return "missing" if value is _MISSING else repr(value)[:60]


def _digest(output: Path, path: str) -> str:
    return hashlib.sha256(reading.read(output, path)).hexdigest()
