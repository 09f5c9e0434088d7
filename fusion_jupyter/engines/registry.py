"""The engines by name. An engine's module is imported when a run needs it."""

from __future__ import annotations

import importlib
import os
from typing import NamedTuple

from fusion_jupyter.engines.base import Engine, SupervisorLauncher
from fusion_jupyter.nearest import did_you_mean


class _Entry(NamedTuple):
    """Where an engine is defined.

    Attributes:
        module: Module below `fusion_jupyter.engines`.
        factory: Name of the class, called with a `SupervisorLauncher`.
        folder: Folder of the runs directory in which it keeps its state; it exists once the engine
            has had work. None: there is nothing to tend.
        at_once: It executes a run before its submission returns.
    """

    module: str
    factory: str
    folder: str | None
    at_once: bool = False


_ENGINES = {
    "local": _Entry("local", "LocalEngine", ".queue"),
    "slurm": _Entry("slurm.engine", "SlurmEngine", ".slurm"),
    "debug": _Entry("debug", "DebugEngine", None, at_once=True),
}


def names() -> tuple[str, ...]:
    """The names accepted by `engine`."""
    return tuple(_ENGINES)


def engine(name: str, launcher: SupervisorLauncher) -> Engine:
    """The engine of this name.

    Args:
        name: One of `names`.
        launcher: Starts supervisors for the engine.

    Raises:
        ValueError: There is no such engine.
    """
    if not isinstance(name, str) or name not in _ENGINES:
        hint = did_you_mean(str(name), _ENGINES)
        raise ValueError(f"engine is {name!r}; allowed: {', '.join(_ENGINES)}{hint}")
    entry = _ENGINES[name]
    module = importlib.import_module(f"fusion_jupyter.engines.{entry.module}")
    made: Engine = getattr(module, entry.factory)(launcher)
    return made


def executes_at_once(name: str) -> bool:
    """Whether the engine of this name executes a run before its submission returns."""
    return _ENGINES[name].at_once


def at_work(runs_dir: str, launcher: SupervisorLauncher) -> list[Engine]:
    """The engines that have had work in this runs directory and may need tending."""
    return [
        engine(name, launcher)
        for name, entry in _ENGINES.items()
        if entry.folder is not None and os.path.isdir(os.path.join(runs_dir, entry.folder))
    ]
