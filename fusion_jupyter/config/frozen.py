"""A configuration that serves as a template, independent of the files it was read from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class FrozenTemplate(os.PathLike[str]):
    """A checked configuration as a template: later changes of its files do not affect it.

    Attributes:
        source: The template's name or the path of the INI file it was read from, for records.
        text: The complete INI text.
        files: Name to text of the files that it names, in the folder of inputs.
        options: The options set by the user that it includes already, for records.

    Example:
        >>> os.fspath(FrozenTemplate(source="minimal", text="[general_settings]"))
        'minimal'
    """

    source: str
    text: str
    files: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, object] = field(default_factory=dict)

    def __fspath__(self) -> str:
        return self.source
