"""Plan a sweep: check every point before anything is written."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from fusion_jupyter import formatting
from fusion_jupyter.config import template_files
from fusion_jupyter.config.user_options import changed
from fusion_jupyter.errors import FusionJupyterError
from fusion_jupyter.manager import creation, reuse
from fusion_jupyter.manager.creation import PreparedRun
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunCreate, RunRecord
from fusion_jupyter.simulators.choice import required_installation
from fusion_jupyter.studies import frames, points
from fusion_jupyter.studies.points import Point
from fusion_jupyter.studies.progress_line import ProgressLine

if TYPE_CHECKING:
    import pandas as pd

_MOST_SHOWN = 20
#: More runs than this take seconds to check.
_MANY = 2000
#: The longest name that a run may have, as `manager.labels` checks.
_LONGEST_NAME = 255
#: The option that makes a repetition independent: the seed of its first iteration.
FIRST_SEED = "first_seed"


class SweepError(FusionJupyterError, ValueError):
    """Some points of a sweep cannot be run; nothing was started or written.

    Attributes:
        problems: Number of the point, from 0 -> option -> message.
    """

    def __init__(self, problems: Mapping[int, Mapping[str, str]], found: Sequence[Point]) -> None:
        self.problems = {number: dict(messages) for number, messages in problems.items()}
        same: dict[str, list[int]] = {}
        for number, messages in self.problems.items():
            for message in messages.values():
                same.setdefault(message, []).append(number)
        lines = [f"{len(self.problems)} of {len(found)} points cannot be run; nothing was started."]
        for message, numbers in list(same.items())[:_MOST_SHOWN]:
            first = f"point {numbers[0]} ({points.describe(found[numbers[0]])})"
            more = f" and {len(numbers) - 1} more" if len(numbers) > 1 else ""
            lines.append(f"{first}{more}: {message}")
        if len(same) > _MOST_SHOWN:
            lines.append(f"and {len(same) - _MOST_SHOWN} other problems")
        super().__init__("\n".join(lines))


@dataclass(frozen=True, kw_only=True)
class PlannedPoint:
    """One run that a sweep wants.

    Attributes:
        parameters: Values of the varied options.
        repeat: Number of the repetition, from 0.
        prepared: The checked run, not written yet.
        existing: An earlier run with an identical request, which will be shared.
    """

    parameters: Point
    repeat: int
    prepared: PreparedRun
    existing: RunRecord | None = None


@dataclass(frozen=True, kw_only=True)
class SweepPlan:
    """Result of `fusion_jupyter.sweep` with ``dry_run=True``: the points and their estimated time.

    Attributes:
        points: The runs in order.
        seconds: Estimated seconds for the missing ones; None if unknown.
        basis: The basis of the estimate, in words.
    """

    points: tuple[PlannedPoint, ...]
    seconds: float | None = None
    basis: str = ""
    parameters: tuple[str, ...] = field(default=())

    @property
    def missing(self) -> int:
        """Number of runs that do not exist yet."""
        return len({each.prepared.run_id for each in self.points if each.existing is None})

    def to_frame(self) -> pd.DataFrame:
        """A frame with one row per run: its parameters, repeat, and the existing run, if any."""
        import pandas as pd

        rows = [
            {
                "repeat": point.repeat,
                "run_id": None if point.existing is None else point.existing.id,
                "status": None if point.existing is None else point.existing.status.value,
            }
            for point in self.points
        ]
        parameters = frames.columns_of([point.parameters for point in self.points])
        return pd.DataFrame({**parameters, **pd.DataFrame(rows)})

    def __repr__(self) -> str:
        there = len(self.points) - sum(point.existing is None for point in self.points)
        time = "unknown" if self.seconds is None else formatting.about(self.seconds)
        runs = formatting.counted(len(self.points), "run")
        return (
            f"SweepPlan({runs}, {there} exist{'s' * (there == 1)} already, "
            f"time for the others: {time} ({self.basis}))"
        )

    def _repr_html_(self) -> str:
        table = self.to_frame().to_html(max_rows=_MOST_SHOWN, na_rep="–", escape=True)
        return f"<div><p>{html.escape(repr(self))}</p>{table}</div>"


def plan(
    manager: RunManager,
    request: RunCreate,
    found: Sequence[Point],
    repeats: int,
    deadline: float | None = None,
) -> list[PlannedPoint]:
    """Check every point of a sweep and prepare its runs.

    Args:
        manager: Manager of the future runs.
        request: What all points share.
        found: The points, from `points.expand`.
        repeats: Repetitions of each point.
        deadline: When their time ends, in seconds since the epoch; None: never.

    Raises:
        ValueError: What all points share is not allowed.
        SweepError: Some points cannot be run; the message lists each one with its problems.
    """
    check_shared(request)
    problems: dict[int, dict[str, str]] = {}
    occurrences: list[tuple[Point, int, PreparedRun]] = []
    # Points that are spelled differently and compute the same are one run.
    runs: dict[str, PreparedRun] = {}
    line = ProgressLine() if len(found) * repeats > _MANY else None
    for number, point in enumerate(found):
        if line is not None:
            line.show(f"{number:,} of {len(found):,} points checked; nothing is started yet")
        try:
            for repeat in range(repeats):
                prepared = prepare(manager, request, point, repeat)
                occurrences.append((point, repeat, runs.setdefault(prepared.fingerprint, prepared)))
        except ValueError as error:
            problems[number] = getattr(error, "problems", None) or {"": str(error)}
    if line is not None:
        line.close(f"{len(found):,} points checked")
    if problems:
        raise SweepError(problems, found)
    taken = reuse.to_share(manager.list_runs(), runs, deadline)
    return [
        PlannedPoint(
            parameters=point,
            repeat=repeat,
            prepared=prepared,
            existing=taken.get(prepared.fingerprint),
        )
        for point, repeat, prepared in occurrences
    ]


def check_shared(request: RunCreate) -> None:
    """Check what is the same for all points, so that an error is reported once, not for each.

    Raises:
        ValueError: Template, simulator, engine, tags or another argument is not allowed.
    """
    creation.check(request)
    template_files.read(request.template)
    required_installation(request.simulator)


def prepare(
    manager: RunManager, request: RunCreate, point: Point, repeat: int, run_id: str | None = None
) -> PreparedRun:
    """Check one run of a sweep.

    Args:
        manager: Manager of the future run.
        request: What all points share.
        point: Values of the varied options.
        repeat: Number of the repetition, from 0.
        run_id: The id to use; None: a new one.

    Raises:
        ValueError: It cannot be run.
    """
    own = replace(request, name=_name(point, 0), config={**dict(request.config), **dict(point)})
    prepared = manager.prepare(own, run_id)
    if repeat == 0:
        return prepared
    iterations, first = prepared.max_iters, prepared.first_seed
    if iterations is None or first is None:
        raise ValueError(
            f"repeats: each run of the simulator {prepared.simulator!r} computes the same, because "
            "its seeds cannot be set; allowed: repeats=1, or simulator='embedded'"
        )
    options = changed(own.config, {FIRST_SEED: first + repeat * iterations})
    return manager.prepare(replace(own, name=_name(point, repeat), config=options), run_id)


def _name(point: Point, repeat: int) -> str:
    """A name that a run may have, of a point with many options too."""
    number = f", repeat {repeat + 1}" if repeat else ""
    text, room = points.describe(point), _LONGEST_NAME - len(number)
    return (text if len(text) <= room else f"{text[: room - 1]}…") + number
