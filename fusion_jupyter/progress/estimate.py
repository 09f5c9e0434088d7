"""The rate at which a run advances, and an estimate of its end."""

from __future__ import annotations

import math
import time

#: Minimum time and number of advances before a rate is meaningful.
_MIN_SECONDS = 1.0
_MIN_ADVANCES = 2


class Rate:
    """A smoothed rate of something that grows, such as a fraction or a count of requests.

    Later loads take longer than early ones, so recent advances weigh more: about half of the weight
    is on the last fifth of the time.

    Example:
        >>> rate = Rate()
        >>> for second in range(5):
        ...     rate.add(float(second), 0.1 * second)
        >>> round(rate.per_second, 3)
        0.1
    """

    def __init__(self) -> None:
        self._first: tuple[float, float] | None = None
        self._last = (0.0, 0.0)
        self._advances = 0
        self._smoothed = 0.0

    def add(self, moment: float, value: float) -> None:
        """Add a value at a time (seconds); ignored unless both have advanced."""
        if self._first is None:
            self._first = self._last = (moment, value)
            return
        elapsed, advance = moment - self._last[0], value - self._last[1]
        if elapsed <= 0 or advance <= 0:
            return
        self._last = (moment, value)
        self._advances += 1
        window = max(_MIN_SECONDS, 0.3 * (moment - self._first[0]))
        weight = 1.0 if self._advances == 1 else 1.0 - math.exp(-elapsed / window)
        self._smoothed += weight * (advance / elapsed - self._smoothed)

    @property
    def per_second(self) -> float | None:
        """The rate; None until it is meaningful."""
        if self._first is None or self._advances < _MIN_ADVANCES:
            return None
        return self._smoothed if self._last[0] - self._first[0] >= _MIN_SECONDS else None

    def seconds_until(self, goal: float) -> float | None:
        """Seconds from now until the value reaches `goal`, for times from `time.time`."""
        rate = self.per_second
        if rate is None or rate <= 0:
            return None
        ahead = (goal - self._last[1]) / rate
        since = time.time() - self._last[0]
        # Another machine's clock may be off: its times are used only if they are possible.
        remaining = ahead - since if since > 0 else ahead
        return max(0.0, remaining) if math.isfinite(remaining) else None
