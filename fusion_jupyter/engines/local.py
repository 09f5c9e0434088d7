"""Runs on this machine: a queue, and a supervisor for each run."""

from __future__ import annotations

import os
from pathlib import Path

from fusion_jupyter.engines import queue


class LocalEngine:
    """Executes runs as processes of this machine, a limited number at once."""

    def submit(self, run_dir: Path) -> None:
        """Queue the run, and start it now if there is a slot."""
        queue.enqueue(os.fspath(run_dir.parent), run_dir.name)
        self.tend(run_dir.parent)

    def withdraw(self, run_dir: Path) -> None:
        """Take the run out of the queue."""
        queue.withdraw(os.fspath(run_dir.parent), run_dir.name)

    def tend(self, runs_dir: Path) -> None:
        """Collect ended supervisors and start waiting runs."""
        queue.reap()
        queue.dispatch(os.fspath(runs_dir))
