"""Start supervisors: their command line, and ways to run it on this machine.

This module is passed to engines as their `fusion_jupyter.engines.base.SupervisorLauncher`; they
import nothing from the manager. Imported by the supervisor, so it imports only light
standard-library modules.
"""

from __future__ import annotations

import _thread
import os
import sys
import time

from fusion_jupyter.storage import layout

#: Supervisors that this process has started and not yet reaped.
_children: set[int] = set()
_children_lock = _thread.allocate_lock()
_POLL_SECONDS = 0.01


def command(run_dir: str) -> list[str]:
    """Program and arguments of a supervisor that takes the run's lock itself.

    For use in a shell script (`shlex.join`), which should ``exec`` it so that signals reach it. It
    may run on another host that shares the file system and this interpreter.

    Args:
        run_dir: The run directory, absolute.
    """
    # A script inherits the environment of its submitter, which may be a run's program.
    run_id = os.path.basename(run_dir)
    marks = ["-u", layout.MARKER_VARIABLE, layout.supervisor_mark(run_id)]
    return ["/usr/bin/env", *marks, *_command(run_dir)]


def _command(run_dir: str) -> list[str]:
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    # -I and -S: no site-packages and no user variables. This halves the start-up time, and the
    # user's environment cannot break it. Without /proc it needs psutil from site-packages.
    isolation = ["-I", "-S"] if sys.platform.startswith("linux") else ["-I"]
    # Imported objects are permanent, so garbage is not collected among them, which would copy
    # memory in each fork of this process. At the end nothing is open, and finalising the
    # interpreter would only delay waiting processes.
    code = (
        f"import gc, os, sys; sys.path.append({root!r}); "
        "from fusion_jupyter.manager.supervisor import main; gc.freeze(); main(); os._exit(0)"
    )
    return [sys.executable, *isolation, "-c", code, run_dir]


def parse(arguments: list[str]) -> tuple[str, list[int], int]:
    """Parse a supervisor's arguments: ``RUN_DIR [LOCK SLOT] [--restart N]``.

    Returns:
        The run directory, absolute; the descriptors that hold the run's lock and slot (none if the
        supervisor takes the lock itself); how often its engine has started it before.
    """
    restart = int(arguments[-1]) if "--restart" in arguments else 0
    given = arguments[: arguments.index("--restart")] if "--restart" in arguments else arguments
    return os.path.abspath(given[0]), [int(number) for number in given[1:3]], restart


def start(run_dir: str, lock: int, slot: int) -> None:
    """Start a supervisor in its own session, with the locks of the run and of its slot.

    Args:
        run_dir: The run directory, absolute.
        lock: Descriptor that holds the run's lock; the supervisor inherits it.
        slot: Descriptor that holds the run's slot; the supervisor and its program inherit it.

    Raises:
        OSError: It cannot be started.
    """
    _spawn(run_dir, (lock, slot))


def execute(run_dir: str) -> None:
    """Start a supervisor and wait for its end, in this thread.

    Args:
        run_dir: The run directory, absolute.

    Raises:
        OSError: It cannot be started.
    """
    pid = _spawn(run_dir, ())
    while pid in _children:
        reap()
        time.sleep(_POLL_SECONDS)


def reap() -> None:
    """Reap the supervisors started by this process that have ended."""
    with _children_lock:
        for pid in list(_children):
            try:
                ended = os.waitpid(pid, os.WNOHANG)[0] == pid
            except ChildProcessError:
                ended = True  # reaped by another wait, or this is a forked child
            if ended:
                _children.discard(pid)


def _spawn(run_dir: str, handed_on: tuple[int, ...]) -> int:
    arguments = [*_command(run_dir), *map(str, handed_on)]
    # The starting process may be another run's program.
    name, _, value = layout.supervisor_mark(os.path.basename(run_dir)).partition("=")
    environment = {**os.environ, name: value}
    environment.pop(layout.MARKER_VARIABLE, None)
    null = os.open(os.devnull, os.O_RDWR)
    try:
        with _children_lock:
            pid = os.posix_spawn(
                arguments[0],
                arguments,
                environment,
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, null, 0),
                    (os.POSIX_SPAWN_DUP2, null, 1),
                    (os.POSIX_SPAWN_DUP2, null, 2),
                    # Duplicated onto itself: only this child then inherits the descriptor.
                    *((os.POSIX_SPAWN_DUP2, number, number) for number in handed_on),
                ],
                setsid=True,
            )
            _children.add(pid)
    except OSError as error:
        reason = f"cannot start a supervisor with {arguments[0]}: {error.strerror}"
        raise OSError(error.errno, reason) from error
    finally:
        os.close(null)
    return pid
