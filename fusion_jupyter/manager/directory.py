"""The run directory: where its files are, and what they say when read back."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fusion_jupyter.manager import process
from fusion_jupyter.manager.record import RunRecord, RunStatus, is_run_id
from fusion_jupyter.storage import atomic_io, layout

VANISHED = (
    "The run's supervisor vanished without recording an exit "
    "(killed, or the machine went down); how the simulator ended is unknown"
)


#: What reading a file of any content can raise.
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, OSError)


class DamagedRunError(ValueError):
    """A run directory whose files cannot be read.

    Attributes:
        record: What could be read all the same.
    """

    def __init__(self, what: str, error: Exception, record: RunRecord) -> None:
        self.record = record
        detail = f"no {error}" if isinstance(error, KeyError) else str(error)
        super().__init__(f"Damaged {what}: {detail}")


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
        """What was asked; never changes after creation."""
        return self.path / layout.RUN_FILE

    @property
    def config_file(self) -> Path:
        """The frozen configuration."""
        return self.path / layout.CONFIG_FILE

    @property
    def state_file(self) -> Path:
        """What happened; written by whoever holds the lock, the supervisor."""
        return self.path / layout.STATE_FILE

    @property
    def cancel_file(self) -> Path:
        """The intent to cancel; its presence is the message."""
        return self.path / layout.CANCEL_FILE

    @property
    def lock_file(self) -> Path:
        """Held by the supervisor as long as it lives."""
        return self.path / layout.LOCK_FILE

    @property
    def log_file(self) -> Path:
        """Standard output and error of the simulator."""
        return self.path / layout.LOG_FOLDER / f"{self.id}.log"

    @property
    def progress_file(self) -> Path:
        """One JSON object a line."""
        return self.path / layout.PROGRESS_FILE

    @property
    def provenance_file(self) -> Path:
        """From which code and surroundings the run was started; see `provenance`."""
        return self.path / layout.PROVENANCE_FILE

    @property
    def diff_file(self) -> Path:
        """What was not committed in the user's repository when the run was started."""
        return self.path / layout.DIFF_FILE

    @property
    def output(self) -> Path:
        """What the simulator produced."""
        return self.path / layout.OUTPUT_FOLDER

    def read(self) -> RunRecord:
        """Read the run's record; never raises for what stands in the files.

        A directory whose files are damaged gives a FAILED record whose message says what is
        wrong. A run whose supervisor is gone gives FAILED as well: nothing is shown as RUNNING
        that does not run.

        Raises:
            FileNotFoundError: There is no such run.
        """
        try:
            return self._read()
        except FileNotFoundError:
            raise
        except DamagedRunError as error:
            return replace(error.record, status=RunStatus.FAILED, error_message=str(error))

    def check(self) -> None:
        """Look whether the files of the directory can be read.

        Raises:
            DamagedRunError: They cannot; the message says what is wrong.
            FileNotFoundError: There is no such run.
        """
        self._read()

    def _read(self) -> RunRecord:
        blank = RunRecord(
            id=self.id, directory=self.path, status=RunStatus.FAILED, name=f"Run {self.id[:6]}"
        )
        if not self.path.is_dir():
            raise FileNotFoundError(f"There is no run {self.id!r} in {self.path.parent}")
        try:
            request = atomic_io.read_json(os.fspath(self.run_file))
            if request is None:
                raise ValueError(f"{self.run_file} is missing")
            record = _from_request(self.path, request)
        except _UNREADABLE as error:
            raise DamagedRunError("run directory", error, blank) from None
        cancelled = self.cancel_file.exists()
        try:
            state = atomic_io.read_json(os.fspath(self.state_file))
            if state is None:
                return self._before_start(record) if cancelled else record
            found = _with_state(record, state, cancelled)
            if not found.status.is_final and not self.is_supervised(state):
                # The supervisor may have finished between the two looks: what it wrote counts.
                again = atomic_io.read_json(os.fspath(self.state_file)) or state
                found = _with_state(record, again, cancelled)
                if not found.status.is_final:
                    found = replace(found, status=RunStatus.FAILED, error_message=VANISHED)
        except _UNREADABLE as error:
            raise DamagedRunError("state", error, record) from None
        return found

    def is_supervised(self, state: dict[str, Any] | None) -> bool:
        """Tell whether a supervisor takes care of this run now.

        Its lock decides on this machine. A run that another machine started is never judged by
        what this one sees: it counts as supervised.
        """
        if atomic_io.is_locked(os.fspath(self.lock_file)):
            return True
        supervisor = (state or {}).get("supervisor")
        return isinstance(supervisor, dict) and process.is_elsewhere(supervisor)

    def _before_start(self, record: RunRecord) -> RunRecord:
        # Nobody starts a run that has a cancel intent, so the intent alone settles it.
        moment = datetime.fromtimestamp(self.cancel_file.stat().st_mtime, UTC)
        return replace(
            record, status=RunStatus.CANCELLED, cancel_requested=True, completed_at=moment
        )


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


def _from_request(path: Path, request: dict[str, Any]) -> RunRecord:
    version = request["version"]
    if not isinstance(version, int) or version > layout.FORMAT_VERSION:
        raise ValueError(
            f"{path / layout.RUN_FILE} has format version {version!r}; this release reads up to "
            f"{layout.FORMAT_VERSION}"
        )
    max_iters = request.get("max_iters")
    return RunRecord(
        id=path.name,
        directory=path,
        status=RunStatus.PENDING,
        name=str(request["name"]),
        template=str(request.get("template", "")),
        simulator=str(request["simulator"]),
        engine=str(request.get("engine", "local")),
        tags=tuple(str(tag) for tag in request.get("tags", ())),
        options=dict(request.get("options", {})),
        network=request.get("network"),
        erlangs=tuple(float(load) for load in request.get("erlangs", ())),
        max_iters=None if max_iters is None else int(max_iters),
        created_at=datetime.fromisoformat(request["created_at"]),
        fingerprint=str(request.get("fingerprint", "")),
    )


def _with_state(record: RunRecord, state: dict[str, Any], cancelled: bool) -> RunRecord:
    def moment(key: str) -> datetime | None:
        text = state.get(key)
        return None if text is None else datetime.fromisoformat(text)

    return replace(
        record,
        status=RunStatus(state["status"]),
        started_at=moment("started_at"),
        completed_at=moment("completed_at"),
        duration_seconds=state.get("duration_seconds"),
        cpu_seconds=state.get("cpu_seconds"),
        peak_memory_bytes=state.get("peak_memory_bytes"),
        pid=state.get("pid"),
        pgid=state.get("pgid"),
        host=state.get("supervisor", {}).get("host"),
        exit_code=state.get("exit_code"),
        signal=state.get("signal"),
        error_message=state.get("error_message"),
        cancel_requested=cancelled,
    )
