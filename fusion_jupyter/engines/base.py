"""Interface of an execution backend, and of what it needs from the process manager."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Phase(StrEnum):
    """What an engine knows of a run; how the run ended is for its own record to say."""

    WAITING = "waiting"
    EXECUTING = "executing"
    ENDED = "ended"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class EngineReport:
    """Where a run is, as its engine knows it.

    Attributes:
        phase: ``ENDED``: its place is free again, and it will not start any more. ``ABSENT``: the
            engine has never had it, or has forgotten it, and knows that for certain. ``UNKNOWN``:
            the engine cannot tell now; nothing may be concluded from it.
        reason: Human-readable: why the run waits (``"queued, 2 ahead, 1 at a time"``), or how the
            engine ended it (``"Slurm: TIMEOUT"``).
        is_stale: The engine does not answer at the moment, and this is what it said last.
        inquiry: Command that tells more of the run in a terminal; empty where there is none.
    """

    phase: Phase
    reason: str = ""
    is_stale: bool = False
    inquiry: str = ""


class Launcher(Protocol):
    """What an engine gets handed in to start supervisors; `fusion_jupyter.manager.launch`."""

    def command(self, run_dir: str) -> list[str]:
        """Program and arguments of a supervisor for this run, for a shell script to ``exec``."""

    def start(self, run_dir: str, lock: int, slot: int) -> None:
        """Start a supervisor on this machine that inherits the run's lock and its slot's."""

    def execute(self, run_dir: str) -> None:
        """Start a supervisor on this machine and wait for its end, in the caller's thread."""

    def reap(self) -> None:
        """Collect the supervisors started here that have ended."""


class Engine(Protocol):
    """A place where runs execute.

    An engine is made with a `Launcher` and keeps what it must remember in files: in the run
    directory or in a folder of its own in the runs directory (see `registry`). Any number of
    processes use the same engine at once. Paths are absolute text, since the supervisor is too
    light for pathlib.
    """

    def check(self, options: Mapping[str, object]) -> dict[str, object]:
        """Check the options of a run for this engine before anything is written.

        Returns:
            The options as they are kept in ``run.json`` under ``engine_options``.

        Raises:
            ValueError: One is unknown or not allowed; the message names it and what is allowed.
        """

    def supervision(self, options: Mapping[str, object]) -> dict[str, bool]:
        """What is different for the supervisor of a run with these options; kept in ``run.json``.

        Returns:
            ``remote``: what this machine sees of its processes proves nothing, its engine alone
            can tell that it has ended. ``job_environment``: the environment of the supervisor is
            added to that in which the run was asked for, since a batch system tells its jobs by it
            what they may use. ``may_restart``: the engine may start the run again.
        """

    def submit_many(self, run_dirs: Sequence[str]) -> None:
        """Take complete, new run directories and see that each is executed, once.

        The caller holds a lock on each ``run.json`` until this returns, so that no recovery takes
        a run for a lost one meanwhile.

        Raises:
            OSError: They cannot be executed. None is then taken: none of them will ever start.
        """

    def cancel(self, run_dir: str) -> None:
        """Withdraw a run that waits; ask the place to end one that executes.

        Called when the cancel intent stands in the run directory, so a supervisor that lives will
        end its run by itself. No error where the engine has no such run.
        """

    def poll(self, run_dirs: Sequence[str]) -> dict[str, EngineReport]:
        """Where these runs are, by run id, with one question for all of them."""

    def find_again(self, run_dir: str) -> EngineReport:
        """Take care of a run that a poll calls ``ABSENT`` and that has not started.

        Its submission was lost, for example in a crash between record and submission: the engine
        looks for it more thoroughly, and submits it where that has certainly not happened.

        Returns:
            Where it is now; ``ENDED`` with a reason where it will not be executed any more.
        """

    def tend(self, runs_dir: str) -> dict[str, EngineReport]:
        """Start what can start now; called on any occasion, so it must be cheap.

        Returns:
            By run id, the runs that have ended, as the engine knows for certain, without a record
            of their own: the caller writes it, and ends what is left of them.
        """

    def explain_stop(self, run_dir: str) -> tuple[str, str] | None:
        """Why a supervisor of this engine was told to stop (SIGTERM), as it asks before it ends.

        Returns:
            The status that the run gets, and why in words. PENDING: it will be started again.
            None: the engine had nothing to do with it.
        """
