"""One iteration: requests arrive and depart, and each is carried or blocked."""

from __future__ import annotations

from collections import Counter
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING

from fusion_jupyter.sim.allocation import CHOICES, KnownSpectrum
from fusion_jupyter.sim.crosstalk import CrosstalkLimit, CrosstalkOrdering
from fusion_jupyter.sim.demand import draw_traffic
from fusion_jupyter.sim.ordering import CongestionOrdering, StateOrdering
from fusion_jupyter.sim.outcome import Outcome
from fusion_jupyter.sim.quality import NoiseLimit
from fusion_jupyter.sim.routing import RouteTable
from fusion_jupyter.sim.spectrum import Spectrum, first_fit
from fusion_jupyter.sim.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fusion_jupyter.config.topologies import Network
    from fusion_jupyter.sim.config import SimConfig
    from fusion_jupyter.sim.lightpath import Lightpath, Path, Slicing
    from fusion_jupyter.sim.ordering import Ordering
    from fusion_jupyter.sim.spectrum import Allocation
    from fusion_jupyter.sim.traffic import Traffic


class DetailedOutcome(Outcome):
    """An outcome that also counts the individual lightpaths.

    Attributes:
        lightpaths: (lightpath, lane) -> number of allocations that lasted, pieces of sliced
            requests included.
        requests: (path, lightpaths of the request) -> number of carried requests.
    """

    def __init__(self, blocked: list[int], ranks: int) -> None:
        super().__init__(blocked)
        self.ranks = [0] * ranks
        self.lightpaths: Counter[tuple[Lightpath, int]] = Counter()
        self.requests: Counter[tuple[Path, int]] = Counter()

    def sum_up(self) -> None:
        """Sum up the counts."""
        for (lightpath, lane), count in self.lightpaths.items():
            key = lightpath.bandwidth, lightpath.modulation, lane
            if key not in self.allocations:
                self.allocations[key] = Tally()
            self.allocations[key].count(lightpath.path, count)
        for (path, pieces), count in self.requests.items():
            self.carried.count(path, count)
            self.ranks[path.rank] += count
            self.transponders += pieces * count


class Simulator:
    """Simulates iterations of one configuration.

    Args:
        config: The configuration.
        network: The network to use instead of the configuration's.

    Attributes:
        config: The configuration.
        table: Its candidate paths, computed on demand.
    """

    def __init__(self, config: SimConfig, network: Network | None = None) -> None:
        self.config = config
        self.table = RouteTable(config, network or config.topology)

    def iterate(self, erlang: float, iteration: int) -> DetailedOutcome:
        """Simulate one iteration; the network is empty at its start.

        Link usage and throughput are those at the last carried arrival, as FUSION reports them:
        a request counts as used when its spectrum is taken (pieces of a slicing that was then
        rolled back included), and as throughput when it has departed.

        Args:
            erlang: Offered load in Erlang.
            iteration: Number of the iteration, from 0; the seed is one more, unless the
                configuration sets another first seed.
        """
        return self.carry(draw_traffic(self.config, self.table, erlang, iteration))

    def carry(self, traffic: Traffic) -> DetailedOutcome:
        """Simulate given requests; the network is empty at the start."""
        return _Iteration(self, traffic).run()


class _Iteration:
    """The state of the network during an iteration."""

    def __init__(self, simulator: Simulator, traffic: Traffic) -> None:
        self.config = simulator.config
        self.table = simulator.table
        self.traffic = traffic
        self.ordering: Ordering = self.table
        self.spectrum = self._spectrum()
        self.outcome = DetailedOutcome([0] * len(self.table.classes), self.config.candidate_paths)
        self.sliced: dict[int, list[Allocation]] = {}
        self.pieces_missing: dict[int, int] = {}
        self.rolled_back: list[tuple[int, Path]] = []
        self.weights: dict[int, float] = {}

    def _spectrum(self) -> Spectrum:
        """Make the spectrum and its users: the ordering of paths and the quality checks."""
        config, table = self.config, self.table
        lanes, links = config.lanes, table.links
        plain = config.extended.allocation == "first_fit" and config.quality is None
        if plain and config.routing != "crosstalk":
            spectrum = Spectrum(lanes, links)
            if config.routing == "congestion":
                self.ordering = CongestionOrdering(table, config, spectrum)
            return spectrum
        known = KnownSpectrum(lanes, links, config.guard_slots, CHOICES[config.extended.allocation])
        if config.quality is not None:
            limit = CrosstalkLimit if config.quality.model == "xt_calculation" else NoiseLimit
            known.checks.append(limit(config, table.lengths, known))
        if config.routing == "crosstalk":
            self.ordering = CrosstalkOrdering(table, config, known)
        elif config.routing == "congestion":
            self.ordering = CongestionOrdering(table, config, known)
        return known

    def run(self) -> DetailedOutcome:
        traffic, spectrum, ordering = self.traffic, self.spectrum, self.ordering
        take, release = spectrum.allocate, spectrum.release
        if type(spectrum) is Spectrum:
            take = partial(first_fit, spectrum.free)  # the same, without a function call
        pairs, classes = traffic.pairs, traffic.classes
        lightpaths, slicings = ordering.lightpaths, ordering.slicings
        by_state = ordering if isinstance(ordering, StateOrdering) else None
        held: list[Allocation | None] = [None] * len(pairs)
        blocked: list[tuple[int, bool]] = []
        last_carried = -1
        for event in traffic.events:
            request = event >> 1
            if event & 1:
                allocation = held[request]
                if allocation is not None:
                    release(allocation)
                elif request in self.sliced:
                    for piece in self.sliced[request]:
                        release(piece)
                continue
            pair, bandwidth_class = pairs[request], classes[request]
            ways = lightpaths(pair, bandwidth_class)
            allocation = take(ways)
            if allocation is not None:
                held[request] = allocation
            else:
                cuts = slicings(pair, bandwidth_class)
                if not self._slice(request, cuts):
                    blocked.append((request, not (ways or cuts)))
                    continue
            last_carried = request
            if by_state is not None:
                path = (allocation or self.sliced[request][0])[0].path
                self.weights[request] = by_state.weight[path]
        self._count(held, blocked, last_carried)
        return self.outcome

    def _slice(self, request: int, slicings: tuple[Slicing, ...]) -> bool:
        """Carry a request in pieces, in the first way in which all of them fit.

        If requests may be carried in part, fewer pieces suffice on the last candidate path.
        """
        for slicing in slicings:
            piece = (slicing.lightpath,)
            allocations: list[Allocation] = []
            for _ in range(slicing.pieces):
                allocation = self.spectrum.allocate(piece)
                if allocation is None:
                    break
                allocations.append(allocation)
            missing = slicing.pieces - len(allocations)
            last = slicing.lightpath.path.rank >= self.config.k_paths - 1
            if not missing or (self.config.partial and last and allocations):
                self.sliced[request] = allocations
                if missing:
                    self.pieces_missing[request] = missing
                return True
            for allocation in allocations:
                self.spectrum.release(allocation)
                self.rolled_back.append((request, allocation[0].path))
        return False

    def _count(
        self, held: list[Allocation | None], blocked: list[tuple[int, bool]], last_carried: int
    ) -> None:
        outcome, classes, first = self.outcome, self.traffic.classes, self.config.extended.warm_up
        for request, unreachable in blocked:
            if request >= first:
                outcome.blocked[classes[request]] += 1
                outcome.unreachable += unreachable
        if first or self.config.extended.independent_bandwidths:
            counts = Counter(classes[first:])
            outcome.offered = [counts[number] for number in range(len(self.table.classes))]
        sliced = [(request, held_) for request, held_ in self.sliced.items() if request >= first]
        usage: Counter[Path] = Counter()
        lightpaths = Counter(map(itemgetter(0, 1), filter(None, held[first:] if first else held)))
        for (lightpath, _), count in lightpaths.items():
            outcome.requests[lightpath.path, 1] += count
            usage[lightpath.path] += count
        for request, pieces in sliced:
            path, missing = pieces[0][0].path, self.pieces_missing.get(request, 0)
            outcome.requests[path, len(pieces) + missing] += 1
            usage[path] += len(pieces)
            lightpaths.update(map(itemgetter(0, 1), pieces))
            if missing:
                carried = len(pieces) * int(pieces[0][0].bandwidth)
                outcome.unserved += int(self.table.classes[classes[request]]) - carried
        outcome.lightpaths = lightpaths
        outcome.sum_up()
        if self.traffic.times:
            outcome.slot_time = self._slot_time(held, self.traffic.times)
        if self.weights:
            outcome.weights = self._weights(held)
        if self.config.save_slots:
            outcome.slots = self._slots(held)
        if last_carried < first:
            return
        usage.update(path for request, path in self.rolled_back if first <= request <= last_carried)
        outcome.usage = [0] * self.table.links
        for path, count in usage.items():
            for link in path.links:
                outcome.usage[link] += count
        outcome.throughput = self._throughput(held, last_carried)

    def _slot_time(self, held: list[Allocation | None], times: Sequence[float]) -> list[float]:
        """Return the share of slots and time in use, summed up in order of arrival and departure.

        The time after the last arrival is subtracted again.
        """
        warm_up = self.config.extended.warm_up
        start, end = times[2 * warm_up] if warm_up else 0.0, times[-2]
        sums = [0.0] * self.table.links
        later: list[tuple[float, int, int, tuple[int, ...]]] = []
        for request, (allocation, arrival, departure) in enumerate(
            zip(held, times[::2], times[1::2], strict=True)
        ):
            pieces = (allocation,) if allocation else self.sliced.get(request)
            if not pieces or departure <= start:
                continue
            lightpath = pieces[0][0]  # the pieces of a request are equal
            links, slots = lightpath.path.links, lightpath.width * len(pieces)
            held_for = slots * (departure - max(arrival, start))
            for link in links:
                sums[link] += held_for
            if departure > end:
                later.append((departure, request, slots, links))
        for departure, _, slots, links in sorted(later):
            for link in links:
                sums[link] -= slots * (departure - end)
        capacity = sum(lane.slots for lane in self.config.lanes) * (end - start)
        return [held_for / capacity if capacity > 0 else 0.0 for held_for in sums]

    def _allocations(self, held: list[Allocation | None], request: int) -> list[Allocation]:
        """List the allocations of a request, current or past."""
        allocation = held[request]
        return [allocation] if allocation else self.sliced.get(request, [])

    def _weights(self, held: list[Allocation | None]) -> Counter[tuple[str, str, float]]:
        """Count allocations by the score that decided their path's rank, rounded as in FUSION."""
        weights: Counter[tuple[str, str, float]] = Counter()
        for request, weight in self.weights.items():
            if request >= self.config.extended.warm_up:
                for lightpath, _, _ in self._allocations(held, request):
                    weights[lightpath.bandwidth, lightpath.modulation, round(weight, 2)] += 1
        return weights

    def _slots(self, held: list[Allocation | None]) -> list[tuple[int, int]]:
        """List the first slot of each allocation and the last, counted as in FUSION."""
        slots = []
        for request in range(self.config.extended.warm_up, len(held)):
            for _, _, taken in self._allocations(held, request):
                first = (taken & -taken).bit_length() - 1
                slots.append((first, taken.bit_length() - 1 + self.config.guard_slots))
        return slots

    def _throughput(self, held: list[Allocation | None], last_carried: int) -> list[float]:
        """Sum Gb/s x time over the links in order of departure, which affects rounding."""
        traffic, classes = self.traffic, self.traffic.classes
        gbps = [float(name) for name in self.table.classes]
        sums = [0.0] * self.table.links
        first = self.config.extended.warm_up
        for event in traffic.events[: traffic.events.index(2 * last_carried)]:
            request = event >> 1
            if not event & 1 or request < first:
                continue
            for lightpath, _, _ in self._allocations(held, request)[:1]:
                carried = gbps[classes[request]] * traffic.durations[request]
                for link in lightpath.path.links:
                    sums[link] += carried
        return sums
