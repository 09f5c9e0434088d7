"""Why a run ended, in one line: read once from its log, when it has failed.

Imported by the supervisor at a run's end, so it imports only light standard-library modules.
"""

from __future__ import annotations

import os
import re
import signal
from typing import Any

from fusion_jupyter.choices import DEFAULT_ENGINE
from fusion_jupyter.storage.held import HeldDirectory

_HEAD_BYTES = 1 << 20
_TAIL_BYTES = 256 << 10
_LONGEST = 500
#: A longer line is not a readable message.
_LONGEST_LINE = 4000

#: FUSION reports a bad configuration in this line and then fails on the missing option, so the
#: traceback that follows names something else.
_CONFIGURATION = re.compile(r"Configuration error: *(\S.*)")
_EXCEPTION = re.compile(r"^((?:\w+\.)*\w*(?:Error|Exception|Interrupt|Exit|Warning)\b(?::.*)?)$")


def describe_exit(exit_code: int | None, signal_number: int | None) -> str:
    """Describe how a process ended.

    Example:
        >>> describe_exit(None, 9)
        'ended by signal 9 (SIGKILL)'
    """
    if signal_number is not None:
        try:
            return f"ended by signal {signal_number} ({signal.Signals(signal_number).name})"
        except ValueError:
            return f"ended by signal {signal_number}"
    return f"exit code {exit_code}"


def explain_failure(
    folder: HeldDirectory, log_name: str, exit_code: int | None, signal_number: int | None
) -> str:
    """The reason for a failure: a configuration error, else the last exception, else the exit.

    Args:
        folder: The run directory.
        log_name: Name of the log in it; its first MiB and last 256 KiB are read.
        exit_code: Exit status, None after a signal.
        signal_number: Signal that ended the process, None after an exit.
    """
    ending = describe_exit(exit_code, signal_number)
    try:
        head, tail = _read_ends(folder, log_name)
    except OSError:
        return ending[0].upper() + ending[1:]
    found = _CONFIGURATION.search(head)
    if found:
        return _shorten(found[1])
    if signal_number is None:
        for line in reversed(tail.splitlines()):
            found = _EXCEPTION.match(line.strip()) if len(line) < _LONGEST_LINE else None
            if found:
                return _shorten(found[1])
    words = [line.strip() for line in tail.splitlines() if line.strip()]
    last = f"; last line of the log: {words[-1]}" if words else ""
    return _shorten(ending[0].upper() + ending[1:] + last)


def has_files(folder: HeldDirectory, name: str) -> bool:
    """Return whether a folder of the run holds any non-hidden file, at any depth."""
    for _, folders, names, _ in os.fwalk(name, dir_fd=folder.descriptor):
        folders[:] = [name for name in folders if not name.startswith(".")]
        if any(not name.startswith(".") for name in names):
            return True
    return False


def _read_ends(folder: HeldDirectory, name: str) -> tuple[str, str]:
    descriptor = folder.open(name, os.O_RDONLY)
    try:
        head = os.read(descriptor, _HEAD_BYTES)
        size = os.fstat(descriptor).st_size
        tail = os.pread(descriptor, _TAIL_BYTES, max(0, size - _TAIL_BYTES))
    finally:
        os.close(descriptor)
    return head.decode(errors="replace"), tail.decode(errors="replace")


def _shorten(text: str) -> str:
    text = text.strip()
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def explain_stop(request: dict[str, Any], run_dir: str) -> tuple[str, str]:
    """Status and reason, from the engine, of a run whose supervisor received SIGTERM."""
    from fusion_jupyter.engines import registry
    from fusion_jupyter.manager import launch

    try:
        engine = registry.engine(str(request.get("engine", DEFAULT_ENGINE)), launch)
        explained = engine.explain_stop(run_dir)
    except (OSError, ValueError):
        explained = None
    return explained or ("FAILED", "Its supervisor received SIGTERM, as at a shutdown")
