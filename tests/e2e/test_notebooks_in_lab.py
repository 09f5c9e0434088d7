"""Every notebook of the documentation, executed from its first to its last cell in JupyterLab."""

from __future__ import annotations

import shutil

import pytest
from lab import ROOT, Lab, Notebook
from views import wait_until

#: The quickstart and the sweeps have tests of their own; the last one needs a cluster.
ELSEWHERE = {"01_quickstart", "03_sweeps", "07_slurm"}
NOTEBOOKS = sorted({path.stem for path in (ROOT / "notebooks").glob("*.ipynb")} - ELSEWHERE)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs_from_its_first_cell_to_its_last(name: str, lab: Lab, page) -> None:
    folder = lab.root / name
    folder.mkdir()
    path = folder / f"{name}.ipynb"
    shutil.copy(ROOT / "notebooks" / path.name, path)
    notebook = Notebook(lab, page, path)
    notebook.open()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.locator('[data-command="runmenu:run-all"]').first.click()
    prompts = page.locator(".jp-NotebookPanel:visible .jp-CodeCell .jp-InputPrompt")
    page.wait_for_timeout(500)  # the cells get their asterisks
    wait_until(lambda: not [text for text in prompts.all_inner_texts() if "*" in text])
    notebook.idle()
    errors = page.locator('.jp-OutputArea-output[data-mime-type*="stderr"], .jp-RenderedError')
    said = [text for text in errors.all_inner_texts() if "Error" in text or "Traceback" in text]
    assert said == []
    assert page.locator(".jp-OutputArea-output:has-text('model not found'):visible").count() == 0
