"""Close inherited descriptors. Light, for the supervisor."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # avoids importing typing
if TYPE_CHECKING:
    from collections.abc import Iterable


def close_all_but(kept: Iterable[int]) -> None:
    """Close every descriptor above standard error, except these."""
    start = 3
    for descriptor in sorted(kept):
        os.closerange(start, descriptor)
        start = max(start, descriptor + 1)
    try:
        last = max(int(name) for name in os.listdir("/proc/self/fd"))
    except (OSError, ValueError):
        last = os.sysconf("SC_OPEN_MAX")
    os.closerange(start, last + 1)
