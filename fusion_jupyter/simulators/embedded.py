"""The package's own simulator, in a separate process."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import fusion_jupyter.sim
from fusion_jupyter.storage import layout

NAME = "embedded"
#: Raised when a release computes other results than the one before: runs of before are then not
#: taken for the same computation.
RESULTS_VERSION = 1

#: Started by path and without the environment's site-packages, it takes half the time.
_PROGRAM = ("-I", "-S", os.fspath(Path(fusion_jupyter.sim.__file__).with_name("__main__.py")))


def command(run_dir: Path) -> list[str]:
    """The command that simulates the run directory's ``config.ini``."""
    return [
        sys.executable,
        *_PROGRAM,
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
