"""What the queue must know of a waiting run, from the files of its directory.

Imported by the supervisor, so it imports only light standard-library modules.
"""

from __future__ import annotations

import os

from fusion_jupyter.storage import atomic_io, deadline, layout


def limit(run_dir: str) -> int | None:
    """Its limit of concurrent runs; None: it cannot start.

    Raises:
        OSError: Its files cannot be read now: a permission, a mount that is away.
    """
    try:
        request = atomic_io.read_json(os.path.join(run_dir, layout.RUN_FILE))
    except (ValueError, NotADirectoryError):
        return None
    if request is None or os.path.exists(os.path.join(run_dir, layout.STATE_FILE)):
        return None
    found = request.get("max_concurrent_runs")
    return found if isinstance(found, int) and found > 0 else 1


def deadline_of(run_dir: str) -> object:
    """Its deadline, as ``run.json`` has it; None: it has none.

    Raises:
        OSError: It cannot be read now.
    """
    try:
        request = atomic_io.read_json(os.path.join(run_dir, layout.RUN_FILE))
    except ValueError:
        return None
    return None if request is None else request.get("deadline")


def is_cancelled(run_dir: str) -> bool:
    """Whether it has a cancel marker, so that it will not execute any more."""
    return os.path.lexists(os.path.join(run_dir, layout.CANCEL_FILE))


def is_given_up(run_dir: str) -> bool:
    """Whether it will not execute any more: it was cancelled, or its deadline has passed.

    Raises:
        OSError: It cannot be read now.
    """
    return is_cancelled(run_dir) or deadline.has_passed(deadline_of(run_dir))


def is_of_another_user(run_dir: str) -> bool:
    """Whether another user requested it: this one may not read the environment that it needs.

    The owner of its files says less: some file systems name one owner for all.
    """
    environment = os.path.join(run_dir, layout.ENVIRONMENT_FILE)
    return os.path.exists(environment) and not os.access(environment, os.R_OK)
