"""A search for loads as a subject of the channel."""

from __future__ import annotations

import threading
import time
import uuid
from typing import TYPE_CHECKING, Any

from fusion_jupyter.studies import points
from fusion_jupyter.widgets.channel import Channel

if TYPE_CHECKING:
    from fusion_jupyter.studies.load_search import LoadSearch, Target
    from fusion_jupyter.widgets.study_messages import SearchSnapshot, TargetState

#: Traits of a search that change with its state.
_TRAITS = ["probes", "requests", "settled"]
#: A search takes about ten probes; more brackets than pixels are not visible.
_MOST_BRACKETS = 100


class SearchState:
    """A search's state for the channel.

    Args:
        search: The search.
        channel: The channel of this kernel.
    """

    def __init__(self, search: LoadSearch, channel: Channel) -> None:
        self.search = search
        self.key = f"search-{uuid.uuid4().hex[:12]}"
        self.rev = 1
        self.channel = channel
        self._started = time.time()
        self._lock = threading.Lock()
        search.observe(self._on_change, _TRAITS)
        channel.attach(self)

    @property
    def final(self) -> bool:
        """Nothing changes any more."""
        return bool(self.search.settled)

    def state(self, full: bool) -> SearchSnapshot:
        """The current state; it is small, so it is always complete."""
        return self.whole()

    def whole(self) -> SearchSnapshot:
        """The state now."""
        with self._lock:
            rev = self.rev
        search = self.search
        return {
            "rev": rev,
            "key": self.key,
            "id": search.sweep_id,
            "name": search.name,
            "template": search.template,
            "code": search.code,
            "confidence": search.targets[0].search.confidence,
            "probes": search.probes,
            "expected": sum(_expected(target) for target in search.targets),
            "requests": search.requests,
            "started": self._started,
            "now": time.time(),
            "settled": search.settled,
            "targets": [target_state(target) for target in search.targets],
        }

    def poll(self) -> bool:
        """Nothing to poll: the search reports each change itself."""
        return False

    def release(self) -> None:
        """Close the view: changes are no longer needed."""
        self.search.unobserve(self._on_change, _TRAITS)
        self.channel.detach(self.key)

    def _on_change(self, _: Any) -> None:
        # Called in the thread of the search.
        with self._lock:
            self.rev += 1
        self.channel.changed(self.key)


def _expected(target: Target) -> int:
    return len(target.runs) if target.ended else max(target.search.expected, len(target.runs))


def target_state(target: Target) -> TargetState:
    """What is known of one load."""
    search, found = target.search, target.search.result
    going = not target.ended and target.runs
    return {
        "name": points.describe(target.parameters) if target.parameters else "",
        "brackets": list(search.brackets[-_MOST_BRACKETS:]),
        "load": None if found is None else found.load,
        "low": None if found is None else found.low,
        "high": None if found is None else found.high,
        "probe": target.runs[-1].name if going else "",
        "reason": target.problem or search.reason or "",
        "failed": target.problem is not None or (target.ended and found is None),
    }
