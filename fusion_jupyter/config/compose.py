"""Compose a configuration from a template or an INI file and options, and check it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from fusion_jupyter.config import inputs, reading, schema, template_files
from fusion_jupyter.config.checking import Checked
from fusion_jupyter.config.locations import (
    FORMATS,
    ITERATIONS,
    NETWORK,
    PATHS,
    REQUESTS,
    SHARES,
    TABLE,
)
from fusion_jupyter.config.user_options import UserOptions
from fusion_jupyter.errors import ConfigError
from fusion_jupyter.storage import layout


@dataclass(frozen=True, kw_only=True)
class Config:
    """A complete configuration that has passed all checks.

    Attributes:
        sections: Section -> option -> value as text, complete. The files it names are those in
            `files`.
        files: Texts by name of the files in the run directory's folder of inputs.
        own_files: Those of them that are not part of this package.
        network: Name of the topology.
        max_iters: Iterations of each load, unless the load stops early.
        num_requests: Requests in each iteration.
        erlangs: The loads in Erlang, in the order in which they are simulated.
        values: (section, name) -> value of each option.
    """

    sections: Mapping[str, Mapping[str, str]]
    files: Mapping[str, str] = field(default_factory=dict)
    own_files: Mapping[str, str] = field(default_factory=dict)
    network: str
    max_iters: int
    num_requests: int
    erlangs: tuple[float, ...]
    values: Mapping[tuple[str, str], object]

    def to_ini(self) -> str:
        """The text of the INI file."""
        return to_ini(self.sections)

    def hashes(self) -> dict[str, str]:
        """SHA-256 of each of `files`, by name."""
        return {
            name: hashlib.sha256(text.encode()).hexdigest() for name, text in self.files.items()
        }


def to_ini(sections: Mapping[str, Mapping[str, str]]) -> str:
    """The text of an INI file with these sections; empty ones are omitted."""
    # As configparser writes it, in a tenth of the time: thousands of points are one sweep.
    lines: list[str] = []
    for section, values in sections.items():
        if values:
            options = [f"{name} = {text}".replace("\n", "\n\t") for name, text in values.items()]
            lines += [f"[{section}]", *options, ""]
    return "".join([f"{line}\n" for line in lines])


def compose(
    template: str | os.PathLike[str] = "minimal",
    options: Mapping[str, object] | None = None,
    simulator: str = "embedded",
    *,
    project: str | None = None,
    defaults: Mapping[tuple[str, str], str] | None = None,
) -> Config:
    """Combine a template with options and check the result.

    Args:
        template: A template's name, the path of an INI file, or a frozen template.
        options: Option name, or ``section.key``, to value.
        simulator: ``"embedded"`` or ``"fusion"``: whose limits apply.
        project: FUSION's project folder, if known: the base of relative paths.
        defaults: (section, name) -> text of options that neither template nor options set.

    Raises:
        ConfigError: With a message for each option that has a problem.
    """
    asked = UserOptions(options or {})
    source = template_files.read(template)
    sections, unknown = reading.arrange(source.sections)
    for (section, name), text in {**(defaults or {}), **asked.texts}.items():
        if (section, name) in asked.texts or name not in sections[section]:
            sections[section][name] = text
    missing = reading.fill_in(sections)
    finder = inputs.Inputs(
        source.folder,
        project=project,
        in_memory={**source.files, **asked.files},
        chosen=asked.texts.values(),
    )
    if asked.open_shares:
        _add_classes(sections, finder)
    checked = reading.check(sections, simulator, finder)
    # Missing options last: one may be present under a misspelled name.
    problems = {**unknown, **checked.problems}
    problems = {**{key: problems[key] for key in problems if key not in missing}, **missing}
    of_file = {"template": source.fault} if source.fault else {}
    if problems or asked.problems or of_file:
        raise ConfigError(of_file | asked.problems | _by_name(problems, asked))
    return _frozen(checked)


def _frozen(checked: Checked) -> Config:
    """The configuration as written to a run directory, with copies of its files."""
    topology, formats = checked.topology, checked.formats
    assert topology is not None and formats is not None  # else problems are reported
    sections = {name: dict(values) for name, values in checked.sections.items()}
    sections[NETWORK[0]][NETWORK[1]] = topology.label
    own = {} if topology.built_in else dict(topology.files)
    files = dict(own)
    if checked.simulator == "fusion":
        # FUSION's own files may also have changed by the time the run starts.
        files |= topology.files
    if checked.simulator == "fusion" or not formats.built_in:
        name = formats.name if formats.name not in files else f"own_{formats.name}"
        files[name] = formats.text
        sections[FORMATS[0]][FORMATS[1]] = f"{layout.INPUT_FOLDER}/{name}"
        if not formats.built_in:
            own[name] = formats.text
    if checked.paths is not None:
        name = checked.paths.name
        name = f"own_{name}" if name in files else name
        files[name] = own[name] = checked.paths.text
        sections[PATHS[0]][PATHS[1]] = f"{layout.INPUT_FOLDER}/{name}"
    return Config(
        sections=sections,
        files=files,
        own_files=own,
        network=topology.label,
        max_iters=checked.values[ITERATIONS],
        num_requests=checked.values[REQUESTS],
        erlangs=checked.loads,
        values=checked.values,
    )


def _add_classes(sections: reading.Sections, finder: inputs.Inputs) -> None:
    """Add a share of 0 for unused bandwidth classes omitted from a mapping."""
    general = sections[SHARES[0]]
    try:
        table = finder.formats(general[FORMATS[1]], general[TABLE[1]]).table
    except (LookupError, ValueError):
        return  # reported by the check
    general[SHARES[1]] = json.dumps(dict.fromkeys(table, 0.0) | json.loads(general[SHARES[1]]))


def _by_name(problems: Mapping[tuple[str, str], str], asked: UserOptions) -> dict[str, str]:
    """Problems by the option names that the user used."""
    named: dict[str, str] = {}
    for (section, name), message in problems.items():
        option = schema.OPTIONS.get((section, name))
        plain = schema.short_name(option) if option else name or section
        named.setdefault(asked.names.get((section, name), plain), message)
    return named
