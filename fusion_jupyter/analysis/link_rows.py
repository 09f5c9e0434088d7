"""Decode a results file to rows of the level ``"link"``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import msgspec

from fusion_jupyter.analysis.columns import NAN
from fusion_jupyter.analysis.result_files import decode
from fusion_jupyter.analysis.rows import Blocking, Context, Count, Number, Rows

_NO_LENGTHS: Mapping[tuple[str, str], float] = {}


class Usage(msgspec.Struct, gc=False):
    """Use of one link in the last saved iteration."""

    usage_count: Count
    throughput: Number = None
    slot_time: Number = None
    link_num: int | None = None


class _LinkFile(msgspec.Struct):
    iter_stats: dict[str, Blocking]
    link_usage: dict[str, Usage] | None = None


_decoder = msgspec.json.Decoder(_LinkFile)


def link_rows(context: Context, data: bytes) -> Rows:
    """One row per link, of the last saved iteration."""
    file = decode(_decoder, data)
    if not file.iter_stats or not file.link_usage:
        return []
    iteration = max(map(int, file.iter_stats))
    lengths = _lengths(context.network, context.directory or "")
    rows: Rows = []
    seen = set()
    ends = {key: _ends(key, file.link_usage) for key in file.link_usage}
    # If each direction has its own spectrum the two differ, and both are rows.
    used = {key: _used(usage) for key, usage in file.link_usage.items()}
    directed = any(
        used.get(f"{target}-{source}", used[key]) != used[key]
        for key, (source, target) in ends.items()
    )
    for key in file.link_usage:
        if key in seen and not directed:
            continue  # the other direction, which holds the same values
        source, target = ends[key]
        seen.add(f"{target}-{source}")
        length = lengths.get((source, target), NAN)
        rows.append((source, target, length, iteration, *used[key]))
    return rows


def _used(usage: Usage) -> tuple[Number, int, Number]:
    return usage.slot_time, usage.usage_count, usage.throughput


def _ends(key: str, links: Mapping[str, object]) -> tuple[str, str]:
    """Split ``source-target``; with hyphens in names, the split whose reverse exists too."""
    source, _, target = key.partition("-")
    if "-" in target:
        parts = key.split("-")
        for i in range(1, len(parts)):
            ends = "-".join(parts[:i]), "-".join(parts[i:])
            if f"{ends[1]}-{ends[0]}" in links:
                return ends
    return source, target


@lru_cache(maxsize=256)
def _lengths(network: str | None, directory: str) -> Mapping[tuple[str, str], float]:
    """Length in km by link, both directions; empty for an unknown network."""
    from fusion_jupyter.config.inputs import network_of_run

    if network is None:
        return _NO_LENGTHS
    try:
        links = network_of_run(directory, network).links
    except ValueError:
        return _NO_LENGTHS
    both = {(link.source, link.target): link.length for link in links}
    return {**{(b, a): length for (a, b), length in both.items()}, **both}
