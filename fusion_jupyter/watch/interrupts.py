"""Interruptible waits: the error says that the runs continue."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator


@contextlib.contextmanager
def interruptible(what: str) -> Iterator[None]:
    """Report on an interrupt of a wait what continues.

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
