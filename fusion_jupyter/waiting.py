"""`wait`: wait for many runs at once, with one line of total progress."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Generator, Iterable
from typing import Any

from fusion_jupyter import arguments, formatting
from fusion_jupyter.handle import Run, handle_of
from fusion_jupyter.manager.record import RunStatus
from fusion_jupyter.manager.selection import Runs, records_of
from fusion_jupyter.progress.estimate import Rate
from fusion_jupyter.run_list import RunList
from fusion_jupyter.watch.interrupts import interruptible

#: Seconds between two polls; a notebook's kernel notices an interrupt when its loop wakes up.
_SLICE_SECONDS = 0.2
_GO_ON = "the runs continue"
#: Seconds between two updates of the line.
_LINE_SECONDS = 1.0


def wait(runs: Runs, timeout: float | None = None, *, check: bool = False) -> RunList | Waiting:
    """Wait until all of these runs have ended, however they end.

    In a notebook, or wherever an event loop is running, ``await`` the result; the page stays
    responsive. In a script the call itself blocks. One line shows the total progress.

    Args:
        runs: Run ids, records, handles, or a sweep.
        timeout: Seconds; None: as long as it takes.
        check: Raise an error if one of them did not complete.

    Returns:
        The handles of the runs, as a list that displays as a table; in a notebook an awaitable that
        returns this list.

    Raises:
        RunNotFoundError: There is no such run, or, with `check`, a point of a sweep has none.
        TimeoutError: Some have not ended by then; they continue.
        RunFailedError: With `check`: the error of the first that FAILED or was CANCELLED.

    Example:
        >>> runs = [start("minimal", k_paths=k) for k in (1, 3, 5)]
        >>> finished = await wait(runs)
    """
    timeout = arguments.seconds("timeout", timeout)
    members = getattr(runs, "runs", runs)  # a sweep
    handles = RunList(handle_of(record.directory, record) for record in records_of(members))
    # A sweep also knows of points without a run.
    checked: Any = [runs] if hasattr(runs, "raise_for_status") else handles
    waiting = Waiting(handles, timeout, checked if check else ())
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return waiting.block()
    return waiting


class Waiting:
    """The awaitable that `wait` returns where an event loop is running.

    Args:
        runs: The runs.
        timeout: Seconds; None: as long as it takes.
        checked: What raises an error at the end if it did not complete.
    """

    def __init__(self, runs: RunList, timeout: float | None, checked: Iterable[Any] = ()) -> None:
        self._runs = runs
        self._timeout = timeout
        self._must_complete = checked

    def __repr__(self) -> str:
        runs = formatting.counted(len(self._runs), "run")
        return f"Waiting for {runs}: put 'await' in front of the call"

    def __await__(self) -> Generator[Any, None, RunList]:
        return self._wait().__await__()

    async def _wait(self) -> RunList:
        total = _Total(self._runs, self._timeout)
        try:
            with interruptible(_GO_ON):
                while total.goes_on():  # noqa: ASYNC110 (an interrupt must reach it)
                    await asyncio.sleep(_SLICE_SECONDS)
        finally:
            total.close()
        return self._checked()

    def block(self) -> RunList:
        """Wait without an event loop."""
        total = _Total(self._runs, self._timeout)
        try:
            with interruptible(_GO_ON):
                while total.goes_on():
                    time.sleep(_SLICE_SECONDS)
        finally:
            total.close()
        return self._checked()

    def _checked(self) -> RunList:
        for each in self._must_complete:
            each.raise_for_status()
        return self._runs


class _Total:
    """The combined state of all runs, and the line that shows it."""

    def __init__(self, runs: RunList, timeout: float | None) -> None:
        self._runs = runs
        self._open = list(runs)
        self._timeout = timeout
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._rate = Rate()
        self._line = _Line()
        self._next_line = 0.0

    def goes_on(self) -> bool:
        """Poll the runs; True if some have not ended.

        Raises:
            TimeoutError: The time is up and some have not ended.
        """
        self._open = [run for run in self._open if not run.done()]
        now = time.monotonic()
        if now >= self._next_line or not self._open:
            self._next_line = now + _LINE_SECONDS
            self._line.show(self._text())
        if self._open and self._deadline is not None and now > self._deadline:
            raise TimeoutError(
                f"{len(self._open)} of {formatting.counted(len(self._runs), 'run')} "
                f"{formatting.have(len(self._open))} not ended after "
                f"{self._timeout} s; they continue"
            )
        return bool(self._open)

    def close(self) -> None:
        """Finish the line."""
        self._line.end()

    def _text(self) -> str:
        count = len(self._runs)
        ended = count - len(self._open)
        fraction = (ended + sum(map(_fraction, self._open))) / count if count else 1.0
        self._rate.add(time.time(), fraction)
        parts = [f"{ended} of {formatting.counted(count, 'run')} ended"]
        by_status = Counter(run.record.status for run in self._runs)
        parts += [
            f"{by_status[status]} {status.lower()}"
            for status in (RunStatus.RUNNING, RunStatus.FAILED, RunStatus.CANCELLED)
            if by_status[status]
        ]
        parts.append(formatting.percent(fraction))
        left = self._rate.seconds_until(1.0) if self._open else None
        if left is not None:
            parts.append(f"{formatting.about(left)} left")
        return " · ".join(parts)


def _fraction(run: Run) -> float:
    if run.record.status is not RunStatus.RUNNING:
        return 0.0
    return run.progress.fraction or 0.0


class _Line:
    """One line that is redrawn in a notebook's output or in a terminal; elsewhere nothing."""

    def __init__(self) -> None:
        self._handle: Any = None
        self._shown = False
        self._shell: Any = None
        if "IPython" in sys.modules:
            from IPython import get_ipython

            shell: Any = get_ipython()
            self._shell = shell if getattr(shell, "kernel", None) is not None else None

    def show(self, text: str) -> None:
        """Draw the line."""
        if self._shell is not None:
            self._display(text)
        elif sys.stdout is not None and sys.stdout.isatty():
            sys.stdout.write(f"\r\x1b[K{text}")
            sys.stdout.flush()
            self._shown = True

    def end(self) -> None:
        """End the line, so that later output starts on a new one."""
        if self._shown:
            sys.stdout.write("\n")

    def _display(self, text: str) -> None:
        from IPython.display import display

        show: Any = display  # IPython has no type hints
        data = {"text/plain": text}
        if self._handle is None:
            self._handle = show(data, raw=True, display_id=True)
        else:
            self._handle.update(data, raw=True)
