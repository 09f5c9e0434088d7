"""`find_load`: find the load at which blocking reaches a target, reported in papers as capacity."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from fusion_jupyter import arguments
from fusion_jupyter.config import template_files
from fusion_jupyter.config.schema.embedded import MIN_ITERATIONS
from fusion_jupyter.config.signature import lists_options
from fusion_jupyter.config.user_options import same_options
from fusion_jupyter.manager import labels
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunCreate
from fusion_jupyter.simulators import merged
from fusion_jupyter.studies import estimate, labelling, record
from fusion_jupyter.studies import points as grid
from fusion_jupyter.studies.load_search import LoadSearch, Target, new_record
from fusion_jupyter.studies.planning import SweepError, check_shared
from fusion_jupyter.studies.points import Point
from fusion_jupyter.studies.root_search import RootSearch

if TYPE_CHECKING:
    import pandas as pd

#: Options that the search itself sets for each probe.
_OWN = ("erlang_start", "erlang_stop", "erlang_step", "max_iters", "precision")
#: So many requests must be blocked at one load for its blocking to be known at all.
_FEWEST_BLOCKED = 10


@partial(lists_options, without=_OWN)
def find_load(
    template: str | os.PathLike[str] = "minimal",
    *,
    blocking: float = 0.01,
    precision: float = 0.01,
    confidence: float = 0.95,
    over: Mapping[str, Iterable[object]] | None = None,
    points: Iterable[Mapping[str, object]] | pd.DataFrame | None = None,
    low: float | None = None,
    high: float | None = None,
    max_iterations: int = 1000,
    name: str | None = None,
    tags: Iterable[str] = (),
    engine: str = "local",
    engine_options: Mapping[str, object] | None = None,
    overrides: Mapping[str, object] | None = None,
    **options: object,
) -> LoadSearch:
    """Find the load at which blocking reaches a target, with a confidence interval for the load.

    This takes far fewer requests than an even sweep of the same precision: a bracket is narrowed
    with few iterations, then iterations are spent where they improve the answer most. Each probe is
    an ordinary run of the embedded simulator. Returns at once; the search continues in this
    process, and requesting it again continues with the existing probes.

    Args:
        template: A template's name or the path of an INI file.
        blocking: The target, between 0 and 1: the share of requests that are blocked.
        precision: Half width of the load's interval at which to stop, as a share of the load.
        confidence: Confidence level of the interval.
        over: Values by option name: one search for each combination.
        points: Explicit configurations, instead of `over`.
        low: Lower end of the initial bracket, in Erlang; default: the template's first load.
        high: Upper end, in Erlang; default: the template's last load.
        max_iterations: Maximum iterations at one load; then the search ends with a wider interval.
        name: Human-readable name.
        tags: Labels for filtering, of each probe.
        engine: Where the probes execute.
        engine_options: Options of the engine.
        overrides: Options by name or ``section.key``.
        **options: Options by name. The loads, ``max_iters`` and ``precision`` are set by the
            search.

    Raises:
        SweepError: A configuration cannot be run; nothing was started or written.
        ValueError: Another argument has a value that is not allowed.

    Example:
        >>> find_load("nsfnet_blocking", blocking=0.01, over={"k_paths": [1, 3, 5]})
    """
    given: dict[str, object] = grid.options_as_data(merged(overrides, options))
    _refuse_own(given)
    labels.checked_name(name)
    arguments.check_number_between("blocking", blocking, 0, 1, ", such as 0.01 for 1 %")
    arguments.check_number_between("precision", precision, 0, 0.5, ", such as 0.01 for ± 1 %")
    arguments.check_count("max_iterations", max_iterations, MIN_ITERATIONS)
    for end, load in (("low", low), ("high", high)):
        if load is not None and not arguments.is_number(load):
            raise arguments.refuse(end, load, "a load in Erlang, or None")
    manager = RunManager()
    request = RunCreate(
        template=template_files.checked(template),
        name=name,
        config=given,
        simulator="embedded",
        engine=engine,
        engine_options=dict(
            arguments.mapping("engine_options", engine_options, "{'time': '1:00:00'}")
        ),
        tags=arguments.as_tuple(tags),
    )
    alone = over is None and points is None
    found: list[Point] = [{}] if alone else grid.expand(over, points)
    check_shared(request)
    for point in found:
        _refuse_own(point)
    if twice := same_options(found[0], given):
        raise ValueError(
            f"{', '.join(twice)}: given for all points and as an option that varies; allowed: one "
            "of them"
        )
    searches: list[Target] = []
    fingerprints: list[str] = []
    problems: dict[int, dict[str, str]] = {}
    for number, point in enumerate(found):
        try:
            prepared = manager.prepare(replace(request, config={**given, **point}))
            fingerprints.append(prepared.fingerprint)
            requests = estimate.requests_in(prepared.configuration or "", 1)
            _require_resolvable(blocking, (requests or 1) * max_iterations)
            searches.append(
                Target(
                    parameters=point,
                    template=prepared.as_template(),
                    first_seed=prepared.first_seed or 0,
                    search=RootSearch(
                        blocking,
                        low=prepared.erlangs[0] if low is None else low,
                        high=_upper(prepared.erlangs) if high is None else high,
                        requests=requests or 1,
                        precision=precision,
                        confidence=confidence,
                        most_iterations=max_iterations,
                    ),
                )
            )
        except ValueError as error:
            problems[number] = getattr(error, "problems", None) or {"": str(error)}
    if problems:
        if alone:
            raise ValueError("\n".join(problems[0].values()))
        raise SweepError(problems, found)
    sweep = record.sweep_id(
        {
            "search": [blocking, precision, confidence, low, high, max_iterations],
            "runs": fingerprints,
            "points": found,
        }
    )
    with record.locked(manager.runs_dir, sweep):
        try:
            made = record.read(manager.runs_dir, sweep)
        except record.SweepNotFoundError:
            made = new_record(sweep, request, name or f"Load at {100 * blocking:g} % blocking")
            record.write(manager.runs_dir, made)
        else:
            if labelling.take_over(made, request):
                record.write(manager.runs_dir, made)
                labelling.tag_runs(manager, made, made.run_ids)
    request = replace(request, tags=tuple(made.tags))  # of the probes to come, too
    asked = {
        "blocking": blocking,
        "precision": precision,
        **_other_than(confidence=(confidence, 0.95), max_iterations=(max_iterations, 1000)),
        **_other_than(low=(low, None), high=(high, None)),
        **({} if alone else _points_as_asked(over, found)),
        **_other_than(name=(name, None), engine=(engine, "local")),
        **_other_than(overrides=(overrides, None)),
        **{name: given[name] for name in options},
    }
    words = [repr(os.fspath(template)), *(f"{key}={value!r}" for key, value in asked.items())]
    return LoadSearch(manager, request, searches, made, f"fj.find_load({', '.join(words)})")


def _other_than(**given: tuple[object, object]) -> dict[str, object]:
    """The arguments that differ from their default."""
    return {name: value for name, (value, default) in given.items() if value != default}


def _points_as_asked(over: object, found: list[Point]) -> dict[str, object]:
    if over is None:
        return {"points": found}
    values = {
        name: {grid.key({name: each[name]}): each[name] for each in found} for name in found[0]
    }
    return {"over": {name: list(distinct.values()) for name, distinct in values.items()}}


def _refuse_own(options: Mapping[str, object]) -> None:
    for option in same_options(options, _OWN):
        raise ValueError(
            f"{option} is {options[option]!r}; not allowed here: the search sets it for each "
            "probe. low and high set where it begins, max_iterations how far it goes"
        )


def _upper(erlangs: tuple[float, ...]) -> float:
    """The upper end of the initial bracket, above the first load."""
    return erlangs[-1] if erlangs[-1] > erlangs[0] else 2 * erlangs[0]


def _require_resolvable(blocking: float, requests: int) -> None:
    """Refuse a target of which too few requests would be blocked even in all iterations."""
    least = _FEWEST_BLOCKED / requests
    if 0 < blocking < least:
        raise ValueError(
            f"blocking is {blocking:g}; allowed with {requests:,} requests at one load "
            f"(num_requests x max_iterations): {least:g} or more"
        )
