"""For everybody: screen readers, keyboards, narrow and wide windows, both themes."""

from __future__ import annotations

from pathlib import Path

import pytest
from lab import VIEW, Notebook
from views import box, percent, status, violations, wait_until

SCREENSHOTS = Path(__file__).parent / "screenshots"
START = """run = fj.start(
    "nsfnet_blocking", name="NSFNet, k = 3", simulator="embedded", max_iters=120,
    num_requests=20000, is_training=True,
)
run"""
SLOW = """import sys
code = '''
import fusion_jupyter as fj, time
for n in range(1999): print("step", n); fj.report(step=n, total=1999); time.sleep(0.1)
'''
slow = fj.start(command=[sys.executable, "-c", code], name="slow")
slow"""
FAILING = """import sys
failed = fj.start(command=[sys.executable, "-c", "raise ValueError('no such link')"], name="wrong")
failed"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_wrong_in_any_state(lab, page, dark):
    lab.set_theme(dark=dark)
    try:
        notebook = Notebook.create(lab, page)
        # One that goes on for as long as axe looks, however slow that is.
        notebook.run(SLOW)
        view = page.locator(VIEW).first
        view.wait_for()
        wait_until(lambda: percent(view) > 0)
        name = "dark" if dark else "light"
        view.screenshot(path=SCREENSHOTS / f"running_{name}.png")
        assert violations(page) == ""
        view.get_by_role("button", name="Cancel", exact=True).click()
        assert violations(page) == ""
        view.get_by_role("button", name="Yes, cancel").click()
        wait_until(lambda: status(view) == "CANCELLED")
        notebook.run(START)
        view = page.locator(VIEW).nth(1)
        wait_until(lambda: status(view) == "COMPLETED")
        # Everything that can be opened.
        view.get_by_role("textbox", name="Search the log").fill("Iteration 2")
        wait_until(lambda: "match" in view.locator(".fj-result").inner_text())
        view.get_by_label("Next match").click()
        view.get_by_role("button", name="300.0_erlang.json").click()
        view.get_by_role("button", name="Preview", exact=True).click()
        view.locator(".fj-preview table").wait_for()
        assert violations(page) == ""
        view.screenshot(path=SCREENSHOTS / f"completed_{name}.png")
        notebook.run(FAILING)
        failed = page.locator(VIEW).last
        wait_until(lambda: status(failed) == "FAILED")
        assert "ValueError: no such link" in failed.inner_text()
        failed.screenshot(path=SCREENSHOTS / f"failed_{name}.png")
        notebook.run("fj.launcher()")
        summary = page.locator(".fj-launcher .fj-summary")
        wait_until(lambda: summary.count() == 1 and "requests" in summary.inner_text())
        assert violations(page) == ""
        page.locator(".fj-launcher").screenshot(path=SCREENSHOTS / f"launcher_{name}.png")
    finally:
        lab.set_theme(dark=False)


@pytest.mark.parametrize("width", [400, 1600])
def test_nothing_is_cut_off_in_a_narrow_or_a_wide_window(notebook: Notebook, page, width):
    # The view in a box of this width, as in a narrow window or beside another one.
    notebook.run(
        START.replace("\nrun", "\nawait run")
        + f"\nimport ipywidgets\nipywidgets.Box([fj.RunView(run)], layout={{'width': '{width}px'}})"
    )
    page.set_viewport_size({"width": width + 500, "height": 1000})
    view = page.locator(VIEW).first
    wait_until(lambda: view.count() == 1 and status(view) == "COMPLETED")
    parts = (".fj-head", ".fj-numbers", ".fj-log-view", ".fj-files", ".fj-chart", ".fj-actions")
    for part in (*parts, ".fj-files .fj-row, .fj-files .fj-table-row", ".fj-chart-picture"):
        view.locator(part).first.wait_for()
    view.screenshot(path=SCREENSHOTS / f"width_{width}.png")
    outer = box(view)
    assert outer["width"] <= width
    for part in parts:
        inner = box(view.locator(part).first)
        assert inner["x"] >= outer["x"] - 1
        assert inner["x"] + inner["width"] <= outer["x"] + outer["width"] + 1, part
        assert inner["height"] > 10


def test_everything_can_be_done_with_the_keyboard(notebook: Notebook, page):
    notebook.run(START.replace("max_iters=120", "max_iters=2000"))  # it lasts as long as the keys
    view = page.locator(VIEW).first
    view.wait_for()
    wait_until(lambda: percent(view) > 0)
    first = view.locator(".fj-id")
    first.focus()
    reached = []
    for _ in range(40):
        reached.append(
            page.evaluate(
                "(() => { const e = document.activeElement;"
                " return e.closest('.fj-root') ? (e.getAttribute('aria-label') || e.textContent) : null })()"
            )
        )
        page.keyboard.press("Tab")
    names = [name for name in reached if name]
    for wanted in (
        "Cancel",
        "Search the log",
        "Match case",
        "Regular expression",
        "Line",
        "Wrap long lines",
        "↓ Follow",
        "Log",
        "Files of this run",
    ):
        assert wanted in names, f"{wanted} is not reached: {names}"
    # Keys are for the view: 'd d' would delete the cell in JupyterLab.
    view.locator(".fj-log-view").focus()
    page.keyboard.press("d")
    page.keyboard.press("d")
    assert view.count() == 1
    page.keyboard.press("Home")
    wait_until(
        lambda: view.get_by_role("button", name="↓ Follow").get_attribute("aria-pressed") == "false"
    )
    wait_until(lambda: view.locator('.fj-row[data-line="1"]').count() == 1)
    page.keyboard.press("End")
    wait_until(
        lambda: view.get_by_role("button", name="↓ Follow").get_attribute("aria-pressed") == "true"
    )
    view.get_by_role("button", name="Cancel", exact=True).focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert view.locator(".fj-ask").is_hidden()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    wait_until(lambda: status(view) == "CANCELLED")
