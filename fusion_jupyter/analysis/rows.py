"""How a results file becomes rows, at each of the four levels.

Each function decodes only what its level needs. What the columns mean stands in one table, in
`fusion_jupyter.analysis.results.results`.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from functools import cache
from operator import attrgetter
from typing import Annotated, Any, NamedTuple

import msgspec

from fusion_jupyter.analysis.columns import NAN
from fusion_jupyter.analysis.result_files import decode, is_number

Rows = list[tuple[Any, ...]]

_NONE: Mapping[Any, Any] = {}
# FUSION's factor for the half width of its 90 % confidence interval.
_Z = 1.645


class Context(NamedTuple):
    """What a level knows of a file from outside it.

    Attributes:
        network: Name of the network, None where it is unknown.
        offered: Requests of one iteration by bandwidth in Gb/s; empty where it is unknown.
    """

    network: str | None
    offered: Mapping[int, int]


Number = float | None
Count = Annotated[int, msgspec.Meta(ge=0, lt=2**53)]


class _Blocking(msgspec.Struct, gc=False):
    sim_block_list: list[Number] | None = None
    sim_br_block_list: list[Number] | None = None


class _LoadFile(msgspec.Struct):
    iter_stats: dict[str, _Blocking]
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


_load_decoder = msgspec.json.Decoder(_LoadFile)


def load_rows(context: Context, data: bytes) -> Rows:
    """One row, of the load; none where no iteration has ended."""
    file = decode(_load_decoder, data)
    if not file.iter_stats and file.blocking_mean is None:
        return []  # not one iteration has ended
    last = _last(file.iter_stats)
    blocking: tuple[Number, ...] = (
        file.blocking_mean,
        file.blocking_variance,
        file.ci_rate_block,
        file.ci_percent_block,
    )
    bit_rate: tuple[Number, ...] = (
        file.bit_rate_blocking_mean,
        file.bit_rate_blocking_variance,
        file.ci_rate_bit_rate_block,
        file.ci_percent_bit_rate_block,
    )
    iterations = len(file.iter_stats)
    if last is not None and last.sim_block_list is not None:
        iterations = len(last.sim_block_list)
        if file.blocking_mean is None:
            blocking = _statistics(last.sim_block_list)
            bit_rate = _statistics(last.sim_br_block_list or [])
    utilization = file.lightpath_utilization
    return [(*blocking, *bit_rate, utilization, iterations, file.sim_end_time or "")]


def _statistics(values: list[Number]) -> tuple[Number, ...]:
    """Mean, variance, half width and full width in percent, as FUSION computes them."""
    known = [value for value in values if value is not None]
    if not known:
        return (None,) * 4
    mean = statistics.fmean(known)
    if len(known) < 2:
        return mean, None, None, None
    variance = statistics.variance(known)
    half = _Z * math.sqrt(variance / len(known))
    return mean, variance, half, 200 * half / mean if mean else 0.0


class _Saved(_Blocking, gc=False):
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
    """A row for each iteration that has ended."""
    file = decode(_iteration_decoder, data)
    last = _last(file.iter_stats)
    if last is None:
        return []
    blocking = last.sim_block_list
    bit_rate = last.sim_br_block_list or []
    # The last saved iteration knows the blocking of all before it, saved or not.
    numbers = range(len(blocking)) if blocking is not None else map(int, file.iter_stats)
    rows: Rows = []
    for number in numbers:
        saved = file.iter_stats.get(str(number))
        rows.append(
            (
                number,
                number + 1,
                blocking[number] if blocking is not None else None,
                bit_rate[number] if number < len(bit_rate) else None,
                *(_UNSAVED if saved is None else _saved_values(saved)),
            )
        )
    return rows


class _Usage(msgspec.Struct, gc=False):
    usage_count: Count
    throughput: Number = None
    link_num: int | None = None


class _LinkFile(msgspec.Struct):
    iter_stats: dict[str, _Blocking]
    link_usage: dict[str, _Usage] | None = None


_link_decoder = msgspec.json.Decoder(_LinkFile)


def link_rows(context: Context, data: bytes) -> Rows:
    """A row for each link, in the last saved iteration."""
    file = decode(_link_decoder, data)
    if not file.iter_stats or not file.link_usage:
        return []
    iteration = max(map(int, file.iter_stats))
    lengths = _lengths(context.network)
    rows: Rows = []
    seen = set()
    for key, usage in file.link_usage.items():
        if key in seen:
            continue  # the other direction, which holds the same values
        source, target = _ends(key, file.link_usage)
        seen.add(f"{target}-{source}")
        length = lengths.get((source, target), NAN)
        rows.append((source, target, length, iteration, usage.usage_count, usage.throughput))
    return rows


def _ends(key: str, links: Mapping[str, object]) -> tuple[str, str]:
    """Split ``source-target``; with hyphens in names, the split whose reverse is there as well."""
    source, _, target = key.partition("-")
    if "-" in target:
        parts = key.split("-")
        for i in range(1, len(parts)):
            ends = "-".join(parts[:i]), "-".join(parts[i:])
            if f"{ends[1]}-{ends[0]}" in links:
                return ends
    return source, target


@cache
def _lengths(network: str | None) -> Mapping[tuple[str, str], float]:
    """Length in km by link, both directions; empty for a network that is not ours."""
    from fusion_jupyter.config.topologies import read_network

    if network is None:
        return _NONE
    try:
        links = read_network(network).links
    except ValueError:
        return _NONE
    both = {(link.source, link.target): link.length for link in links}
    return {**{(b, a): length for (a, b), length in both.items()}, **both}


class _PathLength(msgspec.Struct, gc=False):
    mean: Number = None
    std: Number = None
    min: Number = None
    max: Number = None


class _Modulations(_Blocking):
    # Counts by bandwidth and modulation, mixed with statistics by modulation: those stay raw.
    mods_used_dict: dict[str, dict[str, msgspec.Raw]] = {}
    weights_dict: dict[str, dict[str, _PathLength]] = {}
    block_bw_dict: dict[str, Count] = {}


class _ModulationFile(msgspec.Struct):
    iter_stats: dict[str, _Modulations]


_modulation_decoder = msgspec.json.Decoder(_ModulationFile)
_count = msgspec.json.Decoder(Count).decode
_no_lengths = _PathLength()


def modulation_rows(context: Context, data: bytes) -> Rows:
    """A row for each saved iteration, bandwidth and modulation format."""
    file = decode(_modulation_decoder, data)
    rows: Rows = []
    for number, iteration in file.iter_stats.items():
        for key, counts in iteration.mods_used_dict.items():
            if not is_number(key):
                continue
            bandwidth = int(key)
            lengths = iteration.weights_dict.get(key, _NONE)
            blocked = iteration.block_bw_dict.get(key, 0)
            offered = context.offered.get(bandwidth)
            share = None if not offered else blocked / offered
            of_class = (blocked, offered, share)
            for modulation, count in counts.items():
                path = lengths.get(modulation, _no_lengths)
                used = (int(number), bandwidth, modulation, _count(count))
                rows.append((*used, path.mean, path.std, path.min, path.max, *of_class))
    return rows


def _last(iterations: Mapping[str, Any]) -> Any:
    """The saved iteration with the highest number, None where there is none."""
    return iterations[max(iterations, key=int)] if iterations else None
