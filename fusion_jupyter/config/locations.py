"""Locations, (section, name), of the options used by checks."""

from __future__ import annotations

GENERAL = "general_settings"
SPECTRUM = "spectrum_settings"
SNR_SECTION = "snr_settings"
START = (GENERAL, "erlang_start")
STOP = (GENERAL, "erlang_stop")
STEP = (GENERAL, "erlang_step")
REQUESTS = (GENERAL, "num_requests")
SHARES = (GENERAL, "request_distribution")
TABLE = (GENERAL, "mod_assumption")
FORMATS = (GENERAL, "mod_assumption_path")
ROUTE = (GENERAL, "route_method")
ALLOCATION = (GENERAL, "allocation_method")
SEGMENTS = (GENERAL, "max_segments")
ONE_FORMAT = (GENERAL, "pre_calc_mod_selection")
FIXED_GRID = (GENERAL, "fixed_grid")
GROOMING = (GENERAL, "is_grooming_enabled")
DYNAMIC = (GENERAL, "dynamic_lps")
ORCHESTRATOR = (GENERAL, "use_orchestrator")
NETWORK = ("topology_settings", "network")
ALL_NODES = ("topology_settings", "is_only_core_node")
CORES = ("topology_settings", "cores_per_link")
INDEPENDENT = ("embedded_settings", "independent_bandwidths")
FIRST_SEED = ("embedded_settings", "first_seed")
WARM_UP = ("embedded_settings", "warm_up")
PATHS = ("embedded_settings", "paths")
PRECISION = ("embedded_settings", "precision")
C_BAND = (SPECTRUM, "c_band")
BANDS = tuple((SPECTRUM, f"{band}_band") for band in "clsoe")
SNR = (SNR_SECTION, "snr_type")

XT_TYPE = (SNR_SECTION, "xt_type")
PHI = (SNR_SECTION, "phi")
REQUESTED_XT = (SNR_SECTION, "requested_xt")
EGN_MODEL = (SNR_SECTION, "egn_model")
TRAINING = ("rl_settings", "is_training")
ITERATIONS = (GENERAL, "max_iters")
K_PATHS = ("routing_settings", "k_paths")

#: Both names of congestion-aware routing.
CONGESTION = ("cong_aware", "congestion_aware")
