"""Display of a widget in a cell: its live view, and its fallback HTML without a kernel.

JupyterLab shows a widget whose model is gone as "model not found", and never falls back to the HTML
beside it. So there are two outputs: the live view, and fallback HTML with the last known state,
which the live view hides while it exists. The HTML is replaced from time to time while a run
executes, and at its end, so that a saved notebook contains the latest known state.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Protocol

from IPython import get_ipython
from IPython.display import publish_display_data

from fusion_jupyter.widgets.run_view import view

if TYPE_CHECKING:
    from collections.abc import Callable

    from traitlets import HasTraits

    from fusion_jupyter.handle import Run

#: Class prefix of the second output, followed by the display's key; used by js/src/ui/fallback.ts.
FALLBACK = "fj-fallback-"
#: Minimum seconds between two replacements of the HTML, because each one modifies the notebook.
_REFRESH_SECONDS = 10.0
#: Viewers without widgets use the next MIME type that they know, which must not repeat the HTML.
_SEE_BELOW = "<!-- the last known state is the next output -->"

_shown: dict[Run, Display] = {}


def in_notebook() -> bool:
    """Tell whether there is a kernel, whose pages can show widgets."""
    shell: Any = get_ipython()
    return getattr(shell, "kernel", None) is not None


class Widget(Protocol):
    """A widget that can be displayed in two outputs."""

    model_id: str

    def fallback(self) -> dict[str, Any]:
        """The last known state as HTML and text, by MIME type."""


class Display:
    """The two outputs of a widget; all its displays are updated together.

    Args:
        key: Tells this widget from others: digits, letters and hyphens.
        widget: The widget to display.
        text: Description without its state, which is the same in each execution of a notebook.
    """

    def __init__(self, key: str, widget: Widget, text: str) -> None:
        self._key = key
        self._widget = widget
        self._text = text
        self._due = 0.0
        self._publishing = threading.Lock()

    def publish(self) -> None:
        """Display both in the executing cell.

        Raises:
            NotImplementedError: There is no notebook; IPython then prints the text instead.
        """
        if not in_notebook():
            raise NotImplementedError
        live = {"version_major": 2, "version_minor": 0, "model_id": self._widget.model_id}
        data = {"application/vnd.jupyter.widget-view+json": live, "text/html": _SEE_BELOW}
        _publish({**data, "text/plain": self._text}, f"fusion-{self._key}", update=False)
        self._publish_fallback(update=False)

    def refresh(self, *, now: bool) -> None:
        """Replace the fallback HTML if it is due; `now`: in any case."""
        if self._due and (now or time.monotonic() >= self._due):
            self._publish_fallback(update=True)

    def watch(self, run: Run) -> None:
        """Refresh while the run executes."""

        def has_turned(old: Any, new: Any) -> bool:
            return (old.record.status, old.final) != (new.record.status, new.final)

        self.follow(run, "update", has_turned)

    def follow(self, shown: HasTraits, trait: str, has_turned: Callable[[Any, Any], bool]) -> None:
        """Refresh as a trait changes.

        Args:
            shown: Whose trait.
            trait: Its name.
            has_turned: Receives the old and the new value; True if the change is one that a saved
                notebook must not miss.
        """

        def on_change(change: Any) -> None:
            # In the watcher's thread, before callers that wait for the end continue.
            self.refresh(now=has_turned(change.old, change.new))

        shown.observe(on_change, trait)

    def _publish_fallback(self, *, update: bool) -> None:
        # Created and published under one lock: HTML made by a cell's thread before the run's end
        # must not be published after that of the watcher's thread at its end.
        with self._publishing:
            self._due = time.monotonic() + _REFRESH_SECONDS
            data = self._widget.fallback()
            fallback = FALLBACK + self._key
            data["text/html"] = (
                f'{_without_error(fallback)}<div class="{fallback}">{data["text/html"]}</div>'
            )
            _publish(data, f"fusion-{self._key}-fallback", update=update)


def bundle(run: Run, **_: Any) -> Any:
    """A run's live view and its last known state, by MIME type, for tools that request a bundle."""
    return view(run)._repr_mimebundle_()


def show(run: Run, **_: Any) -> None:
    """Display a run in the executing cell.

    Args:
        run: The run.

    Raises:
        NotImplementedError: There is no notebook; IPython then prints the run's text.
    """
    shown = _shown.get(run)
    if shown is None:
        shown = _shown[run] = Display(run.id, view(run), f"Run {run.name!r} ({run.id})")
        shown.watch(run)
    shown.publish()


def _publish(data: dict[str, Any], display_id: str, *, update: bool) -> None:
    publish: Any = publish_display_data  # IPython has no type hints
    publish(data, transient={"display_id": display_id}, update=update)


def _without_error(fallback: str) -> str:
    """Hide JupyterLab's "model not found" in the previous output if it has no live view."""
    output = ".jp-OutputArea-child"
    before = f"{output}:has(+ {output} .{fallback}):not(:has(.fj-root))"
    return f"<style>{before}{{display:none}}</style>"
