"""How the objects of this package are displayed: told to IPython by name, from the top.

A run knows nothing of widgets. When the package is imported in a notebook, IPython learns which
function displays which class; the function imports the widgets when the first object is displayed.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any

#: Module and class -> module and function that displays an object in the cell that executes now,
#: and the function that gives its MIME bundle where no cell executes.
_DISPLAYS = {
    ("fusion_jupyter.handle", "Run"): ("display", "show", "bundle"),
    ("fusion_jupyter.studies.sweep", "Sweep"): ("sweep_view", "show", "bundle"),
}


def register() -> None:
    """Tell the IPython shell of this process, if there is one; any number of times."""
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if hasattr(ipython, "get_ipython") else None
    formatter = getattr(shell, "display_formatter", None)
    if formatter is None:
        return
    for (module, name), (home, show, bundle) in _DISPLAYS.items():
        formatter.ipython_display_formatter.for_type_by_name(module, name, _late(home, show))
        formatter.mimebundle_formatter.for_type_by_name(module, name, _late(home, bundle))


def _late(home: str, name: str) -> Callable[..., Any]:
    """A function of a widgets module that is imported when the function is first called."""

    def call(shown: object, **options: Any) -> Any:
        module = importlib.import_module(f"fusion_jupyter.widgets.{home}")
        return getattr(module, name)(shown, **options)

    return call
