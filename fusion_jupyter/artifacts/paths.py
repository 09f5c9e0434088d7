"""Safe access to paths that a run's program may have manipulated.

A path is resolved and must then lie inside. To read, a file is reached component by component from
the open output directory, following no link, so that a link swapped in between the check and the
use is refused by the kernel.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# O_NONBLOCK: opening a FIFO returns at once; its type is checked afterwards.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

# Errors of paths that lead nowhere, over a link, or to a socket; None is this module's own.
_NOT_INSIDE = {
    None,
    errno.ENOENT,
    errno.ENOTDIR,
    errno.ELOOP,
    errno.EMLINK,
    errno.ENAMETOOLONG,
    errno.ENXIO,
    errno.EINVAL,
}
# Errors of a link on the way: FreeBSD returns EMLINK, a link in place of a folder gives ENOTDIR.
_MAYBE_A_LINK = {errno.ELOOP, errno.EMLINK, errno.ENOTDIR}


def safe_path(output: Path, relative: str | os.PathLike[str]) -> Path | None:
    """Resolve a path relative to a directory, see `get_artifact_path`.

    Args:
        output: The directory.
        relative: Any text; the result is None if it does not name a file inside.
    """
    parts = _parts(relative)
    if parts is None:
        return None
    try:
        real = _resolve(output, parts)
        if real is None or not stat.S_ISREG(real.lstat().st_mode):
            return None
    except (OSError, ValueError, RuntimeError):
        return None
    return real


def open_inside(output: Path, relative: str | os.PathLike[str]) -> BinaryIO:
    """Open a file below a directory for reading, see `open_artifact`.

    Raises:
        FileNotFoundError: It does not name a regular, visible file inside.
        OSError: It does, but cannot be opened.
    """
    parts = _parts(relative)
    try:
        if parts is not None:
            try:
                return _open_walk(output, parts)
            except OSError as error:
                if error.errno not in _MAYBE_A_LINK:
                    raise
            # A link to a file inside is resolved first; the walk itself follows no links.
            real = _resolve(output, parts)
            if real is not None:
                return _open_walk(output, real.relative_to(_real_root(output)).parts)
    except OSError as error:
        if error.errno not in _NOT_INSIDE:
            raise  # inside, but cannot be opened: permissions, too many open files
    except (ValueError, RuntimeError):
        pass
    raise FileNotFoundError(f"{relative!r} is not a file inside {output}")


def open_root(output: Path) -> int:
    """Open the output directory; neither it nor the run directory may be a link."""
    parent = os.open(output.parent, _DIRECTORY)
    try:
        return os.open(output.name, _DIRECTORY, dir_fd=parent)
    finally:
        os.close(parent)


def open_folder(root: int, parts: Sequence[str]) -> int:
    """Open a folder below an open one, following no link on the way."""
    folder = os.dup(root)
    try:
        for part in parts:
            deeper = os.open(part, _DIRECTORY, dir_fd=folder)
            os.close(folder)
            folder = deeper
    except BaseException:
        os.close(folder)
        raise
    return folder


def _parts(relative: object) -> list[str] | None:
    """The components of an acceptable path, None for any other.

    Empty components indicate absolute paths and doubled or trailing slashes; a leading dot ``.``,
    ``..`` and hidden names, which are never listed.
    """
    if isinstance(relative, os.PathLike):
        relative = os.fspath(relative)
    if not isinstance(relative, str) or "\0" in relative:
        return None
    parts = relative.split("/")
    return None if any(part == "" or part.startswith(".") for part in parts) else parts


def _real_root(output: Path) -> Path:
    # The output directory itself is not a link (`open_root`); its parents may be.
    return output.parent.resolve(strict=True) / output.name


def _resolve(output: Path, parts: list[str]) -> Path | None:
    """The real path of a file inside, None if it leads out or to a hidden name."""
    root = _real_root(output)
    if not stat.S_ISDIR(root.lstat().st_mode):
        return None
    real = root.joinpath(*parts).resolve(strict=True)
    if not real.is_relative_to(root):
        return None
    inside = real.relative_to(root).parts
    return real if inside and not any(part.startswith(".") for part in inside) else None


def _open_walk(output: Path, parts: Sequence[str]) -> BinaryIO:
    root = open_root(output)
    try:
        folder = open_folder(root, parts[:-1])
    finally:
        os.close(root)
    try:
        descriptor = os.open(parts[-1], _FILE, dir_fd=folder)
    finally:
        os.close(folder)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise FileNotFoundError(f"{'/'.join(parts)} is not a regular file")
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise
