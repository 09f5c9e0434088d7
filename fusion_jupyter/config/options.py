"""What can be set in a FUSION configuration: each option, its kind, and what is allowed.

The options that decide what a run computes are described here one by one. FUSION wants some
seventy more to be present; those are known from the templates, with the kind that their value has.
"""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Callable
from dataclasses import dataclass

from fusion_jupyter.sim.modulation import DEFAULT_FORMATS
from fusion_jupyter.sim.scope import ALLOCATION_METHODS, ROUTE_METHODS
from fusion_jupyter.sim.topologies import network_names

GENERAL = "general_settings"
TOPOLOGY = "topology_settings"
SPECTRUM = "spectrum_settings"
ROUTING = "routing_settings"

BANDWIDTHS = tuple(DEFAULT_FORMATS)


@dataclass(frozen=True, kw_only=True)
class OptionInfo:
    """One option of a configuration.

    Attributes:
        name: Its name, unique except for the few that FUSION reads from two sections.
        section: The INI section it stands in.
        value: Its value as text, as it stands in the configuration.
        kind: ``"integer"``, ``"number"``, ``"flag"``, ``"choice"``, ``"shares"`` or ``"text"``.
        allowed: What is allowed, for people.
        description: What it means, with its unit.
        main: Whether a form should show it at once.
        choices: The allowed values where they can be counted.
    """

    name: str
    section: str
    value: str
    kind: str
    allowed: str
    description: str = ""
    main: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Rule:
    """How an option's text is checked; `parse` raises ValueError on what is not allowed."""

    kind: str
    allowed: str
    parse: Callable[[str], object]
    description: str = ""
    main: bool = False
    choices: tuple[str, ...] = ()


def _integer(at_least: int, description: str, *, main: bool = False) -> _Rule:
    def parse(text: str) -> int:
        number = int(text)
        if number < at_least:
            raise ValueError
        return number

    allowed = f"a whole number, {at_least} or more"
    return _Rule(kind="integer", allowed=allowed, parse=parse, description=description, main=main)


def _positive(description: str, unit: str = "", *, main: bool = False) -> _Rule:
    def parse(text: str) -> float:
        number = float(text)
        if not 0 < number < math.inf:
            raise ValueError
        return number

    allowed = f"a number above 0{unit}"
    return _Rule(kind="number", allowed=allowed, parse=parse, description=description, main=main)


def _choice(choices: tuple[str, ...], description: str, *, main: bool = False) -> _Rule:
    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError
        return text

    return _Rule(
        kind="choice",
        allowed=", ".join(choices),
        parse=parse,
        description=description,
        main=main,
        choices=choices,
    )


def _flag(description: str = "") -> _Rule:
    def parse(text: str) -> bool:
        return {"true": True, "false": False}[text.lower()]

    return _Rule(
        kind="flag",
        allowed="True, False",
        parse=parse,
        description=description,
        choices=("True", "False"),
    )


def _parse_shares(text: str) -> dict[str, float]:
    shares = {str(key): float(share) for key, share in json.loads(text).items()}
    if set(shares) != set(BANDWIDTHS) or not all(0 <= share <= 1 for share in shares.values()):
        raise ValueError
    return shares


_RULES: dict[tuple[str, str], _Rule] = {
    (GENERAL, "erlang_start"): _positive("First offered load", " (Erlang)", main=True),
    (GENERAL, "erlang_stop"): _positive(
        "Last offered load, included where a step hits it", " (Erlang)", main=True
    ),
    (GENERAL, "erlang_step"): _positive("Step between two loads", " (Erlang)", main=True),
    (GENERAL, "max_iters"): _integer(1, "Iterations of each load, each with its seed", main=True),
    (GENERAL, "num_requests"): _integer(1, "Requests in each iteration", main=True),
    (GENERAL, "holding_time"): _positive("Mean holding time of a request (time units)"),
    (GENERAL, "guard_slots"): _choice(
        ("0", "1"), "Free spectrum slots above each lightpath", main=True
    ),
    (GENERAL, "max_segments"): _integer(
        1, "Most lightpaths a request may be sliced into; 1: no slicing", main=True
    ),
    (GENERAL, "request_distribution"): _Rule(
        kind="shares",
        allowed=f"a share from 0 to 1 for each of {', '.join(BANDWIDTHS)} (Gb/s), 1 in total",
        parse=_parse_shares,
        description="Share of each bandwidth (Gb/s) in the requests",
        main=True,
    ),
    (GENERAL, "route_method"): _choice(tuple(ROUTE_METHODS), "Routing method"),
    (GENERAL, "allocation_method"): _choice(ALLOCATION_METHODS, "Spectrum assignment"),
    (GENERAL, "save_step"): _integer(1, "Iterations between two that are kept in the results"),
    (GENERAL, "print_step"): _integer(1, "Iterations between two log lines with the blocking"),
    (TOPOLOGY, "network"): _choice(network_names(), "Topology", main=True),
    (TOPOLOGY, "cores_per_link"): _integer(1, "Cores in each fibre", main=True),
    (TOPOLOGY, "is_only_core_node"): _flag("True: all nodes send and receive"),
    (SPECTRUM, "c_band"): _integer(1, "Spectrum slots of 12.5 GHz on each core", main=True),
    (SPECTRUM, "guard_slots"): _choice(("0", "1"), "The same as in general_settings"),
    (ROUTING, "k_paths"): _integer(1, "Candidate paths of each node pair", main=True),
}


def describe(section: str, name: str, value: str) -> OptionInfo:
    """Describe an option with the value that it has in a configuration."""
    rule = _rule(section, name, value)
    return OptionInfo(
        name=name,
        section=section,
        value=value,
        kind=rule.kind,
        allowed=rule.allowed,
        description=rule.description,
        main=rule.main,
        choices=rule.choices,
    )


def check_value(section: str, name: str, text: str, template_value: str) -> str | None:
    """Check one value by itself.

    Args:
        section: INI section.
        name: Option.
        text: The value as it would stand in the file.
        template_value: The value it has in the template, which tells the kind of an option that
            is not described one by one.

    Returns:
        None where it is allowed, else the error, naming option, value and what is allowed.
    """
    rule = _rule(section, name, template_value)
    try:
        rule.parse(text)
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"{section}.{name} is {text!r}; allowed: {rule.allowed}"
    return None


def to_text(value: object) -> str:
    """A Python value as FUSION's files spell it: ``None``, ``True``, numbers, JSON for a mapping.

    Raises:
        TypeError: A value of another type.

    Example:
        >>> to_text({"100": 1.0})
        '{"100": 1.0}'
    """
    if isinstance(value, dict):
        return json.dumps({str(key): share for key, share in value.items()})
    if value is None or isinstance(value, str | bool | int | float):
        return str(value).strip()
    if hasattr(value, "item"):  # a number of NumPy's
        return to_text(value.item())
    raise TypeError(f"{type(value).__name__} is not a value an option can have")


def _rule(section: str, name: str, template_value: str) -> _Rule:
    return _RULES.get((section, name)) or _rule_like(template_value)


def _rule_like(value: str) -> _Rule:
    """The rule of an option that only FUSION's own code reads: the kind its template value has."""
    if value in ("True", "False"):
        return _flag()
    try:
        literal = ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return _Rule(kind="text", allowed="text", parse=str)
    if isinstance(literal, int | float):
        return _Rule(kind="number", allowed="a number", parse=_finite)
    return _Rule(kind="text", allowed="text", parse=str)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError
    return number
