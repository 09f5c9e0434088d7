"""The progress of a run, from the lines of its ``progress.jsonl``."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from fusion_jupyter.logs.tail import split_lines
from fusion_jupyter.manager.record import RunRecord, RunStatus
from fusion_jupyter.progress.estimate import Rate
from fusion_jupyter.progress.events import (
    RESTART,
    TYPES,
    Event,
    decode_block,
    decode_line,
    numbers,
    seconds,
)
from fusion_jupyter.progress.loads import LoadPoint
from fusion_jupyter.progress.position import Position

#: No real program reports more metrics than this; the limit bounds memory.
_MOST_METRICS = 64
#: When catching up, metrics are read only from this many last lines of a block.
_LINES_WITH_METRICS = 32
_SMALL_BLOCK = 16_384
#: Names that belong to a load, shown as its ``blocking``, ``ci`` and iterations.
_LOAD_METRICS = frozenset({"blocking_prob", "ci_half_width", "iterations"})
_SHOWN_OF_BAD_LINE = 200


@dataclass(frozen=True, kw_only=True)
class RunProgress:
    """The progress of a run.

    Attributes:
        erlang: Load of the latest event, in Erlang.
        erlang_index: Its number among the loads, from 1.
        total_erlangs: Number of loads.
        iteration: Completed iterations of this load.
        total_iterations: Planned iterations of this load.
        fraction: Share of the whole run that is done, 0 to 1; never decreases within one start of
            the run. None before the first event, and if the number of loads is unknown.
        eta_seconds: Estimated seconds until the end; None until that is meaningful.
        metrics: Latest numbers by name: ``blocking``, ``ci``, ``requests``,
            ``requests_per_second``, and whatever else a program reports.
        points: One point for each load, in ascending order.
        events: Number of events of this start of the run.
        bad_lines: Number of lines that are not JSON objects or hold impossible values.
        last_bad_line: The last of these lines, shortened.
        start: Number of this start of the run, from 1; larger if the run was queued again.
        history_complete: False if only the end of a very large file was read: then `points`,
            `events` and `bad_lines` cover that part.
    """

    erlang: float | None = None
    erlang_index: int | None = None
    total_erlangs: int | None = None
    iteration: int | None = None
    total_iterations: int | None = None
    fraction: float | None = None
    eta_seconds: float | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    points: tuple[LoadPoint, ...] = ()
    events: int = 0
    bad_lines: int = 0
    last_bad_line: str | None = None
    start: int = 1
    history_complete: bool = True

    def at_end(self, record: RunRecord) -> RunProgress:
        """The final progress of a run that has ended: fraction 1 if COMPLETED."""
        fraction = 1.0 if record.status is RunStatus.COMPLETED else self.fraction
        return replace(self, fraction=fraction, eta_seconds=None)


class ProgressTracker:
    r"""Turns progress lines into a `RunProgress`.

    Reads the documented form, the typed form and simple ones (``{"fraction": 0.4}``,
    ``{"step": 3, "total": 10}``). Loads may be simulated one after another or concurrently: the
    fraction is the sum over all loads, or the one given by the events. Unknown keys with numbers
    become metrics; unknown types are ignored; bad lines are counted but do no harm.

    A ``start`` event, the supervisor's ``restart``, a load that begins again, and `begin_anew` each
    begin a new start of the run, whose fraction starts at 0.

    Args:
        erlangs: Planned loads in Erlang, in order.
        max_iters: Planned iterations of each load.
        history_complete: False if the lines begin in the middle of the file; loads before the first
            one seen then count as done.

    Example:
        >>> tracker = ProgressTracker(erlangs=[300.0, 400.0], max_iters=2)
        >>> tracker.feed([b'{"erlang": 300.0, "iteration": 1, "total_iterations": 2}'])
        >>> tracker.progress.fraction
        0.25
    """

    def __init__(
        self,
        erlangs: Sequence[float] = (),
        max_iters: int | None = None,
        *,
        history_complete: bool = True,
    ) -> None:
        self._planned = tuple(float(erlang) for erlang in erlangs)
        self._max_iters = max_iters
        self._history_complete = history_complete
        self._bad_lines = 0
        self._last_bad_line: str | None = None
        self._start = 1
        self._begin()

    def _begin(self) -> None:
        self._position = Position(self._planned, self._max_iters, from_start=self._history_complete)
        self._metrics: dict[str, float] = {}
        self._rate = Rate()
        self._request_rate = Rate()

    def begin_anew(self) -> None:
        """The run was started again: discard the progress of earlier starts."""
        if self._position.events:
            self._start += 1
            self._history_complete = True
            self._begin()

    def feed(self, lines: Iterable[bytes]) -> None:
        """Feed lines without their line ends."""
        last: Event | None = None
        for line in lines:
            decoded = decode_line(line)
            if decoded is None:
                self._count_bad(line)
                continue
            event, content = decoded
            self._consume(event)
            if event.type is None or event.type in TYPES:
                self._note_metrics(event, content)
                if last is None:
                    self._note_time(event)
                last = event
        if last is not None:
            self._note_time(last)

    def feed_block(self, block: bytes) -> None:
        r"""Feed a block of lines that each end in ``\n``; faster than `feed` for catching up."""
        events = decode_block(block) if len(block) > _SMALL_BLOCK else None
        if events is None or len(events) <= _LINES_WITH_METRICS:
            self.feed(split_lines(block))
            return
        self._consume(events[0])
        self._note_time(events[0])
        index, end = 1, len(events) - _LINES_WITH_METRICS
        del events[end:]
        while index < end:
            self._consume(events[index])
            index = self._position.advance(events, index + 1)
        self.feed(block.rsplit(b"\n", _LINES_WITH_METRICS + 1)[1:-1])

    def _count_bad(self, line: bytes) -> None:
        if line.strip():
            self._bad_lines += 1
            self._last_bad_line = line[:_SHOWN_OF_BAD_LINE].decode(errors="replace")

    def _consume(self, event: Event) -> None:
        if event.type == RESTART:
            self.begin_anew()
            return
        if self._position.begins_again(event):
            self.begin_anew()
        self._position.consume(event)

    def _note_metrics(self, event: Event, content: dict[str, Any]) -> None:
        metrics = self._metrics
        for source in (content, event.metrics or {}):
            for key, value in numbers(source):
                if key not in _LOAD_METRICS and (key in metrics or len(metrics) < _MOST_METRICS):
                    metrics[key] = value
        load = self._position.current
        if load is not None:
            # Only of the current load: a new one starts without an interval.
            for key, known in (("blocking", load.blocking), ("ci", load.ci)):
                if known is None:
                    metrics.pop(key, None)
                else:
                    metrics[key] = known

    def _note_time(self, event: Event) -> None:
        moment = seconds(event)
        if moment is None:
            moment = time.time()
        fraction = self._position.fraction()
        if fraction is not None:
            self._rate.add(moment, fraction)
        requests = self._metrics.get("requests")
        if requests is not None:
            self._request_rate.add(moment, requests)
            if self._request_rate.per_second is not None:
                self._metrics["requests_per_second"] = self._request_rate.per_second

    @property
    def progress(self) -> RunProgress:
        """The current progress."""
        position = self._position
        current, fraction = position.current, position.fraction()
        unfinished = fraction is not None and fraction < 1.0
        return RunProgress(
            erlang=current.erlang if current else None,
            erlang_index=position.erlang_index,
            total_erlangs=position.total_erlangs,
            iteration=current.iterations if current else None,
            total_iterations=current.total if current else self._max_iters,
            fraction=fraction,
            eta_seconds=self._rate.seconds_until(1.0) if unfinished else None,
            metrics=MappingProxyType(dict(self._metrics)),
            points=position.loads.points,
            events=position.events,
            bad_lines=self._bad_lines,
            last_bad_line=self._last_bad_line,
            start=self._start,
            history_complete=self._history_complete,
        )
