"""Register how IPython displays this package's objects, by class name.

A run does not depend on widgets. When the package is imported in a notebook, a display function is
registered for each class; it imports the widgets when the first object is displayed.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any

#: Module and class -> module and function that displays an object in the executing cell (None: its
#: bundle is all there is), and the function that returns its MIME bundle if no cell is executing.
_DISPLAYS: dict[tuple[str, str], tuple[str, str | None, str]] = {
    ("fusion_jupyter.handle", "Run"): ("display", "show", "bundle"),
    ("fusion_jupyter.run_list", "RunList"): ("runs_table", "show", "bundle"),
    ("fusion_jupyter.studies.sweep", "Sweep"): ("sweep_view", "show", "bundle"),
    ("fusion_jupyter.studies.load_search", "LoadSearch"): ("search_view", "show", "bundle"),
    ("fusion_jupyter.studies.comparing", "RunComparison"): ("comparison_html", None, "bundle"),
}


def register() -> None:
    """Register with this process's IPython shell, if there is one; may be called repeatedly."""
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if hasattr(ipython, "get_ipython") else None
    formatter = getattr(shell, "display_formatter", None)
    if formatter is None:
        return
    for (module, name), (home, show, bundle) in _DISPLAYS.items():
        if show is not None:
            formatter.ipython_display_formatter.for_type_by_name(module, name, late(home, show))
        formatter.mimebundle_formatter.for_type_by_name(module, name, late(home, bundle))


def late(home: str, name: str) -> Callable[..., Any]:
    """A function of a module of this room, which is imported on the first call."""

    def call(shown: object, **options: Any) -> Any:
        module = importlib.import_module(f"fusion_jupyter.widgets.{home}")
        return getattr(module, name)(shown, **options)

    return call
