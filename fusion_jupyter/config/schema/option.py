"""What the table says of an option: where it stands, what it means, who allows what.

Plain classes with slots: the simulator's process reads the table at each start, and importing
`dataclasses` would take longer than all the rest.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from fusion_jupyter.config.schema.kinds import Kind

#: What an option influences in a simulator: which requests are blocked, what is written to the
#: output files, what is logged, nothing; training alone, or FUSION's orchestrator alone, where
#: those are not what is run.
RESULT = "result"
OUTPUT = "output"
LOG = "log"
NOTHING = "nothing"
TRAINING = "training"
ORCHESTRATOR = "orchestrator"

#: How prominent an option is: on a form's first page, among those that change a run, the rest.
MAIN, COMMON, RARE = 1, 2, 3


class Rule:
    """What one simulator allows.

    Attributes:
        effect: What the option influences: one of the words above.
        only: The values that are allowed, None where all are that the option's kind allows.
        why: What happens with the other values.
        tried: Which values were tried with the simulator itself; empty: known from its source
            alone.
    """

    __slots__ = ("effect", "only", "tried", "why")

    def __init__(
        self, effect: str, *, only: tuple[object, ...] | None = None, why: str = "", tried: str = ""
    ) -> None:
        self.effect = effect
        self.only = only
        self.why = why
        self.tried = tried

    def accepts(self, value: object) -> bool:
        """Whether a value that the kind allows is allowed here as well."""
        return self.only is None or value in self.only

    @property
    def allowed(self) -> str:
        """The allowed values in words, empty where all are."""
        return "" if self.only is None else ", ".join(str(value) for value in self.only)


class Option:
    """One option of a configuration.

    Attributes:
        section: The INI section that it stands in.
        name: Its name in that section.
        kind: What values it can have.
        description: What it means.
        unit: Its unit, empty where it has none.
        group: The heading that it stands under in a form and in the documentation.
        importance: `MAIN`, `COMMON` or `RARE`.
        required: Whether a configuration must have it.
        default: The value that is filled in where a configuration lacks it; None: it is left out,
            and the simulator does without.
        missing: What a simulator does where it is left out.
        fusion: What FUSION allows; None where it does not know the option.
        embedded: What the embedded simulator allows.
    """

    __slots__ = (
        "default",
        "description",
        "embedded",
        "fusion",
        "group",
        "importance",
        "kind",
        "missing",
        "name",
        "required",
        "section",
        "unit",
    )

    def __init__(
        self,
        name: str,
        kind: Kind,
        description: str,
        *,
        fusion: Rule | None,
        embedded: Rule,
        unit: str = "",
        group: str = "",
        importance: int = RARE,
        required: bool = False,
        default: str | None = None,
        missing: str = "",
    ) -> None:
        self.section = ""
        self.name = name
        self.kind = kind
        self.description = description
        self.unit = unit
        self.group = group
        self.importance = importance
        self.required = required
        self.default = default
        self.missing = missing
        self.fusion = fusion
        self.embedded = embedded

    @property
    def location(self) -> tuple[str, str]:
        """Section and name."""
        return self.section, self.name

    def rule(self, simulator: str) -> Rule | None:
        """What a simulator allows; None where it does not know the option."""
        return self.fusion if simulator == "fusion" else self.embedded


class Section:
    """The options of one INI section, in the order in which they are shown.

    Args:
        name: The section's name.
        *options: Its options.
    """

    __slots__ = ("name", "options")

    def __init__(self, name: str, *options: Option) -> None:
        self.name = name
        self.options = options
        for option in options:
            option.section = name

    def __iter__(self) -> Iterator[Option]:
        return iter(self.options)
