"""`Run`: the handle in the kernel. Await it, observe it, cancel it, load its results."""

from __future__ import annotations

import threading
import weakref
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import traitlets

from fusion_jupyter.logs import line_index
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
    times a second. An observer is called in that thread: it should be short, and what it raises is
    shown and stops nothing. Get one from `start`, `run` or `runs`.

    Where the run's folder is deleted or moved meanwhile, the status is UNKNOWN, and whatever needs
    the folder raises `RunNotFoundError`.

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

    def __repr__(self) -> str:
        return f"Run({self.id!r}, {self.record.name!r}, {self.status})"

    # -- what it is --------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The run's name, for people."""
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
        """Ask for the run's end and return at once; what it has written is kept.

        ``await run`` or `wait` tells when it has ended. A finished run stays as it is.

        Args:
            force: Wait, and end it without its supervisor where that does not react; see
                `RunManager.cancel`.

        Raises:
            RunNotFoundError: The run directory is gone.
        """
        self._require_folder()
        self._manager.cancel(self.id, wait=False, force=force)

    def delete(self, *, force: bool = False) -> None:
        """Delete the run with all its files.

        Args:
            force: Also where it is pending or running: it is cancelled first. See
                `RunManager.delete`.

        Raises:
            ValueError: It is pending or running; cancel it first.
        """
        self._manager.delete(self.id, force=force)
        if not self._directory.is_there:
            self._note_gone()

    def _handle_of(self, record: RunRecord) -> Run:
        return handle_of(record.directory, record)

    def _reread(self) -> None:
        """Take over a record that was changed here; who watches it is told by the watcher too."""
        self._receive(replace(self._latest, record=self._directory.read()))

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
        """Events of the progress, from the first, as dictionaries with ``event`` and ``data``."""
        return sse.stream_progress(self.id, runs_dir=self.directory.parent)

    def stream_logs(self, from_start: bool = True) -> AsyncIterator[dict[str, str]]:
        """Lines of the log as dictionaries with ``event`` and ``data``.

        Args:
            from_start: Begin with the first line, not with the next one that is written.
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
        """Load an output file: a DataFrame or an object, by its type.

        Args:
            relative_path: Relative to the output directory; its last parts are enough where only
                one file ends so.
            **options: See `fusion_jupyter.artifacts.loading.load`.

        Raises:
            FileNotFoundError: No file fits; the message lists the nearest.
            RunNotFoundError: The run directory is gone.
        """
        self._require_folder()
        from fusion_jupyter.artifacts import loading

        return loading.load(self._directory.output, relative_path, **options)

    def results(self, level: str = "erlang", *, confidence: float = 0.95) -> pd.DataFrame:
        """The results as a tidy DataFrame, also while the run is still going.

        Args:
            level: ``"erlang"``, ``"iteration"``, ``"link"``, ``"bandwidth"`` or ``"modulation"``;
                the columns are described in `fusion_jupyter.analysis.results.results`.
            confidence: Probability with which an interval shall contain the true value.

        Raises:
            RunNotFoundError: The run directory is gone.
        """
        self._require_folder()
        from fusion_jupyter.analysis import results

        return results.results(self.record, level, confidence=confidence)

    @property
    def provenance(self) -> dict[str, Any]:
        """From which code and on which machine it was started; empty where that is not known.

        Raises:
            RunNotFoundError: The run directory is gone.
        """
        self._require_folder()
        from fusion_jupyter.manager import provenance

        provenance.finish()
        return provenance.read(self._directory)

    def cite(self) -> Citation:
        """What a paper's paragraph on reproducibility says of this run: text and facts.

        Example:
            >>> print(run.cite())
            Simulated with fusion_jupyter 0.1.0 (its embedded simulator) on 2026-11-27. NSFNet, ...

        Raises:
            RunNotFoundError: The run directory is gone.
        """
        self._require_folder()
        from fusion_jupyter.analysis import citation
        from fusion_jupyter.manager import provenance

        provenance.finish()
        return citation.cite(self.record)


#: One handle per run and process: two cells that ask for a run share its watcher and its traits.
_handles: weakref.WeakValueDictionary[Path, Run] = weakref.WeakValueDictionary()
_handles_lock = threading.Lock()


def handle_of(path: Path, record: RunRecord | None = None) -> Run:
    """The handle of a run of this process, the same one each time.

    Args:
        path: The run directory.
        record: The run's record, if it was just read.

    Raises:
        FileNotFoundError: There is no such run.
    """
    directory = RunDirectory(path)
    if not directory.is_there:
        raise FileNotFoundError(f"There is no run {directory.id!r} in {path.parent}")
    with _handles_lock:
        handle = _handles.get(path)
        if handle is None:
            handle = _handles[path] = Run(directory, record)
    handle.check_folder()  # it may have been away
    return handle
