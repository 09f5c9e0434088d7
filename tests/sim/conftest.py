"""What the simulator's tests share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from sim_configs import write_config

import fusion_jupyter.sim
from fusion_jupyter.sim.config import SimConfig, read_config


@pytest.fixture
def config_file(tmp_path: Path) -> Any:
    """Return a function that writes a configuration file and returns its path."""

    def write(**changes: Any) -> Path:
        return write_config(tmp_path / "config.ini", **changes)

    return write


@pytest.fixture
def config(config_file: Any) -> Any:
    """Return a function that makes a checked configuration."""

    def make(**changes: Any) -> SimConfig:
        return read_config(config_file(**changes))

    return make


@pytest.fixture
def environment() -> dict[str, str]:
    """Return the environment for processes of the simulator, run from any directory."""
    root = Path(fusion_jupyter.sim.__file__).parents[2]
    paths = [str(root), os.environ.get("PYTHONPATH", "")]
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
