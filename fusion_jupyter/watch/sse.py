"""Progress and log of a run as server-sent events.

The generators' output can be passed directly to ``sse_starlette.EventSourceResponse``.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

from fusion_jupyter import settings
from fusion_jupyter.errors import RunNotFoundError
from fusion_jupyter.logs.line_index import read_part
from fusion_jupyter.logs.tail import Tail, split_lines
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.record import is_run_id
from fusion_jupyter.progress.events import decode_line
from fusion_jupyter.watch.polling import Pace
from fusion_jupyter.watch.state_watch import StateWatch

#: Bytes read before control returns to the consumer's event loop.
_READ_BYTES = 1 << 17
_COUNT_BYTES = 1 << 20
#: Seconds between two checks whether a file was replaced.
_CHECK_SECONDS = 1.0


async def stream_progress(
    run_id: str, *, runs_dir: str | os.PathLike[str] | None = None
) -> AsyncIterator[dict[str, str]]:
    """Yield every progress event of a run, from the first on, then ``done``.

    Works in the notebook's event loop and in any other. Costs next to nothing while nothing
    happens. A consumer may be slow, or stop at any point.

    Args:
        run_id: The run.
        runs_dir: Folder of the run directories; default: see `fusion_jupyter.configure`.

    Yields:
        ``{"event": "progress", "data": <the event's JSON text>}`` for each line that is an event;
        then, when the run has ended and all have been sent, ``{"event": "done", "data": ...}`` with
        data ``{"status", "exit_code", "error_message", "bad_lines"}``.

    Raises:
        RunNotFoundError: There is no such run; raised before the first event.

    Example:
        >>> async for event in stream_progress(run.id):
        ...     print(event["event"], json.loads(event["data"]))
    """
    directory, state = _open(run_id, runs_dir)
    bad_lines = 0
    with Tail(directory.progress_file, below=directory.path) as tail:
        async with aclosing(_blocks(tail, state)) as blocks:
            async for block in blocks:
                for line in split_lines(block):
                    text = _json_text(line)
                    if text is not None:
                        yield {"event": "progress", "data": text}
                    elif line.strip():
                        bad_lines += 1
    yield _done(state, bad_lines=bad_lines)


async def stream_run_logs(
    run_id: str,
    from_start: bool = True,
    *,
    runs_dir: str | os.PathLike[str] | None = None,
) -> AsyncIterator[dict[str, str]]:
    r"""Yield the lines of a run's log, then ``done``.

    Lines end in ``\n`` or ``\r\n``; a progress bar drawn with ``\r`` is one line. Text that is not
    UTF-8 is shown with replacement characters.

    Args:
        run_id: The run.
        from_start: Start with the first line; if False, with the next line written.
        runs_dir: Folder of the run directories; default: see `fusion_jupyter.configure`.

    Yields:
        ``{"event": "log", "data": ...}`` with data ``{"line": <text>, "number": <from 1>}``; then,
        when the run has ended and all have been sent, ``{"event": "done", "data": ...}`` with data
        ``{"status", "exit_code", "error_message"}``.

    Raises:
        RunNotFoundError: There is no such run; raised before the first event.

    Example:
        >>> async for event in stream_run_logs(run.id, from_start=False):
        ...     print(json.loads(event["data"]).get("line"))
    """
    directory, state = _open(run_id, runs_dir)
    number, restarts = 0, 0
    last_bytes = None if from_start else 0
    with Tail(directory.log_file, last_bytes=last_bytes, below=directory.path) as tail:
        async with aclosing(_blocks(tail, state)) as blocks:
            if not from_start:
                tail.begin()
                number = await _count_lines(directory, tail.skipped)
            async for block in blocks:
                if tail.restarts != restarts:
                    number, restarts = 0, tail.restarts
                for line in split_lines(block):
                    number += 1
                    content = {"line": line.decode(errors="replace"), "number": number}
                    yield {"event": "log", "data": json.dumps(content)}
    yield _done(state)


def _open(run_id: str, runs_dir: str | os.PathLike[str] | None) -> tuple[RunDirectory, StateWatch]:
    folder = settings.runs_dir() if runs_dir is None else Path(runs_dir).expanduser().absolute()
    if not is_run_id(run_id):
        raise RunNotFoundError(f"There is no run {run_id!r}: an id is 12 hexadecimal digits")
    directory = RunDirectory(folder / run_id)
    try:
        return directory, StateWatch(directory, directory.read())
    except FileNotFoundError:
        raise RunNotFoundError(f"There is no run {run_id!r} in {folder}") from None


async def _blocks(tail: Tail, state: StateWatch) -> AsyncGenerator[bytes, None]:
    """Yield blocks of lines as they are written, until the run has ended and all are read."""
    pace = Pace(time.monotonic())
    next_check = 0.0
    while True:
        now = time.monotonic()
        state.poll(now)
        # Checked before reading: once the state says that the run has ended, the file is complete.
        ending = state.is_final
        check = ending or now >= next_check
        if check:
            next_check = now + _CHECK_SECONDS
        changed = False
        while True:
            block = tail.read(_READ_BYTES, check=check)
            if block:
                changed = True
                yield block
            if tail.caught_up:
                break
            # A generator that never waits would block the event loop.
            await asyncio.sleep(0)
        if ending:
            block = tail.finish()
            if block:
                yield block
            return
        pace.polled(now, changed=changed)
        await asyncio.sleep(max(0.0, pace.due - time.monotonic()))


async def _count_lines(directory: RunDirectory, length: int) -> int:
    """Count the line ends in the first bytes of the log."""
    count = position = 0
    while position < length:
        try:
            # Opened for each part, so that a consumer that stops here leaves no file open.
            part = min(_COUNT_BYTES, length - position)
            block = read_part(directory.log_file, position, part, below=directory.path)
        except OSError:
            break
        if not block:
            break
        count += block.count(b"\n")
        position += len(block)
        await asyncio.sleep(0)
    return count


def _json_text(line: bytes) -> str | None:
    """A line as JSON text in ASCII, without line ends of any kind; None if it is not an event."""
    decoded = decode_line(line)
    if decoded is None:
        return None
    if line.isascii() and b"\r" not in line:
        return line.decode("ascii").strip()
    return json.dumps(_without_infinities(decoded[1]))


def _without_infinities(value: Any) -> Any:
    """JSON has no NaN or infinity, but one may occur in an unknown key."""
    if isinstance(value, dict):
        return {key: _without_infinities(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_infinities(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _done(state: StateWatch, **more: Any) -> dict[str, str]:
    record = state.record
    content = {
        "status": record.status.value,
        "exit_code": record.exit_code,
        "error_message": record.error_message,
        **more,
    }
    return {"event": "done", "data": json.dumps(content)}
