"""Values of the options that a run does not set, for the options that some other run sets."""

from __future__ import annotations

import functools
import json
import math
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from fusion_jupyter.config import schema
from fusion_jupyter.manager.directory import RunDirectory

if TYPE_CHECKING:
    from fusion_jupyter.manager.record import RunRecord
    from fusion_jupyter.widgets.messages import Option

_LONGEST_VALUE = 60
#: Options with their own column.
_SHOWN_ELSEWHERE = frozenset({"network", "erlang_start", "erlang_stop"})
#: Number of the values of a run whose configuration has not been read.
UNREAD = -1


class EffectiveOptions:
    """The values that runs have from their template, read from their configurations in turns.

    Runs of one template mostly have the same values, so each run has the number of its values.

    Attributes:
        values: The values by option name; a run's number is a position here.
    """

    def __init__(self) -> None:
        self.values: list[dict[str, Option]] = []
        self._numbers: dict[str, int] = {}
        self._of_run: dict[str, int] = {}
        self._names: frozenset[str] = frozenset()

    def number(self, run_id: str) -> int:
        """Position of a run's values; `UNREAD` before they have been read."""
        return self._of_run.get(run_id, UNREAD)

    def read(self, records: Iterable[RunRecord], seconds: float) -> list[str]:
        """Read configurations that have not been read, for at most about these seconds.

        Args:
            records: All shown runs; the first are read first.
            seconds: When they have passed, the rest is left to the next call.

        Returns:
            Ids of the runs whose values are known now.
        """
        shown = list(records)
        unread = [each for each in shown if each.id not in self._of_run]
        names = frozenset[str]().union(*(options_of(each) for each in unread))
        if not names <= self._names:
            self._names |= names
            self._of_run.clear()
            unread = shown
        end = time.monotonic() + seconds
        found = []
        for record in unread:
            if time.monotonic() > end:
                break
            self._of_run[record.id] = self._keep(_values(record, self._names))
            found.append(record.id)
        return found

    def forget(self, run_id: str) -> None:
        """Read this run's configuration again: it was incomplete."""
        self._of_run.pop(run_id, None)

    def _keep(self, values: dict[str, Option]) -> int:
        text = json.dumps(values, sort_keys=True)
        if text not in self._numbers:
            self._numbers[text] = len(self.values)
            # Another list, so that who has sent the last one sees that it has changed.
            self.values = [*self.values, values]
        return self._numbers[text]


def options_of(record: RunRecord) -> dict[str, Option]:
    """The options that a run sets, by their shortest names, except those with their own column."""
    return {
        _short(name): _plain(value)
        for name, value in record.options.items()
        if name.rpartition(".")[2] not in _SHOWN_ELSEWHERE
    }


@functools.cache
def _short(name: str) -> str:
    option = schema.find(name)
    return name if option is None else schema.short_name(option)


def _values(record: RunRecord, names: frozenset[str]) -> dict[str, Option]:
    """The values of the options that the run does not set."""
    missing = {each: schema.find(each) for each in names - options_of(record).keys()}
    wanted = {(each.section, each.name): short for short, each in missing.items() if each}
    if not wanted or record.simulator == "command":
        return {}
    try:
        text = RunDirectory(record.directory).read_config()
    except (OSError, ValueError):
        return {}
    found = {wanted[key]: schema.OPTIONS[key].default for key in wanted}
    section = ""
    # Without configparser, which takes ten times as long: this package has written the file.
    for line in text.splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        name, _, value = line.partition(" = ")
        if (section, name) in wanted:
            found[wanted[section, name]] = value
    return {name: _parsed(name, text) for name, text in found.items() if text is not None}


@functools.lru_cache(maxsize=1024)
def _parsed(name: str, text: str) -> Option:
    option = schema.find(name)
    try:
        return _plain(option.kind.parse(text) if option else text)
    except (ValueError, TypeError):
        return _plain(text)


def _plain(value: object) -> Option:
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    text = value if isinstance(value, str) else _listed(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"


def _listed(value: object) -> str:
    try:
        return json.dumps(value, sort_keys=True)
    except (TypeError, ValueError):
        return str(value)
