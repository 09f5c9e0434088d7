"""Requests per second of the simulator, beside two peers in the same run, and what a start costs.

Three settings: that of a published run (NSFNet, one core of 320 slots, three candidate paths, 2000
requests of 100 Gb/s in each of three iterations, 200 to 800 Erlang); the field's canonical one
(NSFNet, 100 slots, k = 5, first fit); and a heavy one with three cores and slicing. The compiled
kernel and plain Python are the two halves of the simulator; ``reference.py`` keeps lists of slots
and looks at each; ``flexnetsim`` is the simulator in the package index. That all of ours block the
same number of requests is checked on the way. The simulator's times include finding paths and all
statistics. Except for the scaling, times are those of the processor, so that what else the machine
does shows less; each is the best of several passes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "sim")]

from reference import Reference  # noqa: E402 - found beside this file, not installed
from sim_configs import write_config  # noqa: E402

from fusion_jupyter.sim.config import SimConfig, read_config  # noqa: E402
from fusion_jupyter.sim.fast import make_simulator, reason_for_python  # noqa: E402
from fusion_jupyter.sim.statistics import LoadStatistics  # noqa: E402
from tests.benchmarks import peer_flexnetsim  # noqa: E402

ONLY_100 = {"25": 0, "50": 0, "100": 1, "200": 0, "400": 0}
UP_TO_100 = {"25": 0.25, "50": 0.25, "100": 0.5, "200": 0, "400": 0}
CASES: dict[str, dict[str, Any]] = {
    "NSFNet, 320 slots, 100 Gb/s": {
        "network": "NSFNet", "c_band": 320, "k_paths": 3, "request_distribution": ONLY_100,
        "erlang_start": 200, "erlang_stop": 800, "erlang_step": 100,
        "num_requests": 2000, "max_iters": 3,
    },
    "canonical: NSFNet, 100 slots, k = 5": {
        "network": "NSFNet", "c_band": 100, "k_paths": 5, "request_distribution": UP_TO_100,
        "guard_slots": 0, "erlang_start": 200, "erlang_stop": 300, "erlang_step": 50,
        "num_requests": 10_000, "max_iters": 10,
    },
    "USNet, 3 cores, mixed, sliced": {
        "network": "USNet", "c_band": 128, "k_paths": 3, "cores_per_link": 3, "max_segments": 4,
        "erlang_start": 400, "erlang_stop": 800, "erlang_step": 200,
        "num_requests": 10_000, "max_iters": 10,
    },
}  # fmt: skip
PROGRAM = [sys.executable, "-I", "-S", str(ROOT / "fusion_jupyter" / "sim" / "__main__.py")]


def simulator_rate(
    config: SimConfig, *, plain: bool, iterations: int, passes: int
) -> tuple[float, list[int]]:
    """Return requests per second of one process, best of several passes, and what was blocked."""
    best, blocked = 0.0, []
    for _ in range(passes):
        start = time.process_time()
        simulator = make_simulator(config, plain=plain)
        blocked = []
        for erlang in config.erlangs:
            load = LoadStatistics(config)
            for iteration in range(iterations):
                outcome = simulator.iterate(erlang, iteration)
                load.add(outcome)
                load.iteration_record()
                blocked.append(sum(outcome.blocked))
        best = max(best, len(blocked) * config.num_requests / (time.process_time() - start))
    return best, blocked


def reference_rate(config: SimConfig) -> tuple[float, int]:
    """Return requests per second of the reference, over one iteration, and what was blocked."""
    reference = Reference(config)
    start = time.process_time()
    blocked = reference.iterate(config.erlangs[0], 0)
    return config.num_requests / (time.process_time() - start), blocked


def elapsed(command: list[str], passes: int) -> float:
    """Return the seconds that a command takes from start to end, the least of several passes."""
    least = float("inf")
    for _ in range(passes):
        start = time.perf_counter()
        subprocess.run(command, stderr=subprocess.DEVNULL, check=True)
        least = min(least, time.perf_counter() - start)
    return least


def processor(command: list[str], passes: int) -> float:
    """Return the seconds of processor time that a command takes, the least of several passes."""
    least = float("inf")
    quiet = [(os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)]
    for _ in range(passes):
        pid = os.posix_spawn(command[0], command, os.environ, file_actions=quiet)
        _, status, usage = os.wait4(pid, 0)
        assert status == 0
        least = min(least, usage.ru_utime + usage.ru_stime)
    return least


def program(config: Path, output: str, *options: str) -> list[str]:
    """Return the command that runs the program."""
    return [
        *PROGRAM, "run_sim", "--config_path", str(config), "--run_id", "bench",
        "--output_dir", output, "--progress_file", f"{output}/progress.jsonl", *options,
    ]  # fmt: skip


def print_rates(path: Path) -> None:
    """Print requests per second, and the ratios to the reference."""
    print(f"{'requests per second':<38}{'kernel':>12}{'Python':>12}{'reference':>12}{'ratios':>14}")
    for name, options in CASES.items():
        config = read_config(write_config(path, **options))
        fast, blocked = simulator_rate(config, plain=False, iterations=config.max_iters, passes=5)
        slow, same = simulator_rate(config, plain=True, iterations=1, passes=2)
        reference, first = reference_rate(config)
        assert same == blocked[:: config.max_iters] and first == blocked[0]
        ratios = f"{fast / reference:,.0f}x {slow / reference:,.0f}x"
        print(f"{name:<38}{fast:>12,.0f}{slow:>12,.0f}{reference:>12,.0f}{ratios:>14}", flush=True)
    try:
        peer = peer_flexnetsim.rate()
    except ImportError as error:
        print(f"flexnetsim: not installed here ({error}); `make bench` tries to")
        return
    erlang = peer_flexnetsim.ERLANG
    options = {"network": "NSFNet", "c_band": peer_flexnetsim.SLOTS, "k_paths": 1, "guard_slots": 0}
    loads = {"erlang_start": erlang, "erlang_stop": erlang}
    config = read_config(
        write_config(path, num_requests=peer_flexnetsim.REQUESTS, **options, **loads)
    )
    ours, _ = simulator_rate(config, plain=False, iterations=10, passes=5)
    print(f"{'flexnetsim: NSFNet, 320 slots, k = 1':<38}{peer:>12,.0f}{ours / peer:>38,.0f}x")


def print_start(path: Path, output: str) -> None:
    """Print what a run of the program takes beyond simulating."""
    write_config(
        path, network="NSFNet", num_requests=2000, max_iters=1, erlang_start=100, erlang_stop=100
    )
    config = read_config(path)
    simulate = float("inf")
    for _ in range(20):
        start = time.process_time()
        make_simulator(config).iterate(100.0, 0)
        simulate = min(simulate, time.process_time() - start)
    bare = processor([sys.executable, "-I", "-S", "-c", "pass"], 20)
    whole = processor(program(path, output), 20)
    print(f"\n{'a run of one iteration':<38}{'ms':>12}")
    print(f"{'Python alone':<38}{bare * 1e3:>12.1f}")
    print(f"{'finding paths and simulating':<38}{simulate * 1e3:>12.1f}")
    print(f"{'the whole run':<38}{whole * 1e3:>12.1f}")
    print(f"{'beyond simulating':<38}{(whole - simulate) * 1e3:>12.1f}")


def print_scaling(path: Path, output: str) -> None:
    """Print how the program scales with processes."""
    # "Training" means no early stop: every load is the same amount of work.
    loads = {"erlang_start": 400, "erlang_stop": 775, "erlang_step": 25, "is_training": True}
    options = CASES["NSFNet, 320 slots, 100 Gb/s"] | loads
    write_config(path, **options | {"num_requests": 20_000, "max_iters": 20})
    print(f"\n{'the whole program, 16 loads':<38}{'seconds':>12}{'speed-up':>12}")
    alone = elapsed(program(path, output), 3)
    print(f"{'--processes 1':<38}{alone:>12.2f}{1:>11.2f}x")
    two = elapsed(program(path, output, "--processes", "2"), 3)
    print(f"{'--processes 2':<38}{two:>12.2f}{alone / two:>11.2f}x")


def main() -> None:
    """Print all figures."""
    missing = reason_for_python()
    if missing is not None:
        print(f"the column of the kernel is plain Python too: {missing}")
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "config.ini")
        print_rates(path)
        print_start(path, directory)
        print_scaling(path, directory)


if __name__ == "__main__":
    main()
