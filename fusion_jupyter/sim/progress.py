"""``progress.jsonl``: one JSON object per line, each appended in one write.

After every iteration::

    {"erlang": 300.0, "iteration": 3, "total_iterations": 4,
     "timestamp": "2026-11-23T17:51:16.841Z", "blocking": 0.0077, "ci": 0.0021,
     "erlang_index": 2, "total_erlangs": 7, "requests": 14000, "fraction": 0.25}

``iteration`` and ``erlang_index`` count from 1; ``blocking`` is the mean so far and ``ci`` the half
width of its 90 % confidence interval (from the second iteration on); ``requests`` and ``fraction``
are those of the whole run. A load that stops early is followed by a line that ends it::

    {"type": "erlang_complete", "ts": "...", "erlang": 300.0, "erlang_index": 2, "total_erlangs": 7,
     "early_stop": true, "fraction": 0.29,
     "metrics": {"blocking_prob": 0.0077, "ci_half_width": 0.0002, "iterations": 3}}
"""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

from fusion_jupyter.sim.log import write_whole

if TYPE_CHECKING:
    from fusion_jupyter.sim.statistics import Interval


class Meter:
    """Progress of a run; shared by its processes, each of which writes only its own cells.

    Args:
        requests: For each process, the number of requests simulated.
        loads: For each process, the number of loads done, including the fraction of the current
            one.
        total_loads: Loads of the run.
    """

    def __init__(self, requests: Any, loads: Any, total_loads: int) -> None:
        self.requests = requests
        self.loads = loads
        self.total_loads = total_loads

    @property
    def fraction(self) -> float:
        """Share of the run that is done, from 0 to 1."""
        done: float = sum(self.loads) / self.total_loads
        return min(1.0, done)


class ProgressFile:
    """Appends progress lines to a file.

    Args:
        path: The file, created with its directory if missing; None or empty to write nothing.
        meter: Progress of the run.
    """

    def __init__(self, path: str | None, meter: Meter) -> None:
        self._meter = meter
        self._descriptor: int | None = None
        if path:
            os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            self._descriptor = os.open(path, flags, 0o666)

    def iteration(
        self, erlang: float, erlang_index: int, iteration: int, total: int, blocking: Interval
    ) -> None:
        """Report a finished iteration; ``erlang_index`` and ``iteration`` count from 1."""
        line: dict[str, Any] = {
            "erlang": erlang,
            "iteration": iteration,
            "total_iterations": total,
            "timestamp": _now(),
            "blocking": blocking.mean,
        }
        if blocking.defined:
            line["ci"] = blocking.half_width
        line |= {
            "erlang_index": erlang_index,
            "total_erlangs": self._meter.total_loads,
            "requests": sum(self._meter.requests),
            "fraction": self._meter.fraction,
        }
        self._write(line)

    def early_stop(self, erlang: float, erlang_index: int, blocking: Interval) -> None:
        """Report a load that ended before its last iteration."""
        self._write(
            {
                "type": "erlang_complete",
                "ts": _now(),
                "erlang": erlang,
                "erlang_index": erlang_index,
                "total_erlangs": self._meter.total_loads,
                "early_stop": True,
                "fraction": self._meter.fraction,
                "metrics": {
                    "blocking_prob": blocking.mean,
                    "ci_half_width": blocking.half_width,
                    "iterations": len(blocking.values),
                },
            }
        )

    def _write(self, line: dict[str, Any]) -> None:
        if self._descriptor is not None:
            write_whole(self._descriptor, json.dumps(line).encode() + b"\n")


def _now() -> str:
    nanoseconds = time.time_ns()
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(nanoseconds // 10**9))
    return f"{stamp}.{nanoseconds // 10**6 % 1000:03d}Z"
