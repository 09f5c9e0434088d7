"""Check whether a directory is on a local disk."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")
#: File systems that only one machine can mount. Any other may be shared.
_LOCAL = frozenset({"btrfs", "ext2", "ext3", "ext4", "f2fs", "overlay", "tmpfs", "xfs", "zfs"})


@lru_cache(maxsize=64)
def is_local(path: str) -> bool:
    """Return whether all users of a directory are visible on this machine.

    Args:
        path: The directory, absolute.

    Returns:
        True if that is certain, that is, on Linux with a file system that cannot be shared.
    """
    try:
        lines = _MOUNTS.read_bytes().splitlines()
    except OSError:
        return False
    real = os.fsencode(os.path.realpath(path))
    best, kind = -1, b""
    for line in lines:
        # 36 35 98:0 /root /mount/point rw,noatime shared:1 - ext4 /dev/sda1 rw
        before, _, after = line.partition(b" - ")
        point = _unescape(before.split()[4])
        inside = real == point or real.startswith(point.rstrip(b"/") + b"/")
        # The last file system mounted at a path hides earlier ones.
        if inside and len(point) >= best:
            best, kind = len(point), after.split()[0]
    return kind.decode() in _LOCAL


def _unescape(text: bytes) -> bytes:
    r"""Decode a mount point, in which spaces are written as ``\040``."""
    return text.replace(b"\\040", b" ").replace(b"\\011", b"\t").replace(b"\\134", b"\\")
