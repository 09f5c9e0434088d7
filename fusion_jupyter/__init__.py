"""FUSION simulations in Jupyter: launch runs, watch them live, load their results.

>>> import fusion_jupyter as fj
>>> run = fj.start("minimal", erlang_start=300, erlang_stop=600)
>>> run.wait().status
<RunStatus.COMPLETED: 'COMPLETED'>
>>> run.results(level="erlang")[["erlang", "blocking"]]
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from fusion_jupyter._version import __version__

if TYPE_CHECKING:
    from fusion_jupyter.analysis.results import results
    from fusion_jupyter.api import run, runs, start
    from fusion_jupyter.artifacts.bundle import export, import_runs
    from fusion_jupyter.artifacts.listing import get_artifact_path, list_artifacts
    from fusion_jupyter.config.compose import ConfigError, check, options, template_names
    from fusion_jupyter.handle import Run
    from fusion_jupyter.manager.manager import RunManager, recover_orphaned_runs
    from fusion_jupyter.manager.record import ArtifactInfo, RunCreate, RunRecord, RunStatus
    from fusion_jupyter.plots.figures import (
        plot_blocking,
        plot_blocking_by_bandwidth,
        plot_link_utilization,
        plot_modulations,
    )
    from fusion_jupyter.progress.state import RunProgress
    from fusion_jupyter.reporting import report
    from fusion_jupyter.settings import configure
    from fusion_jupyter.watch.sse import stream_progress, stream_run_logs
    from fusion_jupyter.widgets import RunView, launcher

#: Where each public name is defined. Names are imported when they are first used: the simulator
#: and the supervisor are processes of this package too, and pandas or ipywidgets would make each
#: of their starts a second longer.
_HOME = {
    "ArtifactInfo": "runs.record",
    "ConfigError": "config",
    "Run": "run",
    "RunCreate": "runs.record",
    "RunManager": "runs.manager",
    "RunProgress": "streams.progress",
    "RunRecord": "runs.record",
    "RunStatus": "runs.record",
    "RunView": "widgets",
    "check": "config",
    "configure": "settings",
    "export": "artifacts.bundle",
    "get_artifact_path": "artifacts.listing",
    "import_runs": "artifacts.bundle",
    "launcher": "widgets",
    "list_artifacts": "artifacts.listing",
    "options": "config",
    "plot_blocking": "artifacts.plots",
    "plot_blocking_by_bandwidth": "artifacts.plots",
    "plot_link_utilization": "artifacts.plots",
    "plot_modulations": "artifacts.plots",
    "recover_orphaned_runs": "runs.manager",
    "report": "report",
    "results": "artifacts.results",
    "run": "handles",
    "runs": "handles",
    "start": "handles",
    "stream_progress": "streams.sse",
    "stream_run_logs": "streams.sse",
    "template_names": "config",
}

__all__ = [
    "ArtifactInfo",
    "ConfigError",
    "Run",
    "RunCreate",
    "RunManager",
    "RunProgress",
    "RunRecord",
    "RunStatus",
    "RunView",
    "__version__",
    "check",
    "configure",
    "export",
    "get_artifact_path",
    "import_runs",
    "launcher",
    "list_artifacts",
    "options",
    "plot_blocking",
    "plot_blocking_by_bandwidth",
    "plot_link_utilization",
    "plot_modulations",
    "recover_orphaned_runs",
    "report",
    "results",
    "run",
    "runs",
    "start",
    "stream_progress",
    "stream_run_logs",
    "template_names",
]


def __getattr__(name: str) -> Any:
    try:
        home = _HOME[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__


class _Face(ModuleType):
    """Keeps `run`, `runs` and `options` functions when the modules of these names are imported."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOME and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Face
