"""The compiled kernel computes what plain Python computes, and is used where it can be."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import weakref
from binascii import crc32
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from sim_configs import write_config
from test_sim_recorded_runs import cases, check_statistics

import fusion_jupyter.sim
from fusion_jupyter.config.topologies import FUSION_NETWORKS
from fusion_jupyter.sim.config import SimConfig, read_config
from fusion_jupyter.sim.engine import Simulator
from fusion_jupyter.sim.extensions import Extended
from fusion_jupyter.sim.fast import FastSimulator, make_simulator, reason_for_python
from fusion_jupyter.sim.lanes import BANDS, make_lanes
from fusion_jupyter.sim.outcome import Outcome
from fusion_jupyter.sim.statistics import LoadStatistics

PACKAGE = Path(fusion_jupyter.sim.__file__).parents[1]
KERNEL = Path("sim", "_kernel.abi3.so")

needs_kernel = pytest.mark.skipif(reason_for_python() is not None, reason=f"{reason_for_python()}")


@st.composite
def tables(draw: st.DrawFn) -> dict[str, dict[str, tuple[float, int]]]:
    """Modulation tables: one to six bandwidth classes, some wider than two machine words."""
    classes = draw(
        st.lists(st.sampled_from([25, 40, 50, 100, 200, 300, 400]), min_size=1, unique=True)
    )
    widths = st.one_of(st.integers(1, 12), st.integers(1, 200))
    reach = st.one_of(st.floats(1, 600), st.floats(100, 9000))
    entry = st.tuples(reach, widths)
    return {
        str(gbps): {name: draw(entry) for name in ("QPSK", "16-QAM", "64-QAM")}
        for gbps in draw(st.permutations(classes))
    }


@st.composite
def configurations(draw: st.DrawFn, base: SimConfig) -> SimConfig:
    formats = draw(st.one_of(st.just(base.formats), tables()))
    quotas = {name: draw(st.integers(0, 150)) for name in formats}
    quotas[draw(st.sampled_from(sorted(formats)))] += 1
    cores = draw(st.integers(1, 4))
    names = draw(st.lists(st.sampled_from(BANDS), min_size=1, max_size=3, unique=True))
    bands = {name: draw(st.integers(1, 330)) for name in BANDS if name in names}
    order = draw(st.permutations(range(cores)))
    weighted = draw(st.lists(st.sampled_from(base.topology.nodes), min_size=2, unique=True))
    extended = draw(
        st.builds(
            Extended,
            first_seed=st.integers(1, 1000),
            warm_up=st.just(0) | st.integers(0, sum(quotas.values()) - 1),
            directed_links=st.booleans(),
            path_order=st.sampled_from(["length", "hops"]),
            independent_bandwidths=st.booleans(),
            truncated_holding=st.booleans(),
            node_weights=st.just({})
            | st.fixed_dictionaries({name: st.floats(0.1, 10) for name in weighted}),
        )
        | st.just(Extended())
    )
    return base._replace(
        num_requests=sum(quotas.values()) - extended.warm_up,
        holding_time=draw(st.floats(0.01, 50)),
        cores_per_link=cores,
        bands=bands,
        lanes=make_lanes(order, bands, bands_outermost=draw(st.booleans())),
        guard_slots=draw(st.integers(0, 1)),
        candidate_paths=draw(st.integers(1, 4)),
        k_paths=5,
        max_segments=draw(st.integers(1, 16)),
        formats=formats,
        quotas=quotas,
        unit_lengths=draw(st.booleans()),
        one_format=draw(st.booleans()),
        fixed_grid=draw(st.booleans()),
        shares={name: draw(st.floats(0.01, 1)) for name in formats},
        extended=extended,
        save_slots=draw(st.booleans()),
    )


def figures(outcome: Outcome) -> dict[str, Any]:
    return {name: getattr(outcome, name) for name in vars(Outcome([]))}


@needs_kernel
@pytest.mark.parametrize("network", FUSION_NETWORKS)
def test_random_configurations_give_equal_figures(network: str, tmp_path: Path) -> None:
    base = read_config(write_config(tmp_path / "config.ini", network=network))
    seen = dict.fromkeys(("carried", "blocked", "sliced"), 0)

    @seed(crc32(network.encode()))
    @settings(
        max_examples=80,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data(), erlang=st.floats(0.5, 3000), iteration=st.integers(0, 2**32 - 1001))
    def check(data: st.DataObject, erlang: float, iteration: int) -> None:
        config = data.draw(configurations(base))
        assert reason_for_python(config) is None
        fast, plain = FastSimulator(config), Simulator(config)
        plain.table = fast.table  # then both count the same objects
        for number in (iteration, 0):
            outcome, expected = fast.iterate(erlang, number), plain.iterate(erlang, number)
            assert figures(outcome) == figures(expected)
            seen["carried"] += sum(expected.requests.values())
            seen["blocked"] += sum(expected.blocked)
            seen["sliced"] += any(pieces > 1 for _, pieces in expected.requests)

    check()
    assert all(seen.values()), f"the configurations are too much alike: {seen}"


@needs_kernel
@pytest.mark.parametrize("reach", [1.0, 1200.0])
def test_what_no_format_reaches_gives_equal_figures(reach: float, config: Any) -> None:
    base = config()
    formats = {
        name: {"QPSK": (reach, 1), "16-QAM": (0.5, 1), "64-QAM": (0.1, 1)} for name in base.formats
    }
    fast, plain = (
        FastSimulator(base._replace(formats=formats)),
        Simulator(base._replace(formats=formats)),
    )
    expected = plain.iterate(100.0, 0)
    assert figures(fast.iterate(100.0, 0)) == figures(expected)
    assert expected.unreachable > 0
    assert (expected.usage is None) == (reach == 1.0)


@needs_kernel
def test_a_simulator_that_is_not_needed_any_more_leaves_nothing_behind(config: Any) -> None:
    simulator = FastSimulator(config())
    simulator.iterate(100.0, 0)
    gone = weakref.ref(simulator)
    del simulator
    assert gone() is None


@needs_kernel
@pytest.mark.parametrize("network", FUSION_NETWORKS)
def test_every_recorded_run_comes_out_the_same(network: str, tmp_path: Path) -> None:
    for case in cases(network):
        defaults = {"num_requests": 2000, "c_band": 320, "k_paths": 3}
        config = read_config(write_config(tmp_path / "c.ini", **defaults | case["options"]))
        simulator = FastSimulator(config)
        for erlang in config.erlangs:
            expected = case["loads"][f"{erlang}"]
            load = LoadStatistics(config)
            for iteration, blocking in enumerate(expected["blocking"]):
                load.add(simulator.iterate(erlang, iteration))
                assert load.blocking.values[-1] == blocking, (case["name"], erlang, iteration)
                if iteration == expected.get("saved"):
                    check_statistics(load, expected)


def run(package: Path, config: Path, output: Path, *options: str) -> tuple[str, dict[str, Any]]:
    """Run the simulator of a copy of the package; return its log and its files without times."""
    process = subprocess.run(
        [sys.executable, "-m", "fusion_jupyter.sim", "--config_path", str(config), "--run_id", "x",
         "--output_dir", str(output), *options],
        env=os.environ | {"PYTHONPATH": str(package.parent)}, cwd=output.parent,
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    files = {}
    for path in output.rglob("*_erlang.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        del document["sim_end_time"]
        files[path.name] = document
    return process.stderr, files


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package, with the kernel where there is one."""
    return Path(
        shutil.copytree(
            PACKAGE, tmp_path / "copy" / "fusion_jupyter",
            ignore=shutil.ignore_patterns("static", "__pycache__"),
        )
    )  # fmt: skip


@needs_kernel
def test_without_the_kernel_the_same_files_come_from_plain_python(
    copy: Path, tmp_path: Path, config_file: Any
) -> None:
    config = config_file(
        max_segments=4, cores_per_link=2, erlang_stop=400, save_start_end_slots=True
    )
    log, fast = run(copy, config, tmp_path / "fast")
    assert "Simulated by the compiled kernel\n" in log
    (copy / KERNEL).unlink()
    log, plain = run(copy, config, tmp_path / "plain")
    assert "Simulated by plain Python (no compiled kernel: " in log
    assert plain == fast
    assert list(plain) == list(fast) != []


def test_the_simulator_in_use_can_be_queried() -> None:
    words = fusion_jupyter.sim.simulated_by()
    assert words == "the compiled kernel" or words.startswith("plain Python (")
    assert (words == "the compiled kernel") == (reason_for_python() is None)


@needs_kernel
def test_plain_python_can_be_requested(copy: Path, tmp_path: Path, config_file: Any) -> None:
    log, plain = run(copy, config_file(), tmp_path / "plain", "--plain")
    assert "Simulated by plain Python (as asked)" in log
    assert plain == run(copy, config_file(), tmp_path / "fast")[1]


@needs_kernel
@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_kernel_of_another_source_is_not_used(
    processes: str, copy: Path, tmp_path: Path, config_file: Any
) -> None:
    with (copy / "sim" / "kernel" / "iteration.h").open("a") as file:
        file.write("/* changed */\n")
    log, _ = run(copy, config_file(), tmp_path / "out", "--processes", processes)
    assert "Simulated by plain Python (the compiled kernel is older than its source" in log


@pytest.mark.parametrize("content", [b"", b"not a binary"])
def test_a_damaged_kernel_is_not_used(
    content: bytes, copy: Path, tmp_path: Path, config_file: Any
) -> None:
    (copy / KERNEL).unlink(missing_ok=True)
    (copy / KERNEL).write_bytes(content)
    log, files = run(copy, config_file(), tmp_path / "out")
    assert "Simulated by plain Python (no compiled kernel: " in log
    assert len(files) == 2


def test_every_option_is_known_to_be_computed_by_the_kernel_or_left_to_python(config: Any) -> None:
    """Whoever adds an option to SimConfig decides here, or plain Python simulates everything."""
    assert reason_for_python() is not None or reason_for_python(config()) is None
    assert isinstance(make_simulator(config(), plain=True), Simulator)
    assert not isinstance(make_simulator(config(), plain=True), FastSimulator)


@needs_kernel
def test_memory_does_not_grow_with_the_length_of_an_iteration(config_file: Any) -> None:
    code = (
        "import resource, sys; from pathlib import Path;"
        "from fusion_jupyter.sim.config import read_config;"
        "from fusion_jupyter.sim.fast import FastSimulator;"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss;"
        "simulator = FastSimulator(read_config(Path(sys.argv[1]))); simulator.iterate(10.0, 0);"
        "before = peak(); simulator.iterate(100.0, 0); print(peak() - before)"
    )
    config = config_file(num_requests=1_000_000)
    process = subprocess.run(
        [sys.executable, "-c", code, str(config)],
        env=os.environ | {"PYTHONPATH": str(PACKAGE.parent)},
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    grown = int(process.stdout) * (1 if sys.platform == "darwin" else 1024)
    assert grown < 4_000_000
