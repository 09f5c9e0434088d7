"""The arguments of the command line.

Importing and setting up ``argparse`` takes as long as reading a configuration. It is used only for
errors and help; arguments as passed by :mod:`fusion_jupyter` are parsed here.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

#: Name -> default and help; the default None means that a value is required.
OPTIONS: dict[str, tuple[str | None, str]] = {
    "config_path": (None, "INI file"),
    "run_id": (None, "name of the run"),
    "output_dir": (
        os.path.join("data", "output"), "folder of the output tree (default: data/output)"
    ),
    "progress_file": ("", "file that progress lines are added to"),
    "processes": ("1", "loads simulated at a time (default: 1)"),
}  # fmt: skip
PLAIN = "simulate in plain Python, even if there is a kernel"
COMMAND = "run_sim"


class Arguments:
    """The arguments.

    Attributes:
        config_path: The configuration's INI file.
        run_id: Name of the run.
        output_dir: Folder of the output tree.
        progress_file: File to which progress lines are appended; empty for none.
        processes: Number of loads simulated at once.
        plain: Whether to always simulate in plain Python.
    """

    config_path: str
    run_id: str
    output_dir: str
    progress_file: str
    processes: int
    plain: bool


def parse_arguments(arguments: Sequence[str]) -> Arguments:
    """Read the arguments.

    Args:
        arguments: The command line without the program's name.

    Raises:
        SystemExit: They are invalid (status 2), or help was requested (status 0).
    """
    return _read(arguments) or _parser().parse_args(arguments, Arguments())


def _read(arguments: Sequence[str]) -> Arguments | None:
    """Parse arguments in the expected form; None for anything else."""
    left = [argument for argument in arguments if argument != "--plain"]
    if left[:1] == [COMMAND]:
        del left[0]
    values = {name: default for name, (default, _) in OPTIONS.items() if default is not None}
    for option, value in zip(left[::2], left[1::2], strict=False):
        name = option.removeprefix("--")
        if name == option or name not in OPTIONS or value.startswith("-"):
            return None
        values[name] = value
    if len(left) % 2 or len(values) < len(OPTIONS) or not values["processes"].isdecimal():
        return None
    result = Arguments()
    for name, value in values.items():
        setattr(result, name, value)
    result.processes = int(values["processes"])
    result.plain = len(left) < len(arguments) - (arguments[0] == COMMAND)
    return result if result.processes else None


def _parser() -> argparse.ArgumentParser:
    import argparse

    def positive(text: str) -> int:
        number = int(text)
        if number < 1:
            raise argparse.ArgumentTypeError(f"must be 1 or more, not {number}")
        return number

    parser = argparse.ArgumentParser(
        prog="python -m fusion_jupyter.sim",
        description="Simulate an elastic optical network over a range of traffic loads.",
        allow_abbrev=False,
    )
    parser.add_argument("command", nargs="?", choices=[COMMAND], help="may be left out")
    for name, (default, text) in OPTIONS.items():
        kind = positive if name == "processes" else str
        parser.add_argument(
            f"--{name}", type=kind, default=default, required=default is None, help=text
        )
    parser.add_argument("--plain", action="store_true", help=PLAIN)
    return parser
