"""Every notebook of the documentation, executed from its first to its last cell in JupyterLab."""

from __future__ import annotations

import json
from typing import Any

import pytest
from lab import ROOT, Lab, Notebook
from views import wait_until

#: The quickstart and the sweeps have tests of their own; the last one needs a cluster.
ELSEWHERE = {"01_quickstart", "03_sweeps", "07_slurm"}
NOTEBOOKS = sorted({path.stem for path in (ROOT / "notebooks").glob("*.ipynb")} - ELSEWHERE)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs_from_its_first_cell_to_its_last(name: str, lab: Lab, page) -> None:
    content = json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text())
    for cell in code_of(content):
        cell |= {"outputs": [], "execution_count": None}
    folder = lab.root / name
    folder.mkdir()
    path = folder / f"{name}.ipynb"
    path.write_text(json.dumps(content))
    notebook = Notebook(lab, page, path)
    notebook.open()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.locator('[data-command="runmenu:run-all"]').first.click()

    def is_executed() -> bool:
        notebook.idle()
        return all(cell["execution_count"] for cell in code_of(notebook.save()))

    wait_until(is_executed)
    outputs = [output for cell in code_of(notebook.save()) for output in cell["outputs"]]
    assert [output for output in outputs if output["output_type"] == "error"] == []
    assert page.locator(".jp-OutputArea-output:has-text('model not found'):visible").count() == 0


def code_of(content: dict[str, Any]) -> list[dict[str, Any]]:
    """The cells with code."""
    return [cell for cell in content["cells"] if cell["cell_type"] == "code"]
