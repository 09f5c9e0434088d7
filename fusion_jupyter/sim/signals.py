"""Clean exit on SIGTERM and SIGINT.

Simulating can be interrupted at any point, so that a signal takes effect at once however long an
iteration takes; saving cannot, so that no file or line is left incomplete.
"""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


class Stopped(BaseException):
    """The process was asked to end.

    Attributes:
        signum: Number of the signal.
    """

    def __init__(self, signum: int) -> None:
        super().__init__(f"received signal {signum}")
        self.signum = signum


class Stop:
    """Turns SIGTERM and SIGINT into :class:`Stopped`, raised only where that is safe."""

    def __init__(self) -> None:
        self._signum: int | None = None
        self._breakable = False
        self._parent: int | None = None

    def install(self) -> None:
        """Install the handlers of SIGTERM and SIGINT."""
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, self._handle)

    def follow(self, parent: int) -> None:
        """Treat the parent's end as a SIGTERM, noticed at the next interruptible block."""
        self._parent = parent

    @contextmanager
    def breakable(self) -> Iterator[None]:
        """Mark a block that may be interrupted anywhere.

        Raises:
            Stopped: A signal arrived before or within the block.
        """
        self._breakable = True
        try:
            if self._parent is not None and os.getppid() != self._parent:
                self._signum = signal.SIGTERM
            if self._signum is not None:
                raise Stopped(self._signum)
            yield
        finally:
            self._breakable = False

    def _handle(self, signum: int, _frame: FrameType | None) -> None:
        self._signum = signum
        if self._breakable:
            self._breakable = False
            raise Stopped(signum)


def end_by_signal(signum: int) -> NoReturn:
    """End this process by the signal it received, as its parent expects to see it."""
    signal.signal(signum, signal.SIG_DFL)
    os.kill(os.getpid(), signum)
    os._exit(128 + signum)  # if the signal is blocked
