"""A thousand result files into one frame, beside decoding the same bytes and beside pandas' way.

Targets: at most 1.5 times the fastest decoder; at least 5 times faster than `json.load` with
`pandas.json_normalize`; peak memory under twice the frame's; listing 100,000 files at no more than
twice a bare walk.
"""

from __future__ import annotations

import copy
import json
import os
import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pandas as pd

from fusion_jupyter.artifacts import listing
from fusion_jupyter.artifacts.results import results
from fusion_jupyter.runs.record import RunRecord, RunStatus

SAMPLE = Path(__file__).parent.parent / "data" / "fusion_samples" / "sequential_100G" / "output"
FILES = 1000
LARGEST = 48  # iterations: 1 MB as FUSION indents it
TURNS = 5
NORMALIZED = 50  # files that the slow peer reads, 75 times slower than the others
LEVELS = ("erlang", "iteration", "link", "modulation")
DECODERS: dict[str, Callable[[bytes], Any]] = {
    "orjson": orjson.loads,
    "msgspec": msgspec.json.decode,
}


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


def _medians(actions: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Median seconds of each action; the actions take turns, so that noise meets them all."""
    seconds: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(TURNS):
        for name, action in actions.items():
            began = time.perf_counter()
            action()
            seconds[name].append(time.perf_counter() - began)
    return {name: statistics.median(found) for name, found in seconds.items()}


def _decode(paths: list[Path], decode: Callable[[bytes], Any]) -> None:
    for path in paths:
        decode(path.read_bytes())


def _normalize(paths: list[Path]) -> None:
    pd.concat([pd.json_normalize(json.loads(path.read_text())) for path in paths])


def _results(folder: Path) -> None:
    record = _make(folder)
    paths = sorted((folder / "output").rglob("*.json"))
    print(f"{sum(path.stat().st_size for path in paths) / 1e6:.0f} MB in all")
    seconds = _medians(
        {
            **{name: lambda d=d: _decode(paths, d) for name, d in DECODERS.items()},
            **{level: lambda level=level: results(record, level) for level in LEVELS},
        }
    )
    fastest = min(DECODERS, key=lambda name: seconds[name])
    step = FILES // NORMALIZED
    began = time.perf_counter()
    _normalize(paths[:: step - 1][:NORMALIZED])  # a step that meets all sizes
    normalize = (time.perf_counter() - began) * step
    for name in DECODERS:
        print(f"decoding alone, {name:<8} {seconds[name]:6.3f} s")
    print(f"json.load + json_normalize {normalize:6.1f} s (from {NORMALIZED} files)")
    for level in LEVELS:
        frame, peak = _memory(record, level)
        print(
            f"results {level:<11} {seconds[level]:6.3f} s"
            f"   {seconds[level] / seconds[fastest]:4.2f} x {fastest}"
            f"   {normalize / seconds[level]:4.0f} times faster than json_normalize"
            f"   peak memory {peak / 1e6:5.1f} MB, frame {frame / 1e6:5.1f} MB: "
            f"{peak / frame:4.2f} x"
        )


def _memory(record: RunRecord, level: str) -> tuple[int, int]:
    """Bytes of the frame, and the most that was allocated on the way to it."""
    tracemalloc.start()
    frame = results(record, level)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return int(frame.memory_usage(deep=True).sum()), peak


def _listing(folder: Path) -> None:
    for part in range(100):
        (folder / f"{part:03d}").mkdir(parents=True)
        for number in range(1000):
            (folder / f"{part:03d}" / f"{number}.0_erlang.json").touch()
    found = _medians(
        {"ours": lambda: listing.list_files(folder), "bare": lambda: _walk(os.fspath(folder))}
    )
    print(
        f"list 100,000 files {found['ours']:5.2f} s   os.scandir walk {found['bare']:5.2f} s"
        f"   {found['ours'] / found['bare']:4.2f} x"
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
    with tempfile.TemporaryDirectory() as name:
        _results(Path(name) / "run")
        _listing(Path(name) / "many")


if __name__ == "__main__":
    main()
