"""At a folder's first run, tell the user once where runs are kept."""

from __future__ import annotations

import sys
from pathlib import Path

from fusion_jupyter import settings
from fusion_jupyter.terminal import visible


def tell_where(runs_dir: Path) -> None:
    """Print where runs are kept, in the cell or on stderr, unless the user chose the folder.

    Args:
        runs_dir: The runs directory, which was created for the first run.
    """
    if settings.is_runs_dir_chosen() or settings.runs_dir() != runs_dir:
        return
    stream = sys.stdout if "ipykernel" in sys.modules else sys.stderr
    if stream is not None:
        folder = visible(str(runs_dir))
        print(f"Runs are kept in {folder}; fj.configure(runs_dir=...) changes that.", file=stream)
