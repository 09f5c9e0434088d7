"""What is executed: the real FUSION, the embedded simulator, or any program.

`plan` turns a request into everything that a run directory needs, and checks it on the way.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fusion_jupyter.config import compose as configuration
from fusion_jupyter.simulators import command, embedded, fusion

SIMULATORS = ("auto", "fusion", "embedded")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What will be executed, and what is known of it beforehand.

    Attributes:
        simulator: ``"embedded"``, ``"fusion"`` or ``"command"``.
        command: Program and arguments.
        cwd: Working directory.
        environment: Variables on top of the caller's.
        config: Text of the frozen INI, None for a command.
        options: The options that the user set, as given.
        network: Name of the topology, None for a command.
        erlangs: Loads in Erlang, in order; empty for a command.
        max_iters: Iterations of each load; None for a command.
        expects_output: Whether success without any output file is a failure.
        progress_patterns: Regular expressions for lines of a command's log.
    """

    simulator: str
    command: list[str]
    cwd: str
    environment: dict[str, str] = field(default_factory=dict)
    config: str | None = None
    options: Mapping[str, object] = field(default_factory=dict)
    network: str | None = None
    erlangs: tuple[float, ...] = ()
    max_iters: int | None = None
    expects_output: bool = False
    progress_patterns: list[str] = field(default_factory=list)

    def fingerprint(self) -> str:
        """The same for two requests where one's result is the other's, 64 hexadecimal digits."""
        # A simulator's command and folder differ from run to run by the run's id alone.
        program = None if self.config is not None else [*self.command, self.cwd]
        what = [self.simulator, self.config, program, self.progress_patterns]
        return hashlib.sha256(json.dumps(what).encode()).hexdigest()


def plan(
    *,
    run_dir: Path,
    template: str | os.PathLike[str],
    overrides: Mapping[str, object],
    simulator: str,
    program: Sequence[str] | None,
    progress_patterns: Sequence[str] = (),
) -> Plan:
    """Decide what is executed for a request.

    Args:
        run_dir: Where the run will live; it need not exist yet.
        template: Template's name or path of an INI file.
        overrides: Options that differ from the template.
        simulator: One of `SIMULATORS`.
        program: A command to execute instead of a simulator.
        progress_patterns: For a command, how to read its log.

    Raises:
        ValueError: Something is not allowed; the message names it.
    """
    if program is not None:
        if overrides:
            raise ValueError(
                f"overrides is {dict(overrides)!r}; allowed with command: none, since a command "
                "has no options"
            )
        return Plan(
            simulator=command.NAME,
            command=command.checked(program),
            cwd=os.fspath(Path.cwd()),
            environment=command.environment(run_dir),
            progress_patterns=command.checked_patterns(progress_patterns),
        )
    if progress_patterns:
        raise ValueError(
            f"progress is {progress_patterns!r}; allowed with command only: a simulator reports "
            "its own progress"
        )
    chosen = choose(simulator)
    checked = configuration.compose(template, overrides, chosen)
    builder = fusion.command if chosen == fusion.NAME else embedded.command
    return Plan(
        simulator=chosen,
        command=builder(run_dir),
        # Not the caller's: a file of the user's called numpy.py would be imported.
        cwd=os.fspath(run_dir),
        config=checked.to_ini(),
        options=dict(overrides),
        network=checked.network,
        erlangs=checked.erlangs,
        max_iters=checked.max_iters,
        expects_output=True,
    )


def choose(simulator: str) -> str:
    """The simulator that a request gets: ``"auto"`` is FUSION where it is installed.

    Raises:
        ValueError: It is none of `SIMULATORS`, or FUSION is asked for and not found.
    """
    if simulator not in SIMULATORS:
        raise ValueError(f"simulator is {simulator!r}; allowed: {', '.join(SIMULATORS)}")
    if simulator == "auto":
        return embedded.NAME if fusion.find_python() is None else fusion.NAME
    if simulator == fusion.NAME and fusion.find_python() is None:
        raise ValueError(
            "simulator is 'fusion', but FUSION was not found; allowed: 'embedded', or install "
            "FUSION and name its interpreter: fusion_jupyter.configure(fusion_python=...)"
        )
    return simulator
