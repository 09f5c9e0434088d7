"""Subscription to run updates."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from fusion_jupyter.watch.faults import Faults
from fusion_jupyter.watch.follower import RunUpdate

_MOST_ERRORS = 10


class Subscription:
    """A subscription to a run's updates, returned by `watch`; closing it ends the updates.

    It can be closed repeatedly and from any thread; an update that is being delivered at that
    moment still arrives. The final update also closes it.

    Attributes:
        errors: The latest ten exceptions of the callback. Each different one is printed once.
        on_close: Called once when it is closed, in the closing thread.
    """

    def __init__(self, callback: Callable[[RunUpdate], None]) -> None:
        self.errors: deque[BaseException] = deque(maxlen=_MOST_ERRORS)
        self._callback = callback
        self._faults = Faults("A callback of a run's updates failed")
        self._closed = False
        self.on_close: Callable[[], None] = lambda: None

    def __enter__(self) -> Subscription:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def closed(self) -> bool:
        """True after `close`, and after the final update."""
        return self._closed

    def close(self) -> None:
        """End the updates.

        Takes no lock, because the garbage collector may call it anywhere.
        """
        if not self._closed:
            self._closed = True
            self.on_close()

    def deliver(self, update: RunUpdate) -> None:
        """Call the callback; its exceptions are shown and kept, and affect nothing else."""
        if self._closed:
            return
        try:
            self._callback(update)
        except BaseException as error:  # also SystemExit: an observer must not end the watcher
            self.errors.append(error)
            self._faults.show(error)
