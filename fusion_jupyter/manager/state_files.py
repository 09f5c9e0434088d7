"""The JSON files of a run directory: their types, and the one function that reads them.

Content is validated here, once, so callers never meet unexpected types, infinite numbers or
unbounded nesting. The valid fields of a damaged file are kept.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

import msgspec
from msgspec import Meta

from fusion_jupyter.choices import DEFAULT_ENGINE
from fusion_jupyter.manager.record import EPOCH
from fusion_jupyter.manager.verdict import Found
from fusion_jupyter.storage import atomic_io, files, layout

_Count = Annotated[int, Meta(ge=0, le=2**53)]
_Pid = Annotated[int, Meta(ge=1, le=2**31)]
_Amount = Annotated[float, Meta(ge=0.0)]
_Text = Annotated[str, Meta(max_length=1000)]
_LongText = Annotated[str, Meta(max_length=10_000)]
#: A time without a time zone is ambiguous to a reader elsewhere.
_Moment = Annotated[datetime, Meta(tz=True)]
_YEARS = range(1970, 9999)
#: The supervisor refuses longer numbers, so a reader must not show such a run as waiting.
_LONG_NUMBER = re.compile(rb"\d{20}")


class Request(msgspec.Struct, kw_only=True):
    """The request, ``run.json``: the fields that the record uses."""

    version: int
    name: _Text
    simulator: _Text
    created_at: _Moment
    template: Annotated[str, Meta(max_length=10_000)] = ""
    simulator_reason: _LongText = ""
    fusion: dict[str, _LongText | None] = {}
    environment: dict[str, _LongText] = {}
    inputs: dict[str, _Text] = {}
    engine: _Text = DEFAULT_ENGINE
    engine_options: dict[str, Any] = {}
    remote: bool = False
    tags: tuple[_Text, ...] = ()
    options: dict[str, Any] = {}
    network: _Text | None = None
    erlangs: tuple[float, ...] = ()
    max_iters: _Count | None = None
    #: Seconds since 1970; anything but a number is none.
    deadline: Any = None
    fingerprint: _Text = ""


class Labels(msgspec.Struct, kw_only=True):
    """Name and tags set after creation: ``labels.json``."""

    version: int = 1
    name: _Text | None = None
    tags: tuple[_Text, ...] | None = None


class Identity(msgspec.Struct):
    """A process identity, as stored in ``state.json``."""

    pid: _Pid | None = None
    start_time: int | None = None
    boot_id: _Text | None = None
    process_table: _Text | None = None
    host: _Text | None = None


class State(msgspec.Struct, kw_only=True):
    """The state, ``state.json``: the fields that the record uses."""

    version: int = 1
    status: Literal["PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELLED"]
    supervisor: Identity | None = None
    started_at: _Moment | None = None
    completed_at: _Moment | None = None
    duration_seconds: _Amount | None = None
    cpu_seconds: _Amount | None = None
    peak_memory_bytes: _Count | None = None
    pid: _Pid | None = None
    pgid: _Pid | None = None
    exit_code: Annotated[int, Meta(ge=-(2**31), le=2**31)] | None = None
    signal: Annotated[int, Meta(ge=1, le=255)] | None = None
    error_message: _LongText | None = None
    survivors: tuple[_Pid, ...] = ()


S = TypeVar("S", Request, State, Labels)


@dataclass(frozen=True)
class Reading(Generic[S]):
    """Result of reading a file.

    Attributes:
        found: See `Found`.
        content: Its fields; of a damaged or newer file only the valid ones. None if it holds no
            JSON object.
        detail: What is wrong, for messages.
    """

    found: Found
    content: S | None = None
    detail: str = ""


def read(path: str | os.PathLike[str], kind: type[S]) -> Reading[S]:
    """Read ``run.json`` or ``state.json``; never raises because of its content.

    Reads only regular files of bounded size, never blocks and never follows a link.

    Args:
        path: The file.
        kind: `Request` or `State`.
    """
    name = os.fspath(path).rpartition("/")[2]
    try:
        data = files.read_small(os.fspath(path), files.MOST_JSON_BYTES)
    except FileNotFoundError:
        return Reading("missing", detail=f"{name} is missing")
    except ValueError as error:
        return Reading("damaged", detail=str(error))
    except OSError as error:
        return Reading("unreadable", detail=f"{name}: {error.strerror}")
    return _parse(name, data, kind)


def refused(content: dict[str, Any]) -> dict[str, str]:
    """What readers would refuse of a future ``run.json``, by the name of the field or option.

    Args:
        content: The request to be written.

    Returns:
        Error messages; empty if what is written can be read.
    """
    reading = _parse(layout.RUN_FILE, atomic_io.encode_json(content), Request)
    if reading.found == "ok":
        return {}
    found = {}
    for name, value in {**content, **content.get("options", {})}.items():
        try:
            files.parse_json(atomic_io.encode_json({name: value}))
        except ValueError:
            if name != "options":
                found[name] = f"{name} is {_shown(value)}; allowed: {_ALLOWED}"
    return found or {layout.RUN_FILE: reading.detail}


def _parse(name: str, data: bytes, kind: type[S]) -> Reading[S]:
    content = _decode_whole(data, kind)
    if content is not None:
        return Reading("ok", content)
    try:
        fields = files.parse_json(data)
    except ValueError as error:
        return Reading("damaged", detail=f"{name} {error}")
    version = fields.get("version", 1)
    newer = isinstance(version, int) and version > layout.FORMAT_VERSION
    sound, problem = _sound_fields(fields, kind)
    if newer:
        detail = f"{name} has format {version}, this version reads up to {layout.FORMAT_VERSION}"
        return Reading("newer", sound, detail)
    if problem:
        return Reading("damaged", sound, f"{name}: {problem}")
    return Reading("ok", sound)


def _decode_whole(data: bytes, kind: type[S]) -> S | None:
    """Decode the usual case in one step; None if the file needs a closer look."""
    if data.count(b"[") + data.count(b"{") > files.MOST_JSON_LEVELS or _LONG_NUMBER.search(data):
        return None
    try:
        content = msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    if content.version > layout.FORMAT_VERSION:
        return None
    values = (getattr(content, name) for name in content.__struct_fields__)
    return content if all(map(_is_known_time, values)) else None


def _sound_fields(fields: dict[str, Any], kind: type[S]) -> tuple[S, str]:
    """The valid fields, and what is wrong with the first invalid one."""
    sound: dict[str, Any] = {}
    problem = ""
    for field in msgspec.structs.fields(kind):
        name = field.name
        if name not in fields:
            if field.required:
                problem = problem or f"{name} is missing"
                sound[name] = _UNKNOWN[name]
            continue
        try:
            sound[name] = msgspec.convert(fields[name], field.type)
        except (msgspec.ValidationError, ValueError, RecursionError) as error:
            problem = problem or f"{name} is {_shown(fields[name])}: {error}"
        else:
            if not _is_known_time(sound[name]):
                problem = problem or f"{name} is {_shown(fields[name])}, not a time of a run"
                del sound[name]
        if field.required:
            sound.setdefault(name, _UNKNOWN[name])
    return kind(**sound), problem


#: What a file can hold, in words.
_ALLOWED = (
    f"finite numbers of up to 20 digits, and up to {files.MOST_JSON_LEVELS - 1} lists or mappings "
    "in each other"
)
#: Placeholders for required fields that are missing or damaged.
_UNKNOWN: dict[str, Any] = {
    "version": 0,
    "name": "",
    "simulator": "",
    "created_at": EPOCH,
    "status": None,
}


def _is_known_time(value: object) -> bool:
    return not isinstance(value, datetime) or value.year in _YEARS


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
