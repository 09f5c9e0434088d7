"""The protocol that every engine follows, and the engines by name."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from fusion_jupyter.engines import local


class Engine(Protocol):
    """What a place that executes runs must offer."""

    def submit(self, run_dir: Path) -> None:
        """Take the complete, new run directory and see that it is executed, once."""

    def withdraw(self, run_dir: Path) -> None:
        """Forget a run that has not started, because it was cancelled."""

    def tend(self, runs_dir: Path) -> None:
        """Start what can start now; called on any occasion, so it must be cheap."""


_ENGINES: dict[str, Engine] = {"local": local.LocalEngine()}


def engine(name: str) -> Engine:
    """The engine of this name.

    Raises:
        ValueError: There is none.
    """
    try:
        return _ENGINES[name]
    except KeyError:
        raise ValueError(f"engine is {name!r}; allowed: {', '.join(_ENGINES)}") from None
