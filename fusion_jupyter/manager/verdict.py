"""What may be said of a run: one answer from its files, its lock and its host.

A pure function, so that everybody who asks gets the same answer: the record, the recovery, the
views, and the browser's own reading, which is tested with the same table.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from fusion_jupyter.manager.record import Problem, RunStatus
from fusion_jupyter.storage import layout

#: What reading one of the files of a run gave. ``unreadable``: it is there, and this process
#: cannot read it now (permission, a mount that is away); another look may succeed.
Found = Literal["ok", "missing", "damaged", "newer", "unreadable"]

VANISHED = (
    "The run's supervisor vanished without recording an exit "
    "(killed, or the machine went down); how the simulator ended is unknown"
)
GONE = "This run's folder is gone: it was deleted or moved"
NEWER = "Made by a newer version of fusion_jupyter: update it to see this run"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything that a run's status depends on.

    Attributes:
        folder: The run directory exists.
        request: What reading ``run.json`` gave.
        state: What reading ``state.json`` gave.
        status: The status in ``state.json``; None where `state` is not ``ok``.
        cancelled: The intent to cancel is there.
        locked: A process holds the run's lock; None where that cannot be told.
        elsewhere: Its supervisor belongs to another machine, or to another start of one with
            another name: its process cannot be asked from here.
        local: The run directory is on a disk of this machine, where every holder of a lock is seen.
        seen_at: When the supervisor gave its last sign of life, in seconds since 1970.
        now: The time of the look, in seconds since 1970.
        host: The supervisor's machine, for messages.
        detail: What is wrong with a file, for messages.
    """

    folder: bool = True
    request: Found = "ok"
    state: Found = "missing"
    status: RunStatus | None = None
    cancelled: bool = False
    locked: bool | None = False
    elsewhere: bool = False
    local: bool = False
    seen_at: float | None = None
    now: float = 0.0
    host: str | None = None
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What may be said of the run.

    Attributes:
        status: The status to show.
        problem: Why less is known than usual; None: all is as it should be.
        message: What to tell about it; None: what the state itself says.
        unrecorded: The run has come to an end that nobody has written down. Whoever holds the
            run's lock may write it.
    """

    status: RunStatus
    problem: Problem | None = None
    message: str | None = None
    unrecorded: bool = False


def verdict(facts: Facts) -> Verdict:
    """Judge a run.

    While its lock is held, nothing that has a problem is final. Without a problem the state of
    the supervisor's writing counts; one that is not final and has no living supervisor has ended
    in a way that nobody knows.

    Example:
        >>> verdict(Facts(state="ok", status=RunStatus.RUNNING, locked=False)).status
        <RunStatus.FAILED: 'FAILED'>
    """
    if not facts.folder:
        return Verdict(status=RunStatus.UNKNOWN, problem="gone", message=GONE)
    problem = _problem(facts)
    if problem is not None:
        return _with_problem(facts, problem)
    if facts.status is None:
        return _without_state(facts)
    if facts.status.is_final or facts.locked:
        return Verdict(status=facts.status)
    return _without_lock(facts, facts.status)


def _problem(facts: Facts) -> Problem | None:
    found = (facts.request, facts.state)
    if "newer" in found:
        return "newer"
    if "unreadable" in found:
        return "unreadable"
    if "damaged" in found or facts.request == "missing":
        return "damaged"
    return None


def _with_problem(facts: Facts, problem: Problem) -> Verdict:
    if problem == "newer":
        message = NEWER
    else:
        message = "Damaged" if problem == "damaged" else "Cannot be read now"
    message = f"{message}: {facts.detail}" if facts.detail else message
    if not facts.locked:
        return Verdict(status=RunStatus.UNKNOWN, problem=problem, message=message)
    known = facts.status
    status = RunStatus.RUNNING if known is None or known.is_final else known
    return Verdict(status=status, problem=problem, message=message)


def _without_state(facts: Facts) -> Verdict:
    # A supervisor that holds the lock may be about to write that it has started the program.
    if facts.cancelled and facts.locked is False:
        return Verdict(status=RunStatus.CANCELLED, unrecorded=True)
    return Verdict(status=RunStatus.PENDING)


def _without_lock(facts: Facts, status: RunStatus) -> Verdict:
    """The state says that the run goes on, and no lock is seen."""
    certain = facts.locked is False
    # A cancel that nobody could record is one all the same: its processes end with the recovery.
    end = RunStatus.CANCELLED if facts.cancelled else RunStatus.FAILED
    vanished = Verdict(status=end, message=VANISHED, unrecorded=True)
    if certain and not facts.elsewhere:
        return vanished
    if facts.seen_at is None or facts.now - facts.seen_at <= layout.SILENT_SECONDS:
        return Verdict(status=status)
    if certain and facts.local:
        return vanished
    seen = datetime.fromtimestamp(facts.seen_at, UTC)
    message = f"Last seen {seen:%Y-%m-%d %H:%M:%S} UTC on {facts.host or 'another machine'}"
    return Verdict(status=status, problem="silent", message=message)
