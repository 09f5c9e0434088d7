"""The messages between the two halves of the widgets, described once.

`js/make_types.py` generates js/src/types.ts from this file, and ``make check`` fails if the two
differ. Use only a small set of annotation forms, with a text under a field that explains it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired, TypedDict

Status = Literal["PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELLED", "UNKNOWN"]

Problem = Literal["damaged", "newer", "unreadable", "gone", "silent"]
"""Why less than usual is known about a run."""

Kind = Literal["results", "table", "json", "text", "image", "array", "config", "other"]
"""Kind of an output file, determined from its name."""

Point = tuple[
    Annotated[float, "erlang"],
    Annotated[float | None, "blocking"],
    Annotated[float | None, "halfWidth"],
    Annotated[int, "iterations"],
    Annotated[bool, "done"],
]
"""One Erlang load: its value, mean blocking, half width of its interval, iterations, finished."""

Option = str | float | bool | None
"""Value of an option, as text unless it is a simple value."""

Failure = tuple[Annotated[str, "id"], Annotated[str, "message"]]
"""A run with which something did not work, and why."""

FileRow = tuple[
    Annotated[str, "path"],
    Annotated[int, "size"],
    Annotated[float, "modified"],
    Annotated[Kind, "kind"],
]
"""An output file: path relative to the output directory, bytes, seconds since 1970, kind."""


class Progress(TypedDict):
    """Progress of a run; see `RunProgress`."""

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
    """State of a log."""

    count: int | None
    """Number of lines in the file; null while they are being counted."""
    tail: Tail


class Listing(TypedDict):
    """Output files, as many as fit in a small message."""

    rows: list[FileRow]
    complete: bool
    """Whether these are all; else request the rest."""


class EngineWords(TypedDict):
    """An engine's report about a run."""

    words: str
    """Why it waits, or where it executes: ``queued, 2 ahead, 1 at a time``."""
    inquiry: str
    """Terminal command that shows more about it; empty if there is none."""


class Snapshot(TypedDict):
    """Everything known about a run except bulk data."""

    rev: int
    """Increases by one with each change; an older state never replaces a newer one."""
    id: str
    name: str
    status: Status
    cancelling: bool
    problem: Problem | None
    """Gone: the run's folder no longer exists, and this is its last known state."""
    simulator: str
    simulator_reason: str
    """Why this one was chosen; empty for a command."""
    engine: str
    report: EngineWords | None
    """Null if there is none, as for a run that executes on this machine."""
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
    """Absent if unchanged since the previous message."""
    directory: str
    """Where the run lies, absolute."""
    home: str
    """The user's home, absolute."""
    private: bool
    """Only the user can write to the run's folder, so a page may read it through the server."""
    progress: Progress
    log: LogState


class RunColumns(TypedDict):
    """Runs as a table shows them: a list for each column, all of the same length."""

    id: list[str]
    name: list[str]
    status: list[Status]
    cancelling: list[bool]
    problem: list[Problem | None]
    simulator: list[str]
    engine: list[str]
    template: list[str]
    network: list[str | None]
    options: list[dict[str, Option]]
    """Options set by the user, except those with their own column."""
    values: list[int]
    """Position in `RunsSnapshot.defaults` of the values of options that others set; -1: unread."""
    tags: list[list[str]]
    sweep: list[str]
    """Id of the sweep that it belongs to; empty: to none."""
    first: list[float | None]
    """The first planned load, in Erlang."""
    last: list[float | None]
    fraction: list[float | None]
    eta: list[float | None]
    """Estimated seconds until the end, at the moment of the message."""
    blocking: list[float | None]
    """Mean blocking at the last load of which it is known."""
    half: list[float | None]
    """Half width of its interval."""
    created: list[float | None]
    """Seconds since 1970, as all moments."""
    started: list[float | None]
    completed: list[float | None]
    duration: list[float | None]
    error: list[str | None]
    reason: list[str]
    """Why it waits, if its position in a queue does not tell; else empty."""
    private: list[bool]
    """See `Snapshot`; false for a run that has ended, of which a page reads nothing."""


class RunsSnapshot(TypedDict):
    """Many runs: all of them, or those that have changed."""

    rev: int
    since: int
    """What has changed after the state of this number is here; 0: all runs."""
    now: float
    """Seconds since 1970, by the kernel's clock."""
    rows: RunColumns
    removed: list[str]
    """Ids of runs that are gone."""
    queue: list[str]
    """Ids of the first waiting runs, in the order in which they will start."""
    sweeps: NotRequired[dict[str, str]]
    """Names of the sweeps, by their ids; absent where they are the same as before."""
    defaults: NotRequired[list[dict[str, Option]]]
    """Values of options that runs have from their templates; absent where they are as before."""
    final: bool
    """All runs have ended, and everything of them has been read."""
    directory: str
    """The runs directory, absolute."""
    home: str
    """The user's home, absolute."""


class Curve(TypedDict):
    """A run in a comparison."""

    id: str
    name: str
    simulator: str
    points: list[Point]


class Bulk(TypedDict):
    """What came of something that was done to several runs."""

    done: int
    failed: list[Failure]
    path: NotRequired[str]
    """The file that was written."""


class RunsComparison(TypedDict):
    """Runs side by side."""

    curves: list[Curve]
    text: str
    """Statement of `compare` about them, or why there is none."""
    target: float | None
    """Blocking at which their loads are compared; null if there is no statement."""


class Reply(TypedDict):
    """The answer to a page's request."""

    id: str
    value: NotRequired[Mapping[str, Any]]
    error: NotRequired[str]
    buffer: NotRequired[int]
    """Index of the message's buffer with its bytes."""


class Message(TypedDict):
    """A message of the channel to all widgets of a kernel."""

    n: int
    """Number of the message: a gap means that one was lost."""
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
    importance: int
    """1: on the first page, 2: changes what a run does, 3: the rest."""
    default: NotRequired[str]
    """What it is where a configuration leaves it out; empty: the simulator does without it."""
    choices: list[str]
    unit: NotRequired[str]
    group: NotRequired[str]
    """The heading of its group."""
    suggestions: NotRequired[list[str]]
    """Known values of an option that also accepts others."""


class FormState(TypedDict):
    """Initial state of the form."""

    templates: list[str]
    template: str
    simulator: str
    simulators: list[str]
    tags: str
    """With commas between them."""
    options: list[OptionInfo]
    key: str
    """Class of its fallback HTML, see js/src/ui/fallback.ts."""


class Check(TypedDict):
    """The form's response to the values in its fields."""

    errors: dict[str, str]
    """Option name to message, which does not say the name again."""
    summary: str
    """What would be simulated, in words."""
    estimate: str
    """How long it would take, in words; empty where nothing tells."""
    ini: str
    """The same as an INI file."""
    code: str
    """The same in Python."""
    simulator: NotRequired[str]
    """The chosen simulator; missing if there are errors."""
    reason: NotRequired[str]
    """Why this one."""
