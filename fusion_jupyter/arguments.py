"""Checks of arguments: a message names the argument, its value and what is allowed."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

_LONGEST = 80


def refuse(name: str, given: object, allowed: str) -> ValueError:
    """The error of a value that is not allowed, to be raised.

    Example:
        >>> refuse("timeout", "soon", "a number of seconds, or None")
        ValueError("timeout is 'soon'; allowed: a number of seconds, or None")
    """
    text = repr(given)
    short = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return ValueError(f"{name} is {short}; allowed: {allowed}")


def as_tuple(given: Any) -> Any:
    """Several values as a tuple; a single text, None or another single value is returned as it is.

    What checks the values then reports a single one, which ``tuple()`` would split or refuse.
    """
    single = isinstance(given, (str, bytes, Mapping)) or not isinstance(given, Iterable)
    return given if single else tuple(given)


def is_number(given: object) -> bool:
    """Whether this is a number, also one of NumPy.

    NaN, a boolean and a whole number too large for a float are not.
    """
    if hasattr(given, "item") and getattr(given, "ndim", 0) == 0:
        given = given.item()
    if not isinstance(given, (int, float)) or isinstance(given, bool):
        return False
    try:
        return not math.isnan(given)
    except OverflowError:
        return False


def check_number_between(
    name: str, given: object, low: float, high: float, example: str = ""
) -> None:
    """Check that this is a number between two others.

    Raises:
        ValueError: It is not.
    """
    if not is_number(given) or not low < given < high:  # type: ignore[operator]
        raise refuse(name, given, f"a number between {low:g} and {high:g}{example}")


def seconds(name: str, given: Any) -> float | None:
    """A time to wait, in seconds; None, for ever, also where it is longer than a thread can wait.

    Raises:
        ValueError: It is neither a number of seconds nor None.
    """
    if given is None:
        return None
    if not is_number(given) or given < 0:
        raise refuse(name, given, "a number of seconds, 0 or more, or None")
    return given if given <= threading.TIMEOUT_MAX else None


def check_count(name: str, given: object, least: int = 0) -> None:
    """Check that this is a whole number, and not below the least.

    Raises:
        ValueError: It is not.
    """
    if not is_number(given) or not _is_whole(given) or given < least:  # type: ignore[operator]
        raise refuse(name, given, f"a whole number, {least} or more")


def _is_whole(number: Any) -> bool:
    return math.isfinite(number) and number == int(number)


def check_flag(name: str, given: object) -> None:
    """Check that this is True or False.

    Raises:
        ValueError: It is not.
    """
    if not isinstance(given, bool):
        raise refuse(name, given, "True or False")


def check_text(name: str, given: object, allowed: str) -> None:
    """Check that this is a text or None.

    Raises:
        ValueError: It is not.
    """
    if given is not None and not isinstance(given, str):
        raise refuse(name, given, f"{allowed}, or None")


def path(name: str, given: object, allowed: str = "the path of a file") -> Path:
    """A path, with ``~`` as the home folder.

    Raises:
        ValueError: It is not a path.
    """
    if not isinstance(given, (str, os.PathLike)):
        raise refuse(name, given, allowed)
    return Path(given).expanduser()


def mapping(name: str, given: object, example: str) -> Mapping[str, Any]:
    """A mapping; an empty one for None.

    Raises:
        ValueError: It is something else.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise refuse(name, given, f"a mapping such as {example}")
    return given
