"""Cancel and delete runs, with a supervisor's help or without one.

While a run's lock is held, nothing about the run is final and nothing is deleted.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from datetime import UTC, datetime

from fusion_jupyter import settings
from fusion_jupyter.engines import registry
from fusion_jupyter.manager import creation, launch, process, recovery
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.record import RunRecord
from fusion_jupyter.storage import atomic_io, lock_holder

_POLL_SECONDS = 0.02
#: Time for a supervisor to exit once the end is recorded (seconds).
_LEAVE_SECONDS = 3.0
#: Time for a stopped supervisor to continue (seconds).
_CONTINUE_SECONDS = 0.3
#: Time for a supervisor to react after the grace period, before the run is ended without it.
_REACT_SECONDS = 3.0
#: Time for it to record the end when the program was ended without it.
_NOTE_SECONDS = 1.0
#: Time after the grace period until a waiting cancel gives up.
_RECORD_SECONDS = 15.0
_STOPPED = "Its supervisor (process {pid}) is stopped and can record nothing until it continues"


def cancel(directory: RunDirectory, engine: str, *, wait: bool, force: bool) -> str | None:
    """Request the end of a run that has not ended.

    Args:
        directory: The run.
        engine: Name of its engine.
        wait: Return when it has ended, or at the latest some seconds after the grace period.
        force: If the supervisor does not react, end the run without it and record the end.

    Returns:
        A message for the user if the end is not recorded yet, else None.
    """
    grace = settings.cancel_grace_seconds()
    _request(directory, grace)
    registry.engine(engine, launch).cancel(os.fspath(directory.path))
    recovery.settle(directory)
    stopped = _stopped_supervisor(directory)
    if wait or force:
        return _see_to_end(directory, grace, stopped=stopped, force=force)
    if stopped:
        options = {"stopped": stopped, "force": force}
        threading.Thread(
            target=_see_to_end, args=(directory, grace), kwargs=options, daemon=True
        ).start()
        return f"{_STOPPED.format(pid=stopped)}; its program is being ended"
    return None


def delete(directory: RunDirectory, record: RunRecord, *, force: bool) -> None:
    """Delete a run with its directory.

    Args:
        directory: The run.
        record: Its record.
        force: Cancel it first if it is pending or running; delete it even if it cannot be read.

    Raises:
        ValueError: The run is pending or running, or cannot be read for a reason other than damage.
        OSError: It cannot be ended, or its directory cannot be renamed.
    """
    if not force:
        if not record.status.is_final or _is_locked(directory, patience=_LEAVE_SECONDS):
            raise ValueError(
                f"Run {record.id} is {record.status}; cancel it before deleting it, or delete it "
                "with force=True"
            )
        if record.problem in ("newer", "unreadable"):
            raise ValueError(
                f"Run {record.id} is not deleted: {record.error_message}. "
                "To delete it anyway: force=True"
            )
    if force and (not record.status.is_final or _is_locked(directory)):
        cancel(directory, record.engine, wait=True, force=True)
        if _is_locked(directory, patience=_LEAVE_SECONDS):
            holder = lock_holder.describe(os.fspath(directory.lock_file))
            raise OSError(f"Run {record.id} is not deleted: {holder} holds its lock")
    with contextlib.suppress(OSError, ValueError):  # an unreadable run can be deleted
        recovery.settle(directory)
    creation.move_aside(directory)


def _request(directory: RunDirectory, grace: float) -> None:
    """Leave the cancel intent, by any means that still works.

    Raises:
        OSError: The directory cannot be written, and its supervisor cannot be signalled.
    """
    if directory.cancel_requested:
        return
    path = os.fspath(directory.cancel_file)
    try:
        intent = {"requested_at": datetime.now(UTC).isoformat(), "grace_seconds": grace}
        atomic_io.write_json(path, intent)
    except OSError:
        try:
            atomic_io.mark(path)  # an empty file fits on a full disk
        except OSError:
            supervisor = _supervisor(directory)
            if supervisor is None or not process.send_signal(supervisor, signal.SIGUSR1):
                raise


def _see_to_end(
    directory: RunDirectory, grace: float, *, stopped: int | None, force: bool
) -> str | None:
    """Wait for the end; if the supervisor does not react, end the program without it."""
    began = time.monotonic()
    ended: float | None = None
    if stopped:
        _signal_program(directory, signal.SIGTERM)
    while (waited := time.monotonic() - began) < grace + _RECORD_SECONDS:
        inspection = directory.inspect()
        if inspection.verdict.status.is_final:
            return None
        if not stopped:
            _continue(_supervisor(directory))  # a signal may have been on its way
        late = waited > grace + (0 if stopped else _REACT_SECONDS)
        if ended is None and late and not inspection.facts.elsewhere:
            ended = waited
            recovery.end_processes(directory, _program(directory))
            if force:
                _end_supervisor(directory)
        elif force and (late or inspection.verdict.problem == "silent"):
            recovery.settle(directory, force=True)
        elif ended is not None and waited > ended + _NOTE_SECONDS:
            break
        time.sleep(_POLL_SECONDS)
    if stopped:
        return f"{_STOPPED.format(pid=stopped)}; its program was ended without it"
    without = "" if ended is None else "; its program was ended without it"
    return f"Its supervisor has not recorded the end within {waited:.0f} s{without}"


def _stopped_supervisor(directory: RunDirectory) -> int | None:
    """Pid of the run's supervisor if it is stopped and cannot be continued."""
    supervisor = _supervisor(directory)
    deadline = time.monotonic() + _CONTINUE_SECONDS
    while supervisor is not None and process.is_stopped(supervisor):
        if time.monotonic() > deadline:
            return int(supervisor["pid"])
        _continue(supervisor)
        time.sleep(_POLL_SECONDS)
    return None


def _continue(supervisor: process.Row | None) -> None:
    if supervisor is not None and process.is_stopped(supervisor):
        process.send_signal(supervisor, signal.SIGCONT)


def _program(directory: RunDirectory) -> int | None:
    """Pid of the run's program, if the pid certainly still belongs to it."""
    state = _state(directory)
    identity = _supervisor(directory) or {}
    identity = {**identity, "pid": state.get("pid"), "start_time": state.get("start_time")}
    return identity["pid"] if process.is_alive(identity) else None


def _signal_program(directory: RunDirectory, number: int) -> None:
    pid = _program(directory)
    if pid is not None:
        try:
            os.killpg(pid, number)
        except OSError:
            return  # ended meanwhile


def _end_supervisor(directory: RunDirectory) -> None:
    supervisor = _supervisor(directory)
    if supervisor is not None:
        process.send_signal(supervisor, signal.SIGKILL)


def _supervisor(directory: RunDirectory) -> process.Row | None:
    found = _state(directory).get("supervisor")
    return found if isinstance(found, dict) and isinstance(found.get("pid"), int) else None


def _state(directory: RunDirectory) -> dict[str, object]:
    try:
        return atomic_io.read_json(os.fspath(directory.state_file)) or {}
    except (OSError, ValueError):
        return {}


def _is_locked(directory: RunDirectory, patience: float = 0.0) -> bool:
    deadline = time.monotonic() + patience
    try:
        while atomic_io.is_locked(os.fspath(directory.lock_file)):
            if time.monotonic() >= deadline:
                return True
            time.sleep(_POLL_SECONDS)
    except OSError:
        return True  # a run that may be alive is not deleted
    return False
