"""A run as a subject of the channel: its changes since it was last sent."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from fusion_jupyter.artifacts import listing
from fusion_jupyter.storage import layout
from fusion_jupyter.widgets.channel import Channel, channel
from fusion_jupyter.widgets.snapshot import listing_state, log_state, snapshot

if TYPE_CHECKING:
    from fusion_jupyter.handle import Run
    from fusion_jupyter.watch.follower import RunUpdate
    from fusion_jupyter.widgets.messages import Listing, Snapshot

#: Maximum number of output files in a state; the page requests the rest. So files appear while a
#: cell is computing and requests are not answered.
MOST_FILES = 200

#: One state per run, for any number of views, which share its revision.
_states: dict[Run, RunState] = {}
#: A page's messages may arrive in other threads, concurrently with a running cell.
_states_lock = threading.RLock()


class RunState:
    """A run's state for the channel.

    Args:
        run: The run.
        channel: The channel of this kernel.
    """

    def __init__(self, run: Run, channel: Channel) -> None:
        self.run = run
        self.key: str = run.id
        self.rev = 1
        self.channel = channel
        self.views = 0
        self._update = run.update
        self._sent_lines: int | None = None
        self._sent_files: Listing | None = None
        self._listed: tuple[int, Listing] | None = None
        run.observe(self._on_update, "update")
        channel.attach(self)

    @classmethod
    def of(cls, run: Run) -> RunState:
        """Get the state of a run on this kernel's channel, for one more view."""
        current = channel()
        with _states_lock:
            found = _states.get(run)
            if found is None or found.channel is not current:
                found = _states[run] = cls(run, current)
            found.views += 1
        return found

    @property
    def final(self) -> bool:
        """Whether the state will not change any more."""
        return self._update.record.is_final

    def state(self, full: bool) -> Snapshot:
        """The current state, with all lines and files or only the new ones."""
        update = self._update
        files: Listing | None = self._files(update)
        if files == self._sent_files and not full:
            files = None
        else:
            self._sent_files = files
        known = None if full else self._sent_lines
        self._sent_lines = update.log_count
        log = log_state(update.log_lines, update.log_count, known)
        return snapshot(update, rev=self.rev, log=log, files=files)

    def whole(self) -> Snapshot:
        """The complete state, without marking it as sent."""
        update = self._update
        log = log_state(update.log_lines, update.log_count)
        return snapshot(update, rev=self.rev, log=log, files=self._files(update))

    def poll(self) -> bool:
        """Check whether the run's folder exists; the only check after the run's end."""
        return self.run.check_folder()

    def release(self) -> None:
        """Close one view; after the last one the run's changes are no longer needed."""
        with _states_lock:
            self.views -= 1
            if self.views > 0:
                return
            if _states.get(self.run) is self:
                del _states[self.run]
        self.run.unobserve(self._on_update, "update")
        self.channel.detach(self.key)

    def _files(self, update: RunUpdate) -> Listing:
        """The output files; listed again when some have appeared or changed."""
        if self._listed is None or self._listed[0] != update.outputs_version:
            output = self.run.directory / layout.OUTPUT_FOLDER
            # One more than is sent shows whether these are all.
            found = listing_state(listing.list_files(output, most=MOST_FILES + 1), MOST_FILES)
            self._listed = (update.outputs_version, found)
        return self._listed[1]

    def _on_update(self, change: Any) -> None:
        # Called in the thread that changed the run.
        self._update = change.new
        self.rev += 1
        self.channel.changed(self.key)
