"""One iteration: requests come and go, each is carried or blocked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING

from fusion_jupyter.sim.routing import RouteTable
from fusion_jupyter.sim.spectrum import first_fit, release
from fusion_jupyter.sim.traffic import generate_traffic

if TYPE_CHECKING:
    from fusion_jupyter.config.topologies import Network
    from fusion_jupyter.sim.config import SimConfig
    from fusion_jupyter.sim.routing import Lightpath, Path, Slicing
    from fusion_jupyter.sim.spectrum import Allocation
    from fusion_jupyter.sim.traffic import Traffic


@dataclass(slots=True)
class Outcome:
    """What became of the requests of one iteration.

    Attributes:
        blocked: For each bandwidth class, the number of blocked requests.
        unreachable: Blocked requests for which no path had a format that reaches.
        lightpaths: (lightpath, core) -> number of allocations that lasted, pieces of sliced
            requests included.
        requests: (path, lightpaths of the request) -> number of carried requests.
        usage: For each link, the number of allocations; see :meth:`Simulator.iterate`.
        throughput: For each link, Gb/s x time carried; see :meth:`Simulator.iterate`.
        slots: First and last slot of each allocation that lasted, where they are asked for.
    """

    blocked: list[int]
    unreachable: int = 0
    lightpaths: Counter[tuple[Lightpath, int]] = field(default_factory=Counter)
    requests: Counter[tuple[Path, int]] = field(default_factory=Counter)
    usage: list[int] | None = None
    throughput: list[float] | None = None
    slots: list[tuple[int, int]] = field(default_factory=list)


class Simulator:
    """Simulates iterations of one configuration.

    Args:
        config: The configuration.
        network: The network to use instead of the one that the configuration names.

    Attributes:
        config: The configuration.
        table: Its candidate paths, found as requests ask for them.
    """

    def __init__(self, config: SimConfig, network: Network | None = None) -> None:
        self.config = config
        self.table = RouteTable(config, network or config.topology)

    def iterate(self, erlang: float, iteration: int) -> Outcome:
        """Simulate one iteration; the network is empty at its start.

        Link usage and throughput are those at the last carried arrival, as FUSION reports them:
        a request counts as used when its spectrum is taken (pieces of a slicing that was then
        rolled back included), and as throughput when it has departed.

        Args:
            erlang: Offered load in Erlang.
            iteration: Number of the iteration, from 0; the seed is one more.
        """
        config, table = self.config, self.table
        traffic = generate_traffic(
            iteration + 1,
            erlang=erlang,
            holding_time=config.holding_time,
            terminals=table.terminals,
            nodes=table.nodes,
            quotas=tuple(config.quotas.values()),
        )
        return self.carry(traffic)

    def carry(self, traffic: Traffic) -> Outcome:
        """Simulate given requests; the network is empty at the start."""
        return _Iteration(self, traffic).run()


class _Iteration:
    """The state of the network during an iteration."""

    def __init__(self, simulator: Simulator, traffic: Traffic) -> None:
        self.config = simulator.config
        self.table = simulator.table
        self.traffic = traffic
        band = (1 << self.config.c_band) - 1
        self.free = [band] * (self.table.links * self.config.cores_per_link)
        self.outcome = Outcome(blocked=[0] * len(self.table.classes))
        self.sliced: dict[int, list[Allocation]] = {}
        self.rolled_back: list[tuple[int, Path]] = []

    def run(self) -> Outcome:
        free, traffic = self.free, self.traffic
        pairs, classes = traffic.pairs, traffic.classes
        lightpaths, slicings = self.table.lightpaths, self.table.slicings
        held: list[Allocation | None] = [None] * len(pairs)
        blocked: list[int] = []
        last_carried = -1
        for event in traffic.events:
            request = event >> 1
            if event & 1:
                allocation = held[request]
                if allocation is not None:
                    lightpath, core, taken = allocation
                    for link in lightpath.cores[core]:
                        free[link] ^= taken
                elif request in self.sliced:
                    for lightpath, core, taken in self.sliced[request]:
                        release(free, lightpath.cores[core], taken)
                continue
            pair, bandwidth_class = pairs[request], classes[request]
            allocation = first_fit(free, lightpaths(pair, bandwidth_class))
            if allocation is not None:
                held[request] = allocation
                last_carried = request
            elif self._slice(request, slicings(pair, bandwidth_class)):
                last_carried = request
            else:
                blocked.append(request)
        self._count(held, blocked, last_carried)
        return self.outcome

    def _slice(self, request: int, slicings: tuple[Slicing, ...]) -> bool:
        """Carry a request in pieces: the first way in which all of them fit."""
        for slicing in slicings:
            piece = (slicing.lightpath,)
            allocations: list[Allocation] = []
            for _ in range(slicing.pieces):
                allocation = first_fit(self.free, piece)
                if allocation is None:
                    break
                allocations.append(allocation)
            else:
                self.sliced[request] = allocations
                return True
            for lightpath, core, taken in allocations:
                release(self.free, lightpath.cores[core], taken)
                self.rolled_back.append((request, lightpath.path))
        return False

    def _count(self, held: list[Allocation | None], blocked: list[int], last_carried: int) -> None:
        outcome, traffic = self.outcome, self.traffic
        for request in blocked:
            pair, bandwidth_class = traffic.pairs[request], traffic.classes[request]
            outcome.blocked[bandwidth_class] += 1
            outcome.unreachable += not (
                self.table.lightpaths(pair, bandwidth_class)
                or self.table.slicings(pair, bandwidth_class)
            )
        usage: Counter[Path] = Counter()
        lightpaths = Counter(map(itemgetter(0, 1), filter(None, held)))
        for (lightpath, _), count in lightpaths.items():
            outcome.requests[lightpath.path, 1] += count
            usage[lightpath.path] += count
        for pieces in self.sliced.values():
            path = pieces[0][0].path
            outcome.requests[path, len(pieces)] += 1
            usage[path] += len(pieces)
            lightpaths.update(map(itemgetter(0, 1), pieces))
        outcome.lightpaths = lightpaths
        if self.config.save_slots:
            outcome.slots = self._slots(held)
        if last_carried < 0:
            return
        usage.update(path for request, path in self.rolled_back if request <= last_carried)
        outcome.usage = [0] * self.table.links
        for path, count in usage.items():
            for link in path.links:
                outcome.usage[link] += count
        outcome.throughput = self._throughput(held, last_carried)

    def _slots(self, held: list[Allocation | None]) -> list[tuple[int, int]]:
        """List the first slot of each allocation and the last, which is counted as FUSION does."""
        slots = []
        for request, allocation in enumerate(held):
            pieces = [allocation] if allocation else self.sliced.get(request, ())
            for _, _, taken in pieces:
                first = (taken & -taken).bit_length() - 1
                slots.append((first, taken.bit_length() - 1 + self.config.guard_slots))
        return slots

    def _throughput(self, held: list[Allocation | None], last_carried: int) -> list[float]:
        """Sum up Gb/s x time over the links, in order of departure: sums depend on it."""
        traffic, classes = self.traffic, self.traffic.classes
        gbps = [float(name) for name in self.table.classes]
        sums = [0.0] * self.table.links
        for event in traffic.events[: traffic.events.index(2 * last_carried)]:
            if event & 1:
                request = event >> 1
                allocation = held[request]
                if allocation is None:
                    if request not in self.sliced:
                        continue
                    allocation = self.sliced[request][0]
                carried = gbps[classes[request]] * traffic.durations[request]
                for link in allocation[0].path.links:
                    sums[link] += carried
        return sums
