"""Random configurations within what the simulator says it computes as FUSION does."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from random import Random
from typing import Any

from sim_configs import OPTIONS

from fusion_jupyter.config.modulation import BUILT_IN, NAMED
from fusion_jupyter.config.schema.general import FUSION_FORMATS
from fusion_jupyter.config.topologies import (
    FUSION_NETWORKS,
    Network,
    format_network,
    make_network,
)

SNR = {
    "snr_type": "None",
    "input_power": 0.001,
    "egn_model": False,
    "beta": 0.5,
    "theta": 0.0,
    "xt_type": "without_length",
    "xt_noise": False,
    "requested_xt": {"QPSK": -26.19, "16-QAM": -36.69, "64-QAM": -41.69, "8-QAM": -33.0},
    "phi": {"QPSK": 1, "16-QAM": 0.68, "64-QAM": 0.6190476190476191, "8-QAM": 0.8},
    "snr_recheck": False,
    "recheck_adjacent_cores": False,
    "recheck_crossband": False,
}
#: What FUSION wants to be present, without effect here.
REQUIRED = {
    "general_settings": {
        "thread_erlangs": False,
        "snapshot_step": 10,
        "save_snapshots": False,
        "spectrum_priority": "None",
        "transponder_usage_per_node": False,
        "blocking_type_ci": False,
    },
    "topology_settings": {"bw_per_slot": 12.5, "multi_fiber": False},
    "ml_settings": {"deploy_model": False, "output_train_data": False},
    "snr_settings": SNR,
}


@dataclass
class Case:
    """A configuration, by what it changes.

    Attributes:
        options: Option -> value.
        table: Modulation tables of its own, as in their JSON file.
        topology: A topology file in the place of NSFNet's.
    """

    options: dict[str, Any]
    table: dict[str, Any] | None = None
    topology: str | None = None
    saved: dict[str, Any] = field(default_factory=dict)

    def ini(self) -> str:
        """The text of its INI file, complete for FUSION."""
        left = dict(self.options)
        lines = []
        for section in dict.fromkeys([*OPTIONS, *REQUIRED]):
            lines.append(f"[{section}]")
            defaults = {**OPTIONS.get(section, {}), **REQUIRED.get(section, {})}
            if section == "spectrum_settings":
                defaults |= {name: left[name] for name in left if name.endswith("_band")}
            for name, default in defaults.items():
                value = left.pop(name, default)
                text = json.dumps(value) if isinstance(value, dict) else value
                lines.append(f"{name} = {text}")
        assert not left, f"options without a section: {left}"
        return "\n".join(lines) + "\n"

    def files(self) -> dict[str, str]:
        """The files that its INI file names."""
        return {} if self.table is None else {"own_formats.json": json.dumps(self.table)}


def random_case(random: Random) -> Case:
    """Draw a configuration that FUSION can run."""
    options: dict[str, Any] = {}
    table, classes = _table(random, options)
    topology = _network(random, options)
    route = random.choices(
        ["k_shortest_path", "shortest_path", "cong_aware", "xt_aware", "external_ksp"],
        [45, 5, 30, 15, 5],
    )[0]
    cores = random.choice([1, 1, 2, 3, 5, 7, 7])
    options |= {
        "route_method": route,
        "cores_per_link": cores,
        "c_band": random.randint(8, 120 if cores < 3 else 40),
        "guard_slots": random.choice([0, 1, 1]),
        "k_paths": random.choice([1, 2, 3, 3, 4, 5, 6, 8, 10, 12, 20]),
        "holding_time": random.choice([0.2, 1, 3.7, 3600]),
        "max_segments": random.choice([1, 1, 2, 3, 4, 8, 16]),
        "const_link_weight": random.random() < 0.15,
        "fixed_grid": random.random() < 0.12,
        "spectrum_priority": random.choice(["None", "BSC", "CSB"]),
        "can_partially_serve": random.random() < 0.3,
    }
    if route != "cong_aware" and not options["fixed_grid"] and random.random() < 0.15:
        options["pre_calc_mod_selection"] = True
    for band in random.sample("lsoe", random.choice([0, 0, 0, 1, 2, 4])):
        options[f"{band}_band"] = random.randint(4, 40)
    if cores == 7 and random.random() < 0.4:
        options["allocation_method"] = "priority_first"
        if route != "xt_aware":
            options["cores_per_link"] = random.choice([7, 7, 8, 9])
    _quality(random, options)
    if route == "xt_aware":
        options |= {
            "xt_type": random.choice(["with_length", "without_length", "None"]),
            "beta": random.choice([0.0, 0.5, 0.37, 1.0]),
        }
    slow = route == "xt_aware" or options.get("snr_type", "None") != "None"
    _traffic(random, options, classes, requests=120 if slow else random.choice([200, 300, 400]))
    return Case(options, table, topology)


def _quality(random: Random, options: dict[str, Any]) -> None:
    """Let the quality of lightpaths be checked in a part of the configurations."""
    bands = [name for name in options if name.endswith("_band") and name != "c_band"]
    seven = options["cores_per_link"] == 7 or "allocation_method" in options
    if random.random() < 0.25 and not bands:
        options |= {
            "snr_type": "snr_calc_nli",
            "egn_model": random.random() < 0.3,
            "xt_noise": random.random() < 0.3,
            "input_power": random.choice([0.001, 0.0005, 0.0002, 0.002]),
            "bw_per_slot": random.choice([12.5, 12.5, 6.25]),
        }
    elif seven and random.random() < 0.5:
        worst = random.choice([0.0, 5.0, -5.0])
        limits = {name: limit + worst for name, limit in SNR["requested_xt"].items()}  # type: ignore[attr-defined]
        options |= {"snr_type": "xt_calculation", "requested_xt": limits}


def _table(random: Random, options: dict[str, Any]) -> tuple[dict[str, Any] | None, list[str]]:
    """Choose a modulation table; return it if it is not built in, and its classes."""
    kind = random.choices(["DEFAULT", "XTAR_ASSUMPTIONS", "OWN"], [50, 15, 35])[0]
    if kind != "OWN":
        options |= {"mod_assumption": kind, "mod_assumption_path": FUSION_FORMATS}
        return None, list(BUILT_IN[kind])
    classes = sorted(random.sample([10, 25, 40, 50, 75, 100, 150, 200, 300, 400], 4))
    if random.random() < 0.3:
        random.shuffle(classes)
    table = {}
    for gbps in classes:
        reach = random.randint(2000, 9000)
        slots = max(1, gbps // 25)
        formats = {}
        for bits, name in zip((1, 2, 3), NAMED, strict=True):
            formats[name] = {
                "max_length": reach // bits,
                "slots_needed": max(1, -(-slots // bits)),
            }
        if random.random() < 0.4:
            formats["8-QAM"] = {"max_length": random.randint(500, reach), "slots_needed": slots}
        table[str(gbps)] = formats
    options |= {"mod_assumption": "OWN", "mod_assumption_path": "own_formats.json"}
    return {"OWN": table}, [str(gbps) for gbps in classes]


def _network(random: Random, options: dict[str, Any]) -> str | None:
    """Choose a network; return its file if it is not one of the nine."""
    if random.random() < 0.75:
        options["network"] = random.choice(FUSION_NETWORKS)
        if options["network"] in ("USbackbone60", "Spainbackbone30"):
            options["is_only_core_node"] = random.random() < 0.5
        return None
    options["network"] = "NSFNet"
    return format_network(random_network(random))


def random_network(random: Random) -> Network:
    """Draw a connected network with lengths that often tie."""
    nodes = [f"n{number}" for number in range(random.randint(4, 12))]
    links = [
        (node, random.choice(nodes[:place]), float(random.choice([100, 200, 300, 450.5, 700])))
        for place, node in enumerate(nodes)
        if place
    ]
    for _ in range(random.randint(2, 12)):
        one, other = random.sample(nodes, 2)
        if {one, other} in [{source, target} for source, target, _ in links]:
            continue
        links.append((one, other, float(random.choice([100, 200, 300, 450.5, 700, 1200]))))
    return make_network(links)


def _traffic(random: Random, options: dict[str, Any], classes: list[str], requests: int) -> None:
    weights = [random.choice([0, 1, 1, 2]) for _ in classes]
    if not any(weights):
        weights[-1] = 1
    counts = [requests * weight // sum(weights) for weight in weights]
    counts[max(range(len(counts)), key=counts.__getitem__)] += requests - sum(counts)
    # A little above the share, so that the whole part of share * requests is the count.
    shares = {
        name: (count + 0.001) / requests if count else 0.0
        for name, count in zip(classes, counts, strict=True)
    }
    load = round(random.choice([20, 60, 150, 400]) * random.uniform(0.5, 2), 1)
    options |= {
        "erlang_start": load,
        "erlang_stop": load,
        "erlang_step": load,
        "max_iters": 2,
        "num_requests": requests,
        "request_distribution": shares,
    }
