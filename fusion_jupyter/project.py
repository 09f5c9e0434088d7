"""Find a project's runs from one of its folders, as git finds ``.git``."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from fusion_jupyter.storage.ownership import is_own_group

RUNS_FOLDER = "fusion_runs"


def find_runs_dir(folder: Path, home: Path | None = None) -> Path | None:
    """The nearest folder of runs, in a folder or one of its parents.

    A folder of runs in a parent is used only if it belongs to this user and nobody else can write
    to it or to the folder that contains it. The search ends below the home directory, whose runs
    belong to no project, at the border of a file system, and at a folder that others can write to,
    such as ``/tmp``.

    Args:
        folder: The folder to start from, absolute.
        home: The home directory; None: the user's.

    Returns:
        Its path; None if there is none.
    """
    if (folder / RUNS_FOLDER).is_dir():
        return folder / RUNS_FOLDER
    try:
        ends = {home or Path.home(), Path(folder.anchor)}
        device = folder.stat().st_dev
        for around in folder.parents if folder not in ends else ():
            status = around.stat()
            if around in ends or status.st_dev != device or _others_write(status):
                return None
            found = around / RUNS_FOLDER
            if _is_own_folder(found):
                return found
    except (OSError, RuntimeError):  # an inaccessible folder, or no home directory
        return None
    return None


def _is_own_folder(path: Path) -> bool:
    try:
        status = path.lstat()
    except FileNotFoundError:
        return False
    own = status.st_uid == os.geteuid()
    return own and stat.S_ISDIR(status.st_mode) and not _others_write(status)


def _others_write(status: os.stat_result) -> bool:
    """Whether anybody but the owner (this user or root) can create files there."""
    group = status.st_mode & stat.S_IWGRP and not is_own_group(status.st_gid)
    return bool(status.st_uid not in (os.geteuid(), 0) or status.st_mode & stat.S_IWOTH or group)
