"""A search for loads shows itself: brackets close, the load is told, it can be cancelled."""

from __future__ import annotations

from pathlib import Path

import pytest
from lab import Notebook
from test_look import violations
from views import wait_until

SCREENSHOTS = Path(__file__).parent / "screenshots"
SEARCH = ".jp-OutputArea-output .fj-search-view"
START = """search = fj.find_load(
    "nsfnet_blocking", blocking=0.01, precision=0.01, num_requests=50_000,
    over={"k_paths": [1, 3]}, low=200, high=600,
)
search"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_brackets_close_and_axe_finds_nothing_wrong(lab, page, dark):
    lab.set_theme(dark=dark)
    name = "dark" if dark else "light"
    try:
        notebook = Notebook.create(lab, page)
        notebook.run(START)
        # The kernel computes all the while: the view needs none of its answers.
        notebook.run("search.wait().frame")
        view = page.locator(SEARCH).first
        view.wait_for()
        wait_until(lambda: view.locator(".fj-bracket").count() >= 4)
        view.screenshot(path=SCREENSHOTS / f"search_running_{name}.png")
        assert violations(page) == ""
        wait_until(lambda: view.get_attribute("data-settled") == "true")
        found = view.locator(".fj-estimate").all_inner_texts()
        assert len(found) == 2
        assert all("±" in words for words in found)
        view.screenshot(path=SCREENSHOTS / f"search_{name}.png")
        assert violations(page) == ""
    finally:
        lab.set_theme(dark=False)


def test_a_search_is_cancelled_and_a_reloaded_page_shows_what_was_found(notebook: Notebook, page):
    notebook.run(START.replace("precision=0.01", "precision=0.0005"))
    view = page.locator(SEARCH).first
    view.wait_for()
    wait_until(lambda: view.locator(".fj-bracket").count() >= 4)
    view.get_by_role("button", name="Cancel", exact=True).click()
    view.get_by_role("button", name="Yes, cancel").click()
    wait_until(lambda: view.get_attribute("data-settled") == "true")
    assert view.locator(".fj-problem").all_inner_texts() == ["cancelled", "cancelled"]
    shown = view.locator(".fj-target").all_inner_texts()
    notebook.save()
    page.reload()
    notebook.idle()
    view = page.locator(SEARCH).first
    wait_until(lambda: view.locator(".fj-target").all_inner_texts() == shown)
