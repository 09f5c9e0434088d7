"""A sweep's name and tags, which may change after it was created; its runs have its tags, too."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from fusion_jupyter import arguments
from fusion_jupyter.errors import DamagedRunError, RunNotFoundError, levels_to_the_caller
from fusion_jupyter.manager import labels
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunCreate
from fusion_jupyter.studies import record
from fusion_jupyter.studies.record import SweepRecord


class SweepLabels:
    """The part of `fusion_jupyter.Sweep` that names and tags it."""

    if TYPE_CHECKING:
        id: Any
        record: Any
        _manager: RunManager

        def _follow(self, sweep: SweepRecord) -> None: ...

    @property
    def name(self) -> str:
        """Human-readable name."""
        return str(self.record.name)

    @property
    def tags(self) -> tuple[str, ...]:
        """Labels for filtering, also of each run."""
        return tuple(self.record.tags)

    def rename(self, name: str) -> None:
        """Rename the sweep; its runs keep their names.

        Raises:
            ValueError: It is empty, too long, or contains an unprintable character.
            SweepNotFoundError: The sweep was deleted.
        """
        new = labels.checked_name(name)
        if new is None:
            raise arguments.refuse("name", name, "printable characters")
        with record.locked(self._manager.runs_dir, self.id):
            sweep = record.read(self._manager.runs_dir, self.id)
            sweep.name = new
            record.write(self._manager.runs_dir, sweep)
        self._follow(sweep)

    def tag(self, *tags: str | list[str]) -> None:
        """Add tags to the sweep and its runs, one by one or as a list; existing ones are ignored.

        Raises:
            ValueError: A tag is not allowed; nothing was written.
            SweepNotFoundError: The sweep was deleted.

        Example:
            >>> sweep.tag("ofc27", "figure 3")
        """
        with record.locked(self._manager.runs_dir, self.id):
            sweep = record.read(self._manager.runs_dir, self.id)
            if add_tags(sweep, labels.flat(tags)):
                record.write(self._manager.runs_dir, sweep)
        tag_runs(self._manager, sweep, sweep.run_ids)
        self._follow(sweep)

    def untag(self, *tags: str | list[str]) -> None:
        """Remove tags from the sweep and the runs that it created; missing ones are ignored.

        Raises:
            SweepNotFoundError: The sweep was deleted.
        """
        gone = set(labels.flat(tags))
        with record.locked(self._manager.runs_dir, self.id):
            sweep = record.read(self._manager.runs_dir, self.id)
            sweep.tags = [tag for tag in sweep.tags if tag not in gone]
            record.write(self._manager.runs_dir, sweep)
        for run_id in dict.fromkeys(point.run_id for point in sweep.points if not point.shared):
            _untag_run(RunDirectory(self._manager.runs_dir / run_id), gone)
        self._follow(sweep)


def take_over(sweep: SweepRecord, request: RunCreate) -> bool:
    """Give an existing sweep the name and the tags with which it is requested again.

    Returns:
        Whether the record has changed.

    Raises:
        ValueError: The sweep would have too many tags.
    """
    name = labels.checked_name(request.name)
    renamed = name is not None and name != sweep.name
    if name is not None:
        sweep.name = name
    most = request.max_concurrent
    if most is not None and most != sweep.max_concurrent:
        warnings.warn(
            f"max_concurrent is {most}, but sweep {sweep.id} was started with "
            f"{sweep.max_concurrent}, which stays for its runs",
            UserWarning,
            stacklevel=levels_to_the_caller(),
        )
    return add_tags(sweep, request.tags) or renamed


def add_tags(sweep: SweepRecord, tags: Iterable[str]) -> bool:
    """Add tags to a record; whether it has changed.

    Raises:
        ValueError: A tag is not allowed, or there are too many.
    """
    all_tags = labels.checked_tags([*sweep.tags, *labels.checked_tags(tags)])
    changed = all_tags != sweep.tags
    sweep.tags = all_tags
    return changed


def _untag_run(directory: RunDirectory, gone: set[str]) -> None:
    """Remove tags from a run; one that is not there or cannot be read keeps what it has."""
    with contextlib.suppress(RunNotFoundError, DamagedRunError):
        if not gone.intersection(directory.check().tags):
            return
        with labels.changing(directory):
            run = directory.check()
            kept = [tag for tag in run.tags if tag not in gone]
            labels.write(directory, name=run.name, tags=kept)


def tag_runs(manager: RunManager, sweep: SweepRecord, run_ids: Iterable[str]) -> None:
    """Add a sweep's tags to some of its runs; one that cannot take them is named in a warning."""
    for run_id in run_ids if sweep.tags else ():
        run = manager.get_run(run_id)
        try:
            if run is not None:
                manager.add_tags(run, sweep.tags)
        except (OSError, ValueError) as error:  # it is somebody else's; the sweep goes on
            warnings.warn(
                f"Sweep {sweep.id}: run {run_id}, which it shares, does not get its tags: {error}",
                UserWarning,
                stacklevel=levels_to_the_caller(),
            )
