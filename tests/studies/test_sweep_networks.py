"""Sweeps over networks: names, lists of links, graphs and files, each the same sweep again."""

from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from helpers import SHORT

import fusion_jupyter as fj

RING = [("A", "B", 100), ("B", "C", 50), ("C", "D", 80), ("D", "A", 90)]


def graph(name=None, factor=1.0, *, placed=False):
    made = nx.Graph(name=name) if name else nx.Graph()
    made.add_weighted_edges_from([(a, b, factor * km) for a, b, km in RING], weight="length")
    if placed:
        nx.set_node_attributes(
            made, {node: (index, index**2) for index, node in enumerate("ABCD")}, "pos"
        )
    return made


def file_with(made, path: Path) -> Path:
    nx.write_graphml(made, path)
    return path


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: graph(),
        lambda folder: graph("my ring"),
        lambda folder: graph("placed", placed=True),
        lambda folder: file_with(graph(), folder / "ring.graphml"),
        lambda folder: str(file_with(graph(), folder / "ring.graphml")),
        lambda folder: RING,
    ],
    ids=["graph", "graph with a name", "graph with positions", "path", "text", "links"],
)
def test_a_network_means_in_a_sweep_what_it_means_for_a_run(manager, tmp_path, make):
    alone = fj.start("minimal", network=make(tmp_path), k_paths=1, **SHORT)
    over = {"network": [make(tmp_path), "NSFNet"]}
    varied = fj.sweep("minimal", over=over, k_paths=1, **SHORT)
    assert varied.runs[0].id == alone.id
    shared = fj.sweep("minimal", over={"k_paths": [1, 2]}, network=make(tmp_path), **SHORT)
    assert shared.runs[0].id == alone.id
    assert (
        fj.sweep("minimal", over={"network": [make(tmp_path), "NSFNet"]}, k_paths=1, **SHORT)
        is varied
    )
    assert fj.sweep("minimal", over={"k_paths": [1, 2]}, network=make(tmp_path), **SHORT) is shared
    assert len(varied.extend(over=over).record.points) == 2
    shared.extend(over={"k_paths": [3]}).wait(60)
    assert [run.record.network for run in shared.runs] == [alone.record.network] * 3
    varied.wait(60)
    assert set(varied.results()["network"]) == set(varied.points["network"])


def test_a_graph_is_shown_by_the_name_that_it_has_in_its_run(manager):
    sweep = fj.sweep("minimal", over={"network": [graph("my ring"), graph("NSFNet")]}, **SHORT)
    assert list(sweep.points["network"]) == ["my_ring", "NSFNet-own"]
    assert [run.record.network for run in sweep.runs] == ["my_ring", "NSFNet-own"]
    assert sweep.runs[0].name == "network = my_ring"


def test_a_graph_and_its_changed_copy_are_told_apart(manager):
    over = {"network": [graph("ring"), graph("ring", 2.0)]}
    sweep = fj.sweep("minimal", over=over, **SHORT).wait(60)
    names = [run.record.network for run in sweep.runs]
    assert len(set(names)) == 2
    assert all(name.startswith("ring-") for name in names)
    assert set(sweep.results()["network"]) == set(names)
    assert fj.sweep("minimal", over=over, **SHORT) is sweep


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"over": {"k_paths": [graph()]}},
            "k_paths: it is Graph with 4 nodes .*; allowed: a number",
        ),
        (
            {"over": {"k_paths": [1]}, "c_band": graph()},
            "c_band: it is Graph .*; allowed: a number",
        ),
        ({"over": {"network": [nx.path_graph(3)]}}, "network: .* has no length in km"),
        ({"over": {"k_paths": [1]}, "network": nx.path_graph(3)}, "network: .* no length in km"),
        ({"over": {"network": [graph(), graph()]}}, "points 0 and 1 are the same"),
    ],
)
def test_what_is_wrong_with_a_network_is_said_with_the_name_of_the_option(
    manager, arguments, message
):
    with pytest.raises(ValueError, match=message):
        fj.sweep("minimal", **arguments)
    assert not manager.runs_dir.exists()


def test_a_search_takes_the_networks_that_a_sweep_takes(manager):
    limits = {"max_iterations": 5, "num_requests": 200, "low": 100, "high": 200}
    over = {"network": [graph("ring"), RING]}
    search = fj.find_load("minimal", blocking=0.1, precision=0.4, over=over, **limits)
    search.cancel()
    assert [each.parameters["network"] for each in search.targets][1] == [list(e) for e in RING]
    alone = fj.find_load("minimal", blocking=0.1, precision=0.4, network=graph("ring"), **limits)
    alone.cancel()
    assert "network={'links': [['A', 'B', 100.0]" in alone.code


def test_whole_numbers_with_a_decimal_point_are_the_same_when_a_sweep_is_extended(manager):
    options = {**SHORT, "erlang_start": 300.0}
    sweep = fj.sweep("minimal", over={"k_paths": [1]}, **options).wait(60)
    assert sweep.extend(over={"k_paths": [2]}).wait(60).counts == {"COMPLETED": 2}


def named(name: str, length: float, **places) -> nx.Graph:
    """A network of three nodes."""
    graph = nx.Graph(name=name)
    graph.add_edge("A", "B", length=length)
    graph.add_edge("B", "C", length=200)
    nx.set_node_attributes(graph, places, "pos")
    return graph


def networks_of(sweep: fj.Sweep) -> list[str]:
    return [run.record.network for run in sweep.runs]


def test_a_network_keeps_its_name_and_its_run_when_points_are_added(manager):
    one, other = named("mine", 100), named("mine", 150)
    options = {"max_iters": 1, "num_requests": 50, "erlang_start": 300, "erlang_stop": 300}
    sweep = fj.sweep("minimal", over={"network": [one]}, **options)
    sweep.extend(over={"network": [other]})
    assert networks_of(sweep)[0] == "mine"
    assert len(set(networks_of(sweep))) == 2
    before = [run.id for run in sweep.runs]
    sweep.extend(over={"network": [one, other]})
    sweep.extend(over={"network": [other]})
    assert [run.id for run in sweep.runs] == before


@pytest.mark.parametrize(
    "networks",
    [
        [named("a/b", 100), named("a_b", 150)],
        [named("NSFNet", 100), named("NSFNet-own", 150)],
        [named("c", 100, A=(0, 0), B=(1, 0), C=(1, 1)), named("c", 100, A=(0, 0), B=(2, 0), C=(1, 1))],
    ],
    ids=["characters", "ours", "coordinates"],
)  # fmt: skip
def test_two_networks_never_have_one_label(manager, networks):
    options = {"max_iters": 1, "num_requests": 50, "erlang_start": 300, "erlang_stop": 300}
    sweep = fj.sweep("minimal", over={"network": networks}, **options)
    assert len(set(networks_of(sweep))) == 2


def test_names_of_networks_may_be_texts_of_numpy(manager):
    options = {"max_iters": 1, "num_requests": 50, "erlang_start": 300, "erlang_stop": 300}
    sweep = fj.sweep("minimal", over={"network": np.array(["NSFNet", "USNet"])}, **options)
    assert networks_of(sweep) == ["NSFNet", "USNet"]


def test_a_graph_that_is_not_in_a_list_is_no_list_of_networks(manager):
    with pytest.raises(ValueError, match=r"over\['network'\] is .*allowed: a list of values"):
        fj.sweep("minimal", over={"network": graph()})
    assert fj.runs() == []
