"""Answer a page's requests: bytes of a run's files, the log's index, the list of files.

For runs that the Jupyter server cannot serve; otherwise the page uses HTTP, see
js/src/files/run_files.ts.
"""

from __future__ import annotations

import json
import os
from array import array
from typing import TYPE_CHECKING, Any

from fusion_jupyter.artifacts import listing
from fusion_jupyter.errors import RunNotFoundError
from fusion_jupyter.logs.line_index import LineIndex
from fusion_jupyter.storage import files, layout

if TYPE_CHECKING:
    from pathlib import Path

    from fusion_jupyter.handle import Run

#: Maximum number of bytes in one answer; a page requests more.
MOST_BYTES = 1 << 20
#: Rows of the file list in one answer.
ROWS = 5000
_OUTPUT = "output/"


class Requests:
    """Answers requests about one run, in any thread.

    Args:
        run: The run.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        folder = run.directory
        self._log = LineIndex(folder / layout.LOG_FOLDER / f"{run.id}.log", below=folder)
        self._rows: list[tuple[str, int, float, str]] = []

    def answer(
        self, operation: object, details: dict[str, Any]
    ) -> tuple[dict[str, Any], bytes | None]:
        """Execute a request.

        Returns:
            A small JSON value and binary data.

        Raises:
            ValueError: The operation or an argument is not allowed.
            RunNotFoundError: The run directory is gone.
            OSError: A file cannot be read.
        """
        self._run.check_folder()
        if self._run.record.problem == "gone":
            raise RunNotFoundError(self._run.record.error_message)
        if operation == "read":
            return self._read(details.get("path"), details.get("start"), details.get("end"))
        if operation == "index":
            return self._index(details.get("from"))
        if operation == "list":
            return self._list(details.get("first"))
        if operation == "table":
            # Here, since it brings in pandas.
            from fusion_jupyter.widgets.file_table import file_table

            grid = file_table(self._run.directory / layout.OUTPUT_FOLDER, details.get("path"))
            return {}, json.dumps(grid).encode()
        if operation == "cancel":
            self._run.cancel()
            return {}, None
        if operation == "delete":
            self._run.delete()
            return {}, None
        allowed = "read, index, list, table, cancel, delete"
        raise ValueError(f"operation is {operation!r}; allowed: {allowed}")

    def _read(self, path: object, start: object, end: object) -> tuple[dict[str, Any], bytes]:
        first, stop = _whole("start", start), _whole("end", end)
        descriptor = self._open(path)
        if descriptor is None:
            return {"size": 0}, b""
        try:
            size = os.fstat(descriptor).st_size
            length = max(0, min(stop, size) - first)
            return {"size": size}, os.pread(descriptor, min(length, MOST_BYTES), first)
        finally:
            os.close(descriptor)

    def _open(self, path: object) -> int | None:
        directory: Path = self._run.directory
        if isinstance(path, str) and path.startswith(_OUTPUT):
            with listing.open_inside(directory / "output", path[len(_OUTPUT) :]) as file:
                return os.dup(file.fileno())
        # Other files of the run directory may contain more than a page should see.
        own = {f"logs/{self._run.id}.log", "progress.jsonl", "state.json"}
        if path not in own:
            allowed = ", ".join(sorted(own))
            raise ValueError(f"path is {path!r}; allowed: {allowed}, or a file below {_OUTPUT}")
        try:
            return files.open_regular(os.fspath(directory / str(path)), below=os.fspath(directory))
        except FileNotFoundError:
            return None

    def _index(self, first: object) -> tuple[dict[str, Any], bytes]:
        before, size, newlines = self._log.index(_whole("from", first))
        return {"size": size, "newlines": newlines}, array("d", before).tobytes()

    def _list(self, first: object) -> tuple[dict[str, Any], bytes]:
        begin = _whole("first", first)
        # Requests may arrive in several threads: each answer uses one listing.
        listed = self._rows
        if begin == 0:
            self._rows = listed = [
                (info.path, info.size, info.modified_at.timestamp(), info.kind)
                for info in self._run.artifacts
            ]
        return {"total": len(listed)}, json.dumps(listed[begin : begin + ROWS]).encode()


def _whole(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{name} is {value!r}; allowed: a whole number, 0 or more")
    return value
