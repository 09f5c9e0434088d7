"""The process manager: create, read, cancel and delete runs."""

from __future__ import annotations

import contextlib
import os
import warnings
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from fusion_jupyter import settings
from fusion_jupyter.engines import registry
from fusion_jupyter.engines.base import EngineReport
from fusion_jupyter.errors import levels_to_the_caller
from fusion_jupyter.manager import creation, ending, index, labels, launch, recovery, reuse
from fusion_jupyter.manager.creation import PreparedRun
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.filter import checked_status
from fusion_jupyter.manager.record import RunCreate, RunRecord, RunStatus, is_run_id
from fusion_jupyter.storage import atomic_io, layout

_recovered: set[Path] = set()


class RunManager:
    """Runs in one runs directory.

    Cheap to create and holds nothing open. Any number of managers in any number of processes may
    share a directory.

    Args:
        runs_dir: Folder of the run directories; default: see `fusion_jupyter.configure`. It is
            created with the first run.

    Example:
        >>> manager = RunManager("fusion_runs")
        >>> record = manager.create_run(RunCreate(template="minimal"))
        >>> manager.cancel_or_delete(record.id).status
        'CANCELLED'
    """

    def __init__(self, runs_dir: str | os.PathLike[str] | None = None) -> None:
        self.runs_dir = (
            settings.runs_dir() if runs_dir is None else settings.absolute_runs_dir(runs_dir)
        )

    def __repr__(self) -> str:
        return f"RunManager({os.fspath(self.runs_dir)!r})"

    def create_run(self, request: RunCreate) -> RunRecord:
        """Freeze a request in a run directory and hand it to the engine.

        Everything is checked before anything is written. The directory is built under a hidden name
        and then renamed, so a crash leaves either a complete run or none. The engine then receives
        it and starts it as soon as a slot is free.

        Args:
            request: What to run.

        Returns:
            The new run's record, PENDING; with `RunCreate.reuse` possibly an earlier run's.

        Raises:
            ValueError: Part of the request is not allowed; the message names it.
            OSError: The runs directory cannot be written, or the engine cannot execute the run;
                no run exists then.
            TimeoutError: With `RunCreate.reuse`: another process is creating the same run and
                makes no progress.

        Warns:
            UserWarning: An option has no effect.
        """
        prepared = self.prepare(request)
        creation.warn_of_notes(prepared.plan)
        if request.reuse:
            return self.find_or_create(prepared, lasting=True)
        return creation.create(self.runs_dir, prepared).read()

    def find_or_create(self, prepared: PreparedRun, *, lasting: bool = False) -> RunRecord:
        """The newest earlier run with an identical request, or else the prepared one, created.

        Args:
            prepared: The request.
            lasting: A run that is shared must outlive the study that created it.

        Returns:
            The run's record; its id is that of `prepared` if it was created now.

        Raises:
            OSError: As for `create_run`.
            TimeoutError: Another process is creating the same run and makes no progress.

        Warns:
            UserWarning: The run is another user's, so that it cannot get the new tags.
        """
        fingerprint = prepared.fingerprint
        with contextlib.ExitStack() as claim:
            claim.enter_context(reuse.claimed(self.runs_dir, [fingerprint]))
            same = reuse.to_share(self.list_runs(), [fingerprint]).get(fingerprint)
            if same is None:
                # One that executes within this call is found by others as soon as it is written.
                at_once = registry.executes_at_once(prepared.request.engine)
                when_written = claim.close if at_once else None
                return creation.create(self.runs_dir, prepared, when_written).read()
            try:
                if lasting:
                    atomic_io.mark(os.fspath(same.directory / layout.SHARED_FILE))
                return self.add_tags(same, prepared.request.tags)
            except OSError as error:
                if not atomic_io.is_read_only(error):
                    raise
                warnings.warn(
                    f"Run {same.id} is shared as it is, without new tags, and its owner may cancel "
                    f"it: its folder cannot be written ({error.strerror})",
                    UserWarning,
                    stacklevel=levels_to_the_caller(),
                )
                return same

    def prepare(self, request: RunCreate, run_id: str | None = None) -> PreparedRun:
        """Check a request completely; writes nothing.

        Args:
            request: What to run.
            run_id: The id to use; None: a new one.

        Returns:
            The prepared run, for `create_prepared`.

        Raises:
            ValueError: Part of the request is not allowed; the message names it.
        """
        self._recover_once()
        return creation.prepare(self.runs_dir, request, run_id)

    def create_prepared(self, prepared: Sequence[PreparedRun]) -> list[RunRecord]:
        """Create many prepared runs of one engine, which receives them all at once.

        Raises:
            OSError: A directory cannot be written, or the engine refuses; earlier runs then exist.
        """
        return [each.read() for each in creation.create_many(self.runs_dir, prepared)]

    def add_tags(self, record: RunRecord, tags: Iterable[str]) -> RunRecord:
        """Add the tags of a new request to a run that it shares.

        Returns:
            The run's record afterwards.

        Raises:
            OSError: The run directory cannot be written.
            TimeoutError: Another process changes its name or tags and makes no progress.
            DamagedRunError: Its files cannot be read, so its name and tags are unknown.
        """
        new = [tag for tag in labels.checked_tags(tags) if tag not in record.tags]
        if not new:
            return record
        directory = RunDirectory(record.directory)
        with labels.changing(directory):
            known = directory.check()
            labels.write(directory, name=known.name, tags=[*known.tags, *new])
        return directory.read()

    def get_run(self, run_id: str) -> RunRecord | None:
        """The record of a run, read afresh; None if there is no such run."""
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
            limit: Maximum number of runs.

        Raises:
            ValueError: The status is not a `RunStatus`, or the limit is negative.
        """
        self._recover_once()
        wanted = None if status is None else checked_status(status)
        if limit is not None and limit < 0:
            raise ValueError(f"limit is {limit}; allowed: 0 or more")
        records = index.read_all(self.runs_dir)
        if wanted is not None:
            records = [record for record in records if record.status is wanted]
        return records[:limit]

    def cancel(self, run_id: str, *, wait: bool = True, force: bool = False) -> RunRecord | None:
        """Cancel a pending or running run; everything it has written is kept.

        The cancel is an intent in the run directory, which the run's supervisor sees within
        200 ms: SIGTERM, a grace period, SIGKILL. A finished run stays as it is.

        Args:
            run_id: The run.
            wait: Return only when the run has ended, or at the latest some seconds after the grace
                period.
            force: If the supervisor does not react, end the run without it and record the end:
                for a supervisor that is stopped, or whose host or container is gone.

        Returns:
            The record afterwards; None if there is no such run. If the end cannot be recorded now,
            its `error_message` says why.

        Raises:
            OSError: The run directory cannot be written.
        """
        record = self.get_run(run_id)
        if record is None or record.status.is_final:
            return record
        directory = RunDirectory(record.directory)
        note = ending.cancel(directory, record.engine, wait=wait, force=force)
        record = self.get_run(run_id)
        if record is not None and note is not None and not record.status.is_final:
            return replace(record, error_message=note)
        return record

    def delete(self, run_id: str, *, force: bool = False) -> RunRecord | None:
        """Delete a finished run: its record and its directory.

        The directory is renamed aside first, so that a crash never leaves half a run. Nothing is
        deleted while a supervisor holds the run's lock.

        Args:
            run_id: The run.
            force: Also delete a run that is pending or running (it is cancelled first), whose host
                or container is gone, or that a newer version created.

        Returns:
            The record before the deletion; None if there is no such run.

        Raises:
            ValueError: The run is pending or running, or cannot be read, and `force` is False.
            OSError: The run cannot be ended, or the directory cannot be renamed.
        """
        record = self.get_run(run_id)
        if record is not None:
            ending.delete(RunDirectory(record.directory), record, force=force)
        return record

    def cancel_or_delete(self, run_id: str, *, force: bool = False) -> RunRecord | None:
        """Cancel a pending or running run and keep everything; delete a finished one.

        Args:
            run_id: The run.
            force: See `cancel` and `delete`.

        Returns:
            The record after the cancel or before the deletion; None if there is no such run.

        Raises:
            ValueError: The run cannot be read, and `force` is False.
            OSError: The runs directory cannot be written.
        """
        record = self.get_run(run_id)
        if record is None:
            return None
        if record.status.is_final:
            return self.delete(run_id, force=force)
        return self.cancel(run_id, force=force)

    def recover_orphaned_runs(self) -> recovery.Recovery:
        """Settle every run that has no live process and start waiting runs; see `recovery`."""
        _recovered.add(self.runs_dir)
        found = recovery.recover(self.runs_dir)
        found.settled += self._tend()
        return found

    def tend(self) -> None:
        """Let each engine with work in this runs directory start waiting runs; cheap."""
        self._tend()

    def _tend(self) -> list[str]:
        """Ids of the runs that an engine reported as ended and that are now settled."""
        runs_dir = os.fspath(self.runs_dir)
        settled = []
        for engine in registry.at_work(runs_dir, launch):
            ended = [
                run_id
                for run_id, report in engine.tend(runs_dir).items()
                if recovery.settle(RunDirectory(self.runs_dir / run_id), report.reason or None)
            ]
            if ended:
                engine.tend(runs_dir)
            settled += ended
        return settled

    def queued(self) -> list[str]:
        """Ids of the runs in queues of this package, in the order in which they will start."""
        runs_dir = os.fspath(self.runs_dir)
        engines = registry.at_work(runs_dir, launch)
        return [run_id for engine in engines for run_id in engine.queued(runs_dir)]

    def poll(self, records: Iterable[RunRecord]) -> dict[str, EngineReport]:
        """What the engines know about these runs, for example why one waits.

        Each engine is asked once for all of its runs.

        Args:
            records: Runs of this runs directory.

        Returns:
            A report for each run, by id.
        """
        by_engine = defaultdict(list)
        for record in records:
            by_engine[record.engine].append(os.fspath(record.directory))
        reports: dict[str, EngineReport] = {}
        for name, run_dirs in by_engine.items():
            reports.update(registry.engine(name, launch).poll(run_dirs))
        return reports

    def _recover_once(self) -> None:
        """Settle what earlier processes left, at this process's first use of a runs directory."""
        if self.runs_dir not in _recovered and self.runs_dir.is_dir():
            self.recover_orphaned_runs()


def recover_orphaned_runs(
    runs_dir: str | os.PathLike[str] | None = None,
) -> recovery.Recovery:
    """Settle every RUNNING and PENDING run that has no live process.

    Called automatically at the first use of a runs directory in a process.

    Args:
        runs_dir: Folder of the run directories; default: see `fusion_jupyter.configure`.

    Returns:
        The runs that were settled or queued again, and the damaged directories.
    """
    return RunManager(runs_dir).recover_orphaned_runs()
