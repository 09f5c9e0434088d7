"""Configuration files for the simulator's tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

#: A complete small configuration; tests change what they are about.
OPTIONS: dict[str, dict[str, Any]] = {
    "general_settings": {
        "erlang_start": 100,
        "erlang_stop": 200,
        "erlang_step": 100,
        "max_iters": 2,
        "num_requests": 200,
        "holding_time": 0.2,
        "mod_assumption": "DEFAULT",
        "mod_assumption_path": "data/json_input/example_mods/default_mod_formats.json",
        "request_distribution": {"25": 0.1, "50": 0.1, "100": 0.5, "200": 0.2, "400": 0.1},
        "guard_slots": 1,
        "max_segments": 1,
        "print_step": 1,
        "save_step": 1,
        "route_method": "k_shortest_path",
        "allocation_method": "first_fit",
        "dynamic_lps": False,
        "fixed_grid": False,
        "pre_calc_mod_selection": False,
        "save_start_end_slots": False,
        "is_grooming_enabled": False,
        "can_partially_serve": False,
    },
    "topology_settings": {
        "network": "NSFNet",
        "cores_per_link": 1,
        "const_link_weight": False,
        "is_only_core_node": True,
    },
    "spectrum_settings": {"c_band": 64},
    "routing_settings": {"k_paths": 3},
    "file_settings": {"file_type": "json"},
    "rl_settings": {"is_training": False},
    "snr_settings": {"snr_type": None},
}


def write_config(path: Path, **changes: Any) -> Path:
    """Write a configuration with some options changed; None leaves an option out."""
    left = dict(changes)
    lines = []
    for section, options in OPTIONS.items():
        lines.append(f"[{section}]")
        for option, default in options.items():
            value = left.pop(option, default)
            if option in changes and value is None:
                continue
            text = json.dumps(value) if isinstance(value, dict) else value
            lines.append(f"{option} = {text}")
    assert not left, f"options without a section: {left}"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
