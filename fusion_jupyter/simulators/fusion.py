"""The real FUSION, in whatever environment it is installed."""

from __future__ import annotations

import functools
import importlib.util
import os
import shutil
import sys
from pathlib import Path

from fusion_jupyter import settings
from fusion_jupyter.storage import layout

NAME = "fusion"
LAUNCHER = Path(__file__).with_name("fusion_launcher.py")


def find_python() -> Path | None:
    """The interpreter of the environment in which FUSION is installed.

    Looked for in this order: what the user configured, this process's own environment, the
    interpreter in the first line of ``fusion-sim`` on PATH.

    Returns:
        The interpreter's path, or None where FUSION is not found.
    """
    configured = settings.fusion_python()
    if configured is not None:
        return configured
    if _is_importable():
        return Path(sys.executable)
    script = shutil.which("fusion-sim")
    return None if script is None else _interpreter_of(Path(script))


def command(run_dir: Path) -> list[str]:
    """The command that simulates what the run directory's ``config.ini`` says.

    A launcher confines FUSION to the run directory. It is a single file that needs nothing else of
    this package, because FUSION's environment usually does not have it.
    """
    return [
        os.fspath(find_python() or sys.executable),
        os.fspath(LAUNCHER),
        os.fspath(run_dir / layout.CONFIG_FILE),
        run_dir.name,
        os.fspath(run_dir / layout.OUTPUT_FOLDER),
        os.fspath(run_dir / layout.PROGRESS_FILE),
    ]


@functools.cache
def _is_importable() -> bool:
    """Whether FUSION is in this environment; another package of that name does not count."""
    try:
        found = importlib.util.find_spec("fusion")
    except (ImportError, ValueError):
        return False
    places = [] if found is None else list(found.submodule_search_locations or ())
    return any((Path(place) / "cli" / "run_sim.py").is_file() for place in places)


def _interpreter_of(script: Path) -> Path | None:
    try:
        with script.open("rb") as file:
            first = file.readline(4096).decode(errors="replace").strip()
    except OSError:
        return None
    if not first.startswith("#!"):
        return None
    interpreter = first[2:].strip().split(" ")[0]
    return Path(interpreter) if os.access(interpreter, os.X_OK) else None
