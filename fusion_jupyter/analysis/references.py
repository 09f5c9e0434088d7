"""Published blocking probabilities for comparison, each with its source and template."""

from __future__ import annotations

import functools
import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from fusion_jupyter.nearest import did_you_mean

if TYPE_CHECKING:
    import pandas as pd


def reference_names() -> list[str]:
    """The names of the published curves and values.

    Example:
        >>> reference_names()
        ['deeprmsa-nsfnet', 'optical-rl-gym-sap-ff', 'optical-rl-gym-sp-ff']
    """
    return list(_references())


def reference(name: str) -> pd.DataFrame:
    """Published values as a frame, which `plot_blocking(reference=...)` can overlay.

    Args:
        name: One of `reference_names`.

    Returns:
        One row for each load: ``erlang``, ``blocking`` and ``half_width`` of the published interval
        (NaN if there is none). Its ``attrs`` have ``label``, ``description``, ``source``, and the
        ``template`` and ``options`` with which the embedded simulator reproduces the values.

    Raises:
        ValueError: There is no such reference.

    Example:
        >>> frame = reference("deeprmsa-nsfnet")
        >>> frame.loc[0, "erlang"], frame.loc[0, "blocking"]
        (190.0, 0.00212)
    """
    import pandas as pd

    found = _references().get(name)
    if found is None:
        hint = did_you_mean(name, _references())
        allowed = ", ".join(_references())
        raise ValueError(f"there is no reference {name!r}; allowed: {allowed}{hint}")
    frame = pd.DataFrame(found["values"], columns=["erlang", "blocking", "half_width"])
    frame = frame.astype(float)
    frame.attrs = {key: value for key, value in found.items() if key != "values"}
    return frame


@functools.cache
def _references() -> dict[str, dict[str, Any]]:
    text = files(__package__).joinpath("references.json").read_text(encoding="utf-8")
    return {each["name"]: each for each in json.loads(text)}
