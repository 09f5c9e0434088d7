"""What a run is asked to do: the options that matter, read from a FUSION INI file and checked.

FUSION's files hold more than a hundred options; those not named here or in :mod:`.scope` have no
influence on a simulation and are ignored. What would change a result in a way that is not simulated
here is refused, never ignored.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fusion_jupyter.sim import scope
from fusion_jupyter.sim.extensions import SECTION as EXTENSIONS
from fusion_jupyter.sim.extensions import Extended, read_extensions
from fusion_jupyter.sim.ini import NONE, ConfigurationError, Options, read_ini
from fusion_jupyter.sim.lanes import BANDS, PRIORITY_CORES, make_lanes
from fusion_jupyter.sim.modulation import BUILT_IN, FUSION_FILE, NAMED, read_formats
from fusion_jupyter.sim.scope import (
    ALLOCATION_METHODS,
    FIXED_OPTIONS,
    GENERAL,
    ROUTE_METHODS,
    ROUTING,
    SNR,
    SPECTRUM,
    TOPOLOGY,
)
from fusion_jupyter.sim.topologies import Network, network_names, read_network

if TYPE_CHECKING:
    import configparser
    from collections.abc import Mapping

    from fusion_jupyter.sim.lanes import Lane
    from fusion_jupyter.sim.modulation import Table

__all__ = [
    "ALLOCATION_METHODS",
    "FIXED_OPTIONS",
    "ROUTE_METHODS",
    "ConfigurationError",
    "Quality",
    "SimConfig",
    "check_config",
    "erlang_loads",
    "read_config",
]


@dataclass(frozen=True, slots=True)
class Quality:
    """How the quality of a lightpath is checked before it is set up.

    Attributes:
        model: ``"snr_calc_nli"`` or ``"xt_calculation"``.
        input_power: Launch power of a channel in W.
        slot_width: Width of a slot in GHz.
        kurtosis: Format -> factor of the EGN correction; empty where it is not applied.
        core_noise: Whether crosstalk between cores adds to the noise.
        limits: Format -> greatest crosstalk in dB.
    """

    model: str
    input_power: float
    slot_width: float
    kurtosis: Mapping[str, float]
    core_noise: bool
    limits: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class SimConfig:
    """A checked configuration.

    Attributes:
        erlangs: Offered loads in Erlang, in the order they are simulated.
        max_iters: Iterations for each load, unless it stops early.
        num_requests: Requests that are counted in an iteration.
        holding_time: Mean holding time, in units of simulated time.
        network: Its name, or the name of its file without the ending.
        topology: Its nodes and links.
        cores_per_link: Cores in each fibre.
        bands: Band -> slots on each core.
        lanes: Cores and bands in the order in which they are tried.
        guard_slots: Free slots kept above each allocation, 0 or 1.
        k_paths: Candidate paths of each node pair that the statistics distinguish.
        candidate_paths: Candidate paths that are tried.
        routing: ``"length"`` (shortest first), ``"congestion"`` or ``"crosstalk"``.
        max_segments: Most lightpaths that a request may be sliced into; 1 means no slicing.
        partial: Whether a sliced request may be carried in part.
        formats: Bandwidth class in Gb/s -> format -> (reach in km, slots).
        one_format: Whether one format is tried on a path, looked up by name.
        fixed_grid: Whether every lightpath takes one slot.
        quotas: Bandwidth class in Gb/s -> requests of this class, warm-up included.
        shares: Bandwidth class in Gb/s -> share of the requests.
        all_nodes: Whether every node sends and receives, or the core nodes alone.
        unit_lengths: Whether every link counts as 1 km (``const_link_weight``).
        quality: How the quality of lightpaths is checked; None where reach alone decides.
        crosstalk_cost: ``xt_type`` and ``beta`` of crosstalk-aware routing.
        early_stop: Whether a load ends once its confidence interval is narrow enough.
        print_step: Iterations between two log lines with the mean blocking.
        save_step: Iterations between two that are kept in the output file.
        save_slots: Whether the first and last slot of each allocation are kept.
        extended: What goes beyond FUSION.
    """

    erlangs: tuple[float, ...]
    max_iters: int
    num_requests: int
    holding_time: float
    network: str
    topology: Network
    cores_per_link: int
    bands: Mapping[str, int]
    lanes: tuple[Lane, ...]
    guard_slots: int
    k_paths: int
    candidate_paths: int
    routing: str
    max_segments: int
    partial: bool
    formats: Table
    one_format: bool
    fixed_grid: bool
    quotas: Mapping[str, int]
    shares: Mapping[str, float]
    all_nodes: bool
    unit_lengths: bool
    quality: Quality | None
    crosstalk_cost: tuple[str, float]
    early_stop: bool
    print_step: int
    save_step: int
    save_slots: bool
    extended: Extended

    @property
    def terminals(self) -> tuple[str, ...]:
        """The nodes that send and receive, in the order they are drawn from."""
        return self.topology.nodes if self.all_nodes else self.topology.core_nodes

    @property
    def c_band(self) -> int:
        """Slots in the C band of each core."""
        return self.bands.get("c", 0)


def read_config(path: Path) -> SimConfig:
    """Read and check a configuration.

    Args:
        path: An INI file with FUSION's sections and options. Relative paths in it are relative to
            its folder.

    Raises:
        ConfigurationError: The file cannot be read, or an option is missing, malformed, out of
            range, or asks for something that is not simulated; names all that is wrong.
    """
    parser = read_ini(path)
    if not parser.has_section(GENERAL):
        raise ConfigurationError(f"Missing required section [{GENERAL}] in {path}")
    return check_config(parser, path.parent)


def check_config(parser: configparser.ConfigParser, folder: Path) -> SimConfig:
    """Check a configuration.

    Args:
        parser: The INI file.
        folder: What relative paths in it are relative to.

    Raises:
        ConfigurationError: See :func:`read_config`; its ``problems`` tell them apart.
    """
    options = Options(parser)
    config = _read(options, folder)
    if config is not None and not options.problems:
        scope.check_together(options, config)
    if config is None or options.problems:
        raise ConfigurationError(options.problems)
    return config


def _read(options: Options, folder: Path) -> SimConfig | None:
    scope.check_alone(options)
    route_method = options.choice(GENERAL, "route_method", tuple(ROUTE_METHODS))
    topology = _topology(options, folder)
    all_nodes = options.flag(TOPOLOGY, "is_only_core_node", default=True)
    num_requests = options.integer(GENERAL, "num_requests", at_least=1)
    max_iters = options.integer(GENERAL, "max_iters", at_least=1)
    formats = _formats(options, folder)
    cores = options.integer(TOPOLOGY, "cores_per_link", at_least=1)
    bands = _bands(options)
    k_paths, candidate_paths = _paths(options, route_method)
    if topology is None or formats is None:
        _loads(options)
        return None
    terminals = topology.nodes if all_nodes else topology.core_nodes
    extended = read_extensions(options, terminals, max_iters)
    routing = ROUTE_METHODS[route_method]
    shares = _shares(options, formats)
    return SimConfig(
        erlangs=_loads(options),
        max_iters=max_iters,
        num_requests=num_requests,
        holding_time=options.number(GENERAL, "holding_time", above=0),
        network=_network_label(options.text(TOPOLOGY, "network")),
        topology=topology,
        cores_per_link=cores,
        bands=bands,
        lanes=make_lanes(
            _core_order(options, cores),
            bands,
            bands_outermost=options.text(GENERAL, "spectrum_priority", "None") == "BSC",
        ),
        guard_slots=int(options.choice(GENERAL, "guard_slots", ("0", "1"))),
        k_paths=k_paths,
        candidate_paths=candidate_paths,
        routing=routing,
        max_segments=options.integer(GENERAL, "max_segments", at_least=1, default=1),
        partial=options.flag(GENERAL, "can_partially_serve"),
        formats=formats,
        one_format=routing == "congestion" or options.flag(GENERAL, "pre_calc_mod_selection"),
        fixed_grid=options.flag(GENERAL, "fixed_grid"),
        quotas=_quotas(options, shares, num_requests, extended),
        shares=shares,
        all_nodes=all_nodes,
        unit_lengths=options.flag(TOPOLOGY, "const_link_weight"),
        quality=_quality(options, formats),
        crosstalk_cost=_crosstalk_cost(options, routing),
        early_stop=not options.flag("rl_settings", "is_training"),
        print_step=options.integer(GENERAL, "print_step", at_least=1, default=1),
        save_step=options.integer(GENERAL, "save_step", at_least=1, default=1),
        save_slots=options.flag(GENERAL, "save_start_end_slots"),
        extended=extended,
    )


def _topology(options: Options, folder: Path) -> Network | None:
    name = options.text(TOPOLOGY, "network")
    try:
        return read_network(name if name in network_names() else folder / Path(name).expanduser())
    except ValueError as error:
        message = str(error)
        if message.startswith("unknown network"):
            message = f"allowed: {', '.join(network_names())}, or the path of a network file"
        options.error(TOPOLOGY, "network", message)
        return None


def _network_label(name: str) -> str:
    return name if name in network_names() else Path(name).stem


def _bands(options: Options) -> dict[str, int]:
    bands = {}
    for band in BANDS:
        option = f"{band}_band"
        missing = band != "c" and options.text(SPECTRUM, option, "None") in NONE
        slots = 0 if missing else options.integer(SPECTRUM, option, at_least=0)
        if slots:
            bands[band] = slots
    if not bands:
        options.error(SPECTRUM, "c_band", "must be 1 or more where no other band is set")
        return {"c": 1}
    return bands


def _core_order(options: Options, cores: int) -> tuple[int, ...]:
    method = options.choice(GENERAL, "allocation_method", ALLOCATION_METHODS)
    return PRIORITY_CORES if method == "priority_first" else tuple(range(cores))


def _paths(options: Options, route_method: str) -> tuple[int, int]:
    """Return the paths that the statistics distinguish, and those that are tried."""
    there = options.has(ROUTING, "k_paths")
    k_paths = options.integer(ROUTING, "k_paths", at_least=1, default=1)
    if ROUTE_METHODS[route_method] == "crosstalk" or route_method == "shortest_path":
        return k_paths, 1
    if there or ROUTE_METHODS[route_method] == "congestion":
        return k_paths, k_paths
    return k_paths, 3  # FUSION's routing has another default than its statistics


def _loads(options: Options) -> tuple[float, ...]:
    start = options.number(GENERAL, "erlang_start", above=0)
    stop = options.number(GENERAL, "erlang_stop", above=0)
    step = options.number(GENERAL, "erlang_step", above=0)
    if not options.good(*((GENERAL, f"erlang_{end}") for end in ("start", "stop", "step"))):
        return (1.0,)
    if start > stop:
        options.error(
            GENERAL, "erlang_start", f"must not be above erlang_stop = {stop:g}: no load to run"
        )
        return (start,)
    try:
        return erlang_loads(start, stop, step)
    except ValueError as error:
        options.error(GENERAL, "erlang_step", str(error))
        return (start,)


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


def _formats(options: Options, folder: Path) -> Table | None:
    table = options.text(GENERAL, "mod_assumption", "DEFAULT")
    name = options.text(GENERAL, "mod_assumption_path", FUSION_FILE)
    if name in NONE:
        options.error(GENERAL, "mod_assumption_path", "must be the path of a JSON file")
        return None
    path = folder / Path(name).expanduser()
    if name == FUSION_FILE and not path.exists():
        if table in BUILT_IN:
            return BUILT_IN[table]
        options.error(GENERAL, "mod_assumption", f"allowed: {', '.join(BUILT_IN)}")
        return None
    try:
        return read_formats(path, table)
    except (OSError, ValueError) as error:
        options.error(
            GENERAL,
            "mod_assumption_path",
            f"{error}; the tables {', '.join(BUILT_IN)} of the file {FUSION_FILE} are built in",
        )
        return None


def _shares(options: Options, formats: Table) -> dict[str, float]:
    option = "request_distribution"
    shares = options.mapping(GENERAL, option, '{"100": 0.5, "200": 0.5}')
    stand_in = dict.fromkeys(formats, 0.0)
    if not options.good((GENERAL, option)):
        return stand_in
    if set(shares) != set(formats):
        classes = ", ".join(formats)
        options.error(GENERAL, option, f"must have exactly the bandwidth classes {classes} (Gb/s)")
        return stand_in
    if min(shares.values()) < 0:
        options.error(GENERAL, option, "shares must not be negative")
    return {bandwidth: shares[bandwidth] for bandwidth in formats}


def _quotas(
    options: Options, shares: Mapping[str, float], num_requests: int, extended: Extended
) -> dict[str, int]:
    option = "request_distribution"
    requests = num_requests + extended.warm_up
    if not options.good((GENERAL, option), (GENERAL, "num_requests"), (EXTENSIONS, "warm_up")):
        return dict.fromkeys(shares, 0)
    if extended.independent_bandwidths:
        if abs(sum(shares.values()) - 1) > 1e-6:
            options.error(GENERAL, option, f"shares must add up to 1, not {sum(shares.values()):g}")
        return dict.fromkeys(shares, 0)
    quotas = {bandwidth: int(share * requests) for bandwidth, share in shares.items()}
    if (total := sum(quotas.values())) != requests:
        what = "num_requests + warm_up" if extended.warm_up else "num_requests"
        options.error(
            GENERAL,
            option,
            f"the whole parts of share * ({what}) add up to {total}, "
            f"but must add up to {what} = {requests}",
        )
    return quotas


def _quality(options: Options, formats: Table) -> Quality | None:
    model = options.choice(SNR, "snr_type", ("None", "snr_calc_nli", "xt_calculation"), "None")
    if model == "None":
        return None
    names = {name for entries in formats.values() for name in entries} | set(NAMED)
    corrected = model == "snr_calc_nli" and options.flag(SNR, "egn_model")

    def of_each_format(option: str) -> dict[str, float]:
        values = options.mapping(SNR, option, '{"QPSK": 1, "16-QAM": 0.68}')
        missing = sorted(names - set(values))
        if missing and options.good((SNR, option)):
            options.error(SNR, option, f"must have a value for {', '.join(missing)}")
        return values

    return Quality(
        model=model,
        input_power=options.number(SNR, "input_power", above=0),
        slot_width=options.number(TOPOLOGY, "bw_per_slot", above=0),
        kurtosis=of_each_format("phi") if corrected else {},
        core_noise=options.flag(SNR, "xt_noise"),
        limits=of_each_format("requested_xt") if model == "xt_calculation" else {},
    )


def _crosstalk_cost(options: Options, routing: str) -> tuple[str, Any]:
    if routing != "crosstalk":
        return "", 0.0
    return options.text(SNR, "xt_type"), options.number(SNR, "beta")
