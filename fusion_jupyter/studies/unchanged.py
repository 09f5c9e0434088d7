"""A sweep keeps its configuration: its runs are frozen, whatever happens to the template."""

from __future__ import annotations

from dataclasses import replace

from fusion_jupyter.analysis.run_options import configuration, differences
from fusion_jupyter.artifacts.formats import parse_ini
from fusion_jupyter.manager import rerun
from fusion_jupyter.manager.creation import PreparedRun
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunCreate, RunRecord
from fusion_jupyter.studies import planning, points
from fusion_jupyter.studies.record import SweepPoint, SweepRecord

_MOST_NAMED = 5


def prepare_same(
    manager: RunManager, known: RunRecord | None, request: RunCreate, run_id: str
) -> PreparedRun | None:
    """Prepare the repetition of a sweep's run from the run's frozen configuration.

    Args:
        manager: Where the runs live.
        known: The run; None if it is gone.
        request: What all points of the sweep share; where the new run executes follows from it.
        run_id: The id of the new run.

    Returns:
        The prepared run; None if the earlier one or its configuration is gone or damaged.
    """
    if known is None:
        return None
    try:
        again = replace(
            rerun.request_of(known, {}),
            name=known.name,
            engine=request.engine,
            engine_options=request.engine_options,
            tags=request.tags,
            max_concurrent=request.max_concurrent,
        )
        return manager.prepare(again, run_id)
    except (ValueError, OSError):
        return None


def check_unchanged(manager: RunManager, sweep: SweepRecord, request: RunCreate) -> None:
    """Refuse to read a template again that gives another configuration than the sweep's runs have.

    The first run tells of the template, and one run for each file that points name tells of that.

    Args:
        manager: Where the runs live.
        sweep: The sweep.
        request: What all its points share.

    Raises:
        ValueError: The template, or a file that it or a point names, has changed; says what
            differs.
    """
    template_checked, checked = False, set[tuple[str, str]]()
    for point in sweep.points:
        named = points.files_of(point.parameters)
        if template_checked and named <= checked:
            continue
        known = _with_fingerprint(manager, point)
        if known is None:
            continue
        now = planning.prepare(manager, request, point.parameters, point.repeat)
        if now.fingerprint != known.fingerprint:
            raise ValueError(
                f"The template {sweep.template} or a file has changed since sweep {sweep.id} was "
                f"made: {_differences(now, known)}; allowed: both as they were, or a new sweep"
            )
        template_checked = True
        checked |= named


def _with_fingerprint(manager: RunManager, point: SweepPoint) -> RunRecord | None:
    """The run of a point, or an earlier one, that tells what it has computed."""
    for run_id in (point.run_id, *point.previous):
        known = manager.get_run(run_id)
        if known is not None and known.fingerprint:
            return known
    return None


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
