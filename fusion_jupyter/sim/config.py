"""What a run is asked to do: the options that matter, read from a FUSION INI file and checked.

FUSION's files hold a hundred options; those not named here have no influence on a simulation in
this simulator's scope and are ignored. Options that would change the result in a way that is not
modelled (grooming, crosstalk, further bands...) are refused rather than ignored.
"""

from __future__ import annotations

import ast
import configparser
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fusion_jupyter.sim.modulation import DEFAULT_FORMATS, read_formats
from fusion_jupyter.sim.topologies import network_names, read_network

if TYPE_CHECKING:
    from collections.abc import Mapping

GENERAL = "general_settings"
TOPOLOGY = "topology_settings"
SPECTRUM = "spectrum_settings"
OVERRIDES = "s1"

ROUTE_METHODS = ("k_shortest_path", "shortest_path")
ALLOCATION_METHODS = ("first_fit",)

#: (section, option) -> the only value that is modelled, where the option is present at all.
FIXED_OPTIONS = {
    (GENERAL, "dynamic_lps"): "False",
    (GENERAL, "fixed_grid"): "False",
    (GENERAL, "is_grooming_enabled"): "False",
    (GENERAL, "can_partially_serve"): "False",
    (SPECTRUM, "l_band"): "None",
    (SPECTRUM, "s_band"): "None",
    (SPECTRUM, "o_band"): "None",
    (SPECTRUM, "e_band"): "None",
    ("file_settings", "file_type"): "json",
    ("ml_settings", "deploy_model"): "False",
    ("snr_settings", "snr_type"): "None",
    ("failure_settings", "failure_type"): "none",
}
_OFF = ("", "0", "false", "no", "none")


class ConfigurationError(ValueError):
    """A configuration that cannot be simulated; names section, option, value, what is allowed."""


@dataclass(frozen=True, slots=True)
class SimConfig:
    """A checked configuration.

    Attributes:
        erlangs: Offered loads in Erlang, in the order they are simulated.
        max_iters: Iterations for each load, unless it stops early.
        num_requests: Requests in an iteration.
        holding_time: Mean holding time, in units of simulated time.
        network: One of :func:`~fusion_jupyter.sim.topologies.network_names`.
        cores_per_link: Cores in each fibre.
        c_band: Slots on each core.
        guard_slots: Free slots kept above each allocation, 0 or 1.
        k_paths: Candidate paths for each node pair that the statistics distinguish.
        candidate_paths: Candidate paths that are tried: ``k_paths``, or 1 for ``shortest_path``.
        max_segments: Most lightpaths that a request may be sliced into; 1 means no slicing.
        formats: Bandwidth class in Gb/s -> format -> (reach in km, slots).
        quotas: Bandwidth class in Gb/s -> requests of this class in an iteration.
        all_nodes: Whether every node sends and receives, or the core nodes alone.
        unit_lengths: Whether every link counts as 1 km (``const_link_weight``).
        most_efficient_only: Whether only the most efficient format that reaches is tried on a path.
        early_stop: Whether a load ends once its confidence interval is narrow enough.
        print_step: Iterations between two log lines with the mean blocking.
        save_step: Iterations between two that are kept in the output file.
        save_slots: Whether the first and last slot of each allocation are kept.
    """

    erlangs: tuple[float, ...]
    max_iters: int
    num_requests: int
    holding_time: float
    network: str
    cores_per_link: int
    c_band: int
    guard_slots: int
    k_paths: int
    candidate_paths: int
    max_segments: int
    formats: Mapping[str, Mapping[str, tuple[float, int]]]
    quotas: Mapping[str, int]
    all_nodes: bool
    unit_lengths: bool
    most_efficient_only: bool
    early_stop: bool
    print_step: int
    save_step: int
    save_slots: bool


def read_config(path: Path) -> SimConfig:
    """Read and check a configuration.

    Args:
        path: An INI file with FUSION's sections and options.

    Raises:
        ConfigurationError: The file cannot be read, or an option is missing, malformed, out of
            range, or asks for something that is not modelled.
    """
    parser = configparser.ConfigParser(interpolation=None)
    try:
        with path.open(encoding="utf-8") as file:
            parser.read_file(file)
    except OSError as error:
        raise ConfigurationError(
            f"Could not read config file {path}: {error.strerror or error}"
        ) from error
    except (configparser.Error, UnicodeDecodeError) as error:
        raise ConfigurationError(f"Failed to parse config file {path}: {error}") from error
    if not parser.has_section(GENERAL):
        raise ConfigurationError(f"Missing required section [{GENERAL}] in {path}")
    return _check(_Options(parser), path)


def _check(options: _Options, path: Path) -> SimConfig:
    for (section, option), only in FIXED_OPTIONS.items():
        value = options.text(section, option, only)
        if value.lower() != only.lower() and not (value.lower() in _OFF and only.lower() in _OFF):
            raise options.error(section, option, f"only {only} is simulated here")
    route_method = options.choice(GENERAL, "route_method", ROUTE_METHODS)
    options.choice(GENERAL, "allocation_method", ALLOCATION_METHODS)
    network = options.choice(TOPOLOGY, "network", network_names())
    all_nodes = options.flag(TOPOLOGY, "is_only_core_node", default=True)
    if not all_nodes and not read_network(network).core_nodes:
        known = [name for name in network_names() if read_network(name).core_nodes]
        raise options.error(
            TOPOLOGY,
            "is_only_core_node",
            f"core nodes are known for {' and '.join(known)} only, not for {network}; "
            "use True (all nodes)",
        )
    num_requests = options.integer(GENERAL, "num_requests", at_least=1)
    formats = _formats(options, path)
    k_paths = options.integer("routing_settings", "k_paths", at_least=1, default=3)
    return SimConfig(
        erlangs=_erlangs(options),
        max_iters=options.integer(GENERAL, "max_iters", at_least=1),
        num_requests=num_requests,
        holding_time=options.positive(GENERAL, "holding_time"),
        network=network,
        cores_per_link=options.integer(TOPOLOGY, "cores_per_link", at_least=1),
        c_band=options.integer(SPECTRUM, "c_band", at_least=1),
        guard_slots=int(options.choice(GENERAL, "guard_slots", ("0", "1"))),
        k_paths=k_paths,
        candidate_paths=1 if route_method == "shortest_path" else k_paths,
        max_segments=options.integer(GENERAL, "max_segments", at_least=1, default=1),
        formats=formats,
        quotas=_quotas(options, formats, num_requests),
        all_nodes=all_nodes,
        unit_lengths=options.flag(TOPOLOGY, "const_link_weight", default=False),
        most_efficient_only=options.flag(GENERAL, "pre_calc_mod_selection", default=False),
        early_stop=not options.flag("rl_settings", "is_training", default=False),
        print_step=options.integer(GENERAL, "print_step", at_least=1, default=1),
        save_step=options.integer(GENERAL, "save_step", at_least=1, default=1),
        save_slots=options.flag(GENERAL, "save_start_end_slots", default=False),
    )


def _erlangs(options: _Options) -> tuple[float, ...]:
    start = options.positive(GENERAL, "erlang_start")
    stop = options.positive(GENERAL, "erlang_stop")
    step = options.positive(GENERAL, "erlang_step")
    if start > stop:
        raise options.error(
            GENERAL, "erlang_start", f"must not be above erlang_stop = {stop:g}: no load to run"
        )
    try:
        return erlang_loads(start, stop, step)
    except ValueError as error:
        raise options.error(GENERAL, "erlang_step", str(error)) from None


def erlang_loads(start: float, stop: float, step: float) -> tuple[float, ...]:
    """The loads of a sweep in Erlang, the last included where a step hits it.

    Args:
        start: First load.
        stop: No load is above it.
        step: Above 0.

    Raises:
        ValueError: The step is so small beside the loads that adding it changes nothing.

    >>> erlang_loads(300.0, 600.0, 150.0)
    (300.0, 450.0, 600.0)
    """
    if not stop + step > stop:
        raise ValueError("must be large enough to lead from one load to the next")
    loads = []
    load = start
    # Repeated addition, not start + i * step: the loads name the output files, to the last digit.
    while load <= stop:
        loads.append(load)
        load += step
    return tuple(loads)


def _formats(options: _Options, path: Path) -> Mapping[str, Mapping[str, tuple[float, int]]]:
    table = options.text(GENERAL, "mod_assumption", "DEFAULT")
    file = options.text(GENERAL, "mod_assumption_path", "None")
    if table == "DEFAULT" and Path(file).name in ("None", "", "default_mod_formats.json"):
        return DEFAULT_FORMATS
    try:
        return read_formats(path.parent / file, table)
    except (OSError, ValueError) as error:
        raise options.error(
            GENERAL,
            "mod_assumption_path",
            f"{error}; mod_assumption = DEFAULT with the file default_mod_formats.json is built in",
        ) from error


def _quotas(options: _Options, formats: Mapping[str, Any], num_requests: int) -> Mapping[str, int]:
    option = "request_distribution"
    try:
        shares = {
            str(key): float(value)
            for key, value in ast.literal_eval(options.text(GENERAL, option)).items()
        }
    except (ValueError, SyntaxError, AttributeError, TypeError) as error:
        raise options.error(
            GENERAL, option, 'must map Gb/s to shares, such as {"100": 0.5, "200": 0.5}'
        ) from error
    if set(shares) != set(formats):
        raise options.error(
            GENERAL, option, f"must have exactly the bandwidth classes {', '.join(formats)} (Gb/s)"
        )
    if min(shares.values()) < 0:
        raise options.error(GENERAL, option, "shares must not be negative")
    quotas = {bandwidth: int(shares[bandwidth] * num_requests) for bandwidth in formats}
    if (total := sum(quotas.values())) != num_requests:
        raise options.error(
            GENERAL,
            option,
            f"the whole parts of share * num_requests add up to {total}, "
            f"but must add up to num_requests = {num_requests}",
        )
    return quotas


class _Options:
    """Typed access to an INI file whose errors name section, option and value."""

    def __init__(self, parser: configparser.ConfigParser) -> None:
        self._parser = parser

    def _home(self, section: str, option: str) -> str:
        """Return the section that decides: what stands in [s1] takes precedence, as in FUSION."""
        return OVERRIDES if self._parser.has_option(OVERRIDES, option) else section

    def error(self, section: str, option: str, allowed: str) -> ConfigurationError:
        section = self._home(section, option)
        value = self._parser.get(section, option, fallback="(missing)")
        return ConfigurationError(f"[{section}] {option} = {value}: {allowed}")

    def text(self, section: str, option: str, default: str | None = None) -> str:
        value = self._parser.get(self._home(section, option), option, fallback=default)
        if value is None:
            raise ConfigurationError(f"Missing required option '{option}' in section [{section}]")
        return value.strip()

    def choice(self, section: str, option: str, allowed: tuple[str, ...]) -> str:
        value = self.text(section, option)
        if value not in allowed:
            raise self.error(section, option, f"allowed: {', '.join(allowed)}")
        return value

    def flag(self, section: str, option: str, *, default: bool) -> bool:
        value = self.text(section, option, str(default)).lower()
        if value in ("true", "yes", "1"):
            return True
        if value in _OFF:
            return False
        raise self.error(section, option, "allowed: True, False")

    def integer(
        self, section: str, option: str, *, at_least: int, default: int | None = None
    ) -> int:
        what = f"must be a whole number, {at_least} or more"
        text = self.text(section, option, None if default is None else str(default))
        try:
            number = int(text)
        except ValueError:
            raise self.error(section, option, what) from None
        if number < at_least:
            raise self.error(section, option, what)
        return number

    def positive(self, section: str, option: str) -> float:
        what = "must be a finite number above 0"
        text = self.text(section, option)
        try:
            number = float(text)
        except ValueError:
            raise self.error(section, option, what) from None
        if not 0 < number < float("inf"):
            raise self.error(section, option, what)
        return number
