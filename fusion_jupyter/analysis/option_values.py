"""Values of options in frames: None is a value there, such as ``snr_type = None``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def column(values: Sequence[Any]) -> pd.Series[Any]:
    """A column of an option's values, in which None stays None.

    By itself pandas makes it NaN, in numbers and in texts: no value equals it, not even itself.
    """
    import pandas as pd

    return pd.Series(list(values), dtype=object if None in values else None)


def known(value: Any) -> Any:
    """The value of a cell; None if it has none, which is NaN in a frame that was saved and read."""
    import pandas as pd

    return None if pd.api.types.is_scalar(value) and pd.isna(value) else value


def first(rows: pd.DataFrame, name: str) -> Any:
    """The value in the first row, of rows that have one value."""
    return known(rows[name].iloc[0])
