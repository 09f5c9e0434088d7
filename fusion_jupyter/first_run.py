"""The first run of a folder: the user is told once where runs are kept."""

from __future__ import annotations

import sys
from pathlib import Path

from fusion_jupyter import settings
from fusion_jupyter.terminal import visible


def tell_where(runs_dir: Path) -> None:
    """Say where runs are kept, unless the user has chosen the folder: in the cell, or on stderr.

    Args:
        runs_dir: The runs directory, which was created for the first run.
    """
    if settings.is_runs_dir_chosen() or settings.runs_dir() != runs_dir:
        return
    stream = sys.stdout if "ipykernel" in sys.modules else sys.stderr
    if stream is not None:
        place = visible(str(runs_dir))
        print(f"Runs are kept in {place}; fj.configure(runs_dir=...) changes that.", file=stream)
