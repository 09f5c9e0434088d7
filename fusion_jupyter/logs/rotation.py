"""Find the copy of a log after rotation by copying and truncating."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection

from fusion_jupyter.logs.cursor import Cursor
from fusion_jupyter.storage.files import open_regular

#: Inode and time of last change, because an inode alone may be reused.
Identity = tuple[int, int]


def identities(path: str) -> frozenset[Identity]:
    """The files beside a log that are named like copies of it: its own name plus a suffix."""
    return frozenset(identity for identity, _, _ in _siblings(path))


def open_copy(
    path: str, cursor: Cursor, older: Collection[Identity], *, below: str | None = None
) -> int:
    """Open the copy that holds a text and its continuation; -1 if there is none.

    Args:
        path: The log.
        cursor: The position up to which the text was read.
        older: `identities` at the time the text began: those files hold other texts, which may
            start with the same bytes.
        below: A directory below which no link is followed.
    """
    if cursor.offset == 0:
        return -1  # there is nothing to recognise the text by
    for identity, size, copy in _siblings(path):
        if identity in older or size <= cursor.offset:
            continue
        try:
            descriptor = open_regular(copy, below=below)
        except OSError:
            continue
        try:
            if cursor.is_in(descriptor):
                return descriptor
        except OSError:
            pass  # unreadable: not a usable copy
        os.close(descriptor)
    return -1


def _siblings(path: str) -> list[tuple[Identity, int, str]]:
    """Identity, size and path of each copy, newest first."""
    folder, name = os.path.split(path)
    found = []
    try:
        with os.scandir(folder or ".") as entries:
            for entry in entries:
                if entry.name != name and entry.name.startswith(name):
                    status = entry.stat(follow_symlinks=False)
                    if stat.S_ISREG(status.st_mode):
                        identity = (status.st_ino, status.st_mtime_ns)
                        found.append((identity, status.st_size, entry.path))
    except OSError:
        return []
    return sorted(found, key=lambda each: each[0][1], reverse=True)
