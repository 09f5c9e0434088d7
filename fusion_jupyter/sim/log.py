"""FUSION's log lines on standard error.

A line is one write: lines of several processes never mix, and none waits in a buffer.
"""

from __future__ import annotations

import os
import time

#: Loggers, with FUSION's names, so that programs that parse its logs find the same patterns.
BATCH = "fusion.utils.logging_config"
SIMULATION = "fusion.core.simulation"
REQUEST = "fusion.core.request"
METRICS = "fusion.core.metrics"
PERSISTENCE = "fusion.core.persistence"
CONFIG = "fusion.cli.config_setup"
COMMAND = "fusion.cli.run_sim"
#: Logger for lines that FUSION does not have.
EMBEDDED = "fusion_jupyter.sim"


def log(logger: str, message: str, level: str = "INFO") -> None:
    """Write a line such as ``2026-11-23 18:51:16,841 - fusion.core.simulation - INFO - ...``.

    Args:
        logger: Name of the logger.
        message: The message; some of FUSION's end in a newline and are followed by an empty line.
        level: Name of the level.
    """
    nanoseconds = time.time_ns()
    seconds = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(nanoseconds // 10**9))
    stamp = f"{seconds},{nanoseconds // 10**6 % 1000:03d}"
    # A path may contain bytes that are not text; they are written unchanged.
    text = f"{stamp} - {logger} - {level} - {message}\n"
    write_whole(2, text.encode(errors="surrogateescape"))


def write_whole(descriptor: int, data: bytes) -> None:
    """Write all of ``data``, in a single write unless the system cuts it short."""
    while data:
        data = data[os.write(descriptor, data) :]
