"""Networks of one's own: what is taken, what is refused, and that a run keeps its copy."""

import json

import networkx as nx
import pytest

import fusion_jupyter as fj
from fusion_jupyter.config.compose import compose
from fusion_jupyter.config.inputs import network_of_run
from fusion_jupyter.config.topologies import (
    FUSION_NETWORKS,
    format_network,
    load_network,
    network_names,
    parse_network,
    read_network,
)

LINKS = [("Ulm", "Bad Tölz", 170.5), ("Bad Tölz", "Köln-Süd", 420), ("Köln-Süd", "Ulm", 380)]
QUICK = {"erlang_start": 50, "erlang_stop": 50, "max_iters": 1, "num_requests": 100}


def triangle(name=None):
    graph = nx.Graph(name=name) if name else nx.Graph()
    graph.add_weighted_edges_from(LINKS, weight="length")
    return graph


def written(folder, name, text):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def as_files(folder):
    """The triangle in every format that is taken."""
    yield written(folder, "a.txt", "# mine\n" + "".join(f"{a}\t{b}\t{km}\n" for a, b, km in LINKS))
    yield written(folder, "b.csv", "".join(f"{a},{b},{km}\n" for a, b, km in LINKS))
    yield written(
        folder, "c.csv", "Length_km;To;From\n" + "".join(f"{km};{b};{a}\n" for a, b, km in LINKS)
    )
    yield written(folder, "d.json", json.dumps(LINKS))
    yield written(
        folder,
        "e.json",
        json.dumps([{"src": a, "dst": b, "distance": km} for a, b, km in LINKS]),
    )
    yield written(folder, "f.json", json.dumps(nx.node_link_data(triangle(), edges="links")))
    nx.write_graphml(triangle(), folder / "g.graphml")
    yield folder / "g.graphml"
    nx.write_gml(triangle(), folder / "h.gml")
    yield folder / "h.gml"


def test_the_same_links_are_the_same_network_in_every_format(tmp_path):
    listed = compose("minimal", {"network": LINKS})
    wanted = listed.files[f"{listed.network}.txt"]
    assert parse_network(wanted).nodes == ("Ulm", "Bad Tölz", "Köln-Süd")
    for path in as_files(tmp_path):
        made = compose("minimal", {"network": path})
        assert made.network == path.stem
        found = parse_network(made.files[f"{path.stem}.txt"])
        assert {(frozenset(link[:2]), link.length) for link in found.links} == {
            (frozenset((a, b)), float(km)) for a, b, km in LINKS
        }, path.name


def test_a_run_has_its_own_copy_of_the_network_and_it_is_part_of_the_request(tmp_path):
    first = fj.start("minimal", network=triangle("My Net"), **QUICK)
    assert first.record.network == "My_Net"
    assert set(first.record.inputs) == {"My_Net.txt"}
    copy = first.directory / "inputs" / "My_Net.txt"
    assert parse_network(copy.read_text(encoding="utf-8")).links[0].length == 170.5
    assert first.wait(60).status == "COMPLETED"
    lengths = first.results("link").set_index(["source", "target"])["length_km"]
    assert lengths[("Bad Tölz", "Köln-Süd")] == 420
    assert fj.start("minimal", network=triangle("My Net"), reuse=True, **QUICK).id == first.id
    longer = triangle("My Net")
    longer.edges["Ulm", "Bad Tölz"]["length"] = 171
    assert fj.start("minimal", network=longer, reuse=True, **QUICK).id != first.id


def test_a_runs_configuration_is_a_template_in_its_place():
    run = fj.start("minimal", network=triangle("mine"), **QUICK)
    made = compose(run.directory / "config.ini", {"k_paths": 1})
    assert made.files == {"mine.txt": (run.directory / "inputs" / "mine.txt").read_text()}


def test_a_link_that_a_program_put_into_a_run_is_not_followed(tmp_path):
    private = written(tmp_path, "private.txt", "A B 100\n")
    (tmp_path / "run" / "inputs").mkdir(parents=True)
    copy = tmp_path / "run" / "inputs" / "mine.txt"
    copy.symlink_to(private)
    with pytest.raises(ValueError, match="not a file"):
        network_of_run(str(tmp_path / "run"), "mine")
    copy.unlink()
    written(copy.parent, copy.name, private.read_text())
    assert network_of_run(str(tmp_path / "run"), "mine").nodes == ("A", "B")
    with pytest.raises(ValueError, match="not the name of a network"):
        network_of_run(str(tmp_path / "run"), "../run/mine")


def test_a_network_of_a_known_name_is_kept_apart_from_the_known_one(tmp_path):
    made = compose("minimal", {"network": triangle("NSFNet")})
    assert made.network == "NSFNet-own"


def test_core_nodes_stand_in_a_file_beside_the_links_as_fusion_has_them(tmp_path):
    path = written(tmp_path, "mine.txt", "A\tB\t100\nB\tC\t100\n")
    assert "is_only_core_node" in fj.check("minimal", network=path, is_only_core_node=False)
    written(tmp_path, "mine_core_nodes.txt", "A\nC\n")
    made = compose("minimal", {"network": path, "is_only_core_node": False})
    assert made.files["mine_core_nodes.txt"] == "A\nC\n"
    # It would send requests to itself.
    written(tmp_path, "mine_core_nodes.txt", "A\nA\nC\n")
    problems = fj.check("minimal", network=path, is_only_core_node=False)
    assert "the core node 'A' is listed twice" in problems["network"]


@pytest.mark.parametrize(
    ("network", "words"),
    [
        ([("A", "B", 0)], "has the length 0"),
        ([("A", "B", -1)], "has the length -1"),
        ([("A", "B", "far")], "length 'far'"),
        ([("A", "B", float("nan"))], "length nan"),
        ([("A", "A", 5)], "from a node to itself"),
        ([("A", "B", 5), ("C", "D", 5)], "not connected: 'A' cannot reach 'C' and 1 more"),
        ([("A", "B\n", 5)], "allowed: a printable name"),
        ([("A", "B")], "allowed: source, target, length in km"),
        ([{"source": "A", "target": "B"}], "no length in km; allowed names: length"),
        ([], "it has no link"),
        (nx.MultiGraph([("A", "B"), ("A", "B")]), "two links between"),
        (nx.path_graph(3), "no length in km"),
        (42, "42 is not a network"),
        ("nowhere.graphml", "no such network and no such file"),
    ],
    ids=str,
)
def test_what_is_no_network_is_refused_with_the_reason(network, words):
    with pytest.raises(fj.ConfigError, match="network") as caught:
        compose("minimal", {"network": network})
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.graphml", "<graphml", "not a GRAPHML file"),
        ("a.gml", "graph [ node [", "not a GML file"),
        ("a.json", "{", "Expecting"),
        ("a.json", '{"nodes": 3}', "is not a list of links"),
        ("a.json", "[" * 100_000, "nested too deeply"),
        ("a.csv", "A,B\n", "allowed: source, target, length in km"),
        ("a.txt", "A B near\n", "line 1 is 'A B near'"),
        ("a.txt", "\xff\xfe", "not text in UTF-8"),
    ],
)
def test_a_file_that_is_no_network_is_refused_by_name(tmp_path, name, content, words):
    path = tmp_path / name
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(fj.ConfigError, match="network") as caught:
        compose("minimal", {"network": path})
    assert words in str(caught.value)


def test_a_huge_file_is_not_read(tmp_path):
    path = tmp_path / "huge.txt"
    with path.open("wb") as file:
        file.truncate(20_000_000)
    with pytest.raises(fj.ConfigError, match="too large"):
        compose("minimal", {"network": path})


@pytest.mark.parametrize("name", network_names())
def test_a_network_is_the_same_after_a_way_through_fusions_format(name):
    network = read_network(name)
    again = parse_network(format_network(network))
    assert again.nodes == network.nodes
    assert [link[:3] for link in again.links] == [link[:3] for link in network.links]


def test_fusion_gets_a_file_of_a_network_that_it_does_not_know():
    assert set(compose("minimal", {"network": "JPN12"}, "fusion").files) == {
        "JPN12.txt",
        "default_mod_formats.json",
    }
    assert compose("minimal", {"network": "JPN12"}).files == {}


def test_what_networks_there_are_is_a_frame():
    frame = fj.networks()
    assert list(frame.index) == list(network_names())
    assert frame.loc["NSFNet", ["nodes", "links", "total_km"]].tolist() == [14, 22, 20800]
    assert frame.loc["NSFNet", "mean_link_km"] == pytest.approx(20800 / 22)
    assert frame.loc["NSFNet", "mean_degree"] == pytest.approx(44 / 14)
    assert frame["fusion"].sum() == len(FUSION_NETWORKS)
    assert frame["source"].str.len().min() > 20
    assert frame.loc["USbackbone60", "core_nodes"] == 14


def test_the_published_networks_have_the_lengths_of_their_sources():
    # Totals by hand from the sources that the files name.
    totals = {"JPN12": 7433.8, "COST239": 15045, "JPN48": 12576}
    for name, total in totals.items():
        assert fj.networks().loc[name, "total_km"] == pytest.approx(total)
    # Haversine distance of the coordinates that SNDlib gives for Hannover and Berlin.
    assert load_network("Germany17").edges["Hannover", "Berlin"]["length"] == 250


def test_a_link_has_one_length_in_both_directions():
    links = [("A", "B", 300), ("B", "A", 999), ("B", "C", 100)]
    (message,) = fj.check("minimal", network=links).values()
    assert "the link between A and B has two lengths: 300 and 999 km; allowed: one" in message
    graph = nx.DiGraph()
    graph.add_weighted_edges_from(links, weight="length")
    assert "two lengths" in str(fj.check("minimal", network=graph))
    assert fj.check("minimal", network=[*links[:1], ("B", "A", 300), links[2]]) == {}
