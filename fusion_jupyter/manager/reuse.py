"""Share runs between identical requests, and serialise the creation of such runs."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from fusion_jupyter.manager import creation
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.record import RunRecord, RunStatus
from fusion_jupyter.storage import atomic_io, files, lock_holder

REUSE_FOLDER = ".reuse"
_PATIENCE_SECONDS = 10.0
#: How the name of a file with a load's results ends.
_RESULTS_ENDING = "_erlang.json"


@contextlib.contextmanager
def claimed(runs_dir: Path, fingerprints: Iterable[str]) -> Iterator[None]:
    """Hold the locks for creating runs with these fingerprints; fingerprints share locks.

    Args:
        runs_dir: The runs directory; created if missing.
        fingerprints: Fingerprints of the requests, hexadecimal.

    Raises:
        TimeoutError: Another process holds one and makes no progress; the message names it.
        OSError: The runs directory cannot be written.
    """
    creation.make_runs_dir(runs_dir)
    folder = runs_dir / REUSE_FOLDER
    folder.mkdir(exist_ok=True)
    with contextlib.ExitStack() as held:
        # Sixteen files serve all fingerprints and are never removed: few descriptors for a sweep.
        # Everybody takes them in the same order, so that no two wait for each other.
        for first in sorted({fingerprint[:1] for fingerprint in fingerprints}):
            path = os.fspath(folder / first)
            lock = atomic_io.try_lock(path, patience=_PATIENCE_SECONDS)
            if lock is None:
                raise TimeoutError(
                    "No run that may be shared can be created now, because "
                    f"{lock_holder.describe(path)} is creating another one, and has not finished "
                    f"within {_PATIENCE_SECONDS:.0f} s"
                )
            held.callback(atomic_io.unlock, lock)
        yield


def to_share(
    records: Iterable[RunRecord], fingerprints: Iterable[str], deadline: float | None = None
) -> dict[str, RunRecord]:
    """The earlier runs that identical requests share.

    Failed, cancelled, damaged and imported runs are not shared, nor completed ones whose output is
    gone, nor unfinished ones of somebody who has less time.

    Args:
        records: All runs, newest first.
        fingerprints: Fingerprints of the requests.
        deadline: When the requests' time ends, in seconds since the epoch; None: never.

    Returns:
        The newest run for each fingerprint that has one.
    """
    wanted = set(fingerprints)
    found: dict[str, RunRecord] = {}
    for record in records:
        if record.fingerprint not in wanted or record.fingerprint in found:
            continue
        if is_useless(record) or ends_before(record, deadline):
            continue
        if RunDirectory(record.directory).is_imported:
            continue
        if has_lost_results(record):
            continue
        found[record.fingerprint] = record
    return found


def is_useless(record: RunRecord, *, cancelled: bool = True) -> bool:
    """Whether what a run leaves is no complete result, so that it is to be run again.

    Args:
        record: The run.
        cancelled: Whether a cancelled run counts too, and one that is being cancelled.
    """
    if record.status is RunStatus.UNKNOWN:
        # Another user's, or one of a newer version, may be complete; this process cannot tell.
        return record.problem in ("damaged", "gone")
    if record.status is RunStatus.FAILED:
        return True
    # A cancel that came too late stands beside a run that completed all the same.
    ending = record.cancel_requested and not record.status.is_final
    return cancelled and (ending or record.status is RunStatus.CANCELLED)


class _Limits(msgspec.Struct):
    """What ``run.json`` says of a run's time."""

    deadline: float | None = None


def ends_before(record: RunRecord, deadline: float | None) -> bool:
    """Whether a run has not ended and has less time than this, by the budget it was started with.

    Args:
        record: The run.
        deadline: Seconds since the epoch; None: never.
    """
    if record.status.is_final:
        return False
    try:
        path = os.fspath(RunDirectory(record.directory).run_file)
        own = msgspec.json.decode(files.read_small(path, files.MOST_JSON_BYTES), type=_Limits)
    except (OSError, ValueError):
        return False
    return own.deadline is not None and (deadline is None or own.deadline < deadline)


def has_lost_results(record: RunRecord) -> bool:
    """Whether a run completed, but the results of some load are gone; a command has no loads."""
    missing = len(record.erlangs) if record.status is RunStatus.COMPLETED else 0
    folders = os.walk(RunDirectory(record.directory).output) if missing else ()
    for _, _, names in folders:
        missing -= sum(name.endswith(_RESULTS_ENDING) for name in names)
        if missing <= 0:
            break
    return missing > 0
