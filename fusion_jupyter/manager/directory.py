"""The run directory: the paths of its files, and reading them back."""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from fusion_jupyter.errors import DamagedRunError, RunNotFoundError
from fusion_jupyter.manager import process, state_files
from fusion_jupyter.manager.record import RunRecord, RunStatus, default_name, is_run_id
from fusion_jupyter.manager.state_files import Identity, Labels, Reading, Request, State
from fusion_jupyter.manager.verdict import VANISHED, Facts, Verdict, verdict
from fusion_jupyter.storage import atomic_io, deadline, files, filesystem, layout

__all__ = ["VANISHED", "Inspection", "RunDirectory", "run_directories"]


@dataclass(frozen=True)
class Inspection:
    """Everything found by reading a run directory once.

    Attributes:
        request: Result of reading ``run.json``.
        state: Result of reading ``state.json``.
        facts: The input of the verdict.
        verdict: The conclusion about the run.
    """

    request: Reading[Request]
    state: Reading[State]
    facts: Facts
    verdict: Verdict


@dataclass(frozen=True)
class RunDirectory:
    """The paths of one run's files.

    Example:
        >>> RunDirectory(Path("fusion_runs/3f9c0a7be214")).log_file.as_posix()
        'fusion_runs/3f9c0a7be214/logs/3f9c0a7be214.log'
    """

    path: Path

    @property
    def id(self) -> str:
        """The run's id, which is the directory's name."""
        return self.path.name

    @property
    def run_file(self) -> Path:
        """The request; never changes after creation."""
        return self.path / layout.RUN_FILE

    @property
    def config_file(self) -> Path:
        """The frozen configuration."""
        return self.path / layout.CONFIG_FILE

    @property
    def state_file(self) -> Path:
        """The run's state; written only by the holder of the lock, the supervisor."""
        return self.path / layout.STATE_FILE

    @property
    def cancel_file(self) -> Path:
        """Marker file: its existence requests the cancel."""
        return self.path / layout.CANCEL_FILE

    @property
    def labels_file(self) -> Path:
        """Name and tags set after creation; missing if there are none."""
        return self.path / layout.LABELS_FILE

    @property
    def lock_file(self) -> Path:
        """Lock file, held by the supervisor as long as it lives."""
        return self.path / layout.LOCK_FILE

    @property
    def is_imported(self) -> bool:
        """Whether the run came in a bundle: then its results are not shared with new requests."""
        return os.path.lexists(self._name(layout.IMPORTED_FILE))

    @property
    def is_shared(self) -> bool:
        """Whether somebody asked for the same run again: then no study cancels or deletes it.

        A time budget that it was started with still ends it.
        """
        return os.path.lexists(self._name(layout.SHARED_FILE))

    @property
    def log_file(self) -> Path:
        """Standard output and error of the simulator."""
        return self.path / layout.LOG_FOLDER / f"{self.id}.log"

    @property
    def progress_file(self) -> Path:
        """Progress events, one JSON object per line."""
        return self.path / layout.PROGRESS_FILE

    @property
    def provenance_file(self) -> Path:
        """The code and environment the run was started from; see `provenance`."""
        return self.path / layout.PROVENANCE_FILE

    @property
    def diff_file(self) -> Path:
        """Diff of uncommitted changes in the user's repository when the run was started."""
        return self.path / layout.DIFF_FILE

    @property
    def output(self) -> Path:
        """Folder of the simulator's output files."""
        return self.path / layout.OUTPUT_FOLDER

    def _name(self, name: str) -> str:
        """Path of a file as text; pathlib is too slow for reading thousands of records."""
        return f"{self.path}/{name}"

    @property
    def is_there(self) -> bool:
        """Whether the run directory exists; an error that hides it counts as yes."""
        try:
            return stat.S_ISDIR(os.lstat(self.path).st_mode)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:
            return True

    @property
    def cancel_requested(self) -> bool:
        """The cancel marker exists, whatever kind of file it is."""
        return os.path.lexists(self._name(layout.CANCEL_FILE))

    def is_locked(self) -> bool | None:
        """Whether a supervisor holds the run's lock; None if that cannot be determined."""
        try:
            return atomic_io.is_locked(self._name(layout.LOCK_FILE))
        except OSError:
            return None

    def inspect(self) -> Inspection:
        """Read everything that determines the status; never raises because of file contents."""
        request = state_files.read(self._name(layout.RUN_FILE), Request)
        state = state_files.read(self._name(layout.STATE_FILE), State)
        status = _status(state)
        if request.found == "ok" and state.content and status is not None and status.is_final:
            # A recorded end is final: neither the lock nor the host needs to be checked.
            host = None if state.content.supervisor is None else state.content.supervisor.host
            facts = Facts(
                folder=self.is_there,
                state="ok",
                status=status,
                cancelled=self.cancel_requested,
                locked=None,
                host=host,
            )
            return Inspection(request, state, facts, verdict(facts))
        found = self._inspect(request)
        if found.verdict.unrecorded:
            # A supervisor may have started or ended between reading the lock and reading the state.
            # It starts only once, so a state read now, with the lock still free, is its last one.
            return self._inspect(request)
        return found

    def _inspect(self, request: Reading[Request]) -> Inspection:
        # Checked before the state is read: a supervisor records the end before it releases the
        # lock.
        locked = self.is_locked()
        # Also before the state: a supervisor that saw no intent goes on to write a state.
        cancelled = self.cancel_requested
        state = state_files.read(self._name(layout.STATE_FILE), State)
        supervisor = None if state.content is None else state.content.supervisor
        status = _status(state)
        if locked is False and not (status and status.is_final) and _lives(supervisor):
            locked = True  # the lock file was removed or replaced
        remote = request.content is not None and request.content.remote
        elsewhere = remote or (
            supervisor is not None
            and process.is_elsewhere({"boot_id": supervisor.boot_id, "host": supervisor.host})
        )
        facts = Facts(
            folder=self.is_there,
            request=request.found,
            state=state.found,
            status=status,
            cancelled=cancelled,
            late=request.content is not None and deadline.has_passed(request.content.deadline),
            locked=locked,
            elsewhere=elsewhere,
            local=elsewhere and locked is False and filesystem.is_local(os.fspath(self.path)),
            seen_at=self._seen_at() if elsewhere else None,
            now=time.time(),
            host=None if supervisor is None else supervisor.host,
            detail=request.detail or ("" if state.found == "missing" else state.detail),
        )
        return Inspection(request, state, facts, verdict(facts))

    def supervisor_lives(self) -> bool:
        """The run's supervisor is a live process on this machine, whatever the lock says."""
        state = state_files.read(self._name(layout.STATE_FILE), State).content
        return state is not None and _lives(state.supervisor)

    def read(self) -> RunRecord:
        """Read the run's record; never raises because of file contents.

        A run whose files cannot be parsed has status UNKNOWN (RUNNING while its lock is held), a
        `problem`, and the fields that could be read. A run whose supervisor is gone is FAILED: a
        run that does not execute is never shown as RUNNING.

        Raises:
            RunNotFoundError: There is no such run.
        """
        found = self.inspect()
        if not found.facts.folder:
            raise RunNotFoundError.of(self.path)
        return self.record_of(found)

    def read_config(self) -> str:
        """Text of the frozen configuration.

        Raises:
            FileNotFoundError: The run is a command and has none.
            ValueError: It is not a regular file, or too large.
            OSError: It cannot be read.
        """
        return files.read_small(os.fspath(self.config_file), files.MOST_JSON_BYTES).decode("utf-8")

    def check(self) -> RunRecord:
        """Read the run's record and check that its files could be parsed.

        Raises:
            DamagedRunError: A file cannot be parsed; the message says what is wrong.
            RunNotFoundError: There is no such run.
        """
        record = self.read()
        if record.problem in ("damaged", "newer", "unreadable"):
            raise DamagedRunError(f"Run {self.id}: {record.error_message or record.problem}")
        return record

    def record_of(self, found: Inspection) -> RunRecord:
        """Build the record from what was read."""
        request, state, said = found.request.content, found.state.content, found.verdict
        started = self._asked(request, said)
        if state is None:
            # A run with a cancel intent is never started, so the intent alone decides.
            end = self._cancelled_at() if said.status is RunStatus.CANCELLED else None
            return replace(started, completed_at=end, cancel_requested=found.facts.cancelled)
        return replace(
            started,
            started_at=state.started_at,
            completed_at=state.completed_at,
            duration_seconds=state.duration_seconds,
            cpu_seconds=state.cpu_seconds,
            peak_memory_bytes=state.peak_memory_bytes,
            pid=state.pid,
            pgid=state.pgid,
            host=found.facts.host,
            exit_code=state.exit_code,
            signal=state.signal,
            error_message=said.message or state.error_message,
            cancel_requested=found.facts.cancelled,
            survivors=state.survivors,
        )

    def _asked(self, request: Request | None, said: Verdict) -> RunRecord:
        """The record, as far as the request and the verdict determine it."""
        name = default_name(self.id)
        if request is None:
            return RunRecord(
                id=self.id,
                directory=self.path,
                status=said.status,
                name=name,
                error_message=said.message,
                problem=said.problem,
            )
        labels = state_files.read(self._name(layout.LABELS_FILE), Labels).content or Labels()
        return RunRecord(
            id=self.id,
            directory=self.path,
            status=said.status,
            name=labels.name or request.name or name,
            template=request.template,
            simulator=request.simulator,
            simulator_reason=request.simulator_reason,
            fusion=request.fusion,
            environment=request.environment,
            inputs=request.inputs,
            engine=request.engine,
            tags=request.tags if labels.tags is None else labels.tags,
            options=request.options,
            network=request.network,
            erlangs=request.erlangs,
            max_iters=request.max_iters,
            created_at=request.created_at,
            fingerprint=request.fingerprint,
            error_message=said.message,
            problem=said.problem,
        )

    def _seen_at(self) -> float | None:
        """The supervisor's last heartbeat: it touches its lock file."""
        try:
            return self.lock_file.lstat().st_mtime
        except OSError:
            return None

    def _cancelled_at(self) -> datetime | None:
        try:
            return datetime.fromtimestamp(self.cancel_file.lstat().st_mtime, UTC)
        except (OSError, ValueError, OverflowError):
            return None


def _lives(supervisor: Identity | None) -> bool:
    """Exactly this process is alive on this machine."""
    return supervisor is not None and process.is_alive(msgspec.structs.asdict(supervisor))


def _status(state: Reading[State]) -> RunStatus | None:
    if state.found != "ok" or state.content is None:
        return None
    return RunStatus(state.content.status)


def run_directories(runs_dir: Path) -> list[RunDirectory]:
    """All run directories below a runs directory, in no particular order."""
    try:
        with os.scandir(runs_dir) as entries:
            return [
                RunDirectory(runs_dir / entry.name)
                for entry in entries
                if is_run_id(entry.name) and entry.is_dir(follow_symlinks=False)
            ]
    except FileNotFoundError:
        return []
