"""Candidate paths, and what may be tried on each of them.

Both are fixed by the topology and the configuration, so each is worked out once, when the first
request asks for it, and serves all iterations and loads. The objects compare and hash by identity:
they are counted by the million, and each exists once.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from fusion_jupyter.config.modulation import usable_formats
from fusion_jupyter.sim.paths import PathFinder
from fusion_jupyter.sim.spectrum import run_shifts

if TYPE_CHECKING:
    from fusion_jupyter.config.topologies import Network
    from fusion_jupyter.sim.config import SimConfig


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """A candidate path.

    Attributes:
        rank: Its place among the candidates of its node pair, from 0.
        links: Indices of its links.
        length: Length in km.
        cores: For each core, the indices of its links in the spectrum, core by core.
    """

    rank: int
    links: tuple[int, ...]
    length: float
    cores: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Lightpath:
    """A way to carry a bandwidth class on a path.

    Attributes:
        path: The path.
        bandwidth: The bandwidth class it carries, in Gb/s.
        modulation: The modulation format.
        width: Contiguous slots it takes, guard included.
        shifts: How to find a run of this width, see :func:`~.spectrum.run_shifts`.
        cores: The path's, see :class:`Path`.
    """

    path: Path
    bandwidth: str
    modulation: str
    width: int
    shifts: tuple[int, ...]
    cores: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Slicing:
    """A way to carry a request in equal pieces, all on one path.

    Attributes:
        pieces: Number of pieces.
        lightpath: What each piece is.
    """

    pieces: int
    lightpath: Lightpath


class RouteTable:
    """Candidate paths of one configuration, and what may be tried on them.

    Args:
        config: The configuration.
        network: The network.

    Attributes:
        nodes: Number of nodes.
        links: Number of links.
        classes: Bandwidth classes in Gb/s, in the modulation table's order.
        terminals: Indices of the nodes that send and receive, in the order they are drawn from.
    """

    def __init__(self, config: SimConfig, network: Network) -> None:
        self.nodes = len(network.nodes)
        self.links = len(network.links)
        self.classes = tuple(config.formats)
        self._config = config
        self._finder = PathFinder(network, unit_lengths=config.unit_lengths)
        index = {name: number for number, name in enumerate(network.nodes)}
        ends = network.nodes if config.all_nodes else network.core_nodes
        self.terminals = tuple(index[name] for name in ends)
        self._link_index = {
            (index[source], index[target]): number
            for number, link in enumerate(network.links)
            for source, target in ((link.source, link.target), (link.target, link.source))
        }
        self._paths: dict[int, list[Path]] = {}
        self._whole: dict[int, tuple[Lightpath, ...]] = {}
        self._sliced: dict[int, tuple[Slicing, ...]] = {}

    def lightpaths(self, pair: int, bandwidth_class: int) -> tuple[Lightpath, ...]:
        """Return the lightpaths that may carry a request in one piece, in the order of trial.

        Args:
            pair: Source index * nodes + destination index.
            bandwidth_class: Index into :attr:`classes`.
        """
        key = pair * len(self.classes) + bandwidth_class
        known = self._whole.get(key)
        if known is None:
            bandwidth = self.classes[bandwidth_class]
            known = tuple(
                lightpath
                for path in self.paths(pair)
                for lightpath in self._on_path(path, bandwidth)
            )
            self._whole[key] = known
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
            bandwidth = self.classes[bandwidth_class]
            slicings: list[Slicing] = []
            # The smallest class is never sliced; the rule names it by its bandwidth.
            if self._config.max_segments > 1 and bandwidth != "25":
                for path in self.paths(pair):
                    slicings += self._slicings_on_path(path, bandwidth)
            known = self._sliced[key] = tuple(slicings)
        return known

    def paths(self, pair: int) -> list[Path]:
        """Return the candidate paths of a node pair, shortest first."""
        paths = self._paths.get(pair)
        if paths is None:
            paths = self._paths[pair] = self._find_paths(*divmod(pair, self.nodes))
        return paths

    def _find_paths(self, source: int, target: int) -> list[Path]:
        paths: list[Path] = []
        for route in self._finder.shortest(source, target, self._config.candidate_paths):
            links = tuple(self._link_index[hop] for hop in pairwise(route))
            cores = tuple(
                tuple(core * self.links + link for link in links)
                for core in range(self._config.cores_per_link)
            )
            paths.append(Path(len(paths), links, self._finder.length(route), cores))
        return paths

    def _on_path(self, path: Path, bandwidth: str) -> list[Lightpath]:
        """List the lightpaths worth trying on a path, most efficient format first.

        A less efficient format is only worth trying where it needs fewer slots than all before
        it: otherwise it cannot fit where they did not.
        """
        usable = usable_formats(self._config.formats[bandwidth], path.length)
        if self._config.most_efficient_only:
            del usable[1:]
        lightpaths: list[Lightpath] = []
        narrowest = float("inf")
        for modulation, slots in usable:
            if slots < narrowest:
                narrowest = slots
                lightpaths.append(self._lightpath(path, bandwidth, modulation, slots))
        return lightpaths

    def _slicings_on_path(self, path: Path, bandwidth: str) -> list[Slicing]:
        """List the ways to slice, in descending order of the pieces' bandwidth."""
        slicings = []
        for piece in sorted(self.classes, key=int, reverse=True):
            if int(piece) >= int(bandwidth):
                continue
            usable = usable_formats(self._config.formats[piece], path.length)
            if not usable:
                continue
            pieces = int(bandwidth) // int(piece)
            if pieces > self._config.max_segments:
                break
            slicings.append(Slicing(pieces, self._lightpath(path, piece, *usable[0])))
        return slicings

    def _lightpath(self, path: Path, bandwidth: str, modulation: str, slots: int) -> Lightpath:
        width = slots + self._config.guard_slots
        return Lightpath(path, bandwidth, modulation, width, run_shifts(width), path.cores)
