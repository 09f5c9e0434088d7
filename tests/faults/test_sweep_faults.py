"""A sweep of a hundred runs while its kernel, its supervisors and its queue are hit."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest

import fusion_jupyter as fj
from fusion_jupyter.manager.manager import RunManager

STARTER = """
import sys
import fusion_jupyter as fj
fj.configure(runs_dir=sys.argv[1], max_concurrent_runs=4)
sweep = fj.sweep("minimal", over={"k_paths": list(range(1, 11)), "c_band": list(range(40, 50))},
                 simulator="embedded", max_iters=2, num_requests=400, erlang_start=300,
                 erlang_stop=300)
print(sweep.id, flush=True)
sweep.wait(100)
"""


def start(runs_dir):
    command = [sys.executable, "-c", STARTER, str(runs_dir)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)


def supervisors(runs_dir):
    """Pids of the processes that hold a run of this folder, from the states of the runs."""
    found = []
    for path in runs_dir.glob("*/state.json"):
        try:
            state = json.loads(path.read_text())
        except (OSError, ValueError):
            continue
        if state["status"] == "RUNNING":
            found.append(state["supervisor"]["pid"])
    return found


def kill_supervisor(runs_dir, dice):
    pids = supervisors(runs_dir)
    if pids:
        try:
            os.kill(dice.choice(pids), signal.SIGKILL)
        except ProcessLookupError:
            return 0
        return 1
    return 0


def remove_queue(runs_dir, _dice):
    shutil.rmtree(runs_dir / ".queue", ignore_errors=True)
    RunManager(runs_dir).recover_orphaned_runs()  # as the next kernel does
    return 1


@pytest.mark.parametrize("seed", [1, 2])
def test_no_point_is_lost_none_runs_twice_and_none_is_wrong(manager, seed):
    dice = random.Random(seed)
    kernel = start(manager.runs_dir)
    sweep_id = kernel.stdout.readline().strip()
    hits = {"kernel": 0, "supervisor": 0, "queue": 0}
    deadline = time.monotonic() + 8
    while time.monotonic() < deadline:
        time.sleep(dice.uniform(0.05, 0.3))
        what = dice.choice(["supervisor", "supervisor", "queue", "kernel"])
        if what == "kernel":
            os.killpg(kernel.pid, signal.SIGKILL)
            kernel.communicate()
            kernel = start(manager.runs_dir)
            assert kernel.stdout.readline().strip() == sweep_id
            hits["kernel"] += 1
        elif what == "supervisor":
            hits["supervisor"] += kill_supervisor(manager.runs_dir, dice)
        else:
            hits["queue"] += remove_queue(manager.runs_dir, dice)
    kernel.kill()
    kernel.communicate()
    sweep = fj.sweep_by_id(sweep_id)
    sweep.wait(110)
    failed = sweep.counts.get("FAILED", 0)
    while sweep.counts != {"COMPLETED": 100}:
        assert set(sweep.counts) <= {"COMPLETED", "FAILED"}
        assert sweep.retry_failed()
        sweep.wait(110)
    print(f"hit {hits}; {failed} runs failed with their supervisor and were run again")
    # A run whose supervisor was killed is the only one that may fail, and it says so.
    assert failed <= hits["supervisor"]
    assert list(sweep.points["run_id"]) == list(dict.fromkeys(sweep.points["run_id"]))
    known = set(sweep.points["run_id"]) | {old for p in sweep.record.points for old in p.previous}
    assert {run.id for run in fj.runs()} == known
    # Equal points computed without any fault give equal numbers.
    frame = sweep.results().set_index(["k_paths", "c_band"])["blocking"]
    for k_paths, c_band in dice.sample(list(frame.index), 3):
        alone = fj.start(
            "minimal", simulator="embedded", max_iters=2, num_requests=400, erlang_start=300,
            erlang_stop=300, k_paths=k_paths, c_band=c_band,
        )  # fmt: skip
        alone.wait(60)
        assert alone.results()["blocking"][0] == frame[k_paths, c_band]
