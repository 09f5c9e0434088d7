"""Requests per second of the simulator, beside a plain implementation in the same run.

Run it with ``python tests/benchmarks/bench_sim.py``. The work is that of a published run (NSFNet,
one core of 320 slots, three candidate paths, 2000 requests of 100 Gb/s in each of three iterations,
200 to 800 Erlang), and a heavier one with slicing. The plain implementation keeps lists of slots
and looks at each (``tests/sim/reference.py``); that both block the same number of requests is
checked on the way. The simulator's time includes finding paths and statistics; the scaling is that
of whole runs of the program. A busy machine shows in the figures: each is the best of several.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "sim")]

from reference import Reference  # noqa: E402 - found beside this file, not installed
from sim_configs import write_config  # noqa: E402

from fusion_jupyter.sim.config import SimConfig, read_config  # noqa: E402
from fusion_jupyter.sim.engine import Simulator  # noqa: E402
from fusion_jupyter.sim.statistics import LoadStatistics  # noqa: E402

ONLY_100 = {"25": 0, "50": 0, "100": 1, "200": 0, "400": 0}
CASES = {
    "NSFNet, 1 core, 100 Gb/s": {
        "network": "NSFNet", "c_band": 320, "k_paths": 3, "request_distribution": ONLY_100,
        "erlang_start": 200, "erlang_stop": 800, "erlang_step": 100,
    },
    "USNet, 3 cores, mixed, sliced": {
        "network": "USNet", "c_band": 128, "k_paths": 3, "cores_per_link": 3, "max_segments": 4,
        "erlang_start": 400, "erlang_stop": 800, "erlang_step": 200,
    },
}  # fmt: skip


def fast_rate(config: SimConfig) -> tuple[float, list[int]]:
    """Return requests per second of one process, best of three passes, and what was blocked."""
    best, blocked = 0.0, []
    for _ in range(3):
        simulator = Simulator(config)
        start = time.perf_counter()
        blocked = []
        for erlang in config.erlangs:
            load = LoadStatistics(config)
            for iteration in range(config.max_iters):
                outcome = simulator.iterate(erlang, iteration)
                load.add(outcome)
                load.iteration_record()
                blocked.append(sum(outcome.blocked))
        best = max(best, len(blocked) * config.num_requests / (time.perf_counter() - start))
    return best, blocked


def plain_rate(config: SimConfig, expected: list[int]) -> float:
    """Return requests per second of the plain implementation, over the first iterations."""
    reference = Reference(config)
    start = time.perf_counter()
    blocked = [reference.iterate(erlang, 0) for erlang in config.erlangs]
    seconds = time.perf_counter() - start
    assert blocked == expected[:: config.max_iters]
    return len(blocked) * config.num_requests / seconds


def program_seconds(config: Path, processes: int) -> float:
    """Return the seconds that a run of the program takes, from start to end."""
    command = [sys.executable, "-m", "fusion_jupyter.sim", "--run_id", "bench"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryDirectory() as output:
        start = time.perf_counter()
        subprocess.run(
            [*command, "--config_path", str(config), "--output_dir", output,
             "--processes", str(processes)],
            env=environment, stderr=subprocess.DEVNULL, check=True,
        )  # fmt: skip
        return time.perf_counter() - start


def main() -> None:
    """Print the rates, their ratio, and how the program scales with processes."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "config.ini")
        print(f"{'requests per second':<32}{'simulator':>12}{'plain':>12}{'ratio':>8}")
        for name, options in CASES.items():
            config = read_config(write_config(path, num_requests=2000, max_iters=3, **options))
            fast, blocked = fast_rate(config)
            plain = plain_rate(config, blocked)
            print(f"{name:<32}{fast:>12,.0f}{plain:>12,.0f}{fast / plain:>7.0f}x")
        loads = {"erlang_start": 400, "erlang_stop": 775, "erlang_step": 25}
        write_config(
            path, num_requests=5000, max_iters=10, is_training=True,
            **CASES["NSFNet, 1 core, 100 Gb/s"] | loads,
        )  # fmt: skip
        print(f"\n{'the whole program, 16 loads':<32}{'seconds':>12}{'speed-up':>12}")
        # "Training" means no early stop: every load is the same amount of work.
        seconds = {1: float("inf"), 2: float("inf")}
        for _ in range(3):
            for processes, least in seconds.items():
                seconds[processes] = min(least, program_seconds(path, processes))
        for processes, least in seconds.items():
            name = f"--processes {processes}"
            print(f"{name:<32}{least:>12.2f}{seconds[1] / least:>11.2f}x")


if __name__ == "__main__":
    main()
