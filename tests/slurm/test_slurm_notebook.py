"""The notebook about Slurm, executed in a real kernel against the cluster of the tests."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "07_slurm.ipynb"


@pytest.mark.timeout(240)
def test_the_notebook_runs_on_the_cluster(cluster):
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=200, kernel_name="python3").execute()
    said = [
        str(output.get("text", "")) + str(output.get("data", {}).get("text/plain", ""))
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    ]
    text = "\n".join(said)
    assert "a Slurm answers" in text
    assert "COMPLETED" in text
    assert "{'COMPLETED': 4}" in text
    assert said[-1] == "True"
