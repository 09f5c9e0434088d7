"""The live view of one run. Its browser half is js/src/run_view/."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets
from ipywidgets import widget_serialization

from fusion_jupyter import arguments
from fusion_jupyter.widgets import fallback_html
from fusion_jupyter.widgets.channel import Channel
from fusion_jupyter.widgets.registration import late
from fusion_jupyter.widgets.rpc import Requests
from fusion_jupyter.widgets.run_state import RunState

if TYPE_CHECKING:
    from fusion_jupyter.handle import Run
    from fusion_jupyter.widgets.messages import Reply

STATIC = Path(__file__).parent.parent / "static"

#: One view per run: displaying a run twice shows the same model in two places. Like all widgets, a
#: view exists until it is closed.
_views: dict[Run, RunView] = {}
#: The form shows views of the runs that it starts, so its module is above this one.
_form_from = late("launcher", "launcher")
#: A page's messages may arrive in other threads, concurrently with a running cell.
_views_lock = threading.RLock()


class RunView(anywidget.AnyWidget):
    """The live view of a run: progress, curve, log, files, and actions.

    A run as the last value of a cell displays it automatically; create one to place it elsewhere,
    for example in an `ipywidgets` layout. That also allows more than 25 runs in one cell:
    JupyterLab collapses outputs after a cell's 50th, and a displayed run has two.

    Args:
        run: A handle from `start`, `run` or `runs`.
        compact: Show one line first, which a click expands.

    Example:
        >>> ipywidgets.VBox([RunView(run, compact=True) for run in runs()])
    """

    _esm = STATIC / "run_view.js"
    _css = STATIC / "run_view.css"

    run_id = traitlets.Unicode(read_only=True).tag(sync=True)
    """The run's id, 12 hexadecimal digits. Never changes."""

    channel = traitlets.Instance(Channel, read_only=True).tag(sync=True, **widget_serialization)
    """The channel that delivers changes, one for all views of this kernel."""

    snapshot = traitlets.Dict(read_only=True).tag(sync=True)
    """The run's small state, refreshed on each access; see `widgets.messages.Snapshot`.

    Changes are sent through `channel`, so setting this trait sends nothing.
    """

    compact = traitlets.Bool(read_only=True).tag(sync=True)
    """The view begins folded into one line."""

    def __init__(self, run: Run, *, compact: bool = False) -> None:
        if not hasattr(run, "record"):
            raise arguments.refuse("run", run, "a run's handle, such as fusion_jupyter.run(id)")
        self._run = run
        self._state = RunState.of(run)
        self._requests = Requests(run)
        self._channel = self._state.channel
        self._form: Any = None
        self.set_trait("run_id", run.id)
        self.set_trait("channel", self._channel)
        self.set_trait("compact", compact)
        self.set_trait("snapshot", self._state.whole())
        super().__init__()
        self.on_msg(self._on_message)

    @property
    def run(self) -> Run:
        """The displayed run."""
        return self._run

    def form(self) -> Any:
        """The form filled from this run, the same one until it is closed; see `launcher`."""
        with _views_lock:
            if self._form is None or self._form.comm is None:
                self._form = _form_from(self._run)
            return self._form

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        """The synchronised state, with the current `snapshot` for reloaded pages."""
        state: dict[str, Any] = super().get_state(key, drop_defaults)
        if "snapshot" in state:
            state["snapshot"] = self._state.whole()
        return state

    def close(self) -> None:
        """Stop watching; the run continues."""
        # Python also closes what was refused and never made.
        if hasattr(self, "_run") and _views.get(self._run) is self:
            del _views[self._run]
        if self.comm is not None:
            self._state.release()
        if getattr(self, "_form", None) is not None:
            self._form.close()
        super().close()

    def fallback(self) -> dict[str, Any]:
        """The last known state as HTML and text, by MIME type, for viewers without widgets."""
        state = self._state.whole()
        return {
            "text/html": fallback_html.to_html(state, fallback_html.files_of(self._run)),
            "text/plain": fallback_html.to_text(state),
        }

    def _repr_mimebundle_(self, **_: Any) -> Any:
        live = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        return {"application/vnd.jupyter.widget-view+json": live, **self.fallback()}

    def __repr__(self) -> str:
        return f"RunView({self._run!r})"

    def _on_message(self, _: Any, content: Any, __: Any) -> None:
        if isinstance(content, dict) and content.get("kind") == "ask":
            self._answer(content)

    def _answer(self, content: dict[str, Any]) -> None:
        operation = content.get("operation")
        reply: Reply = {"id": str(content.get("id"))}
        data = None
        try:
            if operation == "form":
                reply["value"] = {"form": f"IPY_MODEL_{self.form().model_id}"}
            else:
                reply["value"], data = self._requests.answer(operation, content)
        except Exception as error:
            reply["error"] = str(error) or type(error).__name__
        self._channel.answer(reply, data)
        if operation == "delete" and "error" not in reply:
            self._channel.remove(self._state.key)


def view(run: Run) -> RunView:
    """The view of a run, always the same object."""
    with _views_lock:
        found = _views.get(run)
        if found is None:
            found = _views[run] = RunView(run)
    return found
