"""Read a log on disk: its last lines, and an index of line starts."""

from __future__ import annotations

import os
import threading
from array import array

from fusion_jupyter import arguments
from fusion_jupyter.logs.cursor import late_zeros
from fusion_jupyter.logs.tail import split_lines
from fusion_jupyter.storage.files import NotAFileError, open_regular

#: Bytes per index entry; the index of a 1 GiB log takes 128 KiB.
_BLOCK = 1 << 16
#: Bytes read at a time when indexing.
_INDEX_BYTES = 1 << 22
_HEAD = 64


def log_tail(
    path: str | os.PathLike[str], n: int, *, below: str | os.PathLike[str] | None = None
) -> list[str]:
    r"""The last lines of a file, read from its end.

    A last line without a line end counts. Lines end in ``\n`` or ``\r\n``; text that is not UTF-8
    is decoded with replacement characters.

    Args:
        path: The file; a missing file, or anything but a regular file, has no lines.
        n: Maximum number of lines.
        below: A directory that `path` begins with: no link is followed on the way from there.

    Raises:
        ValueError: `n` is negative.

    Example:
        >>> log_tail("logs/3f9c0a7be214.log", 2)
        ['Completed 600.0 Erlang in 2.31 seconds', 'Total execution time: 9.40s']
    """
    arguments.check_count("n", n)
    try:
        descriptor = _open(path, below)
    except (FileNotFoundError, NotAFileError):
        return []
    try:
        end = os.fstat(descriptor).st_size
        blocks: list[bytes] = []
        # The final line end does not start another line.
        newlines = -1 if end and os.pread(descriptor, 1, end - 1) == b"\n" else 0
        while end > 0 and newlines < n:
            start = max(0, end - _BLOCK)
            block = os.pread(descriptor, end - start, start)
            newlines += block.count(b"\n")
            blocks.append(block)
            end = start
    finally:
        os.close(descriptor)
    lines = split_lines(b"".join(reversed(blocks)))
    return [line.decode(errors="replace") for line in lines[max(0, len(lines) - n) :]]


def read_part(
    path: str | os.PathLike[str],
    position: int,
    length: int,
    *,
    below: str | os.PathLike[str] | None = None,
) -> bytes:
    """Read bytes of a regular file; fewer at its end.

    Raises:
        OSError: The file cannot be read.
    """
    descriptor = _open(path, below)
    try:
        return os.pread(descriptor, length, position)
    finally:
        os.close(descriptor)


def _open(path: str | os.PathLike[str], below: str | os.PathLike[str] | None) -> int:
    return open_regular(os.fspath(path), below=None if below is None else os.fspath(below))


class LineIndex:
    """Offsets of a log's lines, without reading the whole file each time.

    Keeps a sparse index, the number of line ends before each block of 64 KiB, extends it as the
    file grows, and starts over if the file was truncated or replaced. May be used from any thread.

    Args:
        path: The log; a missing file, or anything but a regular file, has no lines.
        below: A directory that `path` begins with: no link is followed on the way from there.

    Example:
        >>> LineIndex("logs/3f9c0a7be214.log").count
        1204331
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        below: str | os.PathLike[str] | None = None,
    ) -> None:
        self._path = os.fspath(path)
        self._below = below
        self._lock = threading.RLock()
        self._identity: tuple[int, int] | None = None
        self._head = b""
        self._size = 0
        self._newlines = 0
        self._before = array("Q")
        self._open_end = False

    @property
    def count(self) -> int:
        """Current number of lines; a last line without a line end counts."""
        with self._lock:
            self.refresh()
            return self._newlines + self._open_end

    def refresh(self, limit: int | None = None) -> bool:
        """Extend the index by the file's new content.

        Args:
            limit: Approximate maximum of bytes; None: to the file's end.

        Returns:
            True if the index has reached the end.
        """
        with self._lock:
            try:
                descriptor = _open(self._path, self._below)
            except OSError:
                self._clear()
                return True
            try:
                self._check(descriptor)
                return self._extend(descriptor, limit)
            finally:
                os.close(descriptor)

    def index(self, first: int = 0) -> tuple[list[int], int, int]:
        """The index data, so that another program can find lines in the file.

        Args:
            first: Start with this block's entry.

        Returns:
            The number of line ends before each block of 64 KiB, the number of bytes indexed, and
            the line ends in them.
        """
        with self._lock:
            self.refresh()
            return self._before[first:].tolist(), self._size, self._newlines

    # -- the index ---------------------------------------------------------------------------

    def _clear(self) -> None:
        self._identity = None
        self._head = b""
        self._size = self._newlines = 0
        self._before = array("Q")
        self._open_end = False

    def _check(self, descriptor: int) -> None:
        """Start over if the file holds another text than the one indexed."""
        status = os.fstat(descriptor)
        identity = (status.st_dev, status.st_ino)
        same = (
            identity == self._identity
            and status.st_size >= self._size
            and os.pread(descriptor, len(self._head), 0) == self._head
        )
        if not same:
            self._clear()
            self._identity = identity

    def _extend(self, descriptor: int, limit: int | None) -> bool:
        if len(self._head) < _HEAD:
            self._head = os.pread(descriptor, _HEAD, 0)
        begin = self._size
        while limit is None or self._size - begin < limit:
            data = os.pread(descriptor, _INDEX_BYTES - self._size % _BLOCK, self._size)
            if data[-1:] == b"\0" and late_zeros(descriptor, data, self._size + len(data)):
                data = data.rstrip(b"\0")  # text may replace them, see `Tail`
            if not data:
                return True
            self._index(data)
        return os.fstat(descriptor).st_size <= self._size

    def _index(self, data: bytes) -> None:
        position = 0
        while position < len(data):
            within = self._size % _BLOCK
            if within == 0:
                self._before.append(self._newlines)
            step = min(_BLOCK - within, len(data) - position)
            self._newlines += data.count(b"\n", position, position + step)
            self._size += step
            position += step
        self._open_end = not data.endswith(b"\n")
