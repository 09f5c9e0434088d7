"""The runs of a sweep by other means: pools of processes, and a job launcher.

They call the simulator's Python function. What they leave out is what a run is for us: a process
that outlives its kernel, a recorded end, a log of its own.

``python -m tests.benchmarks.sweep_peers joblib 2`` reads command lines as JSON and prints seconds
by the clock and of processor time; a process of its own, so that its workers are nobody else's.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
#: Peers from the package index, installed by ``make bench`` and nothing else.
FOLDER = Path(sys.prefix) / "peers"


def simulate(arguments: Sequence[str]) -> int:
    """Simulate one configuration in this process, its log thrown away."""
    from fusion_jupyter.sim.cli import main

    quiet, kept = os.open(os.devnull, os.O_WRONLY), os.dup(2)
    os.dup2(quiet, 2)
    try:
        return main(arguments)
    finally:
        os.dup2(kept, 2)
        os.close(quiet)
        os.close(kept)


def pool(runs: Sequence[Sequence[str]], cores: int) -> None:
    """`concurrent.futures.ProcessPoolExecutor`; its workers live on from run to run."""
    with ProcessPoolExecutor(cores, get_context("spawn")) as executor:
        _check(executor.map(simulate, runs))


def joblib(runs: Sequence[Sequence[str]], cores: int) -> None:
    """`joblib.Parallel` with its own workers, which live on too.

    Raises:
        ImportError: It is not installed.
    """
    found = _import("joblib")
    _check(found.Parallel(n_jobs=cores)(found.delayed(simulate)(run) for run in runs))
    _import("joblib.externals.loky").get_reusable_executor().shutdown(wait=True)


def submitit(runs: Sequence[Sequence[str]], cores: int) -> None:
    """`submitit` on this machine: a process for each run, with a folder for its outcome, as ours.

    It has no queue here: the next job is submitted when one is done.

    Raises:
        ImportError: It is not installed.
    """
    found = _import("submitit")
    with tempfile.TemporaryDirectory() as folder:
        executor = found.LocalExecutor(folder=folder)
        executor.update_parameters(timeout_min=10)
        going: list[Any] = []
        for run in runs:
            while len(going) == cores:
                going = [job for job in going if not job.done(force_check=True)]
                time.sleep(0.005)
            going.append(executor.submit(simulate, run))
        _check(job.result() for job in going)


WAYS = {"ProcessPoolExecutor": pool, "joblib": joblib, "submitit": submitit}


def main() -> None:
    way, cores = WAYS[sys.argv[1]], int(sys.argv[2])
    runs = json.load(sys.stdin)
    began = time.perf_counter()
    try:
        way(runs, cores)
    except ImportError as error:
        sys.exit(f"not installed here ({error}); `make bench` tries to")
    seconds = time.perf_counter() - began
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(seconds, sum(usage.ru_utime + usage.ru_stime for usage in usages))


def _check(statuses: Any) -> None:
    failed = [status for status in statuses if status != 0]
    if failed:
        raise RuntimeError(f"{len(failed)} runs failed")


def _import(name: str) -> Any:
    if str(FOLDER) not in sys.path:
        sys.path.append(str(FOLDER))
        # For the processes that they start.
        before = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), str(FOLDER), before)))
    return importlib.import_module(name)


if __name__ == "__main__":
    main()
