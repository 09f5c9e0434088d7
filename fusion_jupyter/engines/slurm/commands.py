"""Slurm's commands, each with a time limit and an error that quotes Slurm."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence

from fusion_jupyter.errors import FusionJupyterError

_SECONDS = 20.0
_LONGEST_MESSAGE = 500
_NEEDED = ("sbatch", "squeue", "scancel")


class SlurmError(FusionJupyterError, OSError):
    """A Slurm command failed, timed out, or is missing."""


def missing() -> list[str]:
    """The required commands that are not on PATH."""
    return [name for name in _NEEDED if shutil.which(name) is None]


def run(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    seconds: float = _SECONDS,
) -> str:
    """Run a command and return its output.

    Args:
        command: Program and arguments.
        environment: Its environment; None: that of this process.
        seconds: Time limit.

    Raises:
        SlurmError: It is missing, failed, or timed out.
    """
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            env=None if environment is None else dict(environment),
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SlurmError(f"{command[0]} did not answer within {seconds:g} s") from None
    except OSError as error:
        raise SlurmError(f"{command[0]} cannot be run: {error.strerror}") from None
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()[-_LONGEST_MESSAGE:]
        raise SlurmError(f"{command[0]}: {said or f'exit status {done.returncode}'}")
    return done.stdout


def submit(script: str, arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """Submit a batch script.

    Returns:
        The job's id.

    Raises:
        SlurmError: Slurm refused it or did not answer.
    """
    output = run(["sbatch", "--parsable", *arguments, script], environment=environment)
    # "id", or "id;cluster" with several clusters.
    return output.strip().splitlines()[-1].split(";")[0]


def cancel(job: str, name: str) -> None:
    """Ask Slurm to end a job or array task; an answer does not prove that it ended.

    Args:
        job: Its id.
        name: Its name, so that another job which has since been given the id is spared.

    Raises:
        SlurmError: Slurm does not answer.
    """
    run(["scancel", f"--name={name}", job])


def largest_array() -> int:
    """Maximum number of tasks in an array here; 1000 if Slurm does not say."""
    try:
        text = run(["scontrol", "show", "config"])
    except SlurmError:
        return 1000
    for line in text.splitlines():
        name, _, value = line.partition("=")
        if name.strip() == "MaxArraySize" and value.strip().isdecimal():
            return max(1, int(value) - 1)
    return 1000


def without_run_variables(environment: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    """The environment without entries of a single run, and with Slurm's own settings."""
    kept = {name: value for name, value in environment.items() if name not in names}
    # Settings of Slurm in the environment are taken from this process.
    for name in ("SLURM_CONF", "PATH"):
        if name in os.environ:
            kept.setdefault(name, os.environ[name])
    return kept
