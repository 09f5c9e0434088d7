"""The main job in Jupyter Notebook 7."""

from __future__ import annotations

import pytest
from lab import VIEW, Lab, Notebook
from views import all_files, cancel, line_count, log_text, percent, status, wait_until

START = """run = fj.start(
    "nsfnet_blocking", name="in Notebook 7", simulator="embedded", max_iters={iterations},
    num_requests=20000,
)
run"""


@pytest.fixture(scope="module")
def lab(browser, tmp_path_factory):
    """A Notebook 7 server in place of JupyterLab's."""
    with Lab(tmp_path_factory.mktemp("notebook"), app="notebook") as running:
        yield running


def test_notebook_7_does_the_main_job(notebook: Notebook, page):
    notebook.run(START.format(iterations=100))
    view = page.locator(VIEW).first
    view.wait_for()
    values = set()

    def done() -> bool:
        values.add(percent(view))
        return status(view) == "COMPLETED" and percent(view) == 100

    wait_until(done)
    assert len(values) > 3
    wait_until(lambda: "Total execution time" in log_text(view))
    wait_until(lambda: "800.0_erlang.json" in all_files(view))
    assert line_count(view) > 100

    notebook.run(START.format(iterations=1000))
    wait_until(lambda: page.locator(VIEW).count() == 2)
    second = page.locator(VIEW).last
    wait_until(lambda: percent(second) > 0)
    notebook.run("import time; time.sleep(8)")
    before = line_count(second)
    wait_until(lambda: line_count(second) > before, 5)
    cancel(second)
    wait_until(lambda: status(second) == "CANCELLED", 6)
    assert page.locator(".jp-InputPrompt:has-text('*')").count() == 1, "the kernel is still busy"
