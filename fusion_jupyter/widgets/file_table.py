"""The first rows of a binary file, for a preview: the page cannot read Parquet or NumPy itself."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from fusion_jupyter.artifacts import loading
from fusion_jupyter.artifacts.reading import TooLargeError

if TYPE_CHECKING:
    from pathlib import Path

    from fusion_jupyter.widgets.messages import Grid

#: Rows and columns of a preview, also of the files that the page reads itself.
PREVIEW_ROWS = 200
PREVIEW_COLUMNS = 40
#: Largest file, and largest unpacked content: a preview is no reason to fill the kernel's memory.
MOST_BYTES = 64 << 20
_LONGEST_CELL = 200
_SUFFIXES = (".npy", ".parquet")


def file_table(output: Path, path: object) -> Grid:
    """Read the first rows of a Parquet or npy file.

    Args:
        output: The run's output directory.
        path: Path of the file below it.

    Raises:
        ValueError: It is no such file, is damaged, or too large.
        FileNotFoundError: There is no such file.
        ImportError: A Parquet file, and pyarrow is not installed.
    """
    if not isinstance(path, str) or not path.lower().endswith(_SUFFIXES):
        raise ValueError(f"path is {path!r}; allowed: a file that ends in {' or '.join(_SUFFIXES)}")
    try:
        content: Any = loading.load(output, path, max_bytes=MOST_BYTES, patience=0.0)
    except TooLargeError as error:
        raise ValueError("This file is too large for a preview; load it with the line above") from (
            error
        )
    if hasattr(content, "columns"):
        return _grid([str(name) for name in content.columns], content.iloc)
    if not hasattr(content, "shape"):
        raise ValueError(f"{path} holds neither a table nor an array")
    shape = " × ".join(map(str, content.shape)) or "one value"
    name = f"{shape}, {content.dtype}"
    if content.dtype.names:
        names = list(content.dtype.names)
        flat = content.reshape(-1)
        rows = [[row[each] for each in names[:PREVIEW_COLUMNS]] for row in flat[:PREVIEW_ROWS]]
        return _made(names, rows, len(flat), len(names))
    if content.ndim < 2:
        flat = content.reshape(-1)
        rows = [[index, value] for index, value in enumerate(flat[:PREVIEW_ROWS].tolist())]
        return _made(["#", name], rows, len(flat), 2)
    # Of more than two dimensions, each row is one position in all but the last.
    width = content.shape[-1]
    flat = content.reshape(-1, width) if width else content.reshape(0, 1)
    rows = [
        [index, *values]
        for index, values in enumerate(flat[:PREVIEW_ROWS, : PREVIEW_COLUMNS - 1].tolist())
    ]
    columns = [name, *map(str, range(width))]
    return _made(columns, rows, len(flat), width + 1)


def _grid(names: list[str], cells: Any) -> Grid:
    part = cells[:PREVIEW_ROWS, :PREVIEW_COLUMNS].astype(object)
    part = part.where(part.notna(), None)
    rows = [list(row) for row in part.itertuples(index=False, name=None)]
    return _made(names, rows, len(cells.obj), len(names))


def _made(columns: list[str], rows: list[list[Any]], total_rows: int, total_columns: int) -> Grid:
    return {
        "columns": [_text(name) for name in columns[:PREVIEW_COLUMNS]],
        "rows": [[_cell(value) for value in row] for row in rows],
        "total_rows": total_rows,
        "total_columns": total_columns,
    }


def _cell(value: Any) -> object:
    """A value that JSON can hold."""
    if hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        value = value.item()
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) < 1 << 53:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    return _text(str(value))


def _text(text: str) -> str:
    return text if len(text) <= _LONGEST_CELL else text[:_LONGEST_CELL] + "…"
