"""Every notebook of the documentation, executed from its first to its last cell in JupyterLab."""

from __future__ import annotations

import json
import shutil
from typing import Any

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

    def cells() -> list[dict[str, Any]]:
        found = json.loads(path.read_text())["cells"]
        return [cell for cell in found if cell["cell_type"] == "code"]

    def is_executed() -> bool:
        notebook.idle()
        notebook.save()
        return all(cell["execution_count"] for cell in cells())

    before = len(cells())
    wait_until(is_executed)
    assert len(cells()) == before
    outputs = [output for cell in cells() for output in cell["outputs"]]
    assert [output for output in outputs if output["output_type"] == "error"] == []
    page.mouse.wheel(0, 100_000)
    assert page.locator(".jp-OutputArea-output:has-text('model not found'):visible").count() == 0
