"""What a run is asked to do: a template or an INI file, overrides, and every check before a start.

FUSION fails late and says little: an unknown network ends in a traceback, a step of 0 never ends,
a start above the stop succeeds with nothing. So everything that can be known is checked here,
before a directory or a process exists, and each error names the option, the value and what is
allowed.
"""

from __future__ import annotations

import configparser
import difflib
import functools
import io
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from fusion_jupyter.config.options import (
    BANDWIDTHS,
    GENERAL,
    ROUTING,
    SPECTRUM,
    TOPOLOGY,
    OptionInfo,
    check_value,
    describe,
    to_text,
)
from fusion_jupyter.errors import ConfigError
from fusion_jupyter.sim.config import ConfigurationError, check_config, erlang_loads

#: More loads than this are a slip of the keyboard (a step of 0.001), not a study.
MOST_LOADS = 10_000

#: FUSION reads these from two sections; a user means one thing.
_TWINS = {
    (GENERAL, "guard_slots"): (SPECTRUM, "guard_slots"),
    (SPECTRUM, "guard_slots"): (GENERAL, "guard_slots"),
}
_SHARES = "request_distribution"
_REQUIRED = (
    (GENERAL, "erlang_start"),
    (GENERAL, "erlang_stop"),
    (GENERAL, "erlang_step"),
    (GENERAL, "max_iters"),
    (GENERAL, "num_requests"),
    (GENERAL, _SHARES),
    (TOPOLOGY, "network"),
    (TOPOLOGY, "cores_per_link"),
    (SPECTRUM, "c_band"),
    (ROUTING, "k_paths"),
)


@dataclass(frozen=True)
class Config:
    """A complete configuration that has passed all checks.

    Attributes:
        sections: Section -> option -> value as text, complete.
    """

    sections: Mapping[str, Mapping[str, str]]

    @property
    def network(self) -> str:
        """Name of the topology."""
        return self.sections[TOPOLOGY]["network"]

    @property
    def max_iters(self) -> int:
        """Iterations of each load, unless it stops early."""
        return int(self.sections[GENERAL]["max_iters"])

    @property
    def erlangs(self) -> tuple[float, ...]:
        """The loads in Erlang, in the order in which they are simulated."""
        general = self.sections[GENERAL]
        return erlang_loads(*(float(general[f"erlang_{end}"]) for end in ("start", "stop", "step")))

    def to_ini(self) -> str:
        """The text of the INI file."""
        parser = _parser()
        parser.read_dict(self.sections)
        text = io.StringIO()
        parser.write(text)
        return text.getvalue()


def template_names() -> list[str]:
    """Names of the templates that come with the package, the simplest first.

    Example:
        >>> template_names()[0]
        'minimal'
    """
    names = (entry.name for entry in files("fusion_jupyter.config.templates").iterdir())
    found = [name.removesuffix(".ini") for name in names if name.endswith(".ini")]
    return sorted(found, key=lambda name: (name != "minimal", name))


def options(template: str | os.PathLike[str] = "minimal") -> dict[str, OptionInfo]:
    """Every option of a template or an INI file, by name.

    An option that FUSION reads from two sections is listed once, from the first.

    Args:
        template: A template's name or the path of an INI file.

    Raises:
        ConfigError: There is no such template, or the file cannot be read.
    """
    found: dict[str, OptionInfo] = {}
    for section, values in _read(template).items():
        for name, value in values.items():
            found.setdefault(name, describe(section, name, value))
    return found


def check(
    template: str | os.PathLike[str] = "minimal",
    overrides: Mapping[str, object] | None = None,
    simulator: str = "embedded",
) -> dict[str, str]:
    """All that is wrong with a configuration, by option; empty where it can run.

    Args:
        template: A template's name or the path of an INI file.
        overrides: Option name, or ``section.key``, to value.
        simulator: ``"embedded"`` adds what the embedded simulator cannot do.

    Example:
        >>> check("minimal", {"k_paths": 0})
        {'k_paths': "routing_settings.k_paths is '0'; allowed: a whole number, 1 or more"}
    """
    try:
        compose(template, overrides, simulator)
    except ConfigError as error:
        return error.problems
    return {}


def compose(
    template: str | os.PathLike[str] = "minimal",
    overrides: Mapping[str, object] | None = None,
    simulator: str = "embedded",
) -> Config:
    """Put template and overrides together and check the result.

    What an INI file of the user's lacks, apart from the options that decide the result, is filled
    in from the template ``minimal``: FUSION wants every option present.

    Args:
        template: A template's name or the path of an INI file.
        overrides: Option name, or ``section.key``, to value.
        simulator: ``"embedded"`` or ``"fusion"``: whose limits apply.

    Raises:
        ConfigError: With a message for each option that has a problem.
    """
    sections = _read(template)
    problems: dict[str, str] = {}
    names: dict[tuple[str, str], str] = {}
    for given, value in (overrides or {}).items():
        places = _places(sections, given)
        if not places:
            problems[given] = _unknown(sections, given)
            continue
        try:
            text = to_text(_all_bandwidths(value) if places[0][1] == _SHARES else value)
        except TypeError as error:
            problems[given] = f"{given}: {error}"
            continue
        for section, name in places:
            sections[section][name] = text
            names[section, name] = given
    complete = _read("minimal")
    for section, values in sections.items():
        for name, text in values.items():
            known = complete.get(section, {}).get(name, text)
            message = check_value(section, name, text, known)
            if message:
                problems.setdefault(names.get((section, name), name), message)
    for (section, name), message in _check_together(sections, simulator).items():
        problems.setdefault(names.get((section, name), name), message)
    if problems:
        raise ConfigError(problems)
    return Config(sections)


def _check_together(
    sections: Mapping[str, Mapping[str, str]], simulator: str
) -> dict[tuple[str, str], str]:
    """Checks that need more than one option, or know the simulator."""
    problems: dict[tuple[str, str], str] = {}
    general = sections[GENERAL]
    try:
        start, stop, step = (float(general[f"erlang_{end}"]) for end in ("start", "stop", "step"))
    except ValueError:
        return problems  # reported already, each by itself
    if start > stop:
        problems[GENERAL, "erlang_stop"] = (
            f"general_settings.erlang_stop is {stop:g}; allowed: erlang_start = {start:g} or more"
        )
    elif step > 0 and not stop + step > stop:
        problems[GENERAL, "erlang_step"] = (
            f"general_settings.erlang_step is {step:g}; allowed: large enough to lead from one "
            f"load to the next at {stop:g} Erlang"
        )
    elif step > 0 and (stop - start) / step > MOST_LOADS:
        problems[GENERAL, "erlang_step"] = (
            f"general_settings.erlang_step is {step:g}, which makes "
            f"{(stop - start) / step:.0f} loads; allowed: up to {MOST_LOADS}"
        )
    message = _check_shares(general)
    if message:
        problems[GENERAL, "request_distribution"] = message
    if simulator == "embedded":
        problems = _check_embedded(sections) | problems
    return problems


def _check_shares(general: Mapping[str, str]) -> str | None:
    text, count = general["request_distribution"], general["num_requests"]
    if check_value(GENERAL, "request_distribution", text, text) or not count.isdecimal():
        return None  # reported already
    shares = {key: float(share) for key, share in json.loads(text).items()}
    parts = {key: int(share * int(count)) for key, share in shares.items()}
    if sum(parts.values()) == int(count):
        return None
    counted = " + ".join(str(part) for part in parts.values())
    return (
        f"general_settings.request_distribution is {text}: with num_requests = {count} the shares "
        f"give {counted} = {sum(parts.values())} requests; allowed: shares whose whole requests "
        f"add up to {count}"
    )


def _check_embedded(
    sections: Mapping[str, Mapping[str, str]],
) -> dict[tuple[str, str], str]:
    """What the embedded simulator says of it: its own check."""
    parser = _parser()
    parser.read_dict(sections)
    try:
        check_config(parser, Path())
    except ConfigurationError as error:
        return error.problems
    return {}


def _all_bandwidths(value: object) -> object:
    """Shares given as a mapping may leave out the bandwidths that nobody asks for."""
    if not isinstance(value, Mapping):
        return value
    return dict.fromkeys(BANDWIDTHS, 0.0) | {str(key): share for key, share in value.items()}


# -- reading ----------------------------------------------------------------------------------


def _parser() -> configparser.ConfigParser:
    return configparser.ConfigParser(interpolation=None)


def _read(template: str | os.PathLike[str]) -> dict[str, dict[str, str]]:
    if isinstance(template, str) and template in template_names():
        return {section: dict(values) for section, values in _read_template(template).items()}
    path = Path(template).expanduser()
    looks_like_path = path.suffix == ".ini" or len(path.parts) > 1 or not isinstance(template, str)
    if not looks_like_path and not path.is_file():
        close = difflib.get_close_matches(str(template), template_names(), 1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise ConfigError(
            {
                "template": f"template is {str(template)!r}; allowed: "
                f"{', '.join(template_names())}, or the path of an INI file.{hint}"
            }
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError({"template": f"Cannot read the INI file {path}: {reason}"}) from None
    return _complete(_parse(text, str(path)), path)


@functools.cache
def _read_template(name: str) -> dict[str, dict[str, str]]:
    resource = files("fusion_jupyter.config.templates") / f"{name}.ini"
    return _parse(resource.read_text(encoding="utf-8"), name)


def _parse(text: str, source: str) -> dict[str, dict[str, str]]:
    parser = _parser()
    try:
        parser.read_string(text, source)
    except configparser.Error as error:
        raise ConfigError({"template": f"{source} is not a valid INI file: {error}"}) from None
    return {section: dict(parser[section]) for section in parser.sections()}


def _complete(sections: dict[str, dict[str, str]], path: Path) -> dict[str, dict[str, str]]:
    """Check an INI file's sections and fill in what FUSION wants and the file lacks."""
    full = _read("minimal")
    problems = {
        name: f"{path} lacks {section}.{name}; allowed: {describe(section, name, '').allowed}"
        for section, name in _REQUIRED
        if name not in sections.get(section, {})
    }
    for section in sections:
        if section == "s1" or (section.startswith("s") and section[1:].isdecimal()):
            problems[section] = (
                f"{path} has a section [{section}]; FUSION applies [s1] alone and ignores the "
                "others in silence. Put the values in their sections and start a run for each"
            )
    if problems:
        raise ConfigError(problems)
    return {
        section: {**full.get(section, {}), **sections.get(section, {})}
        for section in [*full, *(name for name in sections if name not in full)]
    }


def _places(sections: Mapping[str, Mapping[str, str]], given: str) -> list[tuple[str, str]]:
    """Where an override goes: nowhere where the option is unknown."""
    section, dot, name = given.rpartition(".")
    if dot:
        found = [(section, name)] if name in sections.get(section, {}) else []
    else:
        found = [(part, given) for part, values in sections.items() if given in values]
    return found + [twin for place in found if (twin := _TWINS.get(place)) and twin not in found]


def _unknown(sections: Mapping[str, Mapping[str, str]], given: str) -> str:
    names = {name for values in sections.values() for name in values}
    names |= {f"{section}.{name}" for section, values in sections.items() for name in values}
    close = difflib.get_close_matches(given, names, 3)
    if close:
        return f"{given} is not an option; did you mean {' or '.join(close)}?"
    section, _, _ = given.rpartition(".")
    if section and section in sections:
        return f"{given} is not an option; [{section}] has: {', '.join(sections[section])}"
    return f"{given} is not an option; allowed: see fusion_jupyter.options('minimal')"
