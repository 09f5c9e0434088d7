"""Candidate paths, and the lightpaths to try on each of them.

Both are determined by the topology and the configuration, so each is computed once, on first use,
for all iterations and loads. The objects compare and hash by identity: they are counted by the
million, and each exists once.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from fusion_jupyter.config.modulation import named_format, usable_formats
from fusion_jupyter.sim.lightpath import Lightpath, Path, Slicing
from fusion_jupyter.sim.paths import PathFinder, add_up
from fusion_jupyter.sim.tally import Scale

if TYPE_CHECKING:
    from fusion_jupyter.config.modulation import Formats
    from fusion_jupyter.config.topologies import Network
    from fusion_jupyter.sim.config import SimConfig

#: Requests of this bandwidth are never sliced: FUSION hard-codes its smallest class for every
#: table.
NEVER_SLICED = "25"
#: The format that FUSION uses if congestion-aware routing tries a path beyond all reaches.
BEYOND_REACH = "QPSK"


class RouteTable:
    """Candidate paths of one configuration, and the lightpaths to try on them.

    Args:
        config: The configuration.
        network: The network.

    Attributes:
        finder: Finds paths in the network.
        scale: The layout of the measures of paths, see :mod:`.tally`.
        nodes: Number of nodes.
        links: Number of links, or of link directions if each has its own spectrum.
        lengths: For each link, its effective length in km.
        link_ends: For each link, the indices of its nodes.
        classes: Bandwidth classes in Gb/s, in the modulation table's order.
        terminals: Indices of the nodes that send and receive, in the order used for drawing.
        worth_trying: (bandwidth class, path length) -> the formats to try, with their slots.
        ways_to_cut: (bandwidth class, path length) -> the ways to slice: pieces, a piece's
            bandwidth, its format and its slots.
        make_path: (nodes of a route, rank) -> the path.
        at_rank: (path, rank) -> the same path as the candidate of another rank.
        on_path: (path, bandwidth class) -> the lightpaths worth trying on it, in order.
        slicings_on_path: (path, bandwidth class) -> the ways to slice on it, in order.
    """

    def __init__(self, config: SimConfig, network: Network) -> None:
        directed = config.extended.directed_links
        self.nodes = len(network.nodes)
        self.links = len(network.links) * (2 if directed else 1)
        self.classes = tuple(config.formats)
        self.lengths = [1.0 if config.unit_lengths else link.length for link in network.links]
        self.scale = Scale(self.lengths)
        self._measures = cache(self.scale.measures)
        self._config = config
        self.finder = PathFinder(
            network,
            unit_lengths=config.unit_lengths,
            by_hops=config.extended.path_order != "length",
        )
        self._names = network.nodes
        self._index = index = {name: number for number, name in enumerate(network.nodes)}
        ends = network.nodes if config.all_nodes else network.core_nodes
        self.terminals = tuple(index[name] for name in ends)
        self.link_ends = [(index[link.source], index[link.target]) for link in network.links]
        self._link_lengths = self.lengths * (2 if directed else 1)
        self._link_index = {}
        for number, (source, target) in enumerate(self.link_ends):
            self._link_index[source, target] = number
            self._link_index[target, source] = number + len(network.links) * directed
        self._paths: dict[int, list[Path]] = {}
        self._whole: dict[int, tuple[Lightpath, ...]] = {}
        self._sliced: dict[int, tuple[Slicing, ...]] = {}
        # Many paths share a length.
        self.worth_trying = cache(self._worth_trying)
        self.ways_to_cut = cache(self._ways_to_cut)
        self._lightpaths: dict[tuple[Path, str, str], Lightpath] = {}
        # By path, for orders that change from request to request.
        self.on_path = cache(self._on_path)
        self.slicings_on_path = cache(self._slicings_on_path)
        self.make_path = cache(self._make_path)
        self.at_rank = cache(self._at_rank)

    def lightpaths(self, pair: int, bandwidth_class: int) -> tuple[Lightpath, ...]:
        """Return the lightpaths that may carry a request in one piece, in the order of trial.

        Args:
            pair: Source index * nodes + destination index.
            bandwidth_class: Index into :attr:`classes`.
        """
        key = pair * len(self.classes) + bandwidth_class
        known = self._whole.get(key)
        if known is None:
            known = self._whole[key] = tuple(
                lightpath
                for path in self.paths(pair)
                for lightpath in self.on_path(path, bandwidth_class)
            )
        return known

    def slicings(self, pair: int, bandwidth_class: int) -> tuple[Slicing, ...]:
        """Return the ways to slice a request that no single lightpath carries, in order of trial.

        Args:
            pair: Source index * nodes + destination index.
            bandwidth_class: Index into :attr:`classes`.
        """
        key = pair * len(self.classes) + bandwidth_class
        known = self._sliced.get(key)
        if known is None:
            known = self._sliced[key] = tuple(
                slicing
                for path in self.paths(pair)
                for slicing in self.slicings_on_path(path, bandwidth_class)
            )
        return known

    def paths(self, pair: int) -> list[Path]:
        """Return the candidate paths of a node pair in order of trial."""
        paths = self._paths.get(pair)
        if paths is None:
            routes = self._routes(*divmod(pair, self.nodes))
            paths = [self._make_path(route, rank) for rank, route in enumerate(routes)]
            self._paths[pair] = paths
        return paths

    def _routes(self, source: int, target: int) -> list[tuple[int, ...]]:
        config = self._config
        if config.extended.paths:
            names = self._names
            listed = config.extended.paths[names[source], names[target]][: config.candidate_paths]
            return [tuple(map(self._index.__getitem__, route)) for route in listed]
        routes = self.finder.shortest(source, target, config.candidate_paths)
        if config.extended.path_order == "resources":
            routes.sort(key=lambda route: (len(route) - 1) / self._efficiency(route))
        return routes

    def _efficiency(self, route: tuple[int, ...]) -> float:
        """Return the maximum Gb/s per slot over a path; nearly 0 if no format reaches."""
        length = self.finder.length(route)
        return max(
            (
                int(bandwidth) / slots
                for bandwidth, formats in self._config.formats.items()
                for reach, slots in formats.values()
                if reach >= length
            ),
            default=1e-9,
        )

    def _make_path(self, route: tuple[int, ...], rank: int) -> Path:
        """Make a path from its nodes.

        Args:
            route: Indices of the nodes.
            rank: Its position among the candidates.
        """
        links = tuple(map(self._link_index.__getitem__, pairwise(route)))
        further = range(1, len(self._config.lanes))
        lanes = (links, *[tuple([lane * self.links + link for link in links]) for lane in further])
        length = add_up(map(self._link_lengths.__getitem__, links))
        return Path(rank, links, length, lanes, self._measures(length, len(links)))

    @staticmethod
    def _at_rank(path: Path, rank: int) -> Path:
        return Path(rank, path.links, path.length, path.lanes, path.measures)

    def _on_path(self, path: Path, bandwidth_class: int) -> list[Lightpath]:
        """List the lightpaths worth trying on a path, most efficient format first."""
        bandwidth = self.classes[bandwidth_class]
        formats = self.worth_trying(bandwidth_class, path.length)
        return [self._lightpath(path, bandwidth, *format_) for format_ in formats]

    def _slicings_on_path(self, path: Path, bandwidth_class: int) -> list[Slicing]:
        """List the ways to slice on a path, in descending order of the pieces' bandwidth."""
        return [
            Slicing(pieces, self._lightpath(path, bandwidth, modulation, slots))
            for pieces, bandwidth, modulation, slots in self.ways_to_cut(
                bandwidth_class, path.length
            )
        ]

    def _worth_trying(self, bandwidth_class: int, length: float) -> list[tuple[str, int]]:
        """List the formats to try over a length, with their slots.

        A less efficient format is only worth trying if it needs fewer slots than all before it:
        otherwise it cannot fit where they did not. If a lightpath's quality is checked, every
        format is tried.
        """
        config = self._config
        formats = config.formats[self.classes[bandwidth_class]]
        if config.routing == "congestion":
            names = [named_format(formats, length) or BEYOND_REACH]
        elif config.one_format:
            name = named_format(formats, length)
            names = [] if name is None else [name]
        else:
            names = [name for name, _ in usable_formats(formats, length)]
        narrowest = float("inf")
        worth_trying = []
        for name in names:
            slots = self._slots(formats, name)
            if slots < narrowest or config.quality is not None:
                narrowest = slots
                worth_trying.append((name, slots))
        return worth_trying

    def _ways_to_cut(self, bandwidth_class: int, length: float) -> list[tuple[int, str, str, int]]:
        bandwidth = self.classes[bandwidth_class]
        cuts: list[tuple[int, str, str, int]] = []
        if self._config.max_segments == 1 or bandwidth == NEVER_SLICED:
            return cuts
        for piece in sorted(self.classes, key=int, reverse=True):
            if int(piece) >= int(bandwidth):
                continue
            formats = self._config.formats[piece]
            modulation = named_format(formats, length)
            if modulation is None:
                continue
            pieces = int(bandwidth) // int(piece)
            if pieces > self._config.max_segments:
                break
            cuts.append((pieces, piece, modulation, self._slots(formats, modulation)))
        return cuts

    def _slots(self, formats: Formats, modulation: str) -> int:
        return 1 if self._config.fixed_grid else formats[modulation][1]

    def _lightpath(self, path: Path, bandwidth: str, modulation: str, slots: int) -> Lightpath:
        key = path, bandwidth, modulation
        known = self._lightpaths.get(key)
        if known is None:
            width = slots + self._config.guard_slots
            known = self._lightpaths[key] = Lightpath(path, bandwidth, modulation, width)
        return known
