"""Runs in one file, to archive them or to continue elsewhere.

A bundle is a zip archive: ``manifest.json`` with versions and the SHA-256 of every file, and the
runs' files below ``runs/<run id>/``. It never contains a run's environment variables.

A bundle is untrusted: names, kinds, sizes and checksums are checked before any run appears, and
only finished runs are imported, because a pending run would be started with the bundle's command.
"""

from __future__ import annotations

import contextlib
import os
import platform
import secrets
import shutil
import stat
import tempfile
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from fusion_jupyter import arguments
from fusion_jupyter._version import __version__
from fusion_jupyter.artifacts.bundle_format import (
    BUNDLE_VERSION,
    FOLDERS,
    MANIFEST,
    TOP_FILES,
    BundleFile,
    BundleRun,
    Manifest,
    check_members,
    copy,
    copy_member,
    damage_is_an_error,
    read_manifest,
)
from fusion_jupyter.artifacts.listing import list_files
from fusion_jupyter.artifacts.paths import open_inside
from fusion_jupyter.manager import provenance, recovery
from fusion_jupyter.manager.creation import make_runs_dir
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.record import RunRecord
from fusion_jupyter.manager.selection import Runs, records_of
from fusion_jupyter.storage import atomic_io, layout

#: Default limit of the unpacked size: 16 GiB.
MAX_BYTES = 16 * 1024**3
_IMPORTING_PREFIX = ".importing-"
_IMPORT_LOCK = ".import.lock"


def export(runs: Runs, path: str | os.PathLike[str], *, sweeps: Sequence[msgspec.Raw] = ()) -> Path:
    """Write runs to one zip file; see `fusion_jupyter.studies.bundles.export`.

    Args:
        runs: A run id, a `RunRecord`, a `Run`, or an iterable of those. All must have ended.
        path: The file to write.
        sweeps: Records of sweeps, as JSON, that go along.

    Returns:
        Its absolute path.

    Raises:
        ValueError: No runs are given, or one has not ended.
        LookupError: An id matches no run.
        OSError: The file cannot be written.
    """
    target = arguments.path("path", path, "the file to write, such as 'study.zip'").absolute()
    records = records_of(runs)
    if not records:
        raise ValueError("There are no runs to export; fj.runs() lists those that exist")
    provenance.finish()
    for record in records:
        _require_ended(record)
    if not target.parent.is_dir():
        raise FileNotFoundError(f"path is {path}: the folder {target.parent} does not exist")
    if target.is_dir():
        raise IsADirectoryError(f"path is {path}: a folder; allowed: the name of a file")
    temporary = os.fspath(target.with_name(f".{target.name}.{secrets.token_hex(4)}"))
    # Readable according to the user's umask, because it contains what the run directory protects.
    descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with (
            os.fdopen(descriptor, "w+b") as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            exported = [_export_run(archive, record) for record in records]
            manifest = Manifest(
                format="fusion-jupyter-bundle",
                version=BUNDLE_VERSION,
                created_at=datetime.now(UTC).isoformat(),
                versions={
                    "fusion_jupyter": __version__,
                    "python": platform.python_version(),
                    "platform": platform.platform(),
                },
                runs=exported,
                sweeps=list(sweeps),
            )
            archive.writestr(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return target


def manifest_of(path: str | os.PathLike[str]) -> Manifest:
    """Read the list of what a bundle contains.

    Raises:
        ValueError: The file is not a bundle, or its manifest is damaged.
        OSError: The file cannot be read.
    """
    source = _existing(path)
    with damage_is_an_error(source), zipfile.ZipFile(source) as archive:
        return read_manifest(archive)


def import_runs(
    path: str | os.PathLike[str], folder: Path, max_bytes: int | None = MAX_BYTES
) -> list[str]:
    """Import a bundle's runs, without its sweeps.

    See `fusion_jupyter.studies.bundles.import_runs` for `path`, `max_bytes` and the errors.

    Args:
        path: A file that `export` wrote.
        folder: Folder of the run directories, absolute.
        max_bytes: Largest unpacked size that is accepted; None: any.

    Returns:
        The ids of the bundle's runs.
    """
    source = _existing(path)
    with damage_is_an_error(source), zipfile.ZipFile(source) as archive:
        manifest = read_manifest(archive)
        check_members(archive, manifest, max_bytes)
        for run in manifest.runs:
            for file in run.files:
                copy_member(archive, run, file, len)  # writes nothing
        make_runs_dir(folder)
        with _aside(folder) as aside:
            return _import(archive, manifest, folder, aside)


def _existing(path: str | os.PathLike[str]) -> Path:
    source = arguments.path("path", path, "a file that export wrote, such as 'study.zip'")
    if not source.exists():
        raise FileNotFoundError(
            f"path is {path}: there is no such file in {source.absolute().parent}"
        )
    return source


def _require_ended(record: RunRecord) -> None:
    """Check that a run has ended and that its directory records it."""
    if not record.status.is_final:
        raise ValueError(f"Run {record.id} is {record.status}; allowed: runs that have ended")
    directory = RunDirectory(record.directory)
    # A run whose supervisor vanished is FAILED here; elsewhere only the recorded state counts.
    with contextlib.suppress(ValueError, KeyError, OSError):
        recovery.settle(directory)
    problem = _not_ended(directory)
    if problem:
        raise ValueError(f"Run {record.id} cannot be exported: {problem}")


def _not_ended(directory: RunDirectory) -> str:
    """Why a run directory does not record the run's end; empty if it does."""
    found = directory.inspect()
    if found.verdict.problem is not None:
        return found.verdict.message or found.verdict.problem
    if found.facts.status is None:
        return found.state.detail
    return (
        "" if found.facts.status.is_final else f"its {layout.STATE_FILE} says {found.facts.status}"
    )


def _paths(directory: Path) -> list[str]:
    """The files of a run directory that go into a bundle.

    Folder by folder, so that a link in the output folder cannot lead to files beside it.
    """
    top = [
        name
        for name in sorted(TOP_FILES)
        if (directory / name).is_file() and not (directory / name).is_symlink()
    ]
    deep = [
        f"{folder}/{info.path}"
        for folder in sorted(FOLDERS)
        for info in list_files(directory / folder)
    ]
    return [*top, *deep]


def _export_run(archive: zipfile.ZipFile, record: RunRecord) -> BundleRun:
    files = []
    for path in _paths(record.directory):
        try:
            path.encode()
        except UnicodeEncodeError:
            message = f"Run {record.id}: {path!r} is skipped, its name is not UTF-8"
            warnings.warn(message, UserWarning, stacklevel=3)
            continue
        with open_inside(record.directory, path) as source:
            status = os.fstat(source.fileno())
            member = zipfile.ZipInfo(f"runs/{record.id}/{path}", (1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = (stat.S_IFREG | 0o644) << 16
            with archive.open(member, "w", force_zip64=True) as target:
                digest, size = copy(source, target.write)
        files.append(BundleFile(path, size, digest, status.st_mtime_ns))
    return BundleRun(record.id, record.name, record.status.value, files)


@contextlib.contextmanager
def _aside(runs_dir: Path) -> Iterator[Path]:
    """A hidden folder for unpacking, exclusive to one import; leftovers are removed."""
    lock = atomic_io.try_lock(os.fspath(runs_dir / _IMPORT_LOCK))
    if lock is None:
        raise BlockingIOError(f"Another import into {runs_dir} is in progress")
    try:
        for left in runs_dir.glob(f"{_IMPORTING_PREFIX}*"):
            shutil.rmtree(left, ignore_errors=True)
        aside = Path(tempfile.mkdtemp(prefix=_IMPORTING_PREFIX, dir=runs_dir))
        try:
            yield aside
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    finally:
        atomic_io.unlock(lock)


def _import(archive: zipfile.ZipFile, manifest: Manifest, runs_dir: Path, aside: Path) -> list[str]:
    needed = sum(file.size for run in manifest.runs for file in run.files)
    free = shutil.disk_usage(runs_dir).free
    if needed > free:
        raise ValueError(f"The bundle needs {needed:,} bytes, {runs_dir} has {free:,} left")
    new = []
    for run in manifest.runs:
        if os.path.lexists(runs_dir / run.id):
            if not _is_same(runs_dir / run.id, run):
                raise FileExistsError(f"Run {run.id} already exists in {runs_dir} and differs")
            continue
        _unpack(archive, run, aside / run.id)
        atomic_io.write_new(
            os.fspath(aside / run.id / layout.IMPORTED_FILE), b"{}\n", durable=False
        )
        problem = _not_ended(RunDirectory(aside / run.id))
        if problem:
            raise ValueError(f"Run {run.id} has not ended according to its files: {problem}")
        new.append(run.id)
    # Everything is on the disk before the first run appears, so that no crash shows half a run.
    os.sync()
    for run_id in new:
        try:
            (aside / run_id).rename(runs_dir / run_id)
        except OSError as error:
            raise FileExistsError(f"Run {run_id} cannot be moved into place: {error}") from error
    atomic_io.sync_directory(os.fspath(runs_dir))
    return [run.id for run in manifest.runs]


def _unpack(archive: zipfile.ZipFile, run: BundleRun, target: Path) -> None:
    for folder in (layout.LOG_FOLDER, layout.OUTPUT_FOLDER):
        (target / folder).mkdir(parents=True)
    for file in run.files:
        path = target / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as out:
            copy_member(archive, run, file, out.write)
        os.utime(path, ns=(file.modified_at_ns, file.modified_at_ns))


def _is_same(existing: Path, run: BundleRun) -> bool:
    """Return whether a run directory holds exactly the bundle's run."""
    if not stat.S_ISDIR(existing.lstat().st_mode):
        return False
    # A name and tags set here do not make it a different run.
    theirs = {
        file.path: (file.sha256, file.size) for file in run.files if file.path != layout.LABELS_FILE
    }
    ours = {}
    for path in _paths(existing):
        if path == layout.LABELS_FILE:
            continue
        with open_inside(existing, path) as file:
            ours[path] = copy(file, len)
    return ours == theirs
