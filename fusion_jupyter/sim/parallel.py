"""All loads: one after another, or spread over processes.

The leader assigns one load at a time, so that a process that finishes early takes the next one.
Each process writes its own output files, and whole lines to the log and to ``progress.jsonl``. No
process is left behind: the leader ends its workers before it exits, and a worker that finds its
leader gone saves its results and exits too.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any

from fusion_jupyter.sim.progress import Meter
from fusion_jupyter.sim.quality import QualityError
from fusion_jupyter.sim.runner import Job, LoadResult, Runner
from fusion_jupyter.sim.signals import Stop, Stopped, end_by_signal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection

    from fusion_jupyter.sim.config import SimConfig

#: Seconds for workers to save and exit before they are killed.
GRACE = 10.0


class WorkerError(OSError):
    """A worker process ended without finishing its load."""


def run_loads(
    config: SimConfig,
    directory: str,
    progress_file: str | None,
    stop: Stop,
    *,
    processes: int = 1,
    plain: bool = False,
) -> list[LoadResult]:
    """Simulate all loads of a configuration.

    Args:
        config: The configuration.
        directory: Folder of the output files.
        progress_file: File for progress lines; None for none.
        stop: Requests to end.
        processes: Number of loads simulated at once.
        plain: Whether to always simulate in plain Python.

    Returns:
        A result for each load, in the order of ``config.erlangs``.

    Raises:
        Stopped: The process was asked to end; complete iterations have been saved.
        OSError: A file could not be written, or a worker was killed.
    """
    loads = len(config.erlangs)
    if processes == 1 or loads == 1:
        meter = Meter([0], [0.0], loads)
        runner = Runner(Job(config, directory, progress_file, meter, stop, plain))
        return [runner.run_load(index) for index in range(loads)]
    import multiprocessing  # slow to import, and most runs need one process

    # Forking takes milliseconds; spawning takes as long as starting the program. It is only safe if
    # no library runs background threads, which holds on Linux.
    context: Any = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    processes = min(processes, loads)
    meter = Meter(context.RawArray("q", processes), context.RawArray("d", processes), loads)
    job = Job(config, directory, progress_file, meter, stop, plain)
    connections: list[Connection] = []
    workers = []
    try:
        for number in range(processes):
            ours, theirs = context.Pipe()
            arguments = (theirs, os.getpid(), job, number)
            worker = context.Process(target=_work, args=arguments, daemon=True)
            worker.start()
            theirs.close()
            connections.append(ours)
            workers.append(worker)
        return _hand_out(range(loads), connections, stop)
    except BaseException:
        for worker in workers:
            worker.terminate()
        raise
    finally:
        for worker in workers:
            worker.join(GRACE)
            if worker.is_alive():
                worker.kill()
                worker.join()


def _hand_out(
    loads: Sequence[int], connections: Sequence[Connection], stop: Stop
) -> list[LoadResult]:
    """Assign each worker a load, and the next one whenever it returns a result."""
    from multiprocessing.connection import wait

    results: dict[int, LoadResult] = {}
    left = iter(loads)
    busy: dict[Any, int] = {}

    def give(connection: Any) -> None:
        index = next(left, None)
        if index is not None:
            busy[connection] = index
        connection.send(index)

    for connection in connections:
        give(connection)
    while busy:
        with stop.breakable():
            ready: list[Any] = wait(list(busy))
        for connection in ready:
            index = busy.pop(connection)
            results[index] = _receive(connection)
            give(connection)
    return [results[index] for index in loads]


def _receive(connection: Any) -> LoadResult:
    try:
        answer = connection.recv()
    except (EOFError, ConnectionError) as error:
        raise WorkerError("a worker process ended unexpectedly") from error
    if isinstance(answer, OSError | QualityError):
        raise answer
    result: LoadResult = answer
    return result


def _work(connection: Connection, leader: int, job: Job, number: int) -> None:
    """Simulate the loads assigned by the leader, until there are no more."""
    # The leader's own object if the process was forked, so that no signal is lost between two
    # handlers.
    stop = job.stop
    stop.install()
    stop.follow(leader)
    try:
        runner = Runner(job, number)
        while True:
            with stop.breakable():
                while not connection.poll(1.0):
                    if os.getppid() != leader:
                        raise Stopped(signal.SIGTERM)
                index = connection.recv()
            if index is None:
                return
            connection.send(runner.run_load(index))
    except Stopped as stopped:
        end_by_signal(stopped.signum)
    except (EOFError, ConnectionError):
        end_by_signal(signal.SIGTERM)  # the leader is gone
    except (OSError, QualityError) as error:
        connection.send(error)
