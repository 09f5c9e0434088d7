"""Decode a results file to rows of the levels ``"bandwidth"`` and ``"modulation"``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from fusion_jupyter.analysis.result_files import decode, is_number
from fusion_jupyter.analysis.rows import Blocking, Context, Count, Number, Rows, mean_and_variance

_NONE: Mapping[Any, Any] = {}


class _Classes(Blocking):
    # The keys are the bandwidths; their values are not needed here.
    mods_used_dict: dict[str, msgspec.Raw] = msgspec.field(default_factory=dict)
    block_bw_dict: dict[str, Count] = msgspec.field(default_factory=dict)
    # Present if the embedded simulator draws the number of requests of each class.
    offered_bw_dict: dict[str, Count] = msgspec.field(default_factory=dict)


class _ClassFile(msgspec.Struct):
    iter_stats: dict[str, _Classes]


_class_decoder = msgspec.json.Decoder(_ClassFile)


def bandwidth_rows(context: Context, data: bytes) -> Rows:
    """One row per bandwidth class with requests, over the saved iterations."""
    iterations = decode(_class_decoder, data).iter_stats.values()
    found: dict[int, list[tuple[int, int | None]]] = {}
    for iteration in iterations:
        for bandwidth, key in _bandwidths(iteration.mods_used_dict):
            offered = iteration.offered_bw_dict.get(key, context.offered.get(bandwidth))
            counts = iteration.block_bw_dict.get(key, 0), offered
            found.setdefault(bandwidth, []).append(counts)
    rows: Rows = []
    for bandwidth, of_class in found.items():
        requests = [offered for _, offered in of_class if offered is not None]
        if requests and not any(requests):
            continue
        shares = [blocked / offered for blocked, offered in of_class if offered]
        total = sum(requests) if len(requests) == len(of_class) else None
        blocked = sum(count for count, _ in of_class)
        rows.append((bandwidth, *mean_and_variance(shares), len(of_class), total, blocked))
    return rows


class _PathLength(msgspec.Struct, gc=False):
    mean: Number = None
    std: Number = None
    min: Number = None
    max: Number = None


class _Modulations(Blocking):
    # Counts by bandwidth and modulation, mixed with statistics by modulation, which stay raw.
    mods_used_dict: dict[str, dict[str, msgspec.Raw]] = msgspec.field(default_factory=dict)
    weights_dict: dict[str, dict[str, _PathLength]] = msgspec.field(default_factory=dict)


class _ModulationFile(msgspec.Struct):
    iter_stats: dict[str, _Modulations]


_modulation_decoder = msgspec.json.Decoder(_ModulationFile)
_count = msgspec.json.Decoder(Count).decode
_no_lengths = _PathLength()


def modulation_rows(context: Context, data: bytes) -> Rows:
    """One row per saved iteration, bandwidth and modulation format."""
    file = decode(_modulation_decoder, data)
    rows: Rows = []
    for number, iteration in file.iter_stats.items():
        for bandwidth, key in _bandwidths(iteration.mods_used_dict):
            lengths = iteration.weights_dict.get(key, _NONE) if context.lengths else _NONE
            for modulation, count in iteration.mods_used_dict[key].items():
                path = lengths.get(modulation, _no_lengths)
                used = (int(number), bandwidth, modulation, _count(count))
                rows.append((*used, path.mean, path.std, path.min, path.max))
    return rows


def _bandwidths(modulations: Mapping[str, object]) -> Iterator[tuple[int, str]]:
    """The bandwidth classes among the keys, each as a number and as its key in the file."""
    return ((int(key), key) for key in modulations if is_number(key))
