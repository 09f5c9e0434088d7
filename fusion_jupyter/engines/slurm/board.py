"""Slurm's last answer about all jobs of one runs directory, shared by all processes.

Any number of kernels may watch the same jobs, but Slurm is queried once for all of them: a process
that finds the last answer too old and the lock free queries Slurm and saves the new answer.
"""

from __future__ import annotations

import os
import time
from typing import Any

from fusion_jupyter.engines.base import Phase
from fusion_jupyter.engines.slurm import states, submissions
from fusion_jupyter.engines.slurm.commands import SlurmError, run
from fusion_jupyter.engines.slurm.states import Job
from fusion_jupyter.engines.slurm.submissions import OurJob
from fusion_jupyter.storage import atomic_io, filesystem

#: Seconds between two queries, and with many jobs.
INTERVAL_SECONDS = 5.0
_INTERVAL_OF_MANY = 15.0
_MANY = 1000
#: Seconds after a job's end in which its run's record may still arrive over a network file system.
_PATIENCE_SECONDS = 60.0
_PATIENCE_ON_LOCAL_DISK = 3.0


class Board:
    """The last answer.

    Args:
        runs_dir: The runs directory, absolute.

    Attributes:
        jobs: Slurm's last answer by id of a job or task.
        over: When a job was first seen as ended or no longer listed, by id.
        answered_at: When Slurm last answered, in seconds since 1970; 0: never.
        trouble: Why Slurm did not answer the last query; empty if it did.
    """

    def __init__(self, runs_dir: str) -> None:
        self._runs_dir = runs_dir
        self._path = os.path.join(runs_dir, submissions.FOLDER, "board.json")
        self.jobs: dict[str, Job] = {}
        self.over: dict[str, float] = {}
        self.answered_at = 0.0
        self.trouble = ""
        self._asked_at = 0.0
        self._read()

    def refresh(self, *, now: bool = False) -> bool:
        """Query Slurm, unless that was done recently or another process is doing it.

        Args:
            now: Query in any case.

        Returns:
            True if this call queried Slurm.
        """
        if not os.path.isdir(os.path.join(self._runs_dir, submissions.FOLDER)):
            return False
        interval = _INTERVAL_OF_MANY if len(self.jobs) > _MANY else INTERVAL_SECONDS
        if not now and time.time() - self._asked_at < interval:
            return False
        lock = atomic_io.try_lock(os.path.join(self._runs_dir, submissions.FOLDER, "board.lock"))
        if lock is None:
            return False
        try:
            self._read()  # another process may have queried meanwhile
            if not now and time.time() - self._asked_at < interval:
                return False
            self._ask()
            self._write()
        finally:
            atomic_io.unlock(lock)
        return True

    def is_over(self, job: str) -> bool:
        """Return whether a job ended so long ago that its run's record would have arrived."""
        since = self.over.get(job)
        local = filesystem.is_local(self._runs_dir)
        patience = _PATIENCE_ON_LOCAL_DISK if local else _PATIENCE_SECONDS
        return since is not None and time.time() - since >= patience

    def job(self, ours: OurJob) -> Job | None:
        """Slurm's answer about a job; None if it is not listed, or another job has its id."""
        known = self.jobs.get(ours.id)
        return known if known is not None and known.name == ours.name else None

    def end_of(self, ours: OurJob) -> str:
        """How a job ended, in words: from squeue, else from the accounting if it responds."""
        known, job = self.job(ours), ours.id
        if known is not None and states.report(job, known).phase is Phase.ENDED:
            return f"Slurm: {states.describe_end(known.state)}, job {job}"
        try:
            output = run(
                ["sacct", "-n", "-X", "-P", "-j", job, "-o", "State", f"--name={ours.name}"]
            )
        except SlurmError:
            output = ""
        state = output.strip().split("\n")[0].split(" ")[0]
        if state:
            return f"Slurm: {states.describe_end(state)}, job {job}"
        return (
            f"Slurm does not know job {job} any more; how it ended is unknown (cancelled while it "
            "waited, or ended so long ago that it was forgotten)"
        )

    def _ask(self) -> None:
        self._asked_at = time.time()
        pending = {
            found.name: (found, job)
            for found in submissions.open_ones(self._runs_dir)
            if (job := found.job) is not None
        }
        try:
            answer = states.query(job for _, job in pending.values())
        except SlurmError as error:
            # The last states are kept and marked as stale. No conclusion is drawn from silence.
            self.trouble = str(error)
            return
        self.answered_at, self.trouble = self._asked_at, ""
        self.jobs = answer
        over: dict[str, float] = {}
        for found, job in pending.values():
            keys = _keys(found, job)
            ended = [key for key in keys if self._has_ended(OurJob(key, found.job_name))]
            over.update({key: self.over.get(key, self._asked_at) for key in ended})
            if len(ended) == len(keys) and not any(map(_is_unsettled, found.run_dirs)):
                found.close()
        self.over = over

    def _has_ended(self, ours: OurJob) -> bool:
        known = self.job(ours)
        return known is None or states.report(ours.id, known).phase is Phase.ENDED

    def _read(self) -> None:
        try:
            content: dict[str, Any] = atomic_io.read_json(self._path) or {}
            self.jobs = {key: Job(*fields) for key, fields in content.get("jobs", {}).items()}
            self.over = dict(content.get("over", {}))
            self._asked_at = float(content.get("asked_at", 0.0))
            self.answered_at = float(content.get("answered_at", 0.0))
            self.trouble = str(content.get("trouble", ""))
        except (OSError, ValueError, TypeError):
            self._asked_at = 0.0  # damaged: Slurm holds everything

    def _write(self) -> None:
        content = {
            "asked_at": self._asked_at,
            "answered_at": self.answered_at,
            "trouble": self.trouble,
            "jobs": self.jobs,
            "over": self.over,
        }
        try:
            atomic_io.write_json(self._path, content, durable=False)
        except OSError:
            return  # a process that cannot write queries for itself


def _keys(found: submissions.Submission, job: str) -> list[str]:
    count = len(found.run_dirs)
    return [f"{job}_{task}" for task in range(count)] if count > 1 else [job]


def _is_unsettled(run_dir: str) -> bool:
    """Return whether a run exists whose record has no end."""
    try:
        state = atomic_io.read_json(os.path.join(run_dir, "state.json"))
    except (OSError, ValueError):
        return False
    if state is None:
        return os.path.isdir(run_dir)
    return state.get("status") in ("PENDING", "RUNNING")
