"""An entry of the table of options: its location, its meaning, what each simulator allows.

Plain classes with slots, because the simulator's process loads the table at each start and
importing `dataclasses` would take longer than all the rest.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from fusion_jupyter.config.schema.kinds import Kind

#: What an option affects in a simulator: which requests are blocked, the output files, the log,
#: nothing; or only training or FUSION's orchestrator, which are then not in use.
RESULT = "result"
OUTPUT = "output"
LOG = "log"
NOTHING = "nothing"
TRAINING = "training"
ORCHESTRATOR = "orchestrator"

#: Prominence of an option: on a form's first page, among those that affect a run, the rest.
MAIN, COMMON, RARE = 1, 2, 3


class Rule:
    """What one simulator allows.

    Attributes:
        effect: What the option affects: one of the words above.
        only: The allowed values, None if all values of the option's kind are.
        why: What happens with other values.
        tried: The values tested with the simulator itself; empty: known only from its source.
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
        """Whether a value allowed by the kind is also allowed here."""
        return self.only is None or value in self.only

    @property
    def allowed(self) -> str:
        """The allowed values in words, empty if all are."""
        return "" if self.only is None else ", ".join(str(value) for value in self.only)


class Option:
    """One option of a configuration.

    Attributes:
        section: Its INI section.
        name: Its name in that section.
        kind: The kind of its values.
        description: Its meaning.
        unit: Its unit, empty if it has none.
        group: The heading of its group in forms and the documentation.
        importance: `MAIN`, `COMMON` or `RARE`.
        required: Whether a configuration must have it.
        default: The value filled in if a configuration omits it; None: it stays omitted.
        missing: What a simulator does if it is omitted.
        fusion: What FUSION allows; None if it does not know the option.
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
        """What a simulator allows; None if it does not know the option."""
        return self.fusion if simulator == "fusion" else self.embedded


class Section:
    """The options of one INI section, in display order.

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
