"""FUSION simulations in Jupyter: launch runs, watch them live, load their results.

>>> import fusion_jupyter as fj
>>> run = fj.start("minimal", erlang_start=300, erlang_stop=600)
>>> run.wait().status
'COMPLETED'
>>> run.results(level="erlang")[["erlang", "blocking"]]
"""

from __future__ import annotations

import sys

from fusion_jupyter._version import __version__

#: Avoids importing typing: every simulator and supervisor process imports this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from fusion_jupyter.analysis.capacity import LoadAtBlocking, NoCrossingError
    from fusion_jupyter.analysis.citation import Citation
    from fusion_jupyter.analysis.gain import Gain
    from fusion_jupyter.analysis.references import reference, reference_names
    from fusion_jupyter.analysis.results import results
    from fusion_jupyter.analysis.tables import ResultTable, table
    from fusion_jupyter.api import check, configure, run, runs, start
    from fusion_jupyter.artifacts.listing import get_artifact_path, list_artifacts
    from fusion_jupyter.artifacts.reading import DamagedFileError, TooLargeError
    from fusion_jupyter.config.frozen import FrozenTemplate
    from fusion_jupyter.config.network_table import networks
    from fusion_jupyter.config.options import OptionInfo, OptionTable, UnknownOptionError, options
    from fusion_jupyter.config.saved_templates import save_template
    from fusion_jupyter.config.template_files import template_names
    from fusion_jupyter.engines.base import EngineReport
    from fusion_jupyter.engines.slurm.commands import SlurmError
    from fusion_jupyter.errors import (
        ConfigError,
        DamagedRunError,
        FewIterationsWarning,
        FusionJupyterError,
        IncompleteResultsWarning,
        RunFailedError,
        RunNotFoundError,
    )
    from fusion_jupyter.handle import Run
    from fusion_jupyter.manager.creation import PreparedRun
    from fusion_jupyter.manager.manager import RunManager, recover_orphaned_runs
    from fusion_jupyter.manager.record import ArtifactInfo, RunCreate, RunRecord, RunStatus
    from fusion_jupyter.manager.recovery import Recovery
    from fusion_jupyter.plots.blocking import plot_blocking, plot_blocking_by_bandwidth
    from fusion_jupyter.plots.links import plot_link_utilization
    from fusion_jupyter.plots.modulations import plot_modulations
    from fusion_jupyter.plots.topology import plot_topology
    from fusion_jupyter.progress.loads import LoadPoint
    from fusion_jupyter.progress.state import RunProgress
    from fusion_jupyter.reporting import report
    from fusion_jupyter.run_list import RunList
    from fusion_jupyter.settings import Settings
    from fusion_jupyter.studies.api import sweep, sweep_by_id, sweeps
    from fusion_jupyter.studies.bundles import export, import_runs
    from fusion_jupyter.studies.comparing import RunComparison, compare
    from fusion_jupyter.studies.find_load import find_load
    from fusion_jupyter.studies.load_search import LoadSearch
    from fusion_jupyter.studies.planning import PlannedPoint, SweepError, SweepPlan
    from fusion_jupyter.studies.record import DamagedSweepError, SweepNotFoundError, SweepRecord
    from fusion_jupyter.studies.reproduction import Repeated, Reproduction, reproduce
    from fusion_jupyter.studies.sweep import Sweep
    from fusion_jupyter.waiting import Waiting, wait
    from fusion_jupyter.watch.collection import RunSummary
    from fusion_jupyter.watch.follower import RunUpdate
    from fusion_jupyter.watch.sse import stream_progress, stream_run_logs
    from fusion_jupyter.widgets.launcher import Launcher, launcher
    from fusion_jupyter.widgets.run_view import RunView
    from fusion_jupyter.widgets.runs_table import RunsView, dashboard
    from fusion_jupyter.widgets.sweep_view import SweepView
    from fusion_jupyter.widgets.topology import TopologyView, topology

#: Where each public name is defined. Names are imported on first use: simulator and supervisor
#: processes import this package too, and pandas or ipywidgets would make each of their starts a
#: second longer.
_HOME = {
    "ArtifactInfo": "manager.record",
    "Citation": "analysis.citation",
    "ConfigError": "errors",
    "DamagedFileError": "artifacts.reading",
    "DamagedRunError": "errors",
    "DamagedSweepError": "studies.record",
    "EngineReport": "engines.base",
    "FewIterationsWarning": "errors",
    "FrozenTemplate": "config.frozen",
    "FusionJupyterError": "errors",
    "Gain": "analysis.gain",
    "IncompleteResultsWarning": "errors",
    "Launcher": "widgets.launcher",
    "LoadAtBlocking": "analysis.capacity",
    "LoadPoint": "progress.loads",
    "LoadSearch": "studies.load_search",
    "NoCrossingError": "analysis.capacity",
    "OptionInfo": "config.options",
    "OptionTable": "config.options",
    "PlannedPoint": "studies.planning",
    "PreparedRun": "manager.creation",
    "Recovery": "manager.recovery",
    "Repeated": "studies.reproduction",
    "Reproduction": "studies.reproduction",
    "ResultTable": "analysis.tables",
    "Run": "handle",
    "RunComparison": "studies.comparing",
    "RunCreate": "manager.record",
    "RunFailedError": "errors",
    "RunList": "run_list",
    "RunManager": "manager.manager",
    "RunNotFoundError": "errors",
    "RunProgress": "progress.state",
    "RunRecord": "manager.record",
    "RunStatus": "manager.record",
    "RunSummary": "watch.collection",
    "RunUpdate": "watch.follower",
    "RunView": "widgets.run_view",
    "RunsView": "widgets.runs_table",
    "Settings": "settings",
    "SlurmError": "engines.slurm.commands",
    "Sweep": "studies.sweep",
    "SweepError": "studies.planning",
    "SweepNotFoundError": "studies.record",
    "SweepPlan": "studies.planning",
    "SweepRecord": "studies.record",
    "SweepView": "widgets.sweep_view",
    "TooLargeError": "artifacts.reading",
    "TopologyView": "widgets.topology",
    "UnknownOptionError": "config.options",
    "Waiting": "waiting",
    "check": "api",
    "compare": "studies.comparing",
    "configure": "api",
    "dashboard": "widgets.runs_table",
    "export": "studies.bundles",
    "find_load": "studies.find_load",
    "get_artifact_path": "artifacts.listing",
    "import_runs": "studies.bundles",
    "launcher": "widgets.launcher",
    "list_artifacts": "artifacts.listing",
    "networks": "config.network_table",
    "options": "config.options",
    "plot_blocking": "plots.blocking",
    "plot_blocking_by_bandwidth": "plots.blocking",
    "plot_link_utilization": "plots.links",
    "plot_modulations": "plots.modulations",
    "plot_topology": "plots.topology",
    "recover_orphaned_runs": "manager.manager",
    "reference": "analysis.references",
    "reference_names": "analysis.references",
    "report": "reporting",
    "reproduce": "studies.reproduction",
    "results": "analysis.results",
    "run": "api",
    "runs": "api",
    "save_template": "config.saved_templates",
    "start": "api",
    "stream_progress": "watch.sse",
    "stream_run_logs": "watch.sse",
    "sweep": "studies.api",
    "sweep_by_id": "studies.api",
    "sweeps": "studies.api",
    "table": "analysis.tables",
    "template_names": "config.template_files",
    "topology": "widgets.topology",
    "wait": "waiting",
}

__all__ = [
    "ArtifactInfo",
    "Citation",
    "ConfigError",
    "DamagedFileError",
    "DamagedRunError",
    "DamagedSweepError",
    "EngineReport",
    "FewIterationsWarning",
    "FrozenTemplate",
    "FusionJupyterError",
    "Gain",
    "IncompleteResultsWarning",
    "Launcher",
    "LoadAtBlocking",
    "LoadPoint",
    "LoadSearch",
    "NoCrossingError",
    "OptionInfo",
    "OptionTable",
    "PlannedPoint",
    "PreparedRun",
    "Recovery",
    "Repeated",
    "Reproduction",
    "ResultTable",
    "Run",
    "RunComparison",
    "RunCreate",
    "RunFailedError",
    "RunList",
    "RunManager",
    "RunNotFoundError",
    "RunProgress",
    "RunRecord",
    "RunStatus",
    "RunSummary",
    "RunUpdate",
    "RunView",
    "RunsView",
    "Settings",
    "SlurmError",
    "Sweep",
    "SweepError",
    "SweepNotFoundError",
    "SweepPlan",
    "SweepRecord",
    "SweepView",
    "TooLargeError",
    "TopologyView",
    "UnknownOptionError",
    "Waiting",
    "__version__",
    "check",
    "compare",
    "configure",
    "dashboard",
    "export",
    "find_load",
    "get_artifact_path",
    "import_runs",
    "launcher",
    "list_artifacts",
    "networks",
    "options",
    "plot_blocking",
    "plot_blocking_by_bandwidth",
    "plot_link_utilization",
    "plot_modulations",
    "plot_topology",
    "recover_orphaned_runs",
    "reference",
    "reference_names",
    "report",
    "reproduce",
    "results",
    "run",
    "runs",
    "save_template",
    "start",
    "stream_progress",
    "stream_run_logs",
    "sweep",
    "sweep_by_id",
    "sweeps",
    "table",
    "template_names",
    "topology",
    "wait",
]


if not TYPE_CHECKING:  # a name that does not exist is an error for type checkers too

    def __getattr__(name: str) -> Any:
        try:
            home = _HOME[name]
        except KeyError:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
        import importlib

        value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
        globals()[name] = value
        return value


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext fusion_jupyter`` adds ``%fusion``."""
    from fusion_jupyter import magics

    magics.register(shell)


def __dir__() -> list[str]:
    return sorted(__all__)


if "IPython" in sys.modules:  # a notebook: objects of this package display themselves in it
    from fusion_jupyter import completion, short_errors
    from fusion_jupyter.widgets import registration

    registration.register()
    completion.register()
    short_errors.register()
