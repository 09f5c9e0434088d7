"""How much links are used, as maps say it."""

import json

import networkx as nx
import pytest

import fusion_jupyter as fj
from fusion_jupyter.maps.colours import colour, width
from fusion_jupyter.maps.link_use import ranked, top_of, value_text
from fusion_jupyter.maps.sheet import networks_and_records, sheet_of_runs
from fusion_jupyter.maps.svg import map_svg
from fusion_jupyter.widgets.topology import TopologyView

SHORT = {
    "simulator": "embedded",
    "erlang_start": 300,
    "erlang_stop": 500,
    "erlang_step": 100,
    "num_requests": 300,
    "max_iters": 1,
}


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    started = fj.start("minimal", name="short", **SHORT)
    started.wait()
    return started


def forget_utilisation(run) -> None:
    """What a simulator that does not report it would have written."""
    for path in run.directory.glob("output/**/*_erlang.json"):
        content = json.loads(path.read_text())
        for usage in content["link_usage"].values():
            usage.pop("slot_time", None)
        path.write_text(json.dumps(content))


def test_the_values_are_those_of_the_results(run):
    sheet = sheet_of_runs([run.record])
    panel = sheet.panels[0]
    assert sheet.metric == "utilization"
    assert sheet.loads == sheet.known_loads == [300.0, 400.0, 500.0]
    frame = run.results("link")
    at = frame[frame["erlang"] == 400]
    known = {frozenset((row.source, row.target)): row.utilization for row in at.itertuples()}
    values = panel.at(400).values
    for link, value in zip(panel.network.links, values, strict=True):
        assert value == known[frozenset(panel.network.ends(link))]
    assert sheet.top >= max(values)


def test_unknown_utilisation_is_said_to_be_unknown_and_never_0(run):
    forget_utilisation(run)
    asked = sheet_of_runs([run.record], "utilization")
    assert {value for load in asked.panels[0].loads for value in load.values} == {None}
    assert "does not report it" in asked.note
    drawing = map_svg(asked.panels[0].network, asked.panels[0].at(300.0), metric="utilization")
    assert "stroke-dasharray" in drawing
    assert ": unknown" in drawing
    # By itself, what the simulator does report is shown.
    chosen = sheet_of_runs([run.record])
    assert chosen.metric == "throughput"
    assert None not in chosen.panels[0].loads[0].values


def test_a_run_on_ones_own_network_shows_that_network(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    graph = nx.Graph(name="triangle")
    graph.add_weighted_edges_from(
        [("A", "B", 80.0), ("B", "C", 90.0), ("C", "A", 70.0)], weight="length"
    )
    started = fj.start("minimal", network=graph, **SHORT)
    started.wait()
    network = sheet_of_runs([started.record]).panels[0].network
    assert {frozenset(network.ends(link)) for link in network.links} == {
        frozenset("AB"),
        frozenset("BC"),
        frozenset("AC"),
    }


def test_a_run_on_a_graph_with_coordinates_is_drawn_where_they_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    graph = nx.Graph(name="coast")
    for node, place in {"A": (0, 0), "B": (2, 0), "C": (0, 1)}.items():
        graph.add_node(node, pos=place)
    for source, target in (("A", "B"), ("B", "C"), ("C", "A")):
        graph.add_edge(source, target, length=80.0)
    first = fj.start("minimal", network=graph, **SHORT)
    first.wait()
    fj.save_template(first, "coast")
    for started in (first, fj.start("coast")):
        started.wait()
        network = sheet_of_runs([started.record]).panels[0].network
        assert not network.computed
        assert {node.name: (node.x, round(node.y, 2)) for node in network.nodes} == {
            "A": (0, 0.5),
            "B": (1, 0.5),
            "C": (0, 0),
        }
    # A damaged file is no reason to show nothing.
    (path,) = first.directory.glob("inputs/*_coordinates.csv")
    path.write_text("node,x,y\nA,no,0\n")
    assert sheet_of_runs([first.record]).panels[0].network.computed


def test_runs_have_one_scale_and_the_titles_tell_them_apart(run):
    other = fj.start("minimal", name="short", **SHORT, k_paths=1)
    other.wait()
    sheet = sheet_of_runs([run.record, other.record])
    titles = [panel.title for panel in sheet.panels]
    assert len(set(titles)) == 2
    assert titles[1] == "k = 1"


def test_a_command_has_no_map(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    started = fj.start(command=["true"])
    started.wait()
    with pytest.raises(ValueError, match="is a command"):
        fj.topology(started)


def test_wrong_arguments_are_told_with_what_is_allowed(run):
    with pytest.raises(ValueError, match="erlang is 700; allowed: 300, 400, 500"):
        fj.topology(run, erlang=700)
    with pytest.raises(ValueError, match="metric is 'use'; allowed: utilization"):
        fj.topology(run, metric="use")
    with pytest.raises(ValueError, match="mixed"):
        networks_and_records([run, "NSFNet"])
    with pytest.raises(ValueError, match="nothing to show"):
        fj.topology([])
    view = fj.topology(run)
    with pytest.raises(ValueError, match="erlang is 1"):
        view.erlang = 1


def test_a_view_says_in_text_what_is_busiest_and_can_be_set_to_another_load(run):
    view = fj.topology(run, erlang=300)
    assert "300 Erlang, busiest " in repr(view)
    view.erlang = 500
    shown = view.fallback()
    assert "500 Erlang, busiest " in shown["text/plain"]
    assert f"fj.topology(fj.run(&quot;{run.id}&quot;), erlang=500)" in shown["text/html"]
    assert "data:image/svg+xml;base64," in shown["text/html"]


def test_a_view_follows_a_run_until_its_end(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    started = fj.start("minimal", **{**SHORT, "num_requests": 20_000, "max_iters": 3})
    view = TopologyView(started)
    assert view.snapshot["loads"] == [300.0, 400.0, 500.0]
    started.wait()
    subject = view._subject
    while not subject.final:
        subject.poll()
    assert [load["erlang"] for load in subject.state(True)["panels"][0]["loads"]] == [300, 400, 500]
    assert subject.rev > 1


def test_colours_go_from_light_to_dark_and_lines_grow():
    def lightness(text: str) -> float:
        red, green, blue = (int(text[i : i + 2], 16) for i in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    steps = [colour(step / 20) for step in range(21)]
    light = [lightness(step) for step in steps]
    assert light == sorted(light, reverse=True)
    assert len(set(steps)) == 21
    assert width(0) < width(0.5) < width(1) == width(7)


def test_a_scale_ends_above_the_largest_value_and_words_are_exact():
    assert top_of([0.05], "utilization") == 0.1
    assert top_of([0.41, 0.2], "utilization") == 0.6
    assert top_of([], "utilization") == 0.1
    assert top_of([2001], "throughput") == 5000
    assert value_text(0.0, "utilization") == "0 %"
    assert value_text(0.004, "utilization") == "0.40 %"
    assert value_text(12345.6, "throughput") == "12,346"
    assert ranked([None, 0.2, 0.5]) == [2, 1, 0]


def test_a_map_of_links_whose_directions_have_their_own_spectra_shows_both_together(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    run = fj.start("minimal", **SHORT, directed_links=True)
    run.wait()
    rows = run.results("link")
    rows = rows[rows["erlang"] == 500.0]
    assert len(rows) == 2 * 22
    for metric in ("usage_count", "throughput", "utilization"):
        panel = sheet_of_runs([run.record], metric).panels[0]
        shown = sum(panel.at(500.0).values)
        total = rows[metric].sum()
        assert shown == pytest.approx(total / 2 if metric == "utilization" else total)


def test_a_load_may_be_asked_for_with_fewer_digits_than_its_sum_of_steps_has(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    loads = {"erlang_start": 300, "erlang_stop": 300.35, "erlang_step": 0.1}
    run = fj.start("minimal", **{**SHORT, **loads})
    run.wait()
    assert 300.3 not in set(run.results()["erlang"])
    assert "300.3 Erlang" in fj.plot_link_utilization(run, erlang=300.3).get_xlabel()
    fj.plot_topology(run, erlang=300.3)
    view = fj.topology(run, erlang=300.3)
    assert view.erlang == run.results()["erlang"].max()
