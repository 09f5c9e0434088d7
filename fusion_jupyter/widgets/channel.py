"""One channel for all widgets of a kernel.

Jupyter silently drops messages when there are too many, so all widgets of this kernel send through
here: one numbered message for all subjects that changed, at most `PER_SECOND` per second. A subject
is anything with a state: a run, a sweep, a table of runs. Nothing waits for an answer from the
browser. A page that notices a missing number reports what it has and receives the rest; the final
state of a subject is repeated until a page has it.

The browser half is js/src/channel/, the messages are described in `widgets.messages`.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
import traceback
from typing import TYPE_CHECKING, Any, Protocol, cast

import ipywidgets
import traitlets

if TYPE_CHECKING:
    from collections.abc import Callable

    from fusion_jupyter.widgets.messages import Message, Reply

#: Messages per second, for any number of subjects; Jupyter's own limit is about 1000.
PER_SECOND = 15
#: Seconds between messages at most while a subject is active, so that a page can distinguish a lost
#: connection from inactivity.
_BEAT_SECONDS = 1.0
#: Delays before each repetition of a subject's final state (seconds).
_REPEATS = (1.0, 2.0, 4.0, 8.0, 16.0)
#: Seconds between two polls of the subjects for changes without notification.
_POLL_SECONDS = 3.0
#: Maximum number of answers in one message: more would be too large for a slow connection.
_MOST_ANSWER_BYTES = 8 << 20


class Subject(Protocol):
    """Something with a state to send."""

    @property
    def key(self) -> str:
        """Identifies the subject; the key of a run is its id."""

    @property
    def rev(self) -> int:
        """Number of the state; increases with each change."""

    @property
    def final(self) -> bool:
        """Whether the state will not change any more."""

    def state(self, full: bool) -> Any:
        """The current state, complete or with what is new since the last call."""

    def poll(self) -> bool:
        """Check for changes without notification; called every few seconds, so it must be quick."""


class _Entry:
    """What remains to be sent for one subject."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.changed = False
        self.full = False
        self.acknowledged = False
        self.repeats = 0
        self.due = 0.0


class Channel(ipywidgets.Widget):  # type: ignore[misc]
    """The channel as the browser sees it: a model without a view."""

    _model_name = traitlets.Unicode("WidgetModel").tag(sync=True)
    _model_module = traitlets.Unicode("@jupyter-widgets/base").tag(sync=True)

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._entries: dict[str, _Entry] = {}
        self._answers: list[tuple[Reply, bytes | None]] = []
        self._gone: list[str] = []
        self._number = 0
        self._spoken = 0.0
        self._next_poll = 0.0
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None
        self.on_msg(self._on_message)

    def attach(self, subject: Subject) -> None:
        """Send a subject's state whenever `changed` is called for it, or a page requests it."""
        with self._wake:
            self._entries[subject.key] = _Entry(subject)
            self._rouse()

    def detach(self, key: str) -> None:
        """Stop sending this subject, which no view shows any more."""
        with self._wake:
            self._entries.pop(key, None)

    def changed(self, key: str, *, full: bool = False) -> None:
        """Note that a subject has changed; `full`: a page needs the complete state."""
        with self._wake:
            entry = self._entries.get(key)
            if entry is None:
                return
            entry.changed = True
            entry.full = entry.full or full
            entry.acknowledged = False
            entry.repeats = 0
            self._wake.notify()

    def has(self, key: str, rev: int) -> None:
        """Handle a page's report of which state of a subject it has: an older one or the newest."""
        with self._wake:
            entry = self._entries.get(key)
            if entry is None:
                return
            if rev == entry.subject.rev:
                entry.acknowledged = True
                return
        self.changed(key, full=True)

    def _on_message(self, _: Any, content: Any, __: Any) -> None:
        subjects = content.get("subjects") if isinstance(content, dict) else None
        if isinstance(subjects, dict) and content.get("kind") == "have":
            for key, rev in subjects.items():
                self.has(key, rev)

    def answer(self, content: Reply, data: bytes | None = None) -> None:
        """Send an answer to a page's request with the next message."""
        with self._wake:
            self._answers.append((content, data))
            self._rouse()

    def remove(self, key: str) -> None:
        """Tell pages that the subject was deleted."""
        with self._wake:
            self._entries.pop(key, None)
            self._gone.append(key)
            self._wake.notify()

    def _rouse(self) -> None:
        """Wake the thread, which is started when there is something to send for the first time."""
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._run, name="fusion-jupyter-widgets", daemon=True
            )
            self._thread.start()
        self._wake.notify()

    def collect(self, now: float) -> tuple[Message, list[bytes]] | None:
        """The next message; None if there is nothing to send."""
        with self._wake:
            answers, buffers = self._next_answers()
            gone, self._gone = self._gone, []
            chosen = []
            for key, entry in self._entries.items():
                due = entry.subject.final and not entry.acknowledged and self._is_due(entry, now)
                if entry.changed or due:
                    chosen.append((key, entry, entry.full or due))
                    entry.changed = entry.full = False
            active = any(not entry.subject.final for entry in self._entries.values())
            beat = active and now - self._spoken >= _BEAT_SECONDS
            if not (answers or gone or chosen or beat):
                return None
            self._spoken = now
            self._number += 1
            message: Message = {"n": self._number}
        # Outside the lock, because reading a run's state may wait for its watcher.
        if chosen:
            message["subjects"] = {
                key: state
                for key, entry, full in chosen
                if (state := _guarded(entry.subject, entry.subject.state, full)) is not None
            }
        if answers:
            message["replies"] = answers
        if gone:
            message["gone"] = gone
        return message, buffers

    def _next_answers(self) -> tuple[list[Reply], list[bytes]]:
        answers: list[Reply] = []
        buffers: list[bytes] = []
        size = 0
        while self._answers and size < _MOST_ANSWER_BYTES:
            content, data = self._answers.pop(0)
            if data is not None:
                content = cast("Reply", {**content, "buffer": len(buffers)})
                buffers.append(data)
                size += len(data)
            answers.append(content)
        return answers, buffers

    def _is_due(self, entry: _Entry, now: float) -> bool:
        if entry.changed or entry.repeats >= len(_REPEATS):
            return False
        if entry.due == 0.0:
            entry.due = now + _REPEATS[entry.repeats]
        if now < entry.due:
            return False
        entry.due = 0.0
        entry.repeats += 1
        return True

    def _pending(self) -> bool:
        return bool(self._answers or self._gone) or any(
            entry.changed for entry in self._entries.values()
        )

    def _run(self) -> None:
        pause = 1.0 / PER_SECOND
        while True:
            with self._wake:
                if not self._pending():
                    self._wake.wait(timeout=self._patience())
            self.poll(self._clock())
            collected = self.collect(self._clock())
            if collected is not None:
                # Fails while the kernel is shutting down: then there is no receiver.
                with contextlib.suppress(Exception):
                    self.send(*collected)
                time.sleep(pause)

    def poll(self, now: float) -> None:
        """Let the subjects check for changes without notification, every few seconds."""
        if now < self._next_poll:
            return
        self._next_poll = now + _POLL_SECONDS
        with self._wake:
            subjects = [entry.subject for entry in self._entries.values()]
        for subject in subjects:
            if _guarded(subject, subject.poll):
                self.changed(subject.key)

    def _patience(self) -> float | None:
        """Seconds until a repetition, heartbeat or poll is due; None: until something changes."""
        for entry in self._entries.values():
            waiting = not entry.acknowledged and entry.repeats < len(_REPEATS)
            if not entry.subject.final or waiting:
                return 0.25
        return _POLL_SECONDS if self._entries else None


def _guarded(subject: Subject, call: Callable[..., Any], *arguments: Any) -> Any:
    """The result of a subject's method; None if it fails, which must not block the others."""
    try:
        return call(*arguments)
    except Exception:
        sys.stderr.write(f"fusion_jupyter: the state of {subject.key} cannot be read:\n")
        traceback.print_exc()
        return None


_channel: Channel | None = None
_channel_lock = threading.Lock()


def channel() -> Channel:
    """The channel of this kernel, created when the first widget needs it."""
    global _channel  # noqa: PLW0603 (one per kernel is the point)
    with _channel_lock:
        if _channel is None or _channel.comm is None:
            _channel = Channel()
        return _channel
