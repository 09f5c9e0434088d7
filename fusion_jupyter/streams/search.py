"""Search a file for a regular expression, in a process that can be stopped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_WORKER = Path(__file__).with_name("search_worker.py")


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
        next_line: Number of the first line that was not searched; where to go on.
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
    }
    process = subprocess.Popen(
        # Isolated and without site packages: the worker starts in some 15 ms.
        [sys.executable, "-I", "-S", os.fspath(_WORKER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    timed_out = False
    with process:
        try:
            output, _ = process.communicate(json.dumps(request).encode(), timeout=timeout)
        except subprocess.TimeoutExpired:
            timed_out = True
            process.kill()
            output, _ = process.communicate()
        except BaseException:
            process.kill()
            raise
    return _result(pattern, output, line, timed_out, process.returncode)


def _result(
    pattern: str, output: bytes, line: int, timed_out: bool, exit_code: int
) -> SearchResult:
    matches: list[Match] = []
    next_line, complete = line, False
    for text in output.split(b"\n")[:-1]:  # a last one without an end was cut by the stop
        answer = json.loads(text)
        if "error" in answer:
            raise ValueError(f"pattern is {pattern!r}; not a regular expression: {answer['error']}")
        if "next_line" in answer:
            next_line, complete = answer["next_line"], answer.get("complete", False)
        else:
            matches.append(Match(**answer))
            next_line = answer["line"] + 1
    if exit_code != 0 and not timed_out and not complete:
        raise ValueError(f"pattern is {pattern!r}; it needs too much memory or time")
    return SearchResult(
        matches=tuple(matches), complete=complete, timed_out=timed_out, next_line=next_line
    )
