"""A run's state as traits, kept up to date by the watcher."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import weakref
from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any, TypeVar

import traitlets

from fusion_jupyter import arguments
from fusion_jupyter.errors import RunNotFoundError
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.record import RunRecord, RunStatus
from fusion_jupyter.progress.state import RunProgress
from fusion_jupyter.watch import interrupts, state_watch, watcher
from fusion_jupyter.watch.follower import RunUpdate
from fusion_jupyter.watch.observers import Observed

#: How long the first access to a trait may wait for the watcher's first update (seconds).
_FIRST_UPDATE_SECONDS = 5.0
#: A notebook's kernel notices an interrupt when its event loop wakes up.
_SLICE_SECONDS = 0.3

T = TypeVar("T")


class Computed(traitlets.TraitType[T, T]):
    """A read-only trait derived from a run's update; it can be observed.

    Args:
        of: Returns its value from an update.
        read: Whether it is known only after the run's files have been read.
    """

    default_value = None

    def __init__(self, of: Callable[[RunUpdate], T], *, read: bool = True) -> None:
        super().__init__(read_only=True)
        self.of = of
        self._read = read

    def get(self, obj: Any, cls: Any = None) -> T:
        """The current value."""
        return self.of(obj._first_update() if self._read else obj._latest)


class LiveRun(Observed):
    """One run, kept up to date from its directory.

    There is one state, `update`; all other traits are derived from it and are always consistent.
    They change in the watcher's thread, also while a cell is computing, at most about ten times per
    second.

    Args:
        directory: The run.
        record: Its record, if it was just read.

    Raises:
        RunNotFoundError: There is no such run.
    """

    update = Computed[RunUpdate](lambda update: update)
    """Everything known about the run at one moment, see `RunUpdate`."""

    status = Computed[RunStatus](lambda update: update.record.status, read=False)
    """PENDING, RUNNING, COMPLETED, FAILED or CANCELLED; UNKNOWN if the files do not tell.

    A `RunStatus`, which equals its text: ``run.status == "COMPLETED"``.
    """

    record = Computed[RunRecord](lambda update: update.record, read=False)
    """The request and the outcome; replaced as a whole when something changes."""

    progress = Computed[RunProgress](lambda update: update.progress)
    """The run's progress; replaced as a whole with each event."""

    log_lines = Computed[tuple[str, ...]](lambda update: update.log_lines)
    """The last lines of the log, at most 200."""

    log_count = Computed[int | None](lambda update: update.log_count)
    """Number of lines in the log, None while they are being counted."""

    artifacts_version = Computed[int](lambda update: update.outputs_version)
    """Grows when output files appear or change."""

    settled = Computed[bool](lambda update: update.final, read=False)
    """The run has ended and everything it wrote has been read."""

    def __init__(self, directory: RunDirectory, record: RunRecord | None = None) -> None:
        record = record or directory.read()
        super().__init__()
        self._directory = directory
        self._latest = RunUpdate(record=record, progress=RunProgress())
        self._is_read = threading.Event()
        self._ended = threading.Event()
        self._waiters: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = []
        self._subscription: watcher.Subscription | None = None
        self._lock = threading.Lock()
        if record.is_final:
            self._ended.set()  # its files are read on first access
        else:
            self._watch()

    # -- its updates -------------------------------------------------------------------------

    def observe(
        self,
        handler: Any,
        names: Any = traitlets.All,
        type: Any = "change",  # noqa: A002
    ) -> None:
        """Call `handler` on each change of these traits; its exceptions affect no others.

        See `traitlets.HasTraits.observe`. The handler is called in the watcher's thread.
        """
        super().observe(handler, names, type)
        self._watch()

    def _watch(self) -> None:
        """Subscribe to the run's updates, once."""
        reference = weakref.ref(self)

        def receive(update: RunUpdate) -> None:
            # The watcher must not keep an otherwise unreferenced run alive.
            handle = reference()
            if handle is not None:
                handle._receive(update)

        with self._lock:
            if self._subscription is not None or self._latest.record.problem == "gone":
                return
            try:
                self._subscription = watcher.watch(self._directory, receive, self._latest.record)
            except FileNotFoundError:
                pass
            else:
                weakref.finalize(self, self._subscription.close)
                return
        self._note_gone()

    def _first_update(self) -> RunUpdate:
        """The latest update; waits for the first one."""
        if not self._is_read.is_set():
            self._watch()
            # An observer is called by the thread that brings the update.
            if not watcher.is_own_thread():
                self._is_read.wait(_FIRST_UPDATE_SECONDS)
        return self._latest

    def _receive(self, update: RunUpdate, *, is_back: bool = False) -> None:
        """Apply an update and notify the observers of what it changes."""
        with self._lock:
            before = self._latest
            if before.record.problem == "gone" and not is_back:
                return  # from before the folder disappeared
            self._latest = update
        if update.final or not update.record.is_final:
            self._is_read.set()
        observed = tuple(self._trait_notifiers)
        for name in self.trait_names() if traitlets.All in observed else observed:
            self._tell(str(name), before, update)
        if update.final:
            self._finish()

    def _tell(self, name: str, before: RunUpdate, update: RunUpdate) -> None:
        trait = getattr(type(self), name, None)
        if isinstance(trait, Computed):
            old, new = trait.of(before), trait.of(update)
            if old is not new and old != new:
                self.notify_change(
                    traitlets.Bunch(name=name, old=old, new=new, owner=self, type="change")
                )

    def check_folder(self) -> bool:
        """Check whether the run directory exists; the only check once the run has ended.

        Returns:
            True if that has changed since the last check.
        """
        is_there, was_gone = self._directory.is_there, self._latest.record.problem == "gone"
        if is_there and was_gone:
            self._note_back()
        elif not is_there and not was_gone:
            self._note_gone()
        return is_there is was_gone

    def _note_gone(self) -> None:
        """The run directory is gone: publish that and stop watching."""
        latest = self._latest
        self._receive(replace(latest, record=state_watch.gone(latest.record), final=True))
        if self._subscription is not None:
            self._subscription.close()

    def _note_back(self) -> None:
        """The run directory is back: continue with its content."""
        try:
            record = self._directory.read()
        except FileNotFoundError:
            return
        with self._lock:
            self._subscription = None
        self._ended.clear()
        self._is_read.clear()
        self._receive(replace(self._latest, record=record, final=False), is_back=True)
        if record.is_final:
            self._finish()
        self._watch()

    def _require_folder(self) -> None:
        """Check that the run directory still exists.

        Raises:
            RunNotFoundError: It was deleted or moved.
        """
        self.check_folder()
        if self._latest.record.problem == "gone":
            raise RunNotFoundError(f"Run {self._directory.id}: {self._latest.record.error_message}")

    # -- its end -----------------------------------------------------------------------------

    def wait(self, timeout: float | None = None) -> RunRecord:
        """Block until the run has ended.

        In a notebook ``await run`` does the same and lets the kernel answer others meanwhile. Later
        cells wait in both cases; an interrupt ends the wait, not the run.

        Args:
            timeout: Seconds; None: as long as it takes.

        Raises:
            TimeoutError: It has not ended by then; it continues.
            RunNotFoundError: The run directory was deleted or moved meanwhile.
        """
        timeout = arguments.seconds("timeout", timeout)
        with self._interruptible():
            ended = self._ended.wait(timeout)
        if not ended:
            raise TimeoutError(f"Run {self._directory.id} is still {self.status} after {timeout} s")
        return self._final_record()

    def __await__(self) -> Generator[Any, None, RunRecord]:
        return self._wait_async().__await__()

    async def _wait_async(self) -> RunRecord:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        entry = (loop, future)
        with self._lock:
            self._waiters.append(entry)
        try:
            with self._interruptible():
                while not self._ended.is_set():
                    await asyncio.wait([future], timeout=_SLICE_SECONDS)
        finally:
            with self._lock:
                if entry in self._waiters:
                    self._waiters.remove(entry)
        return self._final_record()

    def _interruptible(self) -> contextlib.AbstractContextManager[None]:
        return interrupts.interruptible(f"run {self._directory.id} continues")

    def _final_record(self) -> RunRecord:
        if self._latest.record.problem == "gone":
            self._require_folder()  # the directory may be back
        return self._latest.record

    def _finish(self) -> None:
        self._ended.set()
        with self._lock:
            waiters, self._waiters = self._waiters, []
        for loop, future in waiters:
            try:
                loop.call_soon_threadsafe(_resolve, future)
            except RuntimeError:
                continue  # that loop is closed; nothing waits there any more


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
