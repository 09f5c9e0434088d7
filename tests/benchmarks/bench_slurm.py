"""What ten thousand runs on Slurm cost this side of it: a stub `squeue` answers for the cluster.

The peer is the answer itself: reading the same output and splitting its lines.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

from fusion_jupyter.engines.slurm.board import Board
from fusion_jupyter.engines.slurm.submissions import Submission

RUNS = 10_000
TASKS = 1000
STUB = """#!/bin/sh
cat {answer}
"""


def prepare(folder: Path) -> Path:
    """Ten arrays of a thousand runs each, half of them executing."""
    runs_dir = folder / "runs"
    lines = []
    for array in range(RUNS // TASKS):
        run_dirs = [str(runs_dir / f"{array:04x}{task:08x}") for task in range(TASKS)]
        for run_dir in run_dirs:
            Path(run_dir).mkdir(parents=True)
        found = Submission(str(runs_dir), Path(run_dirs[0]).name)
        found.write(run_dirs, "#!/bin/sh\n")
        found.note_job(str(100 + array))
        for task in range(TASKS):
            state = "RUNNING" if task % 2 else "PENDING"
            where = f"node{task % 1000}" if task % 2 else "(Resources)"
            lines.append(
                f"{f'{100 + array}_{task}':30}{state:20}{0:<8}{'Resources':40}{where:80}"
                f"{found.job_name:64}"
            )
    answer = folder / "answer"
    answer.write_text("\n".join(lines) + "\n")
    stub = folder / "bin" / "squeue"
    stub.parent.mkdir()
    stub.write_text(STUB.format(answer=answer))
    stub.chmod(0o755)
    os.environ["PATH"] = f"{stub.parent}:{os.environ['PATH']}"
    return runs_dir


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bench_slurm_") as name:
        folder = Path(name)
        runs_dir = prepare(folder)
        began = time.perf_counter()
        assert Board(str(runs_dir)).refresh(now=True)
        refresh = time.perf_counter() - began
        began = time.perf_counter()
        board = Board(str(runs_dir))
        reading = time.perf_counter() - began
        assert len(board.jobs) == RUNS
        began = time.perf_counter()
        output = subprocess.run(["squeue"], capture_output=True, text=True, check=True).stdout
        split = [line.split() for line in output.splitlines()]
        peer = time.perf_counter() - began
        assert len(split) == RUNS
        size = (runs_dir / ".slurm" / "board.json").stat().st_size
        one = json.dumps(board.jobs["100_1"])
        print(
            f"runs: {RUNS:,} in {RUNS // TASKS} arrays; questions a minute: 4 for all kernels of a user"
        )
        print(f"one question, answer read and written down: {1000 * refresh:.0f} ms")
        print(
            f"  peer: squeue's output read and split: {1000 * peer:.0f} ms, ratio {refresh / peer:.1f}"
        )
        print(f"another kernel reads the last answer: {1000 * reading:.0f} ms")
        print(f"board.json: {size / 1e6:.2f} MB, {size / RUNS:.0f} bytes a run ({one[:40]}…)")


if __name__ == "__main__":
    main()
