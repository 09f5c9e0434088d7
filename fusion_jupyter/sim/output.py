"""One JSON file per traffic load, always whole.

A file is written beside its place under a hidden name and moved over the old one, so that whoever
reads it at any moment reads a complete document. What past iterations left is kept in a scratch
file, not in memory, which therefore does not grow with the number of iterations.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

#: Rewriting a file takes at most this share of a run's time, however long the file has grown.
SAVE_SHARE = 0.2


def output_directory(base: Path, network: str, start: datetime) -> Path:
    """Return the directory of a run's files: ``<base>/<network>/<mmdd>/<HH_MM_SS_ffffff>/s1``."""
    return base / network / start.strftime("%m%d") / start.strftime("%H_%M_%S_%f") / "s1"


class ErlangFile:
    """The output file of one load, ``<erlang>_erlang.json``; a context manager.

    Args:
        directory: Where the file goes; made when it is first saved.
        erlang: The offered load.

    Attributes:
        path: The file.
    """

    def __init__(self, directory: Path, erlang: float) -> None:
        self.path = directory / f"{erlang}_erlang.json"
        directory.mkdir(parents=True, exist_ok=True)
        self._iterations = tempfile.TemporaryFile("w+b", dir=directory)  # noqa: SIM115
        self._next_save = 0.0

    def __enter__(self) -> ErlangFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._iterations.close()

    def append(self, iteration: int, record: dict[str, Any]) -> None:
        """Add an iteration's entry; it is in the file after the next :meth:`save`."""
        separator = ",\n" if self._iterations.tell() else "\n"
        self._iterations.write(f'{separator}"{iteration}": {json.dumps(record)}'.encode())

    @property
    def due(self) -> bool:
        """Whether enough time has passed since the last save for another one."""
        return time.monotonic() >= self._next_save

    def save(self, record: dict[str, Any]) -> None:
        """Replace the file by one with all iterations so far.

        Args:
            record: The load's own entries, which stand beside ``iter_stats``.
        """
        start = time.monotonic()
        record["sim_end_time"] = datetime.now().strftime("%m%d_%H_%M_%S_%f")
        hidden = self.path.with_name(f".{self.path.name}.tmp")
        try:
            with hidden.open("wb") as file:
                file.write(b'{"iter_stats": {')
                self._iterations.seek(0)
                shutil.copyfileobj(self._iterations, file, 1 << 16)
                file.write(b"},\n")
                file.write(json.dumps(record).encode()[1:])
            hidden.replace(self.path)
        except BaseException:
            hidden.unlink(missing_ok=True)
            raise
        end = time.monotonic()
        self._next_save = end + (end - start) * (1 / SAVE_SHARE - 1)
