"""Read the text of an INI file into checked values: the only way to read a configuration.

`fusion_jupyter.check` and the embedded simulator both use it, so the simulator runs exactly what
`check` accepts. FUSION fails late and with poor messages (an unknown network ends in a traceback, a
step of 0 never ends, a start above the stop succeeds without results), so everything is checked in
advance and all errors are reported at once.
"""

from __future__ import annotations

import configparser
import itertools

from fusion_jupyter.config import cross_checks
from fusion_jupyter.config.checking import Checked
from fusion_jupyter.config.schema import IGNORED, OPTIONS, SECOND_HOMES, SECTIONS, find
from fusion_jupyter.nearest import nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from fusion_jupyter.config.inputs import Inputs

    Sections = dict[str, dict[str, str]]
    Problems = dict[tuple[str, str], str]

#: The section whose options take precedence over those of all others, as in FUSION.
_THREAD = "s1"
#: Maximum number of reported lines; a file with more is not an INI file.
_MOST_FAULTS = 10
_SECTION_NAMES = [section.name for section in SECTIONS]


def parse_ini(text: str, source: str) -> Sections:
    """The sections of an INI file.

    Args:
        text: The file's text.
        source: Its name in error messages.

    Raises:
        ValueError: It is not an INI file; the message names each invalid line.
    """
    sections, fault = parse_lines(text, source)
    if fault:
        raise ValueError(fault)
    return sections


def parse_lines(text: str, source: str) -> tuple[Sections, str]:
    """The sections of an INI file, without its invalid lines.

    Args:
        text: The file's text.
        source: Its name in error messages.

    Returns:
        The sections, and a message about the invalid lines; empty if there are none.
    """
    lines = text.split("\n")
    faults: dict[int, str] = {}
    while len(faults) < _MOST_FAULTS:
        parser = configparser.ConfigParser(interpolation=None, default_section="\n")
        found: dict[int, str] = {}
        try:
            parser.read_string("\n".join(lines))
        except configparser.DuplicateOptionError as error:
            found[error.lineno or 0] = f"{error.section}.{error.option} occurs twice"
        except configparser.DuplicateSectionError as error:
            found[error.lineno or 0] = f"[{error.section}] occurs twice"
        except configparser.MissingSectionHeaderError as error:
            begin = error.lineno - 1
            found[error.lineno] = "it is before the first [section]"
            for at in itertools.takewhile(
                lambda at: not lines[at].startswith("["), range(begin, len(lines))
            ):
                lines[at] = ""
        except configparser.ParsingError as error:
            for number, _ in error.errors[:_MOST_FAULTS]:
                found[number] = "it is neither [section] nor name = value"
        # An error that configparser finds again in a removed line must not be reported twice.
        if not found or found.keys() <= faults.keys():
            break
        faults |= found
        for number in found:
            lines[number - 1] = ""
    told = "; ".join(f"line {number}: {fault}" for number, fault in sorted(faults.items()))
    return _texts(parser), told and f"{source} is not a valid INI file: {told}"


def _texts(parser: configparser.ConfigParser) -> Sections:
    return {
        name: {key: (value or "").strip() for key, value in parser[name].items()}
        for name in parser.sections()
    }


def arrange(sections: Mapping[str, Mapping[str, str]]) -> tuple[Sections, Problems]:
    """Put a configuration into the table's order.

    Options in ``[s1]`` move to their own sections, as in FUSION.

    Args:
        sections: Section -> option -> text, as in an INI file.

    Returns:
        The sections in order, and their unknown options.
    """
    problems: Problems = {}
    found: Sections = {name: {} for name in _SECTION_NAMES}
    for section, values in sections.items():
        for name, text in values.items():
            if (section, name) in OPTIONS:
                found[section][name] = text
            elif section in found and (section, name) not in IGNORED:
                problems[section, name] = unknown(section, name)
        if section not in found and section != _THREAD:
            problems[section, ""] = _unknown_section(section)
    for name, text in sections.get(_THREAD, {}).items():
        option = find(name)
        if option is not None:
            found[option.section][name] = text
        elif ("general_settings", name) not in IGNORED:
            problems[_THREAD, name] = unknown(_THREAD, name)
    return found, problems


def fill_in(sections: Sections) -> Problems:
    """Fill in optional options that a configuration omits.

    An option that FUSION reads from two sections is filled in from the other section.

    Args:
        sections: Section -> option -> text, in the table's order; becomes complete.

    Returns:
        The required options that are missing.
    """
    problems: Problems = {}
    for (section, name), home in SECOND_HOMES.items():
        if name in sections[section]:
            sections[home[0]].setdefault(name, sections[section][name])
    for option in OPTIONS.values():
        if option.name in sections[option.section]:
            continue
        if option.required:
            problems[option.location] = (
                f"{option.section}.{option.name} is missing; allowed: {option.kind.allowed}"
            )
        elif option.default is not None:
            sections[option.section][option.name] = option.default
    return problems


def check(sections: Sections, simulator: str, inputs: Inputs) -> Checked:
    """Read the values of a complete configuration and check them for a simulator.

    Args:
        sections: Section -> option -> text, complete.
        simulator: ``"embedded"`` or ``"fusion"``: whose limits apply.
        inputs: Finds the files named by the configuration.

    Returns:
        The values and their problems.
    """
    checked = Checked(sections, simulator)
    for section, values in sections.items():
        for name, text in values.items():
            checked.read(OPTIONS[section, name], text)
    cross_checks.check(checked, inputs)
    return checked


def unknown(section: str, name: str) -> str:
    """The message for an unknown option, with the nearest known ones."""
    close = nearest(name, (option.name for option in OPTIONS.values()))
    # The right name in a wrong section, or a nearly right name.
    hints = list(
        dict.fromkeys(
            f"{option.section}.{option.name}" if option.section != section else option.name
            for near in close
            for option in OPTIONS.values()
            if option.name == near
        )
    )[:3]
    words = f"{section}.{name} is not an option"
    if hints:
        return f"{words}; did you mean {' or '.join(hints)}?"
    known = [option.name for option in OPTIONS.values() if option.section == section]
    return f"{words}; [{section}] has: {', '.join(known)}" if known else words


def _unknown_section(section: str) -> str:
    if section[:1] == "s" and section[1:].isdecimal():
        return (
            f"there is a section [{section}]; FUSION applies only [s1] and ignores the others "
            "silently. Put the values in their sections and start a run for each"
        )
    close = nearest(section, _SECTION_NAMES)
    hint = f"; did you mean [{close[0]}]?" if close else ""
    return f"[{section}] is not a section of a configuration{hint}"
