"""The traffic loads of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusion_jupyter.sim.scope import GENERAL

if TYPE_CHECKING:
    from fusion_jupyter.sim.ini import Options


def read_loads(options: Options) -> tuple[float, ...]:
    """Read the loads of a configuration, in Erlang."""
    start = options.number(GENERAL, "erlang_start", above=0)
    stop = options.number(GENERAL, "erlang_stop", above=0)
    step = options.number(GENERAL, "erlang_step", above=0)
    if not options.good(*((GENERAL, f"erlang_{end}") for end in ("start", "stop", "step"))):
        return (1.0,)
    if start > stop:
        options.error(
            GENERAL, "erlang_start", f"must not be above erlang_stop = {stop:g}: no load to run"
        )
        return (start,)
    try:
        return erlang_loads(start, stop, step)
    except ValueError as error:
        options.error(GENERAL, "erlang_step", str(error))
        return (start,)


def erlang_loads(start: float, stop: float, step: float) -> tuple[float, ...]:
    """The loads of a sweep in Erlang, the last included where a step hits it.

    Args:
        start: First load.
        stop: No load is above it.
        step: Above 0.

    Raises:
        ValueError: The step is so small beside the loads that adding it changes nothing.

    >>> erlang_loads(300.0, 600.0, 150.0)
    (300.0, 450.0, 600.0)
    """
    if not stop + step > stop:
        raise ValueError("must be large enough to lead from one load to the next")
    loads = []
    load = start
    # Repeated addition, not start + i * step: the loads name the output files, to the last digit.
    while load <= stop:
        loads.append(load)
        load += step
    return tuple(loads)
