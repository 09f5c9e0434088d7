"""``doctor`` and ``slurm-check``: report what is installed and what works."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from fusion_jupyter import settings
from fusion_jupyter._version import __version__
from fusion_jupyter.cli.output import clean
from fusion_jupyter.manager.manager import RunManager

_DISTRIBUTIONS = (
    "jupyterlab", "notebook", "ipykernel", "ipywidgets", "anywidget", "pandas", "numpy",
    "matplotlib", "pyarrow",
)  # fmt: skip
_MARKS = {True: "ok  ", False: "NO  ", None: "note"}


class Finding(NamedTuple):
    """Result of one check.

    Attributes:
        good: Whether it passed; None: information only.
        text: What was found.
    """

    good: bool | None
    text: str


def examine(manager: RunManager, options: argparse.Namespace) -> int:
    """Print what is installed and what works; status 1 if something does not."""
    good = True
    for finding in _findings(manager):
        print(_MARKS[finding.good], clean(finding.text), flush=True)
        good = good and finding.good is not False
    print("All is well." if good else "Something does not work here.")
    return 0 if good else 1


def examine_slurm(manager: RunManager, options: argparse.Namespace) -> int:
    """Print whether runs can execute on this cluster."""
    from fusion_jupyter.engines.slurm import diagnosis

    good = True
    for finding in diagnosis.examine(os.fspath(manager.runs_dir), job=not options.no_job):
        print(_MARKS[finding.good], finding.text, flush=True)
        good = good and finding.good is not False
    print("Runs can execute here." if good else "Runs cannot execute here.")
    return 0 if good else 1


def _findings(manager: RunManager) -> Iterator[Finding]:
    yield Finding(
        None,
        f"fusion_jupyter {__version__}, Python {platform.python_version()} ({sys.executable})",
    )
    yield Finding(None, ", ".join(map(_version, _DISTRIBUTIONS)))
    yield _simulator()
    yield _fusion()
    yield from _runs_dir(manager)
    yield from _servers(manager.runs_dir)
    if shutil.which("sbatch"):
        yield Finding(
            None, "Slurm is available: fusion-jupyter slurm-check reports whether it works"
        )


def _version(name: str) -> str:
    try:
        return f"{name} {importlib.metadata.version(name)}"
    except importlib.metadata.PackageNotFoundError:
        return f"no {name}"


def _simulator() -> Finding:
    from fusion_jupyter.sim.fast import reason_for_python

    reason = reason_for_python()
    if reason is None:
        return Finding(True, "the embedded simulator uses its compiled kernel")
    return Finding(None, f"the embedded simulator is plain Python, which is slow: {reason}")


def _fusion() -> Finding:
    from fusion_jupyter.simulators import fusion

    try:
        found = fusion.find_installation()
    except ValueError as error:
        return Finding(False, f"FUSION cannot be used: {error}")
    if found is None:
        return Finding(
            None,
            "FUSION was not found: runs that need it are refused. If it is installed, set its "
            f"interpreter in ${settings.FUSION_PYTHON_VARIABLE} or fj.configure(fusion_python=…)",
        )
    return Finding(True, f"FUSION: {found}")


def _runs_dir(manager: RunManager) -> Iterator[Finding]:
    path = manager.runs_dir
    _, _, origin = settings.configure().rows()[0]
    if not path.is_dir():
        folder = next(each for each in path.parents if each.is_dir())
        may = os.access(folder, os.W_OK)
        then = "the first run makes it" if may else f"{folder} cannot be written"
        yield Finding(may, f"runs will be in {path} ({origin}); {then}")
        return
    if not os.access(path, os.W_OK):
        yield Finding(False, f"runs are in {path} ({origin}), which cannot be written")
        return
    count = len(manager.list_runs())
    free = shutil.disk_usage(path).free / 1e9
    yield Finding(True, f"runs are in {path} ({origin}): {count:,}, {free:.1f} GB free")


def _servers(runs_dir: Path) -> Iterator[Finding]:
    """Whether this user's Jupyter servers can serve the files of runs to the views."""
    try:
        from jupyter_server.serverapp import list_running_servers
    except ImportError:
        yield Finding(None, "there is no Jupyter server in this environment")
        return
    # A view reads files through the server, so that it keeps updating while the kernel is busy or
    # dead.
    servers = list(list_running_servers())
    for server in servers:
        root = Path(server["root_dir"])
        name = f"the Jupyter server at {server['url']}"
        parts = _parts_below(runs_dir, root)
        if parts is None:
            yield Finding(
                None,
                f"{name} cannot serve {runs_dir}, which is not below its root {root}: views stop "
                "while the kernel is busy",
            )
        elif any(part.startswith(".") for part in parts):
            yield Finding(None, f"{name} does not serve the hidden folder in {runs_dir}")
        else:
            yield Finding(True, f"{name} can serve the files of runs to their views")
    if not servers:
        yield Finding(None, "no Jupyter server of yours runs now")


def _parts_below(path: Path, root: Path) -> tuple[str, ...] | None:
    try:
        return path.resolve().relative_to(root.expanduser().resolve()).parts
    except ValueError:
        return None
