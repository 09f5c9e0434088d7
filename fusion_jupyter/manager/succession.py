"""From one run to the next in line: the supervisor that is done starts the next ones as its forks.

A fork of this small process costs a fifth of what a new interpreter does, so a long queue of short
runs takes little more than their programs. It is a process of its own all the same, with a session
and an identity of its own, and none of the children that its parent had.

Imported by the supervisor: light modules of the standard library alone.
"""

from __future__ import annotations

import os
import signal

from fusion_jupyter.engines import queue

TYPE_CHECKING = False
if TYPE_CHECKING:
    #: A run directory, the descriptors that hold its lock and its slot, how often it was started.
    Work = tuple[str, list[int], int]


class Successors:
    """The runs that the queue hands to a supervisor that is done."""

    def __init__(self) -> None:
        self._work: list[Work] = []

    def take(self, run_dir: str, lock: int, slot: int) -> None:
        """Keep a run that the queue starts; see `fusion_jupyter.engines.queue.Start`."""
        self._work.append((run_dir, [os.dup(lock), os.dup(slot)], 0))

    def begin(self) -> Work | None:
        """Fork a supervisor for each run.

        Returns:
            In each new process its run; None in this one.
        """
        for work in self._work:
            try:
                pid = os.fork()
            except OSError:
                # No more processes for this user now: it waits again.
                queue.enqueue(*os.path.split(work[0]))
                continue
            if pid == 0:
                os.setsid()
                signal.set_wakeup_fd(-1)
                for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGUSR1):
                    signal.signal(number, signal.SIG_DFL)
                return work
        return None
