"""Follow a growing file: every line once, through truncation and rotation."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection

from fusion_jupyter.logs import rotation
from fusion_jupyter.logs.cursor import Cursor
from fusion_jupyter.storage.files import open_regular

#: Bytes read at a time.
CHUNK = 1 << 20
#: A longer line is returned in pieces of about this length, so that a file without line ends cannot
#: fill the memory.
LONGEST_LINE = 1 << 28
#: Size of the first read: a buffer of `CHUNK` bytes costs ten times as much as reading a line into
#: it.
_BITE = 1 << 12


class Tail:
    r"""Reads new content of a file in whole lines.

    Cheap while nothing happens: it tries to continue reading the open file, which costs a third of
    a `stat` and does not depend on a file system that reports sizes late. Handles a file that is
    missing at first, grows by single bytes, is truncated, replaced, or rotated (by renaming, or by
    copying and truncating). When a text ends because another one replaces it, its last line is
    complete even without a line end.

    A file that was truncated, to any length, holds another text from then on, and is read from its
    start. A text that begins with zeros after a truncation is read from its first other byte:
    writers that do not append leave a hole. Zeros at the file's end are treated as text that has
    not arrived yet, until something follows them or `finish` is called: NFS reports sizes before
    contents.

    Only a regular file is read; a link is not followed.

    No reader can detect text that was written and removed again between two polls, or a replacement
    between two polls that begins with everything read so far; it is treated as a continuation.
    Texts are compared by the fingerprints of `Cursor`: a text with the same bytes there counts as
    the same.

    Args:
        path: The file, which need not exist yet.
        last_bytes: Start with the line that contains the byte this far before the end; 0: with the
            next line written, or the unfinished one. None: at the start. A file that appears later
            is always read from its start.
        below: A directory that `path` begins with: no link is followed on the way from there.

    Attributes:
        restarts: How often the text was replaced by another. One result of `read` or `poll` never
            contains lines of both.
        skipped: Bytes before the first line that was read.
        caught_up: Whether the last poll read everything there was.

    Raises:
        ValueError: `last_bytes` is negative.

    Example:
        >>> tail = Tail("progress.jsonl")
        >>> tail.poll()
        [b'{"erlang": 300.0, "iteration": 1, "total_iterations": 2}']
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        last_bytes: int | None = None,
        below: str | os.PathLike[str] | None = None,
    ) -> None:
        self._descriptor = -1
        if last_bytes is not None and last_bytes < 0:
            raise ValueError(f"last_bytes is {last_bytes}; allowed: 0 or more, or None")
        self.restarts = 0
        self.skipped = 0
        self.caught_up = False
        self._path = os.fspath(path)
        self._below = None if below is None else os.fspath(below)
        self._last_bytes = last_bytes
        self._identity: tuple[int, int] | None = None
        self._cursor = Cursor()
        self._bite = _BITE
        self._leaving = False
        self._was_missing = False
        self._was_cut = False
        self._hole = False
        self._older: Collection[rotation.Identity] = ()
        self._partial: list[bytes] = []
        self._partial_size = 0

    def __enter__(self) -> Tail:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def begin(self) -> None:
        """Open the file now, so that `last_bytes` counts from its current end."""
        if self._descriptor < 0:
            self._open(self._status())

    def poll(self) -> list[bytes]:
        r"""The next lines, without line ends (``\n`` or ``\r\n``); empty if there are none now."""
        while True:
            block = self.read()
            if block or self.caught_up:
                return split_lines(block)

    def read(self, limit: int = CHUNK, *, check: bool = True) -> bytes:
        r"""The next lines as one block, each ending in ``\n``, from at most `limit` bytes.

        An empty result means that there is nothing new only if `caught_up` is then true.

        Args:
            limit: Bytes, at least 1.
            check: If nothing is new, check whether the path now leads to another file, or the file
                holds another text. Once a second is enough: until then the old one is read.
        """
        self.caught_up = False
        if self._leaving:
            return self._leave(limit)
        if self._descriptor < 0 and not self._open(self._status()):
            self.caught_up = True
            return b""
        block = self._consume(limit, check=check)
        if block is None:
            return self._cut(limit)
        if check and self.caught_up:
            if not block:
                return self._find_successor(limit)
            # Whether the file was replaced is checked only if a poll finds nothing.
            self.caught_up = False
        return block

    def finish(self) -> bytes:
        r"""The last line, if unfinished, with ``\n``: to be called when writing has ended."""
        if self._cursor.held:
            # The zeros were not late text.
            self._partial.append(bytes(self._cursor.held))
            self._cursor.held = 0
        if not self._partial:
            return b""
        self._partial.append(b"\n")
        block = b"".join(self._partial)
        self._partial = []
        self._partial_size = 0
        return block

    @property
    def is_waiting(self) -> bool:
        """Whether the file ends in zeros that may be replaced by text."""
        return self._cursor.held > 0

    @property
    def partial_size(self) -> int:
        """Number of bytes read of the unfinished line."""
        return self._partial_size

    def partial(self, length: int) -> bytes:
        """The last bytes, at most `length`, of the unfinished line."""
        pieces: list[bytes] = []
        for piece in reversed(self._partial):
            if length <= 0:
                break
            pieces.append(piece[-length:])
            length -= len(piece)
        return b"".join(reversed(pieces))

    def close(self) -> None:
        """Close the file; the next `read` continues where it was."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _status(self) -> os.stat_result | None:
        try:
            # Hot path: pathlib would take twice as long. The result is only compared, never read.
            return os.stat(self._path, follow_symlinks=False)  # noqa: PTH116
        except OSError:
            return None

    # -- one text ----------------------------------------------------------------------------

    def _open(self, status: os.stat_result | None) -> bool:
        """Open the file by its path; False if that is not possible now."""
        if status is None or not stat.S_ISREG(status.st_mode):
            if self._identity is None:
                self._last_bytes = None  # all its content will be new
            return False
        try:
            descriptor = open_regular(self._path, below=self._below)
        except OSError:
            return False
        found = os.fstat(descriptor)
        self._descriptor = descriptor
        known, self._identity = self._identity, (found.st_dev, found.st_ino)
        if known is None:
            self._older = rotation.identities(self._path)
        if known is None and self._last_bytes is not None:
            self._cursor = Cursor.at_line(descriptor, max(0, found.st_size - self._last_bytes))
            self.skipped = self._cursor.offset
        return True

    def _consume(self, limit: int, *, hold: bool = True, check: bool = True) -> bytes | None:
        """Continue reading; None if the file now holds another text."""
        limit = min(limit, self._bite)
        try:
            fresh = self._cursor.read(self._descriptor, limit, hold=hold, check=check)
        except OSError:
            # A stale handle of a network file system, or an unreadable disk: open by path again.
            self.close()
            fresh = b""
        if fresh is None:
            return None
        self.caught_up = len(fresh) < limit or self._cursor.held > 0
        if not fresh:
            return b""
        self._bite = _BITE if self.caught_up else 8 * limit
        if self._hole:
            fresh = fresh.lstrip(b"\0")
            self._hole = not fresh
        return self._whole_lines(fresh)

    def _whole_lines(self, fresh: bytes) -> bytes:
        end = fresh.rfind(b"\n") + 1
        if end == 0:
            if fresh:
                self._partial.append(fresh)
                self._partial_size += len(fresh)
            return self.finish() if self._partial_size >= LONGEST_LINE else b""
        block = fresh[:end]
        if self._partial:
            self._partial.append(block)
            block = b"".join(self._partial)
        rest = fresh[end:]
        self._partial = [rest] if rest else []
        self._partial_size = len(rest)
        return block

    # -- another text takes its place ----------------------------------------------------------

    def _find_successor(self, limit: int) -> bytes:
        """Nothing is new in the open file: check where the path leads."""
        status = self._status()
        if status is None:
            # Moved or removed, but its writer may still write to it.
            self._was_missing = True
            return b""
        if (status.st_dev, status.st_ino) == self._identity:
            self._was_missing = False
            return b""
        # A rotation may create the next file long before the writer switches to it.
        if status.st_size == 0:
            return b""
        # A file renamed over the old one may hold its text and more. One that appears after a
        # removal, or while the old one still exists under another name, is another text, however it
        # begins.
        removed = os.fstat(self._descriptor).st_nlink == 0
        if removed and not self._was_missing and self._adopt():
            return self._consume(limit) or b""
        return self._leave(limit)

    def _adopt(self) -> bool:
        """Continue in a file that was renamed over the old one and begins with the same text."""
        if self._cursor.offset == 0:
            return False
        try:
            descriptor = open_regular(self._path, below=self._below)
        except OSError:
            return False
        try:
            found = os.fstat(descriptor)
            same = self._cursor.is_in(descriptor)
        except OSError:
            same = False
        if not same:
            os.close(descriptor)
            return False
        self.close()
        self._descriptor = descriptor
        self._identity = (found.st_dev, found.st_ino)
        return True

    def _cut(self, limit: int) -> bytes:
        """The file was truncated; its unread text may still be in a copy."""
        # The open file is not read again before that text's end has been returned: new content may
        # begin with everything read before.
        self.close()
        self._was_cut = True
        self._descriptor = rotation.open_copy(
            self._path, self._cursor, self._older, below=self._below
        )
        if self._descriptor >= 0:
            self._cursor.held = 0  # the copy contains them
        return self._leave(limit)

    def _leave(self, limit: int) -> bytes:
        """Read the old text to its end, if it still exists, then switch to the new one."""
        self._leaving = True
        position = self._cursor.offset
        block = self._consume(limit, hold=False) if self._descriptor >= 0 else b""
        self.caught_up = False
        if self._cursor.offset == position:
            block = self.finish()
            if not block:
                self._go_over()
                return self.read(limit)
        return block or b""

    def _go_over(self) -> None:
        self.close()
        self.restarts += 1
        self._identity = None
        self._last_bytes = None
        self._cursor = Cursor()
        self._leaving = self._was_missing = False
        # A writer that does not append continues at its old position and leaves zeros before it.
        self._hole, self._was_cut = self._was_cut, False


def split_lines(block: bytes) -> list[bytes]:
    r"""Split a block of lines at ``\n`` or ``\r\n``, and at nothing else.

    Example:
        >>> split_lines(b"one\r\ntwo\rthree\n")
        [b'one', b'two\rthree']
    """
    if not block:
        return []
    lines = block.split(b"\n")
    if not lines[-1]:
        lines.pop()
    if b"\r" in block:
        return [line[:-1] if line.endswith(b"\r") else line for line in lines]
    return lines
