"""The last lines of a growing log, and its number of lines."""

from __future__ import annotations

import os
from collections import deque

from fusion_jupyter.logs.tail import CHUNK, Tail
from fusion_jupyter.storage.files import open_regular

#: Number of the last lines of a log that are kept.
TAIL_LINES = 200
#: A longer line is shortened, because these lines are sent to the browser repeatedly.
LONGEST = 2000
#: How much of an existing log's end is read; earlier lines are only counted.
_BEGIN_BYTES = 1 << 18
_COUNT_BYTES = 1 << 22


class LogWindow:
    """The last `TAIL_LINES` lines of a file, as readable text.

    Args:
        path: The log, which need not exist yet.
        below: A directory that `path` begins with: no link is followed on the way from there.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        below: str | os.PathLike[str] | None = None,
    ) -> None:
        self._path = os.fspath(path)
        self._below = None if below is None else os.fspath(below)
        self._tail = Tail(path, last_bytes=_BEGIN_BYTES, below=below)
        self._restarts = 0
        self._lines: deque[str] = deque(maxlen=TAIL_LINES)
        self._shown: tuple[str, ...] | None = ()
        self._complete = 0
        self._uncounted = 0
        self._counter = -1
        self._position = 0
        self._begun = False

    @property
    def caught_up(self) -> bool:
        """Whether the last poll reached the end."""
        return self._tail.caught_up

    @property
    def is_waiting(self) -> bool:
        """Whether the file ends in zeros that may be replaced by text."""
        return self._tail.is_waiting

    @property
    def counting(self) -> bool:
        """Whether lines before the first one read are still being counted."""
        return self._position < self._uncounted

    @property
    def count(self) -> int | None:
        """Number of lines, including an unfinished one; None while they are counted."""
        if self.counting:
            return None
        return self._complete + (self._tail.partial_size > 0)

    @property
    def lines(self) -> tuple[str, ...]:
        """The last lines; the very last may be unfinished."""
        if self._shown is None:
            shown = tuple(self._lines)
            if self._tail.partial_size:
                # The last version of a redrawn progress bar is at the end.
                last = shorten(self._tail.partial(4 * LONGEST))
                shown = (*shown[-(TAIL_LINES - 1) :], last)
            self._shown = shown
        return self._shown

    def poll(self, limit: int = CHUNK, *, check: bool = True) -> bool:
        """Continue reading; True if something was new."""
        tail = self._tail
        before = (tail.partial_size, tail.restarts)
        block = tail.read(limit, check=check)
        if not self._begun and (block or tail.caught_up):
            self._begun = True
            self._uncounted = tail.skipped
        if tail.restarts != self._restarts:
            self._restarts = tail.restarts
            self._lines.clear()
            self._complete = self._uncounted = self._position = 0
        if not block and (tail.partial_size, tail.restarts) == before:
            return False
        self._consume(block)
        return True

    def count_on(self) -> bool:
        """Count some lines of the unread part; True if that was the last of it."""
        if not self.counting:
            return False
        try:
            if self._counter < 0:
                self._counter = open_regular(self._path, below=self._below)
            length = min(_COUNT_BYTES, self._uncounted - self._position)
            block = os.pread(self._counter, length, self._position)
        except OSError:
            block = b""
        self._complete += block.count(b"\n")
        # A file truncated meanwhile ends early; the next poll notices and starts counting again.
        self._position = self._position + len(block) if block else self._uncounted
        if self.counting:
            return False
        self._close_counter()
        return True

    def close(self) -> None:
        """Close the file."""
        self._tail.close()
        self._close_counter()

    def _close_counter(self) -> None:
        descriptor, self._counter = self._counter, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _consume(self, block: bytes) -> None:
        self._shown = None
        if not block:
            return
        self._complete += block.count(b"\n")
        # Only the last lines are worth decoding, however many came at once.
        for line in block.rsplit(b"\n", TAIL_LINES + 1)[-TAIL_LINES - 1 : -1]:
            self._lines.append(shorten(line.removesuffix(b"\r")))


def shorten(line: bytes) -> str:
    r"""Decode a line and shorten it to about `LONGEST` characters.

    Of a redrawn line (``\r``) the last version is kept, of any other line the beginning.
    """
    if len(line) > LONGEST and b"\r" in line:
        line = line[line.rstrip(b"\r").rfind(b"\r") + 1 :]
    if len(line) <= LONGEST:
        return line.decode(errors="replace")
    # A character takes up to four bytes: decode no more than is shown.
    text = line[: 4 * LONGEST].decode(errors="replace")[:LONGEST]
    return f"{text}… ({len(line):,} bytes)"
