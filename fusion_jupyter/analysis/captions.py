"""Labels of runs, options and their values in figures, tables and sentences."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fusion_jupyter.analysis.option_values import known
from fusion_jupyter.manager.record import default_name

if TYPE_CHECKING:
    import pandas as pd

#: Labels of options in a figure; all others read ``option = value``.
_READINGS: dict[str, str] = {
    "k_paths": "$k$ = {}",
    "network": "{}",
    "name": "{}",
    "simulator": "{}",
    "process": "{}",
    "bandwidth_gbps": "{} Gb/s",
    "c_band": "{} slots",
    "cores_per_link": "{} cores",
    "num_requests": "{} requests",
    "max_segments": "up to {} segments",
    "allocation_method": "{}",
    "route_method": "{}",
}


def reading(column: str, value: object) -> str:
    """Label of an option and its value in a figure or in LaTeX: symbols in dollar signs.

    Example:
        >>> reading("k_paths", 5), reading("guard_slots", 1)
        ('$k$ = 5', 'guard_slots = 1')
    """
    value = known(value)
    text = f"{value:g}" if isinstance(value, float) else str(value)
    if column == "cores_per_link" and text == "1":
        return "1 core"
    plainly = escaped(column) + " = {}"
    pattern = _READINGS.get(column, plainly)
    if value is None and " = " not in pattern:  # "None slots" would be odd
        pattern = plainly
    return pattern.format(escaped(text))


def plain(text: str) -> str:
    """A label without formula marks, for sentences.

    Example:
        >>> plain(reading("k_paths", 5))
        'k = 5'
    """
    return re.sub(r"\$([A-Za-z])\$", r"\1", text).replace(r"\$", "$")


def escaped(text: str) -> str:
    """Escape dollar signs so that they do not start a formula."""
    return text.replace("$", r"\$")


def italic(text: str) -> str:
    """Make a single letter before an equals sign a symbol."""
    return text if "$" in text else re.sub(r"\b([A-Za-z])(?= = )", r"$\1$", text)


def values_of(frame: pd.DataFrame, column: str) -> list[Any]:
    """The values of a column: numbers in ascending order, others in order of appearance.

    None is a value, and the last one beside numbers.
    """
    found = list(dict.fromkeys(map(known, frame[column].drop_duplicates())))
    values = [value for value in found if value is not None]
    if all(isinstance(value, (int, float)) for value in values):
        return [*sorted(values), *([None] if None in found else [])]
    return found


def option_columns(frame: pd.DataFrame) -> list[str]:
    """The columns of varied options: those between the name and the network."""
    columns = list(frame.columns)
    if "name" not in columns or "network" not in columns:
        return []
    return columns[columns.index("name") + 1 : columns.index("network")]


def own_names(frame: pd.DataFrame) -> dict[str, str]:
    """Names by run id, if the user gave each run a distinct name; else empty.

    Names generated from options are ignored, because the options themselves read better.
    """
    if "name" not in frame.columns or "run_id" not in frame.columns:
        return {}
    names = dict(zip(frame["run_id"], frame["name"], strict=True))
    given = all(name != default_name(run_id) for run_id, name in names.items())
    if not given or len(set(names.values())) < len(names):
        return {}
    options = option_columns(frame)
    if any(f"{option} = " in name for option in options for name in names.values()):
        return {}
    return names
