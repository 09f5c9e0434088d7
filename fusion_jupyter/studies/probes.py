"""The probes of a search for a load: ordinary runs, shared with whoever needs the same."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fusion_jupyter import formatting
from fusion_jupyter.analysis import results
from fusion_jupyter.config.frozen import FrozenTemplate
from fusion_jupyter.errors import FusionJupyterError
from fusion_jupyter.handle import Run, handle_of
from fusion_jupyter.manager import reuse
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunCreate, RunStatus
from fusion_jupyter.studies import record
from fusion_jupyter.studies.points import Point
from fusion_jupyter.studies.record import SweepPoint
from fusion_jupyter.studies.root_search import Probe


class LostProbeError(FusionJupyterError):
    """A probe was cancelled or deleted, or its results are gone; it can be started again."""


@dataclass(frozen=True, kw_only=True)
class Execution:
    """A probe that executes, or has ended.

    Attributes:
        probe: What was asked for.
        run: Its run, of the iterations that were not known before.
        iterations: Number of these iterations.
        own: The search created the run; else it was there, and may be someone else's.
    """

    probe: Probe
    run: Run
    iterations: int
    own: bool


class Probes:
    """Starts and ends the probes of one search.

    Args:
        manager: Where the runs live.
        request: What all probes share: engine, tags and so on.
        sweep: Id of the sweep whose runs they become.
    """

    def __init__(self, manager: RunManager, request: RunCreate, sweep: str) -> None:
        self._manager = manager
        self._request = request
        self._sweep = sweep

    def start(
        self, template: FrozenTemplate, parameters: Point, probe: Probe, seed: int, known: int
    ) -> Execution:
        """Start a run of a probe's iterations that are not known, or share the one that is there.

        Args:
            template: The configuration to probe.
            parameters: Values of the varied options, for the record.
            probe: The load, and the number of iterations including the known ones.
            seed: Seed of the first iteration at any load.
            known: Iterations that are known.

        Raises:
            ValueError: The run is not allowed.
            OSError: The runs directory cannot be written.
        """
        options = {
            "erlang_start": probe.load,
            "erlang_stop": probe.load,
            "max_iters": probe.iterations - known,
            "first_seed": seed + known,
            # No early stop: the search itself decides when a probe is precise enough.
            "rl_settings.is_training": True,
        }
        name = f"{probe.load:g} Erlang, iterations {known + 1} to {probe.iterations}"
        request = replace(self._request, name=name, template=template, config=options)
        prepared = self._manager.prepare(request)
        made = self._manager.find_or_create(prepared)
        own = made.id == prepared.run_id
        where = {**parameters, "erlang": probe.load, "iterations": probe.iterations}
        self._note(SweepPoint(parameters=where, run_id=made.id, shared=not own))
        run = handle_of(made.directory, made)
        return Execution(probe=probe, run=run, iterations=probe.iterations - known, own=own)

    def values(self, execution: Execution) -> list[float] | None:
        """The blocking of each iteration of a run; None while it has not ended.

        Raises:
            LostProbeError: It was cancelled or deleted, or its results are gone.
            FusionJupyterError: It failed.
        """
        run = execution.run
        current = self._manager.get_run(run.id)
        if current is None:
            raise LostProbeError(f"probe {run.id} ({run.name}) was deleted")
        if not current.status.is_final:
            return None
        if current.status is not RunStatus.COMPLETED:
            lost = current.status is RunStatus.CANCELLED
            kind = LostProbeError if lost else FusionJupyterError
            detail = f": {current.error_message}" if current.error_message else ""
            raise kind(f"probe {run.id} ({run.name}) is {current.status}{detail}")
        found: list[float] = results.read([current], "iteration")["blocking"].tolist()
        if len(found) != execution.iterations:
            count = formatting.counted(len(found), "iteration")
            raise LostProbeError(
                f"probe {run.id} ({run.name}) has the results of {count}; "
                f"expected: {execution.iterations}"
            )
        return found

    def end(self, execution: Execution) -> None:
        """Cancel a run that this search created and that nobody else has asked for.

        Raises:
            OSError: The run directory cannot be written.
            TimeoutError: Another process is creating the same run and makes no progress.
        """
        run, runs_dir = execution.run, self._manager.runs_dir
        if not execution.own:
            return
        # Nobody else can begin to share the run between the check and the cancel.
        with reuse.claimed(runs_dir, [run.record.fingerprint]):
            others = record.runs_of_others(runs_dir, self._sweep)
            if run.id not in others and not RunDirectory(run.directory).is_shared:
                self._manager.cancel(run.id, wait=False)

    def _note(self, point: SweepPoint) -> None:
        """Add a probe to the sweep's record, in place of one whose results were lost."""
        runs_dir = self._manager.runs_dir
        with record.locked(runs_dir, self._sweep):
            sweep = record.read(runs_dir, self._sweep)
            if any(known.run_id == point.run_id for known in sweep.points):
                return
            for known in sweep.points:
                if known.parameters == point.parameters:
                    if not known.shared:
                        known.previous.append(known.run_id)
                    known.run_id, known.shared = point.run_id, point.shared
                    break
            else:
                sweep.points.append(point)
            record.write(runs_dir, sweep)
