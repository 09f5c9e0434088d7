"""A directory held open, so that it stays accessible when it or a parent is moved.

Imported by the supervisor, so it imports only light standard-library modules.
"""

from __future__ import annotations

import errno
import os
import stat
import time

from fusion_jupyter.storage import atomic_io, files

TYPE_CHECKING = False  # avoids importing typing
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY
#: Never follow a link, never block on a FIFO.
_PLAIN = os.O_NOFOLLOW | os.O_NONBLOCK
#: Seconds between two attempts to make a file on a full disk.
_ROOM_SECONDS = 0.2


class HeldDirectory:
    """Access to a directory's files by name, relative to an open descriptor.

    Attributes:
        path: Its path when it was opened; for messages, and to check whether it was removed.
        descriptor: Descriptor of the open directory.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.descriptor = os.open(path, _DIRECTORY)

    def exists(self, name: str) -> bool:
        """Return whether the name exists, whatever its type; False if that cannot be read."""
        try:
            os.stat(name, dir_fd=self.descriptor, follow_symlinks=False)
        except OSError:
            return False
        return True

    def size(self, name: str) -> int:
        """Size of a file in bytes; 0 if that cannot be read."""
        try:
            return os.stat(name, dir_fd=self.descriptor, follow_symlinks=False).st_size
        except OSError:
            return 0

    def open(self, name: str, flags: int, mode: int = 0o666) -> int:
        """Open a regular file without following links.

        Raises:
            OSError: It cannot be opened, or is a link, a FIFO or similar.
        """
        *folders, last = name.split("/")
        folder = self.descriptor
        try:
            for part in folders:
                inner = os.open(part, _DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
                if folder != self.descriptor:
                    os.close(folder)
                folder = inner
            descriptor = os.open(last, flags | _PLAIN, mode, dir_fd=folder)
        finally:
            if folder != self.descriptor:
                os.close(folder)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(errno.EINVAL, "it is not a file", name)
        return descriptor

    def open_when_there_is_room(self, name: str, flags: int, gives_up: Callable[[], object]) -> int:
        """Open a regular file; on a full disk, wait until it can be made.

        Args:
            name: See `open`.
            flags: See `open`.
            gives_up: Asked five times per second; once true, the waiting ends.

        Raises:
            OSError: It cannot be opened, or the disk is still full.
        """
        while True:
            try:
                return self.open(name, flags)
            except OSError as error:
                if error.errno not in (errno.ENOSPC, errno.EDQUOT) or gives_up():
                    raise
                time.sleep(_ROOM_SECONDS)

    def read(self, name: str, most: int) -> bytes:
        """The content of a small file.

        Raises:
            ValueError: It has more than `most` bytes.
            OSError: It cannot be read; FileNotFoundError: it does not exist.
        """
        descriptor = self.open(name, os.O_RDONLY)
        try:
            data = b""
            while len(data) <= most and (more := os.read(descriptor, most + 1 - len(data))):
                data += more
        finally:
            os.close(descriptor)
        if len(data) > most:
            raise ValueError(f"{name} has more than {most:,} bytes")
        return data

    def read_json(self, name: str) -> dict[str, Any] | None:
        """Read a JSON object; None if there is no such file.

        Raises:
            ValueError: It exists and is not a JSON object.
            OSError: It cannot be read.
        """
        try:
            return files.parse_json(self.read(name, files.MOST_JSON_BYTES))
        except FileNotFoundError:
            return None

    def write_json(self, name: str, content: dict[str, Any]) -> None:
        """Write a JSON object atomically and durably; a folder of that name is renamed first.

        Raises:
            OSError: The disk is full or not writable; the old content is then still there.
        """
        try:
            atomic_io.write_json(name, content, folder=self.descriptor)
        except IsADirectoryError:
            self.rename(name, f"{name}.displaced")
            atomic_io.write_json(name, content, folder=self.descriptor)

    def rename(self, name: str, other: str) -> None:
        """Rename a file or folder of the directory; an existing file of that name is replaced.

        Raises:
            OSError: There is no such file, a folder of that name is not empty, or the directory
                cannot be written.
        """
        os.replace(name, other, src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor)

    def make_folder(self, name: str) -> None:
        """Make a folder in the directory.

        Raises:
            OSError: The name exists, or the directory cannot be written.
        """
        os.mkdir(name, dir_fd=self.descriptor)

    def remove(self, name: str) -> None:
        """Remove a file if it exists and can be removed."""
        try:
            os.unlink(name, dir_fd=self.descriptor)
        except OSError:
            return

    def is_removed(self) -> bool:
        """Return whether the directory itself was removed, not only moved or unreachable."""
        try:
            return os.fstat(self.descriptor).st_nlink == 0
        except OSError as error:
            # A network file system forgets a removed directory, but may also be briefly
            # unavailable.
            return error.errno == errno.ESTALE and self._is_missing()

    def _is_missing(self) -> bool:
        try:
            os.stat(os.path.dirname(self.path))
            os.stat(self.path)
        except FileNotFoundError as error:
            return bool(error.filename == self.path)
        except OSError:
            return False
        return False
