"""`report`: progress reports from a Python program that executes as a run."""

from __future__ import annotations

import json
import os
import time

from fusion_jupyter import arguments
from fusion_jupyter.storage.layout import PROGRESS_VARIABLE


def report(fraction: float | None = None, **values: float | str | None) -> bool:
    """Append one event to the progress of the run that executes this program.

    Costs one write and imports nothing heavy. Outside a run it does nothing, so a program needs no
    special case. Each call writes one whole line, so several processes may report at once.

    Args:
        fraction: Share of the work that is done, 0 to 1.
        **values: ``step`` and ``total`` instead of a fraction; ``erlang``, ``iteration`` and
            ``total_iterations`` of a simulation; every other number is shown as a metric.

    Returns:
        True if the event was written.

    Raises:
        ValueError: The fraction is not between 0 and 1.
        OSError: The file cannot be written.

    Example:
        >>> for step in range(1, 101):
        ...     report(step=step, total=100, loss=1 / step)
    """
    if fraction is not None and not (arguments.is_number(fraction) and 0 <= fraction <= 1):
        raise ValueError(f"fraction is {fraction!r}; allowed: a number from 0 to 1")
    path = os.environ.get(PROGRESS_VARIABLE)
    if not path:
        return False
    given: dict[str, object] = {"timestamp": time.time(), "fraction": fraction, **values}
    event = {key: _plain(value) for key, value in given.items() if value is not None}
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    try:
        os.write(descriptor, json.dumps(event).encode() + b"\n")
    finally:
        os.close(descriptor)
    return True


def _plain(value: object) -> object:
    """Convert a NumPy or PyTorch number to a Python number."""
    return value.item() if hasattr(value, "item") else value
