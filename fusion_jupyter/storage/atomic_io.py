"""Atomic writes, locks that are released when their holder dies, and directory sync.

Imported by the supervisor, which must start in milliseconds, so it imports only light
standard-library modules.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import time

from fusion_jupyter.storage import files

TYPE_CHECKING = False  # avoids importing typing
if TYPE_CHECKING:
    from typing import Any


def write_atomically(
    path: str,
    data: bytes,
    mode: int = 0o666,
    *,
    durable: bool = True,
    folder: int | None = None,
) -> None:
    """Replace a file's content atomically: readers see the old or the new, even after a crash.

    The content is written to a hidden file beside it, synced, and renamed over the target; then the
    directory is synced, so that the rename survives a power cut.

    Args:
        path: The file to write; its directory exists.
        data: The whole new content.
        mode: Permission bits of the new file.
        durable: Sync, so that the new content survives a power cut. Without it the replacement is
            still atomic for readers; see `sync_filesystem`.
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
        # A failed write's leftovers do not deserve an error of their own.
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


def write_new(path: str, data: bytes, mode: int = 0o666, *, durable: bool = True) -> None:
    """Write a file in a directory that no other process reads yet.

    Args:
        path: The file, which does not exist; its directory does.
        data: The whole content.
        mode: Permission bits.
        durable: Sync the content; syncing the directory is left to the caller.

    Raises:
        OSError: The file exists, or the disk is full or not writable.
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
    """Encode a JSON object for a file of a run directory."""
    return json.dumps(content, indent=1).encode() + b"\n"


def write_json(
    path: str,
    content: dict[str, Any],
    mode: int = 0o666,
    *,
    durable: bool = True,
    folder: int | None = None,
) -> None:
    """Write a JSON object atomically, see `write_atomically`."""
    write_atomically(path, encode_json(content), mode, durable=durable, folder=folder)


def read_json(path: str) -> dict[str, Any] | None:
    """Read a small JSON object from an untrusted file.

    Never blocks, and reads only regular files; numbers are finite and nesting is bounded.

    Returns:
        The object, or None if there is no such file.

    Raises:
        ValueError: The file exists but does not hold such a JSON object.
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
    """Create an empty marker file unless it exists; works even on a full disk.

    Raises:
        OSError: The folder is missing or not writable.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        os.close(os.open(path, flags, 0o666))
    except OSError:
        if not os.path.lexists(path):
            raise


def sync_filesystem(path: str) -> None:
    """Sync the whole file system of a directory, where the platform allows it.

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
    """Return whether an error means that this process may read but not write."""
    return error.errno in (errno.EROFS, errno.EACCES, errno.EPERM)


def try_lock(path: str, *, patience: float = 0.0) -> int | None:
    """Take an exclusive lock that the operating system releases when its holder dies.

    Args:
        path: The lock file, created if missing.
        patience: Seconds to keep trying, because `is_locked` holds the lock for some microseconds.

    Returns:
        An open file descriptor that holds the lock until `unlock`, or until all its copies, in
        children too, are closed; None if another process holds the lock.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
    descriptor = os.open(path, flags, 0o666)
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
    """Return whether a process holds the lock of `try_lock`, without keeping it.

    The test takes a shared lock for some microseconds, so concurrent tests do not disturb each
    other, and a process that wants the lock retries. Anything but a regular file counts as
    unlocked.

    Raises:
        OSError: It cannot be determined.
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
        unlock(descriptor)
    return False


def unlock(descriptor: int) -> None:
    """Release a lock and close its descriptor.

    Closing alone is not enough: a program that another thread is starting has a copy of each
    descriptor for a moment, and would hold the lock that long.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
    finally:
        os.close(descriptor)
