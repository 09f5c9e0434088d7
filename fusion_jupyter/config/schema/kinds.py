"""Kinds of values: parsing an option's text, and what is allowed.

The simulator's process uses them to read its options, so they need only built-in types: importing
`dataclasses` or `typing` alone would take as long as reading a configuration.
"""

from __future__ import annotations

import json
import math

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal, TypeAlias

    KindName: TypeAlias = Literal[
        "integer", "number", "flag", "choice", "shares", "mapping", "path", "text"
    ]

#: The text for "no value" in a configuration.
NOTHING = ("None", "")
#: No whole number may be above this one: counts of the compiled kernel have 32 bits.
LARGEST_INTEGER = 2**31 - 2
_YES = ("true", "yes", "1")
_ALL = 1.001
_NO = ("false", "no", "0", "none", "")


class TooLargeError(ValueError):
    """A whole number is beyond `LARGEST_INTEGER`."""


class Kind:
    """The kind of an option's values.

    Attributes:
        name: Its name in forms and the documentation.
        allowed: What is allowed, in words.
        choices: The allowed values as text, if they can be listed.
        suggestions: Known values of an option that also accepts others.
        optional: Whether ``None``, meaning no value, is allowed.
    """

    name: KindName = "text"

    def __init__(
        self,
        allowed: str = "text",
        *,
        choices: tuple[str, ...] = (),
        suggestions: tuple[str, ...] = (),
        optional: bool = False,
    ) -> None:
        self.allowed = f"{allowed}, or None" if optional else allowed
        self.choices = choices
        self.suggestions = suggestions
        self.optional = optional

    def parse(self, text: str) -> object:
        """Parse a text into a value.

        Raises:
            ValueError: It is not allowed.
            TooLargeError: It is a whole number that is too large for any option.
        """
        text = text.strip()
        if self.optional and text in NOTHING:
            return None
        return self._parse(text)

    def _parse(self, text: str) -> object:
        return text


class Integer(Kind):
    """A whole number.

    Args:
        at_least: The least that is allowed, None for no limit.
        at_most: The most that is allowed, None for `LARGEST_INTEGER`.
        optional: Whether there may be none.
    """

    name = "integer"

    def __init__(
        self, at_least: int | None = None, at_most: int | None = None, *, optional: bool = False
    ) -> None:
        super().__init__("a whole number" + _range(at_least, at_most), optional=optional)
        self._at_least = -math.inf if at_least is None else at_least
        self._at_most = LARGEST_INTEGER if at_most is None else at_most

    def _parse(self, text: str) -> int:
        number = int(text)
        if abs(number) > max(self._at_most, LARGEST_INTEGER):
            raise TooLargeError
        if not self._at_least <= number <= self._at_most:
            raise ValueError
        return number


class Number(Kind):
    """A finite number.

    Args:
        at_least: The least that is allowed, None for no limit.
        at_most: The most that is allowed, None for no limit.
        above: It must be larger than this, None for no limit.
        below: It must be smaller than this, None for no limit.
        optional: Whether there may be none.
    """

    name = "number"

    def __init__(
        self,
        *,
        at_least: float | None = None,
        at_most: float | None = None,
        above: float | None = None,
        below: float | None = None,
        optional: bool = False,
    ) -> None:
        words = "a number"
        if above is not None:
            words += f" above {above:g}"
        if below is not None:
            words += f"{'' if above is None else ' and'} below {below:g}"
        super().__init__(words + _range(at_least, at_most), optional=optional)
        self._at_least = -math.inf if at_least is None else at_least
        self._at_most = math.inf if at_most is None else at_most
        self._above = -math.inf if above is None else above
        self._below = math.inf if below is None else below

    def _parse(self, text: str) -> float:
        number = float(text)
        if not (
            self._at_least <= number <= self._at_most and self._above < number < self._below
        ):  # also for NaN
            raise ValueError
        return number


class Flag(Kind):
    """True or False, in any of the spellings that FUSION reads as such."""

    name = "flag"

    def __init__(self) -> None:
        super().__init__("True, False", choices=("True", "False"))

    def _parse(self, text: str) -> bool:
        word = text.lower()
        if word in _YES:
            return True
        # FUSION silently treats every other text as False; a typing error should be reported.
        if word in _NO:
            return False
        raise ValueError


class Choice(Kind):
    """One of several words.

    Args:
        *words: The words.
        optional: Whether ``None`` is one of them.
    """

    name = "choice"

    def __init__(self, *words: str, optional: bool = False) -> None:
        choices = ("None", *words) if optional else words
        super().__init__(", ".join(choices), choices=choices)
        self.optional = optional

    def _parse(self, text: str) -> object:
        if text not in self.choices:
            raise ValueError
        return text


class Count(Choice):
    """One of several whole numbers."""

    def __init__(self, *numbers: int) -> None:
        super().__init__(*map(str, numbers))
        self._numbers = numbers

    def _parse(self, text: str) -> int:
        number = int(text)
        if number not in self._numbers:
            raise ValueError
        return number


class Text(Kind):
    """Any text.

    Args:
        *suggestions: Known meaningful texts.
        optional: Whether ``None``, meaning no value, is allowed.
    """

    def __init__(self, *suggestions: str, optional: bool = False) -> None:
        allowed = f"text, such as {', '.join(suggestions)}" if suggestions else "text"
        super().__init__(allowed, suggestions=suggestions, optional=optional)


class Path(Kind):
    """The path of a file or a folder."""

    name = "path"

    def __init__(self, allowed: str = "a path", *, optional: bool = False) -> None:
        super().__init__(allowed, optional=optional)


class Network(Text):
    """The name of a known network, or the path of a file with its links.

    Args:
        names: The known networks.
        allowed: What is allowed, in words.
    """

    name = "choice"

    def __init__(self, names: tuple[str, ...], allowed: str) -> None:
        super().__init__()
        self.choices = names
        self.allowed = allowed

    def _parse(self, text: str) -> str:
        if not text:
            raise ValueError
        return text


class NumberByName(Kind):
    """Words to finite numbers, written as in Python or JSON.

    Args:
        example: An example value.
        optional: Whether there may be none.
    """

    name = "mapping"

    def __init__(self, example: str, *, optional: bool = False) -> None:
        super().__init__(f"a mapping such as {example}", optional=optional)

    def _parse(self, text: str) -> Mapping[str, float]:
        return _read_mapping(text)


class Shares(Kind):
    """Bandwidth class in Gb/s to its share of the requests, written as in Python or JSON."""

    name = "shares"

    def __init__(self) -> None:
        super().__init__(
            'a share from 0 to 1 for each bandwidth class (Gb/s), such as {"100": 0.5, "200": 0.5}'
        )

    def _parse(self, text: str) -> Mapping[str, float]:
        shares = _read_mapping(text)
        # A share slightly above 1 is used so that its integer part covers all requests.
        if not shares or not all(0 <= share <= _ALL for share in shares.values()):
            raise ValueError
        return shares


def _read_mapping(text: str) -> dict[str, float]:
    try:
        pairs = json.loads(text)
    except (ValueError, RecursionError):
        pairs = _read_literal(text)
    try:
        values = {str(key): float(value) for key, value in pairs.items()}
    except (AttributeError, TypeError) as error:
        raise ValueError from error
    if not all(math.isfinite(value) for value in values.values()):
        raise ValueError
    return values


def _read_literal(text: str) -> object:
    import ast  # slow to import, and needed only for single quotes

    try:
        return ast.literal_eval(text)
    except (SyntaxError, TypeError, RecursionError, MemoryError) as error:
        raise ValueError from error


def _range(at_least: float | None, at_most: float | None) -> str:
    if at_least is not None and at_most is not None:
        return f" from {_number(at_least)} to {_number(at_most)}"
    if at_least is not None:
        return f", {_number(at_least)} or more"
    return "" if at_most is None else f", {_number(at_most)} or less"


def _number(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:g}"
