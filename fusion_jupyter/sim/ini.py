"""Typed access to an INI file. All that is wrong is collected and reported at once."""

from __future__ import annotations

import ast
import configparser
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

#: The section whose options take precedence over those of all others, as in FUSION.
OVERRIDES = "s1"
#: What counts as "not there" for an option that names a thing.
NONE = ("", "None", "none")


class ConfigurationError(ValueError):
    """A configuration that cannot be simulated.

    Attributes:
        problems: (section, option) -> message with section, option, value and what is allowed.
    """

    def __init__(self, problems: Mapping[tuple[str, str], str] | str) -> None:
        self.problems = {("", ""): problems} if isinstance(problems, str) else dict(problems)
        super().__init__("; ".join(self.problems.values()))


def read_ini(path: Path) -> configparser.ConfigParser:
    """Read an INI file.

    Raises:
        ConfigurationError: It cannot be read or is no INI file.
    """
    parser = configparser.ConfigParser(interpolation=None)
    try:
        with path.open(encoding="utf-8") as file:
            parser.read_file(file)
    except OSError as error:
        raise ConfigurationError(
            f"Could not read config file {path}: {error.strerror or error}"
        ) from error
    except (configparser.Error, UnicodeDecodeError) as error:
        raise ConfigurationError(f"Failed to parse config file {path}: {error}") from error
    return parser


class Options:
    """The options of a configuration.

    Each method returns a value that can be used; where the file has none, it records a problem and
    returns one that stands in, so that the other options are checked as well.

    Args:
        parser: The INI file.

    Attributes:
        problems: What is wrong, by (section, option).
    """

    def __init__(self, parser: configparser.ConfigParser) -> None:
        self._parser = parser
        self.problems: dict[tuple[str, str], str] = {}

    def error(self, section: str, option: str, allowed: str) -> None:
        """Record that an option has a value that is not allowed."""
        home = self._home(section, option)
        value = self._parser.get(home, option, fallback="(missing)")
        self.problems.setdefault((section, option), f"[{home}] {option} = {value}: {allowed}")

    def good(self, *locations: tuple[str, str]) -> bool:
        """Whether none of these options has a problem."""
        return not any(location in self.problems for location in locations)

    def names(self, section: str) -> list[str]:
        """Return the options that a section has in the file."""
        return list(self._parser[section]) if self._parser.has_section(section) else []

    def has(self, section: str, option: str) -> bool:
        """Whether the file has an option."""
        return self._parser.has_option(self._home(section, option), option)

    def text(self, section: str, option: str, default: str | None = None) -> str:
        """Return an option's text; None as the default means that it must be there."""
        value = self._parser.get(self._home(section, option), option, fallback=default)
        if value is None:
            self.problems[section, option] = (
                f"Missing required option '{option}' in section [{section}]"
            )
            return ""
        return value.strip()

    def choice(
        self, section: str, option: str, allowed: Sequence[str], default: str | None = None
    ) -> str:
        """Return one of several words."""
        value = self.text(section, option, default)
        if value not in allowed:
            self.error(section, option, f"allowed: {', '.join(allowed)}")
            return allowed[0]
        return value

    def flag(self, section: str, option: str, *, default: bool = False) -> bool:
        """Return True or False."""
        value = self.text(section, option, str(default)).lower()
        if value in ("true", "yes", "1"):
            return True
        if value not in ("", "0", "false", "no", "none"):
            self.error(section, option, "allowed: True, False")
        return False

    def integer(
        self, section: str, option: str, *, at_least: int, default: int | None = None
    ) -> int:
        """Return a whole number."""
        text = self.text(section, option, None if default is None else str(default))
        try:
            number = int(text)
        except ValueError:
            number = at_least - 1
        if number < at_least:
            self.error(section, option, f"must be a whole number, {at_least} or more")
            return at_least
        return number

    def number(
        self,
        section: str,
        option: str,
        *,
        above: float | None = None,
        default: float | None = None,
    ) -> float:
        """Return a finite number, above a limit if there is one."""
        text = self.text(section, option, None if default is None else str(default))
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or (above is not None and number <= above):
            limit = "" if above is None else f" above {above:g}"
            self.error(section, option, f"must be a finite number{limit}")
            return 1.0
        return number

    def mapping(self, section: str, option: str, example: str) -> dict[str, float]:
        """Return a mapping of words to finite numbers, written as in Python or JSON."""
        text = self.text(section, option)
        try:
            pairs = ast.literal_eval(text).items()
            values = {str(key): float(value) for key, value in pairs}
        except (ValueError, SyntaxError, AttributeError, TypeError, RecursionError):
            values = {"": math.nan}
        if not all(map(math.isfinite, values.values())):
            self.error(section, option, f"must map words to numbers, such as {example}")
            return {}
        return values

    def _home(self, section: str, option: str) -> str:
        """Return the section that decides: what stands in [s1] takes precedence, as in FUSION."""
        return OVERRIDES if self._parser.has_option(OVERRIDES, option) else section
