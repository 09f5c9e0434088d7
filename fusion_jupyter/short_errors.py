"""Errors that a user causes are short in a notebook: the message, without frames of this package.

Errors that this package raises intentionally name the thing, the value and what is allowed, so the
traceback adds nothing. Other errors may be bugs of this package and keep their traceback, and so do
all errors after ``%xmode`` was set to another mode. ``%tb`` shows the last traceback.
"""

from __future__ import annotations

import asyncio
import dis
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from fusion_jupyter.errors import FusionJupyterError
from fusion_jupyter.terminal import visible, without_escapes

#: Classes of errors that this package raises because of a user's request.
_OF_USERS = (
    FusionJupyterError,
    ValueError,
    TypeError,
    LookupError,
    OSError,
    # A wait that was interrupted.
    KeyboardInterrupt,
    asyncio.CancelledError,
)
_RAISE = dis.opmap["RAISE_VARARGS"]
_HOME = f"{Path(__file__).parent}/"
#: The default mode of a shell.
_DEFAULT_MODE = "Context"
_RED, _DIM, _PLAIN = "\x1b[31m", "\x1b[2m", "\x1b[0m"


def register() -> None:
    """Register with this process's IPython shell, if there is one; may be called repeatedly."""
    ipython: Any = sys.modules.get("IPython")
    shell: Any = ipython.get_ipython() if hasattr(ipython, "get_ipython") else None
    if shell is None or getattr(shell, "_fusion_jupyter_errors", False):
        return
    others, show_others = shell.custom_exceptions, shell.CustomTB

    def show(
        shell: Any, kind: Any, error: Any, traceback: Any, tb_offset: int | None = None
    ) -> None:
        if shell.InteractiveTB.mode == _DEFAULT_MODE and raised_on_purpose(traceback):
            _show_short(shell, (kind, error, traceback))
        elif isinstance(error, others):
            show_others(kind, error, traceback, tb_offset)
        else:
            shell.showtraceback((kind, error, traceback), tb_offset=tb_offset)

    shell.set_custom_exc((*others, *_OF_USERS), show)
    shell._fusion_jupyter_errors = True


def raised_on_purpose(traceback: TracebackType | None) -> bool:
    """Whether an error comes from a ``raise`` statement of this package.

    Args:
        traceback: The error's traceback.
    """
    if traceback is None:
        return False
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    code = traceback.tb_frame.f_code
    return code.co_filename.startswith(_HOME) and code.co_code[traceback.tb_lasti] == _RAISE


def short(error: BaseException) -> list[str]:
    """The lines of an error: its class, its message, and how to see more."""
    first, *rest = visible(without_escapes(str(error))).split("\n")
    name = f"{_RED}{type(error).__name__}{_PLAIN}"
    lines = [f"{name}: {first}"] if not rest else [f"{name}:", f"  {first}"]
    return [*lines, *(f"  {line}" for line in rest), f"{_DIM}%tb shows where.{_PLAIN}"]


def _show_short(shell: Any, raised: tuple[Any, Any, Any]) -> None:
    error = raised[1]
    # Only this time: with %tb the same error shows its traceback.
    error._render_traceback_ = lambda: short(error)
    try:
        shell.showtraceback(raised)
    finally:
        del error._render_traceback_
