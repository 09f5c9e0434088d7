"""Searches a file line by line; started by `search`, and stopped by it where that takes too long.

Reads a request as JSON from its standard input and writes one JSON object a line. A program of
its own, since in Python no other thread runs while a regular expression does, and only a signal to
the main thread interrupts it. Imports the standard library alone.
"""

from __future__ import annotations

import contextlib
import json
import re
import resource
import signal
import sys
from typing import Any

#: Of a longer line only the beginning is searched.
LONGEST = 1 << 16
_MEMORY_BYTES = 1 << 30
_TEXT = 1000
_BUFFER = 1 << 20


class _TimeIsUp(BaseException):
    """The search has taken as long as it may."""


def _interrupt(*_: object) -> None:
    raise _TimeIsUp


def main() -> None:
    """Answer the request on standard input."""
    request = json.load(sys.stdin)
    # Where a system refuses, the time is bounded all the same.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    signal.signal(signal.SIGALRM, _interrupt)
    signal.setitimer(signal.ITIMER_REAL, request["timeout"])
    flags = re.IGNORECASE if request["ignore_case"] else 0
    try:
        search = re.compile(request["pattern"], flags).search
    except (re.error, OverflowError, RecursionError) as error:
        _tell({"error": str(error)})
        return
    except _TimeIsUp:
        _tell({"next_line": request["line"], "timed_out": True})
        return
    try:
        _search(request, search)
    except FileNotFoundError:
        _tell({"next_line": request["line"], "complete": True})  # a missing log has no lines


def _search(request: dict[str, Any], search: Any) -> None:
    line, found = request["line"], 0
    with open(request["path"], "rb", buffering=_BUFFER) as file:  # noqa: PTH123 (start-up time)
        file.seek(request["offset"])
        try:
            while data := file.readline(LONGEST):
                text = data.rstrip(b"\r\n").decode(errors="replace")
                while not data.endswith(b"\n") and (data := file.readline(LONGEST)):
                    pass
                match = search(text)
                line += 1
                if match is not None:
                    _tell(_describe(line - 1, text, match))
                    found += 1
                    if found >= request["limit"]:
                        _tell({"next_line": line})
                        return
        except _TimeIsUp:
            _tell({"next_line": line, "timed_out": True})
            return
    _tell({"next_line": line, "complete": True})


def _describe(line: int, text: str, match: re.Match[str]) -> dict[str, Any]:
    start, end = match.span()
    first = max(0, start - _TEXT // 2) if len(text) > _TEXT else 0
    shown = text[first : first + _TEXT]
    return {
        "line": line,
        "start": start - first,
        "end": min(end - first, len(shown)),
        "text": shown,
    }


def _tell(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    # Where the time is up at the very end, what was told stands.
    with contextlib.suppress(_TimeIsUp):
        main()
