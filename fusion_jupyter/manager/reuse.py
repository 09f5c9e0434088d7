"""Serialise the creation of runs with identical requests."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from fusion_jupyter.manager import creation
from fusion_jupyter.storage import atomic_io, lock_holder

REUSE_FOLDER = ".reuse"
_PATIENCE_SECONDS = 10.0


@contextlib.contextmanager
def claimed(runs_dir: Path, fingerprint: str) -> Iterator[None]:
    """Hold the lock for creating a run with this fingerprint; fingerprints share locks.

    Args:
        runs_dir: The runs directory; created if missing.
        fingerprint: Fingerprint of the request, hexadecimal.

    Raises:
        TimeoutError: Another process holds it and makes no progress; the message names it.
        OSError: The runs directory cannot be written.
    """
    creation.make_runs_dir(runs_dir)
    folder = runs_dir / REUSE_FOLDER
    folder.mkdir(exist_ok=True)
    # A few files serve all fingerprints; they are never removed.
    path = os.fspath(folder / fingerprint[:2])
    lock = atomic_io.try_lock(path, patience=_PATIENCE_SECONDS)
    if lock is None:
        raise TimeoutError(
            f"The same run is being created by {lock_holder.describe(path)}, which has not "
            f"finished within {_PATIENCE_SECONDS:.0f} s"
        )
    try:
        yield
    finally:
        os.close(lock)
