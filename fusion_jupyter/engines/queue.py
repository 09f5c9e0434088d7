"""The queue of one runs directory: order, slots, and starting a supervisor for each slot.

Everything is files, so that it needs no process of its own and survives every one:

- ``.queue/<time>-<run id>`` stands for a waiting run; the names sort in the order of asking;
- ``.queue/last`` is the time in the newest name, so that a clock set back changes no order;
- ``.queue/front`` repeats the first names in line, so that a start need not list thousands;
- ``.queue/slot-<n>`` is locked by the supervisor that has the slot and by its simulator: the
  operating system frees it when both are gone, however they went;
- ``.queue/lock`` is held while somebody looks for runs to start, so that nothing starts twice.
  Nobody waits for it: who finds it held leaves ``.queue/again``, and the holder looks again.

Whoever has an occasion calls `dispatch`: the manager after asking for a run, every supervisor when
it is done. The last one frees a slot and fills it, so a queue goes on with no kernel alive.

Imported by the supervisor: light modules of the standard library alone.
"""

from __future__ import annotations

import os
import time

from fusion_jupyter.storage import atomic_io, layout

TYPE_CHECKING = False  # without the weight of typing
if TYPE_CHECKING:
    from collections.abc import Callable

    #: Starts the supervisor of a run directory, which inherits the run's lock and its slot's.
    Start = Callable[[str, int, int], None]

QUEUE_FOLDER = ".queue"
_LOCK = "lock"
_AGAIN = "again"
_FRONT = "front"
_LAST = "last"
_TROUBLE = "trouble"
_SLOT = "slot-"
#: A listing of the queue serves this many starts.
_FRONT_LENGTH = 200
#: Whoever only looks at a run's lock holds it for some microseconds; a supervisor, for days.
_PATIENCE_SECONDS = 0.05


def enqueue(runs_dir: str, run_id: str) -> None:
    """Put a run at the end of the queue.

    Not made durable: a recovery puts in line again what a power cut takes out of it.
    """
    folder = os.path.join(runs_dir, QUEUE_FOLDER)
    os.makedirs(folder, exist_ok=True)
    atomic_io.mark(os.path.join(folder, f"{_next_moment(folder):020d}-{run_id}"))


def _next_moment(folder: str) -> int:
    """The time, but later than all before it, wherever the clock was set meanwhile."""
    path = os.path.join(folder, _LAST)
    now = time.time_ns()
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError:
        return now  # whoever cannot write this cannot queue a run either
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
    """How many are ahead of each waiting run; first in line first."""
    entries = _entries(os.path.join(runs_dir, QUEUE_FOLDER))
    return {_run_id(name): ahead for ahead, name in enumerate(entries)}


def withdraw(runs_dir: str, run_id: str) -> None:
    """Take a run out of the queue; no error where it is not in it."""
    folder = os.path.join(runs_dir, QUEUE_FOLDER)
    for name in _entries(folder):
        if _run_id(name) == run_id:
            _remove(os.path.join(folder, name))


def dispatch(runs_dir: str, start: Start, own: str | None = None) -> list[str]:
    """Start supervisors for waiting runs as long as there are slots.

    The first in line decides: it starts when one of the first ``max_concurrent_runs`` slots, as
    its own ``run.json`` says, is free. Nobody overtakes it. Never waits for another process.

    Args:
        runs_dir: The runs directory, absolute.
        start: Starts a supervisor.
        own: Id of a run whose failing start is the caller's to report.

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
                os.close(guard)
            if not os.path.exists(again):
                break
    except OSError as error:
        # Whoever may only look at the runs must not fail at looking.
        if own is not None or not atomic_io.is_read_only(error):
            raise
    return started


def trouble(runs_dir: str) -> str:
    """Why the queue does not move although there may be slots; empty where nothing is known."""
    folder = os.path.join(runs_dir, QUEUE_FOLDER)
    lock = os.path.join(folder, _LOCK)
    if atomic_io.is_locked(lock):
        from fusion_jupyter.storage import lock_holder

        return f"the queue is held by {lock_holder.describe(lock)}"
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
    """The slots that are held although the run that had them has no supervisor any more.

    Returns:
        The slot's file and the run's id; empty while nothing waits for a slot.
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
    """How many runs may execute at once, as this run was asked for with; None: it cannot start."""
    try:
        request = atomic_io.read_json(os.path.join(run_dir, layout.RUN_FILE))
    except (ValueError, OSError):
        return None
    if request is None or os.path.exists(os.path.join(run_dir, layout.STATE_FILE)):
        return None
    found = request.get("max_concurrent_runs")
    return found if isinstance(found, int) and found > 0 else 1


def _try_guard(folder: str) -> int | None:
    """Take the queue's lock; None where somebody has it, who will look again in our place."""
    path = os.path.join(folder, _LOCK)
    guard = atomic_io.try_lock(path)
    if guard is None:
        # The holder looks for the mark after it has let go. If it let go before the mark was
        # made, the lock is free now.
        atomic_io.mark(os.path.join(folder, _AGAIN))
        guard = atomic_io.try_lock(path)
    return guard


def _start_waiting(runs_dir: str, start: Start, own: str | None) -> list[str]:
    """Start what can start; called with the queue's lock held."""
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
                try:
                    if _start(run_dir, start, slot):
                        started.append(_run_id(name))
                except OSError as error:
                    if _run_id(name) == own:
                        _remove(entry)
                        raise
                    _note_trouble(folder, f"a supervisor cannot be started: {error}")
                    break
                finally:
                    os.close(slot)
            _remove(entry)
            taken += 1
    finally:
        if front[taken:] != known:
            _write_front(folder, front[taken:])
    if started:
        _remove(os.path.join(folder, _TROUBLE))
    return started


def _start(run_dir: str, start: Start, slot: int) -> bool:
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
        start(run_dir, lock, slot)
    finally:
        os.close(lock)
    try:
        os.pwrite(slot, os.path.basename(run_dir).encode(), 0)
    except OSError:
        pass  # it is for messages only
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
    """Remember the first in line; where that fails, the next start lists the queue."""
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
