"""The page of the documentation that lists every option, made from the table of options."""

from __future__ import annotations

from fusion_jupyter.config import schema
from fusion_jupyter.config.schema.option import (
    LOG,
    NOTHING,
    ORCHESTRATOR,
    OUTPUT,
    RESULT,
    TRAINING,
    Option,
    Rule,
)

_EFFECTS = {
    RESULT: "which requests are blocked",
    OUTPUT: "what is written",
    LOG: "what is logged",
    NOTHING: "nothing",
    TRAINING: "training alone",
    ORCHESTRATOR: "the orchestrator alone",
}

_HEAD = """\
# Options

Every option that a run can be given: by name, `fj.start("minimal", k_paths=5)`, or by section and
name, `fj.start("minimal", overrides={"routing_settings.k_paths": 5})`. In a notebook
`fj.options("minimal")` shows them with their values, and Tab completes names and values.

`fj.check` refuses what is not allowed, before anything starts. What each simulator allows is told
apart: `simulator="auto"` takes the embedded simulator where it computes just what FUSION does, else
FUSION. What FUSION does was tried with FUSION 6.1 where it says so.

Two arguments are no options of FUSION's:

- `network` takes, besides a name, the path of a topology file (links as text, CSV, JSON, GraphML,
  GML), a networkx graph whose edges have a `length` in km, or a list of links.
- `modulation_formats` takes a modulation table as a mapping,
  `{100: {"QPSK": (reach in km, slots)}}`, or the path of a JSON file with one.

This page is made by `python -m fusion_jupyter.config.schema > docs/options.md`.
"""


def options_page() -> str:
    """The page as Markdown: a table for each section.

    Example:
        >>> options_page().splitlines()[0]
        '# Options'
    """
    parts = [_HEAD]
    for section in schema.SECTIONS:
        lines = [
            f"## [{section.name}]",
            "",
            "| Option | Allowed | Default | Meaning | Changes | FUSION | Embedded |",
            "|---|---|---|---|---|---|---|",
            *(_row(option) for option in section),
        ]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _row(option: Option) -> str:
    unit = f" ({option.unit})" if option.unit else ""
    if option.required:
        default = "must be given"
    elif option.default is not None:
        default = f"`{option.default}`"
    else:
        default = f"left out: {option.missing}" if option.missing else "left out"
    main = option.fusion or option.embedded
    cells = (
        f"`{option.name}`",
        option.kind.allowed + unit,
        default,
        option.description,
        _EFFECTS[main.effect],
        _rule(option.fusion, option),
        _rule(option.embedded, option),
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _rule(rule: Rule | None, option: Option) -> str:
    if rule is None:
        return f"refused, other than `{option.missing}`"
    words = f"only {rule.allowed}" if rule.only is not None else "as allowed"
    if rule.why:
        words += f": {rule.why}"
    if rule.effect == NOTHING and rule.only is None:
        words = "ignored"
    return f"{words}. Tried: {rule.tried}" if rule.tried else words
