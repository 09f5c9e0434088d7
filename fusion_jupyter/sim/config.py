"""An accepted configuration in the form that the simulator needs.

It is read and checked by `fusion_jupyter.config`, like in `fusion_jupyter.check`: a setting that
would change results in a way that is not simulated here is refused there, never ignored.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from fusion_jupyter.config import reading
from fusion_jupyter.config.inputs import Inputs
from fusion_jupyter.sim.extensions import Extended, read_extensions
from fusion_jupyter.sim.lanes import BANDS, PRIORITY_CORES, make_lanes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fusion_jupyter.config.checking import Checked
    from fusion_jupyter.config.modulation import Table
    from fusion_jupyter.config.topologies import Network
    from fusion_jupyter.sim.lanes import Lane

_GENERAL = "general_settings"
_TOPOLOGY = "topology_settings"
_SPECTRUM = "spectrum_settings"
_SNR = "snr_settings"

#: FUSION's names of routing methods -> the order of candidate paths here.
_ROUTING = {
    "k_shortest_path": "length",
    "shortest_path": "length",
    "external_ksp": "length",  # FUSION does not find the file and computes the paths itself
    "cong_aware": "congestion",
    "congestion_aware": "congestion",
    "xt_aware": "crosstalk",
}


class ConfigurationError(ValueError):
    """A configuration cannot be simulated; names section, option, value and what is allowed."""


class Quality(NamedTuple):
    """How the quality of a lightpath is checked before it is set up.

    Attributes:
        model: ``"snr_calc_nli"`` or ``"xt_calculation"``.
        input_power: Launch power of a channel in W.
        slot_width: Width of a slot in GHz.
        kurtosis: Format -> factor of the EGN correction; empty if it is not applied.
        core_noise: Whether crosstalk between cores adds to the noise.
        limits: Format -> maximum crosstalk in dB.
    """

    model: str
    input_power: float
    slot_width: float
    kurtosis: Mapping[str, float]
    core_noise: bool
    limits: Mapping[str, float]


class SimConfig(NamedTuple):
    """A checked configuration.

    Attributes:
        erlangs: Offered loads in Erlang, in the order they are simulated.
        max_iters: Iterations for each load, unless the load stops early.
        num_requests: Counted requests in an iteration.
        holding_time: Mean holding time, in units of simulated time.
        network: Its name, or the name of its file without extension.
        topology: Its nodes and links.
        cores_per_link: Cores in each fibre.
        bands: Band -> slots on each core.
        lanes: Cores and bands in the order in which they are tried.
        guard_slots: Free slots kept above each allocation, 0 or 1.
        k_paths: Number of candidate paths of each node pair that the statistics distinguish.
        candidate_paths: Number of candidate paths that are tried.
        routing: ``"length"`` (shortest first), ``"congestion"`` or ``"crosstalk"``.
        max_segments: Maximum number of lightpaths a request may be sliced into; 1 means no slicing.
        partial: Whether a sliced request may be carried in part.
        formats: Bandwidth class in Gb/s -> format -> (reach in km, slots).
        one_format: Whether only one format is tried on a path, looked up by name.
        fixed_grid: Whether every lightpath takes one slot.
        quotas: Bandwidth class in Gb/s -> requests of this class, warm-up included.
        shares: Bandwidth class in Gb/s -> share of the requests.
        all_nodes: Whether every node sends and receives, or only the core nodes.
        unit_lengths: Whether every link counts as 1 km (``const_link_weight``).
        quality: How the quality of lightpaths is checked; None if only reach decides.
        crosstalk_cost: ``xt_type`` and ``beta`` of crosstalk-aware routing.
        early_stop: Whether a load ends once its confidence interval is narrow enough.
        print_step: Iterations between two log lines with the mean blocking.
        save_step: Iterations between two that are kept in the output file.
        save_slots: Whether the first and last slot of each allocation are kept.
        extended: Options beyond FUSION.
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
        """The nodes that send and receive, in the order used for drawing."""
        return self.topology.nodes if self.all_nodes else self.topology.core_nodes

    @property
    def c_band(self) -> int:
        """Slots in the C band of each core."""
        return self.bands.get("c", 0)


def read_config(path: str | os.PathLike[str]) -> SimConfig:
    """Read and check a configuration.

    Args:
        path: An INI file with FUSION's sections and options. Relative paths in it are relative to
            its folder.

    Raises:
        ConfigurationError: The file cannot be read, or an option is missing, malformed, out of
            range, or not supported; the message lists all errors.
    """
    try:
        with open(path, encoding="utf-8-sig") as file:
            text = file.read()
        sections, problems = reading.arrange(reading.parse_ini(text, os.fspath(path)))
    except OSError as error:
        raise ConfigurationError(
            f"Could not read config file {path}: {error.strerror or error}"
        ) from error
    except ValueError as error:
        raise ConfigurationError(f"Failed to parse config file: {error}") from error
    problems |= reading.fill_in(sections)
    checked = reading.check(
        sections, "embedded", Inputs(os.path.dirname(os.fspath(path)), copies=True)
    )
    problems = {**checked.problems, **problems}
    if problems:
        raise ConfigurationError("; ".join(problems.values()))
    return _convert(checked)


def _convert(checked: Checked) -> SimConfig:
    assert checked.topology is not None and checked.formats is not None  # no problems

    def general(name: str) -> Any:
        return checked.values[_GENERAL, name]

    formats = checked.formats.table
    shares = {name: general("request_distribution")[name] for name in formats}
    cores = checked.values[_TOPOLOGY, "cores_per_link"]
    priority = general("allocation_method") == "priority_first"
    bands = {
        band: slots for band in BANDS if (slots := checked.value((_SPECTRUM, f"{band}_band"), 0))
    }
    routing = _ROUTING[general("route_method")]
    k_paths, candidate_paths = _paths(checked, routing)
    extended = read_extensions(checked)
    return SimConfig(
        erlangs=checked.loads,
        max_iters=general("max_iters"),
        num_requests=general("num_requests"),
        holding_time=general("holding_time"),
        network=checked.topology.label,
        topology=checked.topology.network,
        cores_per_link=cores,
        bands=bands,
        lanes=make_lanes(
            PRIORITY_CORES if priority else tuple(range(cores)),
            bands,
            bands_outermost=general("spectrum_priority") == "BSC",
        ),
        guard_slots=general("guard_slots"),
        k_paths=k_paths,
        candidate_paths=candidate_paths,
        routing=routing,
        max_segments=general("max_segments"),
        partial=general("can_partially_serve"),
        formats=formats,
        # Crosstalk-aware routing ignores pre_calc_mod_selection.
        one_format=routing == "congestion"
        or (routing == "length" and general("pre_calc_mod_selection")),
        fixed_grid=general("fixed_grid"),
        quotas=_quotas(shares, general("num_requests"), extended),
        shares=shares,
        all_nodes=checked.values[_TOPOLOGY, "is_only_core_node"],
        unit_lengths=checked.values[_TOPOLOGY, "const_link_weight"],
        quality=_quality(checked),
        crosstalk_cost=_crosstalk_cost(checked, routing),
        early_stop=not checked.values["rl_settings", "is_training"],
        print_step=general("print_step"),
        save_step=general("save_step"),
        save_slots=general("save_start_end_slots"),
        extended=extended,
    )


def _paths(checked: Checked, routing: str) -> tuple[int, int]:
    """The numbers of paths that the statistics distinguish and that are tried."""
    asked = checked.value(("routing_settings", "k_paths"))
    k_paths = asked or 1
    if routing == "crosstalk" or checked.values[_GENERAL, "route_method"] == "shortest_path":
        return k_paths, 1
    if asked or routing == "congestion":
        return k_paths, k_paths
    return k_paths, 3  # FUSION's routing has a different default than its statistics


def _quotas(shares: Mapping[str, float], num_requests: int, extended: Extended) -> dict[str, int]:
    if extended.independent_bandwidths:
        return dict.fromkeys(shares, 0)
    requests = num_requests + extended.warm_up
    return {bandwidth: int(share * requests) for bandwidth, share in shares.items()}


def _quality(checked: Checked) -> Quality | None:
    model = checked.value((_SNR, "snr_type"))
    if model is None:
        return None
    corrected = model == "snr_calc_nli" and checked.values[_SNR, "egn_model"]
    return Quality(
        model=model,
        input_power=checked.values[_SNR, "input_power"],
        slot_width=checked.values[_TOPOLOGY, "bw_per_slot"],
        kurtosis=checked.values[_SNR, "phi"] if corrected else {},
        core_noise=checked.values[_SNR, "xt_noise"],
        limits=checked.values[_SNR, "requested_xt"] if model == "xt_calculation" else {},
    )


def _crosstalk_cost(checked: Checked, routing: str) -> tuple[str, Any]:
    if routing != "crosstalk":
        return "", 0.0
    return checked.value((_SNR, "xt_type"), "None"), checked.values[_SNR, "beta"]
