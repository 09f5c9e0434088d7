"""How often confidence intervals hold the truth: writes ``docs/statistics_coverage.md``.

Run it with ``python -m tests.benchmarks coverage``; it takes some minutes. One link is an Erlang
loss system, whose blocking is known exactly. The embedded simulator simulates thousands of
iterations on it; those are put into groups, and the intervals that hold Erlang's formula are
counted: by load and number of iterations, with and without warm-up, before and after stopping. On
a network, where no formula is known, the mean of all iterations stands for the truth.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "benchmarks")]

from coverage_text import TEXT, table  # noqa: E402 - found beside this file
from loss_system import blocked_calls, erlang_b  # noqa: E402
from sim.sim_configs import write_config  # noqa: E402
from single_link import single_link  # noqa: E402

from fusion_jupyter.analysis import clusters  # noqa: E402
from fusion_jupyter.analysis.statistics import bounds, interval  # noqa: E402
from fusion_jupyter.sim.config import read_config  # noqa: E402
from fusion_jupyter.sim.fast import make_simulator, reason_for_python  # noqa: E402
from fusion_jupyter.sim.precision import (  # noqa: E402
    PrecisionRule,
    sequential_confidence,
    student_quantile,
)

DOCUMENT = ROOT / "docs" / "statistics_coverage.md"
SLOTS, REQUESTS, WARM_UP = 20, 3000, 200
LOADS = (8.0, 9.0, 10.0, 12.0, 16.0, 20.0, 30.0)
COUNTS = (3, 5, 10)
ITERATIONS = 20_000
#: Without the compiled kernel the simulator is fifty times slower.
ITERATIONS_IN_PYTHON = 600
SEQUENCES, FUSION_MOST, MOST = 1000, 60, 400

Ends = tuple[NDArray[np.float64], NDArray[np.float64]]
Method = Callable[[NDArray[np.float64], float], Ends]


class Pool(NamedTuple):
    """Blocking of many iterations of one load.

    Attributes:
        load: Offered load in Erlang.
        truth: Erlang's formula.
        warm: Blocking of each iteration after a warm-up.
        cold: Blocking of each iteration from an empty link.
    """

    load: float
    truth: float
    warm: NDArray[np.float64]
    cold: NDArray[np.float64]


def pools(iterations: int) -> list[Pool]:
    """Simulate the link; the last `REQUESTS` of an iteration are those after its warm-up.

    The same seed draws the same first requests, so that those blocked after the warm-up are the
    difference between a long iteration and one of the warm-up alone.
    """
    lengths = (WARM_UP, REQUESTS, WARM_UP + REQUESTS)
    links = [single_link(SLOTS, length) for length in lengths]
    found = []
    for number, load in enumerate(LOADS):
        counts = np.array(
            [
                [sum(link.iterate(load, number * iterations + i).blocked) for link in links]
                for i in range(iterations)
            ]
        )
        warm, cold = (counts[:, 2] - counts[:, 0]) / REQUESTS, counts[:, 1] / REQUESTS
        found.append(Pool(load, erlang_b(load, SLOTS), warm, cold))
        print(f"  {load:g} Erlang: {erlang_b(load, SLOTS):.2e}, {warm.mean():.2e}", flush=True)
    return found


def normal_90(values: NDArray[np.float64], _load: float) -> Ends:
    """FUSION's interval, 1.645 · s / √n."""
    return _symmetric(values, 1.645)


def student(values: NDArray[np.float64], _load: float) -> Ends:
    """The textbook's interval at 95 %."""
    return _symmetric(values, student_quantile(0.95, values.shape[1] - 1))


def ours(values: NDArray[np.float64], load: float) -> Ends:
    """The interval of `results` at 95 %."""
    mean, variance = values.mean(axis=1), values.var(axis=1, ddof=1)
    found = bounds(mean, variance, values.shape[1], requests=REQUESTS, load=load)
    return found.low, found.high


def _symmetric(values: NDArray[np.float64], quantile: float) -> Ends:
    half = quantile * values.std(axis=1, ddof=1) / values.shape[1] ** 0.5
    return values.mean(axis=1) - half, values.mean(axis=1) + half


def share(ends: Ends, truth: float) -> float:
    """The share of intervals that hold the truth."""
    return float(np.mean((ends[0] <= truth) & (truth <= ends[1])))


def groups(values: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Iterations in groups of n."""
    return values[: len(values) // n * n].reshape(-1, n)


def fixed_numbers(found: list[Pool], name: str) -> tuple[list[str], list[tuple[float, int, float]]]:
    """Coverage for fixed numbers of iterations, as rows and as (truth, n, share)."""
    methods: tuple[Method, ...] = (normal_90, student, ours)
    rows, shares = [], []
    for pool in found:
        cells = [f"{pool.load:g}", f"{pool.truth:.2e}", f"{_bias(pool, name):+.1f} %"]
        by_method = [
            [share(method(groups(getattr(pool, name), n), pool.load), pool.truth) for n in COUNTS]
            for method in methods
        ]
        cells += [f"{100 * value:.1f}" for values in by_method for value in values]
        shares += [(pool.truth, n, value) for n, value in zip(COUNTS, by_method[-1], strict=True)]
        rows.append(cells)
    heads = ["Erlang", "blocking", "bias"] + [
        f"{words}, n = {n}" for words in ('"90 %"', "*t*", "**ours**") for n in COUNTS
    ]
    return table(heads, rows), shares


def _bias(pool: Pool, name: str) -> float:
    return 100 * float(getattr(pool, name).mean() / pool.truth - 1)


def stopping(found: list[Pool]) -> list[str]:
    """Coverage at the stop, with FUSION's rule and with ours."""
    generator = np.random.default_rng(1)
    rows = []
    for pool in found:
        if pool.truth < 1e-3:
            continue
        sequences = generator.choice(pool.warm, (SEQUENCES, MOST))
        held, held_by_ours, at_two, used = _fusion_rule(sequences[:, :FUSION_MOST], pool)
        cells = [f"{pool.load:g}", f"{pool.truth:.2e}", f"{100 * held:.1f}"]
        cells += [f"{100 * held_by_ours:.1f}", f"{100 * at_two:.0f} %", f"{used:.0f}"]
        for target in (0.2, 0.1):
            held, reached, used = _our_rule(sequences, pool, target)
            cells += [f"{100 * held:.1f}" + ("" if reached > 0.99 else " (†)"), f"{used:.0f}"]
        rows.append(cells)
    heads = [
        "Erlang", "blocking", 'FUSION, "90 %"', "FUSION, **ours**", "stops at n = 2", "iterations",
        "**ours**, ± 20 %", "iterations", "**ours**, ± 10 %", "iterations",
    ]  # fmt: skip
    return table(heads, rows)


def _fusion_rule(sequences: NDArray[np.float64], pool: Pool) -> tuple[float, float, float, float]:
    """Shares that hold the truth (FUSION's and ours), that stop at once; mean of iterations."""
    counts = np.arange(1, sequences.shape[1] + 1)
    sums, squares = np.cumsum(sequences, axis=1), np.cumsum(sequences**2, axis=1)
    mean = sums / counts
    variance = np.maximum(squares - counts * mean**2, 0) / np.maximum(counts - 1, 1)
    half = 1.645 * np.sqrt(variance / counts)
    stop = (counts >= 2) & (mean > 0) & (200 * half <= 5 * mean)
    stop[:, -1] = True
    last = stop.argmax(axis=1)
    rows = np.arange(len(sequences))
    held = np.abs(mean[rows, last] - pool.truth) <= half[rows, last]
    ends = bounds(
        mean[rows, last], variance[rows, last], last + 1, requests=REQUESTS, load=pool.load
    )
    held_by_ours = share((ends.low, ends.high), pool.truth)
    return float(held.mean()), held_by_ours, float(np.mean(last == 1)), float(np.mean(last + 1))


def _our_rule(
    sequences: NDArray[np.float64], pool: Pool, target: float
) -> tuple[float, float, float]:
    """Share that holds the truth, share that reaches the target, mean number of iterations."""
    held, reached, used = 0, 0, 0
    for sequence in sequences:
        rule = PrecisionRule(target, REQUESTS)
        for value in sequence.tolist():
            rule.add(value)
            if rule.reached:
                reached += 1
                break
        found = interval(
            sequence[: rule.iterations],
            requests=REQUESTS,
            load=pool.load,
            confidence=sequential_confidence(0.95),
        )
        held += found.low <= pool.truth <= found.high
        used += rule.iterations
    return held / len(sequences), reached / len(sequences), used / len(sequences)


def nothing_blocked() -> list[str]:
    """The bound where nothing was blocked in five iterations."""
    rows = []
    for load, slots in ((5.0, 20), (6.0, 20), (7.0, 20), (8.0, 20), (250.0, 320), (265.0, 320)):
        values = blocked_calls(load, slots, REQUESTS, 10_000, warm_up=int(5 * load))
        none = float(np.mean(groups(values, 5).sum(axis=1) == 0))
        truth = erlang_b(load, slots)
        bound = interval(np.zeros(5), requests=REQUESTS, load=load).high
        wrong = 0.0 if bound >= truth else none
        rows.append(
            [f"{slots}", f"{load:g}", f"{truth:.1e}", f"{100 * none:.0f} %", f"{bound:.1e}",
             f"{3 / (5 * REQUESTS):.1e}", f"{100 * wrong:.1f} %"]
        )  # fmt: skip
    heads = [
        "slots", "Erlang", "blocking", "groups without blocking", "bound", "rule of three",
        "groups with a bound below the truth",
    ]  # fmt: skip
    return table(heads, rows)


def long_clusters() -> list[str]:
    """A link of 320 slots, where an iteration is as short as ten holding times."""
    rows = []
    for load in (275.0, 290.0, 305.0, 320.0):
        values = blocked_calls(load, 320, REQUESTS, 10_000, warm_up=int(5 * load), seed=int(load))
        truth = erlang_b(load, 320)
        cells = [f"{load:g}", f"{truth:.2e}"]
        for method in (student, ours):
            cells += [f"{100 * share(method(groups(values, n), load), truth):.1f}" for n in COUNTS]
        rows.append(cells)
    heads = ["Erlang", "blocking"]
    heads += [f"{words}, n = {n}" for words in ("*t*", "**ours**") for n in COUNTS]
    return table(heads, rows)


def network(iterations: int) -> list[str]:
    """NSFNet: request and bit-rate blocking and one bandwidth class, against their means."""
    requests, offered = 1000, np.array([300.0, 300.0, 400.0])
    gbps = np.array([25.0, 50.0, 100.0])
    mix = {"25": 0.3, "50": 0.3, "100": 0.4, "200": 0, "400": 0}
    with tempfile.TemporaryDirectory() as directory:
        path = write_config(
            Path(directory, "config.ini"),
            network="NSFNet",
            c_band=64,
            num_requests=requests,
            request_distribution=mix,
        )
        simulator = make_simulator(read_config(path))
    loads = np.array([45.0, 60.0, 100.0])
    blocked = np.array(
        [[simulator.iterate(load, i).blocked[:3] for i in range(iterations)] for load in loads]
    )
    kinds = (
        ("requests", blocked.sum(axis=2) / requests, requests),
        ("bit rate", blocked @ gbps / (offered @ gbps), offered @ gbps / gbps.max()),
        ("50 Gb/s", blocked[:, :, 1] / offered[1], offered[1]),
    )
    rows = [
        [f"{load:g}", name, f"{values[row].mean():.1e}"]
        + [f"{100 * _on_a_curve(values, loads, size, n)[row]:.1f}" for n in (5, 10)]
        for row, load in enumerate(loads)
        for name, values, size in kinds
    ]
    return table(["Erlang", "blocking of", "mean", "n = 5", "n = 10"], rows)


def _on_a_curve(
    values: NDArray[np.float64], loads: NDArray[np.float64], requests: float, n: int
) -> NDArray[np.float64]:
    """Coverage at each load, where the loads of a group tell each other their clusters."""
    chosen = np.stack([groups(load, n) for load in values])
    mean, variance = chosen.mean(axis=2).ravel(), chosen.var(axis=2, ddof=1).ravel()
    count = chosen.shape[1]
    known = {
        "requests": np.full(mean.size, requests),
        "load": np.repeat(loads, count),
    }
    curve = np.tile(np.arange(count), len(loads))
    cluster = clusters.sizes(mean, variance, np.full(mean.size, float(n)), **known, curve=curve)
    found = bounds(mean, variance, n, **known, cluster=cluster)
    truth = np.repeat(values.mean(axis=1), count)
    held = (found.low <= truth) & (truth <= found.high)
    return held.reshape(len(loads), count).mean(axis=1)


def cross_check(found: list[Pool]) -> list[str]:
    """Two implementations of the same system."""
    rows = []
    for pool in found:
        other = blocked_calls(pool.load, SLOTS, REQUESTS, 10_000, warm_up=WARM_UP, seed=7)
        error = (pool.warm.var() / len(pool.warm) + other.var() / len(other)) ** 0.5
        rows.append(
            [f"{pool.load:g}", f"{pool.truth:.4e}", f"{pool.warm.mean():.4e}",
             f"{other.mean():.4e}", f"{(pool.warm.mean() - other.mean()) / error:+.1f}"]
        )  # fmt: skip
    heads = ["Erlang", "Erlang's formula", "embedded simulator", "second program", "z"]
    return table(heads, rows)


def verdict(shares: list[tuple[float, int, float]], iterations: int) -> str:
    """Whether the goal is held, in a sentence."""
    slack = 3 * (0.95 * 0.05 * max(COUNTS) / iterations) ** 0.5
    above = [held for truth, n, held in shares if n >= 5 and truth >= 1e-3]
    below = [held for truth, n, held in shares if n >= 5 and truth < 1e-3]
    good = all(0.93 - slack <= held <= 0.97 + slack for held in above)
    good = good and all(held >= 0.95 - slack for held in below)
    words = "is held" if good else "IS NOT HELD"
    return (
        "Aim: an interval of 95 % covers 93 to 97 % from five iterations on wherever one request\n"
        f"in a thousand is blocked, and at least 95 % below. On this link, with warm-up, it {words} within the\n"
        f"error of these shares: {100 * min(above):.1f} to {100 * max(above):.1f} %, and at least "
        f"{100 * min(below):.1f} % below."
    )


def main() -> None:
    """Simulate, count, and write the document."""
    start = time.perf_counter()
    reason = reason_for_python()
    iterations = ITERATIONS if reason is None else ITERATIONS_IN_PYTHON
    if reason is not None:
        print(f"  few iterations, because there is {reason}")
    found = pools(iterations)
    with_warm_up, shares = fixed_numbers(found, "warm")
    without, _ = fixed_numbers(found, "cold")
    statement = verdict(shares, iterations)
    text = TEXT.format(
        iterations=iterations,
        requests=REQUESTS,
        slots=SLOTS,
        warm_up=WARM_UP,
        sequences=SEQUENCES,
        fusion_most=FUSION_MOST,
        most=MOST,
        error=100 * (0.95 * 0.05 * max(COUNTS) / iterations) ** 0.5,
        verdict=statement,
        warm="\n".join(with_warm_up),
        cold="\n".join(without),
        stopping="\n".join(stopping(found)),
        nothing="\n".join(nothing_blocked()),
        clusters="\n".join(long_clusters()),
        network="\n".join(network(max(500, iterations // 4))),
        check="\n".join(cross_check(found)),
    )
    if reason is None:
        DOCUMENT.write_text(text, encoding="utf-8")
    else:
        print(text)
    print(f"  {statement}\n  {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
