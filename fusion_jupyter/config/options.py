"""The options of a template for lookup by name or in a table, for a simulator."""

from __future__ import annotations

import html
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

from fusion_jupyter.config import reading, schema, template_files
from fusion_jupyter.config.schema.option import MAIN, Option, Rule
from fusion_jupyter.config.user_options import unknown
from fusion_jupyter.errors import ConfigError, FusionJupyterError
from fusion_jupyter.nearest import did_you_mean

if TYPE_CHECKING:
    import pandas as pd

    from fusion_jupyter.config.schema.kinds import KindName

_HEADS = ("Option", "Value", "Unit", "Allowed", "Meaning")
_LEFT = 'style="text-align: left"'
_SIMULATORS = ("auto", "fusion", "embedded")


@dataclass(frozen=True, kw_only=True)
class OptionInfo:
    """One option of a configuration.

    Attributes:
        name: The name to set it by; ``section.name`` if an earlier section has the same name.
        section: Its INI section.
        value: Its value in the template as text, empty if omitted.
        kind: ``"integer"``, ``"number"``, ``"flag"``, ``"choice"``, ``"shares"``, ``"mapping"``,
            ``"path"`` or ``"text"``.
        allowed: What is allowed, in words.
        description: Its meaning.
        unit: Its unit, empty if it has none.
        group: The heading of its group.
        importance: 1: on a form's first page, 2: changes what a run does, 3: the rest.
        main: Whether a form should show it at once.
        choices: The allowed values, if they can be listed.
        suggestions: Known values, if others are also allowed.
        effect: What it affects: ``"result"``, ``"output"``, ``"log"``, ``"nothing"``,
            ``"training"`` (only FUSION's training programs) or ``"orchestrator"`` (only FUSION's
            newer engine).
        missing: What happens if it is omitted.
        fusion: What FUSION allows of that, in words; ``"-"`` if it does not know the option.
        embedded: What the embedded simulator allows of that, in words.
    """

    name: str
    section: str
    value: str
    kind: KindName
    allowed: str
    description: str
    unit: str
    group: str
    importance: int
    main: bool
    choices: tuple[str, ...]
    suggestions: tuple[str, ...]
    effect: str
    missing: str
    fusion: str
    embedded: str


class UnknownOptionError(FusionJupyterError, KeyError):
    """There is no option of this name; the message suggests similar ones."""

    def __str__(self) -> str:
        return str(self.args[0])  # a KeyError shows its message in quotes


class OptionTable(Mapping[str, OptionInfo]):
    """Options by name; displayed as a table in a notebook.

    Args:
        options: The options in display order.
    """

    def __init__(self, options: Mapping[str, OptionInfo]) -> None:
        self._options = dict(options)

    def __getitem__(self, name: str) -> OptionInfo:
        found = self._options.get(name)
        if found is None:
            # section.name works for every option, not only if the name alone is ambiguous
            option = schema.find(name)
            if option is None:
                raise UnknownOptionError(unknown(name))
            found = self._options[schema.short_name(option)]
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._options)

    def __len__(self) -> int:
        return len(self._options)

    def __repr__(self) -> str:
        return f"OptionTable({len(self)} options)"

    def to_frame(self) -> pd.DataFrame:
        """The options as a DataFrame, one row each, with the attributes as columns."""
        import pandas as pd

        columns = [field.name for field in fields(OptionInfo)]
        return pd.DataFrame([asdict(info) for info in self.values()], columns=columns)

    def _repr_html_(self) -> str:
        shown = [info for info in self.values() if info.main]
        others = [info for info in self.values() if not info.main]
        parts = [_table(shown)] if shown else []
        if others:
            summary = f"{len(others)} more options"
            parts.append(f"<details><summary>{summary}</summary>{_table(others)}</details>")
        return "".join(parts)


def _table(shown: list[OptionInfo]) -> str:
    """A table of options, under the headings of their groups."""
    groups = list(dict.fromkeys(info.group for info in shown))
    heads = "".join(f"<th {_LEFT}>{name}</th>" for name in _HEADS)
    rows = []
    for group in groups:
        rows.append(f'<tr><th colspan="{len(_HEADS)}" {_LEFT}>{html.escape(group)}</th></tr>')
        for info in sorted(
            (each for each in shown if each.group == group), key=lambda each: each.importance
        ):
            cells = (info.name, info.value, info.unit, info.allowed, info.description)
            rows.append("".join(f"<td {_LEFT}>{html.escape(cell)}</td>" for cell in cells))
    body = "".join(row if row.startswith("<tr>") else f"<tr>{row}</tr>" for row in rows)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def options(
    template: str | os.PathLike[str] = "minimal", *, simulator: str = "auto"
) -> OptionTable:
    """Return every option that can be set, by name, with its value in a template.

    Args:
        template: A template's name or the path of an INI file.
        simulator: ``"fusion"`` or ``"embedded"``: only options that this simulator allows;
            ``"auto"``: options that either allows.

    Raises:
        ConfigError: There is no such template, or the file cannot be read.
        ValueError: There is no such simulator.

    Example:
        >>> options("minimal")["k_paths"].allowed
        'a whole number, 1 or more, or None'
    """
    if simulator not in _SIMULATORS:
        hint = did_you_mean(simulator, _SIMULATORS)
        raise ValueError(f"simulator is {simulator!r}; allowed: {', '.join(_SIMULATORS)}{hint}")
    source = template_files.read(template)
    if source.fault:
        raise ConfigError({"template": source.fault})
    sections, _ = reading.arrange(source.sections)
    reading.fill_in(sections)
    return OptionTable(
        {
            schema.short_name(option): _describe(option, sections, simulator)
            for option in schema.OPTIONS.values()
            if simulator == "auto" or option.rule(simulator) is not None
        }
    )


def _describe(option: Option, sections: reading.Sections, simulator: str) -> OptionInfo:
    rule = option.rule("fusion" if simulator == "fusion" else "embedded")
    allowed, choices = option.kind.allowed, option.kind.choices
    if simulator != "auto" and rule is not None and rule.only is not None:
        allowed = rule.allowed
        choices = tuple(choice for choice in choices if rule.accepts(option.kind.parse(choice)))
    effects = [each.effect for each in (option.fusion, option.embedded) if each is not None]
    return OptionInfo(
        name=schema.short_name(option),
        section=option.section,
        value=sections[option.section].get(option.name, ""),
        kind=option.kind.name,
        allowed=allowed,
        description=option.description,
        unit=option.unit,
        group=option.group,
        importance=option.importance,
        main=option.importance == MAIN,
        choices=choices,
        suggestions=option.kind.suggestions,
        effect=rule.effect if simulator != "auto" and rule else effects[0],
        missing=option.missing,
        fusion=_words(option.fusion),
        embedded=_words(option.embedded),
    )


def _words(rule: Rule | None) -> str:
    if rule is None:
        return "-"
    return rule.allowed or "all"
