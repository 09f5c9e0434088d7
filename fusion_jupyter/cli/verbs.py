"""The commands of ``fusion-jupyter``, and of ``%fusion`` in a notebook.

One definition for both. A terminal prints (``action``); a notebook displays the returned object
(``shown``), if a command has one.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, get_args

from fusion_jupyter import settings
from fusion_jupyter._version import __version__
from fusion_jupyter.choices import LevelName
from fusion_jupyter.cli import (
    changing,
    doctor,
    reference,
    shell_completion,
    showing,
    sweeps,
    tables,
    watching,
)
from fusion_jupyter.engines import registry
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunStatus
from fusion_jupyter.simulators.choice import SIMULATORS

LEVELS = get_args(LevelName)
_RUN_ID = "id of a run, its first characters, or its name"
_TARGET = "id of a run or a sweep, its first characters, or its name"


def parse(parser: argparse.ArgumentParser, words: Sequence[str]) -> argparse.Namespace:
    """Parse a command; assignments may also follow an option.

    Args:
        parser: See `parser`.
        words: The command and its arguments.
    """
    options, rest = parser.parse_known_args(words)
    if rest and (not hasattr(options, "words") or any(word.startswith("-") for word in rest)):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if rest:
        options.words += rest
    return options


def parser(
    *, notebook: bool = False, kind: type[argparse.ArgumentParser] = argparse.ArgumentParser
) -> argparse.ArgumentParser:
    """The parser of all commands.

    Args:
        notebook: For ``%fusion``: without commands that make sense only in a terminal.
        kind: A class that handles errors differently.
    """
    made = kind(
        prog="%fusion" if notebook else "fusion-jupyter",
        description="Start, see and manage simulation runs.",
    )
    made.set_defaults(shown=None)
    if not notebook:
        made.add_argument("--version", action="version", version=__version__)
        made.add_argument(
            "--runs-dir",
            type=Path,
            default=None,
            help=f"folder of the runs (default: ${settings.RUNS_DIR_VARIABLE}, else the nearest "
            "fusion_runs)",
        )
    verbs = made.add_subparsers(required=True, metavar="COMMAND", dest="verb")
    _add_starting(verbs, notebook=notebook)
    _add_showing(verbs, notebook=notebook)
    _add_reference(verbs, notebook=notebook)
    _add_logs(verbs)
    _add_changing(verbs)
    _add_results(verbs, notebook=notebook)
    _add_others(verbs, notebook=notebook)
    return made


def _add_starting(verbs: Any, *, notebook: bool) -> None:
    start = verbs.add_parser("start", help="start a run")
    start.set_defaults(action=changing.start, shown=changing.start_run)
    start.add_argument(
        "--reuse",
        action="store_true",
        help="give an earlier run of the same computation, if there is one",
    )
    sweep = verbs.add_parser("sweep", help="start a run for each combination of values")
    sweep.set_defaults(action=changing.sweep, shown=changing.start_sweep)
    sweep.add_argument(
        "--over",
        action="append",
        required=True,
        metavar="OPTION=VALUE,VALUE…",
        help="an option and its values; may be repeated",
    )
    sweep.add_argument("--repeats", type=int, default=1, help="repetitions of each point")
    sweep.add_argument("--dry-run", action="store_true", help="start nothing, tell what would be")
    for verb in (start, sweep):
        verb.add_argument(
            "words",
            nargs="*",
            metavar="TEMPLATE OPTION=VALUE…",
            help="a template or an INI file (default: minimal), and options to change",
        )
        verb.add_argument("--name", help="a name for people")
        verb.add_argument("--tag", action="append", default=[], help="a label; may be repeated")
        verb.add_argument("--simulator", choices=SIMULATORS, default="auto", help="default: auto")
        verb.add_argument(
            "--engine", choices=registry.names(), default="local", help="default: local"
        )
        verb.add_argument(
            "--engine-option",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="for Slurm; may be repeated",
        )
        if not notebook:
            verb.add_argument(
                "--wait", action="store_true", help="show the progress until it has ended"
            )


def _add_showing(verbs: Any, *, notebook: bool) -> None:
    listing = verbs.add_parser("list", aliases=["runs"], help="list the runs, newest first")
    listing.add_argument("--status", type=str.upper, choices=[status.value for status in RunStatus])
    listing.add_argument("--tag", action="append", help="only runs with this tag; may be repeated")
    listing.add_argument("--name", help="only runs whose name contains this text")
    listing.add_argument(
        "--since", help="only runs created since, for example 2026-11-27, or within 2h or 7d"
    )
    listing.add_argument("--limit", type=_count, help="maximum number of runs")
    listing.set_defaults(action=showing.list_runs, shown=showing.find_runs)
    sweep = verbs.add_parser("sweeps", help="list the sweeps, newest first")
    sweep.set_defaults(action=sweeps.list_sweeps, shown=sweeps.find_sweeps)
    show = verbs.add_parser(
        "show", aliases=["run"], help="everything known about a run, or the points of a sweep"
    )
    show.set_defaults(action=showing.show, shown=showing.find_run)
    watch = verbs.add_parser("watch", help="a live progress bar until the run has ended")
    watch.set_defaults(action=watching.watch, shown=showing.find_run)
    for verb in (show, watch):
        verb.add_argument("target", help=_TARGET)
    _add_format(notebook, listing, sweep, show)


def _add_reference(verbs: Any, *, notebook: bool) -> None:
    templates = verbs.add_parser("templates", help="list the templates, also your own")
    templates.set_defaults(action=reference.list_templates, shown=reference.find_templates)
    options = verbs.add_parser("options", help="list the options of a template")
    options.add_argument(
        "template",
        nargs="?",
        default="minimal",
        help="a template or an INI file (default: minimal)",
    )
    options.add_argument("--simulator", choices=SIMULATORS, default="auto", help="default: auto")
    options.set_defaults(action=reference.list_options, shown=reference.find_options)
    networks = verbs.add_parser("networks", help="list the networks of the package")
    networks.set_defaults(action=reference.list_networks, shown=reference.find_networks)
    if not notebook:
        options.add_argument("--all", action="store_true", help="not only the main ones")
    _add_format(notebook, templates, options, networks)


def _add_format(notebook: bool, *made: argparse.ArgumentParser) -> None:
    """How to print; a notebook displays objects instead."""
    for verb in made if not notebook else ():
        verb.add_argument(
            "--format", choices=("text", "json"), default="text", help="default: text"
        )


def _add_logs(verbs: Any) -> None:
    logs = verbs.add_parser("logs", help="print a run's log")
    logs.add_argument("run_id", help=_RUN_ID)
    logs.add_argument(
        "-f", "--follow", action="store_true", help="continue until the run has ended"
    )
    logs.add_argument("-n", "--lines", type=_count, help="only the last N lines")
    logs.add_argument(
        "--raw", action="store_true", help="with escape sequences, as the program wrote it"
    )
    logs.set_defaults(action=watching.logs)


def _add_changing(verbs: Any) -> None:
    actions: dict[str, tuple[Callable[[RunManager, argparse.Namespace], int], str]] = {
        "cancel": (changing.cancel, "end a run, or all runs of a sweep, keeping the files"),
        "delete": (changing.delete, "delete a finished run, or a sweep, with all files"),
    }
    for name, (action, text) in actions.items():
        verb = verbs.add_parser(name, help=text)
        verb.add_argument("target", help=_TARGET)
        verb.add_argument(
            "--force",
            action="store_true",
            help="even if its supervisor does not react, or its host is gone; "
            "delete cancels a run first",
        )
        verb.set_defaults(action=action)


def _add_results(verbs: Any, *, notebook: bool) -> None:
    results = verbs.add_parser("results", help="print the results of runs and sweeps")
    export = verbs.add_parser("export", help="write runs and sweeps to one file, with checksums")
    for verb in (results, export):
        verb.add_argument("targets", nargs="+", metavar="target", help=_TARGET)
    export.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE.zip", help="the file to write"
    )
    export.set_defaults(action=tables.export, shown=tables.make_bundle)
    results.add_argument("--level", default=LEVELS[0], choices=LEVELS)
    results.set_defaults(action=tables.results, shown=tables.find_results)
    if not notebook:
        results.add_argument(
            "--format", choices=tables.FORMATS, help="default: by the file's extension, else csv"
        )
        results.add_argument("-o", "--output", type=Path, help="a file instead of the terminal")


def _add_others(verbs: Any, *, notebook: bool) -> None:
    check = verbs.add_parser("doctor", help="report what is installed and what works")
    check.set_defaults(action=doctor.examine)
    slurm = verbs.add_parser("slurm-check", help="report whether runs can execute on this cluster")
    slurm.add_argument("--no-job", action="store_true", help="submit no test job")
    slurm.set_defaults(action=doctor.examine_slurm)
    if not notebook:
        script = verbs.add_parser(
            "completion", help="print code that makes a shell complete commands"
        )
        script.add_argument("shell", choices=shell_completion.SHELLS)
        script.set_defaults(action=shell_completion.print_script)


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not allowed; allowed: 0 or more")
    return int(text)
