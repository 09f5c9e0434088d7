"""Decode a results file to rows of the levels ``"erlang"`` and ``"iteration"``.

Each function decodes only what its level needs. The columns are documented in
`fusion_jupyter.analysis.results.results`.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Annotated, Any, Generic, NamedTuple, TypeVar

import msgspec

from fusion_jupyter.analysis.result_files import decode

Rows = list[tuple[Any, ...]]


class Context(NamedTuple):
    """Context of a results file from outside it.

    Attributes:
        network: Name of the network, None if unknown.
        offered: Requests of one iteration by bandwidth in Gb/s; empty if unknown.
        embedded: Whether the embedded simulator wrote it, whose reasons for blocking are correct;
            FUSION reports "distance" for every blocked request.
        directory: The run directory, which contains a user's own network; None if there is none.
        requests: Counted requests of one iteration; None if unknown.
        first_seed: Seed of the first iteration.
        lengths: Whether the weights of paths are lengths in km.
    """

    network: str | None
    offered: Mapping[int, int]
    embedded: bool = False
    directory: str | None = None
    requests: int | None = None
    first_seed: int = 1
    lengths: bool = True


Number = float | None
Count = Annotated[int, msgspec.Meta(ge=0, lt=2**53)]


class Blocking(msgspec.Struct, gc=False):
    """The fields of an iteration that every level decodes."""

    sim_block_list: list[Number] | None = None
    sim_br_block_list: list[Number] | None = None


It = TypeVar("It", bound=Blocking)


class _LoadFile(msgspec.Struct, Generic[It]):
    iter_stats: dict[str, It]
    blocking_mean: Number = None
    blocking_variance: Number = None
    ci_rate_block: Number = None
    ci_percent_block: Number = None
    bit_rate_blocking_mean: Number = None
    bit_rate_blocking_variance: Number = None
    ci_rate_bit_rate_block: Number = None
    ci_percent_bit_rate_block: Number = None
    lightpath_utilization: Number = None
    sim_end_time: str | None = None


class _Reasons(Blocking, gc=False):
    block_reasons_dict: dict[str, Number] = msgspec.field(default_factory=dict)
    block_bw_dict: dict[str, Count] = msgspec.field(default_factory=dict)


class _SlotTime(msgspec.Struct, gc=False):
    slot_time: Number = None


class _EmbeddedLoadFile(_LoadFile[_Reasons]):
    link_usage: dict[str, _SlotTime] | None = None


_load_decoder = msgspec.json.Decoder(_LoadFile[Blocking])
_embedded_decoder = msgspec.json.Decoder(_EmbeddedLoadFile)


def load_rows(context: Context, data: bytes) -> Rows:
    """One row for the load; none if no iteration has ended."""
    unreachable = utilization = None
    file: _LoadFile[Blocking] | _EmbeddedLoadFile
    if context.embedded:
        file = embedded = decode(_embedded_decoder, data)
        unreachable = _unreachable(context, embedded.iter_stats.values())
        slot_times = [usage.slot_time for usage in (embedded.link_usage or {}).values()]
        utilization = mean_and_variance(slot_times)[0]
    else:
        file = decode(_load_decoder, data)
    if not file.iter_stats and file.blocking_mean is None:
        return []  # no iteration has ended
    last = last_saved(file.iter_stats)
    blocking = file.blocking_mean, file.blocking_variance
    bit_rate = file.bit_rate_blocking_mean, file.bit_rate_blocking_variance
    iterations = len(file.iter_stats)
    if last is not None and last.sim_block_list is not None:
        iterations = len(last.sim_block_list)
        if file.blocking_mean is None:
            blocking = mean_and_variance(last.sim_block_list)
            bit_rate = mean_and_variance(last.sim_br_block_list or [])
    if iterations < 2:  # FUSION writes 0 for values undefined for one iteration
        blocking, bit_rate = (blocking[0], None), (bit_rate[0], None)
    return [
        (
            *blocking,
            *bit_rate,
            iterations,
            unreachable,
            utilization,
            file.ci_rate_block,
            file.ci_percent_block,
            file.ci_rate_bit_rate_block,
            file.ci_percent_bit_rate_block,
            file.lightpath_utilization,
            file.sim_end_time or "",
        )
    ]


def mean_and_variance(values: Iterable[Number]) -> tuple[Number, Number]:
    """Mean and sample variance of the known values; None if there are too few."""
    known = [value for value in values if value is not None]
    if not known:
        return None, None
    return statistics.fmean(known), statistics.variance(known) if len(known) > 1 else None


def _unreachable(context: Context, iterations: Iterable[_Reasons]) -> Number:
    """Share of the requests for which no path had a format that reaches, over the iterations."""
    requests = context.requests
    if not requests:
        return None
    shares = []
    for iteration in iterations:
        blocked = sum(iteration.block_bw_dict.values())
        distance = iteration.block_reasons_dict.get("distance", 0.0 if not blocked else None)
        # The share of the blocked requests is a quotient of two counts: this recovers the count.
        shares.append(None if distance is None else round(distance * blocked) / requests)
    return mean_and_variance(shares)[0]


class _Saved(Blocking, gc=False):
    hops_mean: Number = None
    hops_min: Number = None
    hops_max: Number = None
    lengths_mean: Number = None
    lengths_min: Number = None
    lengths_max: Number = None
    trans_mean: Number = None
    trans_min: Number = None
    trans_max: Number = None
    route_times_mean: Number = None
    route_times_min: Number = None
    route_times_max: Number = None
    snr_mean: Number = None
    snr_min: Number = None
    snr_max: Number = None
    xt_mean: Number = None
    xt_min: Number = None
    xt_max: Number = None


#: Column of the level "iteration" to its key in the file.
SAVED_KEYS = {
    f"{column}_{which}{unit}": f"{key}_{which}"
    for column, key, unit in (
        ("hops", "hops", ""),
        ("path_length", "lengths", "_km"),
        ("transponders", "trans", ""),
        ("route_time", "route_times", "_s"),
        ("snr", "snr", ""),
        ("crosstalk", "xt", ""),
    )
    for which in ("mean", "min", "max")
}


class _IterationFile(msgspec.Struct):
    iter_stats: dict[str, _Saved]


_iteration_decoder = msgspec.json.Decoder(_IterationFile)
_saved_values = attrgetter(*SAVED_KEYS.values())
_UNSAVED = (None,) * len(SAVED_KEYS)


def iteration_rows(context: Context, data: bytes) -> Rows:
    """One row per finished iteration."""
    file = decode(_iteration_decoder, data)
    last = last_saved(file.iter_stats)
    if last is None:
        return []
    blocking = last.sim_block_list
    bit_rate = last.sim_br_block_list or []
    # The last saved iteration contains the blocking of all before it, saved or not.
    numbers = range(len(blocking)) if blocking is not None else map(int, file.iter_stats)
    rows: Rows = []
    for number in numbers:
        saved = file.iter_stats.get(str(number))
        rows.append(
            (
                number,
                context.first_seed + number,
                blocking[number] if blocking is not None else None,
                bit_rate[number] if number < len(bit_rate) else None,
                *(_UNSAVED if saved is None else _saved_values(saved)),
            )
        )
    return rows


def last_saved(iterations: Mapping[str, Any]) -> Any:
    """The saved iteration with the highest number, None if there is none."""
    return iterations[max(iterations, key=int)] if iterations else None
