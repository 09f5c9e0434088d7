"""A manager, or a supervisor, that is killed at a chosen step: run as a program by the tests.

``faulty.py manager RUNS_DIR N`` does a user's day (start, wait, cancel, delete) and gets SIGKILL
right before (N even) or after (N odd) its step number N // 2; ``faulty.py supervised RUNS_DIR N``
does the same day whole, but each supervisor that it starts is killed so. A step is every call that
changes the disk or starts a process. Exit 0: there was no such step.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

STEPS = (
    "open",
    "write",
    "fsync",
    "replace",
    "rename",
    "mkdir",
    "unlink",
    "rmdir",
    "posix_spawn",
    "fork",
)

#: What a run does: it leaves a line for each time it was started, and a known exit code.
PROGRAM = "echo ran >> $FUSION_OUTPUT_DIR/ran; sleep 0.05; exit 7"
LONG_PROGRAM = "echo ran >> $FUSION_OUTPUT_DIR/ran; sleep 60"


def inject(number: int) -> Callable[[], None]:
    """Count the steps of this process from now on, and die at one of them.

    Returns:
        Begins to count anew, for the process that calls it.
    """
    count = 0
    owner = os.getpid()

    def begin() -> None:
        nonlocal count, owner
        count, owner = 0, os.getpid()

    def wrap(name: str) -> None:
        real: Callable[..., Any] = getattr(os, name)

        def step(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            if os.getpid() != owner or (name == "open" and not args[1] & os.O_CREAT):
                return real(*args, **kwargs)
            mine, count = count, count + 1
            if mine == number // 2 and number % 2 == 0:
                os.kill(owner, signal.SIGKILL)
            try:
                return real(*args, **kwargs)
            finally:
                if mine == number // 2:
                    os.kill(owner, signal.SIGKILL)

        setattr(os, name, step)

    for name in STEPS:
        wrap(name)
    return begin


def day(runs_dir: str) -> None:
    """What a user does: a run to its end, one cancelled, one cancelled in line, one deleted."""
    from fusion_jupyter import settings
    from fusion_jupyter.manager.manager import RunManager
    from fusion_jupyter.manager.record import RunCreate, RunStatus

    settings.configure(max_concurrent_runs=1, cancel_grace_seconds=0.2)
    manager = RunManager(runs_dir)

    def start(program: str) -> str:
        return manager.create_run(RunCreate(command=("/bin/sh", "-c", program))).id

    def wait(run_id: str, *, started: bool = False) -> None:
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline:
            record = manager.get_run(run_id)
            if record is None or record.status.is_final:
                return
            if started and record.status is RunStatus.RUNNING:
                return
            time.sleep(0.002)

    first = start(PROGRAM)
    long = start(LONG_PROGRAM)
    in_line = start(PROGRAM)
    wait(first)
    manager.cancel(in_line)
    wait(long, started=True)
    manager.cancel(long)
    manager.list_runs()
    if (record := manager.get_run(first)) and record.status.is_final:
        manager.delete(first)
    manager.recover_orphaned_runs()
    start(PROGRAM)


def main() -> None:
    what, runs_dir, number = sys.argv[1], sys.argv[2], int(sys.argv[3])

    if what == "supervisor":
        sys.argv = [sys.argv[0], runs_dir, *sys.argv[4:]]
        begin = inject(number)
        from fusion_jupyter.manager import supervisor

        one_run = supervisor._supervise

        def supervise(*work: Any) -> Any:
            begin()  # each run in line has a process of its own, which dies at that step too
            return one_run(*work)

        supervisor._supervise = supervise
        supervisor.main()
        return
    if what == "supervised":
        real = os.posix_spawn

        def spawn(path: str, arguments: list[str], *rest: Any, **options: Any) -> int:
            run_dir, *locks = arguments[-3:]
            own = str(Path(__file__).resolve())
            return real(
                path, [path, own, "supervisor", run_dir, str(number), *locks], *rest, **options
            )

        os.posix_spawn = spawn  # type: ignore[assignment]
    else:
        inject(number)
    day(runs_dir)


if __name__ == "__main__":
    main()
