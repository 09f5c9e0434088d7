"""Whether only this user can write to a folder, although its group may."""

from __future__ import annotations

import grp
import os
import pwd
from functools import cache


@cache
def is_own_group(group: int) -> bool:
    """The group that many systems create for each user, so that a umask of 002 shares nothing.

    Args:
        group: Its number.
    """
    try:
        user = pwd.getpwuid(os.geteuid())
        entry = grp.getgrgid(group)
    except KeyError:
        return False
    return entry.gr_name == user.pw_name and set(entry.gr_mem) <= {user.pw_name}
