"""The curves that `compare` compares: what tells them apart, their groups, who has no results."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from fusion_jupyter import arguments
from fusion_jupyter.analysis import incomplete
from fusion_jupyter.analysis.captions import option_columns, own_names, plain, reading
from fusion_jupyter.analysis.option_values import known
from fusion_jupyter.analysis.repeats import COLUMNS, point_keys, pooled_name
from fusion_jupyter.analysis.run_options import varying_options
from fusion_jupyter.manager.record import default_name
from fusion_jupyter.nearest import did_you_mean

if TYPE_CHECKING:
    import pandas as pd

    from fusion_jupyter.manager.record import RunRecord

#: Column with the key of a row's curve: the id of its run, or of the first of its repeats.
CURVE = "curve"
_MOST_NAMED = 5

Options = Mapping[str, Any]


@dataclass(frozen=True)
class Absent:
    """A curve of which no run has results.

    Attributes:
        name: Its name.
        status: Status of its run, in words.
        names: Ids and names of its runs.
        options: What distinguishes it.
        number: Its number among the runs.
    """

    name: str
    status: str
    names: frozenset[str]
    options: Options
    number: int

    @property
    def text(self) -> str:
        """Its name and why it has no results."""
        return f"{self.name} ({self.status})"

    def labelled(self, differing: Sequence[str]) -> Absent:
        """With a label like those of the other curves, if its user has not named it."""
        if not any(self.name == default_name(text) for text in self.names):
            return self
        known = [
            (name, value) for name in differing if (value := self.options.get(name)) is not None
        ]
        return replace(self, name=_text(known) or self.name)


@dataclass(frozen=True)
class Curves:
    """The curves of a comparison.

    Attributes:
        options: By key, in order, the options in which the curves differ.
        common: By key, what the curves of its group have in common; empty values without groups.
        labels: By key, the label.
        short: By key, the label inside its group.
        numbers: By key, the number of its first run among the runs.
        aliases: Key by run id, for runs that are repeats.
        absent: The curves without results.
        notes: Notes on the runs that are left out.
    """

    options: Mapping[Hashable, Options]
    common: Mapping[Hashable, Options]
    labels: Mapping[Hashable, str]
    short: Mapping[Hashable, str]
    numbers: Mapping[Hashable, int]
    aliases: Mapping[str, str]
    absent: tuple[Absent, ...]
    notes: tuple[str, ...]

    def in_groups(self) -> list[list[Hashable]]:
        """The keys by group; one list without groups."""
        found: dict[str, list[Hashable]] = {}
        for key, common in self.common.items():
            found.setdefault(str(common), []).append(key)
        return list(found.values())


def with_keys(frame: pd.DataFrame) -> pd.DataFrame:
    """Add the key of each row's curve: one for each point and process."""
    keys = point_keys(frame).astype(str)
    if "process" in frame.columns:
        several = frame.groupby("run_id", observed=True)["process"].transform("nunique") > 1
        keys = keys.where(~several, keys + " " + frame["process"].astype(str))
    return frame.assign(**{CURVE: keys})


def curves_of(
    frame: pd.DataFrame, records: Sequence[RunRecord], within: object, baseline: object
) -> Curves:
    """The curves of a frame.

    Args:
        frame: One row per iteration, from `with_keys`.
        records: The runs that were given; empty for a frame.
        within: See `fusion_jupyter.compare`.
        baseline: See `fusion_jupyter.compare`.

    Raises:
        ValueError: `within` is not what it can be, or there are fewer than two curves.
    """
    rows = frame.drop_duplicates(CURVE).to_dict("records")
    firsts = {row[CURVE]: {name: known(value) for name, value in row.items()} for row in rows}
    aliases = dict(frame.attrs.get("repeats", {}))
    absent, in_part = _without_results(set(frame["run_id"]), records, aliases)
    if len(firsts) < 2:
        raise ValueError(_too_few(len(firsts), frame, absent))
    columns = [name for name in option_columns(frame) if name not in COLUMNS]
    columns += [name for name in ("network",) if name in frame.columns]
    differing = [name for name in columns if _count(row[name] for row in firsts.values()) > 1]
    if len({row["run_id"] for row in firsts.values()}) < len(firsts):
        columns, differing = [*columns, "process"], [*differing, "process"]
    absent = tuple(each.labelled(differing) for each in absent)
    options = {key: {name: row[name] for name in differing} for key, row in firsts.items()}
    inside = _within(within, columns, options, baseline)
    common = {key: {name: row[name] for name in inside} for key, row in firsts.items()}
    labels, short = _labels(frame.drop_duplicates(CURVE), options, common)
    order = {record.id: number for number, record in enumerate(records)}
    first_run = {key: aliases.get(row["run_id"], row["run_id"]) for key, row in firsts.items()}
    numbers = {key: order.get(run_id, 0) for key, run_id in first_run.items()}
    found = Curves(options, common, labels, short, numbers, aliases, absent, ())
    alone = [labels[keys[0]] for keys in found.in_groups() if len(keys) == 1]
    if len(alone) == len(labels):
        raise ValueError(
            f"within is {within!r}, but no two runs are equal in {', '.join(inside)}; allowed: "
            f"options of which several runs have the same, of: {', '.join(differing)}"
        )
    left_out = _some([each.text for each in absent])
    there = set(frame["run_id"])
    lacking = frame.attrs.get("lacking_loads", ())
    part = [each for each in incomplete.incomplete(records, lacking) if each.id in there]
    some = [f"{each.name} ({incomplete.reason(each).lower()})" for each in part]
    notes = [
        f"Left out, without results: {left_out}." if absent else "",
        *(f"{text}." for text in in_part),
        f"With a part of the results: {_some(some)}." if some else "",
        f"Nothing to compare with: {_some(alone)}." if alone else "",
    ]
    return replace(found, notes=tuple(filter(None, notes)))


def _count(values: Any) -> int:
    return len({str(value) for value in values})


def _some(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - _MOST_NAMED} more" if len(texts) > _MOST_NAMED else ""
    return f"{'; '.join(texts[:_MOST_NAMED])}{more}"


def _too_few(count: int, frame: pd.DataFrame, absent: Sequence[Absent]) -> str:
    runs = frame["run_id"].nunique()
    if count == 1 and runs > 1:
        return (
            f"the {runs} runs are repeats of one point, which differ only in their seeds; needed: "
            "two or more different ones"
        )
    there = "is 1 run" if count == 1 else f"are {count} runs"
    if not absent:
        return f"there {there} to compare; needed: two or more different ones"
    return (
        f"there {there} with results to compare; needed: two or more different ones. Without "
        f"results: {_some([each.text for each in absent])}"
    )


def _without_results(
    there: set[str], records: Sequence[RunRecord], aliases: Mapping[str, str]
) -> tuple[tuple[Absent, ...], list[str]]:
    """The curves without results, and notes on those of which only some runs have any."""
    missing = [number for number, each in enumerate(records) if each.id not in there]
    if not missing:
        return (), []
    options = {**varying_options(list(records)), "network": [each.network for each in records]}
    points: dict[str, list[int]] = {}
    for number in missing:
        points.setdefault(aliases.get(records[number].id, records[number].id), []).append(number)
    absent, in_part = [], []
    for key, numbers in points.items():
        record = records[numbers[0]]
        name = pooled_name(record.name)
        runs = [each for each in records if aliases.get(each.id, each.id) == key]
        if any(run.id in there for run in runs):
            in_part.append(f"{name}: {len(numbers)} of {len(runs)} repeats have no results")
            continue
        values = {each: found[numbers[0]] for each, found in options.items() if each not in COLUMNS}
        names = {text for run in runs for text in (run.id, run.name)}
        status = record.status.value.lower()
        absent.append(Absent(name, status, frozenset(names), values, numbers[0]))
    return tuple(absent), in_part


def _within(
    wanted: object, columns: Sequence[str], options: Mapping[Hashable, Options], baseline: object
) -> list[str]:
    """The options in which the runs of a group are equal."""
    if wanted is None:
        networks = [str(each["network"]) for each in options.values() if "network" in each]
        by_options = baseline is None or (
            isinstance(baseline, Mapping) and "network" not in baseline
        )
        # Several runs of one network: a comparison across networks would say little.
        return ["network"] if by_options and len(set(networks)) < len(networks) else []
    names = [wanted] if isinstance(wanted, str) else arguments.as_tuple(wanted)
    if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) for name in names):
        raise arguments.refuse("within", wanted, "the name of an option, or a list of names")
    for name in names:
        if name not in columns:
            raise ValueError(
                f"within is {wanted!r}; allowed: options of the runs: {', '.join(columns)}"
                f"{did_you_mean(name, columns)}"
            )
    return list(names)


def _labels(
    firsts: pd.DataFrame,
    options: Mapping[Hashable, Options],
    common: Mapping[Hashable, Options],
) -> tuple[dict[Hashable, str], dict[Hashable, str]]:
    """The label of each curve: the user's name, else what tells it from the others.

    Returns:
        The labels, and those inside a group, without what its curves have in common.
    """
    names = own_names(firsts)
    if len(names) == len(options):
        named: dict[Hashable, str] = {
            row[CURVE]: names[row["run_id"]] for _, row in firsts.iterrows()
        }
        return named, named
    short, labels = {}, {}
    for key, own in options.items():
        inside = [item for item in own.items() if item[0] not in common[key]]
        short[key] = _text(inside)
        labels[key] = ", ".join(filter(None, (_text(common[key].items()), short[key])))
    if len(set(labels.values())) == len(labels):
        return labels, short
    run = {key: f"run {str(key)[:6]}" for key in options}
    return (
        {key: ", ".join(filter(None, (label, run[key]))) for key, label in labels.items()},
        {key: ", ".join(filter(None, (label, run[key]))) for key, label in short.items()},
    )


def _text(options: Any) -> str:
    return ", ".join(plain(reading(*option)) for option in options)
