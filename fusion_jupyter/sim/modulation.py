"""Reach and spectrum width of each bandwidth class and modulation format.

A format that packs more bits into a symbol needs fewer slots but reaches less far. The built-in
table is the one FUSION calls ``DEFAULT``; another can be read from a file of the same layout.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: Bandwidth class in Gb/s -> modulation format -> (reach in km, spectrum in slots of 12.5 GHz).
DEFAULT_FORMATS: Mapping[str, Mapping[str, tuple[float, int]]] = {
    "25": {"QPSK": (22160, 1), "16-QAM": (9500, 1), "64-QAM": (3664, 1)},
    "50": {"QPSK": (11080, 2), "16-QAM": (4750, 1), "64-QAM": (1832, 1)},
    "100": {"QPSK": (5540, 4), "16-QAM": (2375, 2), "64-QAM": (916, 2)},
    "200": {"QPSK": (2770, 8), "16-QAM": (1187, 4), "64-QAM": (458, 3)},
    "400": {"QPSK": (1385, 16), "16-QAM": (594, 8), "64-QAM": (229, 6)},
}


def read_formats(path: Path, table: str) -> Mapping[str, Mapping[str, tuple[float, int]]]:
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
    content = json.loads(path.read_text(encoding="utf-8"))
    try:
        return {
            str(int(bandwidth)): {
                name: (float(entry["max_length"]), int(entry["slots_needed"]))
                for name, entry in formats.items()
            }
            for bandwidth, formats in content[table].items()
        }
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"no usable table {table!r} in {path}: {error!r}") from error


def usable_formats(
    formats: Mapping[str, tuple[float, int]], length: float
) -> list[tuple[str, int]]:
    """Return the formats that reach ``length`` km as (name, slots), most efficient first.

    Efficiency falls as reach grows, so the order is that of increasing reach.

    >>> usable_formats(DEFAULT_FORMATS["100"], 1000.0)
    [('16-QAM', 2), ('QPSK', 4)]
    """
    by_reach = sorted(formats.items(), key=lambda item: item[1][0])
    return [(name, slots) for name, (reach, slots) in by_reach if reach >= length]
