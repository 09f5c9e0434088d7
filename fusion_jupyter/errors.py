"""The errors of this package, with a common base class."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fusion_jupyter.terminal import one_line

if TYPE_CHECKING:
    from pathlib import Path
    from types import FrameType


class FusionJupyterError(Exception):
    """Base class of all errors of this package that a caller may meet.

    The simulator's process, which loads nothing it does not need, has its own errors; their text is
    in the run's record.
    """


class ConfigError(FusionJupyterError, ValueError):
    """A configuration is invalid.

    Attributes:
        problems: Message for each invalid option, by the name the user gave it.
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__("\n".join(self.problems.values()))


class RunNotFoundError(FusionJupyterError, LookupError, FileNotFoundError):
    """The run does not exist, or its directory is gone."""

    @classmethod
    def of(cls, path: Path) -> RunNotFoundError:
        """Make the error of a run directory that is not there."""
        return cls(f"There is no run {path.name!r} in {path.parent}")


class DamagedRunError(FusionJupyterError, ValueError):
    """The files of a run directory cannot be read."""


class FewIterationsWarning(UserWarning):
    """Confidence intervals are based on fewer than five iterations and are rough."""


class IncompleteResultsWarning(UserWarning):
    """Results of some runs are missing.

    They failed, were cancelled, have lost their results or are damaged.
    """


class RunFailedError(FusionJupyterError):
    """A run ended FAILED or CANCELLED, or its outcome is UNKNOWN.

    Attributes:
        record: The run's record (`fusion_jupyter.RunRecord`).
    """

    def __init__(self, message: str, record: Any = None) -> None:
        self.record = record
        super().__init__(message)

    @classmethod
    def of(cls, record: Any) -> RunFailedError:
        """Make the error of a run from its record."""
        why = f": {record.error_message}" if record.error_message else ""
        message = one_line(f"Run {record.id} ({record.name}) is {record.status}{why}")
        return cls(message, record)


def levels_to_the_caller() -> int:
    """Stack level of the user's line, so that a warning names it and not a line of this package."""
    level = 1
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and str(frame.f_globals.get("__name__")).startswith("fusion_jupyter."):
        level, frame = level + 1, frame.f_back
    return level
