"""Sweeps of short runs, beside pure computing and beside other ways to run them.

The ideal is pure computing: the requests of all runs, by the rate of long runs that fill all
cores, without their start. It is measured right before and right after each of our sweeps. A
share of the ideal is given twice: by the clock, which also counts what else the machine did, and
by processor time, which counts what our processes used and nothing else; on a busy machine, only
the second means something.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import fusion_jupyter as fj
from fusion_jupyter import simulators
from fusion_jupyter.simulators import embedded
from fusion_jupyter.storage import layout
from tests.benchmarks import sweep_peers

CORES = len(os.sched_getaffinity(0))
REQUESTS = 2000
#: A single load that nothing ends early: every run is the same amount of work.
OPTIONS = {
    "erlang_start": 500, "erlang_stop": 500, "num_requests": REQUESTS, "is_training": True,
    "simulator": "embedded",
}  # fmt: skip
LONG = 3000  # iterations
POINTS = 1000


@dataclass
class Rate:
    """What simulating costs, without any start.

    Attributes:
        wall: Seconds by the clock of an iteration, all cores busy.
        processor: Seconds of processor time of an iteration.
    """

    wall: float
    processor: float


def commands(folder: Path, count: int, iterations: int) -> list[list[str]]:
    """Command lines of the simulator for runs that differ in their seeds."""
    found = []
    for number in range(count):
        run_dir = folder / f"{number:012x}"
        (run_dir / layout.OUTPUT_FOLDER).mkdir(parents=True)
        options = {**OPTIONS, "max_iters": iterations, "first_seed": 1 + number * iterations}
        simulator = options.pop("simulator")
        plan = simulators.plan(
            run_dir=run_dir,
            template="nsfnet_blocking",
            options=options,
            simulator=simulator,
            program=None,
            progress_patterns=(),
        )
        (run_dir / layout.CONFIG_FILE).write_text(plan.config or "")
        found.append(embedded.command(run_dir))
    return found


def ideal(folder: Path) -> Rate:
    """Measure one long run on each core, all at once, from their progress and processor time."""
    found = commands(folder, CORES, LONG)
    processes = [subprocess.Popen(each, stderr=subprocess.DEVNULL) for each in found]
    walls, used = [], []
    for process, command in zip(processes, found, strict=True):
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
        assert status == 0
        lines = Path(command[-1]).read_bytes().splitlines()
        first, last = json.loads(lines[0]), json.loads(lines[-1])
        walls.append((_moment(last) - _moment(first)) / (LONG - 1))
        used.append((usage.ru_utime + usage.ru_stime - _START) / (LONG - 1))
    return Rate(statistics.mean(walls), statistics.mean(used))


def short_runs(folder: Path, count: int, iterations: int) -> None:
    """A sweep of equal, short runs."""
    before = ideal(folder / "before")
    seconds, used = measured(lambda: sweep(folder / "runs", count, iterations))
    after = ideal(folder / "after")
    rate = Rate((before.wall + after.wall) / 2, (before.processor + after.processor) / 2)
    pure = count * iterations * rate.wall / CORES
    share = count * iterations * rate.processor / used
    each = iterations * rate.processor
    print(
        f"{count} runs of {each:.2f} s of simulation: {seconds:.2f} s, ideal {pure:.2f} s: "
        f"{pure / seconds:.1%} of the ideal by the clock, {share:.1%} by processor time "
        f"({(used / count - each) * 1e3:.0f} ms of it beyond simulating, for each run)",
        flush=True,
    )
    drift = abs(after.wall / before.wall - 1)
    print(f"  the ideal's rate before and after differs by {drift:.1%}", flush=True)
    for name in sweep_peers.WAYS:
        fewer = max(10, count // 5) if name == "submitit" else count
        runs = [command[4:] for command in commands(folder / name, fewer, iterations)]
        found = subprocess.run(
            [sys.executable, "-m", sweep_peers.__name__, name, str(CORES)],
            cwd=sweep_peers.ROOT, input=json.dumps(runs), capture_output=True, text=True, check=False,
        )  # fmt: skip
        if found.returncode != 0:
            print(f"  {name}: {found.stderr.strip().splitlines()[-1]}")
            continue
        theirs = float(found.stdout) * count / fewer
        print(
            f"  {name:<22} {theirs:6.2f} s   {pure / theirs:.1%} of the ideal   "
            f"ours / theirs {seconds / theirs:.2f}"
            + (f" (from {fewer} runs)" if fewer < count else ""),
            flush=True,
        )


def sweep(runs_dir: Path, count: int, iterations: int) -> None:
    """Run them as a user does."""
    fj.configure(runs_dir=runs_dir, max_concurrent_runs=CORES)
    seeds = [1 + number * iterations for number in range(count)]
    made = fj.sweep("nsfnet_blocking", over={"first_seed": seeds}, max_iters=iterations, **OPTIONS)
    made.wait()
    assert made.counts == {"COMPLETED": count}, made.counts
    collect()


def accepted(folder: Path) -> None:
    """How long `fj.sweep` takes for many points, beside writing their directories and no more."""
    fj.configure(runs_dir=folder, max_concurrent_runs=1)
    began = time.perf_counter()
    made = fj.sweep(
        "nsfnet_blocking", over={"first_seed": range(1, POINTS + 1)}, max_iters=1, **OPTIONS
    )
    seconds = time.perf_counter() - began
    example = [
        (path.relative_to(made.runs[-1].directory), path.read_bytes())
        for path in _files(made.runs[-1].directory)
    ]
    made.cancel()
    made.wait()
    began = time.perf_counter()
    for number in range(POINTS):
        run_dir = folder / f"bare-{number}"
        for name in (layout.LOG_FOLDER, layout.OUTPUT_FOLDER):
            (run_dir / name).mkdir(parents=True)
        for name, content in example:
            (run_dir / name).write_bytes(content)
    os.sync()
    bare = time.perf_counter() - began
    collect()
    print(
        f"{POINTS:,} points accepted in {seconds:.2f} s   writing their files alone {bare:.2f} s"
        f"   ratio {seconds / bare:.1f}",
        flush=True,
    )


def measured(action: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and of processor time of this process and all below it."""
    gc.collect()
    began, used = time.perf_counter(), _cpu_seconds()
    action()
    return time.perf_counter() - began, _cpu_seconds() - used


def collect() -> None:
    """Wait for every process below this one, so that its time is counted."""
    try:
        while True:
            os.wait()
    except ChildProcessError:
        return


def _start_seconds() -> float:
    """Processor time of a run of one iteration: the start."""
    with tempfile.TemporaryDirectory() as folder:
        least = float("inf")
        for command in commands(Path(folder), 7, 1):
            process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
            _, process.returncode, usage = os.wait4(process.pid, 0)
            least = min(least, usage.ru_utime + usage.ru_stime)
    return least


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _moment(event: dict[str, str]) -> float:
    from datetime import datetime

    return datetime.fromisoformat(event["timestamp"]).timestamp()


def _cpu_seconds() -> float:
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


_START = 0.0


def main() -> None:
    global _START  # noqa: PLW0603
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # supervisors that end return to this process
    _START = _start_seconds()
    with tempfile.TemporaryDirectory() as folder:
        short_runs(Path(folder, "short"), 200, 140)
        short_runs(Path(folder, "second"), 40, 700)
        accepted(Path(folder, "accepted"))


if __name__ == "__main__":
    main()
