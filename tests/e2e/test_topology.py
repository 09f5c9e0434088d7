"""The map of a network in a real JupyterLab."""

from __future__ import annotations

from pathlib import Path

import pytest
from lab import Notebook
from views import box, violations, wait_until

SCREENSHOTS = Path(__file__).parent / "screenshots"
MAP = ".jp-OutputArea-output .fj-topology"
RUN = """run = fj.start(
    "nsfnet_blocking", name="k-paths 3", simulator="embedded", erlang_start=300, erlang_stop=600,
    erlang_step=100, max_iters=2, num_requests=4000, k_paths=3,
)
run.wait()
"""


def marked(view) -> str:
    """The link or node whose row is marked."""
    return view.locator("tbody tr.fj-marked button").inner_text()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_runs_map_shows_use_and_marks_links_in_both_ways(lab, page, dark):
    lab.set_theme(dark=dark)
    try:
        notebook = Notebook.create(lab, page)
        notebook.run(RUN + "fj.topology(run, erlang=500)")
        view = page.locator(MAP).first
        view.wait_for(timeout=60_000)
        name = "dark" if dark else "light"
        assert violations(page) == ""

        # From the list to the map.
        first = view.locator("tbody tr").first
        link = first.locator("button").inner_text()
        first.hover()
        view.locator(".fj-map-link.fj-marked").wait_for()
        assert f"Link {link}" in view.locator(".fj-map-said").first.inner_text()
        view.screenshot(path=SCREENSHOTS / f"topology_{name}.png")
        # From the map to the list.
        view.locator('.fj-map-link[data-link="2"] .fj-map-reach').hover(force=True)
        wait_until(lambda: marked(view) != link)
        assert f"Link {marked(view)}" in view.locator(".fj-map-said").first.inner_text()

        # Another load: the page says it to Python, and the code says it too.
        before = first.inner_text()
        view.get_by_role("button", name="300", exact=True).click()
        assert "erlang=300)" in view.locator(".fj-code").inner_text()
        assert first.inner_text() != before
        assert violations(page) == ""
    finally:
        lab.set_theme(dark=False)


def test_zoom_and_movement_by_mouse_and_keyboard(notebook: Notebook, page):
    notebook.run('fj.topology("USNet")')
    view = page.locator(MAP).first
    view.wait_for(timeout=60_000)
    node = view.locator('.fj-map-node[data-node="0"] circle').last
    whole = box(node)
    area = view.locator(".fj-map")
    area.focus()
    page.keyboard.press("+")
    wait_until(lambda: box(node) != whole)
    page.keyboard.press("0")
    wait_until(lambda: box(node) == whole)
    place = box(area)
    page.mouse.move(place["x"] + 300, place["y"] + 200)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -300)
    page.keyboard.up("Control")
    wait_until(lambda: box(node) != whole)
    near = box(node)
    page.mouse.down()
    page.mouse.move(place["x"] + 340, place["y"] + 230, steps=4)
    page.mouse.up()
    wait_until(lambda: abs(box(node)["x"] - near["x"] - 40) < 3)
    view.get_by_role("button", name="Show all").click()
    wait_until(lambda: box(node) == whole)
    # Every node can be reached without the mouse.
    view.get_by_role("button", name="24 nodes").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    wait_until(lambda: marked(view) == "1")
    assert "Node 1 · degree 3" in view.locator(".fj-map-said").inner_text()
    view.screenshot(path=SCREENSHOTS / "topology_keyboard.png")


def test_several_runs_stand_beside_each_other_on_one_scale(notebook: Notebook, page):
    notebook.run(
        RUN
        + RUN.replace("run", "other")
        .replace("k-paths 3", "k-paths 1")
        .replace("k_paths=3", "k_paths=1")
        + "fj.topology([run, other])"
    )
    view = page.locator(MAP).first
    view.wait_for(timeout=120_000)
    assert view.locator(".fj-map-figure").count() == 2
    assert view.locator(".fj-map-legend").count() == 1
    view.locator("tbody tr").first.hover()
    wait_until(lambda: view.locator(".fj-map-link.fj-marked").count() == 2)
    said = view.locator(".fj-map-said").first.inner_text()
    assert "k = 3: " in said
    assert "k = 1: " in said
    assert violations(page) == ""
    view.screenshot(path=SCREENSHOTS / "topology_runs.png")
    notebook.run("fj.topology(run, erlang='all')")
    every = page.locator(MAP).last
    wait_until(lambda: every.locator(".fj-map-figure").count() == 4)
    every.screenshot(path=SCREENSHOTS / "topology_loads.png")


def test_a_saved_notebook_keeps_a_picture_of_the_map(notebook: Notebook, page):
    notebook.run('fj.topology("Germany17")')
    page.locator(MAP).first.wait_for(timeout=60_000)
    saved = notebook.save()
    outputs = [output for cell in saved["cells"] for output in cell["outputs"]]
    texts = ["".join(output["data"].get("text/html", "")) for output in outputs]
    assert any("data:image/svg+xml" in text for text in texts)
    plain = ["".join(output["data"]["text/plain"]) for output in outputs]
    assert "Topology of Germany17: 17 nodes, 26 links, mean length 143 km" in plain


@pytest.mark.parametrize("width", [500, 1600])
def test_the_map_fits_narrow_and_wide(notebook: Notebook, page, width):
    notebook.run(
        "import ipywidgets\nipywidgets.Box([fj.topology('geant')], "
        f"layout={{'width': '{width}px'}})"
    )
    page.set_viewport_size({"width": width + 500, "height": 1000})
    view = page.locator(MAP).first
    view.wait_for(timeout=60_000)
    wait_until(lambda: view.locator(".fj-map-link").count() == 121)
    outer = box(view)
    assert outer["width"] <= width
    for part in (".fj-map", ".fj-map-list", ".fj-code", ".fj-map-head"):
        inner = box(view.locator(part).first)
        assert inner["x"] + inner["width"] <= outer["x"] + outer["width"] + 1, part
    view.screenshot(path=SCREENSHOTS / f"topology_width_{width}.png")
