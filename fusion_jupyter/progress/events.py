"""Decode lines of ``progress.jsonl`` to events: both documented forms, and simple ones."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

import msgspec

#: Keys that give a run's position. Every other number in an event is a metric.
POSITION_KEYS = frozenset(
    {
        "erlang",
        "erlang_index",
        "total_erlangs",
        "iteration",
        "total_iterations",
        "fraction",
        "step",
        "total",
        "timestamp",
        "ts",
    }
)
#: Event types of the typed form; others are ignored. Some concern a load.
LOAD_TYPES = frozenset({"erlang_start", "iteration", "erlang_complete"})
TYPES = LOAD_TYPES | {"start", "complete", "error"}
#: Written by the supervisor, not the program, before each start of the program but the first.
RESTART = "fusion_jupyter.restart"
#: A larger count is a mistake, not progress. Up to this limit every whole number is also a float,
#: so the browser, which has only floats, reads the same value.
LARGEST_COUNT = 2**53 - 1
_LARGEST = sys.float_info.max

#: A finite number: 1e999 is decoded as infinite and is not allowed.
_Finite = Annotated[float, msgspec.Meta(ge=-_LARGEST, le=_LARGEST)]
_Count = Annotated[int, msgspec.Meta(ge=0, le=LARGEST_COUNT)] | None
_Number = Annotated[int, msgspec.Meta(ge=1, le=LARGEST_COUNT)] | None
_Fraction = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)] | None
_Amount = Annotated[float, msgspec.Meta(ge=0.0, le=_LARGEST)] | None


class Event(msgspec.Struct, gc=False):
    """The known keys; an event has some of them.

    Attributes:
        type: Of the typed form: start, erlang_start, iteration, erlang_complete, complete, error.
        erlang: Load in Erlang.
        erlang_index: Number of the load, from 1.
        total_erlangs: Number of loads.
        iteration: Completed iterations of this load.
        total_iterations: Planned iterations of this load.
        fraction: Share of the whole run that is done, 0 to 1.
        step: Completed steps of a program without loads.
        total: Planned steps.
        timestamp: ISO 8601 text or seconds since 1970.
        ts: The same in the typed form.
        blocking: Blocking probability so far.
        ci: Half width of its confidence interval.
        metrics: Numbers of the typed form.
    """

    type: str | None = None
    erlang: _Finite | None = None
    erlang_index: _Number = None
    total_erlangs: _Count = None
    iteration: _Count = None
    total_iterations: _Count = None
    fraction: _Fraction = None
    step: _Amount = None
    total: _Amount = None
    timestamp: str | _Finite | None = None
    ts: str | _Finite | None = None
    blocking: _Finite | None = None
    ci: _Finite | None = None
    metrics: dict[str, Any] | None = None


_decoder = msgspec.json.Decoder(Event)
_generic = msgspec.json.Decoder()
_COUNTS = ("erlang_index", "total_erlangs", "iteration", "total_iterations")
#: Exceptions of decoding a line: malformed, not UTF-8, nested too deeply.
_BAD = (msgspec.MsgspecError, ValueError, RecursionError, OverflowError)


def decode_line(line: bytes) -> tuple[Event, dict[str, Any]] | None:
    """Decode a line once, to its known keys and to its whole content.

    Whole numbers may be written as floats (3.0), and text need not be valid Unicode.

    Returns:
        None for a line that is not a JSON object, or whose known keys have values of a wrong type
        or out of range: NaN, infinite, negative counts, fractions above 1.

    Example:
        >>> decode_line(b'{"erlang": 300.0, "iteration": 1, "total_iterations": 2}')[0].iteration
        1
    """
    content = _decode_object(line)
    if content is None:
        return None
    for key in _COUNTS:
        value = content.get(key)
        if isinstance(value, float) and value.is_integer() and abs(value) <= LARGEST_COUNT:
            content[key] = int(value)
    try:
        return msgspec.convert(content, Event), content
    except _BAD:
        return None


def decode_block(block: bytes) -> list[Event] | None:
    r"""Decode many lines at once, at two to three times the speed.

    Args:
        block: Lines that each end in ``\n``.

    Returns:
        An event for each line; None if some line is unusual (invalid, empty, or not enclosed in
        ``{`` and ``}``), so that each must be decoded separately.
    """
    count = block.count(b"\n")
    # There are as many values as lines, and each line begins and ends with a brace: so each line is
    # one value, since no value continues with "{" after "}". (Counting one longer string is
    # faster.)
    if (
        not block.startswith(b"{")
        or not block.endswith(b"}\n")
        or block.count(b"}\n{") != count - 1
    ):
        return None
    try:
        events = _decoder.decode_lines(block)
    except _BAD:
        return None
    return events if len(events) == count else None


def _decode_object(line: bytes) -> dict[str, Any] | None:
    """The line's whole content, or None if it is not a JSON object."""
    try:
        content = _generic.decode(line)
    except _BAD:
        try:
            # Unknown keys may contain what strict JSON forbids: invalid UTF-8, numbers too large
            # for a float.
            content = json.loads(line.decode(errors="replace"), parse_constant=_refuse)
        except _BAD:
            return None
    return content if isinstance(content, dict) else None


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")


def numbers(content: dict[str, Any]) -> Iterable[tuple[str, float]]:
    """The finite numbers of an object that are not its position, `POSITION_KEYS`."""
    for key, value in content.items():
        if key in POSITION_KEYS or isinstance(value, bool):
            continue
        if isinstance(value, int | float):
            try:
                number = float(value)
            except OverflowError:  # an integer with hundreds of digits
                continue
            if math.isfinite(number):
                yield key, number


def seconds(event: Event) -> float | None:
    """Time of an event, in seconds since 1970; None if it has none."""
    moment = event.timestamp if event.timestamp is not None else event.ts
    if isinstance(moment, str):
        try:
            return datetime.fromisoformat(moment).timestamp()
        except (ValueError, OverflowError, OSError):
            return None
    return moment
