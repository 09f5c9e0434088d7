"""The time until a file's next poll: short while it changes, long when it is quiet."""

from __future__ import annotations

from math import floor, log2

#: Seconds between two polls while something changes.
SHORTEST = 0.03
#: Seconds between two polls of a file that has long been quiet.
LONGEST = 0.5
#: Share of the time since the last change: a change every 3 s is seen within 0.1 s.
SHARE = 0.03
_GRID = SHORTEST / 2


class Pace:
    """The time of the next poll.

    Args:
        now: Seconds on the monotonic clock.

    Attributes:
        due: When to poll next.
    """

    __slots__ = ("_changed", "due")

    def __init__(self, now: float) -> None:
        self._changed = now
        self.due = now

    def polled(
        self, now: float, *, changed: bool, age: float = 0.0, longest: float = LONGEST
    ) -> None:
        """Record a poll.

        Args:
            now: Seconds on the monotonic clock.
            changed: Whether it found something new.
            age: How long ago the change happened, in seconds.
            longest: The longest pause, if there are many others to poll.
        """
        if changed:
            self._changed = now - age
        pause = min(longest, max(SHORTEST, SHARE * (now - self._changed)))
        # On a grid, so that many quiet files are polled together: a wake-up costs more than some
        # polls.
        grid = _GRID * 2.0 ** floor(log2(pause / SHORTEST))
        self.due = floor((now + pause) / grid) * grid
