"""A thousand result files into one frame, beside decoding the same bytes and beside pandas' way.

Targets: at most 1.5 times the fastest decoder, which has the bytes in memory already, while
`results` finds, opens and reads the files; at least 5 times faster than `json.load` with
`pandas.json_normalize`; peak memory under twice the frame's; listing 100,000 files at no more than
twice a bare walk.

Peak memory is what was allocated at most, at one time, from the call to the frame: Python's and
Arrow's, in which pandas keeps text. It holds one file's bytes, so that a frame smaller than a file
(level "erlang" of one run: 0.2 MB from files of 1 MB) costs several times itself, and a study of
that level is measured as well.
"""

from __future__ import annotations

import copy
import dataclasses
import io
import json
import os
import statistics
import tempfile
import time
import tracemalloc
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pandas as pd
import pyarrow as pa

from fusion_jupyter.analysis.results import results
from fusion_jupyter.artifacts import listing
from fusion_jupyter.errors import FewIterationsWarning
from fusion_jupyter.manager.record import RunRecord, RunStatus

SAMPLE = Path(__file__).parent.parent / "data" / "fusion_samples" / "sequential_100G" / "output"
FILES = 1000
LARGEST = 48  # iterations: 1 MB as FUSION indents it
TURNS = 7
STUDY_RUNS = 50
NORMALIZED = 50  # files that the slow peer reads, 75 times slower than the others
LEVELS = ("erlang", "iteration", "link", "bandwidth", "modulation")
DECODERS: dict[str, Callable[[bytes], Any]] = {
    "orjson": orjson.loads,
    "msgspec": msgspec.json.decode,
}
_pools: list[pa.MemoryPool] = []  # one that goes while frames live on takes the process with it


def _make(folder: Path) -> RunRecord:
    """Result files as FUSION writes them, 25 KB to 1 MB: a recorded one with more iterations."""
    source = orjson.loads(next(SAMPLE.rglob("300.0_erlang.json")).read_bytes())
    recorded = list(source["iter_stats"].values())
    target = folder / "output" / "NSFNet" / "1123" / "19_05_51_928118" / "s1"
    target.mkdir(parents=True)
    texts: dict[int, bytes] = {}
    for number in range(FILES):
        # 1 to 48 iterations, each order of magnitude as often as the next.
        count = round(LARGEST ** (number % 20 / 19))
        if count not in texts:
            blocking = [recorded[i % 3]["sim_block_list"][0] for i in range(count)]
            iterations = [copy.deepcopy(recorded[i % 3]) for i in range(count)]
            for i, iteration in enumerate(iterations):
                iteration["sim_block_list"] = iteration["sim_br_block_list"] = blocking[: i + 1]
            source["iter_stats"] = {str(i): item for i, item in enumerate(iterations)}
            texts[count] = json.dumps(source, indent=4).encode()
        (target / f"{100.0 + number}_erlang.json").write_bytes(texts[count])
    sizes = [len(text) for text in texts.values()]
    print(f"{FILES} files of {min(sizes) / 1e3:.0f} KB to {max(sizes) / 1e6:.1f} MB")
    return RunRecord(
        id="0123456789ab",
        directory=folder,
        status=RunStatus.COMPLETED,
        name="bench",
        network="NSFNet",
    )


def _times(actions: dict[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Seconds of each action in each turn; the actions take turns, so that noise meets them all."""
    seconds: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(TURNS):
        for name, action in actions.items():
            began = time.perf_counter()
            made = action()
            seconds[name].append(time.perf_counter() - began)
            del made  # giving it back is not what is measured
    return seconds


def _ratio(ours: list[float], theirs: list[float]) -> str:
    """Median and range of the ratios, turn by turn."""
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    return f"{statistics.median(ratios):5.2f} x ({min(ratios):.2f} to {max(ratios):.2f})"


def _decode(contents: list[bytes], decode: Callable[[bytes], Any]) -> None:
    for content in contents:
        decode(content)


def _normalize(contents: list[bytes]) -> None:
    pd.concat([pd.json_normalize(json.load(io.BytesIO(content))) for content in contents])


def _speed(record: RunRecord, paths: list[Path]) -> None:
    contents = [path.read_bytes() for path in paths]
    print(f"{sum(map(len, contents)) / 1e6:.0f} MB in all")
    seconds = _times(
        {
            **{name: lambda d=d: _decode(contents, d) for name, d in DECODERS.items()},
            **{level: lambda level=level: results(record, level) for level in LEVELS},
        }
    )
    medians = {name: statistics.median(found) for name, found in seconds.items()}
    fastest = min(DECODERS, key=lambda name: medians[name])
    step = FILES // NORMALIZED
    began = time.perf_counter()
    _normalize(contents[:: step - 1][:NORMALIZED])  # a step that meets all sizes
    normalize = (time.perf_counter() - began) * step
    for name in DECODERS:
        print(f"  decoding alone, {name:<8} {medians[name]:6.3f} s")
    print(f"  json.load + json_normalize {normalize:5.1f} s (from {NORMALIZED} files)")
    for level in LEVELS:
        print(
            f"  results {level:<16} {medians[level]:6.3f} s"
            f"   {_ratio(seconds[level], seconds[fastest])} {fastest}"
            f"   {normalize / medians[level]:4.0f} times faster than json_normalize"
        )


def _results(folder: Path) -> None:
    record = _make(folder)
    paths = sorted((folder / "output").rglob("*.json"))
    print("as FUSION writes them: ", end="")
    _speed(record, paths)
    study = [dataclasses.replace(record, id=f"{n:012x}") for n in range(STUDY_RUNS)]
    print("peak memory")
    for level in LEVELS:
        _memory(f"results {level}", [record], level)
    _memory(f"results erlang, {STUDY_RUNS} runs", study, "erlang")
    for path in paths:
        path.write_bytes(orjson.dumps(orjson.loads(path.read_bytes())))
    print("the same without the indentation: ", end="")
    _speed(record, paths)


def _memory(name: str, records: list[RunRecord], level: str) -> None:
    """Print the bytes of a frame, and the most that was allocated on the way to it."""
    pool = pa.proxy_memory_pool(pa.default_memory_pool())
    _pools.append(pool)
    pa.set_memory_pool(pool)
    tracemalloc.start()
    frame = results(records, level)
    # The two need not come at the same moment: their sum is the most that it can be.
    peak = tracemalloc.get_traced_memory()[1] + pool.max_memory()
    tracemalloc.stop()
    size = int(frame.memory_usage(deep=True).sum())
    print(f"  {name:<24} {peak / 1e6:6.1f} MB, frame {size / 1e6:5.1f} MB: {peak / size:5.2f} x")


def _listing(folder: Path) -> None:
    for part in range(100):
        (folder / f"{part:03d}").mkdir(parents=True)
        for number in range(1000):
            (folder / f"{part:03d}" / f"{number}.0_erlang.json").touch()
    found = _times(
        {"ours": lambda: listing.list_files(folder), "bare": lambda: _walk(os.fspath(folder))}
    )
    print(
        f"list 100,000 files {statistics.median(found['ours']):5.2f} s"
        f"   os.scandir walk {statistics.median(found['bare']):5.2f} s"
        f"   {_ratio(found['ours'], found['bare'])}"
    )


def _walk(folder: str) -> int:
    """The walk with each file's size and time, and nothing else."""
    count = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                count += _walk(entry.path)
            else:
                entry.stat(follow_symlinks=False)
                count += 1
    return count


def main() -> None:
    """Print the table."""
    warnings.simplefilter("ignore", FewIterationsWarning)  # two of five files have so few
    with tempfile.TemporaryDirectory() as name:
        _results(Path(name) / "run")
        _listing(Path(name) / "many")


if __name__ == "__main__":
    main()
