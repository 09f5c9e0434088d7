"""Search for the load at which blocking reaches a target, by noisy probes.

Ask and tell: `RootSearch.ask` returns the next probe (a load and a number of iterations), and the
caller runs it and passes its blocking to `RootSearch.tell`. So a probe can be a function call or an
ordinary run.

>>> search = RootSearch(0.01, low=200, high=600, requests=2000)
>>> while (probe := search.ask()) is not None:
...     search.tell(probe.load, blocking_of(probe.load, probe.iterations))
>>> search.result
LoadAtBlocking(blocking=0.01, load=309.8, low=306.9, high=312.7, ...)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from fusion_jupyter import formatting
from fusion_jupyter.analysis.capacity import LoadAtBlocking
from fusion_jupyter.config.schema.embedded import MIN_ITERATIONS
from fusion_jupyter.sim.precision import (
    check_confidence,
    sequential_confidence,
    student_quantile,
)
from fusion_jupyter.studies.root_fit import Fit, fit_root

#: Iterations used to narrow a bracket: enough to block this many requests at the target, between a
#: minimum and a maximum.
PILOT_BLOCKED, LEAST_PILOT, MOST_PILOT = 20, 3, 12
#: Requests to be blocked at the loads that determine the slope.
ARM_BLOCKED, MOST_ARM = 40, 24
#: The bracket is narrow enough once the logarithm of blocking at its ends differs by this.
CLOSED = 2.5
#: A bracket that does not contain the target is moved by this factor of the load, ...
STEP = 1.6
#: ... at most this many times.
MOST_STEPS = 12
#: While its ends differ by at most this factor, an end that blocked fewer than this many requests
#: is simulated further before the bracket is narrowed.
NEAR, FEW_BLOCKED = 1.2, 10
#: The slope must be known up to this share of it.
SLOPE_ERROR = 0.2
#: Targets of the loads that determine the slope: logarithm of their blocking over the target.
LOWEST_ARM, ARM, HIGHEST_ARM = 0.5, 1.0, 1.8
#: Loads that differ by less than this share are treated as equal.
SAME = 0.002
#: Usual number of probes of a search, and minimum number of further probes before the answer is
#: measured.
USUAL_PROBES, BEFORE_FIT = 10, 3
#: Bounds on the growth of a load's iterations in one step.
LEAST_GROWTH, MOST_GROWTH = 1.2, 2.0


class Probe(NamedTuple):
    """What to simulate next.

    Attributes:
        load: Offered load in Erlang.
        iterations: Total number of iterations at this load, counted from the first; known ones need
            not be simulated again.
    """

    load: float
    iterations: int


class RootSearch:
    """Finds the load at which blocking reaches a target, with as few requests as possible.

    First a bracket around the target is narrowed with a few iterations at each load, interpolating
    the logarithm of blocking over that of the load (regula falsi; Press et al., *Numerical
    Recipes*, 3rd edition 2007, section 9.2). Loads on both sides give the slope that converts a
    blocking into a load (`fusion_jupyter.studies.root_fit`); nearly all iterations are spent at one
    load close to the answer. They are added where they reduce the variance of the answer most,
    until its interval is as narrow as requested. Because the interval is checked repeatedly, it is
    computed at a higher confidence (`fusion_jupyter.sim.precision.PrecisionRule`).

    Args:
        blocking: The target, between 0 and 1.
        low: Lower end of the initial bracket, in Erlang: a load that blocks less, ...
        high: ... and upper end, which blocks more. If they do not, the search extends from there.
        requests: Requests in an iteration.
        precision: Half width of the interval over the load at which to stop.
        confidence: Confidence level of the interval.
        most_iterations: Maximum at any load; reaching it ends the search with a wider interval.

    Attributes:
        points: Blocking of each iteration so far, by load.
        brackets: The bounds of the answer after each probe, in Erlang, to show how they narrow.
        reason: Why the search ended; None while it is running.

    Raises:
        ValueError: An argument is out of range.
    """

    def __init__(
        self,
        blocking: float,
        *,
        low: float,
        high: float,
        requests: int,
        precision: float = 0.01,
        confidence: float = 0.95,
        most_iterations: int = 1000,
    ) -> None:
        check_confidence(confidence)
        for name, value, upper in (("blocking", blocking, 1.0), ("precision", precision, 0.5)):
            if not 0 < value < upper:
                raise ValueError(f"{name} is {value!r}; allowed: between 0 and {upper:g}")
        if not 0 < low < high:
            raise ValueError(f"low is {low!r} and high {high!r}; allowed: 0 < low < high")
        for name, number, least in (
            ("requests", requests, 1),
            ("most_iterations", most_iterations, MIN_ITERATIONS),
        ):
            if number < least:
                raise ValueError(f"{name} is {number!r}; allowed: {least} or more")
        self.precision, self.confidence = precision, confidence
        self.most_iterations = most_iterations
        self.brackets: list[tuple[float, float]] = []
        self.reason: str | None = None
        self.blocking, self.requests = blocking, requests
        self.points: dict[float, list[float]] = {}
        self._ends = (float(low), float(high))
        self._steps = 0
        self._level = sequential_confidence(confidence)
        self._fit: Fit | None = None
        self._pilot = self._to_block(PILOT_BLOCKED, blocking, LEAST_PILOT, MOST_PILOT)
        self._probe: Probe | None = Probe(float(low), self._pilot)

    @property
    def simulated(self) -> int:
        """Requests simulated so far, if known iterations are not simulated again."""
        return self.requests * sum(map(len, self.points.values()))

    @property
    def result(self) -> LoadAtBlocking | None:
        """The current estimate of the load, with its interval; None while it is only bracketed."""
        fit = self._fit
        if fit is None:
            return None
        half = self._half_width(fit)
        low, high = fit.load * math.exp(-half), fit.load * math.exp(half)
        iterations = len(self.points[self._nearest(fit)])
        return LoadAtBlocking(self.blocking, fit.load, low, high, self.confidence, iterations)

    @property
    def expected(self) -> int:
        """Number of probes that the search will have taken at its end, roughly.

        Once the answer is measured, iterations are doubled until its interval is narrow enough.
        """
        told = len(self.brackets)
        if self._probe is None:
            return told
        if self._fit is None:
            return max(USUAL_PROBES, told + BEFORE_FIT)
        wider = self._half_width(self._fit) / self.precision
        return told + max(1, math.ceil(2 * math.log2(max(1.0, wider))))

    def ask(self) -> Probe | None:
        """Return the next probe, unchanged until `tell` receives its values; None at the end."""
        return self._probe

    def tell(self, load: float, values: Sequence[float]) -> None:
        """Pass the result of a probe.

        Args:
            load: The simulated load.
            values: Blocking of all iterations at this load, from the first on.

        Raises:
            ValueError: There are fewer than two values, or one is not a probability.
        """
        if len(values) < 2:
            count = formatting.counted(len(values), "iteration")
            raise ValueError(f"load {load:g} Erlang has {count}; needed: 2")
        wrong = [value for value in values if not 0 <= value <= 1]
        if wrong:
            raise ValueError(f"blocking is {wrong[0]!r} at {load:g} Erlang; allowed: 0 to 1")
        self.points[float(load)] = list(values)
        self._probe = self._next()
        if self._probe is not None and len(values) >= self.most_iterations:
            self._end(f"{self.most_iterations} iterations at one load were not enough")
        found = self.result
        self.brackets.append((found.low, found.high) if found else self._ends)

    def _next(self) -> Probe | None:
        """Decide what to simulate next, from everything known."""
        self._fit = None
        for end in self._ends:
            if end not in self.points:
                return Probe(end, self._pilot)
        loads = sorted(self.points)
        above = [load for load in loads if self._height(load) > 0]
        below = [load for load in loads if not above or load < above[0]]
        if not above or not below:
            return self._move(loads[0], loads[-1], up=not above)
        self._ends = low, high = below[-1], above[0]
        if self._height(high) - self._height(low) > CLOSED or not any(self.points[low]):
            known = len(self.points[low])
            if high / low <= NEAR and self._blocked(low) < FEW_BLOCKED and known <= 2 * self._pilot:
                return self._more(low, 2.0)
            return self._at(self._between(low, high), self._pilot)
        fit = fit_root(self.points, self.blocking, self.requests)
        if (
            fit is None
            or fit.slope_error > fit.slope / 2
            or not low < fit.load * NEAR < high * NEAR**2
        ):
            return self._find_slope(low, high)
        self._fit = fit
        return self._measure(fit)

    def _find_slope(self, low: float, high: float) -> Probe:
        """Search farther out on both sides, then longer, if noise hides the rise of blocking."""
        for out in (low / NEAR, high * NEAR):
            if not any(abs(math.log(load / out)) < math.log(NEAR) / 2 for load in self.points):
                return Probe(_rounded(out), self._pilot)
        return self._more(min((low, high), key=self._blocked), 2.0)

    def _measure(self, fit: Fit) -> Probe | None:
        """Add iterations where they reduce the variance most; None once it is low enough."""
        nearest = self._nearest(fit)
        known, half = len(self.points[nearest]), self._half_width(fit)
        distance = abs(math.log(fit.load / nearest))
        far = distance > max(2 * self.precision, fit.error)
        if far or known <= self._pilot:
            return self._at(fit.load, self._pilot + MIN_ITERATIONS)
        steady = self._steady(fit)
        if steady is not None:
            return steady
        if half <= self.precision:
            self._end("the interval is as narrow as requested")
            return None
        if fit.curve > fit.error**2 / 2 and distance > SAME:
            return self._at(fit.load, known)
        gains = {load: part / len(self.points[load]) for load, part in fit.parts.items()}
        best = max(gains, key=gains.__getitem__)
        if gains[best] < 1.5 * gains[nearest]:
            best = nearest
        # More iterations reduce all of the variance except the uncertainty of the curve's shape.
        now = fit.error**2 - fit.curve
        allowed = (self.precision / half * fit.error) ** 2 - fit.curve
        return self._more(best, now / allowed if allowed > 0 else MOST_GROWTH)

    def _steady(self, fit: Fit) -> Probe | None:
        """Simulate loads below and above the answer, to determine the slope.

        Returns:
            None if that has been done as far as is sensible.
        """
        arms = []
        for side in (-1, 1):
            heights = {load: side * self._height(load) for load in fit.parts}
            there = [load for load, h in heights.items() if LOWEST_ARM <= h <= HIGHEST_ARM]
            if not there:
                load = fit.load * math.exp(side * ARM / fit.slope)
                blocking = self.blocking * math.exp(side * ARM)
                n = self._to_block(ARM_BLOCKED, blocking, LEAST_PILOT, MOST_ARM)
                probe = self._at(load, n)
                if probe.iterations <= 2 * MOST_ARM:
                    return probe
                continue
            arms.append(max(there, key=self._blocked))
        if fit.slope_error <= SLOPE_ERROR * fit.slope or not arms:
            return None
        weaker = min(arms, key=self._blocked)
        return self._more(weaker, 2.0) if len(self.points[weaker]) <= MOST_ARM else None

    def _to_block(self, wanted: int, blocking: float, least: int, most: int) -> int:
        """Iterations that block this many requests, between a minimum and a maximum."""
        return min(most, max(least, math.ceil(wanted / (self.requests * blocking))))

    def _half_width(self, fit: Fit) -> float:
        return student_quantile(self._level, fit.freedom) * fit.error

    def _nearest(self, fit: Fit) -> float:
        """The load closest to the answer among those with more than a few iterations."""
        measured = [load for load in fit.parts if len(self.points[load]) > self._pilot]
        return min(measured or fit.parts, key=lambda load: abs(math.log(load / fit.load)))

    def _height(self, load: float) -> float:
        """Logarithm of blocking over the target; no blocking counts as half a request."""
        blocked = max(self._blocked(load), 0.5)
        return math.log(blocked / (len(self.points[load]) * self.requests) / self.blocking)

    def _blocked(self, load: float) -> float:
        return sum(self.points[load]) * self.requests

    def _between(self, low: float, high: float) -> float:
        """The load where the interpolated logarithm of blocking equals the target's."""
        bottom, top = self._height(low), self._height(high)
        share = min(0.8, max(0.2, -bottom / (top - bottom)))
        return low * math.exp(share * math.log(high / low))

    def _at(self, load: float, iterations: int) -> Probe:
        """A probe at a new load, or more iterations at one that is practically equal."""
        same = [other for other in self.points if abs(math.log(load / other)) < SAME]
        return self._more(same[0], 2.0) if same else Probe(_rounded(load), iterations)

    def _more(self, load: float, factor: float) -> Probe:
        known = len(self.points[load])
        factor = min(MOST_GROWTH, max(LEAST_GROWTH, factor))
        wanted = max(MIN_ITERATIONS, known + 1, math.ceil(known * factor))
        return Probe(load, min(self.most_iterations, wanted))

    def _move(self, lowest: float, highest: float, *, up: bool) -> Probe | None:
        """Search farther up or down if the target was not crossed."""
        self._steps += 1
        if self._steps > MOST_STEPS:
            words = f"{100 * self.blocking:g} % blocking"
            self._end(
                f"{words} is not reached up to {highest:g} Erlang"
                if up
                else f"{words} is exceeded down to {lowest:g} Erlang: "
                "requests may be blocked for a reason other than load"
            )
            return None
        new = _rounded(highest * STEP if up else lowest / STEP)
        self._ends = (highest, new) if up else (new, lowest)
        return Probe(new, self._pilot)

    def _end(self, reason: str) -> None:
        self.reason, self._probe = reason, None


def _rounded(load: float) -> float:
    """Round to five significant digits, because loads are options that people read."""
    return float(f"{load:.5g}")
