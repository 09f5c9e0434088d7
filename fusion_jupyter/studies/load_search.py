"""`LoadSearch`: the search for the load at which blocking reaches a target, as a handle.

Each probe is an ordinary run of one sweep. The search itself is a thread of this process; the
probes outlive it, and the same search requested again finds them and continues where it was.
"""

from __future__ import annotations

import asyncio
import contextlib
import html
import threading
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import traitlets

from fusion_jupyter import arguments, formatting
from fusion_jupyter.analysis.capacity import LoadAtBlocking
from fusion_jupyter.config import template_files
from fusion_jupyter.config.frozen import FrozenTemplate
from fusion_jupyter.handle import Run
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunCreate
from fusion_jupyter.studies import frames, points, record
from fusion_jupyter.studies.points import Point
from fusion_jupyter.studies.probes import Execution, LostProbeError, Probes
from fusion_jupyter.studies.record import SweepRecord
from fusion_jupyter.studies.root_search import RootSearch
from fusion_jupyter.watch.interrupts import interruptible
from fusion_jupyter.watch.observers import Observed

if TYPE_CHECKING:
    import pandas as pd

_SLICE_SECONDS = 0.3
_POLL_SECONDS = 0.05
#: A probe that others end so often in a row is not started once more.
_MOST_LOSSES = 3


@dataclass
class Target:
    """One configuration whose load is searched.

    Attributes:
        parameters: Values of the varied options; empty if there is only one configuration.
        template: Its configuration, as it was when the search began.
        first_seed: Seed of the first iteration at each load.
        search: Decides what to simulate next, and holds what is known.
        runs: The probes so far.
        losses: How often in a row others have ended a probe that it shares with them.
        problem: Why the search for this configuration failed; None if it has not.
    """

    parameters: Point
    template: FrozenTemplate
    first_seed: int
    search: RootSearch
    runs: list[Run] = field(default_factory=list)
    problem: str | None = None
    losses: int = 0

    @property
    def ended(self) -> bool:
        """Whether nothing more will be simulated for it."""
        return self.problem is not None or self.search.ask() is None


class LoadSearch(Observed):
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
        self._probes = Probes(manager, request, sweep.id)
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

        frame = pd.DataFrame([self._row(target) for target in self.targets])
        columns = frames.columns_of([target.parameters for target in self.targets])
        for number, (name, column) in enumerate(columns.items()):
            frame.insert(number, name, column)
        return frame

    def _row(self, target: Target) -> dict[str, Any]:
        search, found = target.search, target.search.result
        return {
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
        probes = formatting.counted(self.probes, "probe")
        head = f"Load at {target:g} % blocking, {probes}, {self.requests:,} requests"
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
        timeout = arguments.seconds("timeout", timeout)
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
        executing: dict[int, Execution] = {}
        try:
            while not self._cancelled.is_set():
                for number, target in enumerate(self.targets):
                    if number not in executing and not target.ended:
                        self._start(number, executing)
                if not executing:
                    break
                for number in list(executing):
                    self._collect(number, executing)
                self._cancelled.wait(_POLL_SECONDS)
        finally:
            for execution in executing.values():
                with contextlib.suppress(OSError):  # it ends by itself
                    self._probes.end(execution)
            for target in self.targets:
                if self._cancelled.is_set() and not target.ended:
                    target.problem = "cancelled"
            self._ended.set()
            self.set_trait("settled", True)

    def _start(self, number: int, executing: dict[int, Execution]) -> None:
        """Start the next probe; known iterations are not repeated."""
        target = self.targets[number]
        probe = target.search.ask()
        assert probe is not None
        known = len(target.search.points.get(probe.load, ()))
        try:
            execution = self._probes.start(
                target.template, target.parameters, probe, target.first_seed, known
            )
        except Exception as error:  # whatever it is, the search must not end without a word
            target.problem = _in_one_line(error)
            return
        executing[number] = execution
        target.runs.append(execution.run)
        self.set_trait("probes", self.probes + 1)

    def _collect(self, number: int, executing: dict[int, Execution]) -> None:
        """Hand over what a probe gave, if it has ended."""
        target, execution = self.targets[number], executing[number]
        try:
            values = self._probes.values(execution)
        except LostProbeError as error:
            del executing[number]
            target.losses += 1
            if execution.own or target.losses > _MOST_LOSSES:
                target.problem = str(error)
        except Exception as error:
            del executing[number]
            target.problem = _in_one_line(error)
        else:
            if values is not None:
                del executing[number]
                self._tell(target, execution.probe.load, values)

    def _tell(self, target: Target, load: float, values: list[float]) -> None:
        try:
            target.search.tell(load, [*target.search.points.get(load, []), *values])
        except Exception as error:
            target.problem = _in_one_line(error)
        target.losses = 0
        self.set_trait("requests", sum(each.search.simulated for each in self.targets))


def _in_one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _in_words(target: Target) -> str:
    where = f"{points.describe(target.parameters)}: " if target.parameters else ""
    found, search = target.search.result, target.search
    if target.problem is not None:
        return f"{where}{target.problem}"
    if found is None:
        if not search.brackets:
            return f"{where}the first probe has not ended"
        low, high = search.brackets[-1]
        if search.reason:
            return f"{where}no load was found: {search.reason}"
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
        template=template_files.lasting(request.template),
        simulator=request.simulator,
        engine=request.engine,
        engine_options=dict(request.engine_options),
        options=dict(request.config),
    )
