"""The state of a configuration check: the values and their problems."""

from __future__ import annotations

from fusion_jupyter.config.schema import OPTIONS
from fusion_jupyter.config.schema.kinds import LARGEST_INTEGER, TooLargeError
from fusion_jupyter.nearest import did_you_mean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from fusion_jupyter.config.inputs import FormatsInput, PathsInput, TopologyInput
    from fusion_jupyter.config.schema import Option

_PLACES = {"embedded": "in the embedded simulator", "fusion": "with FUSION"}


class Checked:
    """The values of a configuration and its problems.

    Args:
        sections: Section -> option -> text, complete.
        simulator: ``"embedded"`` or ``"fusion"``.

    Attributes:
        sections: As given.
        simulator: As given.
        values: (section, name) -> value of each option that is set and valid for its kind.
        problems: (section, name) -> error message.
        loads: The loads in Erlang, in order; empty if invalid.
        topology: The network, None if invalid.
        formats: The modulation table, None if invalid.
        paths: Candidate paths from a file, None if there is none or it is invalid.
    """

    def __init__(self, sections: Mapping[str, Mapping[str, str]], simulator: str) -> None:
        self.sections = sections
        self.simulator = simulator
        self.values: dict[tuple[str, str], Any] = {}
        self.problems: dict[tuple[str, str], str] = {}
        self.loads: tuple[float, ...] = ()
        self.topology: TopologyInput | None = None
        self.formats: FormatsInput | None = None
        self.paths: PathsInput | None = None

    def read(self, option: Option, text: str) -> None:
        """Read and check a single option."""
        rule = option.rule(self.simulator)
        try:
            value = option.kind.parse(text)
        except (ValueError, OverflowError) as error:
            narrower = rule is not None and rule.only is not None
            allowed = rule.allowed if rule is not None and narrower else option.kind.allowed
            if isinstance(error, TooLargeError) and not narrower:
                allowed += f", and no number beyond {LARGEST_INTEGER:,}"
            self.refuse(option.location, allowed, of_simulator=narrower)
            return
        self.values[option.location] = value
        if rule is None:
            if text != option.missing:  # without it, the option has no effect
                self.refuse(option.location, option.missing, of_simulator=True)
        elif not rule.accepts(value):
            self.refuse(option.location, rule.allowed, rule.why, of_simulator=True)

    def refuse(
        self,
        location: tuple[str, str],
        allowed: str,
        why: str = "",
        *,
        of_simulator: bool = False,
    ) -> None:
        """Record that an option's value is not allowed.

        Args:
            location: The option.
            allowed: What is allowed, in words.
            why: The reason, if it is not obvious.
            of_simulator: Whether only this simulator disallows it.
        """
        section, name = location
        text = self.sections[section].get(name, "")
        kind = OPTIONS[location].kind
        words = (*kind.choices, *kind.suggestions)
        hint = did_you_mean(text, words) if text not in words else ""
        where = f" {_PLACES[self.simulator]}" if of_simulator else ""
        reason = f" ({why})" if why else ""
        self.problems.setdefault(
            location, f"{section}.{name} is {text!r}; allowed{where}: {allowed}{reason}{hint}"
        )

    def good(self, *locations: tuple[str, str]) -> bool:
        """Whether these options are set and valid."""
        return not any(
            location in self.problems or location not in self.values for location in locations
        )

    def value(self, location: tuple[str, str], default: Any = None) -> Any:
        """An option's value; the default if it is omitted or None."""
        value = self.values.get(location)
        return default if value is None else value
