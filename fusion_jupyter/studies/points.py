"""The points of a sweep: a grid of options, or explicit rows."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from fusion_jupyter.config import inputs, network_data, schema
from fusion_jupyter.config.user_options import (
    ARGUMENTS,
    MODULATION_FORMATS,
    is_option,
    to_text,
    unknown,
)
from fusion_jupyter.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

#: Values of the varied options at one point, by the name used by the user.
Point: TypeAlias = dict[str, Any]

#: More points than this are a mistake (a product of long lists), not a study on one machine.
MOST_POINTS = 100_000

#: What the record of a search for a load says of each probe, beside its configuration.
PROBE_PARAMETERS = frozenset({"erlang", "iterations"})

#: The columns of a frame of points, beside those of the parameters.
RUN_COLUMNS = [
    "repeat",
    "run_id",
    "status",
    "started_at",
    "completed_at",
    "duration_seconds",
    "error_message",
]


def expand(
    over: Mapping[str, Iterable[object]] | None,
    points: Iterable[Mapping[str, object]] | pd.DataFrame | None,
    known: Iterable[Point] = (),
) -> list[Point]:
    """List the points of a sweep in execution order.

    Args:
        over: Values by option name: every combination is a point, the last option varies fastest.
        points: Explicit points: mappings of option name to value, or a DataFrame with one row per
            point and one column per option.
        known: Points that the sweep has already; a network that they have keeps its name.

    Returns:
        One mapping for each point, all with the same names.

    Raises:
        ValueError: Neither or both are given, one is empty, a point occurs twice, or the points do
            not set the same options.

    Example:
        >>> expand({"k_paths": [1, 3], "network": ["NSFNet"]}, None)
        [{'k_paths': 1, 'network': 'NSFNet'}, {'k_paths': 3, 'network': 'NSFNet'}]
    """
    if over is not None and not over:
        raise ValueError("over is empty; allowed: values by option name, {'k_paths': [1, 3]}")
    if (over is None) == (points is None):
        raise ValueError(
            "over and points: allowed: exactly one of them, over={'k_paths': [1, 3]} for a grid, "
            "or points=[{'k_paths': 1}, {'k_paths': 3}]"
        )
    found = _grid(over) if over is not None else _rows(points)
    if not found:
        raise ValueError("the sweep has no points; allowed: at least one")
    if len(found) > MOST_POINTS:
        raise ValueError(f"the sweep has {len(found):,} points; allowed: up to {MOST_POINTS:,}")
    _check_same_names(found)
    _check_names(found[0])
    _check_distinct(found)
    return _with_distinct_networks(found, known)


def as_data(name: str, value: object) -> Any:
    """A value of an option as JSON data, which gives the same run as the value.

    Args:
        name: The option's name.
        value: Its value; also a networkx graph for a network, a path, or a NumPy number.

    Raises:
        ValueError: An option cannot have a value of this type, or it is no network.

    Example:
        >>> as_data("network", [("A", "B", 100)])
        [['A', 'B', 100]]
    """
    try:
        return _plain(network_data.to_data(value) if _is_network(name) else value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: {error}") from None


def _plain(value: object) -> Any:
    if hasattr(value, "item") and not isinstance(value, (str, bytes)):
        value = value.item()
    if isinstance(value, str):
        return str(value)  # also one of NumPy
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    raise TypeError(
        f"it is {str(value)[:60]}, a {type(value).__name__}; allowed: a number, a text, True, "
        "False, None, a path, a list or a mapping"
    )


def options_as_data(options: Mapping[str, object]) -> dict[str, Any]:
    """The options shared by all points as JSON data; see `as_data`."""
    return {name: as_data(name, value) for name, value in options.items()}


def _whole(value: Any) -> Any:
    """Data in which whole numbers have no decimal point: a frame turns integers into floats."""
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, dict):
        return {key: _whole(inner) for key, inner in value.items()}
    return [_whole(inner) for inner in value] if isinstance(value, list) else value


def _is_network(name: str) -> bool:
    return str(name).rpartition(".")[2] == "network"


def files_of(point: Point) -> set[tuple[str, str]]:
    """The options of a point whose content is in a file, with the file's name, or a network's."""
    return {
        (name, value)
        for name, value in point.items()
        if isinstance(value, str) and _names_file(name)
    }


def are_probes(names: Iterable[str]) -> bool:
    """Whether points with these parameters are the probes of a search for a load.

    No other points have them, because they are no options.
    """
    return set(names) >= PROBE_PARAMETERS


def _names_file(name: str) -> bool:
    option = schema.find(name)
    is_path = option is not None and option.kind.name == "path"
    return is_path or name == MODULATION_FORMATS or _is_network(name)


def describe(point: Point) -> str:
    """A point in words, for names and messages.

    Example:
        >>> describe({"k_paths": 3, "network": "NSFNet"})
        'k_paths = 3, network = NSFNet'
    """
    return ", ".join(f"{name} = {_short(shown(name, value))}" for name, value in point.items())


def shown(name: str, value: object) -> Any:
    """A value as it is shown: a network given by its links has the name that it has in its run.

    Args:
        name: The option's name.
        value: Its value.
    """
    if isinstance(value, (list, dict)) and _is_network(name):
        return _network_name(json.dumps(value))
    return value


@lru_cache(maxsize=256)
def _network_name(text: str) -> str:
    data = json.loads(text)
    try:
        name, network, _ = network_data.from_data(
            {"links": data} if isinstance(data, list) else data
        )
        return inputs.topology_input(name, network).label
    except (TypeError, ValueError):
        return text  # the check of the options explains what is wrong


def cell(name: str, value: object) -> Any:
    """A value that fits a column of a frame: containers become JSON text, networks their name.

    Example:
        >>> cell("request_distribution", {"100": 1.0})
        '{"100": 1.0}'
    """
    value = shown(name, value)
    return json.dumps(value, sort_keys=True) if isinstance(value, (dict, list)) else value


def key(point: Point) -> str:
    """A text that is identical for points with equal values, in any order of names.

    Example:
        >>> key({"k_paths": "3"}) == key({"k_paths": 3})
        True
    """
    texts = {
        name: value if isinstance(value, (dict, list)) else to_text(value)
        for name, value in point.items()
    }
    return json.dumps(texts, sort_keys=True)


def _grid(over: Mapping[str, Iterable[object]]) -> list[Point]:
    if not isinstance(over, Mapping):
        raise ValueError(f"over is {over!r}; allowed: a mapping of option name to a list of values")
    axes: list[list[Any]] = []
    for name, values in over.items():
        one = isinstance(values, (str, bytes, Mapping)) or network_data.is_graph(values)
        if one or not isinstance(values, Iterable):
            raise ValueError(f"over[{name!r}] is {values!r}; allowed: a list of values")
        axis = [_value(name, value) for value in values]
        if not axis:
            raise ValueError(f"over[{name!r}] is empty; allowed: at least one value")
        axes.append(axis)
    if math.prod(map(len, axes)) > MOST_POINTS:
        raise ValueError(
            f"the sweep has {math.prod(map(len, axes)):,} points; allowed: up to {MOST_POINTS:,}"
        )
    return [dict(zip(over, values, strict=True)) for values in itertools.product(*axes)]


def _rows(points: Any) -> list[Point]:
    if hasattr(points, "to_dict") and hasattr(points, "columns"):
        points = points.to_dict(orient="records")
    if isinstance(points, (str, bytes, Mapping)) or not isinstance(points, Iterable):
        raise ValueError(f"points is {points!r}; allowed: a list of mappings, or a DataFrame")
    found = []
    for number, row in enumerate(points):
        if not isinstance(row, Mapping) or not row:
            raise ValueError(
                f"points[{number}] is {row!r}; allowed: a mapping of option name to value"
            )
        found.append({str(name): _value(str(name), value) for name, value in row.items()})
    return found


def _value(name: str, value: object) -> Any:
    return _whole(as_data(name, value))


def _check_same_names(points: Sequence[Point]) -> None:
    names = set(points[0])
    for number, point in enumerate(points):
        if set(point) != names:
            odd = sorted(names ^ set(point))
            raise ValueError(
                f"points[{number}] ({describe(point)}) differs from the first in the options that "
                f"it sets: {', '.join(odd)}; allowed: the same options at each point"
            )


def _check_names(point: Point) -> None:
    for name in point:
        if name in ARGUMENTS:
            raise ValueError(
                f"{name} is not an option and cannot vary within a sweep; allowed: options. Start "
                f"one sweep for each {name}"
            )
        if not is_option(name):
            raise ConfigError({name: unknown(name)})


def _check_distinct(points: Sequence[Point]) -> None:
    seen: dict[str, int] = {}
    for number, point in enumerate(points):
        first = seen.setdefault(key(point), number)
        if first != number:
            raise ValueError(
                f"points {first} and {number} are the same ({describe(point)}); allowed: each "
                "point once. Use repeats= for independent repetitions"
            )


def _with_distinct_networks(points: Sequence[Point], known: Iterable[Point]) -> list[Point]:
    """The points, in which no two networks have one label, such as a graph and its changed copy."""
    earlier = [data for point in known for data in _named_networks(point).values()]
    named = [data for point in points for data in _named_networks(point).values()]
    contents: dict[str, set[str]] = {}
    for data in (*earlier, *named):
        contents.setdefault(inputs.network_label(data["name"]), set()).add(_content(data))
    if not named:
        return list(points)
    kept = {(data["name"], _content(data)) for data in earlier}

    def apart(data: Any) -> Any:
        name, content = data["name"], _content(data)
        longer = f"{name}-{hashlib.sha256(content.encode()).hexdigest()[:6]}"
        alone = len(contents[inputs.network_label(name)]) == 1
        if (longer, content) not in kept and (alone or (name, content) in kept):
            return data
        return {**data, "name": longer}

    return [
        {**point, **{name: apart(data) for name, data in _named_networks(point).items()}}
        for point in points
    ]


def _content(data: Mapping[str, Any]) -> str:
    """What distinguishes a network from another one, whatever its name."""
    return json.dumps({**data, "name": None}, sort_keys=True)


def _named_networks(point: Point) -> dict[str, Any]:
    return {
        name: value
        for name, value in point.items()
        if _is_network(name) and isinstance(value, dict) and value.get("name")
    }


def _short(value: object) -> str:
    text = json.dumps(value) if isinstance(value, (dict, list)) else str(value)
    return text if len(text) <= 60 else text[:57] + "…"
