"""Any program as a run: its environment, and checks of its command."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from fusion_jupyter.storage import layout

NAME = "command"


def checked(program: Sequence[str]) -> list[str]:
    """The command with its program made absolute, so that it means the same when it starts later.

    Args:
        program: Program and arguments.

    Raises:
        ValueError: It is empty or a single string, a part is not text, or the program is not found.
    """
    if not isinstance(program, list | tuple) or not program:
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


def checked_patterns(patterns: Sequence[str]) -> list[str]:
    """Check the log patterns of a program that reports no progress.

    Args:
        patterns: Regular expressions whose named groups are numbers: ``fraction``, or ``step`` and
            ``total``, or ``erlang``, ``iteration``, ``total_iterations``; others are metrics.

    Raises:
        ValueError: A pattern is not a regular expression, or has no named group.
    """
    if isinstance(patterns, str):
        patterns = [patterns]
    for pattern in patterns:
        try:
            names = re.compile(pattern).groupindex
        except (re.error, TypeError) as error:
            raise ValueError(
                f"progress pattern is {pattern!r}: {error}; allowed: a regular expression"
            ) from None
        if not names:
            raise ValueError(
                f"progress pattern is {pattern!r}; allowed: one with named groups, such as "
                r"'epoch (?P<step>\d+)/(?P<total>\d+)'"
            )
    return list(patterns)


def environment(run_dir: Path) -> dict[str, str]:
    """The environment that tells a program where to report progress and write its files."""
    return {
        layout.RUN_ID_VARIABLE: run_dir.name,
        layout.PROGRESS_VARIABLE: os.fspath(run_dir / layout.PROGRESS_FILE),
        layout.OUTPUT_VARIABLE: os.fspath(run_dir / layout.OUTPUT_FOLDER),
        # A program's output should reach the log immediately, not when a buffer is full.
        "PYTHONUNBUFFERED": "1",
    }
