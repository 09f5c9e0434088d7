"""The C source of the compiled kernel, and the checksum that identifies it in a binary."""

from __future__ import annotations

import os
from binascii import crc32

#: Folder of the source in a checkout; an installed package does not have it.
FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "kernel")
#: The file to compile; it includes the others.
MAIN = "module.c"


def files(folder: str = FOLDER) -> list[str]:
    """Return the paths of the kernel's source files in order; none if there is no source.

    Args:
        folder: Folder of the source.
    """
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    return [os.path.join(folder, name) for name in names if name.endswith((".c", ".h"))]


def checksum(folder: str = FOLDER) -> int | None:
    """Return a checksum of the kernel's source, or None if there is no source.

    Args:
        folder: Folder of the source.
    """
    paths = files(folder)
    if not paths:
        return None
    total = 0
    for path in paths:
        with open(path, "rb") as file:
            total = crc32(file.read(), total)
    return total
