"""What distinguishes runs: the options in which they differ."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from fusion_jupyter.artifacts.formats import parse_ini
from fusion_jupyter.config import locations, schema
from fusion_jupyter.config.schema.option import RESULT
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.record import RunRecord


def varying_options(records: list[RunRecord]) -> dict[str, list[Any]]:
    """The options in which runs differ.

    An option that only some runs set is compared with the others' configurations.

    Returns:
        Values by option name, one for each record; empty for a single run. The network is omitted,
        because it always has its own column.
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
        # An option may be given with or without its section; two sections are two options.
        keys = [f"{section}.{name}" for section in sorted(found)] if len(found) > 1 else [name]
        for key in keys:
            values = [_value(record, key) for record in records]
            if name != "network" and any(value != values[0] for value in values[1:]):
                options[key] = values
    return options


#: Their differences are seen otherwise, or change no load's mean.
_NOT_HIDDEN = (
    locations.START,
    locations.STOP,
    locations.STEP,
    locations.NETWORK,
    locations.ITERATIONS,
)


def hidden_differences(records: list[RunRecord]) -> list[str]:
    """Options that affect results, and differ between runs although nobody set them at a start.

    They come from the runs' templates, so they are not among `varying_options`.
    """
    given = {key.rpartition(".")[2] for record in records for key in record.options}
    simulated = [record for record in records if configuration(record)]
    found = []
    for option in schema.OPTIONS.values():
        rules = [option.rule(record.simulator) for record in simulated]
        affects = any(rule is not None and rule.effect == RESULT for rule in rules)
        if not affects or option.name in given or option.location in _NOT_HIDDEN:
            continue
        usual = option.missing if option.default is None else option.default
        texts = {
            configuration(record).get(option.section, {}).get(option.name, usual)
            for record in simulated
        }
        if len(texts) > 1:
            found.append(option.name)
    return found


def configuration(record: RunRecord) -> dict[str, dict[str, str]]:
    """The run's frozen configuration, not to be changed: section, key, text; empty if it has none.

    It is asked for again and again while results are read, and read once.
    """
    try:
        found = RunDirectory(record.directory).config_file.lstat()
        # A time of modification can be set; that of the last change cannot.
        return _parsed(record.directory, (found.st_ino, found.st_ctime_ns, found.st_size))
    except (OSError, ValueError):
        return {}


def differences(
    one: Mapping[str, Mapping[str, str]], other: Mapping[str, Mapping[str, str]]
) -> list[tuple[str, str | None, str | None]]:
    """The options that differ between two configurations.

    Returns:
        ``section.key`` and its text in each of the two; None where it is absent.
    """
    return [
        (f"{section}.{key}", here.get(key), there.get(key))
        for section in dict.fromkeys([*one, *other])
        for here, there in [(one.get(section, {}), other.get(section, {}))]
        for key in dict.fromkeys([*here, *there])
        if here.get(key) != there.get(key)
    ]


@lru_cache(maxsize=1024)
def _parsed(folder: Path, _stamp: tuple[int, ...]) -> dict[str, dict[str, str]]:
    return parse_ini(RunDirectory(folder).read_config())


def offered_requests(record: RunRecord) -> dict[int, Any]:
    """Requests of one iteration by bandwidth in Gb/s, from the configuration.

    Returns:
        Number of requests by bandwidth; empty if the configuration does not tell. Where the
        simulator draws them by their shares, or does not count some of them (``warm_up``), these
        are expected numbers, which are fractions: with many classes their whole parts would be far
        fewer than all requests.
    """
    total = requests_of_iteration(record)
    shares = _configured(record, "general_settings.request_distribution")
    if total is None or not isinstance(shares, Mapping):
        return {}
    names = ("independent_bandwidths", "warm_up")
    drawn = [_configured(record, f"embedded_settings.{name}") for name in names]
    if record.simulator != "embedded" or not any(drawn):
        return {int(bandwidth): int(share * total) for bandwidth, share in shares.items()}
    whole = sum(shares.values())
    return {int(bandwidth): share / whole * total for bandwidth, share in shares.items()}


def requests_of_iteration(record: RunRecord) -> int | None:
    """Counted requests of one iteration; None if the configuration does not tell."""
    total = _configured(record, "general_settings.num_requests")
    return total if isinstance(total, int) else None


def first_seed(record: RunRecord) -> int:
    """Seed of a run's first iteration: 1, unless another was set for the embedded simulator."""
    seed = _configured(record, "embedded_settings.first_seed")
    return seed if record.simulator == "embedded" and isinstance(seed, int) else 1


#: Routing methods that rank paths by length; all others report a score instead.
_BY_LENGTH = ("shortest_path", "k_shortest_path", "external_ksp")


def weights_are_lengths(record: RunRecord) -> bool:
    """Whether the path weights in a run's results are lengths in km, not routing scores."""
    general = configuration(record).get("general_settings", {})
    return general.get("route_method", _BY_LENGTH[0]) in _BY_LENGTH


def precision(record: RunRecord) -> float | None:
    """The relative half width at which a run's loads end; None if none was asked for."""
    target = _configured(record, "embedded_settings.precision")
    if record.simulator != "embedded" or _configured(record, "rl_settings.is_training"):
        return None  # training lets every load do all its iterations
    return target if isinstance(target, float) else None


def stops_at_precision(record: RunRecord) -> bool:
    """Whether a run's loads end at a precision, so that its intervals were checked repeatedly."""
    return precision(record) is not None


def _configured(record: RunRecord, key: str) -> object:
    """The value of an option in the frozen configuration, read as the simulators read it.

    None if it is missing or cannot be read.
    """
    section, _, name = key.rpartition(".")
    try:
        return schema.OPTIONS[section, name].kind.parse(configuration(record)[section][name])
    except (KeyError, ValueError, TypeError):
        return None


def _value(record: RunRecord, key: str) -> Any:
    """The value of an option as set, else from the frozen configuration."""
    section, _, name = key.rpartition(".")
    spellings = []
    for given, value in record.options.items():
        given_section, _, given_name = given.rpartition(".")
        if given_name == name and (not section or given_section in ("", section)):
            spellings.append(_comparable(value))
    # Two spellings with different values were possible once: the configuration shows which applied.
    if spellings and all(value == spellings[0] for value in spellings):
        return spellings[0]
    found = configuration(record)
    for candidate, values in found.items():
        if name in values and section in ("", candidate):
            return _comparable(_from_text(values[name]))
    option = schema.find(key)
    if not found or option is None or option.rule(record.simulator) is None:
        return None
    text = option.missing if option.default is None else option.default
    try:
        option.kind.parse(text)
    except (ValueError, TypeError):
        return None  # it depends on other options
    return _comparable(_from_text(text))


def _from_text(text: str) -> Any:
    """Parse an INI value: a number, a boolean, JSON, None, or the text itself."""
    known = {"True": True, "False": False, "None": None}
    if text in known:
        return known[text]
    try:
        return json.loads(text)
    except ValueError:
        return text


def _comparable(value: object) -> Any:
    """A value that fits a column: containers become JSON text."""
    if value is None or isinstance(value, (str, int, float)):
        return value
    return json.dumps(value, sort_keys=True, default=str)
