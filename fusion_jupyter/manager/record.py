"""A run as plain data: its request, its record, its artifacts."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Literal

from fusion_jupyter.choices import DEFAULT_ENGINE

#: Why less than usual is known about a run: ``damaged``: a file cannot be parsed; ``newer``: a
#: newer release created the run; ``unreadable``: this process cannot read a file now; ``gone``: the
#: run directory is not there; ``silent``: the supervisor, on another machine, has sent no heartbeat
#: for some time.
Problem = Literal["damaged", "newer", "unreadable", "gone", "silent"]

#: Placeholder for an unknown time.
EPOCH = datetime.fromtimestamp(0, UTC)

RUN_ID = re.compile(r"[0-9a-f]{12}")


def is_run_id(text: object) -> bool:
    """Return whether this is a valid run id: exactly 12 lower-case hexadecimal digits."""
    return isinstance(text, str) and RUN_ID.fullmatch(text) is not None


def default_name(run_id: str) -> str:
    """The name of a run that nobody has named.

    Example:
        >>> default_name("3f9c0a7be214")
        'Run 3f9c0a'
    """
    return f"Run {run_id[:6]}"


class RunStatus(StrEnum):
    """Status of a run; the names are those of FUSION's services."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    #: The files do not tell: they are damaged, gone, or written by a newer release.
    UNKNOWN = "UNKNOWN"

    def __repr__(self) -> str:
        return repr(self.value)  # it equals its text, and lists of runs are full of it

    @property
    def is_final(self) -> bool:
        """True for all but PENDING and RUNNING: no further change is expected."""
        return self not in (RunStatus.PENDING, RunStatus.RUNNING)


@dataclass(frozen=True, kw_only=True)
class RunCreate:
    """What to run.

    Attributes:
        template: A template's name (see `fusion_jupyter.templates`), the path of an INI file, or a
            `fusion_jupyter.config.frozen.FrozenTemplate`.
        name: Human-readable name; default is ``Run <first 6 digits of the id>``.
        config: Options to override, by name or ``section.key``.
        simulator: ``"auto"``, ``"fusion"`` or ``"embedded"``.
        engine: Where it executes: ``"local"``, ``"slurm"``, or ``"debug"``: in the caller's thread.
        engine_options: Options of the engine; ``"local"`` and ``"debug"`` have none.
        tags: Labels for filtering.
        max_concurrent: Maximum number of concurrent runs while this one is first in the queue;
            None: the limit of `fusion_jupyter.configure`.
        deadline: Seconds since the epoch at which it is cancelled, waiting or running, and keeps
            what it has computed; None: never.
        command: Run this program (argument list) instead of a simulator; `template` and `config`
            are then ignored.
        cwd: For a command: its working directory; None: that of this process.
        progress_patterns: For a command: regular expressions for lines of its log whose named
            groups give its progress; empty: printed progress is recognised; None: its log is not
            read. See `fusion_jupyter.start`.
        reuse: Return the newest earlier run of an identical computation, regardless of name and
            tags, instead of creating another; the new tags are added to it. Failed and cancelled
            runs do not count.
    """

    template: str | os.PathLike[str] = "minimal"
    name: str | None = None
    config: Mapping[str, object] = field(default_factory=dict)
    simulator: str = "auto"
    engine: str = DEFAULT_ENGINE
    engine_options: Mapping[str, object] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    max_concurrent: int | None = None
    deadline: float | None = None
    command: tuple[str, ...] | None = None
    cwd: str | None = None
    progress_patterns: tuple[str, ...] | None = ()
    reuse: bool = False


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """What is known about a run, read from its directory.

    Attributes:
        id: 12 hexadecimal digits.
        directory: The run directory, absolute.
        status: See `RunStatus`.
        name: Human-readable name.
        template: Name of the template or path of the INI file it was made from.
        simulator: What is executed: ``"embedded"``, ``"fusion"`` or ``"command"``.
        simulator_reason: Why this one was chosen, in words.
        fusion: The FUSION installation used: python, project, version, commit, python_version,
            numpy_version; empty for other simulators.
        environment: Environment variables that affect what the simulator computes.
        inputs: SHA-256 of the copied input files that the configuration names, by name.
        engine: Where it executes.
        tags: Labels for filtering.
        options: The options set by the user, as given.
        network: Name of the topology, None for a command.
        erlangs: Planned loads in Erlang, in order; empty for a command.
        max_iters: Planned iterations of each load; None for a command.
        created_at: When it was requested (UTC).
        started_at: When the simulator's process started (UTC), None before.
        completed_at: When it ended (UTC), None before.
        duration_seconds: Wall time of the process by the monotonic clock, once it has ended.
        cpu_seconds: CPU seconds of the process and the children it waited for.
        peak_memory_bytes: Largest resident set of any single process of the run, in bytes.
        pid: Process id of the simulator.
        pgid: Its process group.
        host: Name of the machine it runs or ran on.
        exit_code: Exit status; None while running, after a signal, and where it is unknown.
        signal: Number of the signal that ended it, else None.
        error_message: Why it failed, or what is wrong with its files, in one line.
        cancel_requested: A cancel has been requested.
        problem: Why less than usual is known (see `Problem`); None: no problem.
        survivors: Pids of its processes that could not be ended.
        fingerprint: Identical for runs with identical requests; empty if an older release created
            the run.
    """

    id: str
    directory: Path
    status: RunStatus
    name: str
    template: str = ""
    simulator: str = ""
    simulator_reason: str = ""
    fusion: Mapping[str, str | None] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    engine: str = DEFAULT_ENGINE
    tags: tuple[str, ...] = ()
    options: Mapping[str, object] = field(default_factory=dict)
    network: str | None = None
    erlangs: tuple[float, ...] = ()
    max_iters: int | None = None
    created_at: datetime = EPOCH
    started_at: datetime | None = None
    completed_at: datetime | None = None
    duration_seconds: float | None = None
    cpu_seconds: float | None = None
    peak_memory_bytes: int | None = None
    pid: int | None = None
    pgid: int | None = None
    host: str | None = None
    exit_code: int | None = None
    signal: int | None = None
    error_message: str | None = None
    cancel_requested: bool = False
    problem: Problem | None = None
    survivors: tuple[int, ...] = ()
    fingerprint: str = ""

    @property
    def is_final(self) -> bool:
        """The run has ended, as far as the files could be read."""
        return self.status.is_final and self.problem != "unreadable"


@dataclass(frozen=True, kw_only=True, slots=True)
class ArtifactInfo:
    """One output file of a run.

    Attributes:
        name: File name without folders.
        path: Path relative to the run's output directory, with ``/`` as separator.
        size: Bytes.
        modified_at: Last change (UTC).
        kind: ``"results"``, ``"table"``, ``"json"``, ``"text"``, ``"image"``, ``"array"``,
            ``"config"`` or ``"other"``.
    """

    name: str
    path: str
    size: int
    modified_at: datetime
    kind: str
