"""The Slurm options of a run, and the batch script that requests them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from typing import Any

from fusion_jupyter.nearest import did_you_mean

_WORD = re.compile(r"[\w@%+=:,./&|()*\[\]-]{1,200}")
_TIME = re.compile(r"\d+(-\d+(:\d+(:\d+)?)?|:\d+(:\d+)?)?")
_MEMORY = re.compile(r"\d+[KMGT]?")
_GPUS = re.compile(r"(\w+:)?\d+")
#: Arguments of sbatch that this package sets itself to find its jobs again.
_OWN = (
    "array", "chdir", "comment", "error", "export", "job-name", "output", "open-mode", "parsable",
    "requeue", "no-requeue", "signal", "wait", "wrap",
)  # fmt: skip


def _text(pattern: re.Pattern[str]) -> Callable[[Any], str | None]:
    def parse(value: Any) -> str | None:
        text = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
        return text if pattern.fullmatch(text) else None

    return parse


def _count(value: Any) -> int | None:
    good = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 1_000_000
    return value if good else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _arguments(value: Any) -> list[str] | None:
    if isinstance(value, str) or not isinstance(value, (list, tuple)):
        return None
    found = [str(argument) for argument in value]
    for argument in found:
        name = argument.removeprefix("--").partition("=")[0]
        if not argument.startswith("--") or name in _OWN or not argument.isprintable():
            return None
    return found


def _lines(value: Any) -> list[str] | None:
    lines = value.splitlines() if isinstance(value, str) else value
    if not isinstance(lines, (list, tuple)):
        return None
    found = [str(line) for line in lines]
    return found if all("\0" not in line and "\n" not in line for line in found) else None


#: Name -> its check, what is allowed, and the corresponding argument of sbatch.
OPTIONS: dict[str, tuple[Callable[[Any], Any], str, str | None]] = {
    "partition": (_text(_WORD), "the name of a partition", "--partition"),
    "account": (_text(_WORD), "the name of an account", "--account"),
    "qos": (_text(_WORD), "the name of a quality of service", "--qos"),
    "time": (
        _text(_TIME),
        "a time limit: minutes, 'hours:minutes:seconds' or 'days-hours'",
        "--time",
    ),
    "memory": (_text(_MEMORY), "memory of the job, such as '4G' (a number alone: MB)", "--mem"),
    "cpus": (_count, "the number of cores", "--cpus-per-task"),
    "gpus": (_text(_GPUS), "the number of GPUs, or 'type:number'", "--gpus"),
    "constraint": (_text(_WORD), "features that a node must have", "--constraint"),
    "nodelist": (_text(_WORD), "names of nodes", "--nodelist"),
    "exclude": (_text(_WORD), "names of nodes", "--exclude"),
    "reservation": (_text(_WORD), "the name of a reservation", "--reservation"),
    "array_limit": (_count, "most tasks of an array at once", None),
    "requeue": (_flag, "True, False: whether Slurm may start the run again", None),
    "sbatch": (
        _arguments,
        "a list of further arguments, such as ['--mail-type=END']; not " + ", ".join(_OWN),
        None,
    ),
    "setup": (_lines, "lines of shell to run first, such as 'module load python'", None),
}


def check(given: Mapping[str, object]) -> dict[str, object]:
    """Check the options of a run for Slurm.

    Args:
        given: Values by option; None counts as not given.

    Raises:
        ValueError: An option is unknown or its value is not allowed; the message says what is
            allowed.
    """
    checked: dict[str, object] = {}
    for name, value in given.items():
        if name not in OPTIONS:
            raise ValueError(
                f"engine_options has {name!r}; allowed with engine 'slurm': "
                f"{', '.join(OPTIONS)}{did_you_mean(name, OPTIONS)}"
            )
        if value is None:
            continue
        parse, allowed, _ = OPTIONS[name]
        parsed = parse(value)
        if parsed is None:
            raise ValueError(f"engine_options[{name!r}] is {value!r}; allowed: {allowed}")
        checked[name] = parsed
    return checked


def arguments(options: Mapping[str, Any]) -> list[str]:
    """The arguments of sbatch for checked options."""
    found = [
        f"{argument}={options[name]}"
        for name, (_, _, argument) in OPTIONS.items()
        if argument is not None and name in options
    ]
    found.append("--requeue" if options.get("requeue") else "--no-requeue")
    return found + list(options.get("sbatch", ()))


def script(
    options: Mapping[str, Any],
    *,
    name: str,
    comment: str,
    runs: str,
    output: str,
    command: list[str],
) -> str:
    """The batch script of one job or one array.

    Args:
        options: Checked options.
        name: The job's name, which identifies it later.
        comment: The job's comment.
        runs: File with one run directory per line; task i takes line i + 1, a single job the first.
        output: File for Slurm's output before a run's own log begins.
        command: Program and arguments that supervise a run; the run directory is appended.
    """
    directives = [
        f"--job-name={name}",
        f"--comment={comment}",
        f"--output={output}",
        "--open-mode=append",
        *arguments(options),
    ]
    lines = [
        "#!/bin/sh",
        *(f"#SBATCH {_quoted(directive)}" for directive in directives),
        *options.get("setup", ()),
        f'fj_run=$(sed -n "$((${{SLURM_ARRAY_TASK_ID:-0}} + 1))p" {shlex.quote(runs)})',
        # exec: the batch step itself is the supervisor, so Slurm's signals reach it.
        f'exec {shlex.join(command)} "$fj_run" --restart "${{SLURM_RESTART_COUNT:-0}}"',
    ]
    return "\n".join(lines) + "\n"


def _quoted(directive: str) -> str:
    name, sign, value = directive.partition("=")
    return f"{name}{sign}{shlex.quote(value)}" if sign else directive
