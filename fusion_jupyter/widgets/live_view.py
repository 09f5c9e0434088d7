"""Common parts of the live views of studies: a subject's state, and answers to the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

import anywidget
import traitlets
from ipywidgets import widget_serialization

from fusion_jupyter.widgets.channel import Channel, Subject

if TYPE_CHECKING:
    from fusion_jupyter.widgets.messages import Reply


class Shown(Subject, Protocol):
    """A subject of the channel that views show."""

    channel: Channel

    def whole(self) -> Any:
        """The complete state, without marking it as sent."""

    def release(self) -> None:
        """Close one view of it."""


class LiveView(anywidget.AnyWidget):
    """A view of a subject of the channel.

    Args:
        state: The subject.
    """

    channel = traitlets.Instance(Channel, read_only=True).tag(sync=True, **widget_serialization)
    """The channel that delivers changes, one for all views of this kernel."""

    snapshot = traitlets.Dict(read_only=True).tag(sync=True)
    """The subject's small state, refreshed on each access.

    Changes are sent through `channel`, so setting this trait sends nothing.
    """

    def __init__(self, state: Shown) -> None:
        self._state = state
        self.set_trait("channel", state.channel)
        self.set_trait("snapshot", state.whole())
        super().__init__()
        self.on_msg(self._on_message)

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        """The synchronised state, with the current `snapshot` for reloaded pages."""
        state: dict[str, Any] = super().get_state(key, drop_defaults)
        if "snapshot" in state:
            state["snapshot"] = self._state.whole()
        return state

    def close(self) -> None:
        """Stop watching; the runs continue."""
        if self.comm is not None:
            self._state.release()
        super().close()

    def fallback(self) -> dict[str, Any]:
        """The last known state as HTML and text, by MIME type, for viewers without widgets."""
        raise NotImplementedError

    def answer(self, operation: object, details: Mapping[str, Any]) -> Mapping[str, Any]:
        """Execute a page's request.

        Raises:
            ValueError: The operation or an argument is not allowed.
        """
        raise NotImplementedError

    def _repr_mimebundle_(self, **_: Any) -> Any:
        live = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        return {"application/vnd.jupyter.widget-view+json": live, **self.fallback()}

    def _on_message(self, _: Any, content: Any, __: Any) -> None:
        if not isinstance(content, dict) or content.get("kind") != "ask":
            return
        reply: Reply = {"id": str(content.get("id"))}
        try:
            reply["value"] = self.answer(content.get("operation"), content)
        except Exception as error:
            reply["error"] = str(error) or type(error).__name__
        self._state.channel.answer(reply)
