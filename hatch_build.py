"""Compile the simulator's kernel while the package is built, if there is a C compiler.

Without one the package is pure Python, and simulates the same at a tenth of the speed. The variable
``FUSION_JUPYTER_KERNEL`` decides: ``auto`` (the default), ``off``, or ``require``, which makes a
build without the kernel fail.
"""

from __future__ import annotations

import os
import runpy
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CHOICES = ("auto", "off", "require")
TARGET = Path("fusion_jupyter", "sim", "_kernel.abi3.so")
# Results must be equal to Python's to the last bit: no operation may be fused with another.
FLAGS = ["-O3", "-std=c11", "-ffp-contract=off", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra"]
LINK_FLAGS = (
    ["-bundle", "-undefined", "dynamic_lookup"] if sys.platform == "darwin" else ["-shared"]
)


class KernelError(RuntimeError):
    """The kernel cannot be compiled here."""


class KernelBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds the compiled kernel to a wheel, or to the checkout of an editable install."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the kernel before the files of the wheel are collected."""
        choice = os.environ.get("FUSION_JUPYTER_KERNEL", "auto")
        if choice not in CHOICES:
            raise ValueError(f"FUSION_JUPYTER_KERNEL is {choice!r}; allowed: {', '.join(CHOICES)}")
        if choice == "off":
            return
        root = Path(self.root)
        self._scratch = tempfile.TemporaryDirectory()
        binary = Path(self._scratch.name, TARGET.name)
        try:
            compile_kernel(root, binary)
        except (KernelError, OSError) as error:
            if choice == "require":
                raise
            self.app.display_warning(f"The simulator's kernel was not compiled: {error}")
            return
        if version == "editable":
            # A running simulator may have the old one open: it is replaced, not overwritten.
            neighbour = (root / TARGET).with_name(f".{TARGET.name}.{os.getpid()}")
            shutil.copy(binary, neighbour)
            neighbour.replace(root / TARGET)
            return
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["pure_python"] = False
        build_data["tag"] = f"cp311-abi3-{platform}"
        build_data["force_include"][str(binary)] = TARGET.as_posix()

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove temporary build files."""
        if hasattr(self, "_scratch"):
            self._scratch.cleanup()


def compile_kernel(root: Path, binary: Path) -> None:
    """Compile the kernel.

    Args:
        root: The project's directory.
        binary: The file to make.

    Raises:
        KernelError: There is no compiler, or it failed.
    """
    headers = Path(sysconfig.get_path("include"))
    if not (headers / "Python.h").exists():
        raise KernelError(
            f"Python's headers are missing, {headers}/Python.h (on Debian: apt install python3-dev)"
        )
    source = runpy.run_path(os.fspath(root / "fusion_jupyter" / "sim" / "kernel_source.py"))
    main = Path(source["FOLDER"], source["MAIN"])
    command = [
        *find_compiler(),
        *FLAGS,
        *LINK_FLAGS,
        f"-DSOURCE={source['checksum']()}",
        f"-I{headers}",
        os.fspath(main),
        "-o",
        os.fspath(binary),
        "-lm",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise KernelError(f"{shlex.join(command)} failed:\n{done.stderr.strip()}")


def find_compiler() -> list[str]:
    """Return the C compiler's command: $CC, else the one that Python was built with, else cc."""
    for candidate in (os.environ.get("CC"), sysconfig.get_config_var("CC"), "cc"):
        command = shlex.split(candidate or "")
        if command and shutil.which(command[0]):
            return command
    raise KernelError("there is no C compiler (set CC, or install gcc or clang)")
