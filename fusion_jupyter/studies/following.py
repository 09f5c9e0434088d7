"""Follow the runs that a sweep names; they change when it is extended or retried."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from fusion_jupyter.watch import watcher
from fusion_jupyter.watch.collection import CollectionFollower, CollectionUpdate, RunSummary

_FIRST_UPDATE_SECONDS = 10.0


class Following:
    """The subscription to a sweep's runs, replaced when the sweep names other ones.

    Args:
        receive: Called in the watcher's thread with each update of the runs followed now, and with
            what it calls as soon as the update is known to all. It is held weakly: nothing is
            followed for a sweep that nobody holds.

    Attributes:
        ended: Set while all runs have ended.
    """

    def __init__(self, receive: Callable[[CollectionUpdate, Callable[[], None]], None]) -> None:
        self.ended = threading.Event()
        self._receive = weakref.WeakMethod(receive)
        self._lock = threading.Lock()
        self._known = threading.Event()
        self._subscription: watcher.Subscription | None = None

    def follow(
        self,
        runs_dir: Path,
        run_ids: Iterable[str],
        known: Mapping[str, RunSummary],
        expected: Callable[[], bool],
    ) -> None:
        """Follow these runs from now on, and no others.

        Args:
            runs_dir: Folder of the run directories.
            run_ids: The runs.
            known: Summaries of runs that have ended, by id: their progress is not read again.
            expected: Whether runs that are not there may still be created.
        """
        follower = CollectionFollower(runs_dir, run_ids, known, expected)
        is_known = threading.Event()
        with self._lock:
            before, self._known = self._known, is_known
            self.ended.clear()
            self.close()

            def deliver(update: CollectionUpdate) -> None:
                receive = self._receive()
                if receive is None or self._known is not is_known:
                    return
                try:
                    receive(update, is_known.set)
                finally:  # an observer's error keeps nobody waiting
                    with self._lock:
                        # The last update of the earlier runs may still be on its way.
                        if update.final and self._known is is_known:
                            self.ended.set()

            self._subscription = watcher.watch_collection(follower, deliver)
        before.set()  # who waits for it looks again

    def close(self) -> None:
        """Follow nothing any more."""
        if self._subscription is not None:
            self._subscription.close()

    def wait_until_known(self) -> None:
        """Wait until an update of the runs followed now is known; its receiver does not wait."""
        deadline = time.monotonic() + _FIRST_UPDATE_SECONDS
        while not watcher.is_own_thread():
            known = self._known
            if not known.wait(deadline - time.monotonic()) or known is self._known:
                break
