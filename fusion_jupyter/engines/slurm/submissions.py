"""Slurm submissions on disk: one folder for each job or array.

``<runs_dir>/.slurm/<submission>/`` holds ``runs`` (one run directory per line, in the order of the
array's tasks), ``script.sh``, ``job`` (Slurm's id, once known) and ``closed`` (once no more queries
are needed). It is written before sbatch is called: a job whose id was lost in a crash is found
again by its name, which contains the submission's.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from fusion_jupyter.storage import atomic_io

FOLDER = ".slurm"
#: In the run directory: the job or array task that executes the run.
RUN_FILE = "slurm.json"
SCRIPT = "slurm.sh"
NAME_PREFIX = "fj-"


class Submission:
    """One call of sbatch.

    Args:
        runs_dir: The runs directory, absolute.
        name: Id of the submission: that of its first run.
    """

    def __init__(self, runs_dir: str, name: str) -> None:
        self.name = name
        self.folder = os.path.join(runs_dir, FOLDER, name)

    @property
    def job_name(self) -> str:
        """The name of its job in Slurm."""
        return NAME_PREFIX + self.name

    @property
    def runs_file(self) -> str:
        """File with one run directory per line."""
        return os.path.join(self.folder, "runs")

    @property
    def script(self) -> str:
        """The batch script."""
        return os.path.join(self.folder, "script.sh")

    @property
    def output(self) -> str:
        """The output file of the batch step before a run's own log begins, as an sbatch pattern."""
        return os.path.join(self.folder, "slurm-%a.out")

    @property
    def job(self) -> str | None:
        """Slurm's id of the job or array; None if it is not known (yet)."""
        return _read(os.path.join(self.folder, "job"))

    @property
    def run_dirs(self) -> list[str]:
        """The run directories, in the order of the tasks."""
        return (_read(self.runs_file) or "").splitlines()

    def write(self, run_dirs: Sequence[str], script: str) -> None:
        """Record what will be submitted, before it is.

        Raises:
            OSError: The disk is full or not writable.
        """
        os.makedirs(self.folder, exist_ok=True)
        atomic_io.write_atomically(self.runs_file, ("\n".join(run_dirs) + "\n").encode())
        atomic_io.write_atomically(self.script, script.encode(), 0o755)
        for run_dir in run_dirs:
            with contextlib.suppress(OSError):
                os.link(self.script, os.path.join(run_dir, SCRIPT))

    def note_job(self, job: str) -> None:
        """Record Slurm's id, here and in each run directory."""
        atomic_io.write_atomically(os.path.join(self.folder, "job"), job.encode())
        run_dirs = self.run_dirs
        for task, run_dir in enumerate(run_dirs):
            key = f"{job}_{task}" if len(run_dirs) > 1 else job
            content = {"submission": self.name, "job": key}
            with contextlib.suppress(OSError):  # a run that was deleted meanwhile
                atomic_io.write_json(os.path.join(run_dir, RUN_FILE), content, durable=False)

    def close(self) -> None:
        """Mark that no more queries to Slurm are needed."""
        atomic_io.mark(os.path.join(self.folder, "closed"))

    @property
    def is_closed(self) -> bool:
        """Whether no more queries to Slurm are needed."""
        return os.path.lexists(os.path.join(self.folder, "closed"))


def open_ones(runs_dir: str) -> Iterator[Submission]:
    """The submissions that are not closed."""
    try:
        names = os.listdir(os.path.join(runs_dir, FOLDER))
    except FileNotFoundError:
        return
    for name in sorted(names):
        found = Submission(runs_dir, name)
        if os.path.isdir(found.folder) and not found.is_closed:
            yield found


def holding(run_dir: str) -> Submission | None:
    """The open submission that contains a run, although the run's job is not recorded."""
    runs_dir = os.path.dirname(run_dir)
    for found in open_ones(runs_dir):
        if run_dir in found.run_dirs:
            return found
    return None


class OurJob(NamedTuple):
    """The job or array task that executes a run.

    Attributes:
        id: Slurm's id, ``<job>`` or ``<job>_<task>``.
        name: The name under which it was submitted.
    """

    id: str
    name: str


def job_of(run_dir: str) -> OurJob | None:
    """The job or task that executes a run; None if it is not known."""
    try:
        content = atomic_io.read_json(os.path.join(run_dir, RUN_FILE))
    except (OSError, ValueError):
        return None
    job, submission = ((content or {}).get(key) for key in ("job", "submission"))
    if not isinstance(job, str) or not isinstance(submission, str):
        return None
    return OurJob(job, NAME_PREFIX + submission)


def _read(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return None
