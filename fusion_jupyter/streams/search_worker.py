"""Searches a file line by line; started by `search`, and stopped by it where that takes too long.

Reads a request as JSON from its standard input and writes one JSON object a line. A program of
its own, since a regular expression in Python can neither be interrupted nor runs beside other
threads. Imports the standard library alone.
"""

from __future__ import annotations

import contextlib
import json
import re
import resource
import sys
import time
from typing import Any

#: Of a longer line only the beginning is searched.
LONGEST = 1 << 16
_MEMORY_BYTES = 1 << 30
_TEXT = 1000
_TELL_SECONDS = 0.05
_BUFFER = 1 << 20


def main() -> None:
    """Answer the request on standard input."""
    request = json.load(sys.stdin)
    # Where a system refuses, the time is bounded all the same.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    flags = re.IGNORECASE if request["ignore_case"] else 0
    try:
        search = re.compile(request["pattern"], flags).search
    except (re.error, OverflowError, RecursionError) as error:
        _tell({"error": str(error)})
        return
    _search(request, search)


def _search(request: dict[str, Any], search: Any) -> None:
    line, found = request["line"], 0
    next_tell = time.monotonic()
    with open(request["path"], "rb", buffering=_BUFFER) as file:  # noqa: PTH123 (start-up time)
        file.seek(request["offset"])
        while data := file.readline(LONGEST):
            text = data.rstrip(b"\r\n").decode(errors="replace")
            while not data.endswith(b"\n") and (data := file.readline(LONGEST)):
                pass
            match = search(text)
            if match is not None:
                _tell(_describe(line, text, match))
                found += 1
            line += 1
            if line % 256 == 0 and time.monotonic() > next_tell:
                next_tell = time.monotonic() + _TELL_SECONDS
                _tell({"next_line": line})
                sys.stdout.flush()
            if found >= request["limit"]:
                _tell({"next_line": line})
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
    main()
