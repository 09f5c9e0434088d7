"""What is shipped: a small wheel that works in an empty environment, the demo, the metadata."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import fusion_jupyter as fj

ROOT = Path(__file__).parent.parent
LARGEST_WHEEL = 1_000_000

QUICKSTART = """
import fusion_jupyter as fj
run = fj.start("nsfnet_blocking", max_iters=2, num_requests=500)
run.wait(60)
frame = run.results()
axes = fj.plot_blocking(run)
axes.figure.savefig("blocking.png")
print(run.status, len(frame), fj.__file__)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir"]
    subprocess.run([*command, folder, "--no-build-isolation", ROOT], check=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_is_small_and_holds_what_is_needed(wheel: Path) -> None:
    assert wheel.stat().st_size < LARGEST_WHEEL
    names = zipfile.ZipFile(wheel).namelist()
    assert "fusion_jupyter/static/run_view.js" in names
    assert "fusion_jupyter/config/templates/minimal.ini" in names
    assert "fusion_jupyter/py.typed" in names
    assert not [name for name in names if name.startswith(("tests", "js", "notebooks"))]


@pytest.mark.timeout(900)  # it installs pandas, matplotlib and Jupyter's widgets
def test_the_wheel_runs_the_quickstart_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    python = tmp_path / "env" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "env"], check=True)
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, f"{wheel}[plots]"], check=True)
    done = subprocess.run(
        [python, "-c", QUICKSTART],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "MPLBACKEND": "agg", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    status, rows, home = done.stdout.split()
    assert (status, rows) == ("COMPLETED", "7")
    assert Path(home).is_relative_to(tmp_path)
    assert (tmp_path / "blocking.png").stat().st_size > 10_000


def test_the_demo_shows_a_run_to_its_end_and_leaves_the_notebook_as_a_page(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    done = subprocess.run(
        [sys.executable, "notebooks/demo.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "100 %" in done.stdout and "completed" in done.stdout
    assert re.search(r"erlang +iterations +blocking", done.stdout)
    for place in re.findall(r"demo/\S+", done.stdout):
        assert (tmp_path / place).exists()
    page = (tmp_path / "demo" / "01_quickstart.html").read_text(encoding="utf-8")
    assert "COMPLETED" in page


def test_the_citation_file_names_the_version() -> None:
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.search(r"^version: (.+)$", text, re.M)[1] == fj.__version__
