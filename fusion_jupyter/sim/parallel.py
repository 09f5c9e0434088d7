"""Loads, one after another or spread over processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusion_jupyter.sim.progress import Meter
from fusion_jupyter.sim.runner import LoadResult, Runner

if TYPE_CHECKING:
    from pathlib import Path

    from fusion_jupyter.sim.config import SimConfig
    from fusion_jupyter.sim.signals import Stop


def run_loads(
    config: SimConfig,
    directory: Path,
    progress_file: Path | None,
    stop: Stop,
    *,
    processes: int = 1,
) -> list[LoadResult]:
    """Simulate all loads of a configuration."""
    loads = len(config.erlangs)
    meter = Meter([0], [0.0], loads)
    runner = Runner(config, directory, progress_file, meter, stop)
    return [runner.run_load(index) for index in range(loads)]
