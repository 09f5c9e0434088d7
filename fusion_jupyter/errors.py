"""The errors of this package, all of one family."""

from __future__ import annotations

from collections.abc import Mapping


class FusionJupyterError(Exception):
    """Base of all errors that this package raises on purpose."""


class ConfigError(FusionJupyterError, ValueError):
    """A configuration that cannot be run.

    Attributes:
        problems: Message for each option that has one, by the name the user gave it.
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__("\n".join(self.problems.values()))


class RunNotFoundError(FusionJupyterError, LookupError):
    """There is no such run, or its folder is gone."""


class DamagedRunError(FusionJupyterError, ValueError):
    """The files of a run directory cannot be read."""


class FewIterationsWarning(UserWarning):
    """Confidence intervals rest on fewer than five iterations and are rough."""
