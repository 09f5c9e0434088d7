"""Any program as a run: what it is told by its environment, and what makes a usable command."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from fusion_jupyter import layout

NAME = "command"


def checked(program: Sequence[str]) -> list[str]:
    """The command with its program made absolute, so that it means the same when it starts later.

    Args:
        program: Program and arguments.

    Raises:
        ValueError: It is empty or a single string, a part is not text, or the program is not found.
    """
    if isinstance(program, str | bytes) or not program:
        raise ValueError(
            f"command is {program!r}; allowed: a list of program and arguments, such as "
            "[sys.executable, 'train.py']"
        )
    parts = [os.fspath(part) if isinstance(part, os.PathLike) else str(part) for part in program]
    for part in parts:
        if "\0" in part:
            raise ValueError(f"command has the argument {part!r}; allowed: text without NUL")
    found = shutil.which(parts[0])
    if found is None:
        raise ValueError(f"command starts with {parts[0]!r}; allowed: a program that can be run")
    return [os.fspath(Path(found).absolute()), *parts[1:]]


def environment(run_dir: Path) -> dict[str, str]:
    """Where the program may report its progress and leave its files."""
    return {
        "FUSION_RUN_ID": run_dir.name,
        "FUSION_PROGRESS_FILE": os.fspath(run_dir / layout.PROGRESS_FILE),
        "FUSION_OUTPUT_DIR": os.fspath(run_dir / layout.OUTPUT_FOLDER),
        # A program's prints belong in the log when they are made, not when a buffer is full.
        "PYTHONUNBUFFERED": "1",
    }
