"""The queue of one runs directory: order, slots, and starting a supervisor for each slot.

All state is in files, so the queue needs no process of its own and survives all of them:

- ``.queue/<time>-<run id>`` represents a waiting run; the names sort in order of submission;
- ``.queue/last`` is the time in the newest name: setting the clock back changes no order;
- ``.queue/front`` repeats the first names, so that a start need not list thousands;
- ``.queue/slot-<n>`` is locked by the supervisor that has the slot and by its simulator: the
operating system releases it when both have ended, for whatever reason;
- ``.queue/lock`` is held while a process starts runs, so that nothing starts twice. No process
waits for it: one that finds it held creates ``.queue/again``, and the holder checks again.

`dispatch` is called by the manager after a run is submitted, and by every supervisor when its run
has ended. A supervisor frees its slot and fills it again, so a queue goes on with no kernel alive.

Imported by the supervisor, so it imports only light standard-library modules.
"""

from __future__ import annotations

import os
import time

from fusion_jupyter.engines import waiting_run
from fusion_jupyter.storage import atomic_io, layout

TYPE_CHECKING = False  # avoids importing typing
if TYPE_CHECKING:
    from collections.abc import Callable

    #: Starts the supervisor of a run directory, which inherits the locks of the run and its slot.
    Start = Callable[[str, int, int], None]

QUEUE_FOLDER = ".queue"
_LOCK = "lock"
_AGAIN = "again"
_FRONT = "front"
_LAST = "last"
_TROUBLE = "trouble"
_SLOT = "slot-"
#: One listing of the queue serves this many starts.
_FRONT_LENGTH = 200
#: Testing a run's lock holds it for some microseconds; a supervisor holds it for days.
_PATIENCE_SECONDS = 0.05


class _PassedOver(Exception):  # noqa: N818 (no error: the queue goes on)
    """A run that cannot start now keeps its place, and those behind it may start."""


def enqueue(runs_dir: str, run_id: str) -> None:
    """Put a run at the end of the queue.

    Not synced: a recovery queues again what a power cut removes.
    """
    folder = os.path.join(runs_dir, QUEUE_FOLDER)
    os.makedirs(folder, exist_ok=True)
    atomic_io.mark(os.path.join(folder, f"{_next_moment(folder):020d}-{run_id}"))


def _next_moment(folder: str) -> int:
    """The time, but later than every earlier one, even if the clock was set back."""
    path = os.path.join(folder, _LAST)
    now = time.time_ns()
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError:
        return now  # a process that cannot write this cannot queue a run either
    try:
        last = os.pread(descriptor, 20, 0)
        if len(last) == 20 and last.isdigit():
            now = max(now, int(last) + 1)
        os.pwrite(descriptor, b"%020d" % now, 0)
    except OSError:
        pass  # a full disk: the clock is right most of the time
    finally:
        os.close(descriptor)
    return now


def positions(runs_dir: str) -> dict[str, int]:
    """Number of runs ahead of each waiting run, in queue order."""
    entries = _entries(os.path.join(runs_dir, QUEUE_FOLDER))
    return {_run_id(name): ahead for ahead, name in enumerate(entries)}


def withdraw(runs_dir: str, *run_ids: str) -> bool:
    """Remove runs from the queue.

    Returns:
        Whether one of them was queued.
    """
    folder = os.path.join(runs_dir, QUEUE_FOLDER)
    found = [name for name in _entries(folder) if _run_id(name) in run_ids]
    for name in found:
        _remove(os.path.join(folder, name))
    return bool(found)


def dispatch(runs_dir: str, start: Start, own: str | None = None) -> list[str]:
    """Start supervisors for waiting runs as long as slots are free.

    The first run in the queue decides: it starts when one of the first ``max_concurrent_runs``
    slots (from its own ``run.json``) is free. No run overtakes it, unless it will not execute any
    more, is another user's, or cannot be read now: it keeps its place then. Never waits for another
    process.

    Args:
        runs_dir: The runs directory, absolute.
        start: Starts a supervisor.
        own: Id of a run; if its start fails, the error is raised to the caller.

    Returns:
        Ids of the runs for which a supervisor was started.

    Raises:
        OSError: The supervisor of `own` cannot be started; the run is out of the queue.
    """
    started: list[str] = []
    folder = os.path.join(runs_dir, QUEUE_FOLDER)
    again = os.path.join(folder, _AGAIN)
    try:
        while _first_in_line(folder) is not None:
            guard = _try_guard(folder)
            if guard is None:
                break
            try:
                _remove(again)
                started += _start_waiting(runs_dir, start, own)
            finally:
                atomic_io.unlock(guard)
            if not os.path.exists(again):
                break
    except OSError as error:
        # A process that may only read the runs must not fail here.
        if own is not None or not atomic_io.is_read_only(error):
            raise
    return started


def trouble(runs_dir: str) -> str:
    """Why the queue does not advance although slots may be free; empty if unknown."""
    folder = os.path.join(runs_dir, QUEUE_FOLDER)
    lock = os.path.join(folder, _LOCK)
    if atomic_io.is_locked(lock):
        from fusion_jupyter.storage import lock_holder

        holder = lock_holder.describe(lock)
        # Starting a run holds it for some milliseconds, which is no trouble.
        if atomic_io.is_locked(lock):
            return f"the queue is held by {holder}"
    for path, run_id in abandoned_slots(runs_dir):
        from fusion_jupyter.storage import lock_holder

        left = lock_holder.describe(path)
        return f"{left} holds a slot, left by run {run_id}, which has no supervisor any more"
    try:
        with open(os.path.join(folder, _TROUBLE), encoding="utf-8") as file:
            return file.read(1000)
    except OSError:
        return ""


def abandoned_slots(runs_dir: str) -> list[tuple[str, str]]:
    """The slots that are held although their run has no supervisor any more.

    Returns:
        Run ids by slot file; empty while no run waits for a slot.
    """
    folder = os.path.join(runs_dir, QUEUE_FOLDER)
    if _first_in_line(folder) is None:
        return []
    found = []
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if name.startswith(_SLOT) and atomic_io.is_locked(path):
            try:
                with open(path, encoding="ascii") as file:
                    run_id = file.read(12)
            except (OSError, ValueError):
                continue
            run_dir = os.path.join(runs_dir, run_id)
            if run_id and not atomic_io.is_locked(os.path.join(run_dir, layout.LOCK_FILE)):
                found.append((path, run_id))
    return found


def _try_guard(folder: str) -> int | None:
    """Take the queue's lock; None if it is held, and its holder will then check again for us."""
    path = os.path.join(folder, _LOCK)
    guard = atomic_io.try_lock(path)
    if guard is None:
        # The holder checks for the marker after releasing the lock. If it released the lock before
        # the marker was made, the lock is free now.
        atomic_io.mark(os.path.join(folder, _AGAIN))
        guard = atomic_io.try_lock(path)
    return guard


def _start_waiting(runs_dir: str, start: Start, own: str | None) -> list[str]:
    """Start the runs that can start; called with the queue's lock held."""
    folder = os.path.join(runs_dir, QUEUE_FOLDER)
    started: list[str] = []
    passed: list[str] = []
    trouble = ""
    known = _read_front(folder)
    front = list(known)
    try:
        while True:
            if not front:
                seen = set(passed)
                front = [name for name in _entries(folder) if name not in seen][:_FRONT_LENGTH]
                if not front:
                    break
            run_id = _run_id(front[0])
            entry = os.path.join(folder, front[0])
            try:
                free = _start_next(folder, entry, os.path.join(runs_dir, run_id), start, started)
            except _PassedOver as reason:
                trouble = str(reason) or trouble
                passed.append(front.pop(0))
                continue
            except OSError as error:
                if run_id == own:
                    _remove(entry)
                    raise
                trouble = f"a supervisor cannot be started: {error}"
                break
            if not free:
                break
            _remove(entry)
            front.pop(0)
    finally:
        if passed + front != known:
            _write_front(folder, passed + front)
    _note_trouble(folder, trouble)
    return started


def _start_next(folder: str, entry: str, run_dir: str, start: Start, started: list[str]) -> bool:
    """Start the first run in the queue, and add it to those started, unless it cannot start at all.

    Returns:
        False if no slot is free for it.

    Raises:
        _PassedOver: It holds nobody up.
        OSError: Its supervisor cannot be started.
    """
    run_id = os.path.basename(run_dir)
    try:
        allowed = waiting_run.limit(run_dir) if os.path.exists(entry) else None
    except OSError as error:
        raise _PassedOver(f"run {run_id} cannot be read now: {error.strerror}") from error
    if allowed is None:
        return True
    if waiting_run.is_of_another_user(run_dir):
        raise _PassedOver(f"run {run_id} is another user's, and only their processes start it")
    slot = _free_slot(folder, allowed)
    if slot is None:
        if waiting_run.is_given_up(run_dir):
            raise _PassedOver
        return False
    release: Callable[[int], None] = atomic_io.unlock
    try:
        if _start(run_dir, start, slot):
            started.append(run_id)
            release = os.close  # the supervisor holds it
    finally:
        release(slot)
    return True


def _start(run_dir: str, start: Start, slot: int) -> bool:
    """Start the supervisor of a run; False if another process has already taken the run."""
    # The lock is handed over without being released: otherwise the run would briefly be neither
    # waiting nor supervised, and a recovery would queue it again.
    run_id = os.path.basename(run_dir)
    try:
        lock = atomic_io.try_lock(
            os.path.join(run_dir, layout.LOCK_FILE), patience=_PATIENCE_SECONDS
        )
    except FileNotFoundError:
        return False  # deleted at this moment
    except OSError as error:
        if not atomic_io.is_read_only(error):
            raise
        raise _PassedOver(f"run {run_id} cannot be started from here: {error.strerror}") from error
    if lock is None:
        return False
    release: Callable[[int], None] = atomic_io.unlock
    try:
        start(run_dir, lock, slot)
        release = os.close  # the supervisor holds it
    finally:
        release(lock)
    try:
        os.pwrite(slot, run_id.encode(), 0)
    except OSError:
        pass  # used in messages only
    return True


def _free_slot(folder: str, count: int) -> int | None:
    for number in range(count):
        descriptor = atomic_io.try_lock(os.path.join(folder, f"{_SLOT}{number}"))
        if descriptor is not None:
            return descriptor
    return None


def _first_in_line(folder: str) -> str | None:
    for name in _read_front(folder):
        if os.path.exists(os.path.join(folder, name)):
            return name
    return next(iter(_entries(folder)), None)


def _read_front(folder: str) -> list[str]:
    try:
        with open(os.path.join(folder, _FRONT), encoding="ascii") as file:
            names = file.read().splitlines()
    except (OSError, ValueError):
        return []
    return [name for name in names if _is_entry(name)]


def _write_front(folder: str, names: list[str]) -> None:
    """Remember the first names in the queue; if that fails, the next start lists the queue."""
    try:
        with open(os.path.join(folder, _FRONT), "w", encoding="ascii") as file:
            file.writelines(f"{name}\n" for name in names)
    except OSError:
        _remove(os.path.join(folder, _FRONT))


def _note_trouble(folder: str, text: str) -> None:
    """Remember why the first runs do not start; empty: they do, or wait for a slot."""
    path = os.path.join(folder, _TROUBLE)
    try:
        if not text:
            _remove(path)
            return
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError:
        return  # it is only a hint


def _entries(folder: str) -> list[str]:
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return []
    return sorted(name for name in names if _is_entry(name))


def _is_entry(name: str) -> bool:
    return len(name) == 33 and name[20] == "-" and name[:20].isdecimal()


def _run_id(entry: str) -> str:
    return entry[21:]


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
