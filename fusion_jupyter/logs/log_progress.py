"""Progress of a program that reports none, from patterns for the lines of its log.

Imported by the supervisor of such a run alone: light modules of the standard library.
"""

from __future__ import annotations

import json
import os
import re
import time

#: Read at a time, so that a flood of output never fills the supervisor's memory.
_READ_BYTES = 1 << 20
#: A line is searched no further than this: patterns are for people's lines.
_LINE_BYTES = 2000


class LogProgress:
    """Reads what is new in a log and appends an event for each line that a pattern fits.

    Args:
        log_file: Path of the log.
        progress_file: Where events go, unless the program writes there itself.
        patterns: Regular expressions whose named groups are numbers.
    """

    def __init__(self, log_file: str, progress_file: str, patterns: list[str]) -> None:
        self._log_file = log_file
        self._progress_file = progress_file
        self._patterns = [re.compile(pattern) for pattern in patterns]
        self._offset = 0
        self._rest = b""
        self._written = 0

    def read(self) -> None:
        """Take in what the program has printed since the last call."""
        events = bytearray()
        while block := self._next_block():
            *lines, rest = (self._rest + block).replace(b"\r", b"\n").split(b"\n")
            self._rest = rest[-_LINE_BYTES:]
            for line in lines:
                event = self._event(line[:_LINE_BYTES].decode(errors="replace"))
                if event is not None:
                    events += json.dumps({"timestamp": time.time(), **event}).encode() + b"\n"
        if events:
            self._append(bytes(events))

    def _next_block(self) -> bytes:
        try:
            with open(self._log_file, "rb") as file:
                file.seek(self._offset)
                block = file.read(_READ_BYTES)
        except OSError:
            return b""
        self._offset += len(block)
        return block

    def _event(self, line: str) -> dict[str, float] | None:
        for pattern in self._patterns:
            found = pattern.search(line)
            if found:
                try:
                    return {
                        name: float(text) if "." in text or "e" in text.lower() else int(text)
                        for name, text in found.groupdict().items()
                        if text is not None
                    }
                except ValueError:
                    return None
        return None

    def _append(self, data: bytes) -> None:
        descriptor = os.open(self._progress_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            # What the program itself reports is better than what its log lets guess.
            if os.fstat(descriptor).st_size == self._written:
                self._written += os.write(descriptor, data)
        finally:
            os.close(descriptor)
