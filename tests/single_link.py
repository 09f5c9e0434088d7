"""The embedded simulator on one link: Erlang's loss system, simulated by the engine itself."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pandas as pd
from sim.sim_configs import write_config

from fusion_jupyter.config.topologies import Link, Network
from fusion_jupyter.sim.config import read_config
from fusion_jupyter.sim.engine import Simulator
from fusion_jupyter.sim.fast import FastSimulator, reason_for_python

LINK = Network(("A", "B"), (Link("A", "B", 100.0, 1),), ())
ONE_SLOT_EACH = {"25": 1.0, "50": 0, "100": 0, "200": 0, "400": 0}


def single_link(slots: int, requests: int) -> Simulator:
    """A link of so many slots; every request takes one, without a guard slot."""
    with tempfile.TemporaryDirectory() as directory:
        path = write_config(
            Path(directory, "config.ini"),
            c_band=slots,
            k_paths=1,
            guard_slots=0,
            num_requests=requests,
            request_distribution=ONE_SLOT_EACH,
        )
        settings = read_config(path)
    if reason_for_python(settings) is None:
        return FastSimulator(settings, LINK)
    return Simulator(settings, LINK)


def iterations_of(
    slots: dict[str, int], loads: list[float], iterations: int, requests: int = 3000
) -> pd.DataFrame:
    """One row an iteration, as `results(level="iteration")` has them.

    Args:
        slots: Run to its number of slots.
        loads: Offered loads.
        iterations: Iterations of each.
        requests: Requests in each.
    """
    rows = []
    for run, number in slots.items():
        simulator = single_link(number, requests)
        for load in loads:
            for iteration in range(iterations):
                blocked = sum(simulator.iterate(load, iteration).blocked)
                rows.append((run, load, iteration, iteration + 1, blocked / requests))
    return pd.DataFrame(rows, columns=["run_id", "erlang", "iteration", "seed", "blocking"])
