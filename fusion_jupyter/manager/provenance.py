"""From which code and in which surroundings a run was started: ``provenance.json`` of each run.

Looking at a repository takes longer than a start may. So runs are started first, and a thread
looks right afterwards, once for all the runs that wait for it. A run whose process died in these
milliseconds has no such file; nothing else depends on it.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fusion_jupyter._version import __version__
from fusion_jupyter.manager import surroundings
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.storage import atomic_io

VERSION = 1
#: Said in words in each file, since a reader of a bundle may have nothing but the file.
SEEDS = (
    "iteration i, counted from 0, draws its traffic with seed first_seed + i; first_seed is 1 "
    "unless the configuration has another"
)
#: JupyterLab tells a kernel which notebook it belongs to.
_NOTEBOOK_VARIABLE = "JPY_SESSION_NAME"

_waiting: list[RunDirectory] = []
_change = threading.Condition()
_busy = False


def record(directories: Iterable[RunDirectory]) -> None:
    """Record the provenance of runs that have just been started; returns at once.

    The thread that does it is no daemon: a script that ends now ends when it is done.
    """
    global _busy  # noqa: PLW0603 (one thread a process)
    with _change:
        _waiting.extend(directories)
        if _busy or not _waiting:
            return
        _busy = True
    try:
        threading.Thread(target=_work, name="fusion_jupyter provenance").start()
    except RuntimeError:  # the interpreter is shutting down
        with _change:
            _waiting.clear()
            _busy = False


def finish(timeout: float = 10.0) -> bool:
    """Wait until the provenance of every run started here is recorded.

    Returns:
        Whether it is, after at most `timeout` seconds.
    """
    with _change:
        return _change.wait_for(lambda: not _busy, timeout)


def read(directory: RunDirectory) -> dict[str, Any]:
    """What was recorded of a run's start; empty where nothing was, or it cannot be read.

    Returns:
        ``package`` (name and version), ``repository``, ``notebook``, ``python``,
        ``distributions`` (``sha256`` and ``installed``), ``machine`` and ``seeds``; see
        `surroundings`.
    """
    try:
        return atomic_io.read_json(os.fspath(directory.provenance_file)) or {}
    except (ValueError, OSError):
        return {}


def _work() -> None:
    global _busy  # noqa: PLW0603 (see record)
    while True:
        with _change:
            if not _waiting:
                _busy = False
                _change.notify_all()
                return
            directories = list(_waiting)
            _waiting.clear()
        try:
            content, diff = collect()
            _write(directories, content, diff)
        except Exception:  # a run is worth more than the record of its start
            continue


def collect() -> tuple[dict[str, Any], bytes]:
    """Look at everything now.

    Returns:
        The content of ``provenance.json``, and the repository's diff.
    """
    try:
        here: Path | None = Path.cwd()
    except OSError:
        here = None  # it was deleted
    repository, diff = surroundings.repository(here) if here is not None else (None, b"")
    installed = surroundings.distributions(sys.path)
    content = {
        "version": VERSION,
        "recorded_at": datetime.now(UTC).isoformat(),
        "package": {"name": "fusion_jupyter", "version": __version__},
        "repository": repository,
        "notebook": os.environ.get(_NOTEBOOK_VARIABLE),
        "python": surroundings.python(),
        "distributions": {"sha256": surroundings.digest(installed), "installed": installed},
        "machine": surroundings.machine(),
        "seeds": SEEDS,
    }
    return content, diff


def _write(directories: list[RunDirectory], content: dict[str, Any], diff: bytes) -> None:
    first: Path | None = None
    for directory in directories:
        try:
            if diff and not _linked(first, directory.diff_file):
                atomic_io.write_atomically(os.fspath(directory.diff_file), diff, durable=False)
                first = directory.diff_file
            path = os.fspath(directory.provenance_file)
            atomic_io.write_json(path, content, durable=False)
        except OSError:
            continue  # the run was deleted meanwhile, or the disk is full


def _linked(first: Path | None, target: Path) -> bool:
    """Give a file a second name; the runs of a sweep share one copy of a diff."""
    if first is None:
        return False
    try:
        target.hardlink_to(first)
    except OSError:
        return False
    return True
