"""The configurations of the table of what each simulator does: every option, and border cases.

Each is a small complete configuration (NSFNet, 200 requests, two iterations, some blocking) with a
few options changed.
"""

from __future__ import annotations

import configparser
import io
import json
from dataclasses import dataclass, field
from typing import Any

from random_configs import Case

from fusion_jupyter.config.schema import OPTIONS
from fusion_jupyter.config.schema.kinds import Flag, Integer, Number
from fusion_jupyter.config.schema.option import Option
from fusion_jupyter.config.topologies import (
    FUSION_NETWORKS,
    NETWORK_NAMES,
    format_network,
    read_network,
)

GENERAL, TOPOLOGY, SPECTRUM = "general_settings", "topology_settings", "spectrum_settings"
ROUTING, SNR, EXTENDED = "routing_settings", "snr_settings", "embedded_settings"

#: Networks of the package's that FUSION does not know by name.
OUR_NETWORKS = [name for name in NETWORK_NAMES if name not in FUSION_NETWORKS]
BASE = Case(
    {
        "erlang_start": 150, "erlang_stop": 150, "erlang_step": 150, "c_band": 80,
        "num_requests": 200, "max_iters": 2,
    }
)  # fmt: skip
SEVEN = {"topology_settings.cores_per_link": "7", "spectrum_settings.c_band": "16"}
#: Three formats of a table of one's own, one of which FUSION does not know by name.
OWN_TABLE = {
    "OWN": {
        gbps: {
            "BPSK": {"max_length": 9000, "slots_needed": 2 * slots},
            "QPSK": {"max_length": 4500, "slots_needed": slots},
            "16-QAM": {"max_length": 2500, "slots_needed": -(-slots // 2)},
            "64-QAM": {"max_length": 1100, "slots_needed": -(-slots // 3)},
        }
        for gbps, slots in {"25": 1, "50": 2, "75": 3, "100": 4}.items()
    },
    "OTHER": {"100": {"BPSK": {"max_length": 9000, "slots_needed": 8}}},
}
OWN = {
    "general_settings.mod_assumption": "OWN",
    "general_settings.mod_assumption_path": "own.json",
    "general_settings.request_distribution": '{"25": 0.25, "50": 0.25, "75": 0.25, "100": 0.25}',
}
OTHER = {
    "general_settings.mod_assumption": "OTHER",
    "general_settings.mod_assumption_path": "own.json",
    "general_settings.request_distribution": '{"100": 1.0}',
}


@dataclass
class Border:
    """A configuration of the table.

    Attributes:
        title: What it is about.
        changes: ``section.name`` -> text; None leaves the option out.
        environment: Environment variables for FUSION.
        mended: What the toolkit does about it, where FUSION fails at the file as it is.
        seconds: How long FUSION may take.
    """

    title: str
    changes: dict[str, str | None]
    environment: dict[str, str] = field(default_factory=dict)
    seconds: float = 120
    mended: str = ""

    @property
    def topology(self) -> str | None:
        """The topology file that FUSION gets in NSFNet's place, for a network that it lacks."""
        name = self.changes.get(f"{TOPOLOGY}.network") or ""
        return format_network(read_network(name)) if name in OUR_NETWORKS else None

    def fusion_ini(self) -> str:
        """The text of the INI file that FUSION gets."""
        if self.topology is None:
            return self.ini()
        return Border(self.title, {**self.changes, f"{TOPOLOGY}.network": "NSFNet"}).ini()

    def ini(self) -> str:
        """The text of the INI file, complete for FUSION."""
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_string(BASE.ini())
        for location, text in self.changes.items():
            section, name = location.split(".", 1)
            if not parser.has_section(section):
                parser.add_section(section)
            if text is None:
                parser.remove_option(section, name)
            else:
                parser.set(section, name, text)
        written = io.StringIO()
        parser.write(written)
        return written.getvalue()

    def files(self) -> dict[str, str]:
        """The files that it names."""
        named = any(text == "own.json" for text in self.changes.values())
        return {"own.json": json.dumps(OWN_TABLE)} if named else {}


def option_cases() -> list[Border]:
    """A configuration for each option and each value worth trying."""
    cases = []
    for option in OPTIONS.values():
        for text in _values(option):
            name = f"{option.section}.{option.name}"
            cases.append(Border(f"{name} = {text}", {name: text}))
        if option.fusion is not None and option.default is None and not option.required:
            # All others are filled in, or must be there.
            name = f"{option.section}.{option.name}"
            cases.append(Border(f"without {name}", {name: None}))
    return cases


def _values(option: Option) -> list[str]:
    if option.location in _OWN_VALUES:
        return _OWN_VALUES[option.location]
    if isinstance(option.kind, Flag):
        return ["True", "False"]
    if option.kind.choices or option.kind.suggestions:
        return list(dict.fromkeys([*option.kind.choices, *option.kind.suggestions, "nonsense"]))
    if isinstance(option.kind, Integer):
        return ["-1", "0", "1", "2"]
    if isinstance(option.kind, Number):
        return ["-1", "0", "0.5", "2"]
    return ["nonsense"]


#: Values of the options for which the kind does not say what is worth trying.
_OWN_VALUES: dict[tuple[str, str], list[str]] = {
    (GENERAL, "erlang_start"): ["0", "-5", "0.5", "151"],
    (GENERAL, "erlang_stop"): ["150.5", "300"],
    (GENERAL, "erlang_step"): ["-1", "0", "0.1"],
    (GENERAL, "mod_assumption"): ["DEFAULT", "default", "XTAR_ASSUMPTIONS", "nonsense"],
    (GENERAL, "mod_assumption_path"): ["None", "missing.json"],
    (GENERAL, "num_requests"): ["0", "-1", "10", "205"],
    (GENERAL, "request_distribution"): [
        '{"100": 1.0}',
        '{"25": 0, "50": 0, "100": 1, "200": 0, "400": 0}',
        '{"25": -0.1, "50": 0.3, "100": 0.5, "200": 0.2, "400": 0.1}',
        '{"25": 0.1, "50": 0.1, "75": 0, "100": 0.5, "200": 0.2, "400": 0.1}',
        "nonsense",
    ],
    (GENERAL, "guard_slots"): ["-1", "0", "1", "2"],
    (GENERAL, "use_orchestrator"): ["False"],  # the launcher sets a variable; see BORDERS
    (SPECTRUM, "c_band"): ["0", "1", "2048"],
    (ROUTING, "k_paths"): ["-1", "0", "1", "50"],
    (TOPOLOGY, "cores_per_link"): ["-1", "0", "2", "7"],
    (SNR, "requested_xt"): ["nonsense"],
    (SNR, "phi"): ["nonsense"],
    (EXTENDED, "node_weights"): ['{"0": 2, "1": 1}'],
    (EXTENDED, "precision"): ["0.3"],
    (EXTENDED, "paths"): ["missing.json"],
    (EXTENDED, "first_seed"): ["5"],
    (EXTENDED, "warm_up"): ["20"],
}


def _combined(title: str, *parts: dict[str, str | None] | dict[str, str], **more: Any) -> Border:
    changes: dict[str, str | None] = {}
    for part in parts:
        changes |= part
    return Border(title, changes, **more)


def _general(**options: str) -> dict[str, str]:
    return {f"{GENERAL}.{name}": text for name, text in options.items()}


def _snr(**options: str) -> dict[str, str]:
    return {f"{SNR}.{name}": text for name, text in options.items()}


ORCHESTRATED = {"environment": {"FUSION_USE_ORCHESTRATOR": "1"}}
BY_ORCHESTRATOR = _general(use_orchestrator="True")
LBAND = {f"{SPECTRUM}.l_band": "20", f"{SPECTRUM}.c_band": "30"}

#: Combinations at the borders of what either simulator does.
BORDERS = [
    _combined("the base configuration", {}),
    _combined("priority_first, 7 cores", SEVEN, _general(allocation_method="priority_first")),
    _combined("priority_first, 6 cores", SEVEN, {f"{TOPOLOGY}.cores_per_link": "6"},
              _general(allocation_method="priority_first")),
    _combined("priority_first, 9 cores", SEVEN, {f"{TOPOLOGY}.cores_per_link": "9"},
              _general(allocation_method="priority_first")),
    _combined("priority_last, 7 cores", SEVEN, _general(allocation_method="priority_last")),
    _combined("allocation xt_aware, 7 cores", SEVEN, _general(allocation_method="xt_aware"),
              seconds=300),
    _combined("cong_aware with pre_calc_mod_selection",
              _general(route_method="cong_aware", pre_calc_mod_selection="True")),
    _combined("cong_aware with slicing", _general(route_method="cong_aware", max_segments="4")),
    _combined("cong_aware without k_paths", _general(route_method="cong_aware"),
              {f"{ROUTING}.k_paths": None}),
    _combined("cong_aware, L band alone", _general(route_method="cong_aware"),
              {f"{SPECTRUM}.c_band": "0", f"{SPECTRUM}.l_band": "60"}),
    _combined("L band alone", {f"{SPECTRUM}.c_band": "0", f"{SPECTRUM}.l_band": "60"}),
    _combined("C and L band", LBAND),
    _combined("C, L and S band, BSC, 2 cores", LBAND, _general(spectrum_priority="BSC"),
              {f"{SPECTRUM}.s_band": "10", f"{TOPOLOGY}.cores_per_link": "2"}),
    _combined("xt_aware, 7 cores", SEVEN, _general(route_method="xt_aware")),
    _combined("xt_aware with length, 3 cores", _general(route_method="xt_aware"),
              {f"{TOPOLOGY}.cores_per_link": "3"}, _snr(xt_type="with_length")),
    _combined("slicing", _general(max_segments="4")),
    _combined("slicing, in part", _general(max_segments="4", can_partially_serve="True")),
    _combined("fixed grid with slicing", _general(fixed_grid="True", max_segments="4"),
              {f"{SPECTRUM}.c_band": "12"}),
    _combined("fixed grid with pre_calc_mod_selection",
              _general(fixed_grid="True", pre_calc_mod_selection="True"),
              {f"{SPECTRUM}.c_band": "12"}),
    _combined("grooming with slicing", _general(is_grooming_enabled="True", max_segments="4")),
    _combined("dynamic_lps with slicing", _general(dynamic_lps="True", max_segments="4")),
    _combined("dynamic_lps with gsnr", _general(dynamic_lps="True"), _snr(snr_type="gsnr")),
    _combined("snr_calc_nli with the L band", LBAND, _snr(snr_type="snr_calc_nli")),
    _combined("snr_calc_nli, EGN, noise of cores",
              _snr(snr_type="snr_calc_nli", egn_model="True", xt_noise="True")),
    _combined("snr_calc_nli, EGN without phi",
              _snr(snr_type="snr_calc_nli", egn_model="True", phi="nonsense")),
    _combined("xt_calculation, 7 cores", SEVEN, _snr(snr_type="xt_calculation")),
    _combined("xt_calculation, 4 cores", {f"{TOPOLOGY}.cores_per_link": "4"},
              _snr(snr_type="xt_calculation")),
    _combined("xt_calculation, 7 cores, no limits", SEVEN,
              _snr(snr_type="xt_calculation", requested_xt="nonsense")),
    _combined("snr_recheck with snr_calc_nli", _snr(snr_type="snr_calc_nli", snr_recheck="True")),
    _combined("snapshots, step 0", _general(save_snapshots="True", snapshot_step="0")),
    _combined("core nodes of USbackbone60", {f"{TOPOLOGY}.network": "USbackbone60",
              f"{TOPOLOGY}.is_only_core_node": "False"}),
    _combined("core nodes of NSFNet", {f"{TOPOLOGY}.is_only_core_node": "False"}),
    _combined("bandwidth classes 25, 50, 75, 100 with their table", OWN),
    _combined("the same, sliced, one format", OWN,
              _general(max_segments="4", pre_calc_mod_selection="True")),
    _combined("a table without QPSK", OTHER),
    _combined("a table without QPSK, one format", OTHER, _general(pre_calc_mod_selection="True")),
    _combined("a table without QPSK, cong_aware", OTHER, _general(route_method="cong_aware")),
    _combined("a link failure", {"failure_settings.failure_type": "link",
              "failure_settings.failed_link_src": "0", "failure_settings.failed_link_dst": "1",
              "failure_settings.t_repair_after_arrivals": "10"}),
    _combined("[s1] changes an option", {"s1.c_band": "40"}),
    _combined("[s1] has the shares", {"s1.request_distribution":
              '{"25": 0, "50": 0, "100": 1, "200": 0, "400": 0}'},
              mended="moved to its own section before FUSION gets it"),
    _combined("shortest_path without k_paths", _general(route_method="shortest_path"),
              {f"{ROUTING}.k_paths": None}),
    _combined("orchestrator", BY_ORCHESTRATOR, **ORCHESTRATED),
    _combined("orchestrator, slicing", BY_ORCHESTRATOR, _general(max_segments="4"),
              **ORCHESTRATED),
    _combined("orchestrator, 1plus1_protection", BY_ORCHESTRATOR,
              _general(route_method="1plus1_protection"), **ORCHESTRATED),
    _combined("orchestrator, cong_aware", BY_ORCHESTRATOR, _general(route_method="cong_aware"),
              **ORCHESTRATED),
    _combined("orchestrator, least_congested", BY_ORCHESTRATOR,
              _general(route_method="least_congested"), **ORCHESTRATED),
    _combined("orchestrator, last_fit", BY_ORCHESTRATOR, _general(allocation_method="last_fit"),
              **ORCHESTRATED),
]  # fmt: skip
