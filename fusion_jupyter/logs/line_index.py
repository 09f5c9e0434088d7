"""Read a log that stays on the disk: its last lines, any range of lines, a search."""

from __future__ import annotations

import os
import threading
from array import array
from bisect import bisect_left
from collections.abc import Iterator

from fusion_jupyter.logs.tail import split_lines
from fusion_jupyter.streams.search import SearchResult, search_file

#: One entry of the index for each block of so many bytes: 128 KiB for a log of 1 GiB.
_BLOCK = 1 << 16
#: Read at a time when indexing.
_INDEX_BYTES = 1 << 22
_HEAD = 64


def log_tail(path: str | os.PathLike[str], n: int) -> list[str]:
    r"""The last lines of a file, read from its end.

    A last line without an end counts. Lines end in ``\n`` or ``\r\n``; text that is not UTF-8 is
    decoded with replacement characters.

    Args:
        path: The file; a missing one has no lines.
        n: At most so many lines.

    Raises:
        ValueError: `n` is negative.

    Example:
        >>> log_tail("logs/3f9c0a7be214.log", 2)
        ['Completed 600.0 Erlang in 2.31 seconds', 'Total execution time: 9.40s']
    """
    if n < 0:
        raise ValueError(f"n is {n}; allowed: 0 or more")
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        return []
    try:
        end = os.fstat(descriptor).st_size
        blocks: list[bytes] = []
        # The line end that closes the last line separates it from nothing.
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


def read_part(path: str | os.PathLike[str], position: int, length: int) -> bytes:
    """Some bytes of a file; fewer where it ends.

    Raises:
        OSError: The file cannot be read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        return os.pread(descriptor, length, position)
    finally:
        os.close(descriptor)


class LogFile:
    """Lines of a log by number, from 0, without reading the whole file each time.

    Keeps a sparse index, the number of line ends before each block of 64 KiB, and extends it as
    the file grows; begins anew where the file was cut or replaced. May be used from any thread.

    Args:
        path: The log; a missing one has no lines.

    Example:
        >>> log = LogFile("logs/3f9c0a7be214.log")
        >>> log.count
        1204331
        >>> log.lines(1_000_000, 1_000_002)
        ['CHILD=s1 iteration=3, done_units=4', '']
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = os.fspath(path)
        self._lock = threading.RLock()
        self._identity: tuple[int, int] | None = None
        self._head = b""
        self._size = 0
        self._newlines = 0
        self._before = array("Q")
        self._open_end = False

    @property
    def count(self) -> int:
        """Number of lines now; a last line without an end counts."""
        with self._lock:
            self.refresh()
            return self._newlines + self._open_end

    def refresh(self, limit: int | None = None) -> bool:
        """Extend the index by what the file has grown.

        Args:
            limit: By at most about so many bytes; None: to the file's end.

        Returns:
            True where the index has reached the end.
        """
        with self._lock:
            try:
                descriptor = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK)
            except OSError:
                self._clear()
                return True
            try:
                self._check(descriptor)
                return self._extend(descriptor, limit)
            finally:
                os.close(descriptor)

    def index(self, first: int = 0) -> tuple[list[int], int, int]:
        """The index itself, so that another program can find lines in the file.

        Args:
            first: Begin with this block's entry.

        Returns:
            The number of line ends before each block of 64 KiB, the bytes that were indexed, and
            the line ends in them.
        """
        with self._lock:
            self.refresh()
            return self._before[first:].tolist(), self._size, self._newlines

    def lines(self, start: int, stop: int) -> list[str]:
        """The lines from number `start` up to and without `stop`, as far as they exist.

        Args:
            start: From 0.
            stop: Not below `start`.

        Raises:
            ValueError: The range is not one.
        """
        if not 0 <= start <= stop:
            raise ValueError(f"start is {start}, stop is {stop}; allowed: 0 <= start <= stop")
        with self._lock:
            if start == stop or start >= self.count:
                return []
            found = list(self._iterate(self._offset_of(start), stop - start))
        return [line.decode(errors="replace") for line in found]

    def search(
        self,
        pattern: str,
        *,
        start: int = 0,
        limit: int = 1000,
        ignore_case: bool = False,
        timeout: float = 5.0,
    ) -> SearchResult:
        """Find the lines that match a regular expression.

        Runs in a process of its own with bounded memory, so that even a pattern that never ends
        (``(a+)+$``) holds up nothing and is stopped. Of lines longer than 64 KiB, the beginning
        is searched.

        Args:
            pattern: As in Python's `re`, searched in each line.
            start: Number of the first line to look at, from 0.
            limit: Stop after so many matching lines.
            ignore_case: Upper and lower case are the same.
            timeout: Stop after so many seconds.

        Returns:
            The matches so far, and where to go on.

        Raises:
            ValueError: The pattern is not a regular expression, or an argument is out of range.
        """
        if start < 0 or limit < 1 or timeout <= 0:
            raise ValueError(
                f"start is {start}, limit is {limit}, timeout is {timeout}; "
                "allowed: start >= 0, limit >= 1, timeout > 0"
            )
        with self._lock:
            count = self.count
            offset = self._offset_of(start) if start < count else self._size
        return search_file(
            self._path,
            pattern,
            offset=offset,
            line=min(start, count),
            limit=limit,
            ignore_case=ignore_case,
            timeout=timeout,
        )

    # -- the index ---------------------------------------------------------------------------

    def _clear(self) -> None:
        self._identity = None
        self._head = b""
        self._size = self._newlines = 0
        self._before = array("Q")
        self._open_end = False

    def _check(self, descriptor: int) -> None:
        """Begin anew where this is another text than the one indexed."""
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

    def _offset_of(self, line: int) -> int:
        """Where a line begins: behind the line end that closes the one before."""
        if line == 0:
            return 0
        block = bisect_left(self._before, line) - 1
        start = block * _BLOCK
        data = read_part(self._path, start, _BLOCK)
        position = -1
        for _ in range(line - self._before[block]):
            position = data.index(b"\n", position + 1)
        return start + position + 1

    def _iterate(self, offset: int, count: int) -> Iterator[bytes]:
        """Lines from an offset on, without their ends."""
        pieces: list[bytes] = []
        while count > 0 and offset < self._size:
            data = read_part(self._path, offset, min(_BLOCK, self._size - offset))
            if not data:
                return
            offset += len(data)
            first, *more = data.split(b"\n")
            pieces.append(first)
            for piece in more:
                yield b"".join(pieces).removesuffix(b"\r")
                count -= 1
                if count == 0:
                    return
                pieces = [piece]
        if count > 0 and any(pieces):
            yield b"".join(pieces)
