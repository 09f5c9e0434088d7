"""A position in a text that is read from a file, and the marks by which the text is known again."""

from __future__ import annotations

import os

#: Bytes of each mark. The documented form of progress says its time within the first 100 bytes, by
#: which two starts of one run differ.
MARK = 256
_BLOCK = 1 << 16
#: A network file system may report a size before the content is there: zeros stand for it. So many
#: of them at a file's end are not taken for text; more are what somebody has written.
LATE_BYTES = 1 << 20


class Cursor:
    """How far a text has been read.

    A file still holds the text where its first bytes, and those just before the position, are
    those that were read there: sizes and times prove nothing on a file system that reports them
    late, or where a file was cut and has grown past the position since.

    Attributes:
        offset: Bytes read, which is where to read on.
        held: Zeros behind it, up to the file's end, that may be text which is not there yet.
    """

    __slots__ = ("_before", "_head", "held", "offset")

    def __init__(self) -> None:
        self.offset = 0
        self.held = 0
        self._head = b""
        self._before = b""

    @classmethod
    def at_line(cls, descriptor: int, position: int) -> Cursor:
        """The beginning of the line that holds the byte at a position.

        Raises:
            OSError: The file cannot be read.
        """
        while position > 0:
            start = max(0, position - _BLOCK)
            newline = os.pread(descriptor, position - start, start).rfind(b"\n")
            if newline >= 0:
                position = start + newline + 1
                break
            position = start
        cursor = cls()
        mark = min(MARK, position)
        cursor.offset = position
        cursor._head = os.pread(descriptor, mark, 0)
        cursor._before = os.pread(descriptor, mark, position - mark)
        return cursor

    def read(self, descriptor: int, limit: int, *, hold: bool = True) -> bytes | None:
        """Read on; None where the file holds another text by now.

        Args:
            descriptor: The open file.
            limit: Bytes to read at most.
            hold: Leave zeros at the file's end for a later call.

        Raises:
            OSError: The file cannot be read.
        """
        mark = len(self._before)
        data = os.pread(descriptor, mark + limit, self.offset - mark)
        # Also where nothing is new: a text of the same length and end may have another head.
        if data[:mark] != self._before or not self._same_head(descriptor):
            return None
        self.held = 0
        if hold and data[-1:] == b"\0" and len(data) > mark:
            self.held = late_zeros(descriptor, data[mark:], self.offset + len(data) - mark)
            if self.held:
                data = data[:mark] + data[mark:].rstrip(b"\0")
        if len(data) == mark:
            return b""
        fresh = data[mark:]
        if len(self._head) < MARK:
            self._head = (self._head + fresh)[:MARK]
        self._before = data[-MARK:]
        self.offset += len(fresh)
        return fresh

    def is_in(self, descriptor: int) -> bool:
        """Tell whether a file begins with all of the text that was read, as far as marks tell.

        Raises:
            OSError: The file cannot be read.
        """
        mark = len(self._before)
        before = os.pread(descriptor, mark, self.offset - mark)
        return before == self._before and self._same_head(descriptor)

    def _same_head(self, descriptor: int) -> bool:
        # As long as the text is no longer than a mark, it is all in the one before the position.
        return self.offset <= MARK or os.pread(descriptor, MARK, 0) == self._head


def late_zeros(descriptor: int, data: bytes, end: int) -> int:
    """Number of zeros at a file's end that may stand for text which is not there yet.

    Args:
        descriptor: The open file.
        data: What was read of it.
        end: Where `data` ends.

    Returns:
        The zeros from the last other byte of `data` to the file's end; 0 where text follows, or
        where they are too many.
    """
    zeros = len(data) - len(data.rstrip(b"\0"))
    while zeros <= LATE_BYTES:
        block = os.pread(descriptor, _BLOCK, end)
        if not block:
            return zeros
        if block.strip(b"\0"):
            return 0
        zeros += len(block)
        end += len(block)
    return 0
