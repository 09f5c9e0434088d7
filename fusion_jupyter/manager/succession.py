"""Start the next runs in the queue: a finished supervisor forks their supervisors.

Forking this small process costs a fifth of starting a new interpreter, so a long queue of short
runs takes little more time than their programs. The fork is an independent process: it has its own
session and identity, and none of its parent's children.

Imported by the supervisor, so it imports only light standard-library modules.
"""

from __future__ import annotations

import os
import signal

from fusion_jupyter.engines import queue
from fusion_jupyter.storage import atomic_io

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    #: A run directory, the descriptors that hold its lock and slot, how often it was started.
    Work = tuple[str, list[int], int]


class Successors:
    """The runs that the queue hands to a finished supervisor."""

    def __init__(self) -> None:
        self._work: list[Work] = []

    def keep(self, run_dir: str, lock: int, slot: int) -> None:
        """Keep a run that the queue starts; see `fusion_jupyter.engines.queue.Start`."""
        self._work.append((run_dir, [os.dup(lock), os.dup(slot)], 0))

    def begin(self) -> Work | None:
        """Fork a supervisor for each run.

        Returns:
            In each new process, its run; None in this one.
        """
        for work in self._work:
            # The locks belong to the successor, so this process must not appear to hold them.
            release: Callable[[int], None] = os.close
            try:
                pid = os.fork()
            except OSError:
                # The user's process limit is reached: the run waits again. An earlier successor has
                # copies of its locks for a moment.
                queue.enqueue(*os.path.split(work[0]))
                pid, release = -1, atomic_io.unlock
            if pid != 0:
                for descriptor in work[1]:
                    release(descriptor)
            else:
                os.setsid()
                signal.set_wakeup_fd(-1)
                for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGUSR1):
                    signal.signal(number, signal.SIG_DFL)
                return work
        return None
