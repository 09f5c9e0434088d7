"""What FUSION gave for random configurations: the same must come out, iteration by iteration.

``data/scope.json`` was recorded with ``compare_with_fusion.py --record``: bands, tables and networks
of their own, routing by the state of the network, signal quality, partial service and the rest.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from compare_with_fusion import embedded_config, features
from figures import differences, figures
from random_configs import Case

from fusion_jupyter.sim.engine import Simulator
from fusion_jupyter.sim.fast import FastSimulator, reason_for_python
from fusion_jupyter.sim.statistics import LoadStatistics

RECORDED = json.loads((Path(__file__).parent / "data" / "scope.json").read_text("utf-8"))


def name(recorded: dict[str, Any]) -> str:
    used = features(Case(recorded["options"], recorded["table"], recorded["topology"]))
    return f"{recorded['seed']}-{'-'.join(used)}".replace(" ", "_").replace(",", "")


@pytest.mark.parametrize("recorded", RECORDED, ids=name)
def test_every_iteration_and_figure_is_that_of_fusion(
    recorded: dict[str, Any], tmp_path: Path
) -> None:
    case = Case(recorded["options"], recorded["table"], recorded["topology"])
    config = embedded_config(case, tmp_path)
    simulators = [Simulator(config)]
    if reason_for_python(config) is None:
        simulators.append(FastSimulator(config))
    for simulator in simulators:
        for erlang, blocking in recorded["loads"].items():
            load = LoadStatistics(config)
            for number in range(len(blocking)):
                load.add(simulator.iterate(float(erlang), number))
            assert load.blocking.values == blocking
            found = json.loads(json.dumps(figures(load.load_record(), load.iteration_record())))
            assert differences(found, recorded["figures"].get(erlang, found)) == []


def test_the_recorded_configurations_use_all_that_is_simulated() -> None:
    used = {
        feature
        for recorded in RECORDED
        for feature in features(Case(recorded["options"], recorded["table"], recorded["topology"]))
    }
    assert used >= {
        "k_shortest_path", "shortest_path", "external_ksp", "cong_aware", "xt_aware", "bands",
        "bands BSC", "slicing", "slicing, partial", "fixed_grid", "pre_calc_mod_selection",
        "priority_first", "snr_calc_nli", "xt_calculation", "own table", "own topology",
        "core nodes",
    }  # fmt: skip
    blocked = [max(max(values) for values in recorded["loads"].values()) for recorded in RECORDED]
    assert sum(value > 0.01 for value in blocked) > 0.8 * len(blocked)
