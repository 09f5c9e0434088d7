"""The form's request: checked, as an INI file, as Python, with an estimate of its time."""

from __future__ import annotations

import ast
import json
import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from fusion_jupyter import formatting, simulators
from fusion_jupyter.config import compose, reading, schema, template_files
from fusion_jupyter.config.user_options import UserOptions
from fusion_jupyter.errors import ConfigError
from fusion_jupyter.manager import labels
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.storage import layout
from fusion_jupyter.studies import estimate

if TYPE_CHECKING:
    from fusion_jupyter.config.compose import Config
    from fusion_jupyter.widgets.messages import Check

Template = str | os.PathLike[str]

#: Seconds for which the rate of earlier runs is remembered: the form checks with each key.
_RATE_SECONDS = 30.0
_NUMBERS = ("integer", "number")
_rates: dict[tuple[str, str], tuple[float, tuple[float, int] | None]] = {}


def check(
    template: Template,
    overrides: Mapping[str, object],
    simulator: str,
    *,
    name: str = "",
    tags: str = "",
) -> Check:
    """What the form shows for these values.

    Args:
        template: A template's name, or the path of an INI file.
        overrides: Option name to the text in its field, where it differs from the template's.
        simulator: One of `simulators.SIMULATORS`.
        name: The run's name; may be empty.
        tags: Words, with commas or blanks between them.

    Returns:
        See `fusion_jupyter.widgets.messages.Check`.

    Example:
        >>> check("minimal", {"max_iters": "2"}, "embedded")["summary"]
        '4 loads × 2 iterations × 1,000 requests on NSFNet'
    """
    errors = _label_problems(name, tags)
    choice = None
    try:
        choice = simulators.choose(template, overrides, simulator)
    except ConfigError as error:
        errors |= {option: at_field(option, text) for option, text in error.problems.items()}
    except ValueError as error:
        errors["simulator"] = at_field("simulator", str(error))
    found: Check = {
        "errors": errors,
        "summary": "",
        "estimate": "",
        "ini": _ini(template, overrides),
        "code": python(template, overrides, simulator, name=name, tags=words(tags)),
    }
    if choice is not None and not errors:
        found["summary"] = _summary(choice.configuration)
        found["estimate"] = _estimate(choice.configuration, choice.simulator)
        found["simulator"] = choice.simulator
        found["reason"] = choice.reason
    return found


def words(tags: str) -> list[str]:
    """The tags in a text.

    Example:
        >>> words("ofc27, k-paths")
        ['ofc27', 'k-paths']
    """
    return [word.strip() for word in tags.split(",") if word.strip()]


def at_field(name: str, message: str) -> str:
    """A message without the name and the value, which its field already shows.

    Example:
        >>> at_field("k_paths", "routing_settings.k_paths is '0'; allowed: 1 or more")
        'Allowed: 1 or more'
    """
    short = re.sub(rf"^(?:\w+\.)?{re.escape(name.rpartition('.')[2])}(?: is|:) ", "", message)
    if short != message:
        # The value, as repr writes it, and what follows it.
        short = re.sub(r"^(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^;,\s]+)[;,] ", "", short)
    return short[:1].upper() + short[1:]


def python(
    template: Template,
    overrides: Mapping[str, object],
    simulator: str = "auto",
    *,
    name: str = "",
    tags: list[str] | None = None,
) -> str:
    """The line of Python that starts the same run.

    Example:
        >>> python("minimal", {"k_paths": "5"}, name="five")
        'fj.start("minimal", name="five", k_paths=5)'
    """
    parts = [_source(template)]
    if name.strip():
        parts.append(f"name={_quoted(name.strip())}")
    if simulator != "auto":
        parts.append(f"simulator={_quoted(simulator)}")
    if tags:
        parts.append(f"tags=[{', '.join(map(_quoted, tags))}]")
    located = {key: value for key, value in overrides.items() if not key.isidentifier()}
    parts += [
        f"{key}={_literal(key, str(value))}"
        for key, value in overrides.items()
        if key not in located
    ]
    if located:
        pairs = (f"{_quoted(key)}: {_literal(key, str(v))}" for key, v in located.items())
        parts.append(f"overrides={{{', '.join(pairs)}}}")
    return f"fj.start({', '.join(parts)})"


def from_ini(template: Template, text: str) -> tuple[dict[str, str], dict[str, str]]:
    """The values of the form's fields in an INI text.

    Args:
        template: The form's template: an option that the text lacks has its value where there is
            no default.
        text: What the user has written.

    Returns:
        Option name to text, complete; and what is wrong, by option name.
    """
    given, fault = reading.parse_lines(text, "the text")
    sections, unknown = reading.arrange(given)
    problems = dict(unknown)
    missing = reading.fill_in(sections)
    before, _ = reading.arrange(template_files.read(template).sections)
    reading.fill_in(before)
    values = {}
    for option in schema.OPTIONS.values():
        section, name = option.location
        short = schema.short_name(option)
        values[short] = sections[section].get(name, before[section].get(name, ""))
        if name not in sections[section] and name in before[section]:
            problems[section, name] = missing.get(
                option.location, f"{name} is missing; allowed: {option.kind.allowed}"
            )
    errors = {"": fault} if fault else {}
    for (section, name), message in problems.items():
        known = schema.OPTIONS.get((section, name))
        errors[schema.short_name(known) if known else f"{section}.{name}"] = message
    return values, {name: at_field(name, message) for name, message in errors.items()}


def _label_problems(name: str, tags: str) -> dict[str, str]:
    problems = {}
    try:
        labels.checked_name(name)
    except ValueError as error:
        problems["name"] = at_field("name", str(error))
    try:
        labels.checked_tags(words(tags))
    except ValueError as error:
        problems["tags"] = at_field("tags", str(error))
    return problems


def _ini(template: Template, overrides: Mapping[str, object]) -> str:
    """The requested options as an INI file, valid or not: the template's values and the changes."""
    try:
        sections, _ = reading.arrange(template_files.read(template).sections)
    except ConfigError:
        return ""
    for (section, name), text in UserOptions(overrides).texts.items():
        # An option that FUSION reads from two sections is written once.
        if (section, name) not in schema.SECOND_HOMES or name in sections[section]:
            sections[section][name] = text
    return compose.to_ini(sections).strip() + "\n"


def _summary(made: Config) -> str:
    loads = len(made.erlangs)
    iterations = f"{made.max_iters:,} iteration{'s' * (made.max_iters != 1)}"
    return (
        f"{loads:,} load{'s' * (loads != 1)} × {iterations} × "
        f"{made.num_requests:,} requests on {made.network}"
    )


def _estimate(made: Config, simulator: str) -> str:
    """How long it will take, by the rate of earlier runs; empty where there are none."""
    work = len(made.erlangs) * made.max_iters * made.num_requests
    runs_dir = RunManager().runs_dir
    key = (os.fspath(runs_dir), simulator)
    known = _rates.get(key)
    if known is None or time.monotonic() - known[0] > _RATE_SECONDS:
        records = RunManager().list_runs() if runs_dir.is_dir() else []
        known = _rates[key] = (time.monotonic(), estimate.rate(records, simulator))
    seconds, _ = estimate.seconds([work], known[1], 1)
    return "" if seconds is None else formatting.about(seconds)


def _source(template: Template) -> str:
    """A template in Python: a run's configuration by the run."""
    path = Path(template)
    if path.name == layout.CONFIG_FILE and re.fullmatch("[0-9a-f]{12}", path.parent.name):
        return f'fj.run("{path.parent.name}").directory / "{path.name}"'
    return _quoted(os.fspath(template))


def _literal(name: str, text: str) -> str:
    """The text of an option as a Python literal."""
    option = schema.find(name)
    kind = "text" if option is None else option.kind.name
    if text in ("True", "False", "None"):
        return text
    if kind in (*_NUMBERS, "shares", "mapping", "choice"):
        try:
            value = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            return _quoted(text)
        return text if isinstance(value, (int, float)) else repr(value)
    return _quoted(text)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
