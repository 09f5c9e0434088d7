"""Make text from a run safe for a terminal or a page: no escape sequences, nothing hidden.

A run's name, error message and log may contain anything: sequences that change a terminal's title
or colours, characters that reverse the direction of text.
"""

from __future__ import annotations

import re

#: CSI sequences, also those cut off before their end; OSC strings (titles, links), other strings,
#: and two-character escapes.
_ESCAPE = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]?|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?"
    r"|[ -/]*[0-~])?"
)
#: Control characters, and those that reverse the direction of text or have no width.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
)


def without_escapes(text: str) -> str:
    """Remove escape sequences."""
    return _ESCAPE.sub("", text)


def visible(text: str) -> str:
    r"""Make invisible characters visible: control characters by their picture, others by number.

    Example:
        >>> visible("a\x07b")
        'a␇b'
    """
    return _HIDDEN.sub(_shown, text)


def one_line(text: str) -> str:
    r"""A text as one harmless line that shows everything it contains.

    Example:
        >>> one_line("\x1b[31mred\x1b[0m\nand \u202eturned")
        'red␊and ⟨U+202E⟩turned'
    """
    return visible(without_escapes(text)).replace("\n", "␊").replace("\t", " ")


def _shown(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"⟨U+{code:04X}⟩"
