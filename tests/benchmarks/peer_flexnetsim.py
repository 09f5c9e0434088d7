"""First fit on NSFNET's shortest paths with ``flexnetsim``, the simulator in the package index.

It is installed into a folder of its own (``make bench`` does it), because it asks for a package
that replaces Python's own ``enum``.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from fusion_jupyter.config.topologies import read_network
from fusion_jupyter.sim.paths import PathFinder

FOLDER = Path(sys.prefix) / "peers"
SLOTS = 320
ERLANG = 200
REQUESTS = 5000


def rate() -> float:
    """Return requests per second, best of three runs.

    Raises:
        ImportError: It is not installed.
    """
    sys.path.append(str(FOLDER))
    try:
        simulator = importlib.import_module("flexnetsim.simulator")
        status = importlib.import_module("flexnetsim.controller").Controller.status
    finally:
        sys.path.remove(str(FOLDER))

    def first_fit(
        source: int, target: int, bit_rate: Any, connection: Any, network: Any, paths: Any
    ) -> Any:
        links = paths[source][target][0]
        slots = [network.get_link(link).slots for link in links]
        width = bit_rate.get_number_of_slots(0)
        free = 0
        for slot in range(len(slots[0])):
            free = 0 if any(link[slot] for link in slots) else free + 1
            if free == width:
                for link in links:
                    connection.add_link(link, from_slot=slot + 1 - width, to_slot=slot + 1)
                return status.ALLOCATED, connection
        return status.NOT_ALLOCATED, connection

    best = 0.0
    with tempfile.TemporaryDirectory() as folder:
        files = _write_files(Path(folder))
        for _ in range(3):
            with contextlib.redirect_stdout(io.StringIO()):
                run = simulator.Simulator(*map(str, files))
                run.lambdaS, run.mu, run.goalConnections = ERLANG, 1, REQUESTS
                run.set_allocation_algorithm(first_fit)
                run.init()
                start = time.process_time()
                run.run()
                best = max(best, REQUESTS / (time.process_time() - start))
    return best


def _write_files(folder: Path) -> tuple[Path, Path]:
    """Write NSFNET, each direction a link, and its shortest paths."""
    network = read_network("NSFNet")
    finder = PathFinder(network)
    number = {name: place for place, name in enumerate(network.nodes)}
    ends = [
        (number[one], number[other], link.length)
        for link in network.links
        for one, other in ((link.source, link.target), (link.target, link.source))
    ]
    links = [
        {"id": place, "src": one, "dst": other, "length": length, "slots": SLOTS}
        for place, (one, other, length) in enumerate(ends)
    ]
    nodes = [{"id": place} for place in range(len(network.nodes))]
    routes = [
        {"src": source, "dst": target, "paths": [list(finder.shortest(source, target, 1)[0])]}
        for source in range(len(nodes))
        for target in range(len(nodes))
        if source != target
    ]
    paths = folder / "network.json", folder / "routes.json"
    paths[0].write_text(json.dumps({"nodes": nodes, "links": links}), encoding="utf-8")
    paths[1].write_text(json.dumps({"routes": routes}), encoding="utf-8")
    return paths
