"""`load`: one output file of a run as a DataFrame or an object."""

from __future__ import annotations

import difflib
from pathlib import Path

from fusion_jupyter.artifacts import formats, reading
from fusion_jupyter.artifacts.listing import list_files
from fusion_jupyter.artifacts.paths import safe_path
from fusion_jupyter.manager.record import ArtifactInfo

#: Default size limit of a file, and of its unpacked result: 256 MiB.
MAX_BYTES = 256 * 1024**2
_SHOWN_CANDIDATES = 10


def load(
    output: Path,
    relative: str | Path | ArtifactInfo,
    *,
    max_bytes: int | None = MAX_BYTES,
    patience: float = reading.PATIENCE_SECONDS,
) -> object:
    """Load one output file.

    ========================== =====================================================
    file                       result
    ========================== =====================================================
    JSON                       DataFrame for a list of objects that share keys, else
                               the object
    JSONL, NDJSON              DataFrame; the line being written is omitted
    CSV, TSV                   DataFrame; separator ``,`` ``;`` tab or ``|``
    Parquet                    DataFrame
    npy                        numpy array
    npz                        dict of numpy arrays
    INI                        dict of sections, each a dict of texts
    PNG, JPEG, GIF, WebP, SVG  `IPython.display.Image`
    text, log, Markdown        str
    anything else              by its content, else bytes
    ========================== =====================================================

    If the name is wrong, the content decides. A file that is being written is read again for a
    short time. Nothing is ever executed: pickles are refused.

    Args:
        output: The run's output directory.
        relative: Path below it, or the end of a path, such as ``"300.0_erlang.json"``, that matches
            exactly one file; or an entry of the listing.
        max_bytes: Largest file, and largest unpacked result, in bytes; None: no limit.
        patience: Seconds to wait for a file that is being written.

    Raises:
        FileNotFoundError: No file matches; the message lists the nearest.
        ValueError: More than one file matches; the file is damaged, a pickle, or larger than
            `max_bytes`.
        ImportError: It is a Parquet file and pyarrow is not installed.

    Example:
        >>> load(Path("fusion_runs/3f9c0a7be214/output"), "300.0_erlang.json")["blocking_mean"]
        0.007666666666666667
    """
    if max_bytes is not None and not (isinstance(max_bytes, int) and max_bytes >= 0):
        raise ValueError(f"max_bytes is {max_bytes!r}; allowed: a whole number of bytes, or None")
    path = find(output, relative.path if isinstance(relative, ArtifactInfo) else str(relative))
    name = path.rpartition("/")[2]
    return reading.read_whole(
        output,
        path,
        lambda data: formats.parse(name, data, max_bytes),
        max_bytes=max_bytes,
        patience=patience,
    )


def find(output: Path, relative: str) -> str:
    """Find the one file that matches a path, or the end of a path.

    Returns:
        Its path relative to `output`.

    Raises:
        FileNotFoundError: No file matches; the message lists the nearest.
        ValueError: More than one file matches.
    """
    if safe_path(output, relative) is not None:
        return relative
    paths = [file.path for file in list_files(output)]
    matches = [path for path in paths if path.endswith(f"/{relative}")]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise ValueError(f"{relative!r} matches {len(matches)} files: {_some(matches)}")
    if not paths:
        raise FileNotFoundError(f"There is no file {relative!r}: the run has no output files yet")
    name = relative.rpartition("/")[2]
    nearest = [p for p in paths if p.endswith(f"/{name}")] or [
        path
        for close in difflib.get_close_matches(name, {p.rpartition("/")[2] for p in paths}, 5, 0.5)
        for path in paths
        if path.endswith(close)
    ]
    raise FileNotFoundError(f"There is no file {relative!r}; nearest: {_some(nearest or paths)}")


def _some(paths: list[str]) -> str:
    shown = ", ".join(paths[:_SHOWN_CANDIDATES])
    more = len(paths) - _SHOWN_CANDIDATES
    return f"{shown} and {more} more" if more > 0 else shown
