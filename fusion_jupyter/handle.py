"""`Run`: the handle of a run. Await it, observe it, cancel it, load its results."""

from __future__ import annotations

import threading
import weakref
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import traitlets

from fusion_jupyter.choices import LevelName
from fusion_jupyter.errors import RunNotFoundError
from fusion_jupyter.first_run import tell_where
from fusion_jupyter.logs import line_index
from fusion_jupyter.manager import creation
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import ArtifactInfo, RunRecord
from fusion_jupyter.run_verbs import RunVerbs
from fusion_jupyter.watch import sse
from fusion_jupyter.watch.live_run import LiveRun

if TYPE_CHECKING:
    import pandas as pd

    from fusion_jupyter.analysis.citation import Citation


class Run(RunVerbs, LiveRun):
    """One run, kept up to date from its directory.

    The traits change in the watcher's thread, also while a cell is computing, at most about ten
    times a second. Observers are called in that thread: they should return quickly, and their
    exceptions are shown without affecting anything else. Get a handle from `start`, `run` or
    `runs`.

    If the run's directory is deleted or moved, the status becomes UNKNOWN, and everything that
    needs the directory raises `RunNotFoundError`.

    Example:
        >>> run = start("minimal", erlang_start=300, erlang_stop=600)
        >>> run.observe(lambda change: print(change.new), "status")
        >>> run.wait().exit_code
        0
    """

    id = traitlets.Unicode(read_only=True)
    """The run's id, 12 hexadecimal digits."""

    def __init__(self, directory: RunDirectory, record: RunRecord | None = None) -> None:
        super().__init__(directory, record)
        self._manager = RunManager(directory.path.parent)
        self.set_trait("id", directory.id)

    def __dir__(self) -> list[str]:
        """What a run is and does, without the fifty names that come with its traits."""
        ours = [cls for cls in type(self).__mro__ if cls.__module__.startswith("fusion_jupyter.")]
        return sorted({name for cls in ours for name in vars(cls) if not name.startswith("_")})

    def __repr__(self) -> str:
        return f"Run({self.id!r}, {self.record.name!r}, {self.status})"

    # -- its properties -----------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The run's human-readable name."""
        return str(self.record.name)

    @property
    def directory(self) -> Path:
        """The run directory."""
        return self._directory.path

    @property
    def config(self) -> str:
        """Text of the frozen configuration.

        Raises:
            FileNotFoundError: The run is a command and has none.
            RunNotFoundError: The run directory is gone.
        """
        self._require_folder()
        return self._directory.read_config()

    # -- what can be done with it --------------------------------------------------------------

    def cancel(self, *, force: bool = False) -> None:
        """Request a cancel and return at once; everything the run has written is kept.

        Use ``await run`` or `wait` to wait for its end. A finished run is not changed.

        Args:
            force: Wait for its supervisor, and end the run without it if it does not react; see
                `RunManager.cancel`.

        Raises:
            RunNotFoundError: The run directory is gone.
        """
        self._require_folder()
        self._manager.cancel(self.id, wait=False, force=force)

    def delete(self, *, force: bool = False) -> None:
        """Delete the run with all its files.

        Args:
            force: Also delete a pending or running run, which is cancelled first. See
                `RunManager.delete`.

        Raises:
            ValueError: It is pending or running; cancel it first.
        """
        self._manager.delete(self.id, force=force)
        if not self._directory.is_there:
            self._note_gone()

    def wait(self, timeout: float | None = None, *, check: bool = False) -> RunRecord:
        """Block until the run has ended.

        In a notebook ``await run`` does the same and lets the kernel answer others meanwhile. Later
        cells wait in both cases; an interrupt ends the wait, not the run.

        Args:
            timeout: Seconds; None: as long as it takes.
            check: Raise an error if the run did not complete.

        Raises:
            TimeoutError: It has not ended by then; it continues.
            RunNotFoundError: The run directory was deleted or moved meanwhile.
            RunFailedError: With `check`, it FAILED or was CANCELLED.
        """
        record = super().wait(timeout)
        if check:
            self.raise_for_status()
        return record

    def _handle_of(self, record: RunRecord) -> Run:
        return handle_of(record.directory, record)

    def _reread(self) -> None:
        """Publish a record that was changed here; the watcher notifies other observers."""
        self._receive(replace(self._latest, record=self._directory.read()))

    def _readable(self) -> RunRecord:
        """The record as the files say now.

        Raises:
            RunNotFoundError: The run directory is gone.
            DamagedRunError: Its files cannot be read.
        """
        self._require_folder()
        return self._directory.check()

    def _use(self, record: RunRecord) -> None:
        """Use a record that was just read: nobody watches a run that has ended.

        Its labels may have changed, and its files may have been damaged, or repaired.
        """
        latest = self._latest
        if record.problem == "unreadable":
            return  # for a moment, perhaps: what was known stays
        if not (record.is_final or record.problem):
            record = replace(latest.record, name=record.name, tags=record.tags)
        if record != latest.record and (latest.final or self._subscription is None):
            self._receive(replace(latest, record=record))

    # -- its log and progress ----------------------------------------------------------------

    def log_tail(self, n: int = 50) -> list[str]:
        """The last `n` lines of the log.

        Raises:
            ValueError: `n` is negative.
            RunNotFoundError: The run directory is gone.
        """
        self._require_folder()
        return line_index.log_tail(self._directory.log_file, n, below=self.directory)

    def stream_progress(self) -> AsyncIterator[dict[str, str]]:
        """Progress events from the first on, as dictionaries with ``event`` and ``data``."""
        return sse.stream_progress(self.id, runs_dir=self.directory.parent)

    def stream_logs(self, from_start: bool = True) -> AsyncIterator[dict[str, str]]:
        """Log lines as dictionaries with ``event`` and ``data``.

        Args:
            from_start: Start with the first line of the log; if False, with the next line written.
        """
        return sse.stream_run_logs(self.id, from_start, runs_dir=self.directory.parent)

    # -- its results -------------------------------------------------------------------------

    @property
    def artifacts(self) -> list[ArtifactInfo]:
        """The output files, sorted by path.

        Raises:
            RunNotFoundError: The run directory is gone.
        """
        self._require_folder()
        from fusion_jupyter.artifacts import listing

        return listing.list_files(self._directory.output)

    def artifacts_frame(self) -> pd.DataFrame:
        """The output files as a DataFrame: name, path, size in bytes, modified_at (UTC), kind."""
        from fusion_jupyter.artifacts import listing

        return listing.artifacts_frame(self.artifacts)

    def artifact_path(self, relative_path: str) -> Path | None:
        """Absolute path of an output file; None if it is not a file inside the output directory.

        Args:
            relative_path: Relative to the run's output directory.

        Raises:
            RunNotFoundError: The run directory is gone.
        """
        self._require_folder()
        from fusion_jupyter.artifacts import listing

        return listing.safe_path(self._directory.output, relative_path)

    def load(self, relative_path: str, **options: Any) -> Any:
        """Load an output file as a DataFrame or an object, depending on its type.

        Args:
            relative_path: Path relative to the output directory; its last parts suffice if they
                match only one file.
            **options: See `fusion_jupyter.artifacts.loading.load`.

        Raises:
            FileNotFoundError: No file matches; the message lists the nearest.
            RunNotFoundError: The run directory is gone.
        """
        self._require_folder()
        from fusion_jupyter.artifacts import loading

        return loading.load(self._directory.output, relative_path, **options)

    def results(self, level: LevelName = "erlang", *, confidence: float = 0.95) -> pd.DataFrame:
        """The results as a tidy DataFrame, also while the run is still running.

        Args:
            level: ``"erlang"``, ``"iteration"``, ``"link"``, ``"bandwidth"`` or ``"modulation"``;
                the columns are described in `fusion_jupyter.analysis.results.results`.
            confidence: Confidence level of the intervals, between 0 and 1.

        Raises:
            RunNotFoundError: The run directory is gone.
        """
        self._require_folder()
        from fusion_jupyter.analysis import results

        return results.results(self.record, level, confidence=confidence)

    @property
    def provenance(self) -> dict[str, Any]:
        """The code, environment and machine it was started from; empty if unknown.

        Raises:
            RunNotFoundError: The run directory is gone.
        """
        self._require_folder()
        from fusion_jupyter.manager import provenance

        provenance.finish()
        return provenance.read(self._directory)

    def cite(self) -> Citation:
        """Text and facts about this run for a paper's paragraph on reproducibility.

        Example:
            >>> print(run.cite())
            Simulated with fusion_jupyter 0.1.0 (its embedded simulator) on 2026-11-27. NSFNet, ...

        Raises:
            RunNotFoundError: The run directory is gone.
            DamagedRunError: Its files cannot be read.
        """
        record = self._readable()
        from fusion_jupyter.analysis import citation
        from fusion_jupyter.manager import provenance

        provenance.finish()
        return citation.cite(record)


#: One handle per run and process: cells that use the same run share its watcher and traits.
_handles: weakref.WeakValueDictionary[Path, Run] = weakref.WeakValueDictionary()
_handles_lock = threading.Lock()


def handle_of(path: Path, record: RunRecord | None = None) -> Run:
    """Return this process's handle of a run, always the same object.

    Args:
        path: The run directory.
        record: The run's record, if it was just read.

    Raises:
        RunNotFoundError: There is no such run.
    """
    directory = RunDirectory(path)
    if not directory.is_there:
        raise RunNotFoundError.of(path)
    with _handles_lock:
        handle = _handles.get(path)
        if handle is None:
            handle = _handles[path] = Run(directory, record)
    handle.check_folder()  # its directory may have been away
    if record is not None:
        handle._use(record)
    return handle


creation.new_folder_hooks.append(tell_where)
