"""The live table of many runs. Its browser half is js/src/runs_table/."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import ipywidgets
import msgspec
import traitlets
from ipywidgets import widget_serialization

from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.run_list import RunList, records_html, summary_of
from fusion_jupyter.widgets.channel import Channel, channel
from fusion_jupyter.widgets.display import Display, in_notebook
from fusion_jupyter.widgets.launcher import LaunchForm
from fusion_jupyter.widgets.run_view import view
from fusion_jupyter.widgets.runs_actions import RunsActions
from fusion_jupyter.widgets.runs_state import RunsState

if TYPE_CHECKING:
    from fusion_jupyter.handle import Run
    from fusion_jupyter.manager.record import RunRecord
    from fusion_jupyter.widgets.messages import Reply

STATIC = Path(__file__).parent.parent / "static"

#: One table per set of runs: a re-executed cell shows the same one.
_views: dict[tuple[Path, tuple[str, ...] | None], RunsView] = {}
#: A page's messages may arrive in other threads, concurrently with a running cell.
_lock = threading.RLock()


class RunsTable(anywidget.AnyWidget):
    """The table itself; `RunsView` shows opened runs below it.

    Args:
        state: The runs.
        owner: Opens the views requested by the page.
        every: Whether the table shows all runs, including later ones.
    """

    _esm = STATIC / "runs_table.js"
    _css = STATIC / "runs_table.css"

    channel = traitlets.Instance(Channel, read_only=True).tag(sync=True, **widget_serialization)
    """The channel that delivers changes, one for all widgets of this kernel."""

    key = traitlets.Unicode(read_only=True).tag(sync=True)
    """Key of the channel's subject and of the display."""

    every = traitlets.Bool(read_only=True).tag(sync=True)
    """Whether new runs appear automatically and can be started here."""

    rows = traitlets.Bytes(read_only=True).tag(sync=True)
    """All runs as JSON, computed on each access; see `widgets.messages.RunsSnapshot`.

    Bytes, because ten thousand rows as objects would be traversed several times on the way.
    """

    opened = traitlets.Unicode("", read_only=True).tag(sync=True)
    """Id of the run whose view is open below; empty if none."""

    launching = traitlets.Bool(False, read_only=True).tag(sync=True)
    """Whether the form that starts runs is open below."""

    def __init__(self, state: RunsState, owner: RunsView, *, every: bool) -> None:
        self._state = state
        self._owner = owner
        self._actions = RunsActions(state)
        self.set_trait("channel", state.channel)
        self.set_trait("key", state.key)
        self.set_trait("every", every)
        super().__init__()
        self.on_msg(self._on_message)

    def run(self, run_id: str) -> Run:
        """The handle of one of the runs.

        Raises:
            RunNotFoundError: It is not in the table, or its folder is gone.
        """
        return self._actions.run(run_id)

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        """The synchronised state, with the current `rows` for reloaded pages."""
        state: dict[str, Any] = super().get_state(key, drop_defaults)
        if "rows" in state:
            state["rows"] = msgspec.json.encode(self._state.whole())
        return state

    def _on_message(self, _: Any, content: Any, __: Any) -> None:
        if not isinstance(content, dict) or content.get("kind") != "ask":
            return
        reply: Reply = {"id": str(content.get("id"))}
        try:
            reply["value"] = self._answer(content.get("operation"), content)
        except Exception as error:
            reply["error"] = str(error) or type(error).__name__
        self._state.channel.answer(reply)

    def _answer(self, operation: object, details: dict[str, Any]) -> Mapping[str, Any]:
        actions, ids = self._actions, details.get("ids")
        if operation == "open":
            self._owner.show(details.get("run") or None)
            return {}
        if operation == "launch":
            self._owner.launch(show=bool(details.get("show")))
            return {}
        if operation == "cancel":
            return actions.cancel(ids)
        if operation == "delete":
            return actions.delete(ids)
        if operation == "tag":
            return actions.tag(ids, details.get("tags"), remove=bool(details.get("remove")))
        if operation == "export":
            return actions.export(ids, details.get("path"))
        if operation == "compare":
            return actions.compare(ids)
        allowed = "open, launch, cancel, delete, tag, export, compare"
        raise ValueError(f"operation is {operation!r}; allowed: {allowed}")


class RunsView(ipywidgets.VBox):  # type: ignore[misc]
    """The table of runs, and below it the view of the opened run.

    A list of runs displays it automatically; `dashboard` returns the one of all runs.

    Args:
        runs_dir: Folder of the run directories.
        records: The runs, newest first.
        every: Whether to show all runs, including later ones, or only these.
    """

    def __init__(
        self, runs_dir: Path, records: Iterable[RunRecord], *, every: bool = False
    ) -> None:
        current = channel()
        self._state = RunsState(runs_dir, records, current, every=every, on_change=self._refresh)
        self._every = every
        self._open: Run | None = None
        self._form: LaunchForm | None = None
        self._launching = False
        self.table = RunsTable(self._state, self, every=every)
        super().__init__([self.table])
        self._display = Display(self._state.key, self, "dashboard()" if every else "Runs")

    @property
    def runs(self) -> RunList:
        """The displayed runs, newest first."""
        return RunList.of(self._state.records)

    def show(self, run_id: str | None) -> None:
        """Show the view of one of the runs below the table, replacing the current one.

        Args:
            run_id: Its id; None: close the view.

        Raises:
            RunNotFoundError: It is not one of the runs, or its folder is gone.
        """
        with _lock:
            self._open = None if run_id is None else self.table.run(run_id)
            self._arrange()

    def launch(self, *, show: bool = True) -> None:
        """Show or hide the form that starts runs."""
        with _lock:
            self._launching = show
            if self._form is None:
                self._form = LaunchForm()
                self._form.observe(self._show_started, names="started")
            self._arrange()

    def close(self) -> None:
        """Stop watching; the runs go on."""
        with _lock:
            for key in [key for key, known in _views.items() if known is self]:
                del _views[key]
        self._state.release()
        self.table.close()
        super().close()

    def fallback(self) -> dict[str, Any]:
        """The last known state of the newest runs as HTML and text, by MIME type."""
        records = self._state.records
        found = ((each.id, self._state.summary(each.id)) for each in records)
        progress = {key: each.progress for key, each in found if each and each.progress}
        return {"text/html": records_html(records, progress), "text/plain": summary_of(records)}

    def __repr__(self) -> str:
        return f"RunsView({summary_of(self._state.records)})"

    def _ipython_display_(self, **_: Any) -> None:
        self._display.publish()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        live = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        return {"application/vnd.jupyter.widget-view+json": live, **self.fallback()}

    def _show_started(self, change: Any) -> None:
        with _lock:
            self._open = change.new
            self._arrange()

    def _arrange(self) -> None:
        below: list[Any] = [self._form] if self._launching else []
        if self._open is not None:
            below.append(view(self._open))
        self.table.set_trait("opened", "" if self._open is None else self._open.id)
        self.table.set_trait("launching", self._launching)
        self.children = (self.table, *below)

    def _refresh(self, final: bool) -> None:
        # In the thread that noticed the change; the first one may arrive before the display exists.
        display = getattr(self, "_display", None)
        if display is not None:
            display.refresh(now=final)


def dashboard() -> RunsView:
    """Show all runs in one live table, to find, compare, tag, cancel and start runs.

    New runs appear automatically, wherever they are started. A list of runs, see
    `fusion_jupyter.runs`, displays the same table of its runs.

    Returns:
        The table, always the same object; a cell displays it as its last value.

    Example:
        >>> fj.dashboard()
    """
    manager = RunManager()
    return _view(manager.runs_dir, manager.list_runs(), None)


def show(runs: RunList, **_: Any) -> None:
    """Display a list of runs in the executing cell.

    Raises:
        NotImplementedError: There is no notebook, or nothing to show live; IPython then prints the
            list.
    """
    found = _of(runs) if in_notebook() else None
    if found is None:
        raise NotImplementedError
    found._display.publish()


def bundle(runs: RunList, **_: Any) -> Any:
    """A list's live table and its last known state, by MIME type; None: as `show`."""
    found = _of(runs) if in_notebook() else None
    return None if found is None else found._repr_mimebundle_()


def _of(runs: RunList) -> RunsView | None:
    """The table of these runs; None if they are in several folders, or there are none."""
    folders = {run.directory.parent for run in runs}
    if len(folders) != 1:
        return None
    records = [run.record for run in runs]
    return _view(folders.pop(), records, tuple(record.id for record in records))


def _view(runs_dir: Path, records: Iterable[RunRecord], ids: tuple[str, ...] | None) -> RunsView:
    with _lock:
        found = _views.get((runs_dir, ids))
        if found is None or found.table.channel is not channel():
            found = RunsView(runs_dir, records, every=ids is None)
            _views[runs_dir, ids] = found
        return found
