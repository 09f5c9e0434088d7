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
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
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


def withdraw(runs_dir: str, run_id: str) -> None:
    """Remove a run from the queue; no error if it is not queued."""
    folder = os.path.join(runs_dir, QUEUE_FOLDER)
    for name in _entries(folder):
        if _run_id(name) == run_id:
            _remove(os.path.join(folder, name))


def dispatch(runs_dir: str, start: Start, own: str | None = None) -> list[str]:
    """Start supervisors for waiting runs as long as slots are free.

    The first run in the queue decides: it starts when one of the first ``max_concurrent_runs``
    slots (from its own ``run.json``) is free. No run overtakes it. Never waits for another process.

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


def limit(run_dir: str) -> int | None:
    """This run's limit of concurrent runs; None: it cannot start."""
    try:
        request = atomic_io.read_json(os.path.join(run_dir, layout.RUN_FILE))
    except (ValueError, OSError):
        return None
    if request is None or os.path.exists(os.path.join(run_dir, layout.STATE_FILE)):
        return None
    found = request.get("max_concurrent_runs")
    return found if isinstance(found, int) and found > 0 else 1


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
    front = _read_front(folder)
    known, taken = front, 0
    try:
        while True:
            if taken == len(front):
                front, taken = _entries(folder)[:_FRONT_LENGTH], 0
                if not front:
                    break
            name = front[taken]
            entry = os.path.join(folder, name)
            run_dir = os.path.join(runs_dir, _run_id(name))
            allowed = limit(run_dir) if os.path.exists(entry) else None
            if allowed is not None:
                slot = _free_slot(folder, allowed)
                if slot is None:
                    break
                release: Callable[[int], None] = atomic_io.unlock
                try:
                    if _start(run_dir, start, slot):
                        started.append(_run_id(name))
                        release = os.close  # the supervisor holds it
                except OSError as error:
                    if _run_id(name) == own:
                        _remove(entry)
                        raise
                    _note_trouble(folder, f"a supervisor cannot be started: {error}")
                    break
                finally:
                    release(slot)
            _remove(entry)
            taken += 1
    finally:
        if front[taken:] != known:
            _write_front(folder, front[taken:])
    if started:
        _remove(os.path.join(folder, _TROUBLE))
    return started


def _start(run_dir: str, start: Start, slot: int) -> bool:
    """Start the supervisor of a run; False if another process has already taken the run."""
    # The lock is handed over without being released: otherwise the run would briefly be neither
    # waiting nor supervised, and a recovery would queue it again.
    try:
        lock = atomic_io.try_lock(
            os.path.join(run_dir, layout.LOCK_FILE), patience=_PATIENCE_SECONDS
        )
    except FileNotFoundError:
        return False  # deleted at this moment
    if lock is None:
        return False
    try:
        start(run_dir, lock, slot)
    finally:
        os.close(lock)
    try:
        os.pwrite(slot, os.path.basename(run_dir).encode(), 0)
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
    try:
        with open(os.path.join(folder, _TROUBLE), "w", encoding="utf-8") as file:
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
