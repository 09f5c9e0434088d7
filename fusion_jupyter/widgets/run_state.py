"""A run as a subject of the channel: what has changed since it was last sent."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from fusion_jupyter.artifacts import listing
from fusion_jupyter.storage import layout
from fusion_jupyter.widgets.channel import Channel, channel
from fusion_jupyter.widgets.snapshot import listing_state, log_state, snapshot

if TYPE_CHECKING:
    from fusion_jupyter.handle import Run
    from fusion_jupyter.widgets.messages import Listing, Snapshot

_WATCHED = ("record", "progress", "log_lines", "log_count", "artifacts_version", "status")
#: Output files that a state lists; of more the page asks for the rest. So that files appear while
#: a cell computes, when questions are not answered.
MOST_FILES = 200

#: One state per run, whatever number of views it has: they count the same changes.
_states: dict[Run, RunState] = {}


class RunState:
    """A run's state for the channel.

    Args:
        run: The run.
        line: The channel of this kernel.
    """

    def __init__(self, run: Run, line: Channel) -> None:
        self.run = run
        self.key: str = run.id
        self.rev = 1
        self.channel = line
        self.views = 0
        self.gone = False
        self._sent_lines: int | None = None
        self._sent_files: Listing | None = None
        self._log = (tuple(run.log_lines), run.log_count)
        run.observe(self._on_change, names=list(_WATCHED))
        line.attach(self)

    @classmethod
    def of(cls, run: Run) -> RunState:
        """The state of a run on the channel that this kernel has now, for one more view."""
        line = channel()
        found = _states.get(run)
        if found is None or found.channel is not line:
            found = _states[run] = cls(run, line)
        found.views += 1
        return found

    @property
    def final(self) -> bool:
        """Nothing changes any more."""
        return bool(self.run.record.status.is_final)

    def state(self, full: bool) -> Snapshot:
        """The state now, with all lines and files or with those that are new."""
        files: Listing | None = self._files()
        if files == self._sent_files and not full:
            files = None
        else:
            self._sent_files = files
        lines, count = self._log
        known = None if full else self._sent_lines
        self._sent_lines = count
        return self._snapshot(log_state(lines, count, known), files)

    def whole(self) -> Snapshot:
        """The state with everything, without a mark that it was sent."""
        return self._snapshot(log_state(*self._log), self._files())

    def poll(self) -> bool:
        """Look whether the run's folder is there; no other look at it is made after its end."""
        gone = _is_gone(self.run, self.gone)
        if gone == self.gone:
            return False
        self.gone = gone
        self.rev += 1
        return True

    def release(self) -> None:
        """A view is closed; with the last one nobody needs the run's changes any more."""
        self.views -= 1
        if self.views == 0:
            self.run.unobserve(self._on_change, names=list(_WATCHED))
            self.channel.detach(self.key)
            if _states.get(self.run) is self:
                del _states[self.run]

    def _snapshot(self, log: Any, files: Listing | None) -> Snapshot:
        return snapshot(self.run, rev=self.rev, log=log, files=files, gone=self.gone)

    def _files(self) -> Listing:
        output = self.run.directory / layout.OUTPUT_FOLDER
        # One more than is sent tells whether these are all.
        return listing_state(listing.list_files(output, most=MOST_FILES + 1), MOST_FILES)

    def _on_change(self, _: Any) -> None:
        # In the thread that changed the run: lines and count fit.
        self.rev += 1
        self._log = (tuple(self.run.log_lines), self.run.log_count)
        self.channel.changed(self.key)


def _is_gone(run: Run, before: bool) -> bool:
    try:
        os.lstat(run.directory)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return before  # a mount that is away for a moment, or no right to look: nothing is known
    return False
