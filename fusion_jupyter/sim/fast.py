"""The fast path: a compiled kernel simulates whole iterations, with the same results.

It is used if the kernel was built (by a C compiler when the package was installed, or in a wheel)
and supports everything in a configuration. Everything else is simulated by plain Python, against
which the kernel is tested figure by figure. Only :func:`make_simulator` decides this, and
:func:`reason_for_python` explains it.
"""

from __future__ import annotations

from functools import cache
from math import inf, log
from typing import TYPE_CHECKING, Any

from fusion_jupyter.sim.kernel_source import checksum
from fusion_jupyter.sim.outcome import Outcome
from fusion_jupyter.sim.routing import RouteTable
from fusion_jupyter.sim.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fusion_jupyter.config.topologies import Network
    from fusion_jupyter.sim.config import SimConfig
    from fusion_jupyter.sim.engine import Simulator
    from fusion_jupyter.sim.lightpath import Path

#: Options that the kernel supports with any value. A configuration with any other option is left to
#: plain Python, unless it is in ONLY and has the value given there.
COVERED = frozenset(
    {
        "erlangs", "max_iters", "num_requests", "holding_time", "network", "topology",
        "cores_per_link", "bands", "lanes", "guard_slots", "k_paths", "candidate_paths",
        "max_segments", "formats", "one_format", "fixed_grid", "quotas", "shares", "all_nodes",
        "unit_lengths", "crosstalk_cost", "early_stop", "print_step", "save_step", "save_slots",
        "first_seed", "warm_up", "directed_links", "path_order", "paths", "precision",
        "independent_bandwidths", "truncated_holding", "node_weights",
    }
)  # fmt: skip
ONLY: dict[str, Any] = {
    "routing": "length",
    "partial": False,
    "quality": None,
    "allocation": "first_fit",
}


def make_simulator(config: SimConfig, *, plain: bool = False) -> Simulator | FastSimulator:
    """Return the simulator of a configuration: the kernel if it can, else plain Python.

    Args:
        config: The configuration.
        plain: Whether to always use plain Python.
    """
    if not plain and reason_for_python(config) is None:
        return FastSimulator(config)
    from fusion_jupyter.sim.engine import Simulator  # modules that the kernel does not need

    return Simulator(config)


def reason_for_python(config: SimConfig | None = None) -> str | None:
    """Return why the kernel is not used; None if it is.

    Args:
        config: The configuration; without one, only the existence of a kernel is checked.
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


def engine_name(config: SimConfig | None = None, *, plain: bool = False) -> str:
    """Name what simulates: ``"the compiled kernel"``, or ``"plain Python"`` and why.

    Args:
        config: The configuration; without one, the preferred simulator.
        plain: Whether plain Python was requested.
    """
    reason = "as asked" if plain else reason_for_python(config)
    return "the compiled kernel" if reason is None else f"plain Python ({reason})"


@cache
def _reason_for_no_kernel() -> str | None:
    try:
        from fusion_jupyter.sim import _kernel
    except ImportError as error:
        return f"no compiled kernel: {error}"
    source = checksum()
    if source is not None and source != _kernel.SOURCE:
        return "the compiled kernel is older than its source; install the package again"
    # The two may be linked to different C libraries, whose logarithms can differ in the last bit.
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
        # The kernel knows paths, and formats of bandwidths, by number.
        self._paths: dict[Path, int] = {}
        self._groups = {
            (bandwidth, modulation): number
            for number, (bandwidth, modulation) in enumerate(
                (bandwidth, modulation)
                for bandwidth, formats in config.formats.items()
                for modulation in formats
            )
        }
        self._tallied = [
            (bandwidth, modulation, lane)
            for bandwidth, modulation in self._groups
            for lane in range(len(config.lanes))
        ]
        self._slots = sum(lane.slots for lane in config.lanes)
        self._native = _kernel
        terminals, node_bounds, class_indices, class_bounds = self._weights()
        self._kernel = _kernel.new(
            table.nodes,
            table.links,
            config.guard_slots,
            config.save_slots,
            len(self._groups),
            config.candidate_paths,
            table.scale.bytes // 8,
            config.num_requests + config.extended.warm_up,
            config.extended.warm_up,
            config.extended.own_traffic,
            tuple(lane.slots for lane in config.lanes),
            tuple(terminals),
            tuple(node_bounds),
            tuple(config.quotas.values()),
            tuple(class_indices),
            tuple(class_bounds),
            tuple(float(name) for name in table.classes),
        )

    def _weights(self) -> tuple[Sequence[int], Sequence[float], Sequence[int], Sequence[float]]:
        """Return the terminals and their weights summed up, and the same of bandwidth classes.

        There are no weights if all terminals are equal, or if classes have quotas.
        """
        config, terminals = self.config, self.table.terminals
        if not config.extended.own_traffic:
            return terminals, (), (), ()
        from fusion_jupyter.sim.demand import node_weights, summed_up

        indices, node_bounds = summed_up(node_weights(config))
        if indices:
            terminals = tuple(terminals[index] for index in indices)
        shares = list(config.shares.values()) if config.extended.independent_bandwidths else []
        return terminals, node_bounds, *summed_up(shares)

    def iterate(self, erlang: float, iteration: int) -> Outcome:
        """Simulate one iteration, see :meth:`Simulator.iterate`."""
        extended = self.config.extended
        counts = self._native.iterate(
            self._kernel, self._ways, extended.first_seed + iteration, *self._times(erlang)
        )
        carried, offered, blocked, unreachable, tallies, ranks, transponders = counts[:7]
        usage, throughput, slots, slot_time, span = counts[7:]
        outcome = Outcome(blocked)
        outcome.unreachable = unreachable
        for number, total, lengths, hops in tallies:
            tally = Tally(int.from_bytes(total, "little"), lengths, hops)
            if number < len(self._tallied):
                outcome.allocations[self._tallied[number]] = tally
            else:
                outcome.carried = tally
        outcome.ranks = ranks
        outcome.transponders = transponders
        outcome.slots = slots
        capacity = self._slots * span
        outcome.slot_time = [held / capacity if capacity > 0 else 0.0 for held in slot_time]
        if extended.warm_up or extended.independent_bandwidths:
            outcome.offered = offered
        if carried:
            outcome.usage, outcome.throughput = usage, throughput
        return outcome

    def _times(self, erlang: float) -> tuple[float, float, float]:
        """Return the factors of the logarithms for gaps and holding times, and a limit.

        Holding times at or above the limit are drawn again.
        """
        holding_time = self.config.holding_time
        if not self.config.extended.own_traffic:
            return -1.0 / (erlang / holding_time), -1.0 / (1 / holding_time), inf
        limit = 2 * holding_time if self.config.extended.truncated_holding else inf
        return holding_time / erlang, holding_time, limit

    def _ways(self, pair: int, bandwidth_class: int) -> list[tuple[int, int, int, int]]:
        """Pass the kernel the ways to carry a request, in order of trial.

        Each is a number of pieces, a piece's width in slots, the number of its bandwidth and
        format, and that of the path.
        """
        table, groups, guard = self.table, self._groups, self.config.guard_slots
        bandwidth = table.classes[bandwidth_class]
        paths = [(path.length, self._number(path)) for path in table.paths(pair)]
        ways = [
            (1, slots + guard, groups[bandwidth, modulation], number)
            for length, number in paths
            for modulation, slots in table.worth_trying(bandwidth_class, length)
        ]
        ways += [
            (pieces, slots + guard, groups[piece, modulation], number)
            for length, number in paths
            for pieces, piece, modulation, slots in table.ways_to_cut(bandwidth_class, length)
        ]
        return ways

    def _number(self, path: Path) -> int:
        number = self._paths.get(path)
        if number is None:
            measures = path.measures.to_bytes(self.table.scale.bytes, "little")
            number = self._paths[path] = self._native.add_path(
                self._kernel, path.links, path.rank, path.length, measures
            )
        return number
