"""The table of all options: their meaning, and what each simulator allows.

`check`, `start`, the embedded simulator, the form, `fusion_jupyter.options` and the documentation
all use it. Each module holds a group of INI sections.

The embedded simulator imports the table rather than receiving it, so a simulator that is started by
hand refuses exactly what `check` refuses, and nothing has to be kept in sync. For that reason the
table is light: built-in types, no dataclasses, and about a millisecond to import.
"""

from __future__ import annotations

from fusion_jupyter.config.schema import (
    embedded,
    files,
    general,
    learning,
    network,
    orchestrator,
    quality,
)
from fusion_jupyter.config.schema.option import Option, Rule, Section

__all__ = [
    "IGNORED",
    "OPTIONS",
    "SECOND_HOMES",
    "SECTIONS",
    "Option",
    "Rule",
    "Section",
    "find",
    "short_name",
]

#: In the order of an INI file.
SECTIONS: tuple[Section, ...] = (
    general.SECTION,
    network.TOPOLOGY,
    network.ROUTING,
    network.SPECTRUM,
    files.SECTION,
    learning.MACHINE_LEARNING,
    learning.REINFORCEMENT,
    quality.SECTION,
    orchestrator.POLICY,
    orchestrator.HEURISTIC,
    orchestrator.PROTECTION,
    orchestrator.RECOVERY,
    orchestrator.FAILURE,
    learning.OFFLINE_REINFORCEMENT,
    learning.DATA_SETS,
    orchestrator.REPORTING,
    embedded.SECTION,
)

#: (section, name) -> option.
OPTIONS: dict[tuple[str, str], Option] = {
    option.location: option for section in SECTIONS for option in section
}

_BY_NAME: dict[str, tuple[Option, ...]] = {}
for _option in OPTIONS.values():
    _BY_NAME[_option.name] = (*_BY_NAME.get(_option.name, ()), _option)

#: (section, name) of entries in FUSION's example files that nothing reads.
IGNORED = frozenset(
    {
        ("general_settings", "thread_num"),
        ("general_settings", "verbose_logging"),
        ("general_settings", "log_level"),
        ("general_settings", "seed"),
        ("topology_settings", "save_start_end_slots"),
        ("snr_settings", "bi_directional"),
        ("failure_settings", "failed_node_id"),
        ("failure_settings", "srlg_links"),
        ("reporting_settings", "aggregate_seeds"),
        ("reporting_settings", "seed_list"),
        ("offline_rl_settings", "bc_model_path"),
        ("offline_rl_settings", "iql_model_path"),
    }
)

#: Options that FUSION reads from two sections but that users mean as one: the first decides.
SECOND_HOMES = {
    ("spectrum_settings", "guard_slots"): ("general_settings", "guard_slots"),
    ("spectrum_settings", "allocation_method"): ("general_settings", "allocation_method"),
    ("routing_settings", "route_method"): ("general_settings", "route_method"),
}


def find(name: str) -> Option | None:
    """The option with a name or ``section.name``; None if there is none.

    If several sections have an option of this name, the name alone means the first.

    >>> find("k_paths").section
    'routing_settings'
    >>> find("policy_settings.k_paths").section
    'policy_settings'
    """
    if not isinstance(name, str):  # a user's mistake, reported as an unknown option
        return None
    section, dot, rest = name.rpartition(".")
    if dot:
        return OPTIONS.get((section, rest))
    found = _BY_NAME.get(name)
    return found[0] if found else None


def is_main_name(option: Option) -> bool:
    """Whether an option's name alone identifies it, not one of an earlier section."""
    return _BY_NAME[option.name][0] is option


def short_name(option: Option) -> str:
    """The shortest name that identifies an option: its name, or ``section.name``."""
    return option.name if is_main_name(option) else f"{option.section}.{option.name}"
