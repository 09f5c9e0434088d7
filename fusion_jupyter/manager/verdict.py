"""The verdict on a run: one answer from its files, its lock and its host.

A pure function, so that every caller gets the same answer: the record, the recovery and the views.
The browser's implementation is tested with the same table.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from fusion_jupyter.manager.record import Problem, RunStatus
from fusion_jupyter.storage import deadline, layout

#: Result of reading one file of a run. ``unreadable``: it exists, but this process cannot read it
#: now (permission, a mount that is away); a later attempt may succeed.
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
        request: Result of reading ``run.json``.
        state: Result of reading ``state.json``.
        status: The status in ``state.json``; None if `state` is not ``ok``.
        cancelled: The cancel marker exists.
        late: Its deadline has passed.
        locked: A process holds the run's lock; None if that cannot be determined.
        elsewhere: Its supervisor belongs to another machine, or to an earlier boot of one under
            another host name, so its process cannot be checked from here.
        local: The run directory is on a local disk, where every lock holder is visible.
        seen_at: Time of the supervisor's last heartbeat, in seconds since 1970.
        now: Time of the check, in seconds since 1970.
        host: The supervisor's machine, for messages.
        detail: What is wrong with a file, for messages.
    """

    folder: bool = True
    request: Found = "ok"
    state: Found = "missing"
    status: RunStatus | None = None
    cancelled: bool = False
    late: bool = False
    locked: bool | None = False
    elsewhere: bool = False
    local: bool = False
    seen_at: float | None = None
    now: float = 0.0
    host: str | None = None
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The conclusion about a run.

    Attributes:
        status: The status to show.
        problem: Why less than usual is known; None: no problem.
        message: Explanation for the user; None: use the state's own message.
        unrecorded: The run has ended without a record of its end. A process that holds the run's
            lock may write it.
    """

    status: RunStatus
    problem: Problem | None = None
    message: str | None = None
    unrecorded: bool = False


def verdict(facts: Facts) -> Verdict:
    """Judge a run.

    While the lock is held, a run with a problem is not final. Without a problem, the state written
    by the supervisor counts; if that is not final and no supervisor is alive, the run ended in an
    unknown way.

    Example:
        >>> verdict(Facts(state="ok", status=RunStatus.RUNNING, locked=False)).status
        'FAILED'
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
    # A supervisor that holds the lock may be about to record the program's start.
    if (facts.cancelled or facts.late) and facts.locked is False:
        message = None if facts.cancelled else deadline.BEFORE_ITS_START
        return Verdict(status=RunStatus.CANCELLED, message=message, unrecorded=True)
    return Verdict(status=RunStatus.PENDING)


def _without_lock(facts: Facts, status: RunStatus) -> Verdict:
    """Verdict if the state says that the run is active, but no lock is seen."""
    certain = facts.locked is False
    # A cancel counts even if it could not be recorded: the recovery ends the processes.
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
