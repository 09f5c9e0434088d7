"""Choose a request's simulator, with the reason, and check the configuration for it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import get_args

from fusion_jupyter import arguments
from fusion_jupyter.choices import SimulatorName
from fusion_jupyter.config import schema
from fusion_jupyter.config.compose import Config, compose
from fusion_jupyter.config.schema.embedded import NAME
from fusion_jupyter.errors import ConfigError
from fusion_jupyter.nearest import did_you_mean
from fusion_jupyter.simulators import embedded, fusion

#: Accepted by `simulator`.
SIMULATORS = get_args(SimulatorName)

_ORCHESTRATOR = ("general_settings", "use_orchestrator")
_HOW_TO_FIND = (
    "install FUSION and name its interpreter: fusion_jupyter.configure(fusion_python=...)"
)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A simulator and the configuration to simulate.

    Attributes:
        simulator: ``"embedded"`` or ``"fusion"``.
        reason: Why this one, in words.
        configuration: The checked configuration.
        installation: The FUSION installation; None for the embedded simulator.
    """

    simulator: str
    reason: str
    configuration: Config
    installation: fusion.Installation | None = None


def choose(
    template: str | os.PathLike[str], options: Mapping[str, object], simulator: str = "auto"
) -> Choice:
    """Check a request and decide which simulator executes it.

    ``"auto"`` selects the embedded simulator if it computes exactly what FUSION would, else FUSION.

    Args:
        template: A template's name or the path of an INI file.
        options: Option name, or ``section.key``, to value.
        simulator: One of `SIMULATORS`.

    Raises:
        ConfigError: An option is not allowed; with ``"auto"`` and no FUSION, also those that need
            it.
        ValueError: There is no such simulator, or FUSION is requested and not found.
    """
    if (installed := required_installation(simulator)) is not None:
        return _with_fusion(template, options, installed, "requested")
    if simulator == embedded.NAME:
        made = compose(template, options, embedded.NAME, project=_project())
        return Choice(simulator=embedded.NAME, reason="requested", configuration=made)
    return _automatic(template, options)


def required_installation(simulator: str) -> fusion.Installation | None:
    """The installation of FUSION if it is requested; None for another simulator.

    Raises:
        ValueError: There is no such simulator, or FUSION is requested and not found.
    """
    if simulator not in SIMULATORS:
        hint = did_you_mean(simulator, SIMULATORS)
        raise ValueError(f"simulator is {simulator!r}; allowed: {', '.join(SIMULATORS)}{hint}")
    if simulator != fusion.NAME:
        return None
    installed = fusion.find_installation()
    if installed is None:
        raise ValueError(
            "simulator is 'fusion', but FUSION was not found; allowed: 'embedded', or "
            f"{_HOW_TO_FIND}"
        )
    return installed


def merged(
    overrides: Mapping[str, object] | None, options: Mapping[str, object]
) -> dict[str, object]:
    """Merge options from a mapping and from keywords.

    Raises:
        ValueError: An option is in both.
    """
    both = dict(arguments.mapping("overrides", overrides, "{'k_paths': 3}"))
    for option, value in options.items():
        if option in both:
            raise ValueError(f"{option} is given twice, in overrides and by keyword")
        both[option] = value
    return both


def _automatic(template: str | os.PathLike[str], options: Mapping[str, object]) -> Choice:
    installed, problem = None, "was not found"
    try:
        installed = fusion.find_installation()
    except ValueError as error:
        problem = f"cannot be used ({error})"
    project = None if installed is None else installed.project
    try:
        made = compose(
            template, options, embedded.NAME, project=project, defaults=_defaults(only_if_set=True)
        )
    except ConfigError as error:
        problems = error.problems
    else:
        own = _values(made, (f"{NAME}.{name}" for name in made.sections[NAME]))
        reason = (
            f"FUSION does not know {', '.join(own)}"
            if own
            else "it computes this configuration exactly as FUSION does"
        )
        return Choice(simulator=embedded.NAME, reason=reason, configuration=made)
    try:
        made = compose(template, options, fusion.NAME, project=project, defaults=_defaults())
    except ConfigError as error:
        # Errors for both simulators come first; what one of them allows is reported only if there
        # are none.
        # FUSION's refusal of an option that it does not know helps nobody who uses that option.
        theirs = {n: text for n, text in error.problems.items() if not _is_only_embedded(n)}
        ours = {name: text for name, text in problems.items() if _is_only_embedded(name)}
        both = {name: text for name, text in theirs.items() if name in problems} | ours
        raise ConfigError(both or {**theirs, **problems} or error.problems) from None
    if installed is None:
        raise ConfigError(
            {
                name: f"{text}. FUSION can do this, but {problem}: {_HOW_TO_FIND}"
                for name, text in problems.items()
            }
        )
    reason = f"the embedded simulator does not compute {', '.join(_values(made, problems))}"
    return Choice(simulator=fusion.NAME, reason=reason, configuration=made, installation=installed)


def _is_only_embedded(name: str) -> bool:
    option = schema.find(name)
    return option is not None and option.fusion is None


def _values(made: Config, names: Iterable[str]) -> list[str]:
    """Options with their values, for a sentence."""
    found = [option for name in names if (option := schema.find(name)) is not None]
    return [f"{each.name} = {made.sections[each.section].get(each.name)}" for each in found]


def _with_fusion(
    template: str | os.PathLike[str],
    options: Mapping[str, object],
    installed: fusion.Installation,
    reason: str,
) -> Choice:
    made = compose(template, options, fusion.NAME, project=installed.project, defaults=_defaults())
    return Choice(simulator=fusion.NAME, reason=reason, configuration=made, installation=installed)


def _defaults(*, only_if_set: bool = False) -> dict[tuple[str, str], str]:
    """FUSION's engine setting from the environment, to be stored in the configuration."""
    wanted = fusion.wants_orchestrator()
    return {} if only_if_set and not wanted else {_ORCHESTRATOR: str(wanted)}


def _project() -> str | None:
    try:
        installed = fusion.find_installation()
    except ValueError:
        return None
    return None if installed is None else installed.project
