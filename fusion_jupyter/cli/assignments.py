"""Options on a command line: ``k_paths=5``, and ``k_paths=1,3,5`` for a sweep."""

from __future__ import annotations

import json
from collections.abc import Iterable

_WORDS = {"true": True, "false": False, "none": None}


def template_and_options(words: Iterable[str]) -> tuple[str, dict[str, object]]:
    """Parse a template's name or path, if given, and options by name.

    Raises:
        ValueError: A word is neither, or an option is given twice.

    Example:
        >>> template_and_options(["minimal", "k_paths=5", "network=NSFNet"])
        ('minimal', {'k_paths': 5, 'network': 'NSFNet'})
    """
    first, *rest = [*words] or ["minimal"]
    if "=" in first:
        return "minimal", options([first, *rest])
    return first, options(rest)


def options(words: Iterable[str]) -> dict[str, object]:
    """Options by name.

    Raises:
        ValueError: A word is no assignment, or an option is given twice.
    """
    found: dict[str, object] = {}
    for name, text in _pairs(words):
        if name in found:
            raise ValueError(f"{name} is given twice")
        found[name] = value(text)
    return found


def axes(words: Iterable[str]) -> dict[str, list[object]]:
    """Options of a sweep with their values.

    Raises:
        ValueError: A word is no assignment, or an option is given twice.

    Example:
        >>> axes(["k_paths=1,3", "network=NSFNet"])
        {'k_paths': [1, 3], 'network': ['NSFNet']}
    """
    found: dict[str, list[object]] = {}
    for name, text in _pairs(words):
        if name in found:
            raise ValueError(f"{name} is given twice")
        several = value(f"[{text}]")
        found[name] = (
            several if isinstance(several, list) else [value(each) for each in text.split(",")]
        )
    return found


def value(text: str) -> object:
    """Parse a value: a number, True, False, None or JSON, else the text itself."""
    text = text.strip()
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    try:
        return json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return text


def _no_number(name: str) -> object:
    raise ValueError(name)  # NaN and Infinity are words here


def _pairs(words: Iterable[str]) -> Iterable[tuple[str, str]]:
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name:
            raise ValueError(
                f"{word!r} is not an assignment; allowed: option=value, such as k_paths=5"
            )
        yield name, text
