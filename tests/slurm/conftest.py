"""A Slurm cluster for the tests of this folder, started once; skipped where there is none."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster import Cluster, missing_programs

from fusion_jupyter.engines.slurm import board


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    absent = missing_programs()
    if absent:
        if os.environ.get("FUSION_JUPYTER_REQUIRE_SLURM"):
            pytest.fail(f"Slurm is not installed: no {', '.join(absent)}")
        pytest.skip(f"Slurm is not installed: no {', '.join(absent)}")
    # A short path: it holds a socket.
    folder = Path(tempfile.mkdtemp(prefix="slurm-", dir="/tmp"))
    found = Cluster(folder)
    try:
        found.start()
        yield found
    finally:
        found.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def soon(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slurm on this machine may be asked more often than a cluster's."""
    monkeypatch.setattr(board, "INTERVAL_SECONDS", 0.5)
