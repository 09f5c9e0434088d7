"""A progress line for operations that take longer than a second."""

from __future__ import annotations

import sys
import time
from typing import Any

_PATIENCE_SECONDS = 1.0
_PAUSE_SECONDS = 0.5


class ProgressLine:
    """A line that is rewritten in place, in a notebook's cell or in a terminal.

    In a terminal, operations that end within a second show nothing; a notebook always shows the
    line, so that its outputs are the same on fast and slow machines. Other outputs show nothing.
    """

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._shown_at = 0.0
        self._handle: Any = None
        self._width = 0

    def show(self, text: str) -> None:
        """Show a text, at most twice a second."""
        now = time.monotonic()
        if now - self._shown_at < _PAUSE_SECONDS:
            return
        if now - self._began >= _PATIENCE_SECONDS or self._kernel():
            self._shown_at = now
            self._write(text)

    def close(self, text: str) -> None:
        """Show the last text, if any was shown."""
        if self._handle is not None or self._width:
            self._write(text)
        if self._width:
            sys.stderr.write("\n")

    def _write(self, text: str) -> None:
        if self._kernel():
            from IPython.display import Pretty, display

            shown = Pretty(text)  # type: ignore[no-untyped-call]
            if self._handle is None:
                self._handle = display(shown, display_id=True)  # type: ignore[no-untyped-call]
            else:
                self._handle.update(shown)
        elif sys.stderr.isatty():
            sys.stderr.write(f"\r{text.ljust(self._width)}")
            sys.stderr.flush()
            self._width = len(text)

    @staticmethod
    def _kernel() -> bool:
        """Whether this process shows its output in a notebook."""
        module = sys.modules.get("IPython")
        shell = None if module is None else module.get_ipython()
        return shell is not None and hasattr(shell, "kernel")
