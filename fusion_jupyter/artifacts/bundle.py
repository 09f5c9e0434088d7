"""`export` and `import_runs`: a study in one file, to archive it or to go on elsewhere.

A bundle is a zip archive: ``manifest.json`` with versions and the SHA-256 of every file, and the
runs' files below ``runs/<run id>/``. What a run's environment held is never in it.

A bundle may come from anybody, so an import believes nothing: names, kinds, sizes and checksums
are checked before a single run appears, and only runs that have ended are taken, because a waiting
run would be started, with the command that the bundle says.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import re
import shutil
import stat
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import msgspec

from fusion_jupyter import disk, layout, settings
from fusion_jupyter._version import __version__
from fusion_jupyter.artifacts.listing import list_files, open_inside
from fusion_jupyter.artifacts.selection import Runs, records_of
from fusion_jupyter.runs import recovery
from fusion_jupyter.runs.directory import RunDirectory
from fusion_jupyter.runs.record import RunRecord, RunStatus, is_run_id

#: Version of the archive's layout. A reader accepts this and every older one.
BUNDLE_VERSION = 1
#: Default of the largest unpacked size that is imported: 16 GiB.
MAX_BYTES = 16 * 1024**3
MANIFEST = "manifest.json"

_MAX_MANIFEST_BYTES = 256 * 1024**2
_MAX_FILES = 1_000_000
_CHUNK = 1024**2
_IMPORTING_PREFIX = ".importing-"
_IMPORT_LOCK = ".import.lock"
_TOP_FILES = {
    layout.RUN_FILE,
    layout.CONFIG_FILE,
    layout.STATE_FILE,
    layout.CANCEL_FILE,
    layout.PROGRESS_FILE,
}
_FOLDERS = {layout.LOG_FOLDER, layout.OUTPUT_FOLDER}
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LAST_TIME_NS = 2**62  # in the year 2116; what a file system can hold


class BundleFile(msgspec.Struct, frozen=True):
    """One file of a run in a bundle."""

    path: str
    size: int
    sha256: str
    modified_at_ns: int


class BundleRun(msgspec.Struct, frozen=True):
    """One run in a bundle."""

    id: str
    name: str
    status: str
    files: list[BundleFile]


class Manifest(msgspec.Struct, frozen=True):
    """What stands in ``manifest.json``."""

    format: str
    version: int
    created_at: str
    versions: dict[str, str]
    runs: list[BundleRun]


def export(runs: Runs, path: str | os.PathLike[str]) -> Path:
    """Write runs to one zip file: configuration, results, logs, progress, versions, checksums.

    The file appears when it is complete; an existing one is replaced then.

    Args:
        runs: A run id, a `RunRecord`, a `Run`, or an iterable of those. All have ended.
        path: The file to write.

    Returns:
        Its absolute path.

    Raises:
        ValueError: No runs are given, or one has not ended.
        LookupError: An id stands for no run.
        OSError: The file cannot be written.

    Example:
        >>> export([run_a, run_b], "study.zip").name
        'study.zip'
    """
    records = records_of(runs)
    if not records:
        raise ValueError("There are no runs to export")
    for record in records:
        _require_ended(record)
    target = Path(path).expanduser().absolute()
    descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
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
            )
            archive.writestr(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
        Path(temporary).chmod(0o644)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return target


def import_runs(
    path: str | os.PathLike[str],
    *,
    runs_dir: str | os.PathLike[str] | None = None,
    max_bytes: int = MAX_BYTES,
) -> list[str]:
    """Take the runs of a bundle into a runs directory, under the ids that they have.

    All runs are unpacked aside and verified before the first one appears. A run that is there
    already with the same files is left as it is.

    Args:
        path: A file that `export` wrote.
        runs_dir: Folder of the run directories; default: see `fusion_jupyter.configure`.
        max_bytes: Largest unpacked size that is accepted.

    Returns:
        The ids of the bundle's runs.

    Raises:
        ValueError: The file is no bundle, is damaged, unsafe or too large; the message names what.
        FileExistsError: A run of the same id is there and differs.
        OSError: The file cannot be read or the runs directory cannot be written.

    Example:
        >>> import_runs("study.zip")
        ['3f9c0a7be214', '8b1d52c07e9a']
    """
    source = Path(path).expanduser()
    folder = settings.runs_dir() if runs_dir is None else Path(runs_dir).expanduser().absolute()
    try:
        with zipfile.ZipFile(source) as archive:
            manifest = _read_manifest(archive)
            _check_members(archive, manifest, max_bytes)
            folder.mkdir(parents=True, exist_ok=True)
            with _aside(folder) as aside:
                return _import(archive, manifest, folder, aside)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError) as error:
        raise ValueError(f"{source} is not a whole bundle: {error}") from error


def _require_ended(record: RunRecord) -> None:
    """Check that a run has ended and that its directory says so."""
    if not record.status.is_final:
        raise ValueError(f"Run {record.id} is {record.status}; only runs that have ended fit")
    directory = RunDirectory(record.directory)
    # A run whose supervisor vanished is FAILED to us; elsewhere only what is written counts.
    with contextlib.suppress(ValueError, KeyError, OSError):
        recovery.settle(directory)
    problem = _not_ended(directory)
    if problem:
        raise ValueError(f"Run {record.id} cannot be exported: {problem}")


def _not_ended(directory: RunDirectory) -> str:
    """Why a run directory does not say that its run has ended; empty where it does."""
    try:
        if disk.read_json(os.fspath(directory.run_file)) is None:
            return f"{layout.RUN_FILE} is missing"
        state = disk.read_json(os.fspath(directory.state_file))
        if state is None:
            return f"{layout.STATE_FILE} is missing"
        status = str(state.get("status"))
        if not RunStatus(status).is_final:
            return f"its {layout.STATE_FILE} says {status}"
    except (ValueError, OSError) as error:
        return str(error)
    return ""


def _belongs(path: str) -> bool:
    """Tell whether a file of a run directory belongs into a bundle."""
    parts = path.split("/")
    if any(part == "" or part.startswith(".") for part in parts):
        return False
    return path in _TOP_FILES if len(parts) == 1 else parts[0] in _FOLDERS


def _paths(directory: Path) -> list[str]:
    """The files of a run directory that go into a bundle.

    Folder by folder, because a link in the output folder may not lead to what stands beside it.
    """
    top = [
        name
        for name in sorted(_TOP_FILES)
        if (directory / name).is_file() and not (directory / name).is_symlink()
    ]
    deep = [
        f"{folder}/{info.path}"
        for folder in sorted(_FOLDERS)
        for info in list_files(directory / folder)
    ]
    return [*top, *deep]


def _export_run(archive: zipfile.ZipFile, record: RunRecord) -> BundleRun:
    files = []
    for path in _paths(record.directory):
        try:
            path.encode()
        except UnicodeEncodeError:
            message = f"Run {record.id}: {path!r} is left out, its name is not UTF-8"
            warnings.warn(message, UserWarning, stacklevel=3)
            continue
        with open_inside(record.directory, path) as source:
            status = os.fstat(source.fileno())
            member = zipfile.ZipInfo(f"runs/{record.id}/{path}", (1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = (stat.S_IFREG | 0o644) << 16
            with archive.open(member, "w", force_zip64=True) as target:
                digest, size = _copy(source, target.write)
        files.append(BundleFile(path, size, digest, status.st_mtime_ns))
    return BundleRun(record.id, record.name, record.status.value, files)


def _copy(
    source: IO[bytes], write: Callable[[bytes], object], limit: int | None = None
) -> tuple[str, int]:
    """Copy; stop where there is more than `limit`. Return SHA-256 and size."""
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(_CHUNK):
        size += len(chunk)
        if limit is not None and size > limit:
            break
        digest.update(chunk)
        write(chunk)
    return digest.hexdigest(), size


def _read_manifest(archive: zipfile.ZipFile) -> Manifest:
    try:
        info = archive.getinfo(MANIFEST)
    except KeyError:
        raise ValueError(f"{archive.filename} is no bundle: it has no {MANIFEST}") from None
    if info.file_size > _MAX_MANIFEST_BYTES:
        raise ValueError(
            f"{MANIFEST} has {info.file_size:,} bytes; allowed: {_MAX_MANIFEST_BYTES:,}"
        )
    with archive.open(info) as file:
        data = file.read(_MAX_MANIFEST_BYTES)
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except msgspec.DecodeError as error:
        raise ValueError(f"{MANIFEST} is damaged: {error}") from error
    if manifest.format != "fusion-jupyter-bundle":
        raise ValueError(f"{archive.filename} is no bundle: its format is {manifest.format!r}")
    if manifest.version > BUNDLE_VERSION:
        raise ValueError(
            f"{archive.filename} has version {manifest.version}; this release reads up to "
            f"{BUNDLE_VERSION}"
        )
    return manifest


def _check_members(archive: zipfile.ZipFile, manifest: Manifest, max_bytes: int) -> None:
    """Check every name, kind and size before anything is unpacked."""
    expected: dict[str, BundleFile] = {}
    ids = [run.id for run in manifest.runs]
    for run in manifest.runs:
        if not is_run_id(run.id) or ids.count(run.id) > 1:
            raise ValueError(f"{MANIFEST}: run id {run.id!r} is not allowed, or occurs twice")
        for file in run.files:
            name = f"runs/{run.id}/{file.path}"
            if not _belongs(file.path) or "\0" in file.path or name in expected:
                raise ValueError(f"{MANIFEST}: path {file.path!r} of run {run.id} is not allowed")
            if file.size < 0 or not _SHA256.fullmatch(file.sha256):
                raise ValueError(f"{MANIFEST}: size or checksum of {name} is not allowed")
            if not 0 <= file.modified_at_ns < _LAST_TIME_NS:
                raise ValueError(f"{MANIFEST}: time of {name} is {file.modified_at_ns}")
            expected[name] = file
    members = [info for info in archive.infolist() if info.filename != MANIFEST]
    if len(members) > _MAX_FILES:
        raise ValueError(f"{archive.filename} has {len(members):,} files; allowed: {_MAX_FILES:,}")
    for info in members:
        file_or_none = expected.pop(info.filename, None)
        if file_or_none is None or info.orig_filename != info.filename:
            raise ValueError(f"{info.orig_filename!r} is not in {MANIFEST}, or there twice")
        if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
            raise ValueError(f"{info.filename} is a link or a special file; allowed: files")
        if info.flag_bits & 1:
            raise ValueError(f"{info.filename} is encrypted")
        if info.file_size != file_or_none.size:
            raise ValueError(
                f"{info.filename} has {info.file_size} bytes, {MANIFEST} says {file_or_none.size}"
            )
    if expected:
        raise ValueError(f"{next(iter(expected))} is missing from {archive.filename}")
    total = sum(info.file_size for info in members)
    if total > max_bytes:
        raise ValueError(
            f"{archive.filename} unpacks to {total:,} bytes; allowed: {max_bytes:,} (max_bytes)"
        )


@contextlib.contextmanager
def _aside(runs_dir: Path) -> Iterator[Path]:
    """A hidden folder for unpacking; one import at a time clears away what killed ones left."""
    lock = disk.try_lock(os.fspath(runs_dir / _IMPORT_LOCK))
    if lock is None:
        raise BlockingIOError(f"Another import into {runs_dir} is going on")
    try:
        for left in runs_dir.glob(f"{_IMPORTING_PREFIX}*"):
            shutil.rmtree(left, ignore_errors=True)
        aside = Path(tempfile.mkdtemp(prefix=_IMPORTING_PREFIX, dir=runs_dir))
        try:
            yield aside
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    finally:
        os.close(lock)


def _import(archive: zipfile.ZipFile, manifest: Manifest, runs_dir: Path, aside: Path) -> list[str]:
    needed = sum(file.size for run in manifest.runs for file in run.files)
    free = shutil.disk_usage(runs_dir).free
    if needed > free:
        raise ValueError(f"The bundle needs {needed:,} bytes, {runs_dir} has {free:,} left")
    new = []
    for run in manifest.runs:
        if os.path.lexists(runs_dir / run.id):
            if not _is_same(runs_dir / run.id, run):
                raise FileExistsError(f"Run {run.id} is in {runs_dir} already, and differs")
            continue
        _unpack(archive, run, aside / run.id)
        problem = _not_ended(RunDirectory(aside / run.id))
        if problem:
            raise ValueError(f"Run {run.id} has not ended: {problem}")
        new.append(run.id)
    # Everything is on the disk before the first run appears, so that no crash shows half a run.
    os.sync()
    for run_id in new:
        try:
            (aside / run_id).rename(runs_dir / run_id)
        except OSError as error:
            raise FileExistsError(f"Run {run_id} cannot take its place: {error}") from error
    disk.sync_directory(os.fspath(runs_dir))
    return [run.id for run in manifest.runs]


def _unpack(archive: zipfile.ZipFile, run: BundleRun, target: Path) -> None:
    for folder in (layout.LOG_FOLDER, layout.OUTPUT_FOLDER):
        (target / folder).mkdir(parents=True)
    for file in run.files:
        path = target / file.path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise ValueError(f"{file.path} needs a folder where a file is") from error
        with archive.open(f"runs/{run.id}/{file.path}") as source, path.open("xb") as out:
            digest, size = _copy(source, out.write, file.size)
        if (digest, size) != (file.sha256, file.size):
            raise ValueError(f"runs/{run.id}/{file.path} is damaged: its checksum is wrong")
        os.utime(path, ns=(file.modified_at_ns, file.modified_at_ns))


def _is_same(existing: Path, run: BundleRun) -> bool:
    """Tell whether a run directory holds exactly a bundle's run."""
    if not stat.S_ISDIR(existing.lstat().st_mode):
        return False
    theirs = {file.path: (file.sha256, file.size) for file in run.files}
    ours = {}
    for path in _paths(existing):
        with open_inside(existing, path) as file:
            ours[path] = _copy(file, len)
    return ours == theirs
