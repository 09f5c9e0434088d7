"""Traits whose observers cannot stop one another, nor what changes the traits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import traitlets

from fusion_jupyter.watch.faults import Faults


class Observed(traitlets.HasTraits):
    """An object whose traits change in another thread than its observers' authors think of.

    An observer's exception is shown, and affects neither other observers nor that thread.
    """

    def observe(
        self,
        handler: Any,
        names: Any = traitlets.All,
        type: Any = "change",  # noqa: A002
    ) -> None:
        """Call `handler` on each change of these traits; its exceptions affect no others.

        See `traitlets.HasTraits.observe`. The handler is called in the thread that makes the
        change.
        """
        super().observe(_Guarded(handler), names, type)

    def unobserve(
        self,
        handler: Any,
        names: Any = traitlets.All,
        type: Any = "change",  # noqa: A002
    ) -> None:
        """Undo `observe` with the same arguments."""
        super().unobserve(_Guarded(handler), names, type)


class _Guarded:
    """An observer whose exceptions are shown, each different one once."""

    def __init__(self, handler: Callable[[Any], Any]) -> None:
        self._handler = handler
        self._faults = Faults(f"The observer {handler!r} failed")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Guarded) and self._handler == other._handler

    def __hash__(self) -> int:
        return hash(self._handler)

    def __call__(self, change: Any) -> None:
        try:
            self._handler(change)
        except Exception as error:
            self._faults.show(error)
