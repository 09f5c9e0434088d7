"""A log line as people should see it: without escape sequences, and in its parts.

The browser half has the same in js/src/log/ansi.ts and line_parts.ts;
tests/contracts/log_lines.json holds both to the same text and parts.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

Severity = Literal["error", "warning", ""]

#: CSI sequences, also those cut off before their end; OSC strings (titles, links), other strings,
#: and two-character escapes.
_ESCAPE = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]?|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?"
    r"|[ -/]*[0-~])?"
)
#: Control characters, and those that turn the direction of text or have no width.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
)
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
    """The parts of a line; of a line without the usual prefix all but the message are empty.

    Attributes:
        date: Such as ``2026-11-23``.
        time: Such as ``19:05:52,072``.
        logger: Full name of the logger, such as ``fusion.core.simulation``.
        level: DEBUG, INFO, WARNING, ERROR or CRITICAL.
        message: The rest of the line.
        severity: ``"error"`` or ``"warning"`` by its level; without one, by the usual words at
            its beginning.
    """

    date: str
    time: str
    logger: str
    level: str
    message: str
    severity: Severity


def plain_text(line: str) -> str:
    r"""What is to be read of a line: no escape sequences, nothing hidden.

    Of a line that goes back to its start, as progress bars do, the last drawing is kept. Characters
    without a glyph are shown by their picture or number.

    Example:
        >>> plain_text("\x1b[31mred\x1b[0m and \u202eturned")
        'red and ⟨U+202E⟩turned'
    """
    return visible(_ESCAPE.sub("", _after_returns(line)))


def visible(text: str) -> str:
    r"""Show what has no glyph: control characters by their picture, others by their number.

    Example:
        >>> visible("a\x07b")
        'a␇b'
    """
    return _HIDDEN.sub(_shown, text)


def parts_of(text: str) -> LineParts:
    """The parts of a line's text, as `plain_text` gives it.

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
    """How serious a line without the usual prefix is."""
    match = _LEVEL.match(text)
    if match is None:
        return "error" if _EXCEPTION.match(text) else ""
    return "error" if match[1] else "warning"


def _after_returns(line: str) -> str:
    text = line.removesuffix("\r")
    start = text.rfind("\r")
    return text if start < 0 else text[start + 1 :] or text[:start]


def _shown(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"⟨U+{code:04X}⟩"
