"""Search a file for a regular expression, in a process that can be stopped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_WORKER = Path(__file__).with_name("search_worker.py")
#: Characters of a pattern that an error message shows.
_SHOWN = 200
#: The worker stops itself when the time is up; where it cannot, it is killed after so much more.
_GRACE_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class Match:
    """A line that matches.

    Attributes:
        line: Its number, from 0, as for `LogFile.lines`.
        start: Where in `text` the first match begins.
        end: Where it ends.
        text: The line; of a long one, the part around the match.
    """

    line: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, kw_only=True)
class SearchResult:
    """What a search found.

    Attributes:
        matches: The lines, in order.
        complete: The file was searched to its end.
        timed_out: The search was stopped because it took too long.
        next_line: Number of the first line that was not searched; where to go on. Where the search
            took too long, the line at which it was stopped.
    """

    matches: tuple[Match, ...]
    complete: bool
    timed_out: bool
    next_line: int


def search_file(
    path: str,
    pattern: str,
    *,
    offset: int,
    line: int,
    limit: int,
    ignore_case: bool,
    timeout: float,
) -> SearchResult:
    """Search a file from an offset, the beginning of line number `line`; see `LogFile.search`."""
    request = {
        "path": os.path.abspath(path),  # noqa: PTH100 (the worker's folder may be another)
        "pattern": pattern,
        "offset": offset,
        "line": line,
        "limit": limit,
        "ignore_case": ignore_case,
        "timeout": timeout,
    }
    process = subprocess.Popen(
        # Isolated and without site packages: the worker starts in some 15 ms.
        [sys.executable, "-I", "-S", os.fspath(_WORKER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    killed = False
    with process:
        try:
            output, _ = process.communicate(
                json.dumps(request).encode(), timeout=timeout + _GRACE_SECONDS
            )
        except subprocess.TimeoutExpired:
            killed = True
            process.kill()
            output, _ = process.communicate()
        except BaseException:
            process.kill()
            raise
    return _result(pattern, output, line, killed, process.returncode)


def _result(pattern: str, output: bytes, line: int, killed: bool, exit_code: int) -> SearchResult:
    matches: list[Match] = []
    end: dict[str, Any] = {"next_line": line, "timed_out": killed}
    said = f"pattern is {pattern[:_SHOWN]!r}"
    for text in output.split(b"\n")[:-1]:  # a last one without an end was cut by the stop
        answer = json.loads(text)
        if "error" in answer:
            raise ValueError(f"{said}; not a regular expression: {answer['error'][:_SHOWN]}")
        if "next_line" in answer:
            end = answer
        else:
            matches.append(Match(**answer))
            end["next_line"] = answer["line"] + 1
    if exit_code != 0 and not killed:
        raise ValueError(f"{said}; it needs too much memory")
    return SearchResult(
        matches=tuple(matches),
        complete=end.get("complete", False),
        timed_out=end.get("timed_out", False),
        next_line=end["next_line"],
    )
