"""What a run's files request of its supervisor: environment, marker, grace period.

Imported by the supervisor, so it imports only light standard-library modules.
"""

from __future__ import annotations

import errno
import os
import time

from fusion_jupyter.storage import files, layout
from fusion_jupyter.storage.held import HeldDirectory

TYPE_CHECKING = False  # avoids importing typing
if TYPE_CHECKING:
    from typing import Any

DEFAULT_GRACE_SECONDS = 5.0
#: A cancel intent needs no content; a longer file is not read.
_MOST_INTENT_BYTES = 4096


def marker(run_id: str, request: dict[str, Any]) -> str:
    """The environment entry that only this run's processes carry."""
    return layout.marker(run_id, str(request.get("token")))


def environment(folder: HeldDirectory, run_id: str, request: dict[str, Any]) -> dict[str, str]:
    """The environment of the run's request, not that of the process that started the queue.

    Raises:
        OSError: Its file cannot be read, or a power cut left it incomplete.
    """
    try:
        content = folder.read_json(layout.ENVIRONMENT_FILE)
    except ValueError as error:
        reason = f"the saved environment of its request is damaged ({error})"
        raise OSError(errno.EINVAL, reason) from error
    found = dict(os.environ) if content is None else content
    if request.get("job_environment"):
        found = {**found, **os.environ}
    found.pop(layout.SUPERVISOR_VARIABLE, None)
    name, _, value = marker(run_id, request).partition("=")
    return {**found, name: value}


def grace_seconds(folder: HeldDirectory, request: dict[str, Any]) -> float:
    """Seconds between SIGTERM and SIGKILL, from the cancel intent or else from the request."""
    try:
        intent = files.parse_json(folder.read(layout.CANCEL_FILE, _MOST_INTENT_BYTES))
    except (ValueError, OSError):
        intent = {}  # the file's existence is the request
    for source in (intent, request):
        grace = source.get("grace_seconds")
        if isinstance(grace, int | float) and 0 <= grace < 3600:
            return float(grace)
    return DEFAULT_GRACE_SECONDS


def starts(folder: HeldDirectory, restart: int) -> bool:
    """Whether the run has not been started yet, or its engine has restarted it since."""
    if not folder.exists(layout.STATE_FILE):
        return True
    try:
        before = folder.read_json(layout.STATE_FILE) or {}
    except (OSError, ValueError):
        return False
    return restart > int(before.get("restart", 0))


def begin_anew(
    folder: HeldDirectory, request: dict[str, Any], log_name: str, restart: int
) -> tuple[int, int]:
    """Before a further start: set aside what the earlier one left, so that nothing counts twice.

    A simulator's output is renamed: it would write the same loads into another folder beside it.
    That of a command stays, because it may go on from there. In the progress file a mark separates
    the events: only the file itself shows which events belong to which start.

    Args:
        folder: The run directory.
        request: Content of ``run.json``.
        log_name: Name of the log.
        restart: How often the run was started before.

    Returns:
        Where this start begins, in bytes, in the log and in the progress file.

    Raises:
        OSError: The output cannot be renamed.
    """
    if request.get("simulator") != "command" and folder.exists(layout.OUTPUT_FOLDER):
        folder.rename(layout.OUTPUT_FOLDER, f"{layout.OUTPUT_FOLDER}.start-{restart - 1}")
        folder.make_folder(layout.OUTPUT_FOLDER)
    try:
        file = folder.open(layout.PROGRESS_FILE, os.O_WRONLY | os.O_APPEND)
    except OSError:
        return folder.size(log_name), 0  # the earlier start reported nothing
    try:
        # The earlier start may have been killed in the middle of a line.
        os.write(file, b'\n{"type": "fusion_jupyter.restart"}\n')
    except OSError:
        pass  # a full disk: the program cannot report either
    finally:
        os.close(file)
    return folder.size(log_name), folder.size(layout.PROGRESS_FILE)


def now() -> str:
    """The current time as a state file has it."""
    seconds = time.time()
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds % 1 * 1e6):06d}+00:00"


def progress_reader(
    folder: HeldDirectory, request: dict[str, Any], log_name: str, begins: tuple[int, int]
) -> Any:
    """The process that reads a command's progress from its log; None for a simulator.

    Args:
        folder: The run directory.
        request: Content of ``run.json``.
        log_name: Name of the log.
        begins: Where this start of the run begins, in bytes, in the log and the progress file.
    """
    patterns = request.get("progress_patterns")
    if patterns is None or request.get("simulator") != "command":
        return None  # not requested, or the program reports progress itself
    # Immediately: a package that is replaced while the run executes cannot be imported any more.
    from fusion_jupyter.logs import log_progress

    try:
        return log_progress.start(folder, log_name, layout.PROGRESS_FILE, patterns, begins)
    except OSError:
        return None  # no process for it: only the progress bar is lost
