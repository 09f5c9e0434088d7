"""The format of a bundle, and checks that an untrusted one can be unpacked safely."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from typing import IO

import msgspec

from fusion_jupyter.manager.record import is_run_id
from fusion_jupyter.storage import layout

#: Version of the archive's layout. A reader accepts this and every older one.
BUNDLE_VERSION = 1
MANIFEST = "manifest.json"

_MAX_MANIFEST_BYTES = 256 * 1024**2
_MAX_FILES = 1_000_000
#: File systems reject longer paths; deeper ones only cost time.
_LONGEST_PATH = 1024
_DEEPEST_PATH = 64
_CHUNK = 1024**2
TOP_FILES = {
    layout.RUN_FILE,
    layout.CONFIG_FILE,
    layout.STATE_FILE,
    layout.CANCEL_FILE,
    layout.LABELS_FILE,
    layout.PROGRESS_FILE,
    layout.PROVENANCE_FILE,
    layout.DIFF_FILE,
}
FOLDERS = {layout.LOG_FOLDER, layout.OUTPUT_FOLDER, layout.INPUT_FOLDER}
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LAST_TIME_NS = 2**62  # in the year 2116; the limit of file systems
# Exceptions of zipfile for damaged archives, beside OSError for an offset before the start.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
)


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
    """The content of ``manifest.json``."""

    format: str
    version: int
    created_at: str
    versions: dict[str, str]
    runs: list[BundleRun]
    #: Records of sweeps; absent in bundles of earlier releases, and ignored by those releases.
    sweeps: list[msgspec.Raw] = []


@contextlib.contextmanager
def damage_is_an_error(path: os.PathLike[str]) -> Iterator[None]:
    """Turn zipfile's exceptions for a damaged archive into a ValueError that names the file."""
    try:
        yield
    except _DAMAGE as error:
        raise ValueError(f"{path} is not a complete bundle: {error}") from error
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        raise ValueError(f"{path} is not a complete bundle: an offset in it is wrong") from error


def belongs(path: str) -> bool:
    """Return whether a file of a run directory belongs in a bundle."""
    parts = path.split("/")
    if any(part == "" or part.startswith(".") for part in parts):
        return False
    return path in TOP_FILES if len(parts) == 1 else parts[0] in FOLDERS


def copy(
    source: IO[bytes], write: Callable[[bytes], object], limit: int | None = None
) -> tuple[str, int]:
    """Copy at most `limit` bytes; return SHA-256 and size."""
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(_CHUNK):
        size += len(chunk)
        if limit is not None and size > limit:
            break
        digest.update(chunk)
        write(chunk)
    return digest.hexdigest(), size


def read_manifest(archive: zipfile.ZipFile) -> Manifest:
    """Read a bundle's manifest.

    Raises:
        ValueError: It is missing, damaged, or written by a newer release.
    """
    try:
        info = archive.getinfo(MANIFEST)
    except KeyError:
        raise ValueError(f"{archive.filename} is not a bundle: it has no {MANIFEST}") from None
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
        raise ValueError(f"{archive.filename} is not a bundle: its format is {manifest.format!r}")
    if manifest.version > BUNDLE_VERSION:
        raise ValueError(
            f"{archive.filename} has version {manifest.version}; this release reads up to "
            f"{BUNDLE_VERSION}"
        )
    return manifest


def check_members(archive: zipfile.ZipFile, manifest: Manifest, max_bytes: int | None) -> None:
    """Check every name, kind and size before anything is unpacked.

    Raises:
        ValueError: One is not allowed; the message names it.
    """
    expected: dict[str, BundleFile] = {}
    ids: set[str] = set()
    for run in manifest.runs:
        if not is_run_id(run.id) or run.id in ids:
            raise ValueError(f"{MANIFEST}: run id {run.id!r} is not allowed, or occurs twice")
        ids.add(run.id)
        _check_files(run, expected)
    _check_folders(expected)
    members = [info for info in archive.infolist() if info.filename != MANIFEST]
    if len(members) > _MAX_FILES:
        raise ValueError(f"{archive.filename} has {len(members):,} files; allowed: {_MAX_FILES:,}")
    for info in members:
        file_or_none = expected.pop(info.filename, None)
        if file_or_none is None or info.orig_filename != info.filename:
            raise ValueError(f"{info.orig_filename!r} is not in {MANIFEST}, or occurs twice")
        if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
            raise ValueError(f"{info.filename} is a link or a special file; allowed: files")
        if info.flag_bits & 1:
            raise ValueError(f"{info.filename} is encrypted")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError(
                f"{info.filename} has compression {info.compress_type}; "
                "allowed: 0 (none), 8 (deflate)"
            )
        if info.file_size != file_or_none.size:
            raise ValueError(
                f"{info.filename} has {info.file_size} bytes, {MANIFEST} says {file_or_none.size}"
            )
    if expected:
        raise ValueError(f"{next(iter(expected))} is missing from {archive.filename}")
    total = sum(info.file_size for info in members)
    if max_bytes is not None and total > max_bytes:
        raise ValueError(
            f"{archive.filename} unpacks to {total:,} bytes; allowed: {max_bytes:,} (max_bytes)"
        )


def _check_files(run: BundleRun, expected: dict[str, BundleFile]) -> None:
    """Check the manifest's entries for one run's files, and add them by name."""
    paths = {file.path for file in run.files}
    for needed in (layout.RUN_FILE, layout.STATE_FILE):
        if needed not in paths:
            raise ValueError(f"{MANIFEST}: Run {run.id} has not ended: {needed} is missing")
    for file in run.files:
        name = f"runs/{run.id}/{file.path}"
        shown = file.path if len(file.path) <= 200 else f"{file.path[:200]}…"
        if len(file.path) > _LONGEST_PATH or file.path.count("/") >= _DEEPEST_PATH:
            raise ValueError(
                f"{MANIFEST}: path {shown!r} of run {run.id} has {len(file.path):,} characters in "
                f"{file.path.count('/') + 1:,} parts; allowed: {_LONGEST_PATH:,} in "
                f"{_DEEPEST_PATH}"
            )
        if not belongs(file.path) or "\0" in file.path or name in expected:
            raise ValueError(f"{MANIFEST}: path {shown!r} of run {run.id} is not allowed")
        if file.size < 0 or not _SHA256.fullmatch(file.sha256):
            raise ValueError(f"{MANIFEST}: size or checksum of {name} is not allowed")
        if not 0 <= file.modified_at_ns < _LAST_TIME_NS:
            raise ValueError(f"{MANIFEST}: time of {name} is {file.modified_at_ns}")
        expected[name] = file


def _check_folders(names: Collection[str]) -> None:
    """Check that no name is both a file and a folder."""
    folders: set[str] = set()
    for name in names:
        folder = name.rpartition("/")[0]
        while folder and folder not in folders:
            if folder in names:
                raise ValueError(f"{MANIFEST}: {folder} is a file, but also a folder in {name}")
            folders.add(folder)
            folder = folder.rpartition("/")[0]


def copy_member(
    archive: zipfile.ZipFile, run: BundleRun, file: BundleFile, write: Callable[[bytes], object]
) -> None:
    """Unpack one file, but no more bytes than the manifest states.

    Raises:
        ValueError: Its content does not match the manifest.
    """
    name = f"runs/{run.id}/{file.path}"
    try:
        with archive.open(name) as source:
            found = copy(source, write, file.size)
    except _DAMAGE as error:
        raise ValueError(f"{name} is damaged: {error}") from error
    if found != (file.sha256, file.size):
        raise ValueError(f"{name} is damaged: its checksum or size does not match {MANIFEST}")
