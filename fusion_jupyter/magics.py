"""``%fusion``: the terminal's commands in a notebook, which displays their results.

``%load_ext fusion_jupyter`` adds it::

    %fusion start minimal k_paths=5
    run = %fusion run 3f9c
    %fusion runs --status failed
"""

from __future__ import annotations

import argparse
import shlex
from typing import Any, NoReturn

from fusion_jupyter.cli import verbs, words
from fusion_jupyter.manager.manager import RunManager

NAME = "fusion"


class _Parser(argparse.ArgumentParser):
    """Bad arguments raise an error in the cell and do not end the kernel."""

    def error(self, message: str) -> NoReturn:
        from IPython.core.error import UsageError

        raise UsageError(f"{self.prog}: {message}")


def register(shell: Any) -> None:
    """Add the magic and its completion to a shell."""
    shell.register_magic_function(fusion, "line", NAME)
    shell.set_hook("complete_command", _complete, str_key=f"%{NAME}")
    shell.set_hook("complete_command", _complete, re_key=rf".*=\s*%{NAME}\b.*")


def fusion(line: str) -> Any:
    """Start, watch and manage simulation runs, with the commands of ``fusion-jupyter``.

    ``%fusion start minimal k_paths=5`` starts a run and shows it; ``%fusion runs``,
    ``%fusion run ID``, ``%fusion results ID``; ``%fusion --help`` lists all commands.
    """
    try:
        options = verbs.parse(verbs.parser(notebook=True, kind=_Parser), shlex.split(line))
    except SystemExit:  # --help has printed its text
        return None
    if options.shown is not None:
        return options.shown(options)
    options.action(RunManager(), options)
    return None


def _complete(_shell: Any, event: Any) -> list[str]:
    typed = event.text_until_cursor.partition(f"%{NAME}")[2]
    parser = verbs.parser(notebook=True, kind=_Parser)
    # The shell's words end at an equals sign, as in bash.
    begin = typed.split()[-1] if typed and not typed[-1].isspace() else ""
    cut = len(begin) - len(event.symbol)
    return [word[cut:] for word in words.candidates(parser, typed)]
