"""What a cell shows for a run: the live view, and what is left of it without a kernel.

JupyterLab shows a widget whose model is gone as "model not found", and never falls back to the
HTML beside it. So a run has two outputs: the live view, and plain HTML with the last known state,
which the live view hides as long as it lives. The HTML is replaced now and then while the run
goes, and at its end, so that a saved notebook holds what was known when it was saved.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from IPython import get_ipython
from IPython.display import publish_display_data

from fusion_jupyter.widgets.run_view import view

if TYPE_CHECKING:
    from fusion_jupyter.run import Run

#: Class of the second output, with the run's id behind it; known to js/src/lib/twin.ts.
TWIN = "fj-twin-"
#: While a run goes, its HTML is replaced at most so often: each time is a change of the notebook.
_REFRESH_SECONDS = 10.0
#: Viewers without widgets take the next type that they know: it must say nothing twice.
_SEE_BELOW = "<!-- the state of the run is the next output -->"

_shown: dict[Run, _Shown] = {}


def show(run: Run) -> None:
    """Display a run in the cell that executes now.

    Args:
        run: The run.

    Raises:
        NotImplementedError: There is no notebook; IPython then prints the run's text.
    """
    shell: Any = get_ipython()
    if getattr(shell, "kernel", None) is None:
        raise NotImplementedError
    shown = _shown.get(run)
    if shown is None:
        shown = _shown[run] = _Shown(run)
    shown.publish()


class _Shown:
    """The two outputs of a run, wherever it is displayed: all of them are replaced at once."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._due = 0.0
        run.observe(self._on_change, names=["status", "progress", "log_count", "settled"])

    def publish(self) -> None:
        """Display both in the cell that executes now."""
        # The text tells the run and not its state: the same in each execution of a notebook.
        text = f"Run {self._run.name!r} ({self._run.id})"
        live = {**view(self._run)._repr_mimebundle_(), "text/html": _SEE_BELOW, "text/plain": text}
        _publish(live, f"fusion-{self._run.id}", update=False)
        self._publish_plain(update=False)

    def _publish_plain(self, *, update: bool) -> None:
        self._due = time.monotonic() + _REFRESH_SECONDS
        data = view(self._run).plain()
        twin = TWIN + self._run.id
        data["text/html"] = f'{_without_error(twin)}<div class="{twin}">{data["text/html"]}</div>'
        _publish(data, f"fusion-{self._run.id}-plain", update=update)

    def _on_change(self, change: Any) -> None:
        """Called in the watcher's thread, before those who wait for the end go on."""
        turned = change.name == "status" or (change.name == "settled" and change.new)
        if turned or time.monotonic() >= self._due:
            self._publish_plain(update=True)


def _publish(data: dict[str, Any], display_id: str, *, update: bool) -> None:
    publish: Any = publish_display_data  # it has no types
    publish(data, transient={"display_id": display_id}, update=update)


def _without_error(twin: str) -> str:
    """Hide JupyterLab's "model not found" in the output before, where no live view is in it."""
    output = ".jp-OutputArea-child"
    before = f"{output}:has(+ {output} .{twin}):not(:has(.fj-root))"
    return f"<style>{before}{{display:none}}</style>"
