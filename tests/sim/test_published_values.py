"""Published blocking probabilities are reached by the options of the templates that come with them.

Each mean is over iterations with seeds of their own, so its standard error s / sqrt(n) is sound.
The difference from the published value must be within three standard errors plus the published half
width, which a right simulator misses in fewer than one of 300 choices of seeds; the seeds here are
fixed.
"""

from __future__ import annotations

import json
from hashlib import sha256
from itertools import islice, permutations
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import networkx as nx
import pytest

from fusion_jupyter.analysis.references import reference, reference_names
from fusion_jupyter.config import compose
from fusion_jupyter.config.topologies import parse_network
from fusion_jupyter.sim.config import SimConfig, read_config
from fusion_jupyter.sim.fast import make_simulator

TEMPLATES = Path(compose.__file__).parent / "templates"


def configuration(folder: Path, template: str, options: dict[str, Any]) -> SimConfig:
    """Compose a template as a run does."""
    config = compose.compose(template, options)
    (folder / "inputs").mkdir()
    for name, text in config.files.items():
        (folder / "inputs" / name).write_text(text, encoding="utf-8")
    (folder / "config.ini").write_text(config.to_ini(), encoding="utf-8")
    return read_config(folder / "config.ini")


@pytest.mark.parametrize(
    ("name", "requests", "iterations"),
    [
        ("optical-rl-gym-sap-ff", 15_000, 10),
        ("optical-rl-gym-sp-ff", 15_000, 10),
        ("deeprmsa-nsfnet", 10_000, 12),
    ],
)
def test_a_template_gives_the_published_values(
    name: str, requests: int, iterations: int, tmp_path: Path
) -> None:
    published = reference(name)
    options = {**published.attrs["options"], "num_requests": requests}
    config = configuration(tmp_path, published.attrs["template"], options)
    assert list(config.erlangs) == published["erlang"].tolist()
    simulator = make_simulator(config)
    for row in published.fillna(0.0).itertuples():
        values = [
            sum(simulator.iterate(row.erlang, number).blocked) / requests
            for number in range(iterations)
        ]
        error = stdev(values) / iterations**0.5
        assert error < 0.15 * row.blocking
        assert abs(mean(values) - row.blocking) < 3 * error + row.half_width, row.erlang


def test_every_reference_says_where_it_is_from_and_how_it_is_reached() -> None:
    for name in reference_names():
        frame = reference(name)
        assert list(frame.columns) == ["erlang", "blocking", "half_width"]
        assert frame["blocking"].between(0, 1, inclusive="neither").all()
        assert frame.attrs["label"]
        assert "doi" in frame.attrs["source"]
        compose.compose(frame.attrs["template"], frame.attrs["options"])
    with pytest.raises(ValueError, match=r"allowed: deeprmsa-nsfnet.*Did you mean 'deeprmsa-nsf"):
        reference("deeprmsa")


def graph(kind: type[nx.Graph]) -> nx.Graph:
    """The network of the templates; in both directions each where it is directed."""
    network = parse_network((TEMPLATES / "nsfnet_deeprmsa.txt").read_text(encoding="utf-8"))
    made = kind()
    for link in network.links:
        made.add_edge(int(link.source), int(link.target), length=link.length)
    for link in network.links:
        made.add_edge(int(link.target), int(link.source), length=link.length)
    return made


def paths_of(file: str) -> dict[tuple[int, int], list[list[int]]]:
    content = json.loads((TEMPLATES / file).read_text(encoding="utf-8"))
    return {
        (int(source), int(target)): [list(map(int, route)) for route in routes]
        for source, targets in content.items()
        for target, routes in targets.items()
    }


def test_paths_of_optical_rl_gym_are_the_shortest_and_the_same_both_ways() -> None:
    net, found = graph(nx.Graph), paths_of("optical_rl_gym_paths.json")
    for source, target in permutations(range(1, 15), 2):
        ends = sorted((source, target))
        routes = list(islice(nx.shortest_simple_paths(net, *ends, weight="length"), 5))
        expected = routes if source < target else [route[::-1] for route in routes]
        assert found[source, target] == expected


def test_paths_of_deeprmsa_are_ordered_by_hops_over_bits_per_symbol() -> None:
    net, found = graph(nx.DiGraph), paths_of("deeprmsa_paths.json")

    def needs(route: list[int]) -> float:
        length = nx.path_weight(net, route, "length")
        bits = next(bits for reach, bits in ((625, 4), (1250, 3), (2500, 2), (1e9, 1))
                    if length <= reach)  # fmt: skip
        return (len(route) - 1) / bits

    def tie(route: list[int]) -> tuple[int, int]:
        numbers = str([node - 1 for node in route])
        return len(route), int(sha256(numbers.encode()).hexdigest(), 16)

    for source, target in permutations(range(1, 15), 2):
        routes = sorted(islice(nx.shortest_simple_paths(net, source, target), 5), key=tie)
        assert found[source, target] == sorted(routes, key=needs)
