"""Decide whether a page may read a run's folder through the Jupyter server.

The server follows links, including those made by a run's program. If that program ran with the
rights of the page's user, its links expose nothing that it could not have read itself. If another
user can write to the folder, a link of theirs could expose a private file of the reader: then the
page asks the kernel instead, which follows no links.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from fusion_jupyter.storage import layout
from fusion_jupyter.storage.ownership import is_own_group


def is_private(directory: Path) -> bool:
    """Return whether only this user can write to a run's folder.

    Args:
        directory: The run directory.

    Returns:
        True if the folder, its log folder and its output folder are folders, not links, and belong
        to this user, and neither they nor the parent folder are writable by others. False also if
        that cannot be determined. The user's own private group does not count as others.
    """
    try:
        if not _keeps_others_out(os.lstat(directory.parent), foreign=True):
            return False
        for folder in (directory, directory / layout.LOG_FOLDER, directory / layout.OUTPUT_FOLDER):
            try:
                status = os.lstat(folder)
            except FileNotFoundError:
                if folder == directory:
                    return False
                continue
            if not stat.S_ISDIR(status.st_mode) or not _keeps_others_out(status):
                return False
    except OSError:
        return False
    return True


def _keeps_others_out(status: os.stat_result, *, foreign: bool = False) -> bool:
    """Whether nobody else can replace a folder's entries; `foreign`: it may be another's."""
    mode = status.st_mode
    if status.st_uid != os.geteuid() and not (foreign and status.st_uid == 0):
        return False
    if foreign and mode & stat.S_ISVTX:
        return True  # sticky, like /tmp: only the owner of an entry can replace it
    if mode & stat.S_IWOTH:
        return False
    return not mode & stat.S_IWGRP or is_own_group(status.st_gid)
