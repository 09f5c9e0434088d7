"""Completions of a command that is being typed, in a shell or after ``%fusion``."""

from __future__ import annotations

import argparse
import contextlib
import shlex
from collections.abc import Iterator
from pathlib import Path

from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.studies.record import list_ids

#: Maximum number of runs, and of sweeps, whose ids are offered.
_MOST_RUNS = 50


def candidates(parser: argparse.ArgumentParser, line: str) -> list[str]:
    """The possible words at the end of a line.

    Args:
        parser: The parser of the commands.
        line: The text after the program's name, up to the cursor.

    Example:
        >>> from fusion_jupyter.cli import verbs
        >>> candidates(verbs.parser(), "start minimal route_meth")
        ['route_method=']
    """
    try:
        words = shlex.split(line)
    except ValueError:  # a quote is open
        words = line.split()
    last = "" if not words or line[-1:].isspace() else words.pop()
    options = {flag: action for action in parser._actions for flag in action.option_strings}
    while words and words[0].startswith("-"):
        takes = getattr(options.get(words.pop(0)), "nargs", 0) is None
        words = words[1:] if takes else words
    found: Iterator[str] | list[str]
    if not words:
        found = _of_parser(parser, last)
    else:
        verb = _verbs(parser).get(words[0])
        found = [] if verb is None else _of_verb(verb, words[1:], last)
    return [word for word in dict.fromkeys(found) if word.startswith(last) and word != last]


def _verbs(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def _of_parser(parser: argparse.ArgumentParser, last: str) -> Iterator[str]:
    yield from _flags(parser, last) if last.startswith("-") else _verbs(parser)


def _of_verb(verb: argparse.ArgumentParser, words: list[str], last: str) -> Iterator[str]:
    flags = {flag: action for action in verb._actions for flag in action.option_strings}
    before = flags.get(words[-1]) if words else None
    if before is not None and before.nargs is None:  # its value is being typed
        yield from _values(before, last)
    elif last.startswith("-"):
        yield from _flags(verb, last)
    else:
        for action in verb._actions:
            if not action.option_strings:
                yield from _values(action, last, first=not words)


def _flags(parser: argparse.ArgumentParser, last: str) -> Iterator[str]:
    for action in parser._actions:
        for flag in action.option_strings:
            if last.startswith("--") or not flag.startswith("--") or last == "-":
                yield flag


def _values(action: argparse.Action, last: str, *, first: bool = False) -> Iterator[str]:
    if action.choices is not None:
        lower = getattr(action, "type", None) is str.upper
        yield from (each.lower() if lower else each for each in action.choices)
    elif action.dest in ("run_id", "target", "targets"):
        with contextlib.suppress(OSError, ValueError):
            manager = RunManager()
            yield from (record.id for record in manager.list_runs()[:_MOST_RUNS])
            if action.dest != "run_id":
                yield from list_ids(manager.runs_dir)[:_MOST_RUNS]
    elif action.dest == "template":
        yield from _templates()
    elif action.dest in ("words", "over"):
        yield from _assignments(last, several=action.dest == "over")
        if first and "=" not in last and action.dest == "words":
            yield from _templates()


def _templates() -> Iterator[str]:
    from fusion_jupyter.config.template_files import template_names

    yield from template_names()
    yield from sorted(path.name for path in Path().glob("*.ini"))


def _assignments(last: str, *, several: bool) -> Iterator[str]:
    from fusion_jupyter.config import schema

    name, equals, text = last.partition("=")
    if not equals:
        ordered = sorted(schema.OPTIONS.values(), key=lambda option: option.importance)
        yield from (f"{schema.short_name(option)}=" for option in ordered)
        return
    option = schema.find(name)
    if option is not None:
        begin = text[: text.rfind(",") + 1] if several else ""
        for value in (*option.kind.choices, *option.kind.suggestions):
            yield f"{name}={begin}{value}"
