"""Signatures that list the options, for completion and help of ``**options``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from fusion_jupyter.config import schema
from fusion_jupyter.config.schema.option import RARE
from fusion_jupyter.config.user_options import MODULATION_FORMATS

F = TypeVar("F", bound=Callable[..., Any])


def lists_options(function: F, *, without: Iterable[str] = ()) -> F:
    """List the options that affect a run in the signature of a function with ``**options``.

    Other options are accepted too, but would make the signature unreadably long.

    Args:
        function: Its last parameter is ``**options``.
        without: Options that this function does not accept.

    Returns:
        The function itself.
    """
    own = inspect.signature(function)
    names = [
        schema.short_name(option)
        for option in sorted(schema.OPTIONS.values(), key=lambda option: option.importance)
        if option.importance < RARE and schema.short_name(option) == option.name
    ]
    *parameters, rest = own.parameters.values()
    taken = {parameter.name for parameter in parameters} | set(without)
    listed = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=..., annotation=object)
        for name in dict.fromkeys([*names, MODULATION_FORMATS])
        if name not in taken
    ]
    function.__signature__ = own.replace(  # type: ignore[attr-defined]
        parameters=[*parameters, *listed, rest]
    )
    return function
