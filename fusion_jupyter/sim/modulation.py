"""Reach and spectrum width of each bandwidth class and modulation format.

A format that packs more bits into a symbol needs fewer slots but reaches less far. The tables that
FUSION's own file holds are built in, for configurations that name that file where FUSION is not
installed; any other file is read.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    #: Modulation format -> (reach in km, spectrum in slots).
    Formats: TypeAlias = Mapping[str, tuple[float, int]]
    #: Bandwidth class in Gb/s -> its formats.
    Table: TypeAlias = Mapping[str, Formats]

#: How configurations name the file of modulation tables that comes with FUSION.
FUSION_FILE = "data/json_input/example_mods/default_mod_formats.json"

#: Bandwidth class in Gb/s -> modulation format -> (reach in km, spectrum in slots of 12.5 GHz).
DEFAULT_FORMATS: Table = {
    "25": {"QPSK": (22160, 1), "16-QAM": (9500, 1), "64-QAM": (3664, 1)},
    "50": {"QPSK": (11080, 2), "16-QAM": (4750, 1), "64-QAM": (1832, 1)},
    "100": {"QPSK": (5540, 4), "16-QAM": (2375, 2), "64-QAM": (916, 2)},
    "200": {"QPSK": (2770, 8), "16-QAM": (1187, 4), "64-QAM": (458, 3)},
    "400": {"QPSK": (1385, 16), "16-QAM": (594, 8), "64-QAM": (229, 6)},
}
#: The same for fibres whose cores disturb each other.
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

#: The formats that FUSION looks up by name where it tries one format on a path.
NAMED = ("QPSK", "16-QAM", "64-QAM")


def read_formats(path: Path, table: str) -> Table:
    """Read a modulation table from a JSON file.

    The file holds ``{table: {bandwidth: {format: {"max_length": km, "slots_needed": n}}}}``.

    Args:
        path: The JSON file.
        table: The name of the table inside it (``mod_assumption`` in a configuration).

    Returns:
        A mapping of the same shape as :data:`DEFAULT_FORMATS`, in the file's order.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is not JSON, lacks the table, or the table has another layout.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not a JSON file: {error}") from error
    if not isinstance(content, dict) or table not in content:
        known = ", ".join(map(str, content)) if isinstance(content, dict) else "none"
        raise ValueError(f"{path} has no table {table!r}; its tables: {known}")
    try:
        formats = {
            bandwidth: {
                name: (float(entry["max_length"]), _whole(entry["slots_needed"]))
                for name, entry in formats.items()
            }
            for bandwidth, formats in content[table].items()
        }
        if not formats or any(int(name) < 1 or str(int(name)) != name for name in formats):
            raise ValueError("bandwidth classes must be whole numbers of Gb/s, 1 or more")
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"no usable table {table!r} in {path}: {error!r}") from error
    return formats


def _whole(value: object) -> int:
    """Return a number of slots; JSON's 2.0 and "2" are no whole numbers to FUSION either."""
    if type(value) is not int or value < 1:
        raise ValueError(f"slots_needed must be a whole number, 1 or more, not {value!r}")
    return value


def usable_formats(formats: Formats, length: float) -> list[tuple[str, int]]:
    """Return the formats that reach ``length`` km as (name, slots), most efficient first.

    Efficiency falls as reach grows, so the order is that of increasing reach.

    >>> usable_formats(DEFAULT_FORMATS["100"], 1000.0)
    [('16-QAM', 2), ('QPSK', 4)]
    """
    by_reach = sorted(formats.items(), key=lambda item: item[1][0])
    return [(name, slots) for name, (reach, slots) in by_reach if reach >= length]


def named_format(formats: Formats, length: float) -> str | None:
    """Return the one format that FUSION takes where it looks formats up by name.

    That is where ``pre_calc_mod_selection`` is set, where a request is sliced, and in
    congestion-aware routing. Other formats than QPSK, 16-QAM and 64-QAM are left out there.

    Args:
        formats: Must have the three of :data:`NAMED`.
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
