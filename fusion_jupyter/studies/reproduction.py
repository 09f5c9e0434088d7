"""`reproduce`: run a bundle's runs again and compare the results digit by digit."""

from __future__ import annotations

import html
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from fusion_jupyter import formatting
from fusion_jupyter.analysis.file_comparison import Verdict, compare_bytes, compare_results
from fusion_jupyter.artifacts.bundle import import_runs
from fusion_jupyter.handle import Run, handle_of
from fusion_jupyter.manager import provenance
from fusion_jupyter.manager.creation import PreparedRun
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunCreate, RunRecord, RunStatus
from fusion_jupyter.storage import atomic_io
from fusion_jupyter.studies.progress_line import ProgressLine

if TYPE_CHECKING:
    import pandas as pd

_TAG = "reproduction"
#: Maximum number of rows in the text and HTML forms; the frame holds all.
_MOST_SHOWN = 20
_COLUMNS = (
    "run_id", "name", "again", "status", "file", "erlang", "values", "different", "equal",
    "first_difference",
)  # fmt: skip
#: The parts of a run's provenance that may affect its results.
_COMPARED = {
    "fusion_jupyter": ("package", "version"),
    "Python": ("python", "version"),
    "numpy": ("distributions", "installed", "numpy"),
    "pandas": ("distributions", "installed", "pandas"),
    "system": ("machine", "system"),
    "processor": ("machine", "processor"),
}


@dataclass(frozen=True)
class Repeated:
    """One run of a bundle and the result of repeating it.

    Attributes:
        record: The bundle's run.
        again: Id of the new run; None if it was not repeated.
        problem: Why it could not be repeated, or did not complete; empty if it did.
        verdicts: One for each file.
    """

    record: RunRecord
    again: str | None = None
    problem: str = ""
    verdicts: tuple[Verdict, ...] = ()

    @property
    def equal(self) -> bool:
        """Whether it was repeated and all values are equal."""
        return (
            bool(self.verdicts) and not self.problem and not any(v.different for v in self.verdicts)
        )


@dataclass(frozen=True)
class Reproduction:
    """A bundle compared with its repetition; displays as a statement and a table.

    Attributes:
        bundle: The bundle's path.
        runs: The runs of the bundle.
        changes: What has changed since the bundle's runs were started: versions, machine.
    """

    bundle: Path
    runs: tuple[Repeated, ...]
    changes: tuple[str, ...] = field(default=())

    @property
    def equal(self) -> bool:
        """Whether every run was repeated and all values are equal."""
        return all(run.equal for run in self.runs)

    def to_frame(self) -> pd.DataFrame:
        """A frame with one row per file of each run.

        Columns: ``run_id``, ``name``, ``again`` (id of the new run), ``status`` (of the comparison,
        in words), ``file``, ``erlang`` (Erlang; NaN if there is none), ``values`` (compared),
        ``different`` (of them), ``equal``, ``first_difference``. A run that could not be repeated
        has one row.
        """
        import pandas as pd

        return pd.DataFrame(self._rows(), columns=pd.Index(_COLUMNS))

    def __repr__(self) -> str:
        rows = [row for row in self._rows() if not row[8]]
        lines = [self._statement()]
        for row in rows[:_MOST_SHOWN]:
            where = f" {row[4]}" if row[4] else ""
            lines.append(f"  {row[0]} {row[1]}{where}: {row[9]}")
        if len(rows) > _MOST_SHOWN:
            lines.append(f"  and {len(rows) - _MOST_SHOWN} more; to_frame() has all")
        return "\n".join([*lines, *(f"Changed since: {change}" for change in self.changes)])

    def _repr_html_(self) -> str:
        first, *others = repr(self).splitlines()
        items = "".join(f"<li>{html.escape(line.strip())}</li>" for line in others)
        listed = f"<ul>{items}</ul>" if items else ""
        return f"<div><b>{html.escape(first)}</b>{listed}</div>"

    def _statement(self) -> str:
        repeated = [run for run in self.runs if run.again is not None]
        files = [verdict for run in repeated for verdict in run.verdicts]
        values = sum(verdict.values for verdict in files)
        what = f"{_count(len(repeated), 'run')}, {_count(len(files), 'file')}, {values:,} values"
        if self.equal:
            return f"Equal digit by digit: {what}."
        different = sum(verdict.different for verdict in files)
        missing = len(self.runs) - len(repeated)
        parts = [f"{different:,} of {values:,} values differ"] if different else []
        parts += [f"{_count(missing, 'run')} could not be repeated"] if missing else []
        parts += [f"{run.again} did not complete" for run in repeated if run.problem and run.again]
        return f"Not equal: {'; '.join(parts) or 'nothing to compare'} ({what} compared)."

    def _rows(self) -> list[tuple[object, ...]]:
        rows: list[tuple[object, ...]] = []
        for run in self.runs:
            head = (run.record.id, run.record.name, run.again)
            if run.problem or not run.verdicts:
                problem = run.problem or "it has no results"
                rows.append((*head, "not compared", "", float("nan"), 0, 0, False, problem))
                continue
            for verdict in run.verdicts:
                status = "differs" if verdict.different else "equal"
                counts = (verdict.values, verdict.different, not verdict.different, verdict.first)
                rows.append((*head, status, verdict.file, verdict.erlang, *counts))
        return rows


def reproduce(
    path: str | os.PathLike[str],
    *,
    runs_dir: str | os.PathLike[str] | None = None,
    allow_commands: bool = False,
    timeout: float | None = None,
) -> Reproduction:
    """Run a bundle's runs again, and compare the results with those in the bundle.

    Each run starts from its frozen configuration, with its original simulator. Seeds follow from
    the number of the iteration, so every digit should be the same. Times in the results are not
    compared. The new runs stay in the runs directory, with the tag ``reproduction``.

    Blocks until all have ended; an interrupt cancels them.

    Args:
        path: A file that `fusion_jupyter.export` wrote.
        runs_dir: Runs directory of the new runs; default: see `fusion_jupyter.configure`.
        allow_commands: Whether to execute programs named by the bundle. They run with your
            permissions, so only allow this for a bundle that you trust.
        timeout: Seconds to wait for all of them; None: as long as it takes.

    Returns:
        The comparison, with ``equal``, ``runs``, ``changes`` and ``to_frame()``; it displays
        itself.

    Raises:
        ValueError: The file is not a bundle, is damaged or unsafe; nothing was started.
        TimeoutError: They have not ended by then; they were cancelled.
        OSError: The file cannot be read, or the runs directory cannot be written.

    Example:
        >>> reproduce("study.zip")
        Equal digit by digit: 3 runs, 21 files, 24,381 values.
    """
    manager = RunManager(runs_dir)
    with tempfile.TemporaryDirectory(prefix="fusion_jupyter-") as folder:
        theirs = RunManager(Path(folder) / "runs")
        originals = [
            RunDirectory(theirs.runs_dir / run_id).read()
            for run_id in import_runs(path, theirs.runs_dir)
        ]
        prepared = [_prepare(manager, record, allow_commands) for record in originals]
        ready = [each for each in prepared if isinstance(each, PreparedRun)]
        records = iter(manager.create_prepared(ready))
        runs = [
            handle_of(next(records).directory) if isinstance(each, PreparedRun) else None
            for each in prepared
        ]
        _wait([run for run in runs if run is not None], timeout)
        repeated = tuple(
            Repeated(record, problem=str(each)) if run is None else _compare(record, run)
            for record, each, run in zip(originals, prepared, runs, strict=True)
        )
        pairs = zip(originals, runs, strict=True)
        fusions = [(a.fusion, run.record.fusion) for a, run in pairs if run is not None]
        return Reproduction(Path(path), repeated, _changes(originals, fusions))


def _prepare(manager: RunManager, record: RunRecord, allow_commands: bool) -> PreparedRun | str:
    """The request that repeats a run, or why it cannot be repeated."""
    directory = RunDirectory(record.directory)
    if record.status is not RunStatus.COMPLETED:
        return f"it is {record.status} in the bundle"
    tags = (*record.tags, *(() if _TAG in record.tags else (_TAG,)))
    if record.simulator == "command":
        if not allow_commands:
            return "it is a program: allow_commands=True executes the bundle's command"
        asked = atomic_io.read_json(os.fspath(directory.run_file)) or {}
        request = RunCreate(command=tuple(asked.get("command") or ()), name=record.name, tags=tags)
    else:
        request = RunCreate(
            template=directory.config_file,
            name=record.name,
            simulator=record.simulator,
            tags=tags,
        )
    try:
        return manager.prepare(request)
    except (ValueError, OSError) as error:
        return f"it cannot be started here: {error}"


def _wait(runs: Sequence[Run], timeout: float | None) -> None:
    """Wait for all runs to end, with one line of progress."""
    line = ProgressLine()
    all_runs = formatting.counted(len(runs), "run")
    line.show(f"0 of {all_runs} again")
    deadline = None if timeout is None else time.monotonic() + timeout
    try:
        waiting = list(runs)
        while waiting:
            try:
                waiting[0].wait(0.2)
            except TimeoutError:
                if deadline is not None and time.monotonic() >= deadline:
                    have = formatting.have(len(waiting))
                    raise TimeoutError(
                        f"{len(waiting)} of {all_runs} {have} not ended after {timeout} s and "
                        f"{'was' if len(waiting) == 1 else 'were'} cancelled"
                    ) from None
            waiting = [run for run in waiting if not run.done()]
            done = sum(run.progress.fraction or 0.0 for run in waiting) + len(runs) - len(waiting)
            ended = f"{len(runs) - len(waiting)} of {all_runs} again"
            line.show(f"{ended}, {formatting.percent(done / len(runs))}")
    except BaseException:
        for run in runs:
            run.cancel()
        raise
    finally:
        line.close(f"{all_runs} again")


def _compare(record: RunRecord, run: Run) -> Repeated:
    if run.record.status is not RunStatus.COMPLETED:
        problem = f"again it is {run.status}: {run.record.error_message or 'cancelled'}"
        return Repeated(record, run.id, problem)
    compare = compare_bytes if record.simulator == "command" else compare_results
    outputs = (RunDirectory(record.directory).output, RunDirectory(run.directory).output)
    return Repeated(record, run.id, "", tuple(compare(*outputs)))


def _changes(
    records: Sequence[RunRecord],
    fusions: Sequence[tuple[Mapping[str, str | None], Mapping[str, str | None]]],
) -> tuple[str, ...]:
    """What has changed since the runs were started.

    Args:
        records: The runs.
        fusions: For each repeated run, the FUSION installation that executed it then and now.
    """
    now, _ = provenance.collect()
    found: dict[str, None] = {}
    for then_fusion, now_fusion in fusions:
        for key, name in (("version", "version"), ("commit", "commit"), ("numpy_version", "numpy")):
            old, new = then_fusion.get(key), now_fusion.get(key)
            if old is not None and old != new:
                found[f"FUSION's {name} {old}, now {new}"] = None
    for record in records:
        then = provenance.read(RunDirectory(record.directory))
        for name, keys in _COMPARED.items():
            before, after = _at(then, keys), _at(now, keys)
            if before is not None and before != after:
                found[f"{name} {before}, now {after}"] = None
    return tuple(found)


def _at(content: object, keys: Sequence[str]) -> object:
    for key in keys:
        content = content.get(key) if isinstance(content, dict) else None
    return content


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
