"""`Run`: the handle in the kernel. Await it, observe it, cancel it, load its results."""

from __future__ import annotations

import asyncio
import sys
import threading
import traceback
import weakref
from collections.abc import AsyncIterator, Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import traitlets

from fusion_jupyter.logs import line_index
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import ArtifactInfo, RunRecord, RunStatus
from fusion_jupyter.progress.state import RunProgress
from fusion_jupyter.run_verbs import RunVerbs
from fusion_jupyter.watch import sse, watcher

if TYPE_CHECKING:
    import pandas as pd

#: How long the first look at a trait may wait for the watcher's first update.
_FIRST_NEWS_SECONDS = 5.0


class _Guarded:
    """An observer whose exceptions are shown, and do not keep others from being called."""

    def __init__(self, handler: Callable[[Any], Any]) -> None:
        self._handler = handler

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Guarded) and self._handler == other._handler

    def __hash__(self) -> int:
        return hash(self._handler)

    def __call__(self, change: Any) -> None:
        try:
            self._handler(change)
        except Exception:
            sys.stderr.write(f"An observer of {change.owner!r} failed:\n")
            traceback.print_exc()


class Run(RunVerbs, traitlets.HasTraits):
    """One run, kept up to date from its directory.

    The traits change in the watcher's thread, also while a cell is computing, at most about ten
    times a second. An observer is called in that thread: it should be short, and what it raises is
    shown and stops nothing. Get one from `start`, `run` or `runs`.

    Example:
        >>> run = start("minimal", erlang_start=300, erlang_stop=600)
        >>> run.observe(lambda change: print(change.new), "status")
        >>> run.wait().exit_code
        0
    """

    id = traitlets.Unicode(read_only=True)
    """The run's id, 12 hexadecimal digits."""

    status = traitlets.Unicode(RunStatus.PENDING.value, read_only=True)
    """PENDING, RUNNING, COMPLETED, FAILED or CANCELLED."""

    record = traitlets.Instance(RunRecord, read_only=True)
    """All that is known of the run; replaced as a whole when something changes."""

    progress = traitlets.Instance(RunProgress, read_only=True)
    """How far it is; replaced as a whole with each event."""

    log_lines = traitlets.Tuple(read_only=True)
    """The last lines of the log, at most 200."""

    log_count = traitlets.Int(None, allow_none=True, read_only=True)
    """Number of lines in the log, None while they are being counted."""

    artifacts_version = traitlets.Int(0, read_only=True)
    """Grows when output files appear or change."""

    settled = traitlets.Bool(False, read_only=True)
    """The run has ended, and all that it wrote has been read."""

    def __init__(self, directory: RunDirectory, record: RunRecord | None = None) -> None:
        record = record or directory.read()
        super().__init__()
        self._directory = directory
        self._manager = RunManager(directory.path.parent)
        self._finished = threading.Event()
        self._waiters: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = []
        self._waiters_lock = threading.Lock()
        self.set_trait("id", directory.id)
        self.set_trait("record", record)
        self.set_trait("status", record.status.value)
        self._news: watcher.RunUpdate | None = None
        self._has_news = threading.Event()
        self._subscription: watcher.Subscription | None = None
        self._subscription_lock = threading.Lock()
        if record.status.is_final:
            self._finished.set()  # its files are read when somebody asks for them
        else:
            self._watch()

    def _watch(self) -> None:
        """Subscribe to the run's updates, once."""
        reference = weakref.ref(self)

        def update(news: watcher.RunUpdate) -> None:
            # The watcher must not keep a run alive that nobody has any more.
            handle = reference()
            if handle is not None:
                handle._update(news)

        with self._subscription_lock:
            if self._subscription is None:
                self._subscription = watcher.watch(self._directory, update)
                weakref.finalize(self, self._subscription.close)

    def _first_news(self) -> watcher.RunUpdate | None:
        if self._news is None:
            self._watch()
            self._has_news.wait(_FIRST_NEWS_SECONDS)
        return self._news

    @traitlets.default("progress")
    def _default_progress(self) -> RunProgress:
        news = self._first_news()
        return RunProgress() if news is None else news.progress

    @traitlets.default("log_lines")
    def _default_log_lines(self) -> tuple[str, ...]:
        news = self._first_news()
        return () if news is None else news.log_tail

    @traitlets.default("log_count")
    def _default_log_count(self) -> int | None:
        news = self._first_news()
        return None if news is None else news.log_count

    def __repr__(self) -> str:
        return f"Run({self.id!r}, {self.record.name!r}, {self.status})"

    def observe(
        self,
        handler: Any,
        names: Any = traitlets.All,
        type: Any = "change",  # noqa: A002
    ) -> None:
        """Call `handler` with each change of these traits; what it raises stops nobody else.

        See `traitlets.HasTraits.observe`. The handler is called in the watcher's thread.
        """
        super().observe(_Guarded(handler), names, type)
        self._watch()

    def unobserve(
        self,
        handler: Any,
        names: Any = traitlets.All,
        type: Any = "change",  # noqa: A002
    ) -> None:
        """Undo `observe` with the same arguments."""
        super().unobserve(_Guarded(handler), names, type)

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
        """
        return self._directory.config_file.read_text(encoding="utf-8")

    # -- its end -----------------------------------------------------------------------------

    def wait(self, timeout: float | None = None) -> RunRecord:
        """Block until the run has ended.

        In a notebook ``await run`` does the same without blocking other cells' output.

        Args:
            timeout: Seconds; None: as long as it takes.

        Raises:
            TimeoutError: It has not ended by then; it goes on.
        """
        if not self._finished.wait(timeout):
            raise TimeoutError(f"Run {self.id} is still {self.status} after {timeout} s")
        record: RunRecord = self.record
        return record

    def __await__(self) -> Generator[Any, None, RunRecord]:
        return self._wait_async().__await__()

    async def _wait_async(self) -> RunRecord:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        entry = (loop, future)
        with self._waiters_lock:
            if not self._finished.is_set():
                self._waiters.append(entry)
            else:
                future.set_result(None)
        try:
            await future
        finally:
            with self._waiters_lock:
                if entry in self._waiters:
                    self._waiters.remove(entry)
        record: RunRecord = self.record
        return record

    def cancel(self, *, force: bool = False) -> None:
        """Ask for the run's end and return at once; what it has written is kept.

        ``await run`` or `wait` tells when it has ended. A finished run stays as it is.

        Args:
            force: Wait, and end it without its supervisor where that does not react; see
                `RunManager.cancel`.
        """
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
        if self._subscription is not None:
            self._subscription.close()

    def _handle_of(self, record: RunRecord) -> Run:
        return handle_of(record.directory, record)

    def _reread(self) -> None:
        """Take over a record that was changed here; who watches it is told by the watcher too."""
        self.set_trait("record", self._directory.read())

    # -- its log and progress ----------------------------------------------------------------

    def log_tail(self, n: int = 50) -> list[str]:
        """The last `n` lines of the log."""
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
        """The output files, sorted by path."""
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
        """
        from fusion_jupyter.artifacts import listing

        return listing.safe_path(self._directory.output, relative_path)

    def load(self, relative_path: str, **options: Any) -> Any:
        """Load an output file: a DataFrame or an object, by its type.

        Args:
            relative_path: Relative to the output directory; its last parts are enough where only
                one file ends so.
            **options: See `fusion_jupyter.artifacts.loading.load`.
        """
        from fusion_jupyter.artifacts import loading

        return loading.load(self._directory.output, relative_path, **options)

    def results(self, level: str = "erlang", *, confidence: float = 0.95) -> pd.DataFrame:
        """The results as a tidy DataFrame, also while the run is still going.

        Args:
            level: ``"erlang"``, ``"iteration"``, ``"link"``, ``"bandwidth"`` or ``"modulation"``;
                the columns are described in `fusion_jupyter.analysis.results.results`.
            confidence: Probability with which an interval shall contain the true value.
        """
        from fusion_jupyter.analysis import results

        return results.results(self.record, level, confidence=confidence)

    # -- news from the watcher's thread ------------------------------------------------------

    def _update(self, news: watcher.RunUpdate) -> None:
        self._news = news
        if news.final or not news.record.status.is_final:
            self._has_news.set()
        with self.hold_trait_notifications():
            self.set_trait("record", news.record)
            self.set_trait("progress", news.progress)
            self.set_trait("log_lines", news.log_tail)
            self.set_trait("log_count", news.log_count)
            if news.output_changed:
                self.set_trait("artifacts_version", self.artifacts_version + 1)
            self.set_trait("status", news.record.status.value)
            self.set_trait("settled", news.final)
        if news.final:
            self._finish()

    def _finish(self) -> None:
        with self._waiters_lock:
            self._finished.set()
            waiters, self._waiters = self._waiters, []
        for loop, future in waiters:
            try:
                loop.call_soon_threadsafe(_resolve, future)
            except RuntimeError:
                continue  # that loop is closed; nobody waits there any more


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
    with _handles_lock:
        handle = _handles.get(path)
        if handle is None or not path.is_dir():
            handle = _handles[path] = Run(RunDirectory(path), record)
        return handle


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
