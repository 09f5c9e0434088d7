"""Show errors raised in the watcher's thread, where no caller would see them."""

from __future__ import annotations

import contextlib
import sys
import traceback

#: Maximum number of different errors shown.
_MOST_SHOWN = 10


class Faults:
    """Prints errors to standard error, each different one once.

    Args:
        what: What failed, as readable text.

    Example:
        >>> faults = Faults("A callback failed")
        >>> faults.show(ValueError("no such load"))
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._shown: set[str] = set()

    def show(self, error: BaseException) -> None:
        """Print an error with its traceback, unless an identical one was printed before."""
        text = f"{type(error).__name__}: {error}"
        if text in self._shown or len(self._shown) >= _MOST_SHOWN:
            return
        self._shown.add(text)
        # A closed or replaced stderr must not end the watcher.
        with contextlib.suppress(Exception):
            print(f"fusion_jupyter: {self._what}", file=sys.stderr)  # noqa: T201 (see the module)
            traceback.print_exception(error, file=sys.stderr)
