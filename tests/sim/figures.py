"""The figures of an iteration that must be FUSION's too, taken from an output file's content."""

from __future__ import annotations

from typing import Any

Figures = dict[str, Any]


def figures(load: dict[str, Any], iteration: dict[str, Any]) -> Figures:
    """Take the figures out of the records of a load and of one of its iterations.

    Not among them, because they differ on purpose: bit-rate blocking, reasons of blocking, route
    times, path lengths by band and format (where routing looks at the state of the network, FUSION
    has its score there), and what FUSION notes of crosstalk and noise.
    """
    weights, used = iteration["weights_dict"], iteration["mods_used_dict"]
    bands = [band for band in "clsoe" if any(band in entry for entry in used.values())]
    return {
        "cores": list(iteration["cores_dict"].values()),
        "ranks": iteration["path_index_list"],
        "blocked": iteration["block_bw_dict"],
        "spreads": {
            name: [iteration[f"{name}_{key}"] for key in ("mean", "min", "max")]
            for name in ("trans", "hops", "lengths")
        },
        "weights": {
            gbps: {name: _spread(spread) for name, spread in formats.items() if _spread(spread)}
            for gbps, formats in weights.items()
        },
        "used": {gbps: {name: used[gbps][name] for name in formats if used[gbps][name]}
                 for gbps, formats in weights.items()},
        "bands": {
            name: {
                band: [entry[band], _spread(entry["hop"][band])]
                for band in bands
                if entry[band]
            }
            for name, entry in used.items()
            if name not in weights
        },
        "links": {
            name: [use["usage_count"], round(use["throughput"], 3), use["link_num"]]
            for name, use in load["link_usage"].items()
        },
    }  # fmt: skip


def _spread(spread: dict[str, float | None]) -> list[float] | None:
    """Return mean, deviation, least and greatest; None where there are no values."""
    values = [spread.get(key) for key in ("mean", "std", "min", "max")]
    return None if values[0] is None else [value or 0.0 for value in values]


def differences(ours: Any, theirs: Any, where: str = "") -> list[str]:
    """List where figures differ; numbers may differ in the last digits of a sum."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        keys = dict.fromkeys([*ours, *theirs])
        return [
            difference
            for key in keys
            for difference in differences(ours.get(key), theirs.get(key), f"{where}.{key}")
        ]
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = enumerate(zip(ours, theirs, strict=True))
        return [text for place, pair in pairs for text in differences(*pair, f"{where}[{place}]")]
    numbers = isinstance(ours, int | float) and isinstance(theirs, int | float)
    if numbers and abs(ours - theirs) <= 1e-9 * max(abs(ours), abs(theirs)) + 0.0011 * (
        "links" in where
    ):
        return []
    return [] if ours == theirs else [f"{where}: {ours} instead of {theirs}"]
