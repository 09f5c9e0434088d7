"""Messages of the views of studies: sweeps and searches for loads; see `messages`."""

from __future__ import annotations

from typing import Annotated, NotRequired, TypedDict

from fusion_jupyter.widgets.messages import Point, Problem, Status


class PointIdentity(TypedDict):
    """A point of a sweep and its run."""

    values: list[str]
    """Of the parameters, in their order."""
    run: str
    """The run's id."""


class PointState(TypedDict):
    """State of the run of one point."""

    status: Status | None
    """Null: the run or its output was deleted."""
    problem: Problem | None
    """Why less than usual is known of the run."""
    cancelling: bool
    fraction: float
    """Share of the run that is done, 0 to 1; 1 for a run that has ended."""
    created: float | None
    """When it was requested, in seconds since 1970."""
    error: str | None
    points: list[Point]
    """The known part of the run's curve."""


class SweepSnapshot(TypedDict):
    """State of a sweep, or its changes."""

    rev: int
    """Grows by one with each change."""
    since: int
    """Number of the state that this one adds to; 0: this one is complete."""
    id: str
    name: str
    engine: str
    parameters: list[str]
    """Names of the varied options; the last one is "repeat" if points are repeated."""
    points: NotRequired[list[PointIdentity]]
    """The points in order; absent if unchanged."""
    states: dict[str, PointState]
    """State by run id, of the runs that have changed."""
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
    """Whether only the user can write to the runs: then a page may cancel them via the server."""


class SweepCancelled(TypedDict):
    """What came of cancelling a sweep's runs."""

    notes: list[str]
    """Sentences about those that others have asked for, too."""


Bracket = tuple[Annotated[float, "low"], Annotated[float, "high"]]
"""Bounds of the answer after a probe, in Erlang."""


class TargetState(TypedDict):
    """State of the search for one load."""

    name: str
    """The configuration; empty if there is only one."""
    brackets: list[Bracket]
    """After each probe that has ended."""
    load: float | None
    """In Erlang; null while it is only bracketed."""
    low: float | None
    high: float | None
    probe: str
    """The current simulation; empty if there is none."""
    reason: str
    """Why the search for this load ended; empty while it is running."""
    failed: bool
    """Whether it ended without a load, because of an error or a cancel."""


class SearchSnapshot(TypedDict):
    """State of a search for loads."""

    rev: int
    """Grows by one with each change."""
    key: str
    """Key of the subject: each search has its own, even if it is requested again."""
    id: str
    """Id of the sweep whose runs are the probes."""
    name: str
    template: str
    code: str
    """The call that asks for the search."""
    confidence: float
    probes: int
    expected: int
    """Estimated total number of probes."""
    requests: int
    """Simulated so far."""
    started: float
    """Seconds since 1970, by the kernel's clock."""
    now: float
    settled: bool
    targets: list[TargetState]
