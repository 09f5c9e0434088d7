"""What a run is asked to do: an accepted configuration as the simulator needs it.

Reading and checking are those of `fusion_jupyter.config`, which `fusion_jupyter.check` uses as
well: what would change a result in a way that is not simulated here is refused there, never
ignored.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fusion_jupyter.config import reading
from fusion_jupyter.config.inputs import Inputs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fusion_jupyter.config.modulation import Table
    from fusion_jupyter.config.topologies import Network

_GENERAL = "general_settings"
_TOPOLOGY = "topology_settings"


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
        network: The network's name.
        topology: Its nodes and links.
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
    topology: Network
    cores_per_link: int
    c_band: int
    guard_slots: int
    k_paths: int
    candidate_paths: int
    max_segments: int
    formats: Table
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
        path: An INI file with FUSION's sections and options. Relative paths in it are relative to
            its folder.

    Raises:
        ConfigurationError: The file cannot be read, or an option is missing, malformed, out of
            range, or asks for something that is not simulated; all that is wrong is named.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        sections, problems = reading.arrange(reading.parse_ini(text, os.fspath(path)))
    except OSError as error:
        raise ConfigurationError(
            f"Could not read config file {path}: {error.strerror or error}"
        ) from error
    except ValueError as error:
        raise ConfigurationError(f"Failed to parse config file: {error}") from error
    problems |= reading.fill_in(sections)
    checked = reading.check(sections, "embedded", Inputs(os.fspath(path.parent)))
    problems = {**checked.problems, **problems}
    if problems:
        raise ConfigurationError("; ".join(problems.values()))
    assert checked.topology is not None and checked.formats is not None  # nothing is wrong

    def general(name: str) -> Any:
        return checked.values[_GENERAL, name]

    requests, shares = general("num_requests"), general("request_distribution")
    k_paths = checked.value(("routing_settings", "k_paths"), 3)
    table = checked.formats.table
    return SimConfig(
        erlangs=checked.loads,
        max_iters=general("max_iters"),
        num_requests=requests,
        holding_time=general("holding_time"),
        network=checked.topology.label,
        topology=checked.topology.network,
        cores_per_link=checked.values[_TOPOLOGY, "cores_per_link"],
        c_band=checked.values["spectrum_settings", "c_band"],
        guard_slots=general("guard_slots"),
        k_paths=k_paths,
        candidate_paths=1 if general("route_method") == "shortest_path" else k_paths,
        max_segments=general("max_segments"),
        formats=table,
        quotas={bandwidth: int(shares[bandwidth] * requests) for bandwidth in table},
        all_nodes=checked.values[_TOPOLOGY, "is_only_core_node"],
        unit_lengths=checked.values[_TOPOLOGY, "const_link_weight"],
        most_efficient_only=general("pre_calc_mod_selection"),
        early_stop=not checked.values["rl_settings", "is_training"],
        print_step=general("print_step"),
        save_step=general("save_step"),
        save_slots=general("save_start_end_slots"),
    )
