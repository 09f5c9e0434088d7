"""A read position in a file, and fingerprints that recognise its text after rotation."""

from __future__ import annotations

import os

#: Bytes of each fingerprint. Documented progress events have their time within the first 100 bytes,
#: which distinguishes two starts of one run.
MARK = 256
_BLOCK = 1 << 16
#: A network file system may report a size before the content has arrived, which reads as zeros. Up
#: to this many zeros at a file's end are not treated as text; more were really written.
LATE_BYTES = 1 << 20


class Cursor:
    """The position up to which a text has been read.

    A file still holds the text if its first bytes, and those just before the position, are
    unchanged. Sizes and times prove nothing on a file system that reports them late, or if a file
    was truncated and has since grown past the position.

    Attributes:
        offset: Bytes read, which is where reading continues.
        held: Zeros between the offset and the file's end that may be text which has not arrived
            yet.
    """

    __slots__ = ("_before", "_head", "held", "offset")

    def __init__(self) -> None:
        self.offset = 0
        self.held = 0
        self._head = b""
        self._before = b""

    @classmethod
    def at_line(cls, descriptor: int, position: int) -> Cursor:
        """A cursor at the beginning of the line that contains the byte at a position.

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

    def read(
        self, descriptor: int, limit: int, *, hold: bool = True, check: bool = True
    ) -> bytes | None:
        """Continue reading; None if the file now holds another text.

        Args:
            descriptor: The open file.
            limit: Maximum number of bytes to read.
            hold: Leave zeros at the file's end to a later call.
            check: If nothing is new, check whether the text begins as before, since another one may
                have the same length and end.

        Raises:
            OSError: The file cannot be read.
        """
        mark = len(self._before)
        data = os.pread(descriptor, mark + limit, self.offset - mark)
        if data == self._before and not check:
            self.held = 0
            return b""
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
        """Return whether a file begins with all text that was read, according to the fingerprints.

        Raises:
            OSError: The file cannot be read.
        """
        mark = len(self._before)
        before = os.pread(descriptor, mark, self.offset - mark)
        return before == self._before and self._same_head(descriptor)

    def _same_head(self, descriptor: int) -> bool:
        # A text no longer than a fingerprint is contained in the one before the position.
        return self.offset <= MARK or os.pread(descriptor, MARK, 0) == self._head


def late_zeros(descriptor: int, data: bytes, end: int) -> int:
    """Number of zeros at a file's end that may be text which has not arrived yet.

    Args:
        descriptor: The open file.
        data: The bytes read.
        end: Offset of the end of `data`.

    Returns:
        The zeros after the last other byte of `data` up to the file's end; 0 if text follows, or if
        there are too many.
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
