"""Run one command in a terminal: output, exit status, and handling of Ctrl-C."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from fusion_jupyter import settings
from fusion_jupyter.cli import shell_completion, verbs, words
from fusion_jupyter.cli.output import clean
from fusion_jupyter.manager.manager import RunManager


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: The arguments after ``fusion-jupyter``; None: those of this process.

    Returns:
        Exit status: 0 on success, 1 on an error, 2 for bad arguments, 130 after Ctrl-C.
    """
    _prepare_output()
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    try:
        if arguments[:1] == [shell_completion.VERB]:
            print(*words.candidates(verbs.parser(), arguments[-1]), sep="\n")
            return 0
        options = verbs.parse(verbs.parser(), arguments)
        if options.runs_dir is not None:
            settings.configure(runs_dir=options.runs_dir)
        status: int = options.action(RunManager(), options)
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        if sys.stdout.isatty():
            print()  # the prompt starts on a new line
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except (LookupError, ValueError, TypeError, OSError, ImportError) as error:
        print(f"fusion-jupyter: {clean(str(error))}", file=sys.stderr)
        return 1


def _prepare_output() -> None:
    if sys.stdout is None:
        # Closed by the caller: `watch` still reports the outcome by its exit status.
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 (open as long as the process)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A character that the terminal cannot show is printed as its code, without an error.
        sys.stdout.reconfigure(errors="backslashreplace")
