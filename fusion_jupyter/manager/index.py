"""The index: finished runs in SQLite, so that listing thousands takes milliseconds.

Only a cache of the run directories: if it is deleted or damaged, the next listing rebuilds it;
while it is locked, listings do without it. It holds no paths, so a runs directory can be moved and
copied. The rollback journal (SQLite's default) works on network file systems; the write-ahead log
does not. Each call opens its own connection, so none crosses a fork. A process keeps in memory what
it has read from the index.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from fusion_jupyter.manager.directory import Inspection, RunDirectory, run_directories
from fusion_jupyter.manager.record import RunRecord
from fusion_jupyter.storage import layout

INDEX_FILE = "index.sqlite3"
#: Incremented when the table or `RunRecord` changes; an index of another version is rebuilt.
INDEX_VERSION = 3
#: Seconds to wait for a process that locks the index, and for an answer from it.
_PATIENCE_SECONDS = 0.1
_LONGEST_SECONDS = 5.0
#: Up to this many unknown runs are read from their directories without consulting the index.
_FEW = 100
_NOWHERE = Path()

#: Finished runs, by runs directory and id, with the stamp of the files that were read.
_memory: dict[Path, dict[str, tuple[str, RunRecord]]] = {}
_memory_lock = threading.Lock()


def read_all(runs_dir: Path) -> list[RunRecord]:
    """The records of all runs, newest first.

    Finished runs come from the index if their files have not changed; all others are read from
    their directories.

    Args:
        runs_dir: Folder of the run directories; it need not exist.
    """
    directories = {directory.id: directory for directory in run_directories(runs_dir)}
    stamps = {run_id: _stamp(directory) for run_id, directory in directories.items()}
    records = _known(runs_dir, stamps)
    settled: dict[str, tuple[str, RunRecord]] = {}
    for run_id in directories.keys() - records.keys():
        directory = directories[run_id]
        inspection = directory.inspect()
        if not inspection.facts.folder:
            continue  # deleted meanwhile
        records[run_id] = directory.record_of(inspection)
        # The stamp was taken first, so a change made since then is read next time.
        stamp = stamps[run_id]
        if stamp is not None and _is_settled(inspection):
            settled[run_id] = (stamp, records[run_id])
    _remember(runs_dir, settled, present=directories)
    return sorted(records.values(), key=lambda record: (record.created_at, record.id), reverse=True)


def unsettled(runs_dir: Path) -> list[RunDirectory]:
    """The run directories of runs that the index does not list as finished."""
    directories = run_directories(runs_dir)
    stamps = {directory.id: _stamp(directory) for directory in directories}
    known = _known(runs_dir, stamps)
    if len(directories) - len(known) > _FEW:
        read_all(runs_dir)  # the next listing includes them
        known = _remembered(runs_dir, stamps)
    return [directory for directory in directories if directory.id not in known]


def _is_settled(inspection: Inspection) -> bool:
    """Whether the end is recorded and the files are sound."""
    status = inspection.facts.status
    return status is not None and status.is_final and inspection.verdict.problem is None


def _stamp(directory: RunDirectory) -> str | None:
    """A stamp that changes with a finished run's files; None if it has no state."""
    # The hot path of each listing, for thousands of runs: pathlib would take most of the time.
    folder = os.fspath(directory.path)
    try:
        state = os.lstat(f"{folder}/{layout.STATE_FILE}")
    except OSError:
        return None
    try:
        labels = os.lstat(f"{folder}/{layout.LABELS_FILE}").st_mtime_ns
    except OSError:
        labels = 0
    return f"{state.st_mtime_ns} {state.st_size} {labels}"


# -- memory ------------------------------------------------------------------------------------


def _known(runs_dir: Path, stamps: Mapping[str, str | None]) -> dict[str, RunRecord]:
    """The finished runs in memory whose files have not changed."""
    found = _remembered(runs_dir, stamps)
    if sum(stamp is not None and run_id not in found for run_id, stamp in stamps.items()) > _FEW:
        _remember(runs_dir, _load(runs_dir, stamps), present=stamps, save=False)
        found = _remembered(runs_dir, stamps)
    return found


def _remembered(runs_dir: Path, stamps: Mapping[str, str | None]) -> dict[str, RunRecord]:
    with _memory_lock:
        memory = _memory.get(runs_dir, {})
        return {
            run_id: known[1]
            for run_id, stamp in stamps.items()
            if (known := memory.get(run_id)) is not None and known[0] == stamp
        }


def _remember(
    runs_dir: Path,
    settled: Mapping[str, tuple[str, RunRecord]],
    *,
    present: Iterable[str],
    save: bool = True,
) -> None:
    with _memory_lock:
        memory = _memory.setdefault(runs_dir, {})
        gone = memory.keys() - present
        for run_id in gone:
            del memory[run_id]
        memory.update(settled)
    if save and (settled or gone):
        _save(runs_dir, settled, gone)


# -- the file ----------------------------------------------------------------------------------


def _load(runs_dir: Path, stamps: Mapping[str, str | None]) -> dict[str, tuple[str, RunRecord]]:
    """The runs in the index whose files have not changed."""
    path = runs_dir / INDEX_FILE
    try:
        with _connect(path) as connection:
            rows = connection.execute("SELECT id, stamp, record FROM runs").fetchall()
    except FileNotFoundError:
        return {}
    except (sqlite3.Error, OSError) as error:
        if isinstance(error, sqlite3.DatabaseError) and not _is_busy(error):
            path.unlink(missing_ok=True)  # damaged; the directories hold everything
        return {}
    decode = msgspec.json.Decoder(RunRecord, dec_hook=_decode_odd).decode
    found = {}
    for run_id, stamp, content in rows:
        if stamp is not None and stamps.get(run_id) == stamp:
            with contextlib.suppress(msgspec.MsgspecError, ValueError, TypeError):
                record = decode(content)
                if record.id == run_id and record.created_at.tzinfo is not None:
                    # Frozen, but not shared yet; copying each record would take longer.
                    object.__setattr__(record, "directory", runs_dir / run_id)
                    found[run_id] = (stamp, record)
    gone = [row[0] for row in rows if row[0] not in stamps]
    if gone:
        _save(runs_dir, {}, gone)
    return found


def _save(
    runs_dir: Path, settled: Mapping[str, tuple[str, RunRecord]], gone: Iterable[str]
) -> None:
    rows = [
        (run_id, stamp, content)
        for run_id, (stamp, record) in settled.items()
        if (content := _encode(record)) is not None
    ]
    # An index that cannot be written only costs time.
    with (
        contextlib.suppress(sqlite3.Error, OSError),
        _connect(runs_dir / INDEX_FILE, make=True) as connection,
        connection,
    ):
        connection.executemany("DELETE FROM runs WHERE id = ?", [(run_id,) for run_id in gone])
        connection.executemany("INSERT OR REPLACE INTO runs VALUES (?, ?, ?)", rows)


def _is_busy(error: sqlite3.DatabaseError) -> bool:
    return isinstance(error, sqlite3.OperationalError)


@contextlib.contextmanager
def _connect(path: Path, *, make: bool = False) -> Iterator[sqlite3.Connection]:
    """A connection to the index.

    Raises:
        FileNotFoundError: There is none and `create` is false.
        OSError: Something else is in its place.
        sqlite3.Error: It is locked or damaged.
    """
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            raise OSError(f"{path} is no file")
    except FileNotFoundError:
        if not make:
            raise
    connection = sqlite3.connect(path, timeout=_PATIENCE_SECONDS)
    try:
        # A crafted file could contain a query that never ends.
        deadline = time.monotonic() + _LONGEST_SECONDS
        connection.set_progress_handler(lambda: time.monotonic() > deadline, 1_000_000)
        if connection.execute("PRAGMA user_version").fetchone()[0] != INDEX_VERSION:
            connection.executescript(
                "DROP TABLE IF EXISTS runs;"
                "CREATE TABLE runs (id TEXT PRIMARY KEY, stamp TEXT NOT NULL,"
                " record BLOB NOT NULL);"
                f"PRAGMA user_version = {INDEX_VERSION};"
            )
        yield connection
    finally:
        connection.close()


def _encode(record: RunRecord) -> bytes | None:
    fields: dict[str, Any] = {name: getattr(record, name) for name in _FIELDS}
    try:
        return msgspec.json.encode({**fields, "directory": ""}, enc_hook=os.fspath)
    except (UnicodeEncodeError, OverflowError):
        return None  # a path that is not valid text: read from its directory every time


def _decode_odd(kind: type, value: Any) -> Any:
    return _NOWHERE if issubclass(kind, Path) else value


_FIELDS = tuple(RunRecord.__dataclass_fields__)
