"""May a page read a run's folder through the Jupyter server?

The server follows links, also those that a run's program has made. Where that program ran with the
rights of the user who looks at the page, links lead nowhere that it could not have gone itself.
Where another user can write to the folder, a link of theirs could show a private file of the
reader: there the page asks the kernel instead, which follows none.
"""

from __future__ import annotations

import grp
import os
import pwd
import stat
from functools import cache
from pathlib import Path

from fusion_jupyter.storage import layout


def is_private(directory: Path) -> bool:
    """Tell whether only this user can write to a run's folder.

    Args:
        directory: The run directory.

    Returns:
        False also where that cannot be found out. The folder, its log and output folder are
        folders, not links, and belong to this user; neither they nor the folder around the run
        can be written to by others. A group counts as nobody else when it is the user's own.
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
    """Nobody else can make or replace what stands in a folder; `foreign`: it may be another's."""
    mode = status.st_mode
    if status.st_uid != os.geteuid() and not (foreign and status.st_uid == 0):
        return False
    if foreign and mode & stat.S_ISVTX:
        return True  # as in /tmp: nobody but their owner can replace what stands there
    if mode & stat.S_IWOTH:
        return False
    return not mode & stat.S_IWGRP or _is_own_group(status.st_gid)


@cache
def _is_own_group(group: int) -> bool:
    """The group that many systems make for each user, so that a umask of 002 shares nothing."""
    try:
        user = pwd.getpwuid(os.geteuid())
        entry = grp.getgrgid(group)
    except KeyError:
        return False
    return entry.gr_name == user.pw_name and set(entry.gr_mem) <= {user.pw_name}
