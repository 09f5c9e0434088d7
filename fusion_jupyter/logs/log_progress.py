"""Progress of a program that reports none, derived from its log: by patterns, else by a guess.

The patterns come from the user and may backtrack practically forever, so they are matched in a
separate process with a time limit per line. Started only by the supervisor of such a run, so it
imports only light standard-library modules.
"""

from __future__ import annotations

import json
import os
import re
import select
import signal
import time
from collections.abc import Mapping, Sequence

from fusion_jupyter.logs.guessing import Guess
from fusion_jupyter.storage import descriptors
from fusion_jupyter.storage.held import HeldDirectory

#: Bytes read at a time, so that a flood of output never fills the memory.
_READ_BYTES = 1 << 20
#: Only this much of a line is searched: patterns are for human-readable lines.
_LINE_BYTES = 2000
#: What ends a line, or is printed to write over it.
_ENDS = re.compile(b"[\r\x08]+")
#: A pattern that takes longer than this for one line is disabled.
_LIMIT_SECONDS = 0.5
_POLL_SECONDS = 0.1
#: Time limit for the last lines once the program has ended.
_FINISH_SECONDS = 3.0


class _TooSlowError(Exception):
    """A pattern took too long for a line."""


class LogProgress:
    """Reads new log lines and appends an event for each line that matches a pattern.

    Args:
        folder: The run directory.
        log_name: Name of the log in it.
        progress_name: File for the events, unless the program writes to it itself.
        patterns: Regular expressions whose named groups are numbers; without any, printed progress
            is recognised if possible, see `guessing`.
        begins: Where this start of the run begins, in bytes, in the log and in the file for events.
    """

    def __init__(
        self,
        folder: HeldDirectory,
        log_name: str,
        progress_name: str,
        patterns: Sequence[str],
        begins: tuple[int, int] = (0, 0),
    ) -> None:
        self._folder = folder
        self._log_name = log_name
        self._progress_name = progress_name
        self._patterns = [re.compile(pattern) for pattern in patterns]
        self._guess = None if patterns else Guess()
        self._rest = b""
        self._offset, self._begin = begins
        self._written = self._begin

    def read(self) -> None:
        """Consume the output printed since the last call."""
        if self._guess is not None and self._guess.is_over:
            return
        events: list[Mapping[str, object]] = []
        while block := self._next_block():
            *lines, rest = _ENDS.sub(b"\n", self._rest + block).split(b"\n")
            self._rest = rest[-_LINE_BYTES:]
            for line in lines:
                text = line[:_LINE_BYTES].decode(errors="replace")
                event = self._event(text) if self._guess is None else self._guess.read(text)
                if event is not None:
                    events.append(event)
        if self._guess is not None:
            events = _latest(events)
        if events:
            now = time.time()
            texts = [json.dumps({"timestamp": now, **event}) + "\n" for event in events]
            self._append("".join(texts).encode())

    def _next_block(self) -> bytes:
        try:
            descriptor = self._folder.open(self._log_name, os.O_RDONLY)
        except OSError:
            return b""
        try:
            block = os.pread(descriptor, _READ_BYTES, self._offset)
        except OSError:
            return b""
        finally:
            os.close(descriptor)
        self._offset += len(block)
        return block

    def _event(self, line: str) -> dict[str, float] | None:
        for pattern in list(self._patterns):
            found = self._search(pattern, line)
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

    def _search(self, pattern: re.Pattern[str], line: str) -> re.Match[str] | None:
        signal.setitimer(signal.ITIMER_REAL, _LIMIT_SECONDS)
        try:
            return pattern.search(line)
        except _TooSlowError:
            self._patterns.remove(pattern)
            self._tell(
                f"[fusion_jupyter] The progress pattern {pattern.pattern!r} took longer than "
                f"{_LIMIT_SECONDS} s for one line and is disabled"
            )
            return None
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _tell(self, text: str) -> None:
        """Add a line to the log, so that the user sees why there is no progress."""
        try:
            descriptor = self._folder.open(self._log_name, os.O_WRONLY | os.O_APPEND)
        except OSError:
            return
        try:
            os.write(descriptor, f"{text}\n".encode())
        except OSError:
            return
        finally:
            os.close(descriptor)

    def _append(self, data: bytes) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        descriptor = self._folder.open(self._progress_name, flags)
        try:
            # The program's own reports are better than guesses from its log.
            if os.fstat(descriptor).st_size == self._written:
                self._written += os.write(descriptor, data)
            elif self._guess is not None and not self._guess.is_over:
                self._guess.is_over = True
                if self._written > self._begin:  # what was guessed is not valid any more
                    os.write(descriptor, b'{"type": "start"}\n')
        finally:
            os.close(descriptor)


def _latest(events: Sequence[Mapping[str, object]]) -> list[Mapping[str, object]]:
    """The last of several guesses; it starts anew if any of them does."""
    if not events:
        return []
    begins = any("type" in event for event in events)
    return [{**({"type": "start"} if begins else {}), **events[-1]}]


class Reader:
    """The process that reads a log for the run's supervisor.

    Attributes:
        pid: Its process id.
    """

    def __init__(self, pid: int, lifeline: int) -> None:
        self.pid = pid
        self._lifeline = lifeline

    def finish(self) -> None:
        """Let it read the rest, for some seconds at most, and end it."""
        os.close(self._lifeline)
        deadline = time.monotonic() + _FINISH_SECONDS
        try:
            while os.waitpid(self.pid, os.WNOHANG)[0] == 0:
                if time.monotonic() > deadline:
                    os.kill(self.pid, signal.SIGKILL)
                time.sleep(0.005)
        except (ChildProcessError, ProcessLookupError):
            return


def start(
    folder: HeldDirectory,
    log_name: str,
    progress_name: str,
    patterns: Sequence[str],
    begins: tuple[int, int] = (0, 0),
) -> Reader:
    """Start a process that reads a log until it is asked to finish, or its parent ends.

    Args:
        folder: See `LogProgress`.
        log_name: See `LogProgress`.
        progress_name: See `LogProgress`.
        patterns: See `LogProgress`.
        begins: See `LogProgress`.

    Raises:
        OSError: No more processes can be created.
    """
    end, lifeline = os.pipe()
    try:
        pid = os.fork()
    except OSError:
        os.close(end)
        os.close(lifeline)
        raise
    if pid == 0:
        try:
            signal.set_wakeup_fd(-1)
            # Including the supervisor's locks, which indicate that the supervisor is alive.
            descriptors.close_all_but((end, folder.descriptor))
            _read_until_told(end, LogProgress(folder, log_name, progress_name, patterns, begins))
        finally:
            os._exit(0)
    os.close(end)
    return Reader(pid, lifeline)


def _read_until_told(end: int, progress: LogProgress) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, _on_alarm)
    told = False
    while not told:
        told = bool(select.select([end], [], [], _POLL_SECONDS)[0])
        try:
            progress.read()
        except (OSError, _TooSlowError):
            continue  # on a full disk only the progress bar is lost


def _on_alarm(*_: object) -> None:
    raise _TooSlowError
