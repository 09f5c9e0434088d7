"""A sweep keeps its configuration: its runs are frozen, whatever happens to the template."""

from __future__ import annotations

from dataclasses import replace

from fusion_jupyter.analysis.run_options import configuration, differences
from fusion_jupyter.artifacts.formats import parse_ini
from fusion_jupyter.manager import rerun
from fusion_jupyter.manager.creation import PreparedRun
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunCreate, RunRecord
from fusion_jupyter.studies import planning
from fusion_jupyter.studies.record import SweepRecord

_MOST_NAMED = 5


def same_as(known: RunRecord, request: RunCreate) -> RunCreate:
    """The request that repeats a run of a sweep, from the run's frozen configuration.

    Args:
        known: The run.
        request: What all points of the sweep share; where the new run executes follows from it.

    Raises:
        FileNotFoundError: The run's configuration is gone.
    """
    return replace(
        rerun.request_of(known, {}),
        name=known.name,
        engine=request.engine,
        engine_options=request.engine_options,
        tags=request.tags,
        max_concurrent=request.max_concurrent,
    )


def check_unchanged(manager: RunManager, sweep: SweepRecord, request: RunCreate) -> None:
    """Refuse to read a template again that gives another configuration than the sweep's runs have.

    Args:
        manager: Where the runs live.
        sweep: The sweep.
        request: What all its points share.

    Raises:
        ValueError: The template, or a file that it names, has changed; says what differs.
    """
    for point in sweep.points:
        for run_id in (point.run_id, *point.previous):
            known = manager.get_run(run_id)
            if known is None or not known.fingerprint:
                continue
            now = planning.prepare(manager, request, point.parameters, point.repeat)
            if now.fingerprint != known.fingerprint:
                raise ValueError(
                    f"The template {sweep.template} has changed since sweep {sweep.id} was made: "
                    f"{_differences(now, known)}; allowed: the template as it was, or a new sweep"
                )
            return


def _differences(now: PreparedRun, known: RunRecord) -> str:
    options = differences(configuration(known), parse_ini(now.configuration or ""))
    found = [f"{option} is {new}, was {old}" for option, old, new in options]
    inputs = now.plan.inputs
    found += [
        f"the file {name} differs"
        for name in sorted({*inputs, *known.inputs})
        if inputs.get(name) != known.inputs.get(name)
    ]
    if now.simulator != known.simulator:
        found.append(f"the simulator is {now.simulator}, was {known.simulator}")
    more = f", and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    return "; ".join(found[:_MOST_NAMED]) + more or "the installed simulator"
