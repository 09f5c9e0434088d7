"""All iterations of a load.

The last iteration of a load is always kept and saved, even if its confidence interval ends it
between two multiples of ``save_step``, where FUSION loses iterations after the last save.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from fusion_jupyter.sim.fast import make_simulator
from fusion_jupyter.sim.log import BATCH, METRICS, PERSISTENCE, REQUEST, SIMULATION, log
from fusion_jupyter.sim.output import ErlangFile
from fusion_jupyter.sim.progress import Meter, ProgressFile
from fusion_jupyter.sim.signals import Stop, Stopped
from fusion_jupyter.sim.statistics import LoadStatistics

if TYPE_CHECKING:
    from fusion_jupyter.sim.config import SimConfig


class LoadResult(NamedTuple):
    """A load's entry in the summary.

    Attributes:
        erlang: Offered load.
        seconds: Duration.
        blocking: Mean request blocking.
        requests: Requests simulated.
    """

    erlang: float
    seconds: float
    blocking: float
    requests: int


class Job(NamedTuple):
    """State shared by all processes of a run.

    Attributes:
        config: The configuration.
        directory: Folder of the output files.
        progress_file: File for progress lines; None for none.
        meter: Progress of the run.
        stop: Requests to end.
        plain: Whether to always simulate in plain Python.
    """

    config: SimConfig
    directory: str
    progress_file: str | None
    meter: Meter
    stop: Stop
    plain: bool = False


class Runner:
    """Runs loads in this process.

    Args:
        job: What to run.
        worker: Index of this process's cells in the meter.
    """

    def __init__(self, job: Job, worker: int = 0) -> None:
        self._config = job.config
        self._directory = job.directory
        self._progress = ProgressFile(job.progress_file, job.meter)
        self._meter = job.meter
        self._stop = job.stop
        self._worker = worker
        self._simulator = make_simulator(job.config, plain=job.plain)

    def run_load(self, index: int) -> LoadResult:
        """Simulate a load until its last iteration or its early stop.

        Args:
            index: The load's index in ``config.erlangs``.

        Raises:
            Stopped: The process was asked to end; complete iterations have been saved.
        """
        config, erlang = self._config, self._config.erlangs[index]
        start = time.perf_counter()
        loads_before = self._meter.loads[self._worker]
        load = f"load {index + 1}/{len(config.erlangs)}"
        log(BATCH, f"Starting simulation for {erlang} Erlang ({load})")
        log(SIMULATION, "No failures configured for this simulation")
        log(
            BATCH,
            f"[Engine] thread=s1, offset=0, my_iteration_units={config.max_iters}, "
            f"erlang={erlang}\n",
        )
        log(SIMULATION, f"Simulation started for Erlang: {erlang} simulation number: s1")
        statistics = LoadStatistics(config)
        with ErlangFile(self._directory, erlang) as file:
            stopped_early = False
            for iteration in range(config.max_iters):
                self._iterate(index, iteration, statistics, file)
                stopped_early = statistics.precise
                done = 1.0 if stopped_early else (iteration + 1) / config.max_iters
                self._meter.loads[self._worker] = loads_before + done
                self._report(index, iteration, statistics, file, last=done == 1.0)
                if stopped_early:
                    break
            if stopped_early and statistics.iterations < config.max_iters:
                self._progress.early_stop(erlang, index + 1, statistics.blocking)
        seconds = time.perf_counter() - start
        log(
            BATCH, f"Simulation finished for Erlang: {erlang} finished for simulation number: s1.\n"
        )
        log(BATCH, f"Completed {erlang} Erlang in {seconds:.2f} seconds")
        requests = statistics.iterations * config.num_requests
        return LoadResult(erlang, seconds, statistics.blocking.mean, requests)

    def _iterate(
        self, index: int, iteration: int, statistics: LoadStatistics, file: ErlangFile
    ) -> None:
        """Simulate an iteration; when asked to end, save the earlier ones."""
        config = self._config
        try:
            with self._stop.breakable():
                log(REQUEST, f"Generated {config.num_requests} requests")
                outcome = self._simulator.iterate(config.erlangs[index], iteration)
        except Stopped as stopped:
            log(SIMULATION, f"Received signal {stopped.signum}, saving statistics...", "WARNING")
            if statistics.iterations:
                if not self._kept(iteration - 1, last=False):
                    file.append(iteration - 1, statistics.iteration_record())
                self._save(iteration - 1, statistics, file)
            log(SIMULATION, "Statistics saved due to signal")
            raise
        statistics.add(outcome)
        self._meter.requests[self._worker] += config.num_requests

    def _report(
        self,
        index: int,
        iteration: int,
        statistics: LoadStatistics,
        file: ErlangFile,
        *,
        last: bool,
    ) -> None:
        """Log, keep, save and announce a finished iteration."""
        config, erlang, blocking = self._config, self._config.erlangs[index], statistics.blocking
        number = iteration + 1
        if statistics.precise:
            log(
                METRICS,
                f"Confidence interval of {statistics.percent:.2f}% reached. {number}, "
                f"ending for Erlang: {erlang}",
            )
        if number % config.print_step == 0 or iteration == 0 or last:
            log(
                SIMULATION,
                f"Iteration {number} out of {config.max_iters} completed for Erlang: {erlang}",
            )
            log(SIMULATION, f"Mean of blocking: {round(blocking.mean, 4)}")
        if self._kept(iteration, last=last):
            file.append(iteration, statistics.iteration_record())
            if last or file.due:
                self._save(iteration, statistics, file)
        log(BATCH, f"CHILD=s1 iteration={iteration}, done_units={number}\n")
        self._progress.iteration(erlang, index + 1, number, config.max_iters, blocking)

    def _kept(self, iteration: int, *, last: bool) -> bool:
        """Return whether the output file keeps an iteration: first, last, every save_step."""
        return iteration == 0 or last or (iteration + 1) % self._config.save_step == 0

    def _save(self, iteration: int, statistics: LoadStatistics, file: ErlangFile) -> None:
        log(PERSISTENCE, f"Saving stats for iteration {iteration}")
        log(PERSISTENCE, f"Saving to: {self._directory}")
        file.save(statistics.load_record())


def log_summary(results: list[LoadResult]) -> None:
    """Write the closing lines of a run."""
    line = "=" * 60
    log(BATCH, line)
    log(BATCH, "BATCH SIMULATION SUMMARY")
    log(BATCH, line)
    for result in results:
        log(BATCH, f"\nErlang {result.erlang}:")
        log(BATCH, f"  Time: {result.seconds:.2f}s")
        log(BATCH, f"  Blocking: {result.blocking:.4f}")
        log(BATCH, f"  Requests: {result.requests}")
    log(BATCH, f"\nTotal execution time: {sum(result.seconds for result in results):.2f}s")
    log(BATCH, line)
