"""Rows under construction, and what becomes of them: typed columns at 8 bytes a value."""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping
from typing import Any

NAN = math.nan


class Columns:
    """Rows under construction, column by column, at 8 bytes a value.

    Args:
        kinds: Column name to ``"float"``, ``"int"`` or ``"text"``.
    """

    def __init__(self, kinds: Mapping[str, str]) -> None:
        self.kinds = kinds
        self.values: dict[str, array[Any]] = {name: _array(kind) for name, kind in kinds.items()}
        self.vocabulary: dict[str, int] = {}

    def __len__(self) -> int:
        return len(next(iter(self.values.values())))

    def add(self, *row: Any) -> None:
        """Append a row; None is NaN in a float column."""
        for (name, kind), value in zip(self.kinds.items(), row, strict=True):
            if kind == "text":
                code = self.vocabulary.setdefault(value, len(self.vocabulary))
                self.values[name].append(code)
            elif kind == "float":
                self.values[name].append(NAN if value is None else value)
            else:
                self.values[name].append(value)

    def truncate(self, rows: int) -> None:
        """Keep the first rows only."""
        for values in self.values.values():
            del values[rows:]


def _array(kind: str) -> array[Any]:
    return array("d") if kind == "float" else array("q")
