"""What the tests of several rooms use: waiting for runs, and looking for what they left."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from fusion_jupyter.manager import process, provenance
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunRecord, RunStatus

#: Options of runs of two loads that take a moment.
SHORT = {
    "simulator": "embedded",
    "max_iters": 2,
    "num_requests": 100,
    "erlang_start": 300,
    "erlang_stop": 400,
}


def wait_for(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until the condition holds.

    Raises:
        AssertionError: It does not within `seconds`.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


def wait_until_final(manager: RunManager, run_id: str, seconds: float = 90.0) -> RunRecord:
    """The record of a run once it has ended and its directory changes no more."""
    found: list[RunRecord] = []

    def is_final() -> bool:
        record = manager.get_run(run_id)
        assert record is not None
        found[:] = [record]
        return record.status.is_final

    wait_for(is_final, seconds)
    provenance.finish()  # a thread writes it into the run's directory
    return found[0]


def wait_until_running(manager: RunManager, run_id: str) -> RunRecord:
    """The record of a run once its process has started."""
    wait_for(lambda: _status(manager, run_id) is not RunStatus.PENDING)
    record = manager.get_run(run_id)
    assert record is not None
    return record


def _status(manager: RunManager, run_id: str) -> RunStatus:
    record = manager.get_run(run_id)
    assert record is not None
    return record.status


def survivors(run_id: str) -> list[int]:
    """Pids of living processes that carry this run's marker."""
    found = []
    for row in process.table():
        try:
            environment = Path(f"/proc/{row['pid']}/environ").read_bytes()
        except OSError:
            continue
        if f"FUSION_JUPYTER_RUN={run_id}:".encode() in environment:
            found.append(row["pid"])
    return found
