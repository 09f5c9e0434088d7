"""Reach and spectrum width of each bandwidth class and modulation format.

A format with more bits per symbol needs fewer slots but has a shorter reach. The tables of FUSION's
own file are built in, for configurations that name that file without FUSION being installed; any
other file is read.
"""

from __future__ import annotations

import json
import math
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    #: Modulation format -> (reach in km, spectrum in slots).
    Formats: TypeAlias = Mapping[str, tuple[float, int]]
    #: Bandwidth class in Gb/s -> its formats.
    Table: TypeAlias = Mapping[str, Formats]

#: As many as a band may have.
_MOST_SLOTS = 1_000_000
#: Bandwidth class in Gb/s -> modulation format -> (reach in km, spectrum in slots of 12.5 GHz).
DEFAULT_FORMATS: Table = {
    "25": {"QPSK": (22160, 1), "16-QAM": (9500, 1), "64-QAM": (3664, 1)},
    "50": {"QPSK": (11080, 2), "16-QAM": (4750, 1), "64-QAM": (1832, 1)},
    "100": {"QPSK": (5540, 4), "16-QAM": (2375, 2), "64-QAM": (916, 2)},
    "200": {"QPSK": (2770, 8), "16-QAM": (1187, 4), "64-QAM": (458, 3)},
    "400": {"QPSK": (1385, 16), "16-QAM": (594, 8), "64-QAM": (229, 6)},
}
#: The same for fibres with crosstalk between cores.
CROSSTALK_FORMATS: Table = {
    "50": {"QPSK": (10380, 2), "16-QAM": (4648, 1), "64-QAM": (1752, 1)},
    "100": {"QPSK": (5190, 3), "16-QAM": (2324, 2), "64-QAM": (876, 1)},
    "200": {"QPSK": (2595, 5), "16-QAM": (1162, 3), "64-QAM": (438, 2)},
    "400": {"QPSK": (1298, 10), "16-QAM": (581, 5), "64-QAM": (219, 4)},
}
#: Reaches so long that the signal-to-noise ratio alone decides; each lightpath takes one slot.
SNR_FORMATS: Table = {
    str(bandwidth): {
        "BPSK": (40660, 1), "QPSK": (40670, 1), "8-QAM": (40800, 1),
        "16-QAM": (41000, 1), "32-QAM": (41210, 1), "64-QAM": (41460, 1),
    }
    for bandwidth in (100, 200, 300, 400, 500, 600)
}  # fmt: skip
#: The tables of FUSION's file, by name.
BUILT_IN: Mapping[str, Table] = {
    "DEFAULT": DEFAULT_FORMATS,
    "SNR_ASSUMPTIONS": SNR_FORMATS,
    "XTAR_ASSUMPTIONS": CROSSTALK_FORMATS,
}

#: The formats that FUSION looks up by name when it tries a single format on a path.
NAMED = ("QPSK", "16-QAM", "64-QAM")
#: Maximum size of a file of modulation tables.
MOST_BYTES = 10_000_000


def parse_formats(text: str, table: str) -> Table:
    """Read a modulation table from the text of a JSON file.

    The file holds ``{table: {bandwidth: {format: {"max_length": km, "slots_needed": n}}}}``.

    Args:
        text: The file's content.
        table: The name of the table in it (``mod_assumption`` in a configuration).

    Returns:
        A mapping of the same shape as :data:`DEFAULT_FORMATS`, in the file's order.

    Raises:
        LookupError: There is no such table; the message lists the existing ones.
        ValueError: It is not JSON, or the table's layout is wrong.

    Example:
        >>> parse_formats('{"A": {"50": {"QPSK": {"max_length": 9, "slots_needed": 2}}}}', "A")
        {'50': {'QPSK': (9.0, 2)}}
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is not JSON: {error}") from None
    if not isinstance(content, dict) or not isinstance(content.get(table), dict):
        tables = content.items() if isinstance(content, dict) else ()
        known = [str(name) for name, value in tables if isinstance(value, dict)]
        raise LookupError(f"the file has no table {table!r}; it has: {', '.join(known) or 'none'}")
    return {
        _bandwidth(bandwidth): _formats(bandwidth, formats)
        for bandwidth, formats in content[table].items()
    }


def _bandwidth(name: str) -> str:
    if not name.isdecimal() or str(int(name)) != name or name == "0":
        raise ValueError(f"its bandwidth class {name!r} is not a whole number of Gb/s, 1 or more")
    return name


def _formats(bandwidth: str, formats: object) -> Formats:
    if not isinstance(formats, dict) or not formats:
        raise ValueError(f"its bandwidth class {bandwidth!r} has no formats")
    found = {}
    for name, entry in formats.items():
        if name.strip().isdecimal():  # in the results, bandwidth classes stand beside formats
            raise ValueError(f"its format {name!r} is a number; allowed: a name such as QPSK")
        try:
            reach, slots = entry["max_length"], entry["slots_needed"]
        except (KeyError, TypeError):
            raise ValueError(
                f"its format {name!r} for {bandwidth} Gb/s is {entry!r}; allowed: "
                '{"max_length": reach in km, "slots_needed": slots}'
            ) from None
        if not _is_number(reach) or not 0 <= reach < math.inf:
            raise ValueError(f"the reach of {name!r} for {bandwidth} Gb/s is {reach!r}")
        # FUSION does not accept a JSON 2.0 or "2" as a number of slots either.
        if type(slots) is not int or not 1 <= slots <= _MOST_SLOTS:
            raise ValueError(
                f"{name!r} for {bandwidth} Gb/s takes {slots!r} slots; allowed: a whole number "
                f"from 1 to {_MOST_SLOTS:,}"
            )
        found[name] = (float(reach), slots)
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def format_table(name: str, table: Table) -> str:
    """The text of a file with one table."""
    content = {
        bandwidth: {
            format_: {"max_length": reach, "slots_needed": slots}
            for format_, (reach, slots) in formats.items()
        }
        for bandwidth, formats in table.items()
    }
    return json.dumps({name: content}, indent=1) + "\n"


@cache
def built_in(name: str) -> tuple[str, Table]:
    """The text of a file with one of FUSION's own tables, and the table."""
    text = format_table(name, BUILT_IN[name])
    return text, parse_formats(text, name)


def is_built_in(name: str, table: Table) -> bool:
    """Whether a table equals FUSION's table of this name.

    The order matters, because bandwidths are drawn in the order of the classes.
    """
    known = BUILT_IN.get(name, {})
    return table == known and [list(formats) for formats in (table, *table.values())] == [
        list(formats) for formats in (known, *known.values())
    ]


def usable_formats(formats: Formats, length: float) -> list[tuple[str, int]]:
    """Return the formats that reach ``length`` km as (name, slots), most efficient first.

    Efficiency falls as reach grows, so this is the order of increasing reach.

    >>> usable_formats(DEFAULT_FORMATS["100"], 1000.0)
    [('16-QAM', 2), ('QPSK', 4)]
    """
    by_reach = sorted(formats.items(), key=lambda item: item[1][0])
    return [(name, slots) for name, (reach, slots) in by_reach if reach >= length]


def named_format(formats: Formats, length: float) -> str | None:
    """Return the format that FUSION chooses when it looks formats up by name.

    It does so with ``pre_calc_mod_selection``, for sliced requests, and in congestion-aware
    routing. Formats other than QPSK, 16-QAM and 64-QAM are ignored there.

    Args:
        formats: Must contain the three of :data:`NAMED`.
        length: Path length in km.

    >>> named_format(DEFAULT_FORMATS["100"], 1000.0)
    '16-QAM'
    """
    qpsk, qam16, qam64 = (formats[name][0] for name in NAMED)
    if qpsk >= length > qam16:
        return "QPSK"
    if qam16 >= length > qam64:
        return "16-QAM"
    return "64-QAM" if qam64 >= length else None
