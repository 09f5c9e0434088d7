"""User settings of this process, such as the runs directory and the number of concurrent runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fusion_jupyter import arguments, project

RUNS_DIR_VARIABLE = "FUSION_JUPYTER_RUNS_DIR"
MAX_CONCURRENT_VARIABLE = "FUSION_JUPYTER_MAX_CONCURRENT_RUNS"
FUSION_PYTHON_VARIABLE = "FUSION_JUPYTER_FUSION_PYTHON"
_CONFIGURED = "configured"


@dataclass(frozen=True, kw_only=True, repr=False)
class Settings:
    """The values that `configure` changes.

    Attributes:
        runs_dir: Folder of the run directories; None: the environment variable
            ``FUSION_JUPYTER_RUNS_DIR``, else the nearest ``fusion_runs`` in the working directory
            or a folder around it (see `fusion_jupyter.project.find_runs_dir`), else
            ``fusion_runs`` in the working directory.
        max_concurrent_runs: Maximum number of concurrent runs per runs directory; None: the
            variable ``FUSION_JUPYTER_MAX_CONCURRENT_RUNS``, else the number of cores.
        cancel_grace_seconds: Seconds between SIGTERM and SIGKILL when a run is cancelled.
        fusion_python: Interpreter of the environment in which FUSION is installed; None: the
            variable ``FUSION_JUPYTER_FUSION_PYTHON``, else what ``fusion-sim`` on PATH uses.
        slurm: Default `engine_options` of runs on Slurm, such as
            ``{"partition": "short", "time": "2:00:00"}``.
        fusion: The FUSION found there when it was configured: version, commit, Python, numpy.
    """

    runs_dir: Path | None = None
    max_concurrent_runs: int | None = None
    cancel_grace_seconds: float = 5.0
    fusion_python: Path | None = None
    slurm: Mapping[str, object] = field(default_factory=dict)
    fusion: str | None = None

    def __repr__(self) -> str:
        from fusion_jupyter import settings_table

        return settings_table.text(self.rows())

    def _repr_html_(self) -> str:
        from fusion_jupyter import settings_table

        return settings_table.as_html(self.rows())

    def rows(self) -> list[tuple[str, str, str]]:
        """Name, value in force and origin of each setting, as text."""
        grace = f"{self.cancel_grace_seconds:g}"
        asked = ", ".join(f"{name}={value}" for name, value in self.slurm.items())
        return [
            ("runs_dir", *self._runs_dir()),
            ("max_concurrent_runs", *self._max_concurrent_runs()),
            ("cancel_grace_seconds", grace, "seconds from SIGTERM to SIGKILL"),
            ("fusion_python", *self._fusion_python()),
            ("slurm", asked or "-", _CONFIGURED if asked else "the cluster's defaults"),
        ]

    def _runs_dir(self) -> tuple[str, str]:
        variable = os.environ.get(RUNS_DIR_VARIABLE)
        try:
            if self.runs_dir is not None:
                return os.fspath(self.runs_dir), _CONFIGURED
            if variable:
                return os.fspath(absolute_runs_dir(variable)), RUNS_DIR_VARIABLE
            path, here = _project_runs_dir(), Path.cwd()
        except FileNotFoundError:
            return "-", "the working directory was deleted"
        where = "in" if path.parent == here else "found in a folder around"
        return os.fspath(path), f"{where} the working directory"

    def _max_concurrent_runs(self) -> tuple[str, str]:
        if self.max_concurrent_runs is not None:
            return str(self.max_concurrent_runs), _CONFIGURED
        variable = os.environ.get(MAX_CONCURRENT_VARIABLE)
        if variable:
            return variable, MAX_CONCURRENT_VARIABLE
        return str(os.cpu_count() or 1), "cores of this machine"

    def _fusion_python(self) -> tuple[str, str]:
        if self.fusion_python is not None:
            return os.fspath(self.fusion_python), self.fusion or _CONFIGURED
        variable = os.environ.get(FUSION_PYTHON_VARIABLE)
        return (variable, FUSION_PYTHON_VARIABLE) if variable else ("-", "looked for on PATH")


_settings = Settings()


def configure(
    *,
    runs_dir: str | os.PathLike[str] | None = None,
    max_concurrent_runs: int | None = None,
    cancel_grace_seconds: float | None = None,
    fusion_python: str | os.PathLike[str] | None = None,
    slurm: Mapping[str, object] | None = None,
    fusion: str | None = None,
) -> Settings:
    """Change settings of this process; omitted settings keep their values.

    `fusion_jupyter.configure` calls this after checking the interpreter.

    Args:
        runs_dir: Folder of the run directories, created when first needed.
        max_concurrent_runs: At least 1.
        cancel_grace_seconds: At least 0.
        fusion_python: Path of a Python interpreter.
        slurm: Default options for runs on Slurm, checked when a run is started; replaces earlier
            defaults.
        fusion: Description of the FUSION there.

    Returns:
        The new settings.

    Raises:
        ValueError: A value is out of range, or the interpreter does not exist.

    Example:
        >>> configure(max_concurrent_runs=2).max_concurrent_runs
        2
    """
    global _settings  # noqa: PLW0603 (one set of settings per process is the point)
    if max_concurrent_runs is not None and (
        isinstance(max_concurrent_runs, bool)
        or not isinstance(max_concurrent_runs, int)
        or max_concurrent_runs < 1
    ):
        raise ValueError(f"max_concurrent_runs is {max_concurrent_runs!r}; allowed: 1 or more")
    if cancel_grace_seconds is not None and not (
        arguments.is_number(cancel_grace_seconds) and 0 <= cancel_grace_seconds < 3600
    ):
        raise ValueError(f"cancel_grace_seconds is {cancel_grace_seconds!r}; allowed: 0 to 3600")
    if fusion_python is not None:
        fusion_python = arguments.path("fusion_python", fusion_python, "the path of an interpreter")
        fusion_python = fusion_python.absolute()
        if not os.access(fusion_python, os.X_OK):
            raise ValueError(
                f"fusion_python is {os.fspath(fusion_python)!r}: no such executable file"
            )
    if slurm is not None:
        slurm = dict(arguments.mapping("slurm", slurm, "{'partition': 'short'}"))
    given: dict[str, Any] = {
        "runs_dir": None if runs_dir is None else absolute_runs_dir(runs_dir),
        "max_concurrent_runs": max_concurrent_runs,
        "cancel_grace_seconds": cancel_grace_seconds,
        "fusion_python": fusion_python,
        "fusion": fusion,
        "slurm": slurm,
    }
    _settings = replace(_settings, **{k: v for k, v in given.items() if v is not None})
    return _settings


def reset() -> None:
    """Restore the defaults."""
    global _settings  # noqa: PLW0603 (see configure)
    _settings = Settings()


def runs_dir() -> Path:
    """The folder of the run directories, absolute; it need not exist yet.

    Raises:
        FileNotFoundError: It is in the working directory, and that was deleted.
    """
    chosen = _settings.runs_dir or os.environ.get(RUNS_DIR_VARIABLE)
    return absolute_runs_dir(chosen) if chosen else _project_runs_dir()


def is_runs_dir_chosen() -> bool:
    """Whether `configure` or the environment sets the runs directory."""
    return _settings.runs_dir is not None or bool(os.environ.get(RUNS_DIR_VARIABLE))


def _project_runs_dir() -> Path:
    default = absolute_runs_dir(project.RUNS_FOLDER)
    return project.find_runs_dir(default.parent) or default


def absolute_runs_dir(chosen: str | os.PathLike[str]) -> Path:
    """A runs directory as an absolute path.

    Raises:
        FileNotFoundError: It is in the working directory, and that was deleted.
    """
    try:
        return arguments.path("runs_dir", chosen, "the path of a folder").absolute()
    except FileNotFoundError:
        raise FileNotFoundError(
            f"The working directory was deleted, and runs_dir is {os.fspath(chosen)!r} in it; "
            "allowed: an absolute path, for example in fusion_jupyter.configure(runs_dir=...)"
        ) from None


def max_concurrent_runs() -> int:
    """Maximum number of concurrent runs.

    Raises:
        ValueError: The environment variable is not a whole number above 0.
    """
    if _settings.max_concurrent_runs is not None:
        return _settings.max_concurrent_runs
    text = os.environ.get(MAX_CONCURRENT_VARIABLE)
    if not text:
        return os.cpu_count() or 1
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"{MAX_CONCURRENT_VARIABLE} is {text!r}; allowed: a whole number above 0")
    return int(text)


def cancel_grace_seconds() -> float:
    """Seconds between SIGTERM and SIGKILL."""
    return _settings.cancel_grace_seconds


def fusion_python() -> Path | None:
    """The configured interpreter of FUSION's environment, if any."""
    text = os.environ.get(FUSION_PYTHON_VARIABLE)
    return _settings.fusion_python or (Path(text).expanduser() if text else None)


def slurm() -> Mapping[str, object]:
    """Default options of runs on Slurm."""
    return _settings.slurm
