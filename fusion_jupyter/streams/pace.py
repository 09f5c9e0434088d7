"""How long to wait until the next look at a file: short while it changes, long when quiet."""

from __future__ import annotations

#: Seconds between two looks while something changes.
SHORTEST = 0.03
#: Seconds between two looks at what has long been quiet.
LONGEST = 0.5
#: Of the time since the last change: something that changes every 3 s is seen within 0.1 s.
SHARE = 0.03


class Pace:
    """The time of the next look.

    Args:
        now: Seconds on the monotonic clock.

    Attributes:
        due: When to look next.
    """

    __slots__ = ("_changed", "due")

    def __init__(self, now: float) -> None:
        self._changed = now
        self.due = now

    def looked(self, now: float, *, changed: bool) -> None:
        """Note a look and whether it found something new."""
        if changed:
            self._changed = now
        self.due = now + min(LONGEST, max(SHORTEST, SHARE * (now - self._changed)))
