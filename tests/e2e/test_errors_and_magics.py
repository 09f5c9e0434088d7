"""What a user sees of code in JupyterLab: short errors, the magics, interrupts, guessed progress."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from lab import VIEW, Notebook
from views import percent, status, wait_until

SCREENSHOTS = Path(__file__).parent / "screenshots"


def output_of(cell) -> str:
    return cell.locator(".jp-OutputArea-output").all_inner_texts()[-1]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_slip_is_one_line_and_its_traceback_comes_on_request(lab, page, dark):
    lab.set_theme(dark)
    notebook = Notebook.create(lab, page)
    cell = notebook.run("fj.start('minimla', max_iterz=3)")
    cell.get_by_text("Did you mean 'minimal'?").wait_for(timeout=60_000)
    assert "Cell In" not in output_of(cell)
    notebook.idle()  # until then what is run next is dropped, because of the error
    cell = notebook.run("fj.start('minimal', max_iterz=3, k_paths=0, network='nsfnett')")
    cell.get_by_text("Did you mean 'NSFNet'?").wait_for(timeout=60_000)
    assert "did you mean max_iters?" in output_of(cell)
    assert output_of(cell).rstrip().endswith("%tb shows where.")
    page.screenshot(path=SCREENSHOTS / f"errors_{'dark' if dark else 'light'}.png")
    notebook.idle()
    cell = notebook.run("%tb")
    cell.get_by_text("Traceback").first.wait_for(timeout=60_000)
    assert "choice.py" in output_of(cell)


def test_the_magic_starts_a_run_that_shows_itself_and_says_where_it_is(notebook: Notebook, page):
    notebook.run("%load_ext fusion_jupyter")
    cell = notebook.run("%fusion start minimal k_paths=5 --name mine max_iters=3")
    view = page.locator(VIEW).first
    view.wait_for(timeout=60_000)
    place = notebook.path.parent / "fusion_runs"
    assert f"Runs are kept in {place}" in cell.inner_text()
    cell = notebook.run("%fusion runs")
    cell.get_by_text("mine").locator("visible=true").first.wait_for(timeout=60_000)
    cell = notebook.run("fj.configure()")
    cell.get_by_role("columnheader", name="from").wait_for(timeout=60_000)
    assert f"{place}" in cell.inner_text()


WAITS = """import sys
run = fj.start(command=[sys.executable, "-c", "import time; time.sleep(600)"], name="long")
"""
PRINTS = '''import sys
code = """
import time
for step in range(1, 201):
    print(f"Step {step}/200", flush=True)
    time.sleep(0.1)
"""
fj.start(command=[sys.executable, "-c", code], name="prints")
'''


@pytest.mark.parametrize("wait", ["await run", "await fj.wait([run])", "run.wait()"])
def test_a_cell_that_waits_is_interrupted_from_the_menu_and_the_run_goes_on(notebook, page, wait):
    notebook.run(WAITS)
    notebook.idle()
    cell = notebook.run(wait)
    # Of those that wait, it alone is left.
    wait_until(lambda: page.locator(".jp-InputPrompt:has-text('*')").count() == 1)
    cell.locator(".jp-InputPrompt:has-text('*')").wait_for()
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.locator('[data-command="kernelmenu:interrupt"]').first.click()
    began = time.monotonic()
    cell.get_by_text("was interrupted").first.wait_for(timeout=60_000)
    print(f"\n  {wait}: interrupted {time.monotonic() - began:.2f} s after the click")
    notebook.idle()
    cell = notebook.run("print(run.status); run.cancel()")
    cell.get_by_text("RUNNING").wait_for(timeout=60_000)


def test_what_a_program_prints_as_steps_is_its_bar(notebook, page):
    notebook.run(PRINTS)
    view = page.locator(VIEW).first
    view.wait_for(timeout=60_000)
    wait_until(lambda: 0 < percent(view) < 100)
    notebook.run("run = fj.runs()[0]; run.cancel()")
    wait_until(lambda: status(view) == "CANCELLED")
