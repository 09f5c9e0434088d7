"""Policies, protection and failures: the options of FUSION's orchestrator, in six sections.

The orchestrator is FUSION's newer engine, enabled by ``use_orchestrator``; the default engine reads
none of these options except the failures, which it cannot simulate.
"""

from __future__ import annotations

from fusion_jupyter.config.schema.kinds import Choice, Flag, Integer, Kind, Number, Path, Text
from fusion_jupyter.config.schema.option import (
    COMMON,
    NOTHING,
    ORCHESTRATOR,
    OUTPUT,
    RESULT,
    Option,
    Rule,
    Section,
)

_POLICY = "Policies"
_PROTECTION = "Protection and failures"
_WITHOUT_EFFECT = "Without effect"

_COUNT = Integer(optional=True)
_TIME = Number(at_least=0, optional=True)


def _option(
    group: str, name: str, kind: Kind, description: str, *, unit: str = "", missing: str = "",
    tried: str = "", effect: str = ORCHESTRATOR,
) -> Option:  # fmt: skip
    return Option(
        name,
        kind,
        description,
        unit=unit,
        group=group,
        missing=missing,
        fusion=Rule(effect, tried=tried),
        embedded=Rule(NOTHING),
    )


def _timing() -> tuple[Option, Option]:
    return (
        _option(
            _PROTECTION,
            "protection_switchover_ms",
            _TIME,
            "Time to switch to the backup path.",
            unit="ms",
            missing="50",
        ),
        _option(
            _PROTECTION,
            "restoration_latency_ms",
            _TIME,
            "Time to restore a connection that failed.",
            unit="ms",
            missing="100",
        ),
    )


POLICY = Section(
    "policy_settings",
    _option(
        _POLICY,
        "policy_type",
        Text("heuristic", "ml", "rl"),
        "Kind of the path policy.",
        missing="heuristic",
        tried="heuristic runs",
    ),
    _option(
        _POLICY,
        "policy_name",
        Text(
            "first_feasible",
            "shortest",
            "shortest_feasible",
            "least_congested",
            "random",
            "random_feasible",
            "load_balanced",
        ),
        "Name of the path policy.",
        missing="first_feasible",
        tried="load_balanced runs",
    ),
    _option(_POLICY, "model_path", Path(optional=True), "Trained model of the policy."),
    _option(
        _POLICY,
        "fallback_policy",
        Text(optional=True),
        "Policy used if the first one finds nothing.",
    ),
    _option(
        _POLICY, "k_paths", Integer(1, optional=True), "Candidate paths of the policy.",
        tried="1 runs",
    ),
    _option(_POLICY, "seed", _COUNT, "Seed of a random policy.", tried="3 runs"),
    _option(_POLICY, "algorithm", Text(optional=True), "Learning algorithm of a trained policy."),
    _option(
        _POLICY, "device", Text("cpu", "cuda", "auto", optional=True),
        "Device for a trained policy.",
    ),
)  # fmt: skip

HEURISTIC = Section(
    "heuristic_settings",
    _option(
        _POLICY,
        "alpha",
        Number(at_least=0, at_most=1, optional=True),
        "Weight of length against congestion in load_balanced.",
        missing="0.5",
        tried="0.5 runs",
    ),
    _option(_POLICY, "seed", _COUNT, "Seed of a random heuristic."),
)

PROTECTION = Section(
    "protection_settings",
    _option(
        _PROTECTION,
        "disjointness_type",
        Choice("link", "node"),
        "Whether the backup path shares no link, or no node, with the primary path.",
        missing="link",
    ),
    _option(
        _PROTECTION,
        "revert_to_primary",
        Flag(),
        "Go back to the primary path after a repair.",
        missing="False",
    ),
    *_timing(),
    _option(
        _WITHOUT_EFFECT,
        "protection_enabled",
        Flag(),
        "Meant to switch protection on; route_method = 1plus1_protection does.",
        tried="True runs without effect",
        effect=NOTHING,
    ),
)

RECOVERY = Section(
    "recovery_timing_settings",
    *_timing(),
    _option(
        _PROTECTION,
        "failure_window_size",
        Integer(1, optional=True),
        "Arrivals that are counted after a failure.",
        missing="1000",
        tried="10 runs",
        effect=OUTPUT,
    ),
)

FAILURE = Section(
    "failure_settings",
    Option(
        "failure_type",
        Choice("none", "link", "node", "srlg", "geo"),
        "Kind of the failure that is injected.",
        group=_PROTECTION,
        importance=COMMON,
        missing="none",
        fusion=Rule(
            RESULT,
            only=("none",),
            why="FUSION 6.1 ends in an error when it schedules a failure",
            tried="none runs; link, node, srlg and geo end in an error",
        ),
        embedded=Rule(RESULT, only=("none",)),
    ),
    _option(_PROTECTION, "geo_center_node", _COUNT, "Centre of a regional failure."),
    _option(
        _PROTECTION,
        "geo_hop_radius",
        _COUNT,
        "Radius of a regional failure.",
        unit="hops",
        missing="2",
    ),
    _option(
        _PROTECTION,
        "t_fail_arrival_index",
        _COUNT,
        "Arrival at which the failure happens; -1: the middle one.",
        missing="-1",
    ),
    _option(
        _PROTECTION,
        "t_repair_after_arrivals",
        _COUNT,
        "Arrivals until the repair.",
        missing="2",
    ),
    _option(_PROTECTION, "failed_link_src", _COUNT, "One end of the failing link."),
    _option(_PROTECTION, "failed_link_dst", _COUNT, "The other end of the failing link."),
)

REPORTING = Section(
    "reporting_settings",
    _option(
        _WITHOUT_EFFECT,
        "export_csv",
        Flag(),
        "Meant to write a table of results; a simulation does not read it.",
        tried="True runs without effect",
        effect=NOTHING,
    ),
    _option(
        _WITHOUT_EFFECT,
        "csv_output_path",
        Path(optional=True),
        "Meant as the file of that table.",
        effect=NOTHING,
    ),
)
