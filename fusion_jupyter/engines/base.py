"""Interface of an execution backend, and of its connection to the process manager."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Phase(StrEnum):
    """What an engine knows about a run; how the run ended is stored in its record."""

    WAITING = "waiting"
    EXECUTING = "executing"
    ENDED = "ended"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class EngineReport:
    """An engine's report about a run.

    Attributes:
        phase: ``ENDED``: its slot is free again and it will not start any more. ``ABSENT``: the
            engine certainly never had it, or has forgotten it. ``UNKNOWN``: the engine cannot tell
            now; draw no conclusion.
        reason: Human-readable: why the run waits (``"queued, 2 ahead, 1 at a time"``), or how the
            engine ended it (``"Slurm: TIMEOUT"``).
        is_stale: The engine does not respond at the moment; this is its last report.
        ahead: Number of runs ahead of it in the engine's own queue; None if it is in none.
        inquiry: Terminal command that shows more about the run; empty if there is none.
    """

    phase: Phase
    reason: str = ""
    is_stale: bool = False
    ahead: int | None = None
    inquiry: str = ""


class SupervisorLauncher(Protocol):
    """Starts supervisors for an engine; implemented by `fusion_jupyter.manager.launch`."""

    def command(self, run_dir: str) -> list[str]:
        """Program and arguments of a supervisor for this run, for a shell script to ``exec``."""

    def start(self, run_dir: str, lock: int, slot: int) -> None:
        """Start a supervisor on this machine that inherits the locks of the run and its slot."""

    def execute(self, run_dir: str) -> None:
        """Start a supervisor on this machine and wait for its end, in the caller's thread."""

    def reap(self) -> None:
        """Reap ended supervisors that this process started."""


class Engine(Protocol):
    """Interface of an execution backend.

    An engine is created with a `SupervisorLauncher` and keeps its state in files: in the run
    directory, or in its own folder of the runs directory (see `registry`). Any number of processes
    may use the same engine at once. Paths are absolute strings, because pathlib is too heavy for
    the supervisor.
    """

    def check(self, options: Mapping[str, object]) -> dict[str, object]:
        """Check the options of a run for this engine before anything is written.

        Returns:
            The options as stored in ``run.json`` under ``engine_options``.

        Raises:
            ValueError: An option is unknown or not allowed; the message names it and what is
                allowed.
        """

    def supervision(self, options: Mapping[str, object]) -> dict[str, bool]:
        """Special conditions for the supervisor of a run with these options, for ``run.json``.

        Returns:
            ``remote``: the run's processes may be on another machine; only its engine can tell that
            it has ended. ``job_environment``: the supervisor's environment is added to that of the
            request, because a batch system passes resource limits to its jobs in it.
            ``may_restart``: the engine may start the run again.
        """

    def submit_many(self, run_dirs: Sequence[str]) -> None:
        """Accept complete new run directories and execute each of them once.

        The caller holds a lock on each ``run.json`` until this returns, so that no recovery takes a
        run for a lost one.

        Raises:
            OSError: One cannot be executed; those that have not started by then are not accepted
                and will never start.
        """

    def cancel(self, run_dir: str) -> None:
        """Withdraw a waiting run; request the end of an executing one.

        Called after the cancel marker is written, so a live supervisor will end its run by itself.
        No error if the engine does not have the run.
        """

    def poll(self, run_dirs: Sequence[str]) -> dict[str, EngineReport]:
        """Report on these runs, by run id, with one query for all of them."""

    def queued(self, runs_dir: str) -> Sequence[str]:
        """Ids of the runs in the engine's own queue, in the order in which they will start."""

    def find_again(self, run_dir: str) -> EngineReport:
        """Recover a run that has not started and that a poll reports as ``ABSENT``.

        Its submission was lost, for example in a crash between record and submission: the engine
        searches for it more thoroughly, and submits it if it certainly was not submitted.

        Returns:
            The new report; ``ENDED`` with a reason if it will not be executed any more.
        """

    def tend(self, runs_dir: str) -> dict[str, EngineReport]:
        """Start the runs that can start now; called often, so it must be cheap.

        Returns:
            Reports, by run id, on runs that have certainly ended without recording it: the caller
            records their end and ends their remaining processes.
        """

    def explain_stop(self, run_dir: str) -> tuple[str, str] | None:
        """Explain why a supervisor received SIGTERM; the supervisor asks before it ends.

        Returns:
            The run's new status and the reason in words. PENDING: it will be started again. None:
            the engine did not send the signal.
        """
