"""What a run executes: the real FUSION, the embedded simulator, or any program.

`plan` checks a request and turns it into everything that a run directory needs.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import cast

from fusion_jupyter.config import embedded_checks, schema, topology_formats
from fusion_jupyter.config.frozen import FrozenTemplate
from fusion_jupyter.config.locations import FIRST_SEED
from fusion_jupyter.config.schema.option import NOTHING
from fusion_jupyter.config.user_options import changed
from fusion_jupyter.errors import ConfigError
from fusion_jupyter.simulators import command, embedded, fusion
from fusion_jupyter.simulators.choice import SIMULATORS, Choice, choose, merged

__all__ = ["SIMULATORS", "Choice", "Plan", "choose", "merged", "plan"]

#: The properties of a FUSION installation that affect results.
_MATTERS = ("version", "commit", "numpy_version")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a run will execute, and what is known beforehand.

    Attributes:
        simulator: ``"embedded"``, ``"fusion"`` or ``"command"``.
        reason: Why this simulator was chosen; empty for a command.
        command: Program and arguments.
        cwd: Working directory.
        environment: Variables on top of the caller's.
        config: Text of the frozen INI, None for a command.
        files: Texts of the files named by the configuration, by name, for the run's folder of
            inputs.
        inputs: SHA-256 of each of them, by name.
        fusion: The FUSION installation: version, commit and so on; empty for other simulators.
        options: The options set by the user, as given.
        network: Name of the topology, None for a command.
        erlangs: Loads in Erlang, in order; empty for a command.
        max_iters: Iterations of each load; None for a command.
        first_seed: Seed of the first iteration; None where it cannot be set.
        expects_output: Whether success without any output file is a failure.
        progress_patterns: Regular expressions for lines of a command's log; empty: printed progress
            is recognised; None: its log is not read.
        notes: What has no effect although it is set, in sentences.
    """

    simulator: str
    reason: str = ""
    command: list[str]
    cwd: str
    environment: dict[str, str] = field(default_factory=dict)
    config: str | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    fusion: Mapping[str, str | None] = field(default_factory=dict)
    options: Mapping[str, object] = field(default_factory=dict)
    network: str | None = None
    erlangs: tuple[float, ...] = ()
    max_iters: int | None = None
    first_seed: int | None = None
    expects_output: bool = False
    progress_patterns: list[str] | None = field(default_factory=list)
    notes: tuple[str, ...] = ()

    def fingerprint(self) -> str:
        """Fingerprint, 64 hexadecimal digits, identical for requests with identical results."""
        # A simulator's command and folder differ between runs only by the run id.
        program = None if self.config is not None else [*self.command, self.cwd]
        what = [
            self.simulator,
            self._without_label(self.config),
            program,
            self.progress_patterns,
            {self._without_label(name): digest for name, digest in self.inputs.items()},
            {name: self.fusion.get(name) for name in _MATTERS},
            # Some variables of a command belong to the run itself; its inputs are unknown.
            None if self.config is None else self.environment,
        ]
        if self.simulator == embedded.NAME and embedded.RESULTS_VERSION > 1:
            what.append(str(embedded.RESULTS_VERSION))
        return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()

    def _without_label(self, text: str | None) -> str | None:
        """A text in which a network without a name of its own has no label either.

        The hashes of the inputs tell such networks apart. So a run is found again that was made
        when all of them had one label.
        """
        if not text or not self.network or not topology_formats.is_by_content(self.network):
            return text
        return text.replace(self.network, topology_formats.UNNAMED)


def plan(
    *,
    run_dir: Path,
    template: str | os.PathLike[str],
    options: Mapping[str, object],
    simulator: str,
    program: Sequence[str] | None,
    cwd: str | None = None,
    progress_patterns: Sequence[str] | None = (),
) -> Plan:
    """Decide what a request executes.

    Args:
        run_dir: The future run directory; it need not exist yet.
        template: Template's name or path of an INI file.
        options: Options to change from the template.
        simulator: One of `SIMULATORS`.
        program: A command to execute instead of a simulator.
        cwd: A command's working directory; None: that of this process.
        progress_patterns: For a command, how to read its log.

    Raises:
        ValueError: Part of the request is not allowed; the message names it.
    """
    if program is not None:
        if options:
            message = (
                f"options are {dict(options)!r}; allowed with command: none, since a command "
                "has no options"
            )
            raise ConfigError({"command": message})
        return Plan(
            simulator=command.NAME,
            command=command.checked(program),
            cwd=cwd or os.fspath(Path.cwd()),
            environment=command.environment(run_dir),
            progress_patterns=(
                None if progress_patterns is None else command.checked_patterns(progress_patterns)
            ),
        )
    if progress_patterns:
        message = (
            f"progress is {progress_patterns!r}; allowed with command only: a simulator reports "
            "its own progress"
        )
        raise ConfigError({"progress": message})
    choice = choose(template, options, simulator)
    made = choice.configuration
    real = choice.simulator == fusion.NAME
    given = changed(template.options if isinstance(template, FrozenTemplate) else {}, options)
    orchestrator = bool(made.values.get(("general_settings", "use_orchestrator")))
    return Plan(
        simulator=choice.simulator,
        reason=choice.reason,
        command=fusion.command(run_dir) if real else embedded.command(run_dir),
        # Not the caller's folder, where a user's file called numpy.py would be imported.
        cwd=os.fspath(run_dir),
        environment=fusion.environment(orchestrator=orchestrator) if real else {},
        config=made.to_ini(),
        files=made.files,
        inputs=made.hashes(),
        fusion=asdict(choice.installation) if choice.installation else {},
        options=_recorded_options(given, made.network),
        network=made.network,
        erlangs=made.erlangs,
        max_iters=made.max_iters,
        first_seed=None if real else _first_seed(made.values),
        expects_output=True,
        notes=_notes(given, choice),
    )


def _notes(options: Mapping[str, object], choice: Choice) -> tuple[str, ...]:
    """What has no effect in this simulator: options of the user, and combinations."""
    idle = [
        name
        for name in options
        if (option := schema.find(name)) is not None
        and (rule := option.rule(choice.simulator)) is not None
        and rule.effect == NOTHING
    ]
    seeded = any(name.rpartition(".")[2] == "seed" for name in idle)
    hint = " (first_seed= and repeats= make independent runs)" if seeded else ""
    told = f"no effect on what the simulator {choice.simulator!r} computes{hint}"
    notes = [f"{', '.join(idle)}: {told}"] if idle else []
    if choice.simulator == embedded.NAME:
        notes += embedded_checks.notes(choice.configuration.values)
    return tuple(notes)


def _first_seed(values: Mapping[tuple[str, str], object]) -> int:
    return cast(int, values.get(FIRST_SEED, int(schema.OPTIONS[FIRST_SEED].missing)))


def _recorded_options(options: Mapping[str, object], network: str) -> dict[str, object]:
    """The options as stored in the record; a network passed as an object is stored by name."""
    kept = {name: _recorded(value) for name, value in options.items()}
    for name in ("network", "topology_settings.network"):
        if name in options and not isinstance(options[name], str | os.PathLike):
            kept[name] = network
    return kept


def _recorded(value: object) -> object:
    """A value as JSON data, or the name of its type."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): _recorded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_recorded(item) for item in value]
    if hasattr(value, "item"):  # a NumPy number
        return value.item()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return f"a {type(value).__name__}"
