"""What goes beyond FUSION: each option does what its description says."""

from __future__ import annotations

import json
from collections import Counter
from itertools import permutations
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sim_configs import write_config
from test_sim_engine import LINE, all_at_once

from fusion_jupyter.config.schema import embedded
from fusion_jupyter.config.topologies import Link, Network, read_network
from fusion_jupyter.sim.allocation import CHOICES, KnownSpectrum
from fusion_jupyter.sim.config import ConfigurationError, SimConfig, read_config
from fusion_jupyter.sim.demand import draw_traffic
from fusion_jupyter.sim.engine import Simulator
from fusion_jupyter.sim.extensions import Extended
from fusion_jupyter.sim.lanes import Lane
from fusion_jupyter.sim.lightpath import Lightpath
from fusion_jupyter.sim.lightpath import Path as Route
from fusion_jupyter.sim.spectrum import Spectrum
from fusion_jupyter.sim.statistics import LoadStatistics

#: 600 km A - B and A - C, 2100 km the direct way B - C.
TRIANGLE = Network(
    ("A", "B", "C"),
    (Link("A", "B", 600.0, 1), Link("A", "C", 600.0, 2), Link("B", "C", 2100.0, 3)),
    (),
)


@pytest.fixture
def make(tmp_path: Path) -> Any:
    """Return a function that makes a configuration with options of the section, and others."""

    def make(extended: dict[str, Any], **changes: Any) -> SimConfig:
        path = write_config(tmp_path / "config.ini", **changes)
        with path.open("a", encoding="utf-8") as file:
            file.write("[embedded_settings]\n")
            for name, value in extended.items():
                file.write(f"{name} = {json.dumps(value) if isinstance(value, dict) else value}\n")
        return read_config(path)

    return make


def test_the_simulator_reads_every_option_of_the_section() -> None:
    """An option that is only in the table would be accepted and change nothing."""
    assert set(Extended._fields) == {option.name for option in embedded.SECTION}


def test_first_seed_continues_where_another_run_ends(make: Any) -> None:
    first, second = Simulator(make({})), Simulator(make({"first_seed": 4}))
    ours = [second.iterate(150.0, number).blocked for number in range(2)]
    assert ours == [first.iterate(150.0, number).blocked for number in (3, 4)]


def test_requests_of_the_warm_up_are_simulated_and_not_counted(make: Any) -> None:
    whole = make({}, num_requests=400, c_band=30)
    warm = make({"warm_up": 100}, num_requests=300, c_band=30)
    traffic = draw_traffic(whole, Simulator(whole).table, 200.0, 0)
    assert draw_traffic(warm, Simulator(warm).table, 200.0, 0) == traffic
    all_blocked = Simulator(whole).iterate(200.0, 0)
    counted = Simulator(warm).iterate(200.0, 0)
    early = Simulator(make({"warm_up": 300}, num_requests=100, c_band=30)).iterate(200.0, 0)
    assert 0 < sum(early.blocked) < sum(counted.blocked) < sum(all_blocked.blocked)
    assert counted.offered is not None
    assert sum(counted.offered) == 300
    assert sum(counted.requests.values()) + sum(counted.blocked) == 300
    load = LoadStatistics(warm)
    load.add(counted)
    assert load.blocking.values == [sum(counted.blocked) / 300]
    assert 0 < load.bit_rate_blocking.mean < 1


def test_directions_of_a_link_have_spectrum_of_their_own(make: Any) -> None:
    requests = all_at_once(("A", "B", "100"), ("B", "A", "100"), ("A", "B", "100"))
    shared = Simulator(make({}, c_band=3, k_paths=1), LINE).carry(requests)
    directed = Simulator(make({"directed_links": True}, c_band=3, k_paths=1), LINE).carry(requests)
    assert sum(shared.blocked) == 2
    assert sum(directed.blocked) == 1
    assert directed.usage == [1, 0, 1, 0]


def test_both_directions_are_in_the_output_of_directed_links(make: Any) -> None:
    config = make({"directed_links": True}, c_band=30)
    load = LoadStatistics(config)
    load.add(Simulator(config).iterate(200.0, 0))
    use = load.load_record()["link_usage"]
    assert use["0-1"]["usage_count"] != use["1-0"]["usage_count"]
    shared = make({}, c_band=30)
    load = LoadStatistics(shared)
    load.add(Simulator(shared).iterate(200.0, 0))
    use = load.load_record()["link_usage"]
    assert all(use[name] == use["-".join(reversed(name.split("-")))] for name in use)


def test_independent_bandwidths_follow_the_shares(make: Any) -> None:
    mix = {"25": 0.5, "50": 0, "100": 0.3, "200": 0.2, "400": 0}
    config = make({"independent_bandwidths": True}, request_distribution=mix, num_requests=20_000)
    counts = Counter(draw_traffic(config, Simulator(config).table, 100.0, 0).classes)
    for number, share in enumerate(mix.values()):
        assert counts[number] / 20_000 == pytest.approx(share, abs=4 * (0.25 / 20_000) ** 0.5)
    other = Counter(draw_traffic(config, Simulator(config).table, 100.0, 1).classes)
    assert counts != other  # by quota they would be equal
    with pytest.raises(ConfigurationError, match="request_distribution"):
        make({"independent_bandwidths": True}, request_distribution=mix | {"25": 0.4})


def test_truncated_holding_times_stay_below_twice_the_mean(make: Any) -> None:
    config = make({"truncated_holding": True}, num_requests=20_000, holding_time=7.0)
    durations = draw_traffic(config, Simulator(config).table, 100.0, 0).durations
    assert max(durations) < 14.0
    # The mean of an exponential distribution cut off at twice its mean: 1 - 2 / (e^2 - 1).
    assert sum(durations) / len(durations) == pytest.approx(7.0 * 0.68696, rel=0.02)


def test_node_weights_decide_how_often_a_node_is_an_end(make: Any) -> None:
    config = make({"node_weights": {"0": 2, "1": 1, "5": 1, "7": 0}}, num_requests=20_000)
    table = Simulator(config).table
    names = config.topology.nodes
    pairs = [divmod(pair, table.nodes) for pair in draw_traffic(config, table, 100.0, 0).pairs]
    sources = Counter(names[source] for source, _ in pairs)
    assert set(sources) == {"0", "1", "5"}
    assert sources["0"] / 20_000 == pytest.approx(0.5, abs=0.015)
    # Given one of the others, the second end is "0" with probability 2 / 3.
    others = [names[target] for source, target in pairs if names[source] == "1"]
    assert Counter(others)["0"] / len(others) == pytest.approx(2 / 3, abs=0.03)


@pytest.mark.parametrize(
    ("weights", "words"),
    [({"0": 1, "99": 1}, "99"), ({"0": 1}, "two"), ({"0": 1, "1": -1}, "0 or more")],
)
def test_node_weights_that_make_no_sense_are_refused(
    make: Any, weights: dict[str, float], words: str
) -> None:
    with pytest.raises(ConfigurationError, match=words):
        make({"node_weights": weights})


def test_paths_can_be_ordered_by_hops(make: Any) -> None:
    by_length = Simulator(make({}, k_paths=2), TRIANGLE).table
    by_hops = Simulator(make({"path_order": "hops"}, k_paths=2), TRIANGLE).table
    pair = 1 * 3 + 2  # B to C
    assert [path.length for path in by_length.paths(pair)] == [1200.0, 2100.0]
    assert [path.length for path in by_hops.paths(pair)] == [2100.0, 1200.0]


def test_paths_can_be_ordered_by_the_spectrum_they_need(make: Any) -> None:
    """NSFNet, 100 Gb/s: hops over Gb/s per slot of the best format, which falls with length."""
    table = Simulator(make({"path_order": "resources"}, k_paths=5)).table
    formats = make({}).formats

    def efficiency(length: float) -> float:
        return max(
            int(gbps) / slots
            for gbps, entries in formats.items()
            for reach, slots in entries.values()
            if reach >= length
        )

    for pair in range(1, len(read_network("NSFNet").nodes)):
        needs = [len(path.links) / efficiency(path.length) for path in table.paths(pair)]
        assert needs == sorted(needs)


def test_candidate_paths_can_be_given(make: Any, tmp_path: Path) -> None:
    network = read_network("toy_network")
    lists: dict[str, Any] = {source: {} for source in network.nodes}
    for source, target in permutations(network.nodes, 2):  # all are neighbours
        lists[source][target] = [[source, target]]
    lists["0"]["2"] = [["0", "1", "2"], ["0", "2"]]
    (tmp_path / "paths.json").write_text(json.dumps(lists), encoding="utf-8")
    config = make({"paths": "paths.json"}, network="toy_network", k_paths=2)
    table = Simulator(config).table
    zero, two = config.topology.nodes.index("0"), config.topology.nodes.index("2")
    assert [len(path.links) for path in table.paths(zero * table.nodes + two)] == [2, 1]
    assert [len(path.links) for path in table.paths(two * table.nodes + zero)] == [1]
    for wrong, words in (
        ({**lists, "0": {**lists["0"], "2": [["0", "3"]]}}, "from 0 to 2"),
        ({**lists, "0": {**lists["0"], "2": [["0", "1", "0", "2"]]}}, "loop"),
        ({**lists, "0": {**lists["0"], "2": []}}, "no path from 0 to 2"),
        ([1, 2], "must map"),
    ):
        (tmp_path / "paths.json").write_text(json.dumps(wrong), encoding="utf-8")
        with pytest.raises(ConfigurationError, match=words):
            make({"paths": "paths.json"}, network="toy_network", k_paths=2)


def lightpath(width: int) -> Lightpath:
    route = Route(0, (0, 1), 1.0, ((0, 1),), 0)
    return Lightpath(route, "100", "QPSK", width)


@pytest.mark.parametrize(
    ("choice", "first"),
    [("first_fit", 0), ("last_fit", 14), ("best_fit", 6), ("exact_fit", 10)],
)
def test_where_each_allocation_puts_a_lightpath_of_two_slots(choice: str, first: int) -> None:
    """Gaps: slots 0 to 4 (5 wide), 6 to 7 (2), 10 to 11 (2) on one link, 13 to 15 (3)."""
    spectrum = KnownSpectrum([Lane(0, "c", 16)], 2, 1, CHOICES[choice])
    spectrum.free = [0b1110110011011111, 0b1110110011011111]
    if choice == "exact_fit":
        spectrum.free = [0b1110110111011111, 0b1110110111011111]  # 6 to 8 is three wide now
    allocation = spectrum.allocate([lightpath(2)])
    assert allocation is not None
    assert allocation[2] == 0b11 << first


def test_exact_fit_is_first_fit_where_no_gap_is_exact() -> None:
    spectrum = KnownSpectrum([Lane(0, "c", 8)], 2, 0, CHOICES["exact_fit"])
    allocation = spectrum.allocate([lightpath(3)])
    assert allocation is not None
    assert allocation[2] == 0b111


def test_spectrum_that_knows_its_contents_allocates_as_plain_spectrum_does() -> None:
    random = Random(1)
    lanes = [Lane(0, "c", 40), Lane(1, "c", 40)]
    plain, known = Spectrum(lanes, 2), KnownSpectrum(lanes, 2, 1)
    route = Route(0, (0, 1), 1.0, ((0, 1), (2, 3)), 0)
    held = []
    for _ in range(3000):
        if held and random.random() < 0.5:
            allocation = held.pop(random.randrange(len(held)))
            plain.release(allocation)
            known.release(allocation)
        else:
            width = random.randint(2, 9)
            ways = [Lightpath(route, "100", "QPSK", width)]
            allocation_or_none = plain.allocate(ways)
            assert known.allocate(ways) == allocation_or_none
            if allocation_or_none is not None:
                held.append(allocation_or_none)
        assert known.free == plain.free
        for index in range(4):
            taken = [mask for _, lane, mask in held if index // 2 == lane]
            assert known.starts[index] == sum(mask & -mask for mask in taken)
            guards = sum(1 << (mask.bit_length() - 1) for mask in taken)
            assert known.data[index] == sum(taken) - guards


def test_a_precision_ends_the_load_once_it_is_reached(make: Any) -> None:
    config = make({"precision": 0.2}, max_iters=200, c_band=30)
    load = LoadStatistics(config)
    simulator = Simulator(config)
    while not load.precise:
        load.add(simulator.iterate(200.0, load.iterations))
        assert load.iterations < 200
    assert load.iterations >= 5
    assert load.percent <= 40  # the full width in per cent of the mean
    finer = LoadStatistics(make({"precision": 0.1}, max_iters=200, c_band=30))
    while not finer.precise:
        finer.add(simulator.iterate(200.0, finer.iterations))
    assert finer.iterations > load.iterations


def test_without_the_section_nothing_is_beyond_fusion(make: Any) -> None:
    assert make({}).extended == Extended()
    with pytest.raises(ConfigurationError, match="warm_op"):
        make({"warm_op": 3})
