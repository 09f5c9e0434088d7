"""The engine: runs as jobs of Slurm, sweeps as arrays.

Slurm distributes the work. The batch step is the run's supervisor, so recording, cancelling and
cleaning up work as on one machine; Slurm's answer counts only if the record is missing.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from fusion_jupyter import settings
from fusion_jupyter.engines.base import EngineReport, Phase, SupervisorLauncher
from fusion_jupyter.engines.slurm import commands, options, states
from fusion_jupyter.engines.slurm.board import Board
from fusion_jupyter.engines.slurm.commands import SlurmError
from fusion_jupyter.engines.slurm.submissions import Submission, holding, job_of, open_ones
from fusion_jupyter.storage import atomic_io, layout

_RUN_VARIABLES = (layout.RUN_ID_VARIABLE, layout.PROGRESS_VARIABLE, layout.OUTPUT_VARIABLE)
#: Seconds in which a submitted job may not be listed yet.
_LATELY_SECONDS = 10.0


class SlurmEngine:
    """Executes runs as jobs of the Slurm cluster whose commands are on PATH."""

    def __init__(self, launcher: SupervisorLauncher) -> None:
        self._launcher = launcher

    def check(self, given: Mapping[str, object]) -> dict[str, object]:
        """Check the options; the defaults are those of `fusion_jupyter.configure`.

        Raises:
            ValueError: An option is unknown or not allowed, or Slurm's commands are not on PATH.
        """
        checked = options.check({**settings.slurm(), **given})
        absent = commands.missing()
        if absent:
            raise ValueError(
                f"engine is 'slurm', but {', '.join(absent)} is not on PATH; allowed: a machine "
                "from which jobs are submitted, such as a login node"
            )
        return checked

    def supervision(self, given: Mapping[str, object]) -> dict[str, bool]:
        """Runs are on other machines, need the job's environment, and may be restarted."""
        return {
            "remote": True,
            "job_environment": True,
            "may_restart": bool(given.get("requeue", False)),
        }

    def submit_many(self, run_dirs: Sequence[str]) -> None:
        """Submit a job, or arrays of jobs.

        Raises:
            SlurmError: Slurm refused one or does not answer; jobs it had accepted are cancelled
                again.
        """
        size = commands.largest_array() if len(run_dirs) > 1 else 1
        taken: list[tuple[str, str]] = []
        try:
            for first in range(0, len(run_dirs), size):
                job = self._submit(run_dirs[first : first + size])
                taken.append(job)
        except OSError:
            for job in taken:
                with contextlib.suppress(SlurmError):
                    commands.cancel(*job)
            raise

    def _submit(self, run_dirs: Sequence[str]) -> tuple[str, str]:
        runs_dir, name = os.path.split(run_dirs[0])
        request = atomic_io.read_json(os.path.join(run_dirs[0], layout.RUN_FILE)) or {}
        asked = request.get("engine_options") or {}
        found = Submission(runs_dir, name)
        script = options.script(
            asked,
            name=found.job_name,
            comment=f"fusion_jupyter:{name}",
            runs=found.runs_file,
            output=found.output,
            command=self._launcher.command("")[:-1],
        )
        found.write(run_dirs, script)
        arguments = [f"--chdir={run_dirs[0]}"]
        if len(run_dirs) > 1:
            most = asked.get("array_limit") or request.get("max_concurrent")
            limit = f"%{most}" if most else ""
            arguments.append(f"--array=0-{len(run_dirs) - 1}{limit}")
        environment = atomic_io.read_json(os.path.join(run_dirs[0], layout.ENVIRONMENT_FILE))
        job = commands.submit(
            found.script,
            arguments,
            commands.without_run_variables(environment or dict(os.environ), _RUN_VARIABLES),
        )
        found.note_job(job)
        return job, found.job_name

    def cancel(self, run_dir: str) -> None:
        """Ask Slurm to end the run's job; the cancel marker in the run directory does the rest."""
        found = job_of(run_dir)
        if found is not None:
            commands.cancel(found.id, found.name)

    def poll(self, run_dirs: Sequence[str]) -> dict[str, EngineReport]:
        """Slurm's last answer, at most some seconds old if Slurm responds."""
        boards: dict[str, Board] = {}
        reports = {}
        for run_dir in run_dirs:
            runs_dir, run_id = os.path.split(run_dir)
            board = boards.get(runs_dir)
            if board is None:
                board = boards[runs_dir] = Board(runs_dir)
                board.refresh()
            reports[run_id] = self._report(board, run_dir)
        return reports

    def _report(self, board: Board, run_dir: str) -> EngineReport:
        ours = job_of(run_dir)
        if ours is None:
            known = holding(run_dir)
            lately = known is not None and _age(known.folder) < _LATELY_SECONDS
            return EngineReport(Phase.WAITING if lately else Phase.ABSENT, "being submitted")
        job = ours.id
        known_job = board.job(ours)
        stale = bool(board.trouble)
        if known_job is not None:
            found = states.report(job, known_job)
            if found.phase is Phase.ENDED and not board.is_over(job):
                return EngineReport(Phase.EXECUTING, f"Slurm job {job} is ending", stale)
            if stale:
                words = f"{found.reason}; Slurm does not answer now: {board.trouble}"
                return replace(found, reason=words, is_stale=True)
            return found
        if stale or board.answered_at == 0.0:
            return EngineReport(Phase.UNKNOWN, f"Slurm does not answer: {board.trouble}", True)
        if not board.is_over(job):
            return EngineReport(Phase.WAITING, f"Slurm job {job}", inquiry=states.inquiry(job))
        return EngineReport(Phase.ENDED, board.end_of(ours))

    def queued(self, runs_dir: str) -> Sequence[str]:
        """Return nothing: there is no queue of its own."""
        return ()

    def find_again(self, run_dir: str) -> EngineReport:
        """Find the job of a run whose submission was interrupted, or submit the run."""
        known = holding(run_dir)
        if known is None:
            self.submit_many([run_dir])
            return EngineReport(Phase.WAITING, "submitted again")
        job = known.job
        if job is None:
            try:
                output = commands.run(
                    ["squeue", "-h", "-t", "all", "-n", known.job_name, "-o", "%F"]
                )
            except SlurmError as error:
                return EngineReport(Phase.UNKNOWN, str(error), True)
            jobs = output.split()
            if not jobs:
                known.close()
                self.submit_many([run_dir])
                return EngineReport(Phase.WAITING, "submitted again")
            job = jobs[0]
        known.note_job(job)
        return EngineReport(Phase.WAITING, f"Slurm job {job}")

    def tend(self, runs_dir: str) -> dict[str, EngineReport]:
        """Query Slurm about all jobs, if it is due.

        Returns:
            The runs whose job ended some time ago without a record of how.
        """
        board = Board(runs_dir)
        if not board.refresh():
            return {}
        found = {}
        for each in open_ones(runs_dir):
            for run_dir in each.run_dirs:
                ours = job_of(run_dir)
                if ours is not None and board.is_over(ours.id) and not _has_record(run_dir):
                    reason = board.end_of(ours)
                    found[os.path.basename(run_dir)] = EngineReport(Phase.ENDED, reason)
        return found

    def explain_stop(self, run_dir: str) -> tuple[str, str]:
        """Explain why the batch step received SIGTERM; called by the supervisor in the job.

        Returns:
            The run's new status and the reason in words. PENDING: Slurm will start it again.
        """
        ours = job_of(run_dir)
        job = os.environ.get("SLURM_JOB_ID") or (ours.id if ours else "")
        restarts = int(os.environ.get("SLURM_RESTART_COUNT") or 0)
        try:
            known = states.query([job])
        except SlurmError as error:
            return "FAILED", f"Slurm stopped it without a reason: {error}"
        for found in known.values():
            if found.restarts > restarts:
                return "PENDING", "Slurm starts it again (requeued)"
            if found.reason == "TimeLimit":
                return "FAILED", f"Slurm: {states.describe_end('TIMEOUT')}, job {job}"
            if found.state in ("PREEMPTED", "NODE_FAIL", "OUT_OF_MEMORY", "DEADLINE"):
                return "FAILED", f"Slurm: {states.describe_end(found.state)}, job {job}"
        return "CANCELLED", f"Slurm: {states.describe_end('CANCELLED')}, job {job}"


def _has_record(run_dir: str) -> bool:
    try:
        state = atomic_io.read_json(os.path.join(run_dir, layout.STATE_FILE))
    except (OSError, ValueError):
        return True  # damaged or unreachable: no conclusion
    if state is None:
        return not os.path.isdir(run_dir)
    return state.get("status") not in ("PENDING", "RUNNING")


def _age(path: str) -> float:
    try:
        return time.time() - os.stat(path).st_mtime
    except OSError:
        return float("inf")
