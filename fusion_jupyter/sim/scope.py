"""What is simulated, and what is refused: the rules, each with its reason.

A rule names what FUSION 6.1 does there, as it was tried: it crashes, computes something that this
simulator does not, or writes something that this simulator does not write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusion_jupyter.sim.modulation import NAMED

if TYPE_CHECKING:
    from fusion_jupyter.sim.config import SimConfig
    from fusion_jupyter.sim.ini import Options
    from fusion_jupyter.sim.modulation import Table

GENERAL = "general_settings"
TOPOLOGY = "topology_settings"
SPECTRUM = "spectrum_settings"
ROUTING = "routing_settings"
SNR = "snr_settings"

#: Routing methods as FUSION names them -> how candidate paths are ordered here.
ROUTE_METHODS = {
    "k_shortest_path": "length",
    "shortest_path": "length",
    "external_ksp": "length",  # FUSION does not find the file and computes the paths
    "cong_aware": "congestion",
    "congestion_aware": "congestion",
    "xt_aware": "crosstalk",
}
ALLOCATION_METHODS = ("first_fit", "priority_first")

#: (section, option) -> the only value that is simulated, where the option is present at all.
FIXED_OPTIONS = {
    (GENERAL, "dynamic_lps"): "False",  # lightpaths sized by quality: gsnr only
    (GENERAL, "is_grooming_enabled"): "False",
    (GENERAL, "save_snapshots"): "False",  # FUSION writes empty ones
    ("file_settings", "file_type"): "json",  # all else crashes
    ("ml_settings", "deploy_model"): "False",
    ("ml_settings", "output_train_data"): "False",  # files that are not written here
    ("dataset_logging_settings", "log_offline_dataset"): "False",
    (SNR, "snr_recheck"): "False",  # crashes, also without an SNR model
    ("failure_settings", "failure_type"): "none",  # all else crashes
}
_OFF = ("", "0", "false", "no", "none")


def check_alone(options: Options) -> None:
    """Check the options that have one simulated value."""
    for (section, option), only in FIXED_OPTIONS.items():
        value = options.text(section, option, only).lower()
        if value != only.lower() and not (value in _OFF and only.lower() in _OFF):
            options.error(section, option, f"only {only} is simulated here")


def check_together(options: Options, config: SimConfig) -> None:
    """Check what depends on several options, each of which is right by itself."""
    if not config.terminals:
        options.error(
            TOPOLOGY,
            "is_only_core_node",
            f"core nodes are not known for {config.network} (of the networks with a name, only "
            "for USbackbone60 and Spainbackbone30); use True (all nodes)",
        )
    elif len(config.terminals) < 2:
        options.error(TOPOLOGY, "is_only_core_node", "there must be two core nodes or more")
    _check_cores(options, config)
    _check_formats(options, config)
    if config.routing == "congestion":
        if "c" not in config.bands:
            options.error(SPECTRUM, "c_band", "congestion-aware routing looks at the C band")
        if config.candidate_paths > 64:
            # numpy sorts more than 64 scores in another way, which decides where scores tie.
            options.error(ROUTING, "k_paths", "congestion-aware routing has at most 64 paths")
        if options.flag(GENERAL, "pre_calc_mod_selection"):
            options.error(
                GENERAL,
                "pre_calc_mod_selection",
                "must be False with congestion-aware routing: FUSION blocks every request",
            )
    if _model(config) == "snr_calc_nli" and list(config.bands) != ["c"]:
        options.error(
            SNR, "snr_type", "snr_calc_nli is for the C band alone: FUSION crashes with others"
        )
    if config.routing == "crosstalk" and len({lane.core for lane in config.lanes}) < (
        config.cores_per_link
    ):
        options.error(
            TOPOLOGY, "cores_per_link", "must be 7 with route_method xt_aware and priority_first"
        )
    if config.extended.path_order == "hops" and config.routing != "length":
        options.error("embedded_settings", "path_order", "must be length with this route_method")
    if config.extended.directed_links and (config.quality or config.routing != "length"):
        options.error(
            "embedded_settings", "directed_links",
            "must be False with snr_type, cong_aware and xt_aware",
        )  # fmt: skip


def _check_cores(options: Options, config: SimConfig) -> None:
    if len(config.lanes) and max(lane.core for lane in config.lanes) >= config.cores_per_link:
        options.error(
            TOPOLOGY, "cores_per_link", "priority_first needs 7 cores or more: FUSION crashes"
        )
    elif _model(config) == "xt_calculation" and len({lane.core for lane in config.lanes}) != 7:
        options.error(
            TOPOLOGY,
            "cores_per_link",
            "xt_calculation needs 7 cores (or more with priority_first, which uses the first "
            "seven): FUSION crashes",
        )


def _model(config: SimConfig) -> str | None:
    return None if config.quality is None else config.quality.model


def _check_formats(options: Options, config: SimConfig) -> None:
    """Check that the formats that FUSION looks up by name are there."""
    if config.one_format:
        wanted: Table = config.formats
        why = "pre_calc_mod_selection and congestion-aware routing"
    elif config.max_segments > 1:
        requested = [int(name) for name, share in config.shares.items() if share > 0]
        wanted = {
            name: formats
            for name, formats in config.formats.items()
            if int(name) < max(requested, default=0)
        }
        why = "slicing"
    else:
        return
    for bandwidth, formats in wanted.items():
        missing = [name for name in NAMED if name not in formats]
        if missing:
            options.error(
                GENERAL,
                "mod_assumption",
                f"{why} needs the format {missing[0]} for {bandwidth} Gb/s: FUSION crashes",
            )
            return
    if config.one_format and config.fixed_grid and config.routing != "congestion":
        options.error(
            GENERAL,
            "fixed_grid",
            "must be False with pre_calc_mod_selection: FUSION crashes where no format reaches",
        )
