"""The package's own simulator, in a separate process."""

from __future__ import annotations

import os
from pathlib import Path

from fusion_jupyter.sim import entry
from fusion_jupyter.storage import layout

NAME = "embedded"
#: Raised when a release computes other results than the one before: runs of before are then not
#: taken for the same computation.
RESULTS_VERSION = 1


def command(run_dir: Path) -> list[str]:
    """The command that simulates the run directory's ``config.ini``."""
    return [
        *entry.COMMAND,
        "run_sim",
        "--config_path",
        os.fspath(run_dir / layout.CONFIG_FILE),
        "--run_id",
        run_dir.name,
        "--output_dir",
        os.fspath(run_dir / layout.OUTPUT_FOLDER),
        "--progress_file",
        os.fspath(run_dir / layout.PROGRESS_FILE),
    ]
