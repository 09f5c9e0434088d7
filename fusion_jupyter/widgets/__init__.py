"""Widgets: the view of a run, the table of many runs, and the form that starts one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fusion_jupyter.widgets.display import show
    from fusion_jupyter.widgets.launcher import Launcher, launcher
    from fusion_jupyter.widgets.run_view import RunView, view
    from fusion_jupyter.widgets.runs_table import RunsView, dashboard

_HOME = {
    "Launcher": "launcher",
    "RunView": "run_view",
    "RunsView": "runs_table",
    "dashboard": "runs_table",
    "launcher": "launcher",
    "show": "display",
    "view": "run_view",
}

__all__ = ["Launcher", "RunView", "RunsView", "dashboard", "launcher", "show", "view"]


def __getattr__(name: str) -> Any:
    # anywidget and ipywidgets take a third of a second to import, and a script needs neither.
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    module = importlib.import_module(f"{__name__}.{_HOME[name]}")
    value = globals()[name] = getattr(module, name)
    return value
