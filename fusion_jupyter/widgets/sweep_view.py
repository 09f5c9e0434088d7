"""The live view of a sweep. Its browser half is js/src/sweep_view/."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import traitlets
from ipywidgets import widget_serialization

from fusion_jupyter import arguments
from fusion_jupyter.handle import handle_of
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.studies import ending, record
from fusion_jupyter.widgets.channel import channel
from fusion_jupyter.widgets.display import Display
from fusion_jupyter.widgets.live_view import LiveView
from fusion_jupyter.widgets.run_view import STATIC, RunView, view
from fusion_jupyter.widgets.sweep_state import SweepState

if TYPE_CHECKING:
    from fusion_jupyter.studies.sweep import Sweep
    from fusion_jupyter.widgets.study_messages import SweepCancelled

#: One view per sweep: displaying a sweep twice shows the same model in two places.
_views: dict[Sweep, SweepView] = {}
_shown: dict[Sweep, Display] = {}
#: A page's messages may arrive in other threads, concurrently with a running cell.
_lock = threading.RLock()


class SweepView(LiveView):
    """The live view of a sweep: its points, their curves, and the view of one run below.

    A sweep as the last value of a cell displays it automatically; create one to place it elsewhere,
    for example in an `ipywidgets` layout.

    Args:
        sweep: A sweep from `sweep`, `sweeps` or `sweep_by_id`.

    Example:
        >>> ipywidgets.VBox([SweepView(sweep)])
    """

    _esm = STATIC / "sweep_view.js"
    _css = STATIC / "sweep_view.css"

    opened = traitlets.Instance(RunView, allow_none=True, read_only=True).tag(
        sync=True, **widget_serialization
    )
    """The view of the run shown below; None if none is."""

    opened_id = traitlets.Unicode("", read_only=True).tag(sync=True)
    """Id of this run; empty if none is shown."""

    def __init__(self, sweep: Sweep) -> None:
        if not hasattr(sweep, "points"):
            raise arguments.refuse("sweep", sweep, "a sweep's handle, such as sweep_by_id(id)")
        self._sweep = sweep
        super().__init__(SweepState(sweep, channel()))

    @property
    def sweep(self) -> Sweep:
        """The sweep that is shown."""
        return self._sweep

    def answer(self, operation: object, details: Mapping[str, Any]) -> Mapping[str, Any]:
        """Execute a page's request: show or close a run's view, retry, cancel."""
        if operation == "open":
            self._open(self._view_of(details.get("run")))
        elif operation == "close":
            self._open(None)
        elif operation == "cancel":
            return self._cancel(details.get("runs"))
        elif operation == "retry":
            return {"new": self._sweep.retry_failed()}
        else:
            allowed = "open, close, cancel, retry"
            raise ValueError(f"operation is {operation!r}; allowed: {allowed}")
        return {}

    def _cancel(self, wanted: object) -> SweepCancelled:
        """Cancel these of the sweep's runs, as `Sweep.cancel`, whose warnings no page would show.

        Only those that the user has seen: a busy kernel executes the request later.
        """
        if not isinstance(wanted, list):
            raise ValueError(f"runs is {wanted!r}; allowed: a list of run ids")
        sweep = self._sweep
        if sweep.is_deleted:  # what is left of its runs is of others
            return {"notes": [f"Sweep {sweep.id} was deleted; nothing was cancelled"]}
        latest = sweep.record
        with contextlib.suppress(record.SweepNotFoundError, record.DamagedSweepError):
            latest = record.read(sweep.runs_dir, sweep.id)
        seen = set(map(str, wanted))
        known = {run_id: sweep.summary(run_id) for run_id in latest.run_ids if run_id in seen}
        unfinished = [
            run_id
            for run_id, summary in known.items()
            if summary is None or not summary.record.status.is_final
        ]
        _, notes = ending.cancel(RunManager(sweep.runs_dir), latest, unfinished)
        return {"notes": notes}

    def fallback(self) -> dict[str, Any]:
        """The last known state as HTML and text, by MIME type, for viewers without widgets."""
        return {"text/html": self._sweep._repr_html_(), "text/plain": repr(self._sweep)}

    def close(self) -> None:
        """Stop watching; the runs continue."""
        with _lock:
            # Python also closes what was refused and never made.
            if hasattr(self, "_sweep") and _views.get(self._sweep) is self:
                del _views[self._sweep]
        super().close()

    def __repr__(self) -> str:
        return f"SweepView({self._sweep!r})"

    def _open(self, shown: RunView | None) -> None:
        self.set_trait("opened", shown)
        self.set_trait("opened_id", "" if shown is None else shown.run_id)

    def _view_of(self, run_id: object) -> RunView:
        if all(point.run_id != run_id for point in self._sweep.record.points):
            raise ValueError(f"run is {run_id!r}; allowed: a run of this sweep")
        directory = RunDirectory(self._sweep.runs_dir / str(run_id))
        return view(handle_of(directory.path, directory.read()))


def sweep_view(sweep: Sweep) -> SweepView:
    """The view of a sweep, always the same object."""
    with _lock:
        found = _views.get(sweep)
        if found is None or found.channel is not channel():
            found = _views[sweep] = SweepView(sweep)
        return found


def bundle(sweep: Sweep, **_: Any) -> Any:
    """A sweep's live view and its last known state, by MIME type."""
    return sweep_view(sweep)._repr_mimebundle_()


def show(sweep: Sweep, **_: Any) -> None:
    """Display a sweep in the executing cell.

    Args:
        sweep: The sweep.

    Raises:
        NotImplementedError: There is no notebook; IPython then prints the sweep's text.
    """
    shown = _shown.get(sweep)
    if shown is None:
        text = f"Sweep {sweep.name!r} ({sweep.id})"
        shown = _shown[sweep] = Display(f"sweep-{sweep.id}", sweep_view(sweep), text)
        shown.follow(sweep, "update", lambda old, new: new.final and not (old and old.final))
    shown.publish()
