"""`LoadSearch`: the search for the load at which blocking reaches a target, as a handle.

Each probe is an ordinary run of one sweep. The search itself is a thread of this process; the
probes outlive it, and the same search requested again finds them and continues where it was.
"""

from __future__ import annotations

import asyncio
import html
import threading
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import traitlets

from fusion_jupyter.analysis import results
from fusion_jupyter.analysis.capacity import LoadAtBlocking
from fusion_jupyter.handle import Run, handle_of
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunCreate, RunStatus
from fusion_jupyter.studies import points, record
from fusion_jupyter.studies.points import Point
from fusion_jupyter.studies.record import SweepPoint, SweepRecord
from fusion_jupyter.studies.root_search import Probe, RootSearch
from fusion_jupyter.watch.interrupts import interruptible

if TYPE_CHECKING:
    import pandas as pd

_SLICE_SECONDS = 0.3
_POLL_SECONDS = 0.05


@dataclass
class Target:
    """One configuration whose load is searched.

    Attributes:
        parameters: Values of the varied options; empty if there is only one configuration.
        search: Decides what to simulate next, and holds what is known.
        runs: The probes so far.
        problem: Why the search for this configuration failed; None if it has not.
    """

    parameters: Point
    search: RootSearch
    runs: list[Run] = field(default_factory=list)
    problem: str | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will be simulated for it."""
        return self.problem is not None or self.search.ask() is None


class LoadSearch(traitlets.HasTraits):
    """The search for one load, or for one load of each point.

    Get one from `fusion_jupyter.find_load`. The traits change in the thread of the search.

    Example:
        >>> search = fj.find_load("nsfnet_blocking", blocking=0.01, over={"k_paths": [1, 3]})
        >>> search.wait().frame[["k_paths", "load", "load_low", "load_high"]]
    """

    probes = traitlets.Int(0, read_only=True)
    """Number of probes that were started."""

    requests = traitlets.Int(0, read_only=True)
    """Requests simulated by the probes so far."""

    settled = traitlets.Bool(False, read_only=True)
    """Whether the search has ended: found, given up, cancelled or failed."""

    def __init__(
        self,
        manager: RunManager,
        request: RunCreate,
        targets: Sequence[Target],
        sweep: SweepRecord,
        code: str = "",
    ) -> None:
        super().__init__()
        self.targets = list(targets)
        #: The Python call that creates this search.
        self.code = code
        self._manager = manager
        self._request = request
        self._sweep = sweep
        self._cancelled = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(
            target=self._drive, name="fusion_jupyter-load-search", daemon=True
        )
        self._thread.start()

    # -- what is known -------------------------------------------------------------------------

    @property
    def sweep_id(self) -> str:
        """Id of the sweep whose runs are the probes."""
        return self._sweep.id

    @property
    def name(self) -> str:
        """Human-readable name."""
        return self._sweep.name

    @property
    def template(self) -> str:
        """The template's name, or the path of the INI file."""
        return str(self._request.template)

    @property
    def runs(self) -> list[Run]:
        """The probes, by configuration, in the order in which they were started."""
        return [run for target in self.targets for run in target.runs]

    @property
    def result(self) -> LoadAtBlocking | None:
        """The load with its interval, for a search with one configuration; None until known.

        Raises:
            ValueError: The search has several configurations: see `frame`.
        """
        if len(self.targets) != 1:
            raise ValueError(
                f"the search is for {len(self.targets)} loads; frame has a row for each"
            )
        found: LoadAtBlocking | None = self.targets[0].search.result
        return found

    @property
    def frame(self) -> pd.DataFrame:
        """A frame with one row per configuration.

        Columns: the parameters, ``blocking`` (the target), ``load``, ``load_low``, ``load_high``
        (Erlang; NaN before they are known), ``confidence``, ``iterations``, ``requests`` (all
        probes), ``probes``, ``reason`` (why it ended; None while it is running).
        """
        import pandas as pd

        return pd.DataFrame([self._row(target) for target in self.targets])

    def _row(self, target: Target) -> dict[str, Any]:
        search, found = target.search, target.search.result
        return {
            **target.parameters,
            "blocking": search.blocking,
            "load": float("nan") if found is None else found.load,
            "load_low": float("nan") if found is None else found.low,
            "load_high": float("nan") if found is None else found.high,
            "confidence": search.confidence,
            "iterations": 0 if found is None else found.iterations,
            "requests": search.simulated,
            "probes": len(target.runs),
            "reason": target.problem or search.reason,
        }

    def __repr__(self) -> str:
        target = 100 * self.targets[0].search.blocking
        head = f"Load at {target:g} % blocking, {self.probes} probes, {self.requests:,} requests"
        return "\n".join([head, *map(_in_words, self.targets)])

    def _repr_html_(self) -> str:
        head, *lines = repr(self).splitlines()
        body = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
        return f"<div><b>{html.escape(head)}</b><ul>{body}</ul></div>"

    # -- its end -------------------------------------------------------------------------------

    def wait(self, timeout: float | None = None) -> LoadSearch:
        """Block until the search has ended.

        Raises:
            TimeoutError: It has not ended after `timeout` seconds; it continues.
        """
        with interruptible("the search continues"):
            ended = self._ended.wait(timeout)
        if not ended:
            raise TimeoutError(f"The search has not ended after {timeout} s")
        return self

    def __await__(self) -> Generator[Any, None, LoadSearch]:
        return self._wait_async().__await__()

    async def _wait_async(self) -> LoadSearch:
        with interruptible("the search continues"):
            while not self._ended.is_set():  # noqa: ASYNC110 (an interrupt must reach it)
                await asyncio.sleep(_SLICE_SECONDS)
        return self

    def cancel(self) -> None:
        """Stop the search and its executing probes; results so far are kept."""
        self._cancelled.set()

    # -- the search's own thread ---------------------------------------------------------------

    def _drive(self) -> None:
        executing: dict[int, tuple[Probe, Run]] = {}
        try:
            while not self._cancelled.is_set():
                for number, target in enumerate(self.targets):
                    if number not in executing and not target.ended:
                        started = self._start(target)
                        if started is not None:
                            executing[number] = started
                if not executing:
                    break
                self._collect(executing)
                self._cancelled.wait(_POLL_SECONDS)
        finally:
            for _, run in executing.values():
                run.cancel()
            for target in self.targets:
                if self._cancelled.is_set() and not target.ended:
                    target.problem = "cancelled"
            self._ended.set()
            self.set_trait("settled", True)

    def _start(self, target: Target) -> tuple[Probe, Run] | None:
        """Start the next requested run; known iterations are not repeated."""
        probe = target.search.ask()
        assert probe is not None
        known = len(target.search.points.get(probe.load, ()))
        base: Any = {**dict(self._request.config), **target.parameters}
        options = {
            "erlang_start": probe.load,
            "erlang_stop": probe.load,
            "max_iters": probe.iterations - known,
            "first_seed": int(base.get("first_seed", 1)) + known,
            # No early stop: the search itself decides when a probe is precise enough.
            "rl_settings.is_training": True,
        }
        name = f"{probe.load:g} Erlang, iterations {known + 1} to {probe.iterations}"
        request = replace(self._request, name=name, config={**base, **options}, reuse=True)
        try:
            made = self._manager.create_run(request)
        except (ValueError, OSError) as error:
            target.problem = str(error)
            return None
        run = handle_of(made.directory, made)
        target.runs.append(run)
        self._note(target.parameters, probe, run.id)
        self.set_trait("probes", self.probes + 1)
        return probe, run

    def _note(self, parameters: Point, probe: Probe, run_id: str) -> None:
        """Add the probe to the sweep's record."""
        with record.locked(self._manager.runs_dir, self._sweep.id):
            where = {**parameters, "erlang": probe.load, "iterations": probe.iterations}
            if all(point.run_id != run_id for point in self._sweep.points):
                self._sweep.points.append(SweepPoint(parameters=where, run_id=run_id))
                record.write(self._manager.runs_dir, self._sweep)

    def _collect(self, executing: dict[int, tuple[Probe, Run]]) -> None:
        for number, (probe, run) in list(executing.items()):
            current = self._manager.get_run(run.id)
            if current is not None and not current.status.is_final:
                continue
            del executing[number]
            target = self.targets[number]
            if current is None or current.status is not RunStatus.COMPLETED:
                why = "was deleted" if current is None else f"is {current.status}"
                detail = "" if current is None else f": {current.error_message or ''}"
                target.problem = f"probe {run.id} ({run.name}) {why}{detail}"
                continue
            values = results.results(current, "iteration")["blocking"].tolist()
            known = target.search.points.get(probe.load, [])
            target.search.tell(probe.load, [*known, *values])
            self.set_trait("requests", sum(each.search.simulated for each in self.targets))


def _in_words(target: Target) -> str:
    where = f"{points.describe(target.parameters)}: " if target.parameters else ""
    found, search = target.search.result, target.search
    if target.problem is not None:
        return f"{where}{target.problem}"
    if found is None:
        if not search.brackets:
            return f"{where}the first probe has not ended"
        low, high = search.brackets[-1]
        return f"{where}between {low:g} and {high:g} Erlang so far"
    state = f"; {search.reason}" if search.reason else ", searching on"
    return (
        f"{where}{found.load:.4g} Erlang, {found.low:.4g} to {found.high:.4g} "
        f"({100 * search.confidence:g} % confidence){state}"
    )


def new_record(sweep: str, request: RunCreate, name: str) -> SweepRecord:
    """The record of a search's sweep, which grows with each probe."""
    return SweepRecord(
        version=record.FORMAT_VERSION,
        id=sweep,
        name=name,
        tags=list(request.tags),
        created_at=time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime()),
        template=str(request.template),
        simulator=request.simulator,
        engine=request.engine,
        engine_options=dict(request.engine_options),
        options={key: points.plain(value) for key, value in request.config.items()},
    )
