"""``[topology_settings]``, ``[spectrum_settings]`` and ``[routing_settings]``."""

from __future__ import annotations

from fusion_jupyter.config.schema.kinds import Choice, Flag, Integer, Network, Number, Text
from fusion_jupyter.config.schema.option import (
    COMMON,
    MAIN,
    NOTHING,
    RESULT,
    Option,
    Rule,
    Section,
)
from fusion_jupyter.config.topologies import ALLOWED_NETWORKS, FUSION_NETWORKS, NETWORK_NAMES

#: A larger value is a typing error and would not fit into memory.
_MOST_CORES = 1000
_MOST_SLOTS = 1_000_000

_NETWORK = "Network"
_SPECTRUM = "Spectrum"
_ROUTING = "Routing and lightpaths"
_WITHOUT_EFFECT = "Without effect"

TOPOLOGY = Section(
    "topology_settings",
    Option(
        "network",
        Network(NETWORK_NAMES, ALLOWED_NETWORKS),
        "Topology: a network's name, or a file with its links and their lengths in km.",
        group=_NETWORK,
        importance=MAIN,
        required=True,
        fusion=Rule(
            RESULT,
            tried=f"{', '.join(FUSION_NETWORKS)} run; others are handed to FUSION as a file",
        ),
        embedded=Rule(RESULT),
    ),
    Option(
        "cores_per_link",
        Integer(1, _MOST_CORES),
        "Cores in each fibre. The offered load is that of the whole network, not of a core.",
        group=_NETWORK,
        importance=MAIN,
        required=True,
        fusion=Rule(RESULT, tried="1, 2 and 7 run; 0 blocks every request; -1 ends in an error"),
        embedded=Rule(RESULT),
    ),
    Option(
        "is_only_core_node",
        Flag(),
        "True: all nodes send and receive. False: only the core nodes, which must be known for "
        "the network.",
        group=_NETWORK,
        importance=COMMON,
        default="True",
        fusion=Rule(
            RESULT, tried="False runs on USbackbone60 and Spainbackbone30, and fails on the others"
        ),
        embedded=Rule(RESULT),
    ),
    Option(
        "const_link_weight",
        Flag(),
        "Count every link as 1 km: paths are ranked by hops, and every format reaches.",
        group=_NETWORK,
        importance=COMMON,
        default="False",
        fusion=Rule(RESULT, tried="True runs"),
        embedded=Rule(RESULT),
    ),
    Option(
        "bw_per_slot",
        Number(above=0),
        "Width of a spectrum slot; it matters only with snr_type = snr_calc_nli.",
        unit="GHz",
        group=_SPECTRUM,
        default="12.5",
        fusion=Rule(RESULT, tried="6.25 and 12.5 run"),
        embedded=Rule(RESULT),
    ),
    Option(
        "multi_fiber",
        Flag(),
        "Treat cores as fibres of their own; a simulation that runs does not read it.",
        group=_WITHOUT_EFFECT,
        default="False",
        fusion=Rule(NOTHING, tried="True runs without effect"),
        embedded=Rule(NOTHING),
    ),
    Option(
        "bi_directional",
        Flag(),
        "Meant to say whether links serve both directions; a simulation that runs does not read "
        "it.",
        group=_WITHOUT_EFFECT,
        fusion=Rule(NOTHING, tried="True and False run without effect"),
        embedded=Rule(NOTHING),
    ),
)


def _band(letter: str) -> Option:
    return Option(
        f"{letter.lower()}_band",
        Integer(0, _MOST_SLOTS, optional=True),
        f"Spectrum slots in the {letter} band of each core; None or 0: no such band. Bands are "
        "tried in the order C, L, S, O, E.",
        unit="slots",
        group=_SPECTRUM,
        importance=COMMON,
        missing="no such band",
        fusion=Rule(RESULT, tried="40, 0 and None run"),
        embedded=Rule(RESULT),
    )


SPECTRUM = Section(
    "spectrum_settings",
    Option(
        "c_band",
        Integer(0, _MOST_SLOTS),
        "Spectrum slots in the C band of each core.",
        unit="slots",
        group=_SPECTRUM,
        importance=MAIN,
        required=True,
        fusion=Rule(
            RESULT, tried="1 and 2048 run; 0 without another band blocks every request; -1 fails"
        ),
        embedded=Rule(RESULT),
    ),
    _band("L"),
    _band("S"),
    _band("O"),
    _band("E"),
    Option(
        "guard_slots",
        Integer(0, optional=True),
        "The same as in general_settings, which decides.",
        unit="slots",
        group=_WITHOUT_EFFECT,
        fusion=Rule(NOTHING, tried="0 and 3 run without effect"),
        embedded=Rule(NOTHING),
    ),
    Option(
        "allocation_method",
        Text(optional=True),
        "The same as in general_settings, which decides.",
        group=_WITHOUT_EFFECT,
        fusion=Rule(NOTHING, tried="last_fit runs without effect"),
        embedded=Rule(NOTHING),
    ),
)

ROUTING = Section(
    "routing_settings",
    Option(
        "k_paths",
        Integer(1, optional=True),
        "Number of candidate paths of each node pair, if the network has that many. No effect with "
        "route_method = xt_aware, which has one.",
        group=_ROUTING,
        importance=MAIN,
        missing="3, with congestion-aware routing 1",
        fusion=Rule(RESULT, tried="1, 3, 50 and 100 run; 0 and -1 block every request"),
        embedded=Rule(RESULT),
    ),
    Option(
        "route_method",
        Text(optional=True),
        "The same as in general_settings, which decides.",
        group=_WITHOUT_EFFECT,
        fusion=Rule(NOTHING, tried="xt_aware runs without effect"),
        embedded=Rule(NOTHING),
    ),
    Option(
        "path_ordering",
        Choice("length", "hops", optional=True),
        "Meant to choose the order of candidate paths; they are ordered by length.",
        group=_WITHOUT_EFFECT,
        fusion=Rule(NOTHING, tried="length and hops run without effect"),
        embedded=Rule(NOTHING),
    ),
    Option(
        "precompute_paths",
        Flag(),
        "Meant to find all candidate paths before the first request; it is not read.",
        group=_WITHOUT_EFFECT,
        fusion=Rule(NOTHING, tried="True runs without effect"),
        embedded=Rule(NOTHING),
    ),
)
