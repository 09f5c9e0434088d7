"""After a crash: settle what has no process any more, queue again what never started, clear away.

Every run directory is judged alone, from its own files: a damaged one is reported and never keeps
the others from being settled.
"""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fusion_jupyter.engines import queue
from fusion_jupyter.manager import process
from fusion_jupyter.manager.directory import RunDirectory, run_directories
from fusion_jupyter.manager.record import RunStatus
from fusion_jupyter.manager.verdict import VANISHED
from fusion_jupyter.storage import atomic_io, layout

#: Folders that a creation or a deletion leaves when it is killed half-way; hidden, so that nobody
#: takes them for runs.
CREATING_PREFIX = ".creating-"
DELETED_PREFIX = ".deleted-"
_STALE_SECONDS = 600.0


@dataclass
class Recovery:
    """What a recovery found.

    Attributes:
        settled: Ids of runs that had lost their supervisor and are FAILED or CANCELLED now.
        queued: Ids of waiting runs that nobody would have started; they are in line again.
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
    in_line = set(queue.waiting(os.fspath(runs_dir)))
    for directory in run_directories(runs_dir):
        try:
            _recover_one(directory, in_line, found)
        except Exception as error:
            # Not to be allowed to write here is no damage: whoever is allowed will settle it.
            if isinstance(error, OSError) and atomic_io.is_read_only(error):
                continue
            found.damaged[directory.id] = f"{type(error).__name__}: {error}"
    _clear_away(runs_dir)
    return found


def _recover_one(directory: RunDirectory, in_line: set[str], found: Recovery) -> None:
    directory.check()
    state = atomic_io.read_json(os.fspath(directory.state_file))
    if state is None:
        if directory.cancel_file.exists():
            if settle(directory):
                found.settled.append(directory.id)
        elif directory.id not in in_line and not atomic_io.is_locked(
            os.fspath(directory.lock_file)
        ):
            queue.enqueue(os.fspath(directory.path.parent), directory.id)
            found.queued.append(directory.id)
    elif not RunStatus(state["status"]).is_final and settle(directory):
        found.settled.append(directory.id)


def settle(directory: RunDirectory) -> bool:
    """Write the end of a run whose supervisor is gone, or that was cancelled before its start.

    Whoever holds the run's lock is its supervisor for the moment, so nobody else writes.

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
            if not cancelled:
                return False
            final: dict[str, Any] = {"version": layout.FORMAT_VERSION, "status": "CANCELLED"}
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
