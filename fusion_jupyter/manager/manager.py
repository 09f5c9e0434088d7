"""The process manager: create runs, look at them, cancel and delete them."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

from fusion_jupyter import settings, simulators
from fusion_jupyter.engines.base import engine
from fusion_jupyter.manager import index, recovery
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.filter import checked_status
from fusion_jupyter.manager.record import RunCreate, RunRecord, RunStatus, is_run_id
from fusion_jupyter.storage import atomic_io, layout

_NAME_LENGTH = 255
_recovered: set[Path] = set()


class RunManager:
    """Runs in one runs directory.

    Cheap to make, holds nothing open, and any number of them in any number of processes may share
    a directory.

    Args:
        runs_dir: Folder of the run directories; default: see `fusion_jupyter.configure`. It is
            made when the first run is created.

    Example:
        >>> manager = RunManager("fusion_runs")
        >>> record = manager.create_run(RunCreate(template="minimal"))
        >>> manager.cancel_or_delete(record.id).status
        <RunStatus.CANCELLED: 'CANCELLED'>
    """

    def __init__(self, runs_dir: str | os.PathLike[str] | None = None) -> None:
        self.runs_dir = (
            settings.runs_dir() if runs_dir is None else settings.absolute_runs_dir(runs_dir)
        )

    def __repr__(self) -> str:
        return f"RunManager({os.fspath(self.runs_dir)!r})"

    def create_run(self, request: RunCreate) -> RunRecord:
        """Freeze what was asked in a run directory and hand it to the engine.

        Everything is checked before anything is written. The directory is built aside and renamed
        into place, so that a crash leaves a whole run or none; then the run is queued, and a
        supervisor starts it as soon as there is a place.

        Args:
            request: What to run.

        Returns:
            The new run's record, PENDING; with `RunCreate.reuse` maybe that of an earlier run.

        Raises:
            ValueError: Something in the request is not allowed; the message names it.
            OSError: The runs directory cannot be written.
        """
        self._recover_once()
        chosen_engine = engine(request.engine)
        if not isinstance(request.reuse, bool):
            raise ValueError(f"reuse is {request.reuse!r}; allowed: True or False")
        run_id = uuid.uuid4().hex[:12]
        directory = RunDirectory(self.runs_dir / run_id)
        plan = simulators.plan(
            run_dir=directory.path,
            template=request.template,
            overrides=request.config,
            simulator=request.simulator,
            program=request.command,
            progress_patterns=request.progress_patterns,
        )
        asked_name = _checked_name(request.name)
        fingerprint = plan.fingerprint(asked_name)
        if request.reuse and (same := self._find_same(fingerprint)) is not None:
            return same
        content = {
            "version": layout.FORMAT_VERSION,
            "id": run_id,
            "name": asked_name or f"Run {run_id[:6]}",
            "template": os.fspath(request.template) if request.command is None else "",
            "simulator": plan.simulator,
            "simulator_reason": plan.reason,
            "fusion": plan.fusion,
            "environment": plan.environment if plan.config is not None else {},
            "inputs": plan.hashes(),
            "engine": request.engine,
            "tags": _checked_tags(request.tags),
            "options": plan.options,
            "network": plan.network,
            "erlangs": list(plan.erlangs),
            "max_iters": plan.max_iters,
            "created_at": datetime.now(UTC).isoformat(),
            "command": plan.command,
            "cwd": plan.cwd,
            "expects_output": plan.expects_output,
            "progress_patterns": plan.progress_patterns,
            "max_concurrent_runs": settings.max_concurrent_runs(),
            "grace_seconds": settings.cancel_grace_seconds(),
            "token": uuid.uuid4().hex,
            "fingerprint": fingerprint,
        }
        self._write_directory(directory, content, plan)
        chosen_engine.submit(directory.path)
        return directory.read()

    def _find_same(self, fingerprint: str) -> RunRecord | None:
        useless = (RunStatus.FAILED, RunStatus.CANCELLED)
        for record in self.list_runs():
            if record.fingerprint == fingerprint and not (
                record.status in useless or record.cancel_requested
            ):
                return record
        return None

    def _write_directory(
        self, directory: RunDirectory, content: dict[str, object], plan: simulators.Plan
    ) -> None:
        aside = self.runs_dir / f"{recovery.CREATING_PREFIX}{directory.id}"
        aside.mkdir(parents=True)
        try:
            (aside / layout.LOG_FOLDER).mkdir()
            (aside / layout.OUTPUT_FOLDER).mkdir()
            if plan.config is not None:
                atomic_io.write_atomically(
                    os.fspath(aside / layout.CONFIG_FILE), plan.config.encode("utf-8")
                )
            if plan.files:
                (aside / layout.INPUT_FOLDER).mkdir()
                for name, text in plan.files.items():
                    (aside / layout.INPUT_FOLDER / name).write_text(text, encoding="utf-8")
            # What a queued run needs of this process's environment; it may hold secrets, so it is
            # nobody else's to read, and the supervisor deletes it when the run starts.
            atomic_io.write_json(
                os.fspath(aside / layout.ENVIRONMENT_FILE),
                {**os.environ, **plan.environment},
                mode=0o600,
            )
            atomic_io.write_json(os.fspath(aside / layout.RUN_FILE), content)
            aside.rename(directory.path)
            atomic_io.sync_directory(os.fspath(self.runs_dir))
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise

    def get_run(self, run_id: str) -> RunRecord | None:
        """The record of a run, read afresh; None where there is no such run."""
        self._recover_once()
        if not is_run_id(run_id):
            return None
        try:
            return RunDirectory(self.runs_dir / run_id).read()
        except FileNotFoundError:
            return None

    def list_runs(
        self, status: RunStatus | str | None = None, limit: int | None = None
    ) -> list[RunRecord]:
        """The runs, newest first.

        Args:
            status: Only runs with this status.
            limit: At most so many.

        Raises:
            ValueError: The status is none of `RunStatus`, or the limit is negative.
        """
        self._recover_once()
        wanted = None if status is None else checked_status(status)
        if limit is not None and limit < 0:
            raise ValueError(f"limit is {limit}; allowed: 0 or more")
        records = index.read_all(self.runs_dir)
        if wanted is not None:
            records = [record for record in records if record.status is wanted]
        return records[:limit]

    def cancel(self, run_id: str, *, wait: bool = True) -> RunRecord | None:
        """Ask for the end of a pending or running run; everything it has written is kept.

        The cancel is an intent in the run directory, which the run's supervisor sees within
        200 ms: SIGTERM, a grace period, SIGKILL. A finished run stays as it is.

        Args:
            run_id: The run.
            wait: Return only when the run has ended; at most the grace period and some seconds.

        Returns:
            The record afterwards; None where there is no such run.
        """
        record = self.get_run(run_id)
        if record is None or record.status.is_final:
            return record
        directory = RunDirectory(record.directory)
        grace = settings.cancel_grace_seconds()
        if not directory.cancel_file.exists():
            intent = {"requested_at": datetime.now(UTC).isoformat(), "grace_seconds": grace}
            atomic_io.write_json(os.fspath(directory.cancel_file), intent)
        engine(record.engine).withdraw(directory.path)
        recovery.settle(directory)
        deadline = time.monotonic() + grace + 15.0
        while wait and time.monotonic() < deadline:
            record = self.get_run(run_id)
            if record is None or record.status.is_final:
                return record
            time.sleep(0.02)
        return self.get_run(run_id)

    def delete(self, run_id: str) -> RunRecord | None:
        """Delete a finished run: its record and its directory.

        The directory is renamed aside first, so that a crash never leaves half a run.

        Returns:
            The record as it was; None where there is no such run.

        Raises:
            ValueError: The run is pending or running; cancel it first.
            OSError: The directory cannot be renamed.
        """
        record = self.get_run(run_id)
        if record is None:
            return None
        if not record.status.is_final:
            raise ValueError(f"Run {run_id} is {record.status}; cancel it before deleting it")
        directory = RunDirectory(record.directory)
        _settle_if_readable(directory)
        aside = self.runs_dir / f"{recovery.DELETED_PREFIX}{run_id}-{uuid.uuid4().hex[:8]}"
        try:
            directory.path.rename(aside)
        except FileNotFoundError:
            return record  # somebody else deleted it at the same moment
        atomic_io.sync_directory(os.fspath(self.runs_dir))
        shutil.rmtree(aside, ignore_errors=True)
        return record

    def cancel_or_delete(self, run_id: str) -> RunRecord | None:
        """Cancel a pending or running run and keep everything; delete a finished one.

        Returns:
            The record: after the cancel, or as it was before the deletion. None where there is no
            such run.

        Raises:
            OSError: The runs directory cannot be written.
        """
        record = self.get_run(run_id)
        if record is None:
            return None
        return self.delete(run_id) if record.status.is_final else self.cancel(run_id)

    def recover_orphaned_runs(self) -> recovery.Recovery:
        """Settle every run that has no live process, and start what waits; see `recovery`."""
        _recovered.add(self.runs_dir)
        found = recovery.recover(self.runs_dir)
        engine("local").tend(self.runs_dir)
        return found

    def tend(self) -> None:
        """Collect ended supervisors and start waiting runs; cheap."""
        engine("local").tend(self.runs_dir)

    def _recover_once(self) -> None:
        """The first use of a runs directory in a process settles what earlier ones left."""
        if self.runs_dir not in _recovered and self.runs_dir.is_dir():
            self.recover_orphaned_runs()


def recover_orphaned_runs(
    runs_dir: str | os.PathLike[str] | None = None,
) -> recovery.Recovery:
    """Settle every RUNNING and PENDING run that has no live process.

    Called by itself at the first use of a runs directory in a process.

    Args:
        runs_dir: Folder of the run directories; default: see `fusion_jupyter.configure`.

    Returns:
        What was settled, what was queued again, and which directories are damaged.
    """
    return RunManager(runs_dir).recover_orphaned_runs()


def _settle_if_readable(directory: RunDirectory) -> None:
    # A damaged directory can be deleted like any other.
    with contextlib.suppress(ValueError, KeyError, OSError):
        recovery.settle(directory)


def _checked_name(name: str | None) -> str | None:
    if name is None or name.strip() == "":
        return None
    if len(name) > _NAME_LENGTH or not name.isprintable():
        raise ValueError(
            f"name is {name[:60]!r}…; allowed: up to {_NAME_LENGTH} printable characters"
        )
    return name.strip()


def _checked_tags(tags: tuple[str, ...]) -> list[str]:
    if isinstance(tags, str) or not all(isinstance(tag, str) and tag.strip() for tag in tags):
        raise ValueError(f"tags is {tags!r}; allowed: a list of words")
    return [tag.strip() for tag in tags]
