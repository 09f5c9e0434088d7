"""The options set by a user: names become locations, Python values become INI text."""

from __future__ import annotations

import json
import math
import numbers
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeGuard

from fusion_jupyter.config import coordinates, inputs, network_data, schema, topology_formats
from fusion_jupyter.config.locations import FORMATS, NETWORK, SHARES, TABLE
from fusion_jupyter.config.modulation import BUILT_IN
from fusion_jupyter.config.topologies import NETWORK_NAMES
from fusion_jupyter.nearest import nearest
from fusion_jupyter.storage import layout

#: Not a FUSION option: a modulation table as a mapping or a file.
MODULATION_FORMATS = "modulation_formats"
#: The arguments that stand beside the options, and whose they are.
_EVERYWHERE = "start and sweep"
ARGUMENTS = {
    **dict.fromkeys(("template", "name", "simulator", "engine", "engine_options"), _EVERYWHERE),
    **dict.fromkeys(("tags", "overrides"), _EVERYWHERE),
    **dict.fromkeys(("command", "progress", "reuse"), "start"),
    **dict.fromkeys(("over", "points"), "sweep and find_load"),
    **dict.fromkeys(("repeats", "max_concurrent", "budget", "dry_run"), "sweep"),
}
_LOADS = ("erlang_start", "erlang_stop", "erlang_step")
#: Options by what else the field calls them.
_OTHER_WORDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("load", "loads", "erlang", "erlangs", "traffic_load"), _LOADS),
    **dict.fromkeys(("iterations", "num_iterations", "replications"), ("max_iters",)),
    **dict.fromkeys(("topology", "graph"), ("network",)),
    **dict.fromkeys(("requests", "arrivals", "connections"), ("num_requests",)),
    **dict.fromkeys(("slots", "num_slots", "spectrum_slots", "fsu"), ("c_band",)),
    **dict.fromkeys(("k", "ksp", "candidate_paths"), ("k_paths",)),
    **dict.fromkeys(("cores", "num_cores"), ("cores_per_link",)),
    **dict.fromkeys(("modulation", "modulations"), ("mod_assumption", MODULATION_FORMATS)),
    **dict.fromkeys(("routing", "routing_algorithm"), ("route_method",)),
    **dict.fromkeys(("guard_band", "guardband"), ("guard_slots",)),
    **dict.fromkeys(("bandwidths", "bit_rates", "traffic"), ("request_distribution",)),
}
#: The name of such a mapping's table, and of its file.
_OWN_TABLE = "OWN"
_OWN_FILE = "modulation_formats.json"


class UserOptions:
    """The options set by a user.

    Args:
        options: Option name, or ``section.key``, to value.

    Attributes:
        texts: (section, name) -> text.
        names: (section, name) -> the name used by the user.
        files: Texts by name of files to copy that are not on disk.
        problems: Name used by the user -> error message.
        open_shares: Whether unused bandwidth classes may be omitted.
    """

    def __init__(self, options: Mapping[str, object]) -> None:
        self.texts: dict[tuple[str, str], str] = {}
        self.names: dict[tuple[str, str], str] = {}
        self.files: dict[str, str] = {}
        self.problems: dict[str, str] = {}
        self.open_shares = False
        for name, value in options.items():
            try:
                self._parse(name, value)
            except (TypeError, ValueError) as error:
                self.problems[name] = f"{name}: {error}"

    def _parse(self, name: str, value: object) -> None:
        if name == MODULATION_FORMATS:
            self._parse_formats(name, value)
            return
        option = schema.find(name)
        if option is None:
            self.problems[name] = unknown(name)
            return
        if option.kind.name in ("text", "path"):
            _require_finite(value)
        if option.location == NETWORK:
            text = self._network(value)
        elif option.kind.name == "path" and _is_file(value):
            text = _absolute(value)
        else:
            text = to_text(value)
        self.open_shares |= option.location == SHARES and isinstance(value, Mapping)
        self._set(option.location, text, name)
        for copy, home in schema.SECOND_HOMES.items():
            if option.location in (copy, home):
                self._set(copy, text, name)
                self._set(home, text, name)

    def _set(self, location: tuple[str, str], text: str, name: str) -> None:
        if not text.isprintable():
            raise ValueError(f"{text!r} has characters that cannot be printed; allowed: one line")
        if self.texts.get(location, text) != text:
            raise ValueError(
                f"it is {text!r}, and {self.texts[location]!r} by the name {self.names[location]}; "
                "allowed: one of the two"
            )
        self.texts[location] = text
        self.names[location] = name

    def _network(self, value: object) -> str:
        if isinstance(value, str | os.PathLike):
            if value not in NETWORK_NAMES and _is_file(value):
                return _absolute(value)
            return os.fspath(value)
        positions = None
        data = network_data.to_data(value)
        if isinstance(data, Mapping):
            label, network, positions = network_data.from_data(data)
        elif isinstance(data, (list, tuple)) and data and all(isinstance(x, str) for x in data):
            raise TypeError(
                f"{list(data)} are {len(data)} networks; allowed: one of them, or all in a sweep: "
                "fusion_jupyter.sweep(over={'network': [...]})"
            )
        elif isinstance(data, Iterable):
            network = topology_formats.from_links(data)
            label = topology_formats.name_by_content(network)
        else:
            raise TypeError(
                f"{str(value)[:60]} is not a network; allowed: a name, a file, a networkx graph, a "
                "list of links (source, target, length in km)"
            )
        topology = inputs.topology_input(label, network, coordinates.to_text(positions))
        self.files.update(topology.files)
        return topology.label

    def _parse_formats(self, name: str, value: object) -> None:
        if isinstance(value, str) and value in BUILT_IN:
            self._set(TABLE, value, name)
            return
        if isinstance(value, Mapping):
            self.files[_OWN_FILE] = json.dumps({_OWN_TABLE: _as_table(value)}, indent=1) + "\n"
            self._set(FORMATS, f"{layout.INPUT_FOLDER}/{_OWN_FILE}", name)
            self._set(TABLE, _OWN_TABLE, name)
        elif _is_file(value):
            path = _absolute(value)
            self._set(FORMATS, path, name)
            if (table := _only_table(path)) is not None:
                self._set(TABLE, table, name)
        else:
            raise ValueError(
                f"{value!r} is neither a mapping nor a file; allowed: "
                '{"100": {"QPSK": (reach in km, slots)}}, or the path of a JSON file'
            )


def changed(options: Mapping[str, object], changes: Mapping[str, object]) -> dict[str, object]:
    """Options with some of them changed, whether they are given by name or by ``section.key``.

    Example:
        >>> changed({"embedded_settings.first_seed": 5, "k_paths": 3}, {"first_seed": 9})
        {'k_paths': 3, 'first_seed': 9}
    """
    twice = same_options(options, changes)
    return {**{name: value for name, value in options.items() if name not in twice}, **changes}


def same_options(names: Iterable[str], others: Iterable[str]) -> list[str]:
    """Those of the names that mean an option of the others, however each is spelled.

    Example:
        >>> same_options(["k_paths", "c_band"], ["routing_settings.k_paths"])
        ['k_paths']
    """
    known = set(map(_location, others))
    return [name for name in names if _location(name) in known]


def _location(name: str) -> object:
    option = schema.find(name)
    return name if option is None else option.location


def to_text(value: object) -> str:
    """A Python value as spelled in FUSION's files: ``None``, ``True``, numbers, JSON for a mapping.

    Raises:
        TypeError: A value of another type.

    Example:
        >>> to_text({"100": 1.0})
        '{"100": 1.0}'
    """
    if isinstance(value, Mapping):
        return json.dumps({str(key): _plain(share) for key, share in value.items()})
    if value is None or isinstance(value, str | bool | int | float):
        return str(value).strip()
    if isinstance(value, os.PathLike):
        return str(os.fspath(value))
    if hasattr(value, "item"):  # a NumPy number
        return to_text(value.item())
    several = "; several values are a sweep: fusion_jupyter.sweep(over=...)"
    raise TypeError(
        f"it is {str(value)[:60]}, a {type(value).__name__}; allowed: a number, a text, True, "
        f"False, None or a mapping{several if isinstance(value, (list, tuple, range, set)) else ''}"
    )


def _require_finite(value: object) -> None:
    """Refuse NaN and infinity where any word is allowed, because they would become words.

    Raises:
        ValueError: The value is one of them.
    """
    number = _plain(value) if isinstance(value, numbers.Real) else value
    if isinstance(number, float) and not math.isfinite(number):
        empty = "; an empty cell of a table is nan" if math.isnan(number) else ""
        raise ValueError(f"it is {number}; allowed: a text, or None{empty}")


def _plain(value: Any) -> object:
    return value.item() if hasattr(value, "item") else value


def is_option(name: str) -> bool:
    """Whether a user may set an option of this name."""
    return name == MODULATION_FORMATS or schema.find(name) is not None


def unknown(name: str) -> str:
    """The message for an unknown option name, with the nearest known ones."""
    if name in ARGUMENTS:
        return f"{name} is not an option, but an argument of fusion_jupyter.{ARGUMENTS[name]}"
    known = {schema.short_name(option): None for option in schema.OPTIONS.values()}
    known |= {f"{option.section}.{option.name}": None for option in schema.OPTIONS.values()}
    close = nearest(name, [*known, MODULATION_FORMATS, *ARGUMENTS])
    close = [*_OTHER_WORDS.get(str(name).lower(), close)]
    meant = close[:1] if close and close[0] in ARGUMENTS else []
    close = meant or [each for each in close if each not in ARGUMENTS]
    if close:
        return f"{name} is not an option; did you mean {' or '.join(close)}?"
    section = str(name).rpartition(".")[0]
    own = [option.name for option in schema.OPTIONS.values() if option.section == section]
    if own:
        return f"{name} is not an option; [{section}] has: {', '.join(own)}"
    return f"{name} is not an option; allowed: see fusion_jupyter.options()"


def _is_file(value: object) -> TypeGuard[str | os.PathLike[str]]:
    try:
        return isinstance(value, str | os.PathLike) and Path(value).expanduser().is_file()
    except (OSError, RuntimeError, ValueError):  # too long, an unknown user, a NUL
        return False


def _absolute(value: str | os.PathLike[str]) -> str:
    return os.fspath(Path(value).expanduser().absolute())


def _as_table(value: Mapping[Any, Any]) -> dict[str, dict[str, object]]:
    """A modulation table as spelled in FUSION's files; reading it reports its errors."""
    return {
        str(bandwidth): {str(name): _as_entry(entry) for name, entry in formats.items()}
        if isinstance(formats, Mapping)
        else formats
        for bandwidth, formats in value.items()
    }


def _as_entry(entry: Any) -> object:
    if isinstance(entry, Mapping):
        reach = entry.get("max_length", entry.get("reach", entry.get("reach_km")))
        slots = entry.get("slots_needed", entry.get("slots"))
    elif isinstance(entry, tuple | list) and len(entry) == 2:
        reach, slots = entry
    else:
        return entry
    return {"max_length": _plain(reach), "slots_needed": _plain(slots)}


def _only_table(path: str) -> str | None:
    """The name of the only table in a file."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return None  # reported when the file is read
    pairs = content.items() if isinstance(content, dict) else ()
    tables = [name for name, table in pairs if isinstance(table, dict)]
    return tables[0] if len(tables) == 1 else None
