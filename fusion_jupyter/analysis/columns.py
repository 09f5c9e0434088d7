"""Rows under construction: typed columns whose memory is passed to a frame."""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

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


class _Numbering(dict[Any, int]):
    """Assigns a number to each new key, from 0."""

    def __missing__(self, key: object) -> int:
        self[key] = len(self)
        return self[key]
