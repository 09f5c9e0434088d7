"""Runs in the caller's thread, one after the other: for tests, teaching and debuggers."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from fusion_jupyter.engines.base import EngineReport, Phase, SupervisorLauncher
from fusion_jupyter.storage import atomic_io, layout

_NEVER_STARTED = "The process that requested this run ended before starting it"


class DebugEngine:
    """Executes a run while its caller waits: `start` returns when the run has ended.

    There is no queue, so the run starts at once whatever else is running. The supervisor is still a
    separate process, because it alone may wait for the run's processes; this thread waits for the
    supervisor. Ctrl-C, or interrupting the kernel, cancels the run.
    """

    def __init__(self, launcher: SupervisorLauncher) -> None:
        self._launcher = launcher

    def check(self, options: Mapping[str, object]) -> dict[str, object]:
        """Accept no options.

        Raises:
            ValueError: An option was given.
        """
        if options:
            raise ValueError(
                f"engine_options is {dict(options)!r}; allowed with engine 'debug': none"
            )
        return {}

    def supervision(self, options: Mapping[str, object]) -> dict[str, bool]:
        """No special conditions."""
        return {}

    def submit_many(self, run_dirs: Sequence[str]) -> None:
        """Execute the runs one after the other and return when all have ended.

        Raises:
            OSError: A supervisor cannot be started; the runs before have been executed.
            KeyboardInterrupt: The caller was interrupted; the run and those after it are cancelled.
        """
        waiting = list(run_dirs)
        try:
            while waiting:
                self._launcher.execute(waiting[0])
                waiting.pop(0)
        except KeyboardInterrupt:
            for run_dir in waiting:
                atomic_io.mark(os.path.join(run_dir, layout.CANCEL_FILE))
            raise

    def cancel(self, run_dir: str) -> None:
        """Do nothing: no run waits here, and a supervisor sees the cancel marker itself."""

    def poll(self, run_dirs: Sequence[str]) -> dict[str, EngineReport]:
        """Executing if a supervisor has the run, else absent."""
        return {
            os.path.basename(run_dir): EngineReport(
                Phase.EXECUTING
                if atomic_io.is_locked(os.path.join(run_dir, layout.LOCK_FILE))
                else Phase.ABSENT
            )
            for run_dir in run_dirs
        }

    def queued(self, runs_dir: str) -> Sequence[str]:
        """Return nothing: there is no queue of its own."""
        return ()

    def find_again(self, run_dir: str) -> EngineReport:
        """Report the run as ended: the caller in whose thread it should have run is gone."""
        return EngineReport(Phase.ENDED, _NEVER_STARTED)

    def tend(self, runs_dir: str) -> dict[str, EngineReport]:
        """Do nothing: no run waits here."""
        return {}

    def explain_stop(self, run_dir: str) -> tuple[str, str] | None:
        """Return None: this engine never stops a supervisor."""
        return None
