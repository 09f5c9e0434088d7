"""After a crash: settle what has no process any more, queue again what never started, clear away.

Every run directory is judged alone, from its own files: a damaged one is reported and never keeps
the others from being settled.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fusion_jupyter.engines import registry
from fusion_jupyter.engines.base import Phase
from fusion_jupyter.manager import index, launch, process
from fusion_jupyter.manager.creation import CREATING_PREFIX, DELETED_PREFIX
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.record import RunStatus
from fusion_jupyter.manager.verdict import VANISHED
from fusion_jupyter.storage import atomic_io, layout

_STALE_SECONDS = 600.0


@dataclass
class Recovery:
    """What a recovery found.

    Attributes:
        settled: Ids of runs that had lost their supervisor and are FAILED or CANCELLED now.
        queued: Ids of waiting runs that their engine had lost; it has them again.
        damaged: Id of each run directory that cannot be read, with the reason.
    """

    settled: list[str] = field(default_factory=list)
    queued: list[str] = field(default_factory=list)
    damaged: dict[str, str] = field(default_factory=dict)


def recover(runs_dir: Path) -> Recovery:
    """Settle every run below `runs_dir` that has no live process.

    Nothing of another machine's is touched. Safe to call at any time, from any number of
    processes at once.
    """
    found = Recovery()
    unstarted: dict[str, list[RunDirectory]] = defaultdict(list)
    for directory in index.unsettled(runs_dir):
        with _damage_noted(directory, found):
            if _is_unstarted(directory):
                unstarted[directory.read().engine].append(directory)
            elif _has_lost_its_supervisor(directory) and settle(directory):
                found.settled.append(directory.id)
    for engine_name, directories in unstarted.items():
        _find_again(engine_name, directories, found)
    _clear_away(runs_dir)
    return found


@contextlib.contextmanager
def _damage_noted(directory: RunDirectory, found: Recovery) -> Iterator[None]:
    """What one run directory raises keeps no other from being settled."""
    try:
        yield
    except Exception as error:
        # Not to be allowed to write here is no damage: whoever is allowed will settle it.
        if not (isinstance(error, OSError) and atomic_io.is_read_only(error)):
            found.damaged[directory.id] = f"{type(error).__name__}: {error}"


def _find_again(engine_name: str, directories: list[RunDirectory], found: Recovery) -> None:
    """Hand runs that never started back to their engine, where it does not have them."""
    # First this, then the poll: a submission that is over by now is known to the engine.
    directories = [one for one in directories if not _is_being_submitted(one)]
    try:
        engine = registry.engine(engine_name, launch)
        reports = engine.poll([os.fspath(directory.path) for directory in directories])
    except Exception as error:
        found.damaged.update(
            (directory.id, f"{type(error).__name__}: {error}") for directory in directories
        )
        return
    # The oldest first: a queue that lost its order gets it back.
    for directory in sorted(directories, key=lambda one: one.read().created_at):
        with _damage_noted(directory, found):
            report = reports[directory.id]
            if report.phase is Phase.ABSENT:
                report = engine.find_again(os.fspath(directory.path))
                if report.phase is not Phase.ENDED:
                    found.queued.append(directory.id)
            if report.phase is Phase.ENDED and settle(directory, never_started=report.reason):
                found.settled.append(directory.id)


def _is_unstarted(directory: RunDirectory) -> bool:
    directory.check()
    return not (directory.state_file.exists() or directory.cancel_file.exists())


def _has_lost_its_supervisor(directory: RunDirectory) -> bool:
    state = atomic_io.read_json(os.fspath(directory.state_file))
    return state is None or not RunStatus(state["status"]).is_final


def _is_being_submitted(directory: RunDirectory) -> bool:
    return atomic_io.is_locked(os.fspath(directory.run_file))


def settle(directory: RunDirectory, never_started: str | None = None) -> bool:
    """Write the end of a run whose supervisor is gone, or that was cancelled before its start.

    Whoever holds the run's lock is its supervisor for the moment, so nobody else writes.

    Args:
        directory: The run.
        never_started: Why its engine will not start it any more; None: it may still start.

    Returns:
        True where this call settled it; False where a supervisor lives, here or on another
        machine, or where the run has its end already.
    """
    lock = atomic_io.try_lock(os.fspath(directory.lock_file))
    if lock is None:
        return False
    try:
        state = atomic_io.read_json(os.fspath(directory.state_file))
        cancelled = directory.cancel_file.exists()
        if state is None:
            if not cancelled and never_started is None:
                return False
            final: dict[str, Any] = {
                "version": layout.FORMAT_VERSION,
                "status": "CANCELLED" if cancelled else "FAILED",
                "error_message": None if cancelled else never_started,
            }
        elif RunStatus(state["status"]).is_final or process.is_elsewhere(
            state.get("supervisor") or {}
        ):
            return False
        else:
            request = atomic_io.read_json(os.fspath(directory.run_file)) or {}
            _end_survivors(directory.id, request)
            final = {**state, "status": "FAILED", "error_message": VANISHED}
        final["completed_at"] = datetime.now(UTC).isoformat()
        atomic_io.write_json(os.fspath(directory.state_file), final)
        _forget_environment(directory)
        return True
    finally:
        os.close(lock)


def _end_survivors(run_id: str, request: dict[str, Any]) -> None:
    token = request.get("token")
    if isinstance(token, str):
        # By the marker alone: the old pid may be a stranger's by now.
        process.end_family(None, layout.marker(run_id, token), timeout=2.0)


def _forget_environment(directory: RunDirectory) -> None:
    (directory.path / layout.ENVIRONMENT_FILE).unlink(missing_ok=True)


def _clear_away(runs_dir: Path) -> None:
    """Remove what creations and deletions left behind when they were killed."""
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
