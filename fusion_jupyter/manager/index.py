"""The index: finished runs in SQLite, so that listing thousands takes milliseconds.

A cache of what the run directories say and nothing more: delete it, or damage it, and the next
listing makes it again. The rollback journal (SQLite's default) works on network file systems,
where its write-ahead log does not. Each call has a connection of its own: none is ever carried
across a fork.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from fusion_jupyter.manager.directory import RunDirectory, run_directories
from fusion_jupyter.manager.record import RunRecord

INDEX_FILE = "index.sqlite3"
#: Raised when the table or `RunRecord` changes; another version is thrown away and made again.
INDEX_VERSION = 2
_BUSY_SECONDS = 5.0


def read_all(runs_dir: Path) -> list[RunRecord]:
    """The records of all runs, newest first.

    Finished runs come from the index where their ``state.json`` is still the one that was read;
    all others are read from their directories.

    Args:
        runs_dir: Folder of the run directories; it need not exist.
    """
    directories = {directory.id: directory for directory in run_directories(runs_dir)}
    if not directories:
        return []
    path = runs_dir / INDEX_FILE
    try:
        records = _read(path, directories)
    except sqlite3.DatabaseError as error:
        if not isinstance(error, sqlite3.OperationalError):
            path.unlink(missing_ok=True)  # damaged: the directories know everything
        records = {}
    fresh = {run_id: _record(d) for run_id, d in directories.items() if run_id not in records}
    records.update({key: record for key, record in fresh.items() if record is not None})
    # An index that cannot be written costs time, nothing else.
    with contextlib.suppress(sqlite3.Error, OSError):
        _write(path, [r for r in fresh.values() if r is not None and _is_settled(r)], directories)
    return sorted(records.values(), key=lambda record: (record.created_at, record.id), reverse=True)


def _record(directory: RunDirectory) -> RunRecord | None:
    try:
        return directory.read()
    except FileNotFoundError:
        return None  # deleted meanwhile


def _is_settled(record: RunRecord) -> bool:
    return record.status.is_final and record.completed_at is not None


def _stamp(directory: RunDirectory) -> int | None:
    """Changes with the files that say what a finished run is; None where it has no state."""
    try:
        stamp = directory.state_file.stat().st_mtime_ns
    except OSError:
        return None
    try:
        # Two times in one number: both only grow.
        return stamp + directory.labels_file.stat().st_mtime_ns
    except OSError:
        return stamp


@contextlib.contextmanager
def _connect(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS)
    try:
        if connection.execute("PRAGMA user_version").fetchone()[0] != INDEX_VERSION:
            connection.executescript(
                "DROP TABLE IF EXISTS runs;"
                "CREATE TABLE runs (id TEXT PRIMARY KEY, stamp INTEGER NOT NULL,"
                " record BLOB NOT NULL);"
                f"PRAGMA user_version = {INDEX_VERSION};"
            )
        yield connection
    finally:
        connection.close()


def _read(path: Path, directories: dict[str, RunDirectory]) -> dict[str, RunRecord]:
    if not path.exists():
        return {}
    with _connect(path) as connection:
        rows = connection.execute("SELECT id, stamp, record FROM runs").fetchall()
    decode = msgspec.json.Decoder(RunRecord, dec_hook=_decode_path).decode
    records = {}
    for run_id, stamp, record in rows:
        directory = directories.get(run_id)
        if directory is not None and stamp == _stamp(directory):
            with contextlib.suppress(msgspec.MsgspecError, ValueError):
                records[run_id] = decode(record)
    return records


def _write(path: Path, records: list[RunRecord], directories: dict[str, RunDirectory]) -> None:
    with _connect(path) as connection:
        known = {row[0] for row in connection.execute("SELECT id FROM runs")}
        gone = known - directories.keys()
        if not records and not gone:
            return
        rows = [
            (record.id, stamp, content)
            for record in records
            if (stamp := _stamp(directories[record.id])) is not None
            and (content := _encode(record)) is not None
        ]
        with connection:
            connection.executemany("DELETE FROM runs WHERE id = ?", [(run_id,) for run_id in gone])
            connection.executemany("INSERT OR REPLACE INTO runs VALUES (?, ?, ?)", rows)


def _encode(record: RunRecord) -> bytes | None:
    try:
        return msgspec.json.encode(record, enc_hook=os.fspath)
    except UnicodeEncodeError:
        return None  # bytes in a path that are no text: read from its directory every time


def _decode_path(kind: type, value: Any) -> Any:
    return kind(value) if issubclass(kind, Path) else value
