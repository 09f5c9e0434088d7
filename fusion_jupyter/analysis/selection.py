"""Which runs are meant, and what tells them apart."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from fusion_jupyter import settings
from fusion_jupyter.artifacts.formats import parse_ini
from fusion_jupyter.errors import RunNotFoundError
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.record import RunRecord, is_run_id


class HasRecord(Protocol):
    """Anything that stands for a run, such as `fusion_jupyter.Run`."""

    @property
    def record(self) -> RunRecord:
        """What is known of the run now."""


#: One run or several: an id, a record, a handle, or an iterable of those.
Runs = str | RunRecord | HasRecord | Iterable["str | RunRecord | HasRecord"]


def records_of(runs: Runs) -> list[RunRecord]:
    """Look up the records of one or several runs.

    Args:
        runs: A run id, a `RunRecord`, a `Run`, or an iterable of those.

    Returns:
        The records in the order given, each run once.

    Raises:
        LookupError: An id stands for no run.
        TypeError: Something else was given.
    """
    found: dict[str, RunRecord] = {}
    _collect(runs, found)
    return list(found.values())


def varying_options(records: list[RunRecord]) -> dict[str, list[Any]]:
    """The options in which runs differ.

    An option that only some runs set is compared with what stands in the others' configuration.

    Returns:
        Option name to its values, one for each record; empty for a single run. The network is
        left out: it always has a column of its own.
    """
    if len(records) < 2:
        return {}
    sections: dict[str, set[str]] = {}
    for record in records:
        for key in record.options:
            section, _, name = key.rpartition(".")
            sections.setdefault(name, set()).update({section} - {""})
    options: dict[str, list[Any]] = {}
    for name, found in sections.items():
        # One option may be given with and without its section; two sections are two options.
        keys = [f"{section}.{name}" for section in sorted(found)] if len(found) > 1 else [name]
        for key in keys:
            values = [_value(record, key) for record in records]
            if name != "network" and any(value != values[0] for value in values[1:]):
                options[key] = values
    return options


def configuration(record: RunRecord) -> dict[str, dict[str, str]]:
    """The run's frozen configuration: section, key, text; empty where it has none."""
    try:
        return parse_ini(RunDirectory(record.directory).config_file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def offered_requests(record: RunRecord) -> dict[int, int]:
    """Requests of one iteration by bandwidth in Gb/s, as the configuration divides them.

    Returns:
        Bandwidth to number of requests; empty where the configuration doesn't say.
    """
    general = configuration(record).get("general_settings", {})
    try:
        shares = json.loads(general["request_distribution"])
        total = int(general["num_requests"])
        return {int(bandwidth): int(share * total) for bandwidth, share in shares.items()}
    except (KeyError, ValueError, TypeError, AttributeError):
        return {}


def _collect(runs: Any, found: dict[str, RunRecord]) -> None:
    if isinstance(runs, RunRecord):
        found.setdefault(runs.id, runs)
    elif isinstance(runs, str):
        if runs not in found:
            found[runs] = _look_up(runs)
    elif isinstance(getattr(runs, "record", None), RunRecord):
        found.setdefault(runs.record.id, runs.record)
    elif isinstance(runs, Iterable) and not isinstance(runs, (bytes, Mapping)):
        for run in runs:
            if isinstance(run, Iterable) and not isinstance(run, str):
                raise TypeError(_not_a_run(run))
            _collect(run, found)
    else:
        raise TypeError(_not_a_run(runs))


def _look_up(run_id: str) -> RunRecord:
    if is_run_id(run_id):
        try:
            return RunDirectory(settings.runs_dir() / run_id).read()
        except FileNotFoundError:
            pass
    raise RunNotFoundError(f"There is no run {run_id!r} in {settings.runs_dir()}")


def _not_a_run(given: object) -> str:
    return (
        f"runs has {type(given).__name__} {str(given)[:60]!r}; "
        "allowed: a run id, a RunRecord, a Run, or an iterable of those"
    )


def _value(record: RunRecord, key: str) -> Any:
    """The value of an option as it was set, else as it stands in the frozen configuration."""
    section, _, name = key.rpartition(".")
    for given, value in record.options.items():
        given_section, _, given_name = given.rpartition(".")
        if given_name == name and (not section or given_section in ("", section)):
            return _comparable(value)
    for candidate, values in configuration(record).items():
        if name in values and section in ("", candidate):
            return _comparable(_from_text(values[name]))
    return None


def _from_text(text: str) -> Any:
    """What an INI value means: a number, a truth value, JSON, nothing, or the text itself."""
    known = {"True": True, "False": False, "None": None}
    if text in known:
        return known[text]
    try:
        return json.loads(text)
    except ValueError:
        return text


def _comparable(value: object) -> Any:
    """A value that fits a column: what has an inside becomes JSON text."""
    if value is None or isinstance(value, (str, int, float)):
        return value
    return json.dumps(value, sort_keys=True, default=str)
