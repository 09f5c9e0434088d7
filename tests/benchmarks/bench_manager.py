"""The process manager beside a bare `subprocess.Popen` that does the same work unsupervised."""

import ctypes
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fusion_jupyter import settings
from fusion_jupyter.engines import queue
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunCreate

TURNS = 40
#: The process writes when it started, by the clock that all processes of a machine share.
PROGRAM = "import time, sys; open(sys.argv[1], 'w').write(repr(time.monotonic()))"


def _read(path: Path) -> float:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            return float(path.read_text())
        except (FileNotFoundError, ValueError):
            time.sleep(0.001)
    raise TimeoutError(f"{path} did not appear")


def starts(folder: Path) -> None:
    """Time of `create_run`, and from its call to the first line of the program."""
    manager = RunManager(folder / "runs")
    created, started, bare_created, bare_started = [], [], [], []
    for turn in range(TURNS):
        mark = folder / f"mark-{turn}"
        command = (sys.executable, "-I", "-S", "-c", PROGRAM, str(mark))
        began = time.monotonic()
        manager.create_run(RunCreate(command=command))
        created.append(time.monotonic() - began)
        started.append(_read(mark) - began)

        mark = folder / f"bare-{turn}"
        with (folder / f"bare-{turn}.log").open("wb") as log:
            began = time.monotonic()
            process = subprocess.Popen([*command[:-1], str(mark)], stdout=log, stderr=log)
            bare_created.append(time.monotonic() - began)
            bare_started.append(_read(mark) - began)
        process.wait()
        time.sleep(0.03)
    for label, ours, bare in (
        ("create_run returns", created, bare_created),
        ("the program's first line runs", started, bare_started),
    ):
        mine, theirs = statistics.median(ours) * 1e3, statistics.median(bare) * 1e3
        worst = sorted(ours)[-2] * 1e3
        print(
            f"{label:<32} {mine:6.1f} ms (95th of 100: {worst:.1f})   bare Popen {theirs:6.1f} ms"
            f"   ratio {mine / theirs:5.1f}"
        )


def simulator_start(folder: Path) -> None:
    """The same with the embedded simulator, whose start is recorded by its supervisor."""
    manager = RunManager(folder / "sims")
    delays = []
    for _ in range(10):
        record = manager.create_run(RunCreate(simulator="embedded", config={"max_iters": 1}))
        while not (found := manager.get_run(record.id)) or not found.status.is_final:
            time.sleep(0.01)
        delays.append((found.started_at - found.created_at).total_seconds())
    print(f"{'simulator process exists after':<32} {statistics.median(delays) * 1e3:6.1f} ms")


def thousand_directories(folder: Path) -> None:
    """Recovery and listing of 1,000 run directories, beside reading their files and no more."""
    runs_dir = folder / "many"
    manager = RunManager(runs_dir)
    record = manager.create_run(RunCreate(command=("/bin/true",)))
    while not manager.get_run(record.id).status.is_final:
        time.sleep(0.01)
    for number in range(1000):
        shutil.copytree(record.directory, runs_dir / f"{number:012x}")
    for number in range(10):
        (runs_dir / f"{number:012x}" / "run.json").write_text('{"version": 1')

    began = time.perf_counter()
    for path in runs_dir.glob("*/*.json"):
        try:
            json.loads(path.read_bytes())
        except ValueError:
            continue
    bare = time.perf_counter() - began
    rows = {}
    for label, action in (
        ("recover 1,000 directories", manager.recover_orphaned_runs),
        ("list them, first time", manager.list_runs),
        ("list them again (index)", manager.list_runs),
    ):
        began = time.perf_counter()
        action()
        rows[label] = time.perf_counter() - began
    for label, seconds in rows.items():
        print(
            f"{label:<32} {seconds * 1e3:6.0f} ms   decoding the files alone {bare * 1e3:.0f} ms"
            f"   ratio {seconds / bare:5.2f}"
        )


def throughput(folder: Path) -> None:
    """Processor time of a run of /bin/true in a queue, all processes counted.

    Beside an interpreter that does nothing and the same program, started by hand.
    """
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # supervisors that end return to this process
    settings.configure(max_concurrent_runs=2)
    manager = RunManager(folder / "queue")
    manager.create_run(RunCreate(command=("/bin/true",)))
    _collect()
    count = 150

    began, used = time.monotonic(), _cpu_seconds()
    for _ in range(count):
        manager.create_run(RunCreate(command=("/bin/true",)))
    _collect()
    ours, wall = _cpu_seconds() - used, time.monotonic() - began

    used = _cpu_seconds()
    for _ in range(count):
        subprocess.run([sys.executable, "-I", "-S", "-c", ""], check=True)
        subprocess.run(["/bin/true"], check=True)
    bare = _cpu_seconds() - used
    print(
        f"{'CPU of a run in a queue':<32} {ours / count * 1e3:6.1f} ms   "
        f"an interpreter and the program {bare / count * 1e3:6.1f} ms   ratio {ours / bare:5.2f}"
        f"   ({count / wall:.0f} runs a second)"
    )


def long_queue(folder: Path) -> None:
    """Time of a start with 10,000 runs in line, beside one with 10."""
    taken = {}
    for count in (10, 10_000):
        runs_dir = folder / f"line-{count}"
        for number in range(count):
            run_dir = runs_dir / f"{number:012x}"
            run_dir.mkdir(parents=True)
            (run_dir / "run.json").write_text('{"max_concurrent_runs": 1}')
            queue.enqueue(str(runs_dir), run_dir.name)
        slots: list[int] = []

        def start(run_dir: str, lock: int, slot: int, slots: list[int] = slots) -> None:
            slots.append(os.dup(slot))

        queue.dispatch(str(runs_dir), start)
        times = []
        for _ in range(9 if count == 10 else 1000):
            os.close(slots.pop())
            began = time.perf_counter()
            queue.dispatch(str(runs_dir), start)
            times.append(time.perf_counter() - began)
        os.close(slots.pop())
        taken[count] = statistics.mean(times) * 1e3
    print(
        f"{'a start with 10,000 in line':<32} {taken[10_000]:6.2f} ms   "
        f"with 10 in line {taken[10]:6.2f} ms   ratio {taken[10_000] / taken[10]:5.2f}"
    )


def _cpu_seconds() -> float:
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def _collect() -> None:
    """Wait for every process below this one."""
    try:
        while True:
            os.wait()
    except ChildProcessError:
        return


def main() -> None:
    settings.configure(max_concurrent_runs=4)
    with tempfile.TemporaryDirectory() as folder:
        starts(Path(folder))
        simulator_start(Path(folder))
        thousand_directories(Path(folder))
        throughput(Path(folder))
        long_queue(Path(folder))


if __name__ == "__main__":
    main()
