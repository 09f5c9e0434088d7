"""Recovery after a crash: settle runs without a process, requeue runs that never started, clean up.

Every run directory is judged separately, from its own files: a damaged one is reported and does not
prevent the others from being settled.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fusion_jupyter.engines import registry
from fusion_jupyter.engines.base import Phase
from fusion_jupyter.manager import index, launch, run_processes
from fusion_jupyter.manager.creation import CREATING_PREFIX, DELETED_PREFIX
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.record import RunStatus
from fusion_jupyter.manager.verdict import Verdict, verdict
from fusion_jupyter.storage import atomic_io, filesystem, layout

_STALE_SECONDS = 600.0


@dataclass
class Recovery:
    """Result of a recovery.

    Attributes:
        settled: Ids of runs that had lost their supervisor and are now FAILED or CANCELLED.
        queued: Ids of waiting runs that their engine had lost and now has again.
        damaged: Reason why a run directory cannot be read, by run id.
    """

    settled: list[str] = field(default_factory=list)
    queued: list[str] = field(default_factory=list)
    damaged: dict[str, str] = field(default_factory=dict)


def recover(runs_dir: Path) -> Recovery:
    """Settle every run below `runs_dir` that has no live process.

    Runs of other machines are not touched. Safe to call at any time, from any number of processes
    at once.
    """
    found = Recovery()
    unstarted: dict[str, dict[RunDirectory, datetime]] = defaultdict(dict)
    unseen: dict[str, dict[RunDirectory, datetime]] = defaultdict(dict)
    for directory in index.unsettled(runs_dir):
        with _damage_noted(directory, found):
            inspection = directory.inspect()
            if inspection.verdict.problem in ("damaged", "newer"):
                found.damaged[directory.id] = inspection.verdict.message or "damaged"
            elif inspection.verdict.unrecorded:
                if settle(directory):
                    found.settled.append(directory.id)
            elif not inspection.verdict.status.is_final and inspection.request.content is not None:
                asked = inspection.request.content
                if inspection.state.found == "missing":
                    unstarted[asked.engine][directory] = asked.created_at
                elif inspection.facts.elsewhere:
                    unseen[asked.engine][directory] = asked.created_at
    for engine_name, waiting in unstarted.items():
        # Tend before polling, so that the engine already knows about submissions that have ended.
        lost = {one: when for one, when in waiting.items() if not _is_being_submitted(one)}
        _ask_engine(engine_name, lost, found)
    for engine_name, running in unseen.items():
        _ask_engine(engine_name, running, found)
    _clear_away(runs_dir)
    return found


@contextlib.contextmanager
def _damage_noted(directory: RunDirectory, found: Recovery) -> Iterator[None]:
    """Contain errors of one run directory, so that the others are still settled."""
    try:
        yield
    except Exception as error:
        # Missing write permission is not damage: a process that may write will settle it.
        if not (isinstance(error, OSError) and atomic_io.is_read_only(error)):
            found.damaged[directory.id] = f"{type(error).__name__}: {error}"


def _ask_engine(
    engine_name: str, directories: dict[RunDirectory, datetime], found: Recovery
) -> None:
    """Poll an engine for its runs; resubmit those it has lost.

    Args:
        engine_name: The runs' engine.
        directories: Creation time of each run directory.
        found: The report to extend.
    """
    try:
        engine = registry.engine(engine_name, launch)
        reports = engine.poll([os.fspath(directory.path) for directory in directories])
    except Exception as error:
        found.damaged.update(
            (directory.id, f"{type(error).__name__}: {error}") for directory in directories
        )
        return
    # Oldest first, which restores the order of the queue.
    for directory in sorted(directories, key=lambda one: directories[one]):
        with _damage_noted(directory, found):
            report = reports[directory.id]
            if report.phase is Phase.ABSENT and not directory.state_file.exists():
                report = engine.find_again(os.fspath(directory.path))
                if report.phase is not Phase.ENDED:
                    found.queued.append(directory.id)
            if report.phase is Phase.ENDED and settle(directory, report.reason):
                found.settled.append(directory.id)


def _is_being_submitted(directory: RunDirectory) -> bool:
    return atomic_io.is_locked(os.fspath(directory.run_file))


def settle(directory: RunDirectory, reason: str | None = None, *, force: bool = False) -> bool:
    """Record the end of a run that has no supervisor any more.

    The run's lock is held meanwhile, so no other process writes.

    Args:
        directory: The run.
        reason: How it ended or why it will not start, according to its engine.
        force: Also settle it if its supervisor may be alive on a machine that cannot be checked, or
            if its files cannot be parsed.

    Returns:
        True if this call settled it; False if a supervisor is alive, here or on another machine, if
        it may still start, or if its end is already recorded.
    """
    try:
        lock = atomic_io.try_lock(os.fspath(directory.lock_file))
    except OSError as error:
        if isinstance(error, FileNotFoundError) or atomic_io.is_read_only(error):
            return False  # deleted meanwhile, or only others may write
        raise
    if lock is None:
        return False
    try:
        if directory.supervisor_lives() and not force:
            return False
        inspection = directory.inspect()
        facts = replace(
            inspection.facts,
            locked=False,  # no other process may
            local=inspection.facts.elsewhere and filesystem.is_local(os.fspath(directory.path)),
        )
        said = verdict(facts)
        end = _end(said, facts.cancelled, reason, force=force)
        if end is None:
            return False
        status, message = end
        state = _raw_state(directory)
        if facts.status is not None and not facts.elsewhere:
            survivors = end_processes(directory)
            if survivors:
                state["survivors"] = survivors
                message = ". ".join(filter(None, (message, run_processes.tell(survivors))))
        state |= {
            "version": layout.FORMAT_VERSION,
            "status": status.value,
            "error_message": message,
            "completed_at": datetime.now(UTC).isoformat(),
        }
        atomic_io.write_json(os.fspath(directory.state_file), state)
        forget_environment(directory)
        return True
    finally:
        atomic_io.unlock(lock)


def _end(
    said: Verdict, cancelled: bool, reason: str | None, *, force: bool
) -> tuple[RunStatus, str | None] | None:
    """The end to record, with its message; None if there is none to record."""
    if said.unrecorded:
        return said.status, said.message
    if said.problem in ("damaged", "newer", "unreadable", "gone") or said.status.is_final:
        return None
    if reason is None and not force:
        return None
    status = RunStatus.CANCELLED if cancelled else RunStatus.FAILED
    return status, reason or f"Ended by force. {said.message or ''}".strip()


def _raw_state(directory: RunDirectory) -> dict[str, Any]:
    try:
        return atomic_io.read_json(os.fspath(directory.state_file)) or {}
    except ValueError:
        return {}


def end_processes(directory: RunDirectory, leader: int | None = None) -> list[int]:
    """End the remaining processes of a run on this machine.

    Args:
        directory: The run.
        leader: Pid of its program, if the pid certainly still belongs to it.

    Returns:
        Pids still alive.
    """
    request = atomic_io.read_json(os.fspath(directory.run_file)) or {}
    token = request.get("token")
    if not isinstance(token, str):
        return []
    marker = layout.marker(directory.id, token)
    family_file = os.fspath(directory.path / layout.FAMILY_FILE)
    return run_processes.end_members(leader, marker, family_file, timeout=5.0)


def forget_environment(directory: RunDirectory) -> None:
    """Remove the saved environment of a run that will not start any more; it may hold secrets."""
    with contextlib.suppress(OSError):
        (directory.path / layout.ENVIRONMENT_FILE).unlink()


def _clear_away(runs_dir: Path) -> None:
    """Remove the leftovers of interrupted creations and deletions."""
    try:
        paths = list(runs_dir.iterdir())
    except FileNotFoundError:
        return
    for path in paths:
        if path.name.startswith(DELETED_PREFIX) or (
            path.name.startswith(CREATING_PREFIX) and _age(path) > _STALE_SECONDS
        ):
            shutil.rmtree(path, ignore_errors=True)


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0
