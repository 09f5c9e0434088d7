"""The live view of a search for loads. Its browser half is js/src/search_view/."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fusion_jupyter.widgets.channel import channel
from fusion_jupyter.widgets.display import Display
from fusion_jupyter.widgets.live_view import LiveView
from fusion_jupyter.widgets.run_view import STATIC
from fusion_jupyter.widgets.search_state import SearchState

if TYPE_CHECKING:
    from fusion_jupyter.studies.load_search import LoadSearch

#: One view per search: displaying it twice shows the same model in two places.
_shown: dict[LoadSearch, Display] = {}
_views: dict[LoadSearch, SearchView] = {}
_lock = threading.RLock()


class SearchView(LiveView):
    """The live view of a search: brackets that narrow around each load.

    Args:
        search: A search from `find_load`.
    """

    _esm = STATIC / "search_view.js"
    _css = STATIC / "search_view.css"

    def __init__(self, search: LoadSearch) -> None:
        self._search = search
        super().__init__(SearchState(search, channel()))

    def answer(self, operation: object, details: Mapping[str, Any]) -> Mapping[str, Any]:
        """Do what the page asks: cancel."""
        if operation != "cancel":
            raise ValueError(f"operation is {operation!r}; allowed: cancel")
        self._search.cancel()
        return {}

    def fallback(self) -> dict[str, Any]:
        """The last known state as HTML and text, by MIME type, for viewers without widgets."""
        return {"text/html": self._search._repr_html_(), "text/plain": repr(self._search)}

    def __repr__(self) -> str:
        return f"SearchView({self._search.name!r})"


def search_view(search: LoadSearch) -> SearchView:
    """The view of a search, always the same object."""
    with _lock:
        found = _views.get(search)
        if found is None or found.channel is not channel():
            found = _views[search] = SearchView(search)
        return found


def bundle(search: LoadSearch, **_: Any) -> Any:
    """A search's live view and its last known state, by MIME type."""
    return search_view(search)._repr_mimebundle_()


def show(search: LoadSearch, **_: Any) -> None:
    """Display a search in the executing cell.

    Args:
        search: The search.

    Raises:
        NotImplementedError: There is no notebook; IPython then prints the search's text.
    """
    shown = _shown.get(search)
    if shown is None:
        view = search_view(search)
        shown = Display(view.snapshot["key"], view, f"{search.name} ({search.sweep_id})")
        _shown[search] = shown
        shown.follow(search, "probes", lambda _, __: False)
        shown.follow(search, "settled", lambda _, __: True)
    shown.publish()
