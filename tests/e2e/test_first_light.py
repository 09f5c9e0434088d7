"""The main job in a real JupyterLab: start a run, watch it move, see its end, cancel another."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

from lab import ROOT, VIEW, Lab, Notebook
from views import all_files, log_text, wait_until

START = """run = fj.start(
    "nsfnet_blocking", name="k-paths 3", simulator="embedded", max_iters=300, num_requests=20000,
    is_training=True,
)
run"""


def now(bar) -> float:
    return float(bar.get_attribute("aria-valuenow") or 0)


def watch_to_the_end(view) -> set[float]:
    """The values that the bar had on the way."""
    bar = view.get_by_role("progressbar")
    values = set()

    def is_done() -> bool:
        values.add(now(bar))
        return view.get_attribute("data-status") == "COMPLETED" and now(bar) == 100

    wait_until(is_done, 180)
    return values


def check_end(view, run_dir: Path, files: int) -> None:
    """What stands there after a run has ended, beside its directory."""
    assert "completed" in view.locator(".fj-head").inner_text()
    assert "100" in view.locator(".fj-numbers").inner_text()
    (log,) = (run_dir / "logs").glob("*.log")
    last = log.read_text().splitlines()[-1].rpartition(" - ")[2]
    wait_until(lambda: last[:40] in log_text(view))
    names = [path.name for path in (run_dir / "output").rglob("*_erlang.json")]
    assert len(names) == files
    for name in names:
        wait_until(lambda name=name: name in all_files(view))


def test_the_quickstart_notebook_runs_from_launch_to_figure(lab: Lab, page):
    folder = lab.root / "quickstart"
    folder.mkdir()
    path = folder / "01_quickstart.ipynb"
    shutil.copy(ROOT / "notebooks" / "01_quickstart.ipynb", path)
    notebook = Notebook(lab, page, path)
    notebook.open()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.locator('[data-command="runmenu:run-all"]').first.click()
    view = page.locator(VIEW).first
    view.wait_for()
    # It takes a second or two, which may be over before the view is there: whether a bar moves is
    # asked of longer runs.
    watch_to_the_end(view)
    (run_dir,) = (folder / "fusion_runs").glob("[0-9a-f]*")
    check_end(view, run_dir, files=7)
    notebook.idle()
    figure = page.locator(".jp-OutputArea-output img").last
    figure.scroll_into_view_if_needed()
    assert figure.bounding_box()["height"] > 200
    assert page.locator(".jp-RenderedHTMLCommon table").count() >= 2
    assert json.loads((run_dir / "state.json").read_text())["exit_code"] == 0


def test_cancel_asks_once_and_ends_the_run(notebook: Notebook, page):
    notebook.run(START)
    view = page.locator(VIEW).first
    view.wait_for()
    bar = view.get_by_role("progressbar")
    wait_until(lambda: now(bar) > 0)
    view.get_by_role("button", name="Cancel", exact=True).click()
    view.locator(".fj-ask").get_by_role("button").first.click()
    wait_until(lambda: view.get_attribute("data-status") == "CANCELLED")
    assert "cancelled" in view.locator(".fj-head").inner_text()
    assert now(bar) < 100
    (state,) = (notebook.path.parent / "fusion_runs").glob("*/state.json")
    assert json.loads(state.read_text())["status"] == "CANCELLED"


def test_the_launcher_checks_its_fields_and_starts_a_run(notebook: Notebook, page):
    notebook.run("fj.launcher()")
    form = page.locator(".fj-launcher")
    form.wait_for()
    form.get_by_label("template", exact=True).select_option("nsfnet_blocking")
    wait_until(lambda: form.get_by_label("erlang_stop", exact=True).input_value() == "800")
    step = form.get_by_label("erlang_step", exact=True)
    step.fill("0")
    wait_until(lambda: step.get_attribute("aria-invalid") == "true")
    assert "Allowed: a number above 0" in form.inner_text()
    # It is refused, and nothing is started or written.
    form.get_by_role("button", name="Start", exact=True).click()
    wait_until(lambda: form.get_by_role("button", name="Start", exact=True).is_enabled())
    assert not (notebook.path.parent / "fusion_runs").exists()
    step.fill("200")
    wait_until(lambda: step.get_attribute("aria-invalid") is None)
    form.get_by_label("max_iters", exact=True).fill("40")
    form.get_by_label("num_requests", exact=True).fill("20000")
    form.get_by_label("name", exact=True).fill("from the form")
    form.get_by_label("simulator", exact=True).select_option("embedded")
    page.screenshot(path=Path(__file__).parent / "screenshots" / "launcher.png")
    form.get_by_role("button", name="Start", exact=True).click()
    view = page.locator(VIEW).first
    view.wait_for()
    assert "from the form" in view.locator(".fj-head").inner_text()
    values = watch_to_the_end(view)
    assert len(values) > 1
    (run_dir,) = (notebook.path.parent / "fusion_runs").glob("[0-9a-f]*")
    check_end(view, run_dir, files=4)
    assert json.loads((run_dir / "run.json").read_text())["name"] == "from the form"


def test_the_view_moves_while_a_cell_blocks_the_kernel(notebook: Notebook, page):
    notebook.run(START + "\n")
    view = page.locator(VIEW).first
    view.wait_for()
    notebook.run("import time; time.sleep(12)")
    bar = view.get_by_role("progressbar")
    values = set()
    deadline = time.monotonic() + 6
    while time.monotonic() < deadline:
        values.add(now(bar))
        time.sleep(0.1)
    assert page.locator(".jp-mod-running, .jp-InputPrompt:has-text('*')").count() > 0
    assert len(values) > 3, f"the bar stood still: {sorted(values)}"
