"""The errors of this package, with a common base class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fusion_jupyter.terminal import one_line


class FusionJupyterError(Exception):
    """Base class of all errors that this package defines."""


class ConfigError(FusionJupyterError, ValueError):
    """A configuration is invalid.

    Attributes:
        problems: Message for each invalid option, by the name the user gave it.
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__("\n".join(self.problems.values()))


class RunNotFoundError(FusionJupyterError, LookupError):
    """The run does not exist, or its directory is gone."""


class DamagedRunError(FusionJupyterError, ValueError):
    """The files of a run directory cannot be read."""


class FewIterationsWarning(UserWarning):
    """Confidence intervals are based on fewer than five iterations and are rough."""


class RunFailedError(FusionJupyterError):
    """A run ended FAILED or CANCELLED.

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
