"""Sweeps of short runs, beside pure computing and beside other ways to run them.

The ideal is pure computing: long runs that fill all cores, without their start. It is measured
right before and right after each of our sweeps. A share of the ideal is given twice: by the clock,
which also counts what else the machine did, and by processor time, which counts what the processes
used and nothing else. On a busy machine only the second means something; what it leaves out are the
moments in which a core had nothing to do.
"""

from __future__ import annotations

import ctypes
import functools
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
TEMPLATE = "nsfnet_blocking"
ERLANG = 500
#: Nothing ends early: every run is the same amount of work.
OPTIONS = {"num_requests": 10_000, "is_training": True}
ONE_LOAD = {"erlang_start": ERLANG, "erlang_stop": ERLANG}
#: The long run has loads around the short ones', so that its files are no larger than theirs.
LONG_LOADS = {"erlang_start": ERLANG - 4, "erlang_stop": ERLANG + 5, "erlang_step": 1}
LONG_ITERATIONS = 90
POINTS = 1000


@dataclass
class Seconds:
    """What something takes.

    Attributes:
        wall: By the clock.
        processor: Processor time of all processes.
    """

    wall: float
    processor: float


def commands(folder: Path, count: int, iterations: int, loads: dict[str, int]) -> list[list[str]]:
    """Command lines of the simulator for runs that differ in their seeds."""
    found = []
    for number in range(count):
        run_dir = folder / f"{number:012x}"
        (run_dir / layout.OUTPUT_FOLDER).mkdir(parents=True)
        seed = {"first_seed": 1 + number * iterations, "max_iters": iterations}
        plan = simulators.plan(
            run_dir=run_dir, template=TEMPLATE, options={**OPTIONS, **loads, **seed},
            simulator="embedded", program=None, progress_patterns=(),
        )  # fmt: skip
        (run_dir / layout.CONFIG_FILE).write_text(plan.config or "")
        found.append(embedded.command(run_dir))
    return found


def ideal(folder: Path) -> Seconds:
    """An iteration without any start: a long run on each core, all at once."""
    found = commands(folder, CORES, LONG_ITERATIONS, LONG_LOADS)
    processes = [subprocess.Popen(each, stderr=subprocess.DEVNULL) for each in found]
    walls, used = [], []
    for process, command in zip(processes, found, strict=True):
        _, process.returncode, usage = os.wait4(process.pid, 0)
        assert process.returncode == 0
        events = [json.loads(line) for line in Path(command[-1]).read_bytes().splitlines()]
        first, *_, last = [event for event in events if "iteration" in event]
        rest = (last["requests"] - first["requests"]) / OPTIONS["num_requests"]
        walls.append((_moment(last) - _moment(first)) / rest)
        used.append((usage.ru_utime + usage.ru_stime - _start_seconds()) / rest)
    return Seconds(statistics.mean(walls), statistics.mean(used))


def short_runs(folder: Path, rounds: int, count: int, seconds: float) -> None:
    """Equal, short runs by all ways in turn, each round beside the ideal of the same minute.

    Args:
        folder: A folder that does not exist yet.
        rounds: How often.
        count: Number of runs of each way in a round.
        seconds: What a run simulates, about.
    """
    iterations = round(seconds / ideal(folder / "length").processor)
    shares: dict[str, list[Seconds]] = {}
    pure: list[float] = []
    beyond: list[tuple[float, float, float]] = []
    for turn in range(rounds):
        here = folder / f"{turn}"
        before = ideal(here / "before")
        kernel = time.process_time()
        taken = {"fj.sweep": measured(lambda here=here: sweep(here / "runs", count, iterations))}
        kernel = time.process_time() - kernel
        programs = simulators_seconds(here / "runs")
        after = ideal(here / "after")
        wall = count * iterations * (before.wall + after.wall) / 2 / CORES
        processor = count * iterations * (before.processor + after.processor) / 2
        pure.append(processor / count)
        supervisors = taken["fj.sweep"].processor - kernel - programs
        beyond.append(tuple(s / count for s in (programs - processor, supervisors, kernel)))
        for name in sweep_peers.WAYS:
            fewer = max(2 * CORES, count // 5) if name == "submitit" else count
            runs = commands(here / name, fewer, iterations, ONE_LOAD)
            theirs = peer(name, [command[4:] for command in runs])
            if theirs is not None:
                factor = count / fewer
                taken[name] = Seconds(theirs.wall * factor, theirs.processor * factor)
        for name, took in taken.items():
            share = Seconds(wall / took.wall, processor / took.processor)
            shares.setdefault(name, []).append(share)
    program, supervisor, kernel = (
        statistics.median(part) * 1e3 for part in zip(*beyond, strict=True)
    )
    print(
        f"{rounds * count} runs of {statistics.median(pure):.2f} s of simulation; processor time of "
        f"each beyond simulating: {program:.0f} ms the simulator's start, {supervisor:.0f} ms its "
        f"supervisor, {kernel:.0f} ms this process, which watches"
    )
    print(f"  {'share of the ideal':<22}{'by processor time':>20}{'by the clock':>16}")
    for name, found in shares.items():
        print(
            f"  {name:<22}{_spread([share.processor for share in found]):>20}"
            f"{_spread([share.wall for share in found]):>16}",
            flush=True,
        )


def peer(name: str, runs: list[list[str]]) -> Seconds | None:
    """Run them by a peer; None where it is not installed."""
    found = subprocess.run(
        [sys.executable, "-m", sweep_peers.__name__, name, str(CORES)],
        cwd=sweep_peers.ROOT, input=json.dumps(runs), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if found.returncode != 0:
        print(f"  {name}: {found.stderr.strip().splitlines()[-1]}")
        return None
    wall, processor = map(float, found.stdout.split())
    return Seconds(wall, processor)


def sweep(runs_dir: Path, count: int, iterations: int) -> None:
    """Run them as a user does."""
    fj.configure(runs_dir=runs_dir, max_concurrent_runs=CORES)
    made = start(count, iterations)
    made.wait()
    assert made.counts == {"COMPLETED": count}, made.counts
    collect()


def simulators_seconds(runs_dir: Path) -> float:
    """Processor time of all simulators, as their supervisors recorded it."""
    states = (json.loads(path.read_bytes()) for path in runs_dir.glob("*/state.json"))
    return sum(state["cpu_seconds"] for state in states)


def start(count: int, iterations: int) -> fj.Sweep:
    """A sweep over seeds."""
    seeds = [1 + number * iterations for number in range(count)]
    return fj.sweep(
        TEMPLATE, over={"first_seed": seeds}, max_iters=iterations, simulator="embedded",
        **OPTIONS, **ONE_LOAD,
    )  # fmt: skip


def accepted(folder: Path) -> None:
    """How long `fj.sweep` takes for many points, beside writing their directories and no more."""
    fj.configure(runs_dir=folder, max_concurrent_runs=1)
    began = time.perf_counter()
    made = start(POINTS, 1)
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


def measured(action: Callable[[], object]) -> Seconds:
    """What an action takes, with all processes that this one waits for in it."""
    gc.collect()
    began, used = time.perf_counter(), _cpu_seconds()
    action()
    return Seconds(time.perf_counter() - began, _cpu_seconds() - used)


def collect() -> None:
    """Wait for every process below this one, so that its time is counted."""
    try:
        while True:
            os.wait()
    except ChildProcessError:
        return


@functools.cache
def _start_seconds() -> float:
    """Processor time of a run of one iteration: the start."""
    with tempfile.TemporaryDirectory() as folder:
        least = float("inf")
        for command in commands(Path(folder), 7, 1, ONE_LOAD):
            process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
            _, process.returncode, usage = os.wait4(process.pid, 0)
            least = min(least, usage.ru_utime + usage.ru_stime)
    return least


def _spread(values: list[float]) -> str:
    """Median, and least to most."""
    return f"{statistics.median(values):.0%} ({min(values):.0%}–{max(values):.0%})"


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _moment(event: dict[str, str]) -> float:
    from datetime import datetime

    return datetime.fromisoformat(event["timestamp"]).timestamp()


def _cpu_seconds() -> float:
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def main() -> None:
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # supervisors that end return to this process
    with tempfile.TemporaryDirectory() as folder:
        fj.configure(runs_dir=Path(folder, "first"), max_concurrent_runs=CORES)
        start(2, 1).wait()  # what this process imports once
        collect()
        short_runs(Path(folder, "short"), 3, 200, 0.2)
        short_runs(Path(folder, "second"), 3, 60, 1.0)
        accepted(Path(folder, "accepted"))


if __name__ == "__main__":
    main()
