"""The Erlang loads of a run as its events show them, and how much of them is done."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

#: No real run has more loads than this; more would only fill the memory.
_MOST_LOADS = 4096


@dataclass(frozen=True, kw_only=True)
class LoadPoint:
    """What is known of one Erlang load: a point of the blocking curve.

    Attributes:
        erlang: Load in Erlang.
        blocking: Mean blocking probability so far, None before it is known.
        ci: Half width of its confidence interval, None where it is not reported.
        iterations: Completed iterations.
        done: The load is finished, by its last iteration or an early stop.
    """

    erlang: float
    blocking: float | None = None
    ci: float | None = None
    iterations: int = 0
    done: bool = False


class Load(msgspec.Struct, eq=False, gc=False):
    """One load; `erlang` is None for the iterations of a program that knows no loads.

    Attributes:
        erlang: In Erlang.
        total: Planned iterations.
        iterations: Completed ones.
        blocking: Mean blocking probability so far.
        ci: Half width of its confidence interval.
        done: It is finished.
        reported_first: Its first iteration has been reported.
        left: Another load has reported since.
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
        """How much of it is done, 0 to 1."""
        if self.done:
            return 1.0
        return min(1.0, self.iterations / self.total) if self.total else 0.0


class Loads:
    """All loads of a run.

    A load that stops early without saying so has ended when the next one has reported twice, as
    long as loads come one after another. The first load that comes back shows that they are
    simulated at the same time; then, and after the first event that announces the beginning or
    end of a load, nothing is concluded any more.
    """

    def __init__(self) -> None:
        self._loads: dict[float | None, Load] = {}
        #: Loads that are neither done nor taken for done.
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
        if len(self._loads) < _MOST_LOADS:
            self._loads[erlang] = load
            self._open[load] = None
        return load

    def changed(self, load: Load, reports: int = 1) -> None:
        """Note that a load has reported, so many times in a row."""
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
        """The events tell themselves when a load ends, or loads are simulated at the same time."""
        self._guessing = False
        self._open.update(dict.fromkeys(self._guessed))
        self._guessed.clear()

    @property
    def single(self) -> Load | None:
        """The only load, where it has no Erlang value."""
        return self._loads.get(None) if len(self._loads) == 1 else None

    @property
    def done(self) -> float:
        """The sum over all loads of what is done of each."""
        return len(self._loads) - len(self._open) + sum(load.share for load in self._open)

    @property
    def points(self) -> tuple[LoadPoint, ...]:
        """What is known of each, by rising load."""
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
