"""The real FUSION, in whatever environment it is installed."""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from fusion_jupyter import settings
from fusion_jupyter.storage import layout

NAME = "fusion"
LAUNCHER = Path(__file__).with_name("fusion_launcher.py")
_PROBE = Path(__file__).with_name("fusion_probe.py")
_PROBE_SECONDS = 60.0

#: The environment variable that selects FUSION's newer engine.
ORCHESTRATOR_VARIABLE = "FUSION_USE_ORCHESTRATOR"
#: Other variables that change what FUSION computes.
VARIABLES = ("USE_UNIFIED_ENV", "RL_ENV_TYPE")


@dataclass(frozen=True, kw_only=True)
class Installation:
    """A usable FUSION installation.

    Attributes:
        python: Interpreter of its environment.
        project: Its project folder, the base of relative paths in a configuration.
        version: Version of its package, None if it is not installed as one.
        commit: The checked-out commit, None if unknown.
        python_version: Version of its Python.
        numpy_version: Version of its numpy, None if there is none.
    """

    python: str
    project: str
    version: str | None = None
    commit: str | None = None
    python_version: str = ""
    numpy_version: str | None = None

    def __str__(self) -> str:
        name = f"FUSION {self.version}" if self.version else "FUSION"
        commit = f", commit {self.commit[:12]}" if self.commit else ""
        return f"{name}{commit} (Python {self.python_version}, numpy {self.numpy_version})"


def find_python() -> Path | None:
    """The interpreter of the environment in which FUSION is installed.

    Searched in this order: the configured interpreter, this process's environment, the interpreter
    in the first line of ``fusion-sim`` on PATH.

    Returns:
        The interpreter's path, or None if FUSION is not found.
    """
    configured = settings.fusion_python()
    if configured is not None:
        return configured
    if _is_importable():
        return Path(sys.executable)
    script = shutil.which("fusion-sim")
    return None if script is None else _interpreter_of(Path(script))


def find_installation() -> Installation | None:
    """The FUSION installation that would be used; None if there is none.

    Raises:
        ValueError: The interpreter for it cannot import it.
    """
    python = find_python()
    return None if python is None else installation(python)


def installation(python: str | os.PathLike[str]) -> Installation:
    """Describe the FUSION installation of an interpreter.

    The interpreter is started once; the answer is cached in this process.

    Args:
        python: Path of the interpreter.

    Raises:
        ValueError: It cannot import FUSION, or does not answer.
    """
    return _ask(os.fspath(python), os.environ.get("PYTHONPATH", ""))


@functools.cache
def _ask(python: str, _python_path: str) -> Installation:
    try:
        answer = subprocess.run(
            [python, os.fspath(_PROBE)],
            capture_output=True,
            text=True,
            timeout=_PROBE_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        lines = answer.stdout.splitlines() or [""]
        return Installation(python=python, **json.loads(lines[-1]))
    except subprocess.TimeoutExpired:
        reason = f"it did not answer within {_PROBE_SECONDS:.0f} s"
    except OSError as error:
        reason = error.strerror or str(error)
    except (ValueError, TypeError):
        lines = answer.stderr.strip().splitlines() or [f"it ended with status {answer.returncode}"]
        reason = lines[-1]
    raise ValueError(
        f"fusion_python is {python!r}, which cannot import FUSION: {reason}; allowed: the "
        "interpreter of the environment in which FUSION is installed"
    )


def command(run_dir: Path) -> list[str]:
    """The command that simulates the run directory's ``config.ini``.

    A launcher confines FUSION to the run directory. It is a single self-contained file, because
    FUSION's environment usually does not contain this package.
    """
    return [
        os.fspath(find_python() or sys.executable),
        os.fspath(LAUNCHER),
        os.fspath(run_dir / layout.CONFIG_FILE),
        run_dir.name,
        os.fspath(run_dir / layout.OUTPUT_FOLDER),
        os.fspath(run_dir / layout.PROGRESS_FILE),
    ]


def wants_orchestrator() -> bool:
    """Whether this process's environment selects FUSION's newer engine, as FUSION reads it."""
    word = os.environ.get(ORCHESTRATOR_VARIABLE, "").strip().lower()
    return word in ("1", "true", "yes", "on")


def environment(*, orchestrator: bool) -> dict[str, str]:
    """The environment variables that affect FUSION's results, as passed to a run."""
    found = {name: os.environ[name] for name in VARIABLES if name in os.environ}
    return {ORCHESTRATOR_VARIABLE: "1" if orchestrator else "0", **found}


@functools.cache
def _is_importable() -> bool:
    """Whether FUSION, not another package of that name, is installed in this environment."""
    try:
        found = importlib.util.find_spec("fusion")
    except (ImportError, ValueError):
        return False
    folders = [] if found is None else list(found.submodule_search_locations or ())
    return any((Path(folder) / "cli" / "run_sim.py").is_file() for folder in folders)


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
