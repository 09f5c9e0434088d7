"""The Erlang loads of a run, as seen in its events, and how much of each is done."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

#: No real run has more loads than this; the limit bounds memory.
MOST_LOADS = 4096


@dataclass(frozen=True, kw_only=True)
class LoadPoint:
    """One Erlang load: a point of the blocking curve.

    Attributes:
        erlang: Load in Erlang.
        blocking: Mean blocking probability so far, None before it is known.
        ci: Half width of its confidence interval, None if not reported.
        iterations: Completed iterations.
        done: The load is finished, by its last iteration or an early stop.
    """

    erlang: float
    blocking: float | None = None
    ci: float | None = None
    iterations: int = 0
    done: bool = False


class Load(msgspec.Struct, eq=False, gc=False):
    """One load; `erlang` is None for the iterations of a program without loads.

    Attributes:
        erlang: In Erlang.
        total: Planned iterations.
        iterations: Completed ones.
        blocking: Mean blocking probability so far.
        ci: Half width of its confidence interval.
        done: It is finished.
        reported_first: Whether its first iteration has been reported.
        left: Whether another load has reported since.
    """

    erlang: float | None
    total: int | None
    iterations: int = 0
    blocking: float | None = None
    ci: float | None = None
    done: bool = False
    reported_first: bool = False
    left: bool = False

    @property
    def share(self) -> float:
        """Share of it that is done, 0 to 1."""
        if self.done:
            return 1.0
        return min(1.0, self.iterations / self.total) if self.total else 0.0


class Loads:
    """All loads of a run.

    A load that stops early without an event is considered done when the next one has reported
    twice, as long as loads come one after another. If an earlier load reports again, loads are
    simulated concurrently; after that, or after the first event that announces the start or end of
    a load, nothing is inferred any more.
    """

    def __init__(self) -> None:
        self._loads: dict[float | None, Load] = {}
        #: Loads that are neither done nor assumed done.
        self._open: dict[Load, None] = {}
        self._points: dict[float, LoadPoint] = {}
        self._dirty: set[Load] = set()
        self._sorted: tuple[LoadPoint, ...] = ()
        self._before: Load | None = None
        self._current: Load | None = None
        self._guessed: list[Load] = []
        self._guessing = True

    def __len__(self) -> int:
        return len(self._loads)

    def get(self, erlang: float | None) -> Load | None:
        """The load of this value, if it has been seen."""
        return self._loads.get(erlang)

    def add(self, erlang: float | None, total: int | None) -> Load:
        """A load that has not been seen before."""
        load = Load(erlang, total)
        if len(self._loads) < MOST_LOADS:
            self._loads[erlang] = load
            self._open[load] = None
        return load

    def changed(self, load: Load, reports: int = 1) -> None:
        """Record that a load has reported a number of times in a row."""
        self._dirty.add(load)
        if load.total and load.iterations >= load.total:
            load.done = True
        if load.done:
            self._open.pop(load, None)
        if not self._guessing:
            return
        if load is not self._current:
            self._before, self._current = self._current, load
            if self._before is not None:
                self._before.left = True
            if load.left:
                self.stop_guessing()
                return
            reports -= 1
        if reports and self._before in self._open:
            del self._open[self._before]
            self._guessed.append(self._before)

    def stop_guessing(self) -> None:
        """Stop inferring ends: events announce them, or loads are simulated concurrently."""
        self._guessing = False
        self._open.update(dict.fromkeys(self._guessed))
        self._guessed.clear()

    @property
    def single(self) -> Load | None:
        """The only load, if it has no Erlang value."""
        return self._loads.get(None) if len(self._loads) == 1 else None

    @property
    def done(self) -> float:
        """The sum over all loads of the share that is done."""
        return len(self._loads) - len(self._open) + sum(load.share for load in self._open)

    @property
    def points(self) -> tuple[LoadPoint, ...]:
        """One point for each load, in ascending order."""
        if self._dirty:
            for load in self._dirty:
                if load.erlang is not None and load.erlang in self._loads:
                    self._points[load.erlang] = LoadPoint(
                        erlang=load.erlang,
                        blocking=load.blocking,
                        ci=load.ci,
                        iterations=load.iterations,
                        done=load.done,
                    )
            self._dirty.clear()
            self._sorted = tuple(self._points[erlang] for erlang in sorted(self._points))
        return self._sorted
