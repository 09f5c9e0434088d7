"""What passes between the two halves of the widgets, described once.

`js/make_types.py` writes js/src/types.ts from this file, and ``make check`` fails where the two
differ. Here: annotations of a small set of forms, and a text under a field that says what it means.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired, TypedDict

Status = Literal["PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELLED", "UNKNOWN"]

Problem = Literal["damaged", "newer", "unreadable", "gone", "silent"]
"""Why less is known of a run than usual."""

Kind = Literal["results", "table", "json", "text", "image", "array", "config", "other"]
"""Kind of an output file, told from its name."""

Point = tuple[
    Annotated[float, "erlang"],
    Annotated[float | None, "blocking"],
    Annotated[float | None, "halfWidth"],
    Annotated[int, "iterations"],
    Annotated[bool, "done"],
]
"""One Erlang load: its value, mean blocking, half width of its interval, iterations, finished."""

FileRow = tuple[
    Annotated[str, "path"],
    Annotated[int, "size"],
    Annotated[float, "modified"],
    Annotated[Kind, "kind"],
]
"""An output file: path relative to the output directory, bytes, seconds since 1970, kind."""


class Progress(TypedDict):
    """How far a run is; see `RunProgress`."""

    fraction: float | None
    """Share of the whole run that is done, 0 to 1."""
    eta: float | None
    """Estimated seconds until the end."""
    erlang: float | None
    erlang_index: int | None
    total_erlangs: int | None
    iteration: int | None
    total_iterations: int | None
    rate: float | None
    """Requests a second."""
    events: int
    bad_lines: int
    points: list[Point]


class Tail(TypedDict):
    """The last lines of a log."""

    first: int
    """Number of the first of them, counted from 0."""
    lines: list[str]


class LogState(TypedDict):
    """What is known of a log."""

    count: int | None
    """Lines in the file; null while they are being counted."""
    tail: Tail


class Listing(TypedDict):
    """Output files, as far as a small message can tell."""

    rows: list[FileRow]
    complete: bool
    """These are all; else ask for the rest."""


class EnginePlace(TypedDict):
    """Where a run is, as its engine knows it."""

    words: str
    """Why it waits, or where it executes: ``queued, 2 ahead, 1 at a time``."""
    inquiry: str
    """Command that tells more of it in a terminal; empty where there is none."""


class Snapshot(TypedDict):
    """Everything small that is known of a run."""

    rev: int
    """Grows by one with each change; what is older never replaces what is newer."""
    id: str
    name: str
    status: Status
    cancelling: bool
    problem: Problem | None
    """Gone: the run's folder is not there any more, what stands here is what was known of it."""
    simulator: str
    simulator_reason: str
    """Why this one was taken; empty for a command."""
    engine: str
    place: EnginePlace | None
    """Null where there is nothing to tell, as for a run that executes on this machine."""
    network: str | None
    now: float
    """Seconds since 1970, by the kernel's clock."""
    created: float | None
    started: float | None
    completed: float | None
    duration: float | None
    exit_code: int | None
    signal: int | None
    error: str | None
    erlangs: list[float]
    max_iters: int | None
    artifacts_version: int
    files: NotRequired[Listing]
    """Absent where they are the same as in the message before."""
    directory: str
    """Where the run lies, absolute."""
    home: str
    """The user's home, absolute."""
    private: bool
    """Only the user can write to the run's folder, so a page may read it through the server."""
    progress: Progress
    log: LogState


class SweepPlace(TypedDict):
    """A point of a sweep, and the run that stands for it."""

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
    """When it was asked for, in seconds since 1970."""
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


class Reply(TypedDict):
    """The answer to a question of a page."""

    id: str
    value: NotRequired[Mapping[str, Any]]
    error: NotRequired[str]
    buffer: NotRequired[int]
    """Number of the message's buffer that holds its bytes."""


class Message(TypedDict):
    """What the channel says to all widgets of a kernel."""

    n: int
    """Counts the messages: a gap means that one was lost."""
    subjects: NotRequired[dict[str, Any]]
    """The state of each subject that changed, by its key. The key of a run is its id."""
    replies: NotRequired[list[Reply]]
    gone: NotRequired[list[str]]
    """Keys of subjects that were deleted."""


class Grid(TypedDict):
    """The first rows and columns of a table."""

    columns: list[str]
    """Names of all columns that are shown."""
    rows: list[list[Any]]
    total_rows: int
    """Rows in the file."""
    total_columns: int


class OptionInfo(TypedDict):
    """One option of the form."""

    name: str
    section: str
    value: str
    kind: Literal["integer", "number", "flag", "choice", "shares", "mapping", "path", "text"]
    allowed: str
    description: str
    main: bool
    choices: list[str]
    unit: NotRequired[str]
    group: NotRequired[str]
    """The heading that it stands under."""
    suggestions: NotRequired[list[str]]
    """Known values of an option that takes others as well."""


class FormState(TypedDict):
    """What the form begins with."""

    templates: list[str]
    template: str
    simulators: list[str]
    options: list[OptionInfo]
    key: str
    """Of its fallback HTML, see js/src/ui/fallback.ts."""


class Check(TypedDict):
    """What the form shows for the values in its fields."""

    errors: dict[str, str]
    """Option name to message."""
    summary: str
    """What would be simulated, in words."""
    simulator: NotRequired[str]
    """The one that is taken; missing where something is wrong."""
    reason: NotRequired[str]
    """Why this one."""
