"""Memory does not grow with the number of iterations; files stay affordable to rewrite."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

from fusion_jupyter.sim.output import ErlangFile
from fusion_jupyter.sim.parallel import run_loads
from fusion_jupyter.sim.signals import Stop


def test_ten_times_the_iterations_take_no_more_memory(config: Any, tmp_path: Path) -> None:
    def peak(iterations: int) -> int:
        settings = config(
            network="toy_network", erlang_stop=100, max_iters=iterations, num_requests=50,
            save_step=1, request_distribution={"25": 0, "50": 0, "100": 1, "200": 0, "400": 0},
        )  # fmt: skip
        tracemalloc.start()
        run_loads(settings, str(tmp_path / str(iterations)), None, Stop())
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(5)
    few, many = peak(10), peak(100)
    # 90 iterations more leave two floats each in the lists that FUSION's format asks for, and
    # that much again in the text of one iteration. Their entries in the file would be 400 kB.
    assert many - few < 100_000


def test_a_file_that_is_slow_to_write_is_written_less_often(tmp_path: Path) -> None:
    with ErlangFile(str(tmp_path), 100.0) as file:
        assert file.due
        for iteration in range(200):
            file.append(iteration, {"text": "x" * 100_000})
        file.save({"blocking_mean": 0.5})
        assert not file.due
        document = json.loads(Path(file.path).read_text(encoding="utf-8"))
    assert len(document["iter_stats"]) == 200
    assert document["blocking_mean"] == 0.5
    assert [path.name for path in tmp_path.iterdir()] == ["100.0_erlang.json"]
