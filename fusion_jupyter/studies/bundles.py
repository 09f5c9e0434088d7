"""`export` and `import_runs`: a study in one file, to archive it or to continue it elsewhere.

A bundle contains runs (see `fusion_jupyter.artifacts.bundle`) and the records of the sweeps whose
runs it contains.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable
from pathlib import Path

import msgspec

from fusion_jupyter import settings
from fusion_jupyter.artifacts import bundle
from fusion_jupyter.choices import DEFAULT_ENGINE
from fusion_jupyter.errors import FusionJupyterError, levels_to_the_caller
from fusion_jupyter.manager.selection import Runs, records_of
from fusion_jupyter.studies import record
from fusion_jupyter.studies.record import SweepRecord


def export(runs: Runs, path: str | os.PathLike[str]) -> Path:
    """Write runs to one zip file: configuration, results, logs, progress, provenance, checksums.

    A sweep of which all runs are written goes along. The bundle includes the uncommitted changes of
    your repository when a run was started (``repository.diff``): check them before you publish it.

    The file appears when it is complete and then replaces an existing one.

    Args:
        runs: A run id, a `RunRecord`, a `Run`, a `Sweep`, or an iterable of runs. All must have
            ended.
        path: The file to write.

    Returns:
        Its absolute path.

    Raises:
        ValueError: No runs are given, or one has not ended.
        LookupError: An id matches no run.
        OSError: The file cannot be written.

    Example:
        >>> export([run_a, run_b], "study.zip").name
        'study.zip'
    """
    records = records_of(runs)
    by_folder: dict[Path, set[str]] = {}
    for run in records:
        by_folder.setdefault(run.directory.parent, set()).add(run.id)
    sweeps = [each for folder, ids in by_folder.items() for each in _sweeps_of(folder, ids)]
    asked = getattr(runs, "record", None)
    if isinstance(asked, SweepRecord) and asked.id not in {each.id for each in sweeps}:
        left = len(set(asked.run_ids) - {run.id for run in records})
        warnings.warn(
            f"Sweep {asked.id} itself is left out of the bundle (deleted runs: {left} of "
            f"{len(asked.run_ids)}); retry_failed() runs their points again",
            UserWarning,
            stacklevel=levels_to_the_caller(),
        )
    return bundle.export(records, path, sweeps=[_raw(each) for each in sweeps])


def import_runs(
    path: str | os.PathLike[str],
    *,
    runs_dir: str | os.PathLike[str] | None = None,
    max_bytes: int | None = bundle.MAX_BYTES,
) -> list[str]:
    """Import the runs and sweeps of a bundle into a runs directory, with their ids.

    The whole bundle is verified before anything is written, and all runs are unpacked in a hidden
    folder before the first one appears. A run that already exists with the same files, and a sweep
    that already exists, are left unchanged. New runs of an imported sweep execute on this machine,
    with the local engine; deleting the sweep deletes only runs that came with it.

    Args:
        path: A file that `export` wrote.
        runs_dir: Folder of the run directories; default: see `fusion_jupyter.configure`.
        max_bytes: Largest unpacked size that is accepted; None: any.

    Returns:
        The ids of the bundle's runs.

    Raises:
        ValueError: The file is not a bundle, is damaged, unsafe or too large; the message says what
            is wrong.
        FileExistsError: A run with the same id exists and differs.
        OSError: The file cannot be read or the runs directory cannot be written.

    Example:
        >>> import_runs("study.zip")
        ['3f9c0a7be214', '8b1d52c07e9a']
    """
    manifest = bundle.manifest_of(path)
    sweeps = [record.decode(each, "in the bundle") for each in manifest.sweeps]
    folder = settings.runs_dir() if runs_dir is None else Path(runs_dir).expanduser().absolute()
    for sweep in sweeps:
        _check(sweep, {run.id for run in manifest.runs}, folder)
    before = {run.id for run in manifest.runs if os.path.lexists(folder / run.id)}
    imported = bundle.import_runs(path, folder, max_bytes)
    for sweep in sweeps:
        _restrict(sweep, set(imported) - before)
        _settle_here(sweep)
        with record.locked(folder, sweep.id):
            if sweep.id not in record.list_ids(folder):
                record.write(folder, sweep)
    return imported


def _sweeps_of(runs_dir: Path, run_ids: set[str]) -> Iterable[SweepRecord]:
    """The sweeps all of whose runs are among these."""
    for sweep_id in record.list_ids(runs_dir):
        try:
            found = record.read(runs_dir, sweep_id)
        except FusionJupyterError:
            continue  # damaged, or removed just now
        if found.points and run_ids.issuperset(found.run_ids):
            yield _restrict(found, run_ids)


def _restrict(sweep: SweepRecord, run_ids: set[str]) -> SweepRecord:
    """Let a sweep own no runs other than these: a sweep deletes its own runs."""
    for point in sweep.points:
        point.shared = point.shared or point.run_id not in run_ids
        point.previous = [each for each in point.previous if each in run_ids]
    return sweep


def _check(sweep: SweepRecord, run_ids: set[str], folder: Path) -> None:
    if not sweep.points:
        raise ValueError(f"The record of sweep {sweep.id} in the bundle is damaged: no points")
    if sweep.id in run_ids or os.path.lexists(folder / sweep.id):
        raise ValueError(f"The id of sweep {sweep.id} in the bundle is that of a run")


def _settle_here(sweep: SweepRecord) -> None:
    """Let new runs of an imported sweep execute on this machine, without its maker's shell lines.

    Its maker's limits, of runs at once and of time, were those of another machine.
    """
    sweep.engine, sweep.engine_options = DEFAULT_ENGINE, {}
    sweep.max_concurrent = sweep.budget = sweep.deadline = None


def _raw(sweep: SweepRecord) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(sweep))
