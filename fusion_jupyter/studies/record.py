"""A sweep's record on disk: one small file beside the run directories.

``<runs_dir>/sweeps/<sweep id>.json`` names every point and the id of its run. It is written before
the runs are created, so that after a crash exactly the missing runs can be created. A sweep's id is
derived from what it computes: requesting the same sweep again finds the same file.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from fusion_jupyter.choices import DEFAULT_ENGINE
from fusion_jupyter.errors import FusionJupyterError
from fusion_jupyter.manager.creation import make_runs_dir
from fusion_jupyter.manager.record import is_run_id
from fusion_jupyter.storage import atomic_io, files

FOLDER = "sweeps"
FORMAT_VERSION = 1
_LOCK_SECONDS = 30.0
_LARGEST_BYTES = 256 << 20


class SweepNotFoundError(FusionJupyterError, LookupError):
    """There is no such sweep."""


class DamagedSweepError(FusionJupyterError, ValueError):
    """The record of a sweep cannot be read."""


class SweepPoint(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One point of a sweep and its run; points that compute the same have one run.

    Points that are spelled differently and compute the same have one run.

    Attributes:
        parameters: Values of the varied options.
        repeat: Number of this repetition of the point, from 0.
        run_id: The run that computes it.
        shared: Whether the run existed before: this sweep did not create it and never deletes it.
        previous: Runs that this sweep created for the point, and that were replaced because they
            failed, were cancelled or lost their results.
    """

    parameters: dict[str, Any]
    repeat: int = 0
    run_id: str
    shared: bool = False
    previous: list[str] = []


class SweepRecord(msgspec.Struct, kw_only=True):
    """The request of a sweep, and the run of each point.

    Attributes:
        version: Version of this format.
        id: 12 hexadecimal digits.
        name: Human-readable name.
        tags: Labels for filtering, also of each run.
        created_at: ISO 8601, UTC.
        template: Name of the template or path of the INI file.
        simulator: As requested: ``"auto"``, ``"fusion"`` or ``"embedded"``.
        engine: Where the runs execute.
        engine_options: Options of the engine.
        options: Options shared by all points.
        repeats: Repetitions of each point.
        max_concurrent: Maximum number of concurrent runs of this sweep; None: the limit of the runs
            directory.
        budget: Seconds that its runs may take, waiting included; None: no limit.
        deadline: When that time ends, in seconds since the epoch.
        points: The points in order; a point with repeats occurs once per repeat.
    """

    version: int
    id: str
    name: str
    tags: list[str] = []
    created_at: str = ""
    template: str = ""
    simulator: str = "auto"
    engine: str = DEFAULT_ENGINE
    engine_options: dict[str, Any] = {}
    options: dict[str, Any] = {}
    repeats: int = 1
    max_concurrent: int | None = None
    budget: float | None = None
    deadline: float | None = None
    points: list[SweepPoint] = []

    @property
    def parameters(self) -> list[str]:
        """Names of the varied options, in the given order."""
        return list(self.points[0].parameters) if self.points else []

    @property
    def run_ids(self) -> list[str]:
        """Ids of the runs, in the order of the points; a run of several points once."""
        return list(dict.fromkeys(point.run_id for point in self.points))


_decoder = msgspec.json.Decoder(SweepRecord)


def sweep_id(content: dict[str, Any]) -> str:
    """The id of a sweep with this content: the first 12 hexadecimal digits of its hash."""
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def path_of(runs_dir: Path, sweep: str) -> Path:
    """Path of a sweep's record."""
    return runs_dir / FOLDER / f"{sweep}.json"


def read(runs_dir: Path, sweep: str) -> SweepRecord:
    """Read a sweep's record.

    Raises:
        SweepNotFoundError: There is no sweep with this id.
        FusionJupyterError: Its file is damaged, or written by a newer version of this package.
    """
    try:
        data = files.read_small(os.fspath(path_of(runs_dir, sweep)), _LARGEST_BYTES)
    except OSError as error:
        raise SweepNotFoundError(f"There is no sweep {sweep!r} in {runs_dir}: {error}") from None
    except ValueError as error:
        raise FusionJupyterError(f"The record of sweep {sweep} is damaged: {error}") from None
    record = decode(data, sweep)
    if record.id != sweep:  # a copy of another sweep's record, which may be out of date
        raise FusionJupyterError(
            f"The record of sweep {sweep} is damaged: it is that of sweep {record.id[:20]!r}"
        )
    return record


def decode(data: bytes | msgspec.Raw, sweep: str) -> SweepRecord:
    """Decode and check a record.

    Args:
        data: Its JSON text.
        sweep: The sweep's id, or other words for it, for messages.

    Raises:
        DamagedSweepError: It is damaged, or written by a newer version of this package.
    """
    try:
        record = _decoder.decode(data)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise DamagedSweepError(f"The record of sweep {sweep} is damaged: {error}") from None
    if record.version > FORMAT_VERSION:
        raise DamagedSweepError(
            f"Sweep {sweep} was made by a newer version of fusion_jupyter (its format is "
            f"{record.version}, this version reads up to {FORMAT_VERSION}); update the package"
        )
    if not is_run_id(record.id):  # a sweep's id has the form of a run's
        raise DamagedSweepError(
            f"The record of sweep {sweep} is damaged: {record.id[:20]!r} is not the id of a sweep"
        )
    names = set(record.parameters)
    if any(set(point.parameters) != names for point in record.points):
        raise DamagedSweepError(
            f"The record of sweep {sweep} is damaged: its points set different options"
        )
    named = [run for point in record.points for run in (point.run_id, *point.previous)]
    if record.id in named:
        raise DamagedSweepError(
            f"The record of sweep {sweep} is damaged: its id is that of a run, {record.id}"
        )
    wrong = [run for run in named if not is_run_id(run)]
    if wrong:
        raise DamagedSweepError(
            f"The record of sweep {sweep} is damaged: {wrong[0][:20]!r} is not the id of a run"
        )
    return record


def write(runs_dir: Path, record: SweepRecord) -> None:
    """Write a sweep's record atomically.

    Raises:
        OSError: The disk is full or not writable.
    """
    data = msgspec.json.format(msgspec.json.encode(record), indent=1)
    atomic_io.write_atomically(os.fspath(path_of(runs_dir, record.id)), data)


def others(runs_dir: Path, sweep: str) -> Iterator[SweepRecord]:
    """The records of the other sweeps but the damaged ones, newest first."""
    for other in list_ids(runs_dir):
        if other != sweep:
            with contextlib.suppress(FusionJupyterError):
                yield read(runs_dir, other)


def runs_of_others(runs_dir: Path, sweep: str) -> set[str]:
    """Ids of the runs that other sweeps name, also of those that they have replaced."""
    return {
        run_id
        for other in others(runs_dir, sweep)
        for point in other.points
        for run_id in (point.run_id, *point.previous)
    }


def remove(runs_dir: Path, sweep: str) -> None:
    """Remove a sweep's record and its lock; no error if they are missing."""
    for path in (path_of(runs_dir, sweep), _lock_path(runs_dir, sweep)):
        path.unlink(missing_ok=True)


def list_ids(runs_dir: Path) -> list[str]:
    """Ids of all sweeps, newest record first."""
    found: list[tuple[int, str]] = []
    try:
        with os.scandir(runs_dir / FOLDER) as entries:
            for entry in entries:
                name = entry.name.removesuffix(".json")
                if name != entry.name and is_run_id(name):
                    with contextlib.suppress(OSError):
                        found.append((entry.stat(follow_symlinks=False).st_mtime_ns, name))
    except OSError:
        return []
    return [name for _, name in sorted(found, reverse=True)]


@contextlib.contextmanager
def locked(runs_dir: Path, sweep: str) -> Iterator[None]:
    """Lock this sweep against changes by others; the lock is released if its holder dies.

    Raises:
        TimeoutError: Another process has held it for half a minute.
    """
    path = _lock_path(runs_dir, sweep)
    make_runs_dir(runs_dir)
    path.parent.mkdir(exist_ok=True)
    deadline = time.monotonic() + _LOCK_SECONDS
    while (descriptor := atomic_io.try_lock(os.fspath(path), patience=0.2)) is None:
        if time.monotonic() > deadline:
            raise TimeoutError(
                f"Another process has been changing sweep {sweep} for {_LOCK_SECONDS:.0f} s; "
                "try again when it has ended"
            )
    try:
        yield
    finally:
        atomic_io.unlock(descriptor)


def is_locked(runs_dir: Path, sweep: str) -> bool:
    """Whether somebody is changing this sweep, and may be creating runs that it names.

    False if that cannot be known: nobody waits for ever.
    """
    try:
        return atomic_io.is_locked(os.fspath(_lock_path(runs_dir, sweep)))
    except OSError:
        return False


def _lock_path(runs_dir: Path, sweep: str) -> Path:
    return runs_dir / FOLDER / f".{sweep}.lock"
