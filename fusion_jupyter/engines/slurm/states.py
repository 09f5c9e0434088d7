"""Slurm's job states, and what they mean for a run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from fusion_jupyter.engines.base import EngineReport, Phase
from fusion_jupyter.engines.slurm.commands import SlurmError, run

#: Fields of one line of squeue and their widths.
_FIELDS = (
    ("JobArrayID", 30),
    ("State", 20),
    ("RestartCnt", 8),
    ("Reason", 40),
    ("ReasonList", 80),
    ("Name", 64),
)
#: Ids per query, because command lines are limited in length.
_IDS_AT_ONCE = 5000

_WAITING = {
    "PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "RESV_DEL_HOLD",
    "SPECIAL_EXIT", "SUSPENDED", "STOPPED",
}  # fmt: skip
_EXECUTING = {"RUNNING", "COMPLETING", "STAGE_OUT", "SIGNALING", "RESIZING"}
#: The meaning of each final job state, in words. Other states are shown as Slurm spells them.
_ENDS = {
    "BOOT_FAIL": "its node did not boot",
    "CANCELLED": "cancelled in Slurm",
    "COMPLETED": "the job ended",
    "DEADLINE": "its deadline passed",
    "FAILED": "the job failed",
    "NODE_FAIL": "its node failed",
    "OUT_OF_MEMORY": "out of memory",
    "PREEMPTED": "preempted by another job",
    "REVOKED": "moved to another cluster",
    "TIMEOUT": "its time limit was reached",
}
_WHY = {
    "AssocGrpCpuLimit": "your group uses all cores that it may use",
    "AssocMaxJobsLimit": "you have as many jobs as you may have",
    "BeginTime": "it starts again after a pause",
    "Dependency": "it waits for another job",
    "JobArrayTaskLimit": "as many tasks of its array run as may run at once",
    "JobHeldAdmin": "held by an administrator",
    "JobHeldUser": "held by its user",
    "PartitionDown": "its partition is down",
    "Priority": "jobs with a higher priority come first",
    "QOSMaxJobsPerUserLimit": "you have as many jobs as this quality of service allows",
    "ReqNodeNotAvail": "a node that it needs is not available",
    "Resources": "it waits for free resources",
}


class Job(NamedTuple):
    """What squeue reports about a job or array task.

    Attributes:
        state: As Slurm spells it, for example ``"PENDING"``.
        restarts: How often it was started again.
        reason: Why it waits or how it ended, as Slurm spells it; ``"None"`` if it does not say.
        where: Its nodes while it runs.
        name: The job's name: ids are reused, names of submissions are not.
    """

    state: str
    restarts: int
    reason: str
    where: str
    name: str = ""


def query(jobs: Iterable[str]) -> dict[str, Job]:
    """Query Slurm about many jobs at once.

    Args:
        jobs: Ids of jobs; for an array, all its tasks are returned.

    Returns:
        Slurm's answer by id (``<job>_<task>`` for a task). Unknown jobs are omitted.

    Raises:
        SlurmError: Slurm does not answer.
    """
    wanted = sorted(set(jobs))
    found: dict[str, Job] = {}
    for first in range(0, len(wanted), _IDS_AT_ONCE):
        part = wanted[first : first + _IDS_AT_ONCE]
        fields = ",".join(f"{name}:{width}" for name, width in _FIELDS)
        try:
            output = run(["squeue", "-h", "-r", "-t", "all", "-j", ",".join(part), "-O", fields])
        except SlurmError as error:
            # A single forgotten id is an error; in a list it is silently omitted.
            if "Invalid job id" in str(error):
                continue
            raise
        found.update(_parse(output))
    return found


def _parse(output: str) -> dict[str, Job]:
    found = {}
    for line in output.splitlines():
        values, position = [], 0
        for _, width in _FIELDS:
            values.append(line[position : position + width].strip())
            position += width
        job, state, restarts, reason, where, name = values
        if job and state:
            count = int(restarts) if restarts.isdecimal() else 0
            found[job] = Job(state.split()[0].rstrip("+"), count, reason, where, name)
    return found


def report(job_id: str, job: Job) -> EngineReport:
    """A run's phase from its job's state; see the table in the documentation.

    How a run ended is stored in its record; the job's end matters only if there is none.
    """
    if job.state in _WAITING:
        why = job.reason if job.reason not in ("", "None") else ""
        if why in _WHY:
            why = f"{_WHY[why]} ({why})"
        again = f", start {job.restarts + 1}" if job.restarts else ""
        state = job.state.lower() if job.state != "PENDING" else "waiting"
        words = f"Slurm job {job_id} {state}{again}"
        return EngineReport(
            Phase.WAITING, f"{words}: {why}" if why else words, inquiry=inquiry(job_id)
        )
    if job.state in _EXECUTING:
        return EngineReport(
            Phase.EXECUTING, f"Slurm job {job_id} on {job.where}", inquiry=inquiry(job_id)
        )
    return EngineReport(Phase.ENDED, f"Slurm: {describe_end(job.state)} (job {job_id})")


def inquiry(job_id: str) -> str:
    """The command that shows everything Slurm knows about a job."""
    return f"scontrol show job {job_id}"


def describe_end(state: str) -> str:
    """A job's end in words.

    Example:
        >>> describe_end("TIMEOUT")
        'its time limit was reached (TIMEOUT)'
    """
    return f"{_ENDS[state]} ({state})" if state in _ENDS else state
