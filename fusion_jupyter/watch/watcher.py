"""One thread with one event loop for all runs that this process watches."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable
from typing import Any, Protocol

from fusion_jupyter.errors import RunNotFoundError
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.record import RunRecord
from fusion_jupyter.watch.collection import CollectionFollower, CollectionUpdate
from fusion_jupyter.watch.faults import Faults
from fusion_jupyter.watch.follower import RunFollower, RunUpdate
from fusion_jupyter.watch.polling import LONGEST, Pace
from fusion_jupyter.watch.subscription import Subscription

__all__ = ["RunUpdate", "Subscription", "idle_hooks", "watch", "watch_collection"]

#: Called about once per second in the watcher's thread; their exceptions are contained.
idle_hooks: list[Callable[[], None]] = []

_THREAD_NAME = "fusion_jupyter-watcher"
#: Seconds between two updates of one run.
_PUBLISH_SECONDS = 0.08
#: Polling takes at most this share of a core; more while something large is being read.
_SHARE = 0.03
_SHARE_BEHIND = 0.5
#: But pauses are no longer than this (seconds).
_LONGEST_REST = 0.12
#: With many quiet runs, each is polled less often, so that the total cost stays low.
_PAUSE_PER_STREAM = 0.01
_LONGEST_PAUSE = 1.0
_HOOK_SECONDS = 1.0
_FAULT_SECONDS = 1.0
#: The hooks are called once more after the last subscription ends, because a run's end is recorded
#: shortly before its supervisor, a child of this process, exits.
_LINGER_SECONDS = 1.0


def watch(
    directory: RunDirectory,
    callback: Callable[[RunUpdate], None],
    record: RunRecord | None = None,
) -> Subscription:
    """Call back with an update immediately, on every change, and when the run has ended.

    The callback is called in the watcher's thread, also while the main thread computes; it should
    return quickly, because it delays the updates of all runs. Updates of one run come at most about
    ten times per second; the last one is ``final``, after everything the run wrote has been read.

    Args:
        directory: The run.
        callback: Called with a `RunUpdate`. Its exceptions are printed, kept in
            `Subscription.errors`, and do not stop the updates.
        record: The run's record, if already read.

    Returns:
        A subscription, to be closed when updates are no longer wanted. It is inactive in a forked
        child, which needs its own.

    Raises:
        RunNotFoundError: There is no such run.

    Example:
        >>> with watch(directory, lambda update: print(update.progress.fraction)):
        ...     time.sleep(10)
    """
    if record is None:
        known = directory.read()
    elif directory.is_there:
        known = record
    else:
        raise RunNotFoundError.of(directory.path)
    name = f"run {directory.id}"
    return _subscribe(directory.path, name, lambda: RunFollower(directory, known), callback)


def is_own_thread() -> bool:
    """Return whether this is the watcher's thread, which must not wait for itself."""
    return threading.current_thread().name == _THREAD_NAME


def watch_collection(
    follower: CollectionFollower, callback: Callable[[CollectionUpdate], None]
) -> Subscription:
    """Call back with the changes of many runs, in one update for all of them.

    The first update contains everything, later ones only changes; see `watch` for the thread in
    which the callback is called.

    Args:
        follower: Follows the runs; from now on used only by the watcher's thread.
        callback: Called with a `CollectionUpdate`.
    """
    return _subscribe(("collection", id(follower)), "a collection", lambda: follower, callback)


def _subscribe(
    key: Hashable, name: str, make: Callable[[], _Follower], callback: Callable[[Any], None]
) -> Subscription:
    subscription = Subscription(callback)
    while True:
        with _lock:
            watcher = _current()
            if watcher.accept(key, name, make, subscription):
                return subscription
            _forget(watcher)


class _Follower(Protocol):
    """What the thread polls: one run, or many."""

    final: bool
    behind: bool
    age: float
    #: Seconds after which it may be polled again at the earliest.
    rest: float

    def poll(self, now: float) -> bool: ...

    def update(self) -> Any: ...

    def close(self) -> None: ...


class _Stream:
    """One watched stream (one run or many) and its subscriptions."""

    def __init__(self, name: str, follower: _Follower, now: float) -> None:
        self.follower = follower
        self.subscriptions: list[Subscription] = []
        self.newcomers: list[Subscription] = []
        self.pace = Pace(now)
        self._changed = False
        self._next_publication = 0.0
        self._faults = Faults(f"Watching {name} failed; it will be retried")

    @property
    def ended(self) -> bool:
        return not self.subscriptions and not self.newcomers

    def drop_closed(self) -> None:
        self.subscriptions = [each for each in self.subscriptions if not each.closed]
        self.newcomers = [each for each in self.newcomers if not each.closed]

    def attend(self, now: float, longest: float) -> float:
        """Poll and publish what is new; an error is shown, and polling is retried after a pause.

        Args:
            now: Seconds on the monotonic clock.
            longest: Longest pause until the next poll.

        Returns:
            Seconds of CPU time that callbacks took.
        """
        try:
            return self._attend(now, longest)
        except Exception as error:
            # An error in one stream must not stop the others, nor be retried without a pause.
            self.pace.due = now + _FAULT_SECONDS
            self._faults.show(error)
            return 0.0

    def _attend(self, now: float, longest: float) -> float:
        follower = self.follower
        self._changed = follower.poll(now) or self._changed
        self.pace.polled(now, changed=self._changed, age=follower.age, longest=longest)
        self.pace.due = max(self.pace.due, now + follower.rest)
        if follower.behind:
            self.pace.due = now
        # A new subscriber's update goes to all: "output files have changed" is reported only once.
        soon = follower.final or bool(self.newcomers)
        everyone = self._changed and (soon or now >= self._next_publication)
        receivers = [*self.newcomers, *(self.subscriptions if everyone else ())]
        if receivers:
            return self._publish(now, receivers, everyone)
        if self._changed:
            self.pace.due = min(self.pace.due, self._next_publication)
        return 0.0

    def _publish(self, now: float, receivers: list[Subscription], everyone: bool) -> float:
        update = self.follower.update()
        self.subscriptions += self.newcomers
        self.newcomers = []
        if everyone:
            self._changed = False
            self._next_publication = now + _PUBLISH_SECONDS
        began = time.thread_time()
        for subscription in receivers:
            subscription.deliver(update)
            if update.final:
                subscription.close()
        return time.thread_time() - began


class _Watcher:
    """The watcher's thread and its streams."""

    def __init__(self) -> None:
        self.streams: dict[Hashable, _Stream] = {}
        self._incoming: deque[tuple[Hashable, str, Callable[[], _Follower], Subscription]] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sleeper: asyncio.Future[None] | None = None
        self._closing = False
        self._ended = False
        self._stopping = False
        self.thread = threading.Thread(target=self._run, name=_THREAD_NAME, daemon=True)
        self.thread.start()

    def accept(
        self,
        key: Hashable,
        name: str,
        make: Callable[[], _Follower],
        subscription: Subscription,
    ) -> bool:
        """Add a subscription, unless the thread has ended."""
        if self._ended or not self.thread.is_alive():
            return False
        subscription.on_close = self._notice_close
        self._incoming.append((key, name, make, subscription))
        self.wake()
        return True

    def wake(self) -> None:
        """End the thread's sleep; from any thread, at any time."""
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self._wake_here)

    def _notice_close(self) -> None:
        self._closing = True
        self.wake()

    def stop(self) -> None:
        """End the thread, at the interpreter's exit."""
        self._stopping = True
        self.wake()
        self.thread.join(1.0)

    def _wake_here(self) -> None:
        if self._sleeper is not None and not self._sleeper.done():
            self._sleeper.set_result(None)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        finally:
            self._ended = True
            for stream in self.streams.values():
                stream.follower.close()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        next_hooks = time.monotonic() + _HOOK_SECONDS
        idle_since: float | None = None
        while not self._stopping:
            now = time.monotonic()
            self._accept_incoming(now)
            rest = self._sweep(now)
            now = time.monotonic()
            if now >= next_hooks:
                next_hooks = now + _HOOK_SECONDS
                _call_hooks()
            if self.streams or self._incoming:
                idle_since = None
                due = min((stream.pace.due for stream in self.streams.values()), default=now)
                await self._sleep(min(max(due - now, rest), next_hooks - now))
                continue
            idle_since = idle_since or now
            if now - idle_since < _LINGER_SECONDS:
                await self._sleep(_LINGER_SECONDS - (now - idle_since))
                continue
            _call_hooks()
            with _lock:
                if not self._incoming:
                    self._ended = True
                    return

    async def _sleep(self, duration: float) -> None:
        assert self._loop is not None
        self._sleeper = self._loop.create_future()
        if self._incoming:
            duration = 0.0
        timer = self._loop.call_later(max(0.0, duration), self._wake_here)
        try:
            await self._sleeper
        finally:
            timer.cancel()

    def _accept_incoming(self, now: float) -> None:
        while self._incoming:
            key, name, make, subscription = self._incoming.popleft()
            stream = self.streams.get(key)
            if stream is None:
                stream = self.streams[key] = _Stream(name, make(), now)
            stream.newcomers.append(subscription)
            stream.pace.due = now

    def _sweep(self, now: float) -> float:
        """Poll every stream that is due; return how long to rest then, in seconds."""
        began = time.thread_time()
        callbacks = 0.0
        behind = False
        longest = min(_LONGEST_PAUSE, max(LONGEST, _PAUSE_PER_STREAM * len(self.streams)))
        poll_all, self._closing = self._closing, False
        for path, stream in list(self.streams.items()):
            due = stream.pace.due <= now
            if not due and not poll_all:
                continue
            stream.drop_closed()
            if due and not stream.ended:
                callbacks += stream.attend(now, longest)
                stream.drop_closed()
                behind = behind or stream.follower.behind
            if stream.ended:
                stream.follower.close()
                del self.streams[path]
        cost = time.thread_time() - began - callbacks
        return min(cost / (_SHARE_BEHIND if behind else _SHARE), _LONGEST_REST)


def _call_hooks() -> None:
    for hook in tuple(idle_hooks):
        try:
            hook()
        except Exception as error:
            _hook_faults.show(error)


_lock = threading.Lock()
_watcher: _Watcher | None = None
_left_by_fork: list[_Watcher] = []
_hook_faults = Faults("A hook of the watcher failed")


def _current() -> _Watcher:
    global _watcher  # noqa: PLW0603 (one watcher per process is the point)
    if _watcher is None:
        _watcher = _Watcher()
    return _watcher


def _forget(watcher: _Watcher) -> None:
    global _watcher  # noqa: PLW0603 (see _current)
    if _watcher is watcher:
        _watcher = None


def _after_fork() -> None:
    """A forked child has no thread: start empty."""
    global _lock, _watcher  # noqa: PLW0603 (see _current)
    _lock = threading.Lock()
    if _watcher is not None:
        # Kept, since closing its loop would disturb the parent's: they share its selector.
        _left_by_fork.append(_watcher)
        for stream in _watcher.streams.values():
            stream.follower.close()
        _watcher = None


@atexit.register
def _stop() -> None:
    watcher = _watcher
    if watcher is not None:
        watcher.stop()


os.register_at_fork(after_in_child=_after_fork)
