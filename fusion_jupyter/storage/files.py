"""Open untrusted files: only regular files, without ever blocking.

A run's program can write to its directory: any name in it may be a FIFO, which would block the
reader, a device, or a link to a private file of the reader. Light, for the supervisor.
"""

from __future__ import annotations

import errno
import json
import os
import stat

TYPE_CHECKING = False  # avoids importing typing
if TYPE_CHECKING:
    from typing import Any

#: Largest size of a JSON file in a run directory: a command line may take some megabytes.
MOST_JSON_BYTES = 16 << 20
MOST_JSON_LEVELS = 32
_LARGEST_FLOAT = 1.7976931348623157e308
# O_NONBLOCK: a FIFO that replaces the file between check and open does not block.
_FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_CHUNK = 1 << 16


class NotAFileError(OSError):
    """A link, a folder, a FIFO, a socket or a device is in place of a file."""

    def __init__(self, path: str, what: str) -> None:
        super().__init__(errno.EINVAL, f"it is {what}, not a file", path)


def open_regular(path: str, *, below: str | None = None) -> int:
    """Open a regular file for reading.

    Args:
        path: The file; not followed if it is a link.
        below: A directory that is a literal prefix of `path`: links from there on, including
            itself, are not followed either.

    Returns:
        A descriptor, to be closed.

    Raises:
        FileNotFoundError: There is no file.
        NotAFileError: It is not a regular file.
        OSError: It cannot be opened.

    Example:
        >>> descriptor = open_regular("/runs/3f9c0a7be214/run.json")
    """
    if below is None:
        return _open_in(path, path, None)
    folder = _open_folder(below, below, None)
    try:
        *folders, name = path[len(below) :].strip("/").split("/")
        for part in folders:
            deeper = _open_folder(part, path, folder)
            os.close(folder)
            folder = deeper
        return _open_in(name, path, folder)
    finally:
        os.close(folder)


def _open_folder(name: str, path: str, folder: int | None) -> int:
    try:
        return os.open(name, _FOLDER, dir_fd=folder)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EMLINK, errno.ENOTDIR):
            raise NotAFileError(path, "behind a link") from None
        raise


def _open_in(name: str, path: str, folder: int | None) -> int:
    # Opening a device can have side effects, so the type is checked first.
    _require_regular(os.stat(name, dir_fd=folder, follow_symlinks=False), path)
    try:
        descriptor = os.open(name, _FILE, dir_fd=folder)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EMLINK, errno.ENXIO):
            raise NotAFileError(path, "a link or a socket") from None
        raise
    try:
        _require_regular(os.fstat(descriptor), path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _require_regular(status: os.stat_result, path: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise NotAFileError(path, _KINDS.get(stat.S_IFMT(status.st_mode), "something else"))


_KINDS = {
    stat.S_IFLNK: "a link",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def read_small(path: str, most: int) -> bytes:
    """Read a whole regular file that should be small.

    Args:
        path: The file; not followed if it is a link.
        most: Largest accepted size in bytes.

    Raises:
        ValueError: It is larger, or not a regular file.
        OSError: It cannot be read; FileNotFoundError: it does not exist.
    """
    try:
        descriptor = open_regular(path)
    except NotAFileError as error:
        raise ValueError(f"{os.path.basename(path)}: {error.strerror}") from None
    try:
        data = os.read(descriptor, _CHUNK)
        if len(data) == _CHUNK:
            while len(data) <= most and (more := os.read(descriptor, most)):
                data += more
    finally:
        os.close(descriptor)
    if len(data) > most:
        raise ValueError(f"{os.path.basename(path)} has more than {most:,} bytes")
    return data


def parse_json(data: bytes) -> dict[str, Any]:
    """Decode a JSON object with finite numbers and bounded nesting.

    Raises:
        ValueError: It is something else; the message continues a sentence that starts with the
            file's name.
    """
    try:
        content = json.loads(
            data, parse_constant=_refuse, parse_float=_finite, parse_int=_whole_number
        )
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"is not valid JSON: {error}") from None
    if not isinstance(content, dict):
        raise ValueError(f"holds {type(content).__name__}, not a JSON object")
    if _is_deep(content):
        raise ValueError("is nested too deeply")
    return content


def _refuse(text: str) -> float:
    raise ValueError(f"{text[:40]} is not an allowed number")


def _finite(text: str) -> float:
    number = float(text)
    return number if -_LARGEST_FLOAT <= number <= _LARGEST_FLOAT else _refuse(text)


def _whole_number(text: str) -> int:
    # Twenty characters hold every 64-bit number.
    return int(text) if len(text) <= 20 else int(_refuse(text))


def _is_deep(content: object) -> bool:
    level = [content]
    for _ in range(MOST_JSON_LEVELS):
        level = [
            item
            for each in level
            for item in (each.values() if isinstance(each, dict) else each)  # type: ignore[attr-defined]
            if isinstance(item, (dict, list))
        ]
        if not level:
            return False
    return True
