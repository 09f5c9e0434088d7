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

from fusion_jupyter.errors import FusionJupyterError
from fusion_jupyter.storage import atomic_io

FOLDER = "sweeps"
FORMAT_VERSION = 1
_LOCK_SECONDS = 30.0
_LARGEST_BYTES = 256 << 20


class SweepNotFoundError(FusionJupyterError, LookupError):
    """There is no such sweep."""


class SweepPoint(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One point of a sweep and its run.

    Attributes:
        parameters: Values of the varied options.
        repeat: Number of this repetition of the point, from 0.
        run_id: The run that computes it.
        shared: Whether the run existed before: this sweep did not create it and never deletes it.
        previous: Failed or cancelled runs of the same point that were replaced.
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
    engine: str = "local"
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
    path = path_of(runs_dir, sweep)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise SweepNotFoundError(f"There is no sweep {sweep!r} in {runs_dir}: {error}") from None
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(_LARGEST_BYTES)
    try:
        record = _decoder.decode(data)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise FusionJupyterError(f"The record of sweep {sweep} is damaged: {error}") from None
    if record.version > FORMAT_VERSION:
        raise FusionJupyterError(
            f"Sweep {sweep} was made by a newer version of fusion_jupyter (its format is "
            f"{record.version}, this version reads up to {FORMAT_VERSION}); update the package"
        )
    return record


def write(runs_dir: Path, record: SweepRecord) -> None:
    """Write a sweep's record atomically.

    Raises:
        OSError: The disk is full or not writable.
    """
    data = msgspec.json.format(msgspec.json.encode(record), indent=1)
    atomic_io.write_atomically(os.fspath(path_of(runs_dir, record.id)), data)


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
                if entry.name.endswith(".json") and not entry.name.startswith("."):
                    with contextlib.suppress(OSError):
                        found.append((entry.stat().st_mtime_ns, entry.name[:-5]))
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
    path.parent.mkdir(parents=True, exist_ok=True)
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
        os.close(descriptor)


def _lock_path(runs_dir: Path, sweep: str) -> Path:
    return runs_dir / FOLDER / f".{sweep}.lock"
