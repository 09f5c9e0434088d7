"""The baseline of each group of compared curves."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from fusion_jupyter.nearest import did_you_mean
from fusion_jupyter.studies.compared_curves import Absent, Curves


def baselines_of(curves: Curves, wanted: Any) -> dict[Hashable, Hashable]:
    """The key of its baseline for each curve.

    Args:
        curves: The curves.
        wanted: As for `fusion_jupyter.compare`.

    Raises:
        ValueError: The baseline has no results, or is none or several of the curves of a group.
    """
    run_id = getattr(wanted, "id", None)
    wanted = run_id if isinstance(run_id, str) else wanted
    found: dict[Hashable, Hashable] = {}
    for keys in curves.in_groups():
        common = curves.common[keys[0]]
        absent = [
            each
            for each in curves.absent
            if all(str(each.options.get(name)) == str(value) for name, value in common.items())
        ]
        if len(keys) == 1 and len(curves.common) > 1 and common:
            continue  # nothing to compare it with
        found |= dict.fromkeys(keys, _one_of(keys, wanted, curves, absent))
    return found


def _one_of(
    keys: list[Hashable], wanted: Any, curves: Curves, absent: Sequence[Absent]
) -> Hashable:
    """The baseline of a group."""
    if wanted is None:
        earlier = [each for each in absent if each.number < curves.numbers[keys[0]]]
        if earlier:
            raise _no_results("the first run is the baseline", earlier, keys, curves)
        return keys[0]
    here = f"baseline is {wanted!r}"
    if isinstance(wanted, Mapping):
        found = [key for key in keys if _has(curves.options[key], wanted)]
        useless = [each for each in absent if _has(each.options, wanted)]
    else:
        wanted = curves.aliases.get(wanted, wanted) if isinstance(wanted, str) else wanted
        found = [key for key in keys if wanted in (key, curves.labels[key], curves.short[key])]
        useless = [each for each in absent if wanted in each.names]
    if len(found) == 1:
        return found[0]
    if not found and useless:
        raise _no_results(here, useless, keys, curves)
    if isinstance(wanted, Mapping):
        raise ValueError(f"{here}{_why_not_one(wanted, keys, found, curves)}")
    how_many = f"{len(found)} of them" if found else "none of them"
    names = ", ".join(f"{key} ({curves.labels[key]})" for key in keys)
    raise ValueError(f"{here}, which is {how_many}; allowed: one of {names}")


def _has(options: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return all(name in options and options[name] == value for name, value in wanted.items())


def _no_results(
    here: str, useless: Sequence[Absent], keys: list[Hashable], curves: Curves
) -> ValueError:
    texts = "; ".join(each.text for each in useless[:1])
    others = ", ".join(curves.labels[key] for key in keys)
    return ValueError(
        f"{here}, but has no results: {texts}; allowed: baseline= one of those with results, "
        f"{others}"
    )


def _why_not_one(
    wanted: Mapping[str, object],
    keys: Sequence[Hashable],
    found: Sequence[Hashable],
    curves: Curves,
) -> str:
    names = list(curves.options[keys[0]])
    unknown = [name for name in wanted if name not in names]
    if unknown:
        return (
            f": the runs do not differ in {', '.join(map(str, unknown))}; allowed: "
            f"{', '.join(names)}{did_you_mean(str(unknown[0]), names)}"
        )
    common = curves.common[keys[0]]
    if not found:
        values = {name: dict.fromkeys(curves.options[key][name] for key in keys) for name in wanted}
        which = "; ".join(f"{name}: {', '.join(map(str, each))}" for name, each in values.items())
        group = "".join(f", of those with {name} = {value}" for name, value in common.items())
        return f", which no run has{group}; allowed: options of one of them, of {which}"
    rest = [name for name in names if name not in wanted and name not in common]
    one = {**wanted, **{name: curves.options[found[0]][name] for name in rest}}
    inside = [*common, *rest]
    given = repr(inside[0]) if len(inside) == 1 else repr(inside)
    return (
        f", which {len(found)} runs have; allowed: options that only one has, such as {one}. To "
        f"compare within equal {' and '.join(inside)}: within={given}"
    )
