"""A sweep shows itself: its grid fills, a click opens a run, what failed is retried."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
from lab import ROOT, Notebook
from test_look import violations
from views import box, status, wait_until

SCREENSHOTS = Path(__file__).parent / "screenshots"
SWEEP = ".jp-OutputArea-output .fj-sweep-view"
START = """sweep = fj.sweep(
    "nsfnet_blocking", over={"network": ["NSFNet", "USNet"], "k_paths": [1, 2, 3]},
    name="paths", simulator="embedded", max_iters=20, num_requests=20000, is_training=True,
)
sweep"""


def cells(view) -> list[str | None]:
    """Status of each cell of the grid."""
    return [cell.get_attribute("data-status") for cell in view.locator(".fj-cell").all()]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_wrong_with_a_sweep(lab, page, dark):
    lab.set_theme(dark=dark)
    name = "dark" if dark else "light"
    try:
        notebook = Notebook.create(lab, page)
        notebook.run(START)
        view = page.locator(SWEEP).first
        view.wait_for()
        wait_until(lambda: "COMPLETED" in cells(view))
        view.screenshot(path=SCREENSHOTS / f"sweep_running_{name}.png")
        assert violations(page) == ""
        wait_until(lambda: set(cells(view)) == {"COMPLETED"})
        view.locator(".fj-cell").nth(4).hover()
        page.wait_for_timeout(300)
        view.screenshot(path=SCREENSHOTS / f"sweep_{name}.png")
        view.get_by_role("button", name="Table", exact=True).click()
        view.get_by_role("table", name="Points").wait_for()
        assert violations(page) == ""
        view.screenshot(path=SCREENSHOTS / f"sweep_table_{name}.png")
        view.get_by_role("button", name="Grid", exact=True).click()
        view.locator(".fj-cell").nth(1).click()
        view.locator(".fj-run-view").wait_for()
        assert violations(page) == ""
        view.screenshot(path=SCREENSHOTS / f"sweep_opened_{name}.png")
    finally:
        lab.set_theme(dark=False)


def is_cut(element) -> bool:
    return bool(
        element.evaluate(
            "it => it.scrollWidth > it.clientWidth || it.scrollHeight > it.clientHeight"
        )
    )


@pytest.mark.parametrize("width", [500, 1280, 1600])
def test_the_names_values_and_curves_of_a_sweep_can_be_read(notebook: Notebook, page, width):
    notebook.run(
        """sweep = fj.sweep(
    "nsfnet_blocking",
    over={"network": ["NSFNet", "USNet", "Pan-European"], "k_paths": [1, 2, 3, 4, 5, 6, 7, 8]},
    simulator="embedded", max_iters=3, num_requests=500, is_training=True,
)
sweep"""
    )
    if width == 500:
        page.keyboard.press("Control+b")  # nobody has the file browser open in so narrow a window
    page.set_viewport_size({"width": width, "height": 900})
    view = page.locator(SWEEP).first
    wait_until(lambda: cells(view) == ["COMPLETED"] * 24)
    view.get_by_label("Blocking at").select_option("300 Erlang")
    texts = [*view.get_by_role("rowheader").all(), *view.get_by_role("columnheader").all()]
    for text in [*texts, *view.locator(".fj-cell").all()]:
        assert not is_cut(text), text.inner_text()
    assert box(view.locator(".fj-sweep-body .fj-chart-plot"))["height"] >= 220
    view.locator(".fj-cell").nth(17).hover()
    line = view.locator(".fj-point-line")
    wait_until(lambda: "Pan-European" in line.inner_text())
    assert "300 Erlang" in line.inner_text()
    assert not is_cut(line)
    view.screenshot(path=SCREENSHOTS / f"sweep_{width}.png")


def test_repeats_are_one_cell_each_and_axe_finds_nothing_wrong_with_them(notebook, page):
    notebook.run(
        """sweep = fj.sweep(
    "nsfnet_blocking", over={"k_paths": [1, 2, 3]}, repeats=3,
    simulator="embedded", max_iters=3, num_requests=500, is_training=True,
)
sweep"""
    )
    view = page.locator(SWEEP).first
    wait_until(lambda: cells(view) == ["COMPLETED"] * 3)
    assert counts(view) == {"done": 9}
    wait_until(lambda: view.locator(".fj-series").count() == 3)
    view.locator(".fj-cell").nth(1).click()
    opened = view.locator(".fj-run-view")
    opened.wait_for()
    first = opened.get_attribute("data-run")
    view.get_by_role("group", name="Repeat").get_by_role("button", name="3").click()
    wait_until(lambda: view.locator(".fj-run-view").get_attribute("data-run") not in (first, None))
    assert violations(page) == ""
    view.screenshot(path=SCREENSHOTS / "sweep_repeats.png")
    page.keyboard.press("Escape")
    view.locator(".fj-run-view").wait_for(state="detached")
    assert page.evaluate("document.activeElement.className").startswith("fj-cell")


def counts(view) -> dict[str, int]:
    """How many runs are where, by the words of the view."""
    done, _, rest = view.locator(".fj-totals").inner_text().partition(" done")
    found = {"done": int(done.split()[0])}
    for part in rest.split(" · ")[1:]:
        number, name = part.split()
        found[name] = int(number)
    return found


def test_the_grid_fills_and_cancels_while_the_kernel_is_busy(notebook: Notebook, page):
    longer = START.replace("num_requests=20000", "num_requests=100000")
    notebook.run(f"fj.configure(max_concurrent_runs=2, cancel_grace_seconds=1)\n{longer}")
    view = page.locator(SWEEP).first
    view.wait_for()
    notebook.run("import time; time.sleep(120)")
    wait_until(lambda: counts(view)["done"] >= 1)
    view.get_by_role("button", name="Cancel", exact=True).click()
    view.get_by_role("button", name="Yes, cancel").click()
    wait_until(lambda: view.get_attribute("data-settled") == "true", 30)
    assert page.locator(".jp-InputPrompt:has-text('*')").count() == 1, "the kernel is still busy"
    assert set(cells(view)) == {"COMPLETED", "CANCELLED"}
    view.screenshot(path=SCREENSHOTS / "sweep_cancelled.png")


def test_the_grid_goes_on_when_its_kernel_is_killed(notebook: Notebook, page):
    pid = "import os, pathlib; pathlib.Path('kernel.pid').write_text(str(os.getpid()))"
    longer = START.replace("num_requests=20000", "num_requests=100000")
    notebook.run(f"{pid}\nfj.configure(max_concurrent_runs=2)\n{longer}")
    view = page.locator(SWEEP).first
    view.wait_for()
    wait_until(lambda: counts(view).get("running"))
    os.kill(notebook.kernel_pid, signal.SIGKILL)
    # JupyterLab starts another kernel, which knows nothing of this view.
    notebook.accept_restart()
    wait_until(lambda: "this view reads the runs' files itself" in view.inner_text())
    done = counts(view)["done"]
    assert done < 6, "the runs are too short for this test"
    view.screenshot(path=SCREENSHOTS / "sweep_without_kernel.png")
    wait_until(lambda: counts(view)["done"] > done)
    wait_until(lambda: cells(view) == ["COMPLETED"] * 6)
    wait_until(lambda: view.get_attribute("data-settled") == "true")
    # All curves are there: a value in each cell.
    assert all(float(text) > 0 for text in view.locator(".fj-cell").all_inner_texts())


def test_a_run_is_opened_with_the_keyboard_and_is_there_again_after_a_reload(notebook, page):
    notebook.run(START)
    view = page.locator(SWEEP).first
    view.wait_for()
    wait_until(lambda: set(cells(view)) == {"COMPLETED"})
    view.locator(".fj-cell").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    opened = view.locator(".fj-run-view")
    opened.wait_for()
    run_id = opened.get_attribute("data-run")
    chosen = view.locator('.fj-cell[aria-selected="true"]')
    assert chosen.get_attribute("data-point") == run_id
    assert "network USNet, k_paths 2: completed" in (chosen.get_attribute("aria-label") or "")
    # Saving begins with Escape, which would close the run while the focus is in the view.
    page.locator(".jp-InputPrompt").first.click()
    notebook.save()
    page.reload()
    notebook.idle()
    view = page.locator(SWEEP).first
    wait_until(lambda: cells(view) == ["COMPLETED"] * 6)
    wait_until(lambda: view.locator(".fj-run-view").get_attribute("data-run") == run_id)
    view.get_by_role("button", name="Close", exact=True).click()
    view.locator(".fj-run-view").wait_for(state="detached")


def notebook_03(lab, page) -> Notebook:
    """The notebook, with longer runs, in a folder that a second kernel finds again."""
    text = (ROOT / "notebooks" / "03_sweeps.ipynb").read_text()
    for old, new in (
        ("tempfile.mkdtemp()", "'fusion_runs'"),
        ('\\"num_requests\\": 1000', '\\"num_requests\\": 200_000'),
        (
            "import tempfile",
            "import os, pathlib; pathlib.Path('kernel.pid').write_text(str(os.getpid()))",
        ),
    ):
        assert old in text
        text = text.replace(old, new)
    folder = lab.root / "study"
    folder.mkdir()
    path = folder / "03_sweeps.ipynb"
    path.write_text(text)
    notebook = Notebook(lab, page, path)
    notebook.open()
    return notebook


def launch(notebook: Notebook, page):
    """Run the cells up to the one that shows the sweep."""
    for number in range(3):
        notebook.run_cell(number)
    view = page.locator(SWEEP).first
    view.wait_for()
    return view


def test_the_study_of_notebook_03_fails_is_retried_dies_and_goes_on(lab, page):
    notebook = notebook_03(lab, page)
    view = launch(notebook, page)
    wait_until(lambda: counts(view).get("running"))
    record = json.loads(
        next((notebook.path.parent / "fusion_runs" / "sweeps").glob("*.json")).read_text()
    )
    run_ids = [point["run_id"] for point in record["points"]]
    assert len(run_ids) == 12
    # A run's process dies.
    killed = ""

    def kill_one() -> bool:
        nonlocal killed
        for run_id in run_ids:
            try:
                state = json.loads((notebook.run_dir(run_id) / "state.json").read_text())
            except (OSError, json.JSONDecodeError):
                continue
            if state.get("status") == "RUNNING" and state.get("pid"):
                os.kill(state["pid"], signal.SIGKILL)
                killed = run_id
                return True
        return False

    wait_until(kill_one)
    wait_until(lambda: counts(view).get("failed") == 1)
    view.screenshot(path=SCREENSHOTS / "sweep_failed.png")
    view.get_by_role("button", name="Retry failed (1)").click()
    wait_until(lambda: "failed" not in counts(view))
    # The kernel dies in the middle: the view keeps what it knew, and says so.
    wait_until(lambda: counts(view).get("done", 0) >= 2)
    os.kill(notebook.kernel_pid, signal.SIGKILL)
    notebook.accept_restart()
    wait_until(lambda: "The kernel is away" in view.inner_text())
    known = counts(view)
    assert known["done"] >= 2
    assert known["done"] < 12
    view.screenshot(path=SCREENSHOTS / "sweep_kernel_dead.png")
    # The same cells again.
    view = launch(notebook, page)
    wait_until(lambda: "The kernel is away" not in view.inner_text())
    notebook.run_cell(3)
    wait_until(lambda: counts(view) == {"done": 12}, 300)
    after = json.loads(
        next((notebook.path.parent / "fusion_runs" / "sweeps").glob("*.json")).read_text()
    )
    folders = {path.name for path in (notebook.path.parent / "fusion_runs").glob("[0-9a-f]" * 12)}
    assert folders == {*(point["run_id"] for point in after["points"]), killed}
    assert len(folders) == 13, "twelve points, and the run that failed"
    # A row opens its run.
    view.locator(".fj-table-row[data-point]").nth(2).click()
    opened = view.locator(".fj-run-view")
    opened.wait_for()
    wait_until(lambda: status(opened) == "COMPLETED")
    assert opened.get_attribute("data-run") in folders
