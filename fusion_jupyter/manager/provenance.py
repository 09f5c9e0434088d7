"""The code and environment that a run was started from: each run's ``provenance.json``.

Inspecting a repository takes longer than a start may. So runs start first, and a thread inspects it
right afterwards, once for all runs that wait for it. If the process dies within these milliseconds,
the run has no such file; nothing else depends on it.
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
from fusion_jupyter.manager import provenance_facts
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.storage import atomic_io

VERSION = 1
#: Spelled out in each file, because the reader of a bundle may have nothing else.
SEEDS = (
    "iteration i, counted from 0, draws its traffic with seed first_seed + i; first_seed is 1 "
    "unless the configuration has another"
)
#: JupyterLab sets this to the kernel's notebook.
_NOTEBOOK_VARIABLE = "JPY_SESSION_NAME"

_waiting: list[RunDirectory] = []
_change = threading.Condition()
_busy = False


def record(directories: Iterable[RunDirectory]) -> None:
    """Record the provenance of runs that have just been started; returns at once.

    It is not a daemon thread, so a script that ends now waits for it.
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
        True if it is recorded after at most `timeout` seconds.
    """
    with _change:
        return _change.wait_for(lambda: not _busy, timeout)


def read(directory: RunDirectory) -> dict[str, Any]:
    """The recorded provenance of a run; empty if there is none or it cannot be read.

    Returns:
        ``package`` (name and version), ``repository``, ``notebook``, ``python``,
        ``distributions`` (``sha256`` and ``installed``), ``machine`` and ``seeds``; see
        `provenance_facts`.
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
        except Exception:  # a run must not fail because of its provenance
            continue


def collect() -> tuple[dict[str, Any], bytes]:
    """Collect everything now.

    Returns:
        The content of ``provenance.json``, and the repository's diff.
    """
    try:
        here: Path | None = Path.cwd()
    except OSError:
        here = None  # the folder was deleted
    repository, diff = provenance_facts.repository(here) if here is not None else (None, b"")
    installed = provenance_facts.distributions(sys.path)
    content = {
        "version": VERSION,
        "recorded_at": datetime.now(UTC).isoformat(),
        "package": {"name": "fusion_jupyter", "version": __version__},
        "repository": repository,
        "notebook": os.environ.get(_NOTEBOOK_VARIABLE),
        "python": provenance_facts.python(),
        "distributions": {"sha256": provenance_facts.digest(installed), "installed": installed},
        "machine": provenance_facts.machine(),
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
    """Hard-link a file; the runs of a sweep share one copy of a diff."""
    if first is None:
        return False
    try:
        target.hardlink_to(first)
    except OSError:
        return False
    return True
