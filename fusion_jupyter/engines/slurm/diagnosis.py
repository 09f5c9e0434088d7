"""Diagnose whether this machine and this cluster can execute runs."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from typing import NamedTuple

from fusion_jupyter.engines.slurm import commands, states
from fusion_jupyter.engines.slurm.commands import SlurmError, run
from fusion_jupyter.storage import filesystem

_JOB_SECONDS = 120.0
_POLL_SECONDS = 1.0


class Finding(NamedTuple):
    """Result of one check.

    Attributes:
        good: True: passed; False: runs will not work; None: information only.
        text: What was found, and what to do about it.
    """

    good: bool | None
    text: str


def examine(runs_dir: str, *, job: bool = True) -> Iterator[Finding]:
    """Check everything that runs on Slurm need, one item after the other.

    Args:
        runs_dir: The runs directory, absolute.
        job: Also submit a job that writes a file there, and wait for it.
    """
    absent = commands.missing()
    if absent:
        yield Finding(False, f"not on PATH: {', '.join(absent)}. Use a machine that submits jobs")
        return
    try:
        version = run(["sinfo", "--version"]).strip()
        yield Finding(True, f"commands are there: {version}")
        nodes = run(["sinfo", "-h", "-o", "%P %a %l %D %t"]).strip()
    except SlurmError as error:
        yield Finding(False, f"the controller does not answer: {error}")
        return
    partitions = ", ".join(sorted({line.split()[0] for line in nodes.splitlines()}))
    yield Finding(bool(partitions), f"partitions: {partitions or 'none that you may use'}")
    yield Finding(None, f"an array may have {commands.largest_array():,} tasks")
    yield _accounting()
    local = filesystem.is_local(_existing(runs_dir))
    yield Finding(
        None if local else True,
        f"{runs_dir} is on a disk of this machine: nodes see it only if it is the same machine"
        if local
        else f"{runs_dir} is on a shared file system",
    )
    if job:
        yield from _test_job(runs_dir)


def _accounting() -> Finding:
    if shutil.which("sacct") is None:
        return Finding(
            None, "no sacct: ends that no supervisor recorded are known from squeue only"
        )
    try:
        run(["sacct", "-n", "-X", "-S", "now", "-o", "State"])
    except SlurmError as error:
        return Finding(None, f"accounting does not answer ({error}); only squeue is used")
    return Finding(True, "accounting answers")


def _test_job(runs_dir: str) -> Iterator[Finding]:
    """A job that writes a file below the runs directory, as a run's supervisor would."""
    os.makedirs(runs_dir, exist_ok=True)
    folder = tempfile.mkdtemp(prefix=".slurm-check-", dir=runs_dir)
    script, proof = os.path.join(folder, "check.sh"), os.path.join(folder, "proof")
    try:
        with open(script, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\nhostname > '{proof}'\n")
        began = time.monotonic()
        arguments = ["--time=2", "-J", "fj-check", f"--output={folder}/output", "--no-requeue"]
        try:
            job = commands.submit(script, arguments, dict(os.environ))
        except SlurmError as error:
            yield Finding(False, f"a job cannot be submitted: {error}")
            return
        yield Finding(True, f"a test job was submitted: {job}")
        while not os.path.exists(proof):
            if time.monotonic() - began > _JOB_SECONDS:
                known = states.query([job]).get(job)
                words = "" if known is None else f": {states.report(job, known).reason}"
                commands.cancel(job, "fj-check")
                yield Finding(False, f"it wrote no file within {_JOB_SECONDS:.0f} s{words}")
                return
            time.sleep(_POLL_SECONDS)
        with open(proof, encoding="utf-8") as file:
            host = file.read().strip()
        took = time.monotonic() - began
        yield Finding(True, f"it ran on {host} and its file was here after {took:.0f} s")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _existing(path: str) -> str:
    while not os.path.isdir(path):
        path = os.path.dirname(path)
    return path
