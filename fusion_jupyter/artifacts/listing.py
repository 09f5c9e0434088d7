"""List and open a run's output files without ever leaving its output directory.

A run's program may write anything below its output directory, including links. So no name is
trusted here, see `paths`. Hidden files are not artifacts.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from fusion_jupyter import settings
from fusion_jupyter.artifacts import paths
from fusion_jupyter.artifacts.paths import open_inside, safe_path
from fusion_jupyter.errors import RunNotFoundError
from fusion_jupyter.manager.record import ArtifactInfo, is_run_id
from fusion_jupyter.storage import layout

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "artifacts_frame",
    "erlang_of",
    "get_artifact_path",
    "kind_of",
    "list_artifacts",
    "list_files",
    "open_artifact",
    "open_inside",
    "safe_path",
    "text_series",
]

# Name of a results file. The load is digits with at most one point, as FUSION writes it; float()
# would accept more.
_results_name = re.compile(r"(\d+\.?\d*|\.\d+)_erlang\.json", re.ASCII).fullmatch

#: Kind of an output file by its extension in lower case.
KINDS = {
    "json": "json",
    "csv": "table",
    "tsv": "table",
    "jsonl": "table",
    "ndjson": "table",
    "parquet": "table",
    "txt": "text",
    "log": "text",
    "md": "text",
    "png": "image",
    "jpg": "image",
    "jpeg": "image",
    "gif": "image",
    "webp": "image",
    "svg": "image",
    "npy": "array",
    "npz": "array",
    "ini": "config",
    "cfg": "config",
    "toml": "config",
    "yaml": "config",
    "yml": "config",
}
_new = object.__new__
_set_name, _set_path, _set_size, _set_modified_at, _set_kind = (
    getattr(ArtifactInfo, name).__set__ for name in ("name", "path", "size", "modified_at", "kind")
)
_from_timestamp = datetime.fromtimestamp


def list_artifacts(run_id: str, *, runs_dir: Path | None = None) -> list[ArtifactInfo]:
    """List the output files of a run, in all folders.

    Args:
        run_id: The run.
        runs_dir: Folder of the run directories; default: see `fusion_jupyter.configure`.

    Returns:
        One entry for each regular file, sorted by path; empty if there is no output. Files and
        folders whose name starts with a dot are omitted, and so are links, except links to a file
        inside the output directory. A file that vanishes meanwhile is skipped.

    Raises:
        RunNotFoundError: There is no such run, or this is not a valid run id.

    Example:
        >>> [file.path for file in list_artifacts("3f9c0a7be214")]
        ['NSFNet/1123/19_05_51_928118/s1/300.0_erlang.json']
    """
    output = _output(run_id, runs_dir)
    if output is None:
        folder = settings.runs_dir() if runs_dir is None else runs_dir
        raise RunNotFoundError(f"There is no run {run_id!r} in {folder}")
    return list_files(output)


def get_artifact_path(
    run_id: str, relative_path: str, *, runs_dir: Path | None = None
) -> Path | None:
    """Find an output file of a run.

    The path was inside at the time of the check. To read a file that another process may replace
    meanwhile, use `open_artifact`.

    Args:
        run_id: The run.
        relative_path: As in `list_artifacts`: relative to the output directory, with ``/``.
        runs_dir: Folder of the run directories; default: see `fusion_jupyter.configure`.

    Returns:
        The absolute path, links resolved; None if this is not a regular, visible file inside the
        run's output directory, or there is no such run. Never raises because of its arguments.

    Example:
        >>> get_artifact_path("3f9c0a7be214", "../config.ini") is None
        True
    """
    output = _output(run_id, runs_dir)
    return None if output is None else safe_path(output, relative_path)


def open_artifact(run_id: str, relative_path: str, *, runs_dir: Path | None = None) -> BinaryIO:
    """Open an output file of a run for reading, safe against links swapped in meanwhile.

    Args:
        run_id: The run.
        relative_path: As in `list_artifacts`.
        runs_dir: Folder of the run directories; default: see `fusion_jupyter.configure`.

    Returns:
        The open file (unbuffered reads never block: it is a regular file).

    Raises:
        FileNotFoundError: This is not a regular, visible file inside the run's output directory.
        RunNotFoundError: There is no such run.

    Example:
        >>> with open_artifact("3f9c0a7be214", "s1/300.0_erlang.json") as file:
        ...     data = file.read()
    """
    output = _output(run_id, runs_dir)
    if output is None:
        raise RunNotFoundError(f"There is no run {run_id!r}")
    return open_inside(output, relative_path)


def list_files(output: Path, *, most: int = sys.maxsize) -> list[ArtifactInfo]:
    """List the files below a directory; see `list_artifacts` for which are included.

    Args:
        output: The directory; it need not exist and is not followed if it is a link.
        most: Stop after this many files, whichever they are.
    """
    found: list[ArtifactInfo] = []
    try:
        root = paths.open_root(output)
    except OSError:
        return found
    try:
        # Pending folders are kept by name, not as open descriptors: their number is unlimited.
        pending = [""]
        while pending and len(found) < most:
            prefix = pending.pop()
            try:
                folder = paths.open_folder(root, prefix.split("/")[:-1])
            except OSError:
                continue  # vanished, or swapped for a link
            try:
                _list_folder(folder, prefix, output, found, pending, most)
            finally:
                os.close(folder)
    finally:
        os.close(root)
    found.sort(key=attrgetter("path"))
    return found


def artifacts_frame(infos: Iterable[ArtifactInfo]) -> pd.DataFrame:
    """Show a listing as a table.

    Returns:
        Columns ``path`` and ``name`` (text), ``kind`` (text), ``size`` (bytes, int64) and
        ``modified_at`` (UTC, datetime64); the same when there are no files.
    """
    import pandas as pd

    files = list(infos)
    text = {
        "path": [file.path for file in files],
        "name": [file.name for file in files],
        "kind": [file.kind for file in files],
    }
    return pd.DataFrame(
        {
            **{name: text_series(values) for name, values in text.items()},
            "size": pd.Series([file.size for file in files], dtype="int64"),
            "modified_at": pd.Series(
                [file.modified_at for file in files], dtype="datetime64[us, UTC]"
            ),
        }
    )


def text_series(values: list[str] | list[str | None]) -> pd.Series[str]:
    """Make a text column of pandas' text type, even if it is empty."""
    import pandas as pd

    try:
        return pd.Series(values, dtype="str" if pd.__version__ >= "3" else "object")
    except UnicodeEncodeError:
        # A file name that is not UTF-8 (lone surrogates) does not fit pandas' Arrow text.
        return pd.Series(values, dtype="object")


def kind_of(name: str) -> str:
    """Return a file's kind (see `ArtifactInfo`) by its name."""
    if _results_name(name):
        return "results"
    return KINDS.get(name[name.rfind(".") + 1 :].lower(), "other")


def erlang_of(name: str) -> float | None:
    """Read the load in Erlang from a results file's name, None for any other file.

    Example:
        >>> erlang_of("300.0_erlang.json")
        300.0
    """
    match = _results_name(name)
    return None if match is None else float(match[1])


def _output(run_id: object, runs_dir: Path | None) -> Path | None:
    """The run's output directory, None if there is no such run."""
    if not is_run_id(run_id):
        return None
    directory = (settings.runs_dir() if runs_dir is None else Path(runs_dir)) / str(run_id)
    try:
        if not stat.S_ISDIR(directory.lstat().st_mode):
            return None
    except OSError:
        return None
    return directory / layout.OUTPUT_FOLDER


def _list_folder(
    folder: int,
    prefix: str,
    output: Path,
    found: list[ArtifactInfo],
    pending: list[str],
    most: int,
) -> None:
    add = found.append  # this loop may run for 100,000 files
    with os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            if name[0] == ".":
                continue
            if len(found) >= most:
                return
            try:
                # The scan is of an open folder, so this checks its own entries even if the folder's
                # name now refers to something else.
                if entry.is_file(follow_symlinks=False):
                    add(_info(name, prefix + name, entry.stat(follow_symlinks=False)))
                elif entry.is_dir(follow_symlinks=False):
                    pending.append(f"{prefix}{name}/")
                elif entry.is_symlink():
                    with open_inside(output, prefix + name) as file:
                        add(_info(name, prefix + name, os.fstat(file.fileno())))
            except OSError:
                continue  # vanished, or not readable


def _info(name: str, path: str, status: os.stat_result) -> ArtifactInfo:
    # Equivalent to calling the class but twice as fast: a frozen dataclass sets each field by name.
    info = _new(ArtifactInfo)
    _set_name(info, name)
    _set_path(info, path)
    _set_size(info, status.st_size)
    _set_modified_at(info, _from_timestamp(status.st_mtime, UTC))
    _set_kind(info, kind_of(name))
    return info
