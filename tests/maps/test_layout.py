"""Where nodes stand on a map."""

import math
from itertools import combinations

import networkx as nx
import numpy as np
import pytest

from fusion_jupyter.config.coordinates import known_coordinates
from fusion_jupyter.config.topologies import network_names, read_network
from fusion_jupyter.maps.layout import layout
from fusion_jupyter.maps.network_map import map_of, map_of_graph


def crossings(network) -> int:
    """Pairs of links that cross on the map, by another way than the layout counts them."""

    def turn(p, q, r):
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    places = [(node.x, node.y) for node in network.nodes]
    found = 0
    for one, two in combinations(network.links, 2):
        if {one.source, one.target} & {two.source, two.target}:
            continue
        a, b, c, d = (places[n] for n in (one.source, one.target, two.source, two.target))
        found += turn(a, b, c) * turn(a, b, d) < 0 and turn(c, d, a) * turn(c, d, b) < 0
    return found


def test_the_same_network_has_the_same_map_each_time():
    graph = nx.random_geometric_graph(30, 0.35, seed=1)
    for node in graph:
        del graph.nodes[node]["pos"]
    assert map_of_graph(graph) == map_of_graph(graph.copy())


def test_a_ring_and_a_star_have_one_map_though_all_their_directions_are_alike():
    for graph in (nx.cycle_graph(12), nx.star_graph(9), nx.complete_graph(6)):
        noise = np.random.default_rng(0)
        first = map_of_graph(graph)
        for source, target in graph.edges:
            graph.edges[source, target]["length"] = 100 * (1 + 1e-9 * noise.random())
        again = map_of_graph(graph)
        for node, other in zip(first.nodes, again.nodes, strict=True):
            assert math.hypot(node.x - other.x, node.y - other.y) < 0.01


@pytest.mark.parametrize("name", ["USNet", "Pan-European", "dt_network", "Spainbackbone30"])
def test_a_map_of_a_network_that_lies_flat_has_no_crossing(name):
    assert crossings(map_of(name)) == 0


@pytest.mark.parametrize("name", network_names())
def test_no_node_covers_another_in_any_network_of_the_package(name):
    nodes = map_of(name).nodes
    assert all(0 <= node.x <= 1 and 0 <= node.y <= 1 for node in nodes)
    assert max(max(node.x, node.y) for node in nodes) == 1
    nearest = min(math.hypot(a.x - b.x, a.y - b.y) for a, b in combinations(nodes, 2))
    assert nearest > 0.025


@pytest.mark.parametrize("name", ["Germany17", "Germany50"])
def test_coordinates_fit_the_lengths_that_were_computed_from_them(name):
    network = read_network(name)
    places = known_coordinates(name, network.nodes)
    ratios = [
        link.length / math.dist(places[link.source], places[link.target])
        for link in network.links
        # The published coordinates of Wesel are not those of the town.
        if "Wesel" not in link
    ]
    assert len(ratios) >= 26
    assert min(ratios) > 0.85
    assert max(ratios) < 1.2


@pytest.mark.parametrize("name", ["NSFNet", "JPN12", "JPN48"])
def test_known_places_lie_as_far_from_each_other_as_links_are_long(name):
    network = read_network(name)
    places = known_coordinates(name, network.nodes)
    straight = [math.dist(places[link.source], places[link.target]) for link in network.links]
    assert np.corrcoef(straight, [link.length for link in network.links])[0, 1] > 0.9


def test_north_is_up_and_the_first_node_of_a_computed_map_is_on_the_left():
    nodes = {node.name: node for node in map_of("Germany17").nodes}
    assert nodes["Hamburg"].y < nodes["Muenchen"].y
    assert nodes["Koeln"].x < nodes["Berlin"].x
    first = map_of("USNet").nodes[0]
    assert first.x < 0.5


@pytest.mark.parametrize(
    "places",
    [
        [{"pos": (0, 0)}, {"pos": (2, 0)}, {"pos": (0, 1)}],
        [{"x": 0, "y": 0}, {"x": "2", "y": 0}, {"x": 0, "y": 1}],
        [
            {"Latitude": 0.0, "Longitude": 0.0},
            {"Latitude": 0.0, "Longitude": 2.0},
            {"Latitude": 1.0, "Longitude": 0.0},
        ],
    ],
    ids=["pos", "x and y", "degrees"],
)
def test_a_graphs_own_coordinates_are_taken(places):
    graph = nx.path_graph(3)
    for node, data in enumerate(places):
        graph.nodes[node].update(data)
    made = map_of_graph(graph)
    assert not made.computed
    assert [(node.x, node.y) for node in made.nodes] == [
        pytest.approx((0, 0.5), abs=1e-3),
        pytest.approx((1, 0.5), abs=1e-3),
        pytest.approx((0, 0), abs=1e-3),
    ]


def test_a_graph_without_coordinates_for_every_node_is_laid_out():
    graph = nx.path_graph(3)
    graph.nodes[0]["pos"] = (0, 0)
    assert map_of_graph(graph).computed


def test_any_graph_has_a_map():
    several = nx.MultiDiGraph([("a", "b"), ("b", "a"), ("a", "b"), ("c", "c"), ("d", "e")])
    made = map_of_graph(several)
    assert [made.ends(link) for link in made.links] == [("a", "b"), ("d", "e")]
    assert made.mean_length is None
    assert len(map_of_graph(nx.empty_graph(1)).nodes) == 1
    assert len(map_of_graph(nx.empty_graph(5)).nodes) == 5
    assert layout(3, []).shape == (3, 2)


def test_what_is_no_network_is_told_with_what_is_allowed(tmp_path):
    with pytest.raises(
        ValueError, match="NSFNet, USNet.*the path of a topology file.*Did you mean 'NSFNet'"
    ):
        map_of("NSFNett")
    with pytest.raises(ValueError, match="no node"):
        map_of_graph(nx.Graph())
    with pytest.raises(TypeError, match="allowed: NSFNet"):
        map_of(7)
    broken = tmp_path / "net.graphml"
    broken.write_text("<graphml")
    with pytest.raises(ValueError, match="not a GRAPHML file"):
        map_of(str(broken))


def test_a_topology_file_with_coordinates_is_drawn_where_they_are(tmp_path):
    graph = nx.Graph()
    graph.add_node("Wien", Latitude=48.2, Longitude=16.4)
    graph.add_node("Graz", Latitude=47.1, Longitude=15.4)
    graph.add_edge("Wien", "Graz")
    nx.write_graphml(graph, tmp_path / "austria.graphml")
    made = map_of(tmp_path / "austria.graphml")
    assert (made.name, made.computed) == ("austria", False)
    assert made.nodes[0].y == 0
