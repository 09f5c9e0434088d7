"""The rate at which a run advances, and an estimate of its end."""

from __future__ import annotations

import math
import time

#: Minimum time and number of advances before a rate is meaningful.
_MIN_SECONDS = 1.0
_MIN_ADVANCES = 2
#: Values closer together are of one moment: lines read together have no times of their own.
_ONE_MOMENT_SECONDS = 0.05
#: Share of the time so far after which an advance has lost most of its weight.
_WINDOW = 0.4


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
        self._advanced = 0.0
        self._elapsed = 0.0

    def add(self, moment: float, value: float) -> None:
        """Add a value at a time (seconds); ignored unless it is larger, and not earlier."""
        if self._first is None:
            self._first = self._last = (moment, value)
            return
        elapsed, advance = moment - self._last[0], value - self._last[1]
        if elapsed < 0 or advance <= 0:
            return
        if elapsed < _ONE_MOMENT_SECONDS:
            self._last = (self._last[0], value)
            if self._advances > 0:  # how long it took for the first values is unknown
                self._advanced += advance
            return
        self._last = (moment, value)
        self._advances += 1
        kept = math.exp(-elapsed / max(_MIN_SECONDS, _WINDOW * (moment - self._first[0])))
        self._advanced = kept * self._advanced + advance
        self._elapsed = kept * self._elapsed + elapsed

    @property
    def per_second(self) -> float | None:
        """The rate; None until it is meaningful."""
        if self._first is None or self._advances < _MIN_ADVANCES:
            return None
        enough = self._last[0] - self._first[0] >= _MIN_SECONDS
        return self._advanced / self._elapsed if enough else None

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
