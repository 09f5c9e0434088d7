"""The package is built with the kernel where there is a compiler, and without it where not."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from typing import Any

import pytest
from test_sim_fast import run

ROOT = Path(__file__).parents[2]
KERNEL = "fusion_jupyter/sim/_kernel.abi3.so"

needs_compiler = pytest.mark.skipif(
    not (shutil.which("cc") or shutil.which(sysconfig.get_config_var("CC").split()[0])),
    reason="there is no C compiler",
)


@pytest.fixture
def build(tmp_path: Path) -> Any:
    """Return a function that builds a wheel of a copy of the sources, and unpacks it."""
    project = tmp_path / "project"
    project.mkdir()
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, project)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "fusion_jupyter", project / "fusion_jupyter", ignore=ignored)

    def build(*, compiler: bool, choice: str | None = None) -> tuple[str, str, Path]:
        environment = {key: value for key, value in os.environ.items() if key != "CC"}
        environment.pop("FUSION_JUPYTER_KERNEL", None)
        if choice is not None:
            environment["FUSION_JUPYTER_KERNEL"] = choice
        if not compiler:
            (tmp_path / "bin").mkdir(exist_ok=True)
            environment["PATH"] = str(tmp_path / "bin")
        process = subprocess.run(
            [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "dist")],
            cwd=project, env=environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        log = process.stdout + process.stderr
        if process.returncode:
            return "", log, tmp_path
        (wheel,) = (tmp_path / "dist").iterdir()
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(tmp_path / "installed")
        return wheel.name, log, tmp_path / "installed" / "fusion_jupyter"

    return build


@needs_compiler
def test_a_wheel_built_with_a_compiler_has_the_kernel(
    build: Any, tmp_path: Path, config_file: Any
) -> None:
    wheel, _, package = build(compiler=True)
    platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    assert wheel.endswith(f"-cp311-abi3-{platform}.whl")
    assert (package.parent / KERNEL).stat().st_size < 200_000
    assert not (package / "sim" / "kernel").exists()
    log, files = run(package, config_file(), tmp_path / "out")
    assert "Simulated by the compiled kernel\n" in log
    assert len(files) == 2


def test_a_wheel_built_without_a_compiler_is_pure_python(
    build: Any, tmp_path: Path, config_file: Any
) -> None:
    wheel, build_log, package = build(compiler=False)
    assert wheel.endswith("-py3-none-any.whl")
    assert "kernel was not compiled: there is no C compiler" in build_log
    assert not list(package.rglob("*.so"))
    log, files = run(package, config_file(), tmp_path / "out")
    assert "Simulated by plain Python (no compiled kernel: " in log
    assert len(files) == 2


def test_a_build_without_a_compiler_fails_where_the_kernel_is_required(build: Any) -> None:
    wheel, log, _ = build(compiler=False, choice="require")
    assert wheel == ""
    assert "there is no C compiler (set CC, or install gcc or clang)" in log


@needs_compiler
def test_the_kernel_can_be_left_out(build: Any) -> None:
    wheel, _, package = build(compiler=True, choice="off")
    assert wheel.endswith("-py3-none-any.whl")
    assert not list(package.rglob("*.so"))


def test_an_unknown_choice_is_an_error(build: Any) -> None:
    _, log, _ = build(compiler=True, choice="maybe")
    assert "FUSION_JUPYTER_KERNEL is 'maybe'; allowed: auto, off, require" in log


def test_the_kernel_has_no_format_that_ties_it_to_the_python_it_was_built_with() -> None:
    """Lengths in formats ("y#") are other functions in the headers of 3.13 than of 3.11."""
    text = (ROOT / "fusion_jupyter" / "sim" / "kernel" / "module.c").read_text(encoding="utf-8")
    assert not re.search(r'(Parse\w*|BuildValue)\([^;"]*"[^"]*#', text)
