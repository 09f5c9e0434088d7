"""Messages of the views of studies: sweeps and searches for loads; see `messages`."""

from __future__ import annotations

from typing import Annotated, NotRequired, TypedDict

from fusion_jupyter.widgets.messages import Point, Status


class SweepPlace(TypedDict):
    """A point of a sweep and its run."""

    values: list[str]
    """Of the parameters, in their order."""
    run: str
    """The run's id."""


class PointState(TypedDict):
    """What is known of the run of one point."""

    status: Status | None
    """Null: the run was deleted."""
    cancelling: bool
    fraction: float
    """Share of the run that is done, 0 to 1; a run that has ended is wholly done."""
    created: float | None
    """When it was requested, in seconds since 1970."""
    error: str | None
    points: list[Point]
    """The run's curve as far as it is known."""


class SweepSnapshot(TypedDict):
    """What is known of a sweep, or what is new of it."""

    rev: int
    """Grows by one with each change."""
    since: int
    """Number of the state that this one adds to; 0: this one is everything."""
    id: str
    name: str
    engine: str
    parameters: list[str]
    """Names of what varies; the last of them is "repeat" where points are repeated."""
    places: NotRequired[list[SweepPlace]]
    """The points in their order; absent where they are the same as before."""
    states: dict[str, PointState]
    """Id of a run to what is known of it; of those that have changed."""
    erlangs: list[float]
    """Loads of all runs, rising."""
    eta: float | None
    """Estimated seconds until all runs have ended."""
    now: float
    """Seconds since 1970, by the kernel's clock."""
    gone: bool
    """The sweep was deleted."""
    directory: str
    """Folder of the runs, absolute."""
    home: str
    """The user's home, absolute."""
    private: bool
    """Only the user can write to the runs, so a page may ask the server to cancel them."""


Bracket = tuple[Annotated[float, "low"], Annotated[float, "high"]]
"""Between these loads, in Erlang, the answer was known to be after a probe."""


class TargetState(TypedDict):
    """What is known of one load that is searched."""

    name: str
    """Which configuration; empty where there is only one."""
    brackets: list[Bracket]
    """After each probe that has ended."""
    load: float | None
    """In Erlang; null while it is bracketed only."""
    low: float | None
    high: float | None
    probe: str
    """What is being simulated; empty where nothing is."""
    reason: str
    """Why the search of this load ended; empty while it goes on."""
    failed: bool
    """It ended without a load, by a fault or because it was cancelled."""


class SearchSnapshot(TypedDict):
    """What is known of a search for loads."""

    rev: int
    """Grows by one with each change."""
    key: str
    """Of the subject: each search has its own, also where it is asked for again."""
    id: str
    """Of the sweep whose runs are the probes."""
    name: str
    template: str
    code: str
    """The call that asks for the search."""
    confidence: float
    probes: int
    expected: int
    """Roughly the number of probes at the end."""
    requests: int
    """Simulated so far."""
    started: float
    """Seconds since 1970, by the kernel's clock."""
    now: float
    settled: bool
    targets: list[TargetState]
