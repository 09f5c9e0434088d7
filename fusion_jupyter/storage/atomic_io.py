"""Durable writes and locks that die with their holder: what everything on the disk stands on.

Imported by the supervisor, which must start in milliseconds: nothing but light modules of the
standard library.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import time

from fusion_jupyter.storage import files

TYPE_CHECKING = False  # without the weight of typing
if TYPE_CHECKING:
    from typing import Any


def write_atomically(
    path: str,
    data: bytes,
    mode: int = 0o644,
    *,
    durable: bool = True,
    folder: int | None = None,
) -> None:
    """Replace a file's content so that a reader, or a crash, sees the old or the new, whole.

    Written to a hidden neighbour, synced, renamed over the target; then the directory is synced,
    so that the rename itself survives a power cut.

    Args:
        path: The file to write; its directory exists.
        data: The whole new content.
        mode: Permission bits of the new file.
        durable: Sync, so that the new content survives a power cut. Without it a reader still
            sees the old or the new, whole; see `sync_filesystem`.
        folder: Descriptor of the file's directory; `path` is then a name in it.

    Raises:
        OSError: The disk is full or not writable; the old content is then still there.
    """
    parent, name = os.path.split(path)
    temporary = os.path.join(parent, f".{name}.{os.getpid()}.{os.urandom(4).hex()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    descriptor = os.open(temporary, flags, mode, dir_fd=folder)
    try:
        try:
            _write_all(descriptor, data)
            if durable:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(temporary, path, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        # What a failed write leaves is not worth an error of its own.
        try:
            os.unlink(temporary, dir_fd=folder)
        except OSError:
            pass
        raise
    if durable:
        if folder is None:
            sync_directory(parent)
        else:
            os.fsync(folder)


def write_new(path: str, data: bytes, mode: int = 0o644, *, durable: bool = True) -> None:
    """Write a file in a directory that nobody else reads yet.

    Args:
        path: The file, which does not exist; its directory does.
        data: The whole content.
        mode: Permission bits.
        durable: Sync the content; syncing the directory is left to the caller.

    Raises:
        OSError: It exists, or the disk is full or not writable.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        _write_all(descriptor, data)
        if durable:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def encode_json(content: dict[str, Any]) -> bytes:
    """A JSON object as it stands in the files of a run directory."""
    return json.dumps(content, indent=1).encode() + b"\n"


def write_json(
    path: str,
    content: dict[str, Any],
    mode: int = 0o644,
    *,
    durable: bool = True,
    folder: int | None = None,
) -> None:
    """Write a JSON object atomically, see `write_atomically`."""
    write_atomically(path, encode_json(content), mode, durable=durable, folder=folder)


def read_json(path: str) -> dict[str, Any] | None:
    """Read a small JSON object that anybody may have written.

    Never waits, and reads regular files only; numbers are finite, the nesting is bounded.

    Returns:
        The object, or None where there is no such file.

    Raises:
        ValueError: The file is there but is not such a JSON object.
        OSError: It cannot be read.
    """
    try:
        data = files.read_small(path, files.MOST_JSON_BYTES)
    except FileNotFoundError:
        return None
    try:
        return files.parse_json(data)
    except ValueError as error:
        raise ValueError(f"{os.path.basename(path)} {error}") from None


def mark(path: str) -> None:
    """Make an empty file, unless there is a file of that name; possible on a full disk too.

    Raises:
        OSError: The folder is missing or not writable.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        os.close(os.open(path, flags, 0o644))
    except OSError:
        if not os.path.lexists(path):
            raise


def sync_filesystem(path: str) -> None:
    """Make all that was written to the file system of a directory durable, where it can be asked.

    One call for thousands of files costs less than a sync of each.
    """
    import ctypes

    descriptor = os.open(path, os.O_RDONLY)
    try:
        syncfs = getattr(ctypes.CDLL(None), "syncfs", None)
        if syncfs is None:
            os.sync()  # macOS
        else:
            syncfs(descriptor)
    finally:
        os.close(descriptor)


def sync_directory(path: str) -> None:
    """Make the entries of a directory (creations, renames) durable."""
    descriptor = os.open(path or ".", os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def is_read_only(error: OSError) -> bool:
    """Tell whether an error says that this process may look but not write."""
    return error.errno in (errno.EROFS, errno.EACCES, errno.EPERM)


def try_lock(path: str, *, patience: float = 0.0) -> int | None:
    """Take an exclusive lock that the operating system releases when the holder dies.

    Args:
        path: The lock's file, made where it is missing.
        patience: Seconds to go on trying; `is_locked` holds a lock for some microseconds.

    Returns:
        An open file descriptor that holds the lock until it is closed, also in a child that
        inherits it; None where another process holds it.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
    descriptor = os.open(path, flags, 0o644)
    deadline = time.monotonic() + patience
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return descriptor
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    os.close(descriptor)
                    return None
            time.sleep(0.001)
    except BaseException:
        os.close(descriptor)
        raise


def is_locked(path: str) -> bool:
    """Tell whether a process holds the lock of `try_lock`, without keeping it.

    The look takes a shared lock for some microseconds: two who look don't disturb each other, and
    one who wants the lock has the patience to try again. What is no file is locked by nobody.

    Raises:
        OSError: It cannot be told.
    """
    try:
        descriptor = files.open_regular(path)
    except (FileNotFoundError, files.NotAFileError):
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
