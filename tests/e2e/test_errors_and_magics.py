"""What a user sees in JupyterLab: short errors, the terminal's verbs, where runs are."""

from __future__ import annotations

from pathlib import Path

import pytest
from lab import VIEW, Notebook

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
