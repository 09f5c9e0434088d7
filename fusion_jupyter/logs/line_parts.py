"""A log line for display: without escape sequences, and split into its parts.

The browser half implements the same in js/src/log/ansi.ts and line_parts.ts;
tests/contracts/log_lines.json checks both.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from fusion_jupyter.terminal import visible, without_escapes

Severity = Literal["error", "warning", ""]

# 2026-11-23 19:05:52,072 - fusion.core.simulation - INFO - message
_PREFIX = re.compile(
    r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d[,.]\d+) - ([\w.-]*[\w-]) - "
    r"(DEBUG|INFO|WARNING|ERROR|CRITICAL) - ",
    re.ASCII,
)
_LEVEL = re.compile(
    r".{0,160}?\b(?:(ERROR|CRITICAL|FATAL|Traceback \(most)|(WARN|WARNING))\b", re.ASCII
)
#: The last line of a traceback.
_EXCEPTION = re.compile(r"(?:\w+\.)*\w*(?:Error|Exception)(?::|\Z)", re.ASCII)
_SEVERITIES: dict[str, Severity] = {"WARNING": "warning", "ERROR": "error", "CRITICAL": "error"}


class LineParts(NamedTuple):
    """The parts of a line; without the usual prefix, all but the message are empty.

    Attributes:
        date: Such as ``2026-11-23``.
        time: Such as ``19:05:52,072``.
        logger: Full name of the logger, such as ``fusion.core.simulation``.
        level: DEBUG, INFO, WARNING, ERROR or CRITICAL.
        message: The rest of the line.
        severity: ``"error"`` or ``"warning"`` by its level, or without one by the usual words at
            its beginning.
    """

    date: str
    time: str
    logger: str
    level: str
    message: str
    severity: Severity


def plain_text(line: str) -> str:
    r"""The readable text of a line: no escape sequences, nothing hidden.

    If a line is redrawn, as progress bars do, the last version is kept. Characters without a glyph
    are shown by their picture or number.

    Example:
        >>> plain_text("\x1b[31mred\x1b[0m and \u202eturned")
        'red and ⟨U+202E⟩turned'
    """
    return visible(without_escapes(_after_returns(line)))


def parts_of(text: str) -> LineParts:
    """Split a line's text, from `plain_text`, into its parts.

    Example:
        >>> parts_of("2026-11-23 19:05:52,072 - fusion.core - WARNING - beware").message
        'beware'
    """
    match = _PREFIX.match(text)
    if match is None:
        return LineParts("", "", "", "", text, _severity_of(text))
    date, time, logger, level = match.groups()
    return LineParts(date, time, logger, level, text[match.end() :], _SEVERITIES.get(level, ""))


def _severity_of(text: str) -> Severity:
    """The severity of a line without the usual prefix."""
    match = _LEVEL.match(text)
    if match is None:
        return "error" if _EXCEPTION.match(text) else ""
    return "error" if match[1] else "warning"


def _after_returns(line: str) -> str:
    text = line.removesuffix("\r")
    start = text.rfind("\r")
    return text if start < 0 else text[start + 1 :] or text[:start]
