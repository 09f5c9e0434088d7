"""`report`: how a Python program that runs as a run says how far it is."""

from __future__ import annotations

import json
import os
import time

from fusion_jupyter.storage.layout import PROGRESS_VARIABLE


def report(fraction: float | None = None, **values: float | str | None) -> bool:
    """Append one event to the progress of the run that this program is.

    Costs one write; imports nothing heavy. Outside a run it does nothing, so that a program needs
    no case for that. One whole line at a time: several processes may report at once.

    Args:
        fraction: Share of the work that is done, 0 to 1.
        **values: ``step`` and ``total`` instead of a fraction; ``erlang``, ``iteration`` and
            ``total_iterations`` of a simulation; every other number is shown as a metric.

    Returns:
        True where the event was written.

    Raises:
        ValueError: The fraction is not between 0 and 1.
        OSError: The file cannot be written.

    Example:
        >>> for step in range(1, 101):
        ...     report(step=step, total=100, loss=1 / step)
    """
    if fraction is not None and not 0 <= fraction <= 1:
        raise ValueError(f"fraction is {fraction!r}; allowed: 0 to 1")
    path = os.environ.get(PROGRESS_VARIABLE)
    if not path:
        return False
    given: dict[str, object] = {"timestamp": time.time(), "fraction": fraction, **values}
    event = {key: _plain(value) for key, value in given.items() if value is not None}
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(descriptor, json.dumps(event).encode() + b"\n")
    finally:
        os.close(descriptor)
    return True


def _plain(value: object) -> object:
    """A number of NumPy's or PyTorch's as one of Python's."""
    return value.item() if hasattr(value, "item") else value
