"""What runs of FUSION itself gave: the same figures must come out, iteration by iteration.

``data/<network>.json`` holds configurations and the blocking of each of their iterations; for some
loads, marked by "saved", also the other statistics of that iteration.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sim_configs import write_config

from fusion_jupyter.config.topologies import FUSION_NETWORKS
from fusion_jupyter.sim.config import read_config
from fusion_jupyter.sim.engine import Simulator
from fusion_jupyter.sim.statistics import LoadStatistics

DATA = Path(__file__).parent / "data"


def cases(network: str) -> list[dict[str, Any]]:
    return json.loads((DATA / f"{network}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("network", FUSION_NETWORKS)
def test_every_iteration_of_every_recorded_run_comes_out_the_same(
    network: str, tmp_path: Path
) -> None:
    for case in cases(network):
        defaults = {"num_requests": 2000, "c_band": 320, "k_paths": 3}
        path = write_config(tmp_path / "config.ini", **defaults | case["options"])
        config = read_config(path)
        simulator = Simulator(config)
        loads = [f"{erlang}" for erlang in config.erlangs]
        assert loads == sorted(case["loads"], key=float), case["name"]
        for erlang in config.erlangs:
            expected = case["loads"][f"{erlang}"]
            load = LoadStatistics(config)
            for iteration, blocking in enumerate(expected["blocking"]):
                load.add(simulator.iterate(erlang, iteration))
                assert load.blocking.values[-1] == blocking, (case["name"], erlang, iteration)
                if iteration == expected.get("saved"):
                    check_statistics(load, expected)


def check_statistics(load: LoadStatistics, expected: dict[str, Any]) -> None:
    """Compare all statistics of an iteration with the recorded ones."""
    record, top = load.iteration_record(), load.load_record()
    modulations, weights = record["mods_used_dict"], record["weights_dict"]
    if load.iterations == len(expected["blocking"]):
        assert top["blocking_mean"] == expected["mean"]
        assert top["blocking_variance"] == expected["variance"]
        assert top["ci_rate_block"] == expected["half_width"]
        assert top["ci_percent_block"] == expected["percent"]
    assert list(record["cores_dict"].values()) == expected["cores"]
    assert record["path_index_list"] == expected["ranks"]
    for name in ("trans", "hops", "lengths"):
        assert [record[f"{name}_{key}"] for key in ("mean", "min", "max")] == expected[name]
    assert list(record["block_bw_dict"].values()) == expected["blocked"]
    used = {bandwidth: list(modulations[bandwidth].values()) for bandwidth in weights}
    assert used == expected["used"]
    for bandwidth, spreads in weights.items():
        default = [[None] * 4] * len(spreads)
        assert [list(spread.values()) for spread in spreads.values()] == expected["weights"].get(
            bandwidth, default
        )
    for name, (count, *spreads) in expected["mods"].items():
        entry = modulations[name]
        assert entry["c"] == count
        assert [*entry["length"]["c"].values(), *entry["hop"]["c"].values()] == spreads
    for name, (count, throughput, number) in expected["links"].items():
        for ends in (name, "-".join(reversed(name.split("-")))):
            use = top["link_usage"][ends]
            assert (use["usage_count"], use["link_num"]) == (count, number)
            assert use["throughput"] == pytest.approx(throughput, rel=1e-8)
    if "slots" in expected:
        first, last = expected["slots"]
        assert record["start_slot_list"][: len(first)] == first
        assert record["end_slot_list"][: len(last)] == last


def test_the_published_100_gbps_figures() -> None:
    """NSFNet, one core, three paths, 320 slots, 2000 requests of 100 Gb/s, three iterations."""
    (case,) = (case for case in cases("NSFNet") if case["name"] == "sequential_100G")
    means = [sum(load["blocking"]) / 3 for load in case["loads"].values()]
    published = [0, 0.00767, 0.02550, 0.06283, 0.09917, 0.13367, 0.17150]
    assert means == pytest.approx(published, abs=5e-6)


def test_an_early_stop_ends_the_load_where_fusion_ended_it(config: Any) -> None:
    settings = config(erlang_start=3000, erlang_stop=3000, num_requests=2000, k_paths=1, c_band=40)
    simulator, load = Simulator(settings), LoadStatistics(settings)
    load.add(simulator.iterate(3000.0, 0))
    assert load.blocking.values == [0.8725]
    assert not load.blocking.narrow
    load.add(simulator.iterate(3000.0, 1))
    assert load.blocking.narrow
    assert f"{load.blocking.percent:.2f}" == "4.10"


def test_bit_rate_blocking_counts_only_what_was_blocked(config: Any) -> None:
    """A request that slicing carried is not blocked, however many ways to slice it failed first."""
    settings = config(erlang_start=150, erlang_stop=150, num_requests=1000, max_segments=4)
    load = LoadStatistics(settings)
    outcome = Simulator(settings).iterate(150.0, 0)
    load.add(outcome)
    gbps = [int(name) for name in settings.formats]
    blocked = sum(rate * count for rate, count in zip(gbps, outcome.blocked, strict=True))
    offered = sum(rate * count for rate, count in zip(gbps, settings.quotas.values(), strict=True))
    assert any(pieces > 1 for _, pieces in outcome.requests)
    assert load.bit_rate_blocking.mean == blocked / offered
