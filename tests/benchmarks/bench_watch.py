"""Streams beside the documented algorithm (open, readline, sleep 1 s), in one run.

``python tests/benchmarks/bench_watch.py`` prints a table; it takes some two minutes and 2.2 GB
of temporary disk space.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import traitlets

from fusion_jupyter.logs.line_index import LineIndex
from fusion_jupyter.logs.tail import Tail
from fusion_jupyter.manager import process
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.progress.state import ProgressTracker, RunProgress
from fusion_jupyter.storage import atomic_io, layout
from fusion_jupyter.watch import polling, watcher

RUNS = 100
GROW_SECONDS = 10.0
QUIET_SECONDS = 10.0
#: A run that has been quiet for so long is looked at as seldom as ever.
SETTLE_SECONDS = 1.0 + watcher._LONGEST_PAUSE / polling.SHARE
EVENT = (
    b'{"erlang": %d.0, "iteration": %d, "total_iterations": 100, "timestamp": '
    b'"2026-11-23T17:51:16.841Z", "blocking": 0.0077, "ci": 0.0021, "erlang_index": %d, '
    b'"total_erlangs": 10000, "requests": %d}\n'
)

# Appends an event and a log line to each of many runs, at random moments, and tells when.
WRITER = """
import os, random, struct, sys, time
seconds, rate, out, *folders = float(sys.argv[1]), float(sys.argv[2]), *sys.argv[3:]
random.seed(1)
files = []
for folder in folders:
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    name = os.path.basename(folder)
    files.append((os.open(folder + "/progress.jsonl", flags),
                  os.open(folder + "/logs/" + name + ".log", flags)))
moments = sorted(
    (random.uniform(0, seconds), index)
    for index in range(len(files)) for _ in range(int(seconds * rate))
)
counts = [0] * len(files)
sent = bytearray()
begin = time.time()
for moment, index in moments:
    pause = begin + moment - time.time()
    if pause > 0:
        time.sleep(pause)
    counts[index] += 1
    progress, log = files[index]
    os.write(log, b"2026-11-23 18:51:16,841 - simulation - INFO - CHILD=s1 iteration=1\\n")
    sent += struct.pack("Id", index, time.time())
    os.write(progress, b'{"erlang": 300.0, "iteration": %d, "total_iterations": 100000}\\n'
             % counts[index])
open(out, "wb").write(sent)
"""


class View(traitlets.HasTraits):
    """What a widget would be: a trait, and an observer that notes when it changed."""

    progress = traitlets.Instance(RunProgress)


@contextmanager
def running(folder: Path, count: int) -> Iterator[list[RunDirectory]]:
    """Run directories of runs that execute, as a supervisor writes them; this process is it."""
    directories, locks = [], []
    for number in range(count):
        directory = RunDirectory(folder / f"{number:012x}")
        (directory.path / layout.LOG_FOLDER).mkdir(parents=True)
        directory.output.mkdir()
        request = {
            "version": layout.FORMAT_VERSION,
            "name": f"run {number}",
            "simulator": "command",
            "created_at": "2026-11-23T17:51:16+00:00",
        }
        atomic_io.write_json(os.fspath(directory.run_file), request)
        locks.append(atomic_io.try_lock(os.fspath(directory.lock_file)))
        state = {
            "version": layout.FORMAT_VERSION,
            "status": "RUNNING",
            "started_at": "2026-11-23T17:51:17+00:00",
            "supervisor": process.identify(os.getpid()),
        }
        atomic_io.write_json(os.fspath(directory.state_file), state)
        directories.append(directory)
    try:
        yield directories
    finally:
        for lock in locks:
            os.close(lock)


def thread_seconds(thread: threading.Thread) -> float:
    """CPU time of a thread so far."""
    return time.clock_gettime(time.pthread_getcpuclockid(thread.ident))


def watcher_thread() -> threading.Thread:
    """The one thread that watches."""
    return next(t for t in threading.enumerate() if t.name == "fusion_jupyter-watcher")


Seen = list[list[tuple[float, int]]]


def growing(folder: Path, rate: float, follow: Callable) -> tuple[list[float], float]:
    """Delays in ms of every event, and the follower's share of a core in percent."""
    with running(folder, RUNS) as directories:
        seen: Seen = [[] for _ in directories]
        stop, thread = follow(directories, seen)
        time.sleep(1.0)
        out = folder / "sent"
        begin, cpu = time.monotonic(), thread_seconds(thread)
        subprocess.run(
            [sys.executable, "-c", WRITER, str(GROW_SECONDS), str(rate), out]
            + [directory.path for directory in directories],
            check=True,
        )
        share = 100 * (thread_seconds(thread) - cpu) / (time.monotonic() - begin)
        time.sleep(2.5)
        stop()
    delays, numbers = [], [0] * RUNS
    position = [0] * RUNS
    for index, moment in struct.iter_unpack("Id", out.read_bytes()):
        numbers[index] += 1
        while seen[index][position[index]][1] < numbers[index]:
            position[index] += 1
        delays.append(1000 * (seen[index][position[index]][0] - moment))
    return delays, share


def follow_with_watcher(directories: list[RunDirectory], seen: Seen):
    """Ours: the watcher sets a trait of each run's view."""
    subscriptions = []
    for directory, moments in zip(directories, seen, strict=True):
        view = View()
        view.observe(
            lambda change, moments=moments: moments.append((time.time(), change.new.events)),
            "progress",
        )

        def update(news: watcher.RunUpdate, view: View = view) -> None:
            view.progress = news.progress

        subscriptions.append(watcher.watch(directory, update))

    def stop() -> None:
        for subscription in subscriptions:
            subscription.close()

    return stop, watcher_thread()


def follow_as_documented(directories: list[RunDirectory], seen: Seen):
    """The peer: each file is opened, read line by line, and at its end 1 s is slept."""
    loop = asyncio.new_event_loop()

    async def follow(directory: RunDirectory, moments: list[tuple[float, int]]) -> None:
        count = 0
        while not directory.progress_file.exists():  # noqa: ASYNC110 (the algorithm)
            await asyncio.sleep(1.0)
        with directory.progress_file.open() as file:
            while True:
                line = file.readline()
                if line:
                    json.loads(line)
                    count += 1
                    moments.append((time.time(), count))
                else:
                    await asyncio.sleep(1.0)

    async def serve() -> None:
        await asyncio.gather(*map(follow, directories, seen))

    task = loop.create_task(serve())

    def run() -> None:
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            loop.close()

    thread = threading.Thread(target=run)
    thread.start()

    def stop() -> None:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()

    return stop, thread


def quiet(folder: Path) -> float:
    """The watcher's share of a core in percent with runs in which nothing happens."""
    with running(folder, RUNS) as directories:
        for directory in directories:
            write_events(directory.progress_file, 100, 10)
            directory.log_file.write_text("CHILD=s1 iteration=1, done_units=2\n" * 1000)
        stop, thread = follow_with_watcher(directories, [[] for _ in directories])
        time.sleep(SETTLE_SECONDS)
        cpu = thread_seconds(thread)
        time.sleep(QUIET_SECONDS)
        share = 100 * (thread_seconds(thread) - cpu) / QUIET_SECONDS
        stop()
    return share


def catching_up(folder: Path) -> tuple[float, float, float]:
    """Events a second: ours with few and many iterations a load, and the peer's."""
    rates = []
    for iterations in (3, 100):
        path = folder / f"progress{iterations}.jsonl"
        write_events(path, 300_000, iterations)
        best = 0.0
        for _ in range(3):
            tracker, tail = ProgressTracker(), Tail(path)
            begin = time.perf_counter()
            while not tail.caught_up:
                tracker.feed_block(tail.read(1 << 18))
            best = max(best, 300_000 / (time.perf_counter() - begin))
            assert tracker.progress.events == 300_000
        rates.append(best)
    best = 0.0
    for _ in range(3):
        begin = time.perf_counter()
        with path.open() as file:
            count = sum(1 for line in iter(file.readline, "") if json.loads(line))
        best = max(best, count / (time.perf_counter() - begin))
    return rates[0], rates[1], best


def write_events(path: Path, count: int, iterations: int) -> None:
    """Write a progress file."""
    with path.open("wb") as file:
        for number in range(count):
            load, iteration = divmod(number, iterations)
            file.write(EVENT % (load, iteration + 1, load + 1, number))


def attaching(folder: Path) -> dict[str, float]:
    """Attach to a run with 1 GB of log and 1 GB of progress."""
    found: dict[str, float] = {}
    with running(folder, 1) as directories:
        directory = directories[0]
        part = folder / "part"
        write_events(part, 200_000, 100)
        fill(directory.progress_file, part.read_bytes())
        line = b"2026-11-23 18:51:16,841 - fusion.core.simulation - INFO - Iteration %d\n"
        fill(directory.log_file, b"".join(line % number for number in range(400_000)))
        memory = psutil.Process().memory_info().rss
        most = memory
        updates: list[tuple[float, watcher.RunUpdate]] = []
        begin = time.perf_counter()
        subscription = watcher.watch(
            directory, lambda update: updates.append((time.perf_counter() - begin, update))
        )
        while not updates or updates[-1][1].log_count is None:
            most = max(most, psutil.Process().memory_info().rss)
            time.sleep(0.005)
        subscription.close()
        found["log shown, s"] = next(t for t, u in updates if len(u.log_lines) == 200)
        found["progress shown, s"] = next(t for t, u in updates if u.progress.fraction)
        found["lines counted, s"] = updates[-1][0]
        found["memory growth, MB"] = (most - memory) / 1e6
        begin = time.perf_counter()
        assert LineIndex(directory.log_file).count > 0
        found["line index, s"] = time.perf_counter() - begin
        begin = time.perf_counter()
        with directory.log_file.open(errors="replace") as file:
            for _ in iter(file.readline, ""):
                pass
        found["peer: readline to the end, s"] = time.perf_counter() - begin
    return found


def attaching_to_many(folder: Path, count: int) -> float:
    """Share of a core, in percent, in the three seconds after watching many old, quiet runs."""
    with running(folder, count) as directories:
        for directory in directories:
            directory.log_file.write_text("line\n" * 50)
            directory.progress_file.write_text("{}\n")
            for path in (directory.log_file, directory.progress_file, directory.state_file):
                os.utime(path, (time.time() - 600,) * 2)
        records = [directory.read() for directory in directories]
        begin, cpu = time.monotonic(), time.process_time()
        subscriptions = [
            watcher.watch(directory, lambda _: None, record)
            for directory, record in zip(directories, records, strict=True)
        ]
        time.sleep(3)
        share = 100 * (time.process_time() - cpu) / (time.monotonic() - begin)
        for subscription in subscriptions:
            subscription.close()
    return share


def fill(path: Path, part: bytes, size: int = 10**9) -> None:
    """Write a part again and again."""
    with path.open("wb") as file:
        for _ in range(size // len(part) + 1):
            file.write(part)


def main() -> None:
    """Measure and print."""
    folder = Path(tempfile.mkdtemp(prefix="bench_watch_"))
    try:
        print(f"{RUNS} runs growing at once" + 15 * " " + "median ms   p99 ms   % of a core")
        for rate in (1.0, 5.0):
            for name, follow in (
                ("watcher", follow_with_watcher),
                ("documented algorithm", follow_as_documented),
            ):
                delays, share = growing(folder / f"{name} {rate}", rate, follow)
                p99 = statistics.quantiles(delays, n=100)[-1]
                label = f"{name}, {rate:g} events/s each"
                print(f"  {label:38} {statistics.median(delays):7.1f} {p99:9.1f} {share:10.2f}")
        print(f"{RUNS} quiet runs: {quiet(folder / 'quiet'):.2f} % of a core")
        share = attaching_to_many(folder / "attaching", 500)
        print(f"attaching to 500 quiet runs: {share:.2f} % of a core for 3 s")
        few, many, peer = catching_up(folder)
        print(
            f"catching up: {few:,.0f} events/s with 3 iterations a load, {many:,.0f} with 100; "
            f"readline and json.loads {peer:,.0f}"
        )
        print("attaching to 1 GB of log and 1 GB of progress")
        for name, value in attaching(folder / "attach").items():
            print(f"  {name:38} {value:7.3f}")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
