"""`Sweep`: the handle of many runs in the kernel."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import warnings
import weakref
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import traitlets

from fusion_jupyter import arguments, formatting
from fusion_jupyter.errors import RunFailedError, RunNotFoundError, levels_to_the_caller
from fusion_jupyter.handle import Run, handle_of
from fusion_jupyter.manager import reuse
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunStatus
from fusion_jupyter.studies import ending, frames, launch, record
from fusion_jupyter.studies import points as grid
from fusion_jupyter.studies.following import Following
from fusion_jupyter.studies.labelling import SweepLabels
from fusion_jupyter.studies.record import SweepPoint, SweepRecord
from fusion_jupyter.studies.sweep_results import SweepResults
from fusion_jupyter.watch import watcher
from fusion_jupyter.watch.collection import CollectionUpdate, RunSummary
from fusion_jupyter.watch.interrupts import interruptible
from fusion_jupyter.watch.observers import Observed

if TYPE_CHECKING:
    from typing import Self

    import pandas as pd

#: Seconds between wake-ups: an interrupt reaches a coroutine only when the event loop wakes up.
_SLICE_SECONDS = 0.3


class Sweep(SweepLabels, SweepResults, Observed):
    """The runs of one study, kept up to date from their directories.

    Get one from `fusion_jupyter.sweep`, `sweeps` or `sweep_by_id`. The traits change in the
    watcher's thread, also while a cell is computing. ``len(sweep)``, ``sweep[0]`` and a loop are
    over its `runs`.

    Example:
        >>> sweep = fj.sweep("minimal", over={"k_paths": [1, 3, 5]})
        >>> sweep.wait().counts
        {'COMPLETED': 3}
        >>> sweep.results()[["k_paths", "erlang", "blocking"]]
    """

    id = traitlets.Unicode(read_only=True)
    """The sweep's id, 12 hexadecimal digits, derived from what the sweep computes."""

    update = traitlets.Instance(CollectionUpdate, allow_none=True, read_only=True)
    """The last update of the runs; everything else is derived from it."""

    counts = traitlets.Dict(read_only=True)
    """Number of runs by status, for example ``{"COMPLETED": 17, "RUNNING": 4, "PENDING": 3}``."""

    fraction = traitlets.Float(0.0, read_only=True)
    """Share of the whole sweep that is done, 0 to 1."""

    eta_seconds = traitlets.Float(None, allow_none=True, read_only=True)
    """Estimated seconds until all runs have ended; None until that is meaningful."""

    settled = traitlets.Bool(False, read_only=True)
    """All runs have ended."""

    def __init__(self, runs_dir: Path, sweep: SweepRecord) -> None:
        super().__init__()
        self._manager = RunManager(runs_dir)
        self._record = sweep
        self._summaries: dict[str, RunSummary] = {}
        self._lock = threading.Lock()
        self._following = Following(self._receive)
        weakref.finalize(self, self._following.close)
        self.set_trait("id", sweep.id)
        self._follow(sweep)

    def __iter__(self) -> Iterator[Run]:
        return iter(self.runs)

    def __len__(self) -> int:
        return sum(self._is_there(run_id) for run_id in self._record.run_ids)

    def __getitem__(self, index: Any) -> Any:
        return self.runs[index]

    def __bool__(self) -> bool:
        return True  # also without runs: a sweep is there, or it is None

    def __repr__(self) -> str:
        self.wait_until_known()
        done = self.counts.get(RunStatus.COMPLETED.value, 0)
        state = f"{done} of {len(self._record.run_ids)} completed"
        return f"Sweep({self.id!r}, {self.name!r}, {'deleted' if self.is_deleted else state})"

    def _repr_html_(self) -> str:
        from fusion_jupyter.studies import sweep_html

        self.wait_until_known()
        return sweep_html.to_html(self)

    # -- its properties -------------------------------------------------------------------------

    @property
    def record(self) -> SweepRecord:
        """The request, and the run of each point."""
        return self._record

    @property
    def parameters(self) -> list[str]:
        """Names of the options that vary."""
        return self._record.parameters

    @property
    def runs_dir(self) -> Path:
        """Folder of the run directories."""
        return self._manager.runs_dir

    @property
    def is_deleted(self) -> bool:
        """The sweep was deleted, here or elsewhere."""
        return not record.path_of(self.runs_dir, self.id).exists()

    @property
    def runs(self) -> list[Run]:
        """Handles of the runs, in the order of the points; deleted runs are omitted."""
        found = []
        for run_id in self._record.run_ids:
            known = self._manager.get_run(run_id)
            if known is not None:
                found.append(handle_of(self.runs_dir / run_id, known))
        return found

    def summary(self, run_id: str) -> RunSummary | None:
        """The last known summary of one of the runs."""
        return self._summaries.get(run_id)

    @property
    def points(self) -> pd.DataFrame:
        """A frame with one row per run: its parameters and its status.

        Columns: the parameters, ``repeat`` (from 0), ``run_id``, ``status`` (missing if the run was
        deleted), ``started_at``, ``completed_at`` (UTC), ``duration_seconds``, ``error_message``.
        """
        import pandas as pd

        self.wait_until_known()
        rows = []
        parameters = frames.columns_of([point.parameters for point in self._record.points])
        for point in self._record.points:
            known = self._summaries.get(point.run_id)
            run = None if known is None else known.record
            rows.append(
                {
                    "repeat": point.repeat,
                    "run_id": point.run_id,
                    "status": None if run is None else run.status.value,
                    "started_at": None if run is None else run.started_at,
                    "completed_at": None if run is None else run.completed_at,
                    "duration_seconds": None if run is None else run.duration_seconds,
                    "error_message": None if run is None else run.error_message,
                }
            )
        own = pd.DataFrame(rows, columns=grid.RUN_COLUMNS)
        frame = pd.DataFrame({**parameters, **own})
        for name in ("started_at", "completed_at"):
            frame[name] = pd.to_datetime(frame[name], utc=True)
        return frame

    # -- its end -------------------------------------------------------------------------------

    def wait(self, timeout: float | None = None, *, check: bool = False) -> Sweep:
        """Block until all runs have ended.

        Args:
            timeout: Seconds; None: as long as it takes.
            check: Raise an error if one of them did not complete.

        Raises:
            TimeoutError: Some have not ended by then; they continue.
            SweepNotFoundError: The sweep was deleted.
            RunNotFoundError: With `check`: the run of a point was deleted.
            RunFailedError: With `check`: the error of the first that FAILED or was CANCELLED.
        """
        timeout = arguments.seconds("timeout", timeout)
        with interruptible(f"sweep {self.id} continues"):
            ended = self._following.ended.wait(timeout)
        if not ended:
            # At least one: its last update may be on its way.
            left = max(1, sum(not self._has_ended(each) for each in self._record.run_ids))
            runs = f"{formatting.counted(left, 'run')} of sweep {self.id}"
            raise TimeoutError(f"{runs} {formatting.have(left)} not ended after {timeout} s")
        found = self._checked()
        if check:
            self.raise_for_status()
        return found

    def raise_for_status(self) -> None:
        """Raise an error if a point has no run, or one that did not complete; does not wait.

        Raises:
            RunNotFoundError: The run of a point was deleted.
            RunFailedError: The error of the first run that FAILED or was CANCELLED.
        """
        for point in self._record.points:
            known = self._manager.get_run(point.run_id)
            if known is None:
                raise RunNotFoundError(
                    f"Sweep {self.id}: the run {point.run_id} of {grid.describe(point.parameters)} "
                    "is gone; retry_failed() runs its point again"
                )
            if known.status.is_final and known.status is not RunStatus.COMPLETED:
                raise RunFailedError.of(known)

    def __await__(self) -> Generator[Any, None, Sweep]:
        return self._wait_async().__await__()

    async def _wait_async(self) -> Sweep:
        with interruptible(f"sweep {self.id} continues"):
            while not self._following.ended.is_set():  # noqa: ASYNC110 (an interrupt must reach it)
                await asyncio.sleep(_SLICE_SECONDS)
        return self._checked()

    def _checked(self) -> Self:
        if self.is_deleted:
            raise record.SweepNotFoundError(f"Sweep {self.id} was deleted from {self.runs_dir}")
        return self

    # -- what can be done with it --------------------------------------------------------------

    def cancel(self) -> None:
        """Cancel every pending or running run and return at once; results are kept.

        Runs shared with other sweeps are cancelled too, and a warning names those sweeps. A run
        that somebody has also asked for by itself, with ``reuse=True``, goes on, and so does one
        that this user may not cancel: a warning names it.

        Raises:
            SweepNotFoundError: The sweep was deleted.
            OSError: None of the runs can be cancelled.
        """
        self._checked()
        with contextlib.suppress(record.SweepNotFoundError, record.DamagedSweepError):
            latest = record.read(self.runs_dir, self.id)
            if latest != self._record:  # it was extended elsewhere
                self._follow(latest)
        ended = {key for key, each in self._summaries.items() if each.record.status.is_final}
        unfinished = [run_id for run_id in self._record.run_ids if run_id not in ended]
        _, notes = ending.cancel(self._manager, self._record, unfinished)
        for note in notes:
            warnings.warn(note, UserWarning, stacklevel=levels_to_the_caller())

    def retry_failed(self, *, cancelled: bool = True) -> list[str]:
        """Run points again whose run failed, was cancelled or deleted, or has lost its results.

        So are those whose run is damaged.

        Args:
            cancelled: Whether to include cancelled runs, also those whose cancel is under way.

        Returns:
            Ids of the new runs. The earlier runs are kept and listed in the record.

        Raises:
            ValueError: The template has changed, or the sweep has the probes of a search for a
                load, which `fusion_jupyter.find_load` runs again.
        """

        def is_useless(point: SweepPoint) -> bool:
            known = self._manager.get_run(point.run_id)
            if known is None or reuse.is_useless(known, cancelled=cancelled):
                return True
            return reuse.has_lost_results(known)

        found, new = launch.run_again(self._manager, self.id, is_useless)
        self._follow(found)
        self.wait_until_known()
        return new

    def extend(
        self,
        over: Mapping[str, Iterable[object]] | None = None,
        *,
        points: Iterable[Mapping[str, object]] | pd.DataFrame | None = None,
    ) -> Sweep:
        """Add points; existing ones are ignored. New ones have the whole ``budget`` again.

        Args:
            over: Values by option name, of the same options as before: a grid.
            points: Explicit points, instead of `over`.

        Raises:
            ValueError: A point sets options other than the sweep's, or the template has changed.
            SweepError: A point cannot be run; nothing was started.

        Example:
            >>> sweep.extend(over={"k_paths": [7], "network": ["NSFNet", "USNet"]})
        """
        self._follow(launch.extend(self._manager, self.id, over, points))
        self.wait_until_known()
        return self

    def delete(self, *, force: bool = False) -> None:
        """Delete the sweep and the runs it created; shared runs are kept.

        Args:
            force: Cancel unfinished runs instead of raising an error.

        Raises:
            ValueError: Some runs have not ended; nothing was deleted.
            OSError: Some runs cannot be ended or deleted; the others are deleted.
        """
        ending.delete(self._manager, self._record, force=force)
        self._following.close()
        # The last update, also for those who wait: what they wait for will not come.
        gone = [key for key in self._summaries if not self._is_there(key)]
        self._receive(CollectionUpdate(changed=(), removed=tuple(gone), final=True))
        self._following.ended.set()

    # -- updates from the watcher's thread -----------------------------------------------------

    def renew(self, sweep: SweepRecord) -> None:
        """Use a record that was read again, for example because it was extended elsewhere."""
        if sweep != self._record or (self.settled and sweep.points):
            self._follow(sweep)

    def _follow(self, sweep: SweepRecord) -> None:
        """Follow the runs that this record names."""
        self._record = sweep
        with self._lock:  # of a deleted run, no update tells
            there = {key: each for key, each in self._summaries.items() if self._is_there(key)}
            self._summaries = there
        known = there if self.settled else {}  # else some progress is not read yet
        if self.settled and not all(map(self._has_ended, sweep.run_ids)):
            self.set_trait("settled", False)  # before the first update, which takes a moment
        changing = partial(record.is_locked, self.runs_dir, self.id)
        self._following.follow(self.runs_dir, sweep.run_ids, known, changing)

    def _receive(self, update: CollectionUpdate, known: Callable[[], None] = lambda: None) -> None:
        with self._lock:
            summaries = {**self._summaries, **{s.record.id: s for s in update.changed}}
            for gone in update.removed:
                summaries.pop(gone, None)
            members = {point.run_id for point in self._record.points}
            self._summaries = {key: each for key, each in summaries.items() if key in members}
        counts = Counter(each.record.status.value for each in self._summaries.values())
        with self.hold_trait_notifications():
            self.set_trait("update", update)
            self.set_trait("counts", dict(counts))
            self.set_trait("fraction", update.fraction)
            self.set_trait("eta_seconds", update.eta_seconds)
            self.set_trait("settled", update.final)
            known()  # before its observers are called: they may ask for the points

    def wait_until_known(self) -> None:
        """Wait until the traits show the directories' state; no handle is returned earlier."""
        own_thread = watcher.is_own_thread()  # it would wait for itself
        if self.settled and not own_thread and not all(map(self._is_there, self._summaries)):
            self._follow(self._record)
        self._following.wait_until_known()

    def _has_ended(self, run_id: str) -> bool:
        known = self._summaries.get(run_id)
        if known is None or not known.record.status.is_final:
            return not self._is_there(run_id)
        return True

    def _is_there(self, run_id: str) -> bool:
        return RunDirectory(self.runs_dir / run_id).is_there
