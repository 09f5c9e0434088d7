"""Read files that are still being written.

FUSION rewrites its results files in place: a reader that polls quickly finds most of them empty or
truncated. Such a file is read again for a short time; partial content is never used or cached.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from fusion_jupyter.artifacts.paths import open_inside
from fusion_jupyter.errors import FusionJupyterError

T = TypeVar("T")

#: How long to retry a file that cannot be decoded, in seconds.
PATIENCE_SECONDS = 2.0
_PAUSE_SECONDS = 0.05
# A file unchanged for this long is not being written, so retrying does not help.
_SETTLED_SECONDS = 2.0


class TooLargeError(FusionJupyterError, ValueError):
    """A file is larger than the caller's limit; retrying does not help."""


class DamagedFileError(FusionJupyterError, ValueError):
    """A file is permanently empty, truncated or invalid."""


def read(output: Path, relative: str, *, max_bytes: int | None = None) -> bytes:
    """Read a file below a directory.

    Args:
        output: The run's output directory.
        relative: Path of the file below it.
        max_bytes: Largest size that is accepted; None: any.

    Raises:
        FileNotFoundError: It is not a regular file inside.
        TooLargeError: It is larger than `max_bytes`.
    """
    return _read(output, relative, max_bytes)[0]


def read_whole(
    output: Path,
    relative: str,
    decode: Callable[[bytes], T],
    *,
    max_bytes: int | None = None,
    patience: float = PATIENCE_SECONDS,
) -> T:
    """Read and decode a file; retry while it is being written.

    Args:
        output: The run's output directory.
        relative: Path of the file below it.
        decode: Makes the result from the bytes; raises ValueError if they are incomplete.
        max_bytes: Largest size that is accepted; None: any.
        patience: Seconds to keep trying.

    Raises:
        FileNotFoundError: It is not a regular file inside.
        TooLargeError: It is larger than `max_bytes`.
        DamagedFileError: It could not be decoded, and either it is not being written or the
            patience is used up.
    """
    deadline = time.monotonic() + patience
    before: tuple[int, ...] = ()
    while True:
        data, stamp, age = _read(output, relative, max_bytes)
        try:
            return decode(data)
        except TooLargeError:
            raise
        except ValueError as error:
            settled = stamp == before and age > _SETTLED_SECONDS
            if settled or time.monotonic() >= deadline:
                what = "is empty" if not data else f"cannot be read: {error}"
                raise DamagedFileError(f"{relative} {what}") from error
        before = stamp
        time.sleep(min(_PAUSE_SECONDS, patience))


def _read(
    output: Path, relative: str, max_bytes: int | None
) -> tuple[bytes, tuple[int, ...], float]:
    """The content, what identifies this version of it, and seconds since it was written."""
    with open_inside(output, relative) as file:
        status = os.fstat(file.fileno())
        if max_bytes is not None and status.st_size > max_bytes:
            raise TooLargeError(too_large(relative, status.st_size, max_bytes))
        # The file may grow while it is read.
        data = file.read() if max_bytes is None else file.read(max_bytes + 1)
    if max_bytes is not None and len(data) > max_bytes:
        raise TooLargeError(too_large(relative, len(data), max_bytes))
    stamp = (status.st_ino, status.st_size, status.st_mtime_ns, len(data))
    return data, stamp, time.time() - status.st_mtime


def too_large(what: str, size: int, max_bytes: int) -> str:
    """The message for a file over the limit."""
    return (
        f"{what} takes {size:,} bytes, more than the limit of {max_bytes:,}; "
        f"pass max_bytes={size} (or None for no limit) to load it anyway"
    )
