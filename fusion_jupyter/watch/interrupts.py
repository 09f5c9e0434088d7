"""A wait that the user interrupts: the error says that the runs go on."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator


@contextlib.contextmanager
def interruptible(what: str) -> Iterator[None]:
    """Let an interrupt of a wait say what goes on.

    Args:
        what: What was waited for, such as ``"run 3f9c0a7be214"``.

    Raises:
        KeyboardInterrupt: The wait was interrupted.
        CancelledError: The same where an event loop runs, as in a notebook.
    """
    try:
        yield
    except (KeyboardInterrupt, asyncio.CancelledError) as error:
        raise type(error)(f"The wait was interrupted; {what}") from None
