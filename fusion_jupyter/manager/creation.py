"""Create a run directory from a request: everything is checked before anything is written.

`prepare` checks and writes nothing; `create` and `create_many` write what was prepared and hand it
to the engine.
"""

from __future__ import annotations

import contextlib
import os
import resource
import secrets
import shutil
import uuid
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fusion_jupyter import arguments, settings, simulators
from fusion_jupyter.config.frozen import FrozenTemplate
from fusion_jupyter.engines import registry
from fusion_jupyter.engines.base import Engine
from fusion_jupyter.errors import ConfigError, levels_to_the_caller
from fusion_jupyter.manager import labels, launch, provenance, state_files
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.record import RunCreate, default_name
from fusion_jupyter.storage import atomic_io, layout

#: Directories written before their engine receives them; each holds one descriptor until then.
_BATCH = 1000
_SPARE_DESCRIPTORS = 200
#: Folders left by a creation or deletion that was killed half-way; hidden, so that they are not
#: taken for runs.
CREATING_PREFIX = ".creating-"
DELETED_PREFIX = ".deleted-"
#: Stands for the id of a run that is only checked.
_NO_ID = "0" * 12
#: Called with a runs directory that was created.
new_folder_hooks: list[Callable[[Path], None]] = []


@dataclass(frozen=True, kw_only=True)
class PreparedRun:
    """A run that has passed all checks, also that it can be read back, but is not written yet.

    Attributes:
        run_id: The id that it will have.
        request: The original request.
        plan: What will be executed.
        engine_options: The options as the engine stores them.
        name: The requested name; None: named after its id.
        fingerprint: Identical for runs with identical requests.
    """

    run_id: str
    request: RunCreate
    plan: simulators.Plan
    engine_options: dict[str, object]
    name: str | None
    fingerprint: str

    def __post_init__(self) -> None:
        problems = state_files.refused(self.content())
        if problems:
            raise ConfigError(problems)

    @property
    def simulator(self) -> str:
        """What is executed: ``"embedded"``, ``"fusion"`` or ``"command"``."""
        return self.plan.simulator

    @property
    def erlangs(self) -> tuple[float, ...]:
        """Planned loads in Erlang."""
        return self.plan.erlangs

    @property
    def max_iters(self) -> int | None:
        """Planned iterations of each load; None for a command."""
        return self.plan.max_iters

    @property
    def first_seed(self) -> int | None:
        """Seed of the first iteration; None where it cannot be set."""
        return self.plan.first_seed

    @property
    def configuration(self) -> str | None:
        """Text of the frozen INI; None for a command."""
        return self.plan.config

    def as_template(self) -> FrozenTemplate:
        """The configuration as a template for other runs, which no change of a file affects.

        Raises:
            ValueError: The run is a command, which has none.
        """
        if self.plan.config is None:
            raise ValueError("a command has no configuration; allowed: a run of a simulator")
        return FrozenTemplate(
            source=os.fspath(self.request.template),
            text=self.plan.config,
            files=self.plan.files,
            options=self.plan.options,
        )

    def content(self) -> dict[str, Any]:
        """The future content of ``run.json``."""
        request, plan = self.request, self.plan
        return {
            "version": layout.FORMAT_VERSION,
            "id": self.run_id,
            "name": self.name or default_name(self.run_id),
            "template": os.fspath(request.template) if request.command is None else "",
            "simulator": plan.simulator,
            "simulator_reason": plan.reason,
            "fusion": plan.fusion,
            "environment": plan.environment if plan.config is not None else {},
            "inputs": plan.inputs,
            "engine": request.engine,
            "engine_options": self.engine_options,
            **registry.engine(request.engine, launch).supervision(self.engine_options),
            "tags": labels.checked_tags(request.tags),
            "options": plan.options,
            "network": plan.network,
            "erlangs": list(plan.erlangs),
            "max_iters": plan.max_iters,
            "created_at": datetime.now(UTC).isoformat(),
            "command": plan.command,
            "cwd": plan.cwd,
            "expects_output": plan.expects_output,
            "progress_patterns": plan.progress_patterns,
            "max_concurrent": request.max_concurrent,
            "max_concurrent_runs": request.max_concurrent or settings.max_concurrent_runs(),
            **({} if request.deadline is None else {"deadline": request.deadline}),
            "grace_seconds": settings.cancel_grace_seconds(),
            "token": secrets.token_hex(layout.TOKEN_LENGTH // 2),
            "fingerprint": self.fingerprint,
        }


def warn_of_notes(plan: simulators.Plan) -> None:
    """Warn of what is set and has no effect."""
    for note in plan.notes:
        warnings.warn(note, UserWarning, stacklevel=levels_to_the_caller())


def problems(runs_dir: Path, request: RunCreate) -> dict[str, str]:
    """All errors of a request, by option or argument; writes nothing.

    Args:
        runs_dir: The runs directory.
        request: What to run.

    Returns:
        Error messages; empty if `prepare` accepts the request.

    Warns:
        UserWarning: An option has no effect.
    """
    found: dict[str, str] = {}
    checked: dict[str, Any] = {}
    planned = "simulator" if request.command is None else "command"
    steps = _steps(request)
    steps[planned] = lambda: _plan(runs_dir, _NO_ID, request)
    steps["run"] = lambda: found or _prepared(_NO_ID, request, checked[planned], checked)
    for argument, step in steps.items():
        try:
            checked[argument] = step()
        except ConfigError as error:
            found |= error.problems
        except ValueError as error:
            found[argument] = str(error)
    if planned in checked:
        warn_of_notes(checked[planned])
    return found


def prepare(runs_dir: Path, request: RunCreate, run_id: str | None = None) -> PreparedRun:
    """Check a request completely; writes nothing.

    Args:
        runs_dir: The runs directory.
        request: What to run.
        run_id: The id to use; None: a new one.

    Raises:
        ValueError: Part of the request is not allowed; the message names it.
    """
    checked = check(request)
    run_id = run_id or uuid.uuid4().hex[:12]
    return _prepared(run_id, request, _plan(runs_dir, run_id, request), checked)


def _prepared(
    run_id: str, request: RunCreate, plan: simulators.Plan, checked: dict[str, Any]
) -> PreparedRun:
    return PreparedRun(
        run_id=run_id,
        request=request,
        plan=plan,
        engine_options=checked["engine"],
        name=checked["name"],
        fingerprint=plan.fingerprint(),
    )


def check(request: RunCreate) -> dict[str, Any]:
    """Check a request's arguments but those of the computation; the checked values by argument.

    Raises:
        ValueError: One is not allowed; the message names it.
    """
    return {argument: step() for argument, step in _steps(request).items()}


def _steps(request: RunCreate) -> dict[str, Callable[[], Any]]:
    """The checks of a request's arguments but those of the plan; each may raise a ValueError."""
    return {
        "engine": lambda: registry.engine(request.engine, launch).check(request.engine_options),
        "reuse": lambda: arguments.check_flag("reuse", request.reuse),
        "max_concurrent": lambda: _check_most(request.max_concurrent),
        "tags": lambda: labels.checked_tags(request.tags),
        "name": lambda: labels.checked_name(request.name),
    }


def _check_most(most: object) -> None:
    if most is not None and (isinstance(most, bool) or not isinstance(most, int) or most < 1):
        raise ValueError(f"max_concurrent is {most!r}; allowed: 1 or more, or None")


def _plan(runs_dir: Path, run_id: str, request: RunCreate) -> simulators.Plan:
    return simulators.plan(
        run_dir=runs_dir / run_id,
        template=request.template,
        options=request.config,
        simulator=request.simulator,
        program=request.command,
        cwd=request.cwd,
        progress_patterns=request.progress_patterns,
    )


def create(
    runs_dir: Path, prepared: PreparedRun, when_written: Callable[[], None] | None = None
) -> RunDirectory:
    """Write a prepared run and hand it to its engine.

    The directory is built under a hidden name and then renamed, so a crash leaves either a complete
    run or none.

    Args:
        runs_dir: The runs directory.
        prepared: The run.
        when_written: Called once the directory is there, before the engine receives it.

    Raises:
        OSError: The runs directory cannot be written, or the engine cannot execute the run; no run
            exists then.
    """
    directory = RunDirectory(runs_dir / prepared.run_id)
    chosen = registry.engine(prepared.request.engine, launch)
    with _written(directory, prepared, durable=True):
        if when_written is not None:
            when_written()
        _submit([directory], chosen)
    provenance.record([directory])
    return directory


def create_many(runs_dir: Path, prepared: Sequence[PreparedRun]) -> list[RunDirectory]:
    """Write many prepared runs of one engine and hand them over together.

    One sync covers many runs, so a power cut may lose some of them: a caller that creates thousands
    keeps its own record from which it can create them again.

    Raises:
        OSError: A directory cannot be written, or the engine refuses; earlier runs, and those that
            it has executed, then exist.
    """
    found: list[RunDirectory] = []
    free = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _SPARE_DESCRIPTORS
    size = max(1, min(_BATCH, free if free > 0 else _BATCH))
    for start in range(0, len(prepared), size):
        batch = prepared[start : start + size]
        chosen = registry.engine(batch[0].request.engine, launch)
        with contextlib.ExitStack() as claims:
            directories = []
            for each in batch:
                directory = RunDirectory(runs_dir / each.run_id)
                claims.enter_context(_written(directory, each, durable=False))
                directories.append(directory)
            atomic_io.sync_filesystem(os.fspath(runs_dir))
            _submit(directories, chosen)
        found += directories
        provenance.record(directories)
    return found


def make_runs_dir(runs_dir: Path) -> None:
    """Create the runs directory, readable by its owner only, unless it exists.

    It holds command lines, logs and results. To share them, ``chmod`` this directory once:
    everything below it has the permissions of the user's umask.
    """
    if runs_dir.is_dir():
        return
    runs_dir.parent.mkdir(parents=True, exist_ok=True)
    try:
        runs_dir.mkdir(mode=0o700)
    except FileExistsError:  # created by another process at the same moment
        return
    for tell in new_folder_hooks:
        tell(runs_dir)


def move_aside(directory: RunDirectory) -> None:
    """Remove a run from the list and delete its files; a crash never leaves half a run."""
    provenance.finish()  # the thread may be about to write there
    runs_dir = directory.path.parent
    aside = runs_dir / f"{DELETED_PREFIX}{directory.id}-{uuid.uuid4().hex[:8]}"
    try:
        directory.path.rename(aside)
    except FileNotFoundError:
        return  # deleted by another process at the same moment
    with contextlib.suppress(OSError):  # out of descriptors; the run is gone from the list already
        atomic_io.sync_directory(os.fspath(runs_dir))
    shutil.rmtree(aside, ignore_errors=True)


@contextlib.contextmanager
def _written(directory: RunDirectory, prepared: PreparedRun, *, durable: bool) -> Iterator[None]:
    """Write the directory; inside the context, no recovery takes the run for a lost one."""
    runs_dir = directory.path.parent
    # A sweep creates the same run again if it was killed here; what it left must not be in the way.
    aside = runs_dir / f"{CREATING_PREFIX}{directory.id}-{uuid.uuid4().hex[:8]}"
    make_runs_dir(runs_dir)
    aside.mkdir()
    try:
        _fill(aside, prepared, durable=durable)
        claim = atomic_io.try_lock(os.fspath(aside / layout.RUN_FILE))
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    try:
        try:
            aside.rename(directory.path)
        except BaseException:
            # An interrupt may come when it is renamed already; otherwise the name is another run's.
            if not aside.exists():
                move_aside(directory)
            shutil.rmtree(aside, ignore_errors=True)
            raise
        yield
    finally:
        if claim is not None:
            atomic_io.unlock(claim)


def _fill(aside: Path, prepared: PreparedRun, *, durable: bool) -> None:
    """Write the files of a run into a new folder.

    Files that must survive a power cut intact are synced here, so the run is complete or absent.
    The supervisor makes the directory entry durable before the program starts.
    """
    plan = prepared.plan
    for name in (layout.LOG_FOLDER, layout.OUTPUT_FOLDER):
        (aside / name).mkdir()
    if plan.files:
        (aside / layout.INPUT_FOLDER).mkdir()
    texts = {f"{layout.INPUT_FOLDER}/{name}": text for name, text in plan.files.items()}
    if plan.config is not None:
        texts[layout.CONFIG_FILE] = plan.config
    for name, text in texts.items():
        atomic_io.write_new(f"{aside}/{name}", text.encode("utf-8"), durable=durable)
    # The part of this process's environment that a queued run needs. It may hold secrets, so only
    # the owner can read it, and the supervisor deletes it when the run starts.
    environment = atomic_io.encode_json({**os.environ, **plan.environment})
    atomic_io.write_new(f"{aside}/{layout.ENVIRONMENT_FILE}", environment, 0o600, durable=False)
    content = atomic_io.encode_json(prepared.content())
    atomic_io.write_new(f"{aside}/{layout.RUN_FILE}", content, durable=durable)
    if durable:
        atomic_io.sync_directory(os.fspath(aside))


def _submit(directories: Sequence[RunDirectory], chosen: Engine) -> None:
    try:
        chosen.submit_many([os.fspath(directory.path) for directory in directories])
    except Exception:
        # One outcome only: an error and no run. Renaming needs neither space nor a descriptor. Of
        # several, some may have been executed already.
        for directory in directories:
            if not directory.state_file.exists() and not directory.is_locked():
                move_aside(directory)
        raise
