"""The words that arguments allow, as types: editors offer them, and type checkers refuse others.

A table that is keyed by such words names them once more; `tests/test_choices.py` compares the two.
"""

from __future__ import annotations

from typing import Literal

#: What simulates.
SimulatorName = Literal["auto", "fusion", "embedded"]
#: What can be found among runs.
SimulatorOfRun = Literal["embedded", "fusion", "command"]
#: Where a run executes.
EngineName = Literal["local", "slurm", "debug"]
DEFAULT_ENGINE: EngineName = "local"
#: The rows of results.
LevelName = Literal["erlang", "iteration", "link", "bandwidth", "modulation"]
#: What a figure of blocking shows.
BlockingMetric = Literal["blocking", "bit_rate_blocking"]
#: What a figure or a map of links shows.
LinkMetric = Literal["utilization", "usage_count", "throughput"]
