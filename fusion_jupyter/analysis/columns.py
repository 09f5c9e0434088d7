"""Typed columns: rows under construction, whose memory is passed to a frame; small frames."""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fusion_jupyter.artifacts.listing import text_series

if TYPE_CHECKING:
    import pandas as pd

NAN = math.nan

_CODES = {"float": "d", "int": "q", "word": "i"}  # of the array module
_TYPES: Mapping[str, Any] = {"float": np.float64, "int": np.int64}


class Columns:
    """Rows under construction, column by column.

    Args:
        kinds: Column name to ``"float"``, ``"int"``, ``"text"`` or, for a few texts that repeat
            often, ``"word"``.

    Attributes:
        values: Values by column name; those of a word column are codes of `vocabulary`.
        vocabulary: Codes by word.
    """

    def __init__(self, kinds: Mapping[str, str]) -> None:
        self.kinds = kinds
        self.values: dict[str, Any] = {
            name: [] if kind == "text" else array(_CODES[kind]) for name, kind in kinds.items()
        }
        self.vocabulary: dict[Any, int] = _Numbering()

    def extend(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Append rows; None is NaN in a float column.

        Whole columns are converted at once, several times faster than value by value.
        """
        code = self.vocabulary.__getitem__
        for (name, kind), column in zip(self.kinds.items(), zip(*rows, strict=True), strict=False):
            if kind == "text":
                self.values[name].extend(column)
            elif kind == "word":
                self.values[name].extend(map(code, column))
            else:
                self.values[name].frombytes(np.array(column, dtype=_TYPES[kind]).tobytes())


def small_frame(rows: Sequence[Mapping[str, Any]], kinds: Mapping[str, str]) -> pd.DataFrame:
    """A frame of a few rows, with the same columns and types if it has none.

    Args:
        rows: Values by column name.
        kinds: Column name to ``"float"``, ``"int"``, ``"bool"`` or ``"text"``.
    """
    import pandas as pd

    data: dict[str, Any] = {}
    for name, kind in kinds.items():
        values = [row[name] for row in rows]
        data[name] = text_series(values) if kind == "text" else np.array(values, dtype=kind)
    return pd.DataFrame(data)


class _Numbering(dict[Any, int]):
    """Assigns a number to each new key, from 0."""

    def __missing__(self, key: object) -> int:
        self[key] = len(self)
        return self[key]
