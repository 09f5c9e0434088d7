"""Estimate the time of a sweep's missing runs from earlier runs."""

from __future__ import annotations

import configparser
from collections.abc import Iterable, Sequence
from statistics import median

from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.record import RunRecord, RunStatus

#: Maximum number of earlier runs whose rate is used, newest first.
_MOST_RUNS = 20
_SECTION = "general_settings"


def requests_of(record: RunRecord) -> int | None:
    """Requests that a run simulates if no load stops early; None if its files do not tell."""
    try:
        text = RunDirectory(record.directory).read_config()
    except (OSError, ValueError):
        return None
    return requests_in(text, len(record.erlangs) * (record.max_iters or 0))


def requests_in(configuration: str, iterations: int) -> int | None:
    """Requests of a configuration for a number of iterations; None if it does not tell."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(configuration)
        return iterations * parser.getint(_SECTION, "num_requests")
    except (ValueError, configparser.Error):
        return None


def rate(records: Iterable[RunRecord], simulator: str) -> tuple[float, int] | None:
    """Requests per second in earlier runs of a simulator.

    Args:
        records: Runs, newest first.
        simulator: Only runs of this one count.

    Returns:
        The median over the newest completed runs, and their number; None if there are none.
    """
    rates: list[float] = []
    for record in records:
        if len(rates) == _MOST_RUNS:
            break
        if record.status is not RunStatus.COMPLETED or record.simulator != simulator:
            continue
        requests = requests_of(record)
        if requests and record.duration_seconds:
            rates.append(requests / record.duration_seconds)
    return (median(rates), len(rates)) if rates else None


def seconds(
    work: Sequence[int], earlier: tuple[float, int] | None, at_once: int
) -> tuple[float | None, str]:
    """Estimate the time of runs of which several execute at once.

    Args:
        work: Requests of each run.
        earlier: From `rate`.
        at_once: Number of runs that execute at once.

    Returns:
        Seconds and the basis of the estimate; None and the reason if it is impossible.
    """
    if not work:
        return 0.0, "nothing is missing"
    if earlier is None:
        return None, "no earlier run of this simulator here shows its rate"
    per_second, count = earlier
    together = sum(work) / per_second / max(1, min(at_once, len(work)))
    longest = max(work) / per_second
    runs = "run" if count == 1 else f"{count} runs"
    return max(together, longest), f"by the rate of the last {runs}, without early stops"
