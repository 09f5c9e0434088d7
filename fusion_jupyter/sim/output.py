"""One JSON file per traffic load, always complete.

A file is written under a hidden name and renamed over the old one, so that a reader always finds a
complete document. Past iterations are kept in a scratch file once they are many, so memory does not
grow with the number of iterations.
"""

from __future__ import annotations

import io
import json
import os
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType
    from typing import BinaryIO

#: Rewriting a file takes at most this share of a run's time, however large it is.
SAVE_SHARE = 0.05
#: Bytes copied at a time; with fewer, a short run needs no scratch file.
CHUNK = 1 << 16


def output_directory(base: str, network: str, start_ns: int) -> str:
    """Return the directory of a run's files: ``<base>/<network>/<mmdd>/<HH_MM_SS_ffffff>/s1``.

    Args:
        base: The directory of all outputs.
        network: The network's name.
        start_ns: The run's start in ns since the epoch.
    """
    day, clock = _stamps(start_ns)
    return os.path.join(base, network, day, clock, "s1")


def _stamps(nanoseconds: int) -> tuple[str, str]:
    """Return FUSION's form of a local day and time: ``mmdd`` and ``HH_MM_SS_ffffff``."""
    local = time.localtime(nanoseconds // 10**9)
    microseconds = nanoseconds // 1000 % 10**6
    return time.strftime("%m%d", local), time.strftime(f"%H_%M_%S_{microseconds:06d}", local)


class ErlangFile:
    """The output file of one load, ``<erlang>_erlang.json``; a context manager.

    Args:
        directory: Folder of the file; created when it is first saved.
        erlang: The offered load.

    Attributes:
        path: The file.
    """

    def __init__(self, directory: str, erlang: float) -> None:
        name = f"{erlang}_erlang.json"
        self.path = os.path.join(directory, name)
        self._hidden = os.path.join(directory, f".{name}.tmp")
        os.makedirs(directory, exist_ok=True)
        self._iterations: BinaryIO = io.BytesIO()
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
        if isinstance(self._iterations, io.BytesIO) and self._iterations.tell() > CHUNK:
            self._iterations = self._on_disk(self._iterations)

    def _on_disk(self, iterations: io.BytesIO) -> BinaryIO:
        """Move them to a scratch file without a name, so nothing is left of it at any end."""
        file = open(self._hidden, "w+b")  # noqa: SIM115
        os.unlink(self._hidden)
        file.write(iterations.getbuffer())
        return file

    @property
    def due(self) -> bool:
        """Whether enough time has passed since the last save for another one."""
        return time.monotonic() >= self._next_save

    def save(self, record: dict[str, Any]) -> None:
        """Replace the file by one with all iterations so far.

        Args:
            record: The load's own entries, beside ``iter_stats``.
        """
        start = time.monotonic()
        record["sim_end_time"] = "_".join(_stamps(time.time_ns()))
        try:
            with open(self._hidden, "wb") as file:
                file.write(b'{"iter_stats": {')
                self._iterations.seek(0)
                while chunk := self._iterations.read(CHUNK):
                    file.write(chunk)
                file.write(b"},\n")
                file.write(json.dumps(record).encode()[1:])
            os.replace(self._hidden, self.path)
        except BaseException:
            if os.path.exists(self._hidden):
                os.unlink(self._hidden)
            raise
        end = time.monotonic()
        self._next_save = end + (end - start) * (1 / SAVE_SHARE - 1)
