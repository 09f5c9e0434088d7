"""The queue of one runs directory: order, slots, and starting a supervisor for each slot.

Everything is files, so that it needs no process of its own and survives every one:

- ``.queue/<time>-<run id>`` stands for a waiting run; the names sort in the order of asking;
- ``.queue/slot-<n>`` is locked by the supervisor that has the slot and by its simulator: the
  operating system frees it when both are gone, however they went;
- ``.queue/lock`` is held while somebody looks for runs to start, so that nothing starts twice.

Whoever has an occasion calls `dispatch`: the manager after asking for a run, every supervisor when
it is done. The last one frees a slot and fills it, so a queue goes on with no kernel alive.

Imported by the supervisor: light modules of the standard library alone.
"""

from __future__ import annotations

import fcntl
import os
import sys
import time

from fusion_jupyter.storage import atomic_io, layout

QUEUE_FOLDER = ".queue"
#: Whoever only looks at a lock holds it for some microseconds; a supervisor, for days.
_PATIENCE_SECONDS = 0.05

_children: list[int] = []


def enqueue(runs_dir: str, run_id: str) -> None:
    """Put a run at the end of the queue."""
    folder = os.path.join(runs_dir, QUEUE_FOLDER)
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, f"{time.time_ns():020d}-{run_id}")
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o644))
    atomic_io.sync_directory(folder)


def waiting(runs_dir: str) -> list[str]:
    """Ids of the waiting runs, first in line first."""
    return [name.rpartition("-")[2] for name in _entries(runs_dir)]


def withdraw(runs_dir: str, run_id: str) -> None:
    """Take a run out of the queue; no error where it is not in it."""
    for name in _entries(runs_dir):
        if name.endswith(f"-{run_id}"):
            _remove(os.path.join(runs_dir, QUEUE_FOLDER, name))


def dispatch(runs_dir: str) -> list[str]:
    """Start supervisors for waiting runs as long as there are slots.

    The first in line decides: it starts when one of the first ``max_concurrent_runs`` slots, as
    its own ``run.json`` says, is free. Nobody overtakes it.

    Returns:
        Ids of the runs for which a supervisor was started.
    """
    started: list[str] = []
    if not _entries(runs_dir):
        return started
    folder = os.path.join(runs_dir, QUEUE_FOLDER)
    try:
        guard = os.open(os.path.join(folder, "lock"), os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        if atomic_io.is_read_only(error):
            return started  # whoever may only look at the runs must not fail at looking
        raise
    try:
        fcntl.flock(guard, fcntl.LOCK_EX)
        for name in _entries(runs_dir):
            run_id = name.rpartition("-")[2]
            entry = os.path.join(folder, name)
            run_dir = os.path.join(runs_dir, run_id)
            limit = _limit(run_dir)
            if limit is None:
                _remove(entry)  # deleted meanwhile, or damaged: nothing to start
                continue
            slot = _free_slot(folder, limit)
            if slot is None:
                break
            try:
                if _start(run_dir, slot):
                    _remove(entry)
                    started.append(run_id)
            finally:
                os.close(slot)
    finally:
        os.close(guard)
    return started


def _start(run_dir: str, slot: int) -> bool:
    """Start the supervisor of a run; False where somebody has taken the run already."""
    # The lock is handed over and never let go: no moment in which the run is neither waiting nor
    # supervised, and a recovery would put it in line again.
    try:
        lock = atomic_io.try_lock(
            os.path.join(run_dir, layout.LOCK_FILE), patience=_PATIENCE_SECONDS
        )
    except FileNotFoundError:
        return False  # deleted this very moment
    if lock is None:
        return False
    try:
        _spawn_supervisor(run_dir, lock, slot)
    finally:
        os.close(lock)
    return True


def _spawn_supervisor(run_dir: str, lock: int, slot: int) -> None:
    """Start the process, in a session of its own, with the run's lock and its slot's."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    # -I and -S: no site-packages, no variables of the user's. Half the start-up time, and nothing
    # in the user's environment can break it. Without /proc it needs psutil from site-packages.
    isolation = ["-I", "-S"] if sys.platform.startswith("linux") else ["-I"]
    code = (
        f"import sys; sys.path.append({root!r}); "
        "from fusion_jupyter.manager.supervisor import main; main()"
    )
    null = os.open(os.devnull, os.O_RDWR)
    try:
        pid = os.posix_spawn(
            sys.executable,
            [sys.executable, *isolation, "-c", code, run_dir, str(lock), str(slot)],
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, null, 0),
                (os.POSIX_SPAWN_DUP2, null, 1),
                (os.POSIX_SPAWN_DUP2, null, 2),
                # Onto itself: this is how a descriptor is handed on to one child alone.
                (os.POSIX_SPAWN_DUP2, lock, lock),
                (os.POSIX_SPAWN_DUP2, slot, slot),
            ],
            setsid=True,
        )
    finally:
        os.close(null)
    _children.append(pid)


def reap() -> None:
    """Collect the supervisors that this process started and that have ended."""
    for pid in list(_children):
        try:
            ended = os.waitpid(pid, os.WNOHANG)[0] == pid
        except ChildProcessError:
            ended = True  # somebody else's wait has taken it, or this is a forked child
        if ended and pid in _children:
            _children.remove(pid)


def _entries(runs_dir: str) -> list[str]:
    try:
        names = os.listdir(os.path.join(runs_dir, QUEUE_FOLDER))
    except FileNotFoundError:
        return []
    return sorted(name for name in names if name[:1].isdigit())


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass


def _limit(run_dir: str) -> int | None:
    try:
        request = atomic_io.read_json(os.path.join(run_dir, layout.RUN_FILE))
    except (ValueError, OSError):
        return None
    if request is None or os.path.exists(os.path.join(run_dir, layout.STATE_FILE)):
        return None
    limit = request.get("max_concurrent_runs")
    return limit if isinstance(limit, int) and limit > 0 else 1


def _free_slot(folder: str, limit: int) -> int | None:
    for number in range(limit):
        descriptor = atomic_io.try_lock(os.path.join(folder, f"slot-{number}"))
        if descriptor is not None:
            return descriptor
    return None
