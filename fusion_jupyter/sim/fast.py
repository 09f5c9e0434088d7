"""The fast path: a compiled kernel simulates whole iterations, with the same results.

It is taken where the kernel was built (it needs a C compiler when the package is installed, or a
wheel that has it) and computes all that a configuration asks for. Everything else is simulated by
plain Python, which the kernel is tested against, figure by figure. :func:`make_simulator` is the
one place where this is decided, and :func:`reason_for_python` says why.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from math import log
from typing import TYPE_CHECKING, Any

from fusion_jupyter.sim.kernel_source import checksum
from fusion_jupyter.sim.outcome import Outcome, slot_shares
from fusion_jupyter.sim.routing import RouteTable

if TYPE_CHECKING:
    from fusion_jupyter.config.topologies import Network
    from fusion_jupyter.sim.config import SimConfig
    from fusion_jupyter.sim.engine import Simulator
    from fusion_jupyter.sim.routing import Lightpath, Path

#: Options that the kernel computes, whatever their value. A configuration that has any other is
#: left to plain Python, unless it is one of those in ONLY and has the value that stands there.
COVERED = frozenset(
    {
        "erlangs", "max_iters", "num_requests", "holding_time", "network", "topology",
        "cores_per_link", "bands", "lanes", "guard_slots", "k_paths", "candidate_paths",
        "max_segments", "formats", "one_format", "fixed_grid", "quotas", "shares", "all_nodes",
        "unit_lengths", "crosstalk_cost", "early_stop", "print_step", "save_step", "save_slots",
        "first_seed", "directed_links", "path_order", "paths", "precision",
    }
)  # fmt: skip
ONLY: dict[str, Any] = {
    "routing": "length",
    "partial": False,
    "quality": None,
    "warm_up": 0,
    "independent_bandwidths": False,
    "truncated_holding": False,
    "node_weights": {},
    "allocation": "first_fit",
}


def make_simulator(config: SimConfig, *, plain: bool = False) -> Simulator | FastSimulator:
    """Return what simulates a configuration: the kernel where it can, else plain Python.

    Args:
        config: The configuration.
        plain: Whether to use plain Python in any case.
    """
    if not plain and reason_for_python(config) is None:
        return FastSimulator(config)
    from fusion_jupyter.sim.engine import Simulator  # all that the kernel does without

    return Simulator(config)


def reason_for_python(config: SimConfig | None = None) -> str | None:
    """Say why the kernel is not used; None when it is.

    Args:
        config: The configuration; without one, only whether there is a kernel at all is told.
    """
    missing = _reason_for_no_kernel()
    if missing is not None or config is None:
        return missing
    options = config._asdict()
    options |= options.pop("extended")._asdict()
    for option, value in options.items():
        if option not in COVERED and (option not in ONLY or value != ONLY[option]):
            return f"the compiled kernel does not compute {option} = {value}"
    return None


@cache
def _reason_for_no_kernel() -> str | None:
    try:
        from fusion_jupyter.sim import _kernel
    except ImportError as error:
        return f"no compiled kernel: {error}"
    source = checksum()
    if source is not None and source != _kernel.SOURCE:
        return "the compiled kernel is older than its source; install the package again"
    # The two may be linked to different C libraries, whose logarithms may differ in the last bit.
    samples = [number / 257 for number in range(1, 257)]
    if list(map(_kernel.logarithm, samples)) != list(map(log, samples)):
        return "the compiled kernel's logarithm is not Python's"
    return None


class FastSimulator:
    """Simulates iterations of one configuration with the compiled kernel.

    Args:
        config: A configuration for which :func:`reason_for_python` gives none.
        network: The network to use instead of that of the configuration.

    Attributes:
        config: The configuration.
        table: Its candidate paths, found as requests ask for them.
    """

    def __init__(self, config: SimConfig, network: Network | None = None) -> None:
        from fusion_jupyter.sim import _kernel

        self.config = config
        self.table = table = RouteTable(config, network or config.topology)
        # What the kernel's counts are of: it knows the ways to carry a request by number alone.
        self._lightpaths: list[tuple[Lightpath, int]] = []  # each with each lane
        self._numbers: dict[Lightpath, int] = {}
        self._kinds: dict[tuple[Path, int], int] = {}
        self._slots = sum(lane.slots for lane in config.lanes)
        self._iterate = _kernel.iterate
        self._kernel = _kernel.new(
            table.nodes,
            table.links,
            config.guard_slots,
            config.save_slots,
            tuple(lane.slots for lane in config.lanes),
            tuple(table.terminals),
            tuple(config.quotas.values()),
            tuple(float(name) for name in table.classes),
        )

    def iterate(self, erlang: float, iteration: int) -> Outcome:
        """Simulate one iteration, see :meth:`Simulator.iterate`."""
        holding_time = self.config.holding_time
        seed = self.config.extended.first_seed + iteration
        gap_factor, holding_factor = -1.0 / (erlang / holding_time), -1.0 / (1 / holding_time)
        counts = self._iterate(self._kernel, self._ways, seed, gap_factor, holding_factor)
        carried, blocked, unreachable, allocations, requests, usage, throughput, slots = counts[:8]
        held, end = counts[8:]
        lightpaths, kinds = self._lightpaths, list(self._kinds)
        outcome = Outcome(blocked)
        outcome.unreachable = unreachable
        outcome.lightpaths = Counter({lightpaths[number]: count for number, count in allocations})
        outcome.requests = Counter({kinds[number]: count for number, count in requests})
        outcome.slots = slots
        slot_time = dict(zip(kinds, held, strict=True))
        outcome.slot_time = slot_shares(slot_time, self.table.links, self._slots * end)
        if carried:
            outcome.usage, outcome.throughput = usage, throughput
        return outcome

    def _ways(
        self, pair: int, bandwidth_class: int
    ) -> list[tuple[int, int, int, int, tuple[int, ...]]]:
        """Tell the kernel the ways to carry a request, in order of trial.

        Each is a number of pieces, a piece's width in slots, the number of its lightpath, that of
        its (path, pieces), and the path's links.
        """
        ways = [(1, lightpath) for lightpath in self.table.lightpaths(pair, bandwidth_class)]
        ways += self.table.slicings(pair, bandwidth_class)
        answer = []
        for pieces, lightpath in ways:
            path = lightpath.path
            number = self._numbers.get(lightpath)
            if number is None:
                number = self._numbers[lightpath] = len(self._numbers)
                self._lightpaths += [(lightpath, lane) for lane in range(len(path.lanes))]
            kind = self._kinds.setdefault((path, pieces), len(self._kinds))
            answer.append((pieces, lightpath.width, number, kind, path.links))
        return answer
