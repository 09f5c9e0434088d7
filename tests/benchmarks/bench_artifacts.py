"""A thousand result files into one frame, beside decoding the same bytes and beside pandas' way."""

import json
import shutil
import statistics
import tempfile
import time
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pandas as pd

from fusion_jupyter.artifacts import listing
from fusion_jupyter.artifacts.results import results
from fusion_jupyter.runs.record import RunRecord, RunStatus

SAMPLE = Path(__file__).parent.parent / "data" / "fusion_samples" / "sequential_100G" / "output"
FILES = 1000
TURNS = 3


def _make(folder: Path) -> RunRecord:
    """Result files of real shape, 25 KB to 1 MB: a real one with its iterations repeated."""
    source = orjson.loads(next(SAMPLE.rglob("300.0_erlang.json")).read_bytes())
    iterations = list(source["iter_stats"].values())
    target = folder / "output" / "NSFNet" / "1123" / "19_05" / "s1"
    target.mkdir(parents=True)
    for number in range(FILES):
        # 1 to 40 iterations, each order of magnitude as often as the next.
        count = round(40 ** (number % 20 / 19))
        source["iter_stats"] = {str(i): iterations[i % len(iterations)] for i in range(count)}
        (target / f"{100.0 + number}_erlang.json").write_bytes(orjson.dumps(source))
    return RunRecord(
        id="0123456789ab",
        directory=folder,
        status=RunStatus.COMPLETED,
        name="bench",
        network="NSFNet",
        created_at=datetime.now(UTC),
    )


def _median(action) -> float:
    seconds = []
    for _ in range(TURNS):
        began = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def _decode(paths: list[Path]) -> None:
    for path in paths:
        orjson.loads(path.read_bytes())


def _normalize(paths: list[Path]) -> None:
    pd.concat([pd.json_normalize(json.loads(path.read_text())) for path in paths])


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        record = _make(Path(name))
        paths = sorted((Path(name) / "output").rglob("*.json"))
        size = sum(path.stat().st_size for path in paths)
        print(f"{len(paths)} files, {size / 1e6:.0f} MB")
        decode = _median(lambda: _decode(paths))
        normalize = _median(lambda: _normalize(paths[:100])) * len(paths) / 100
        for level in ("erlang", "iteration", "link", "modulation"):
            ours = _median(lambda level=level: results(record, level))
            print(
                f"level {level:<12} {ours:6.2f} s   decoding alone (orjson) {decode:5.2f} s"
                f"   ratio {ours / decode:5.2f}   json_normalize {normalize:6.1f} s"
                f"   {normalize / ours:5.1f} times faster"
            )
        tracemalloc.start()
        frame = results(record, "iteration")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        held = frame.memory_usage(deep=True).sum()
        print(
            f"memory: peak {peak / 1e6:.1f} MB, frame {held / 1e6:.1f} MB, ratio {peak / held:.1f}"
        )
        _listing(Path(name) / "many")


def _listing(folder: Path) -> None:
    for part in range(100):
        (folder / f"{part:03d}").mkdir(parents=True)
        for number in range(1000):
            (folder / f"{part:03d}" / f"{number}.json").touch()
    ours = _median(lambda: listing.list_files(folder))
    bare = _median(lambda: _walk(folder))
    print(
        f"list 100,000 files {ours:5.2f} s   bare scandir walk {bare:5.2f} s   ratio {ours / bare:4.2f}"
    )
    shutil.rmtree(folder)


def _walk(folder: Path) -> int:
    """The walk with each file's size and time, and nothing else."""
    import os

    count = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                count += _walk(Path(entry.path))
            else:
                entry.stat(follow_symlinks=False)
                count += 1
    return count


if __name__ == "__main__":
    main()
