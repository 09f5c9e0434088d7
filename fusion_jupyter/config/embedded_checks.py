"""Checks that need several options and concern only the embedded simulator.

There are two kinds: features of FUSION that it does not compute, and its own options.
"""

from __future__ import annotations

import math

from fusion_jupyter.config.locations import (
    ALL_NODES,
    ALLOCATION,
    CONGESTION,
    CORES,
    FIRST_SEED,
    INDEPENDENT,
    ITERATIONS,
    K_PATHS,
    PRECISION,
    ROUTE,
    SHARES,
    SNR,
    TRAINING,
    WARM_UP,
)
from fusion_jupyter.config.schema.embedded import LAST_SEED, MIN_ITERATIONS, NAME

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from fusion_jupyter.config.checking import Checked
    from fusion_jupyter.config.inputs import Inputs

#: numpy sorts more scores than this with another algorithm, which changes the order of ties.
_MOST_CONGESTED_PATHS = 64
#: A node with a smaller share of all weights is drawn too seldom to wait for it.
SMALLEST_SHARE = 1e-4


def check(checked: Checked, inputs: Inputs) -> None:
    """Check a configuration for the embedded simulator; does nothing for FUSION.

    Args:
        checked: The values; receives the problems, and the candidate paths from a file.
        inputs: Finds the files named by the configuration.
    """
    if checked.simulator != "embedded":
        return
    _congestion(checked)
    _cores(checked)
    _seeds(checked)
    _node_weights(checked)
    _directed_links(checked)
    _paths(checked, inputs)


def notes(values: Mapping[tuple[str, str], object]) -> tuple[str, ...]:
    """What is valid and does not do what its user may expect, in sentences.

    Args:
        values: (section, name) -> value of each option.
    """
    return (*_precision_without_effect(values), *_another_mix(values))


def _precision_without_effect(values: Mapping[tuple[str, str], object]) -> tuple[str, ...]:
    iterations = values[ITERATIONS]
    assert isinstance(iterations, int)
    if values.get(PRECISION) is None:
        return ()
    if values.get(TRAINING):
        return (
            "precision has no effect with is_training = True, which lets every load do all its "
            "iterations. Set is_training to False",
        )
    if iterations >= MIN_ITERATIONS:
        return ()
    return (
        f"precision has no effect with max_iters = {iterations}: a load ends at a precision after "
        f"{MIN_ITERATIONS} iterations at the earliest. Set max_iters to the most that you would "
        "wait for, such as 1000",
    )


def _another_mix(values: Mapping[tuple[str, str], object]) -> tuple[str, ...]:
    shares = values.get(SHARES)
    classes = sum(share > 0 for share in shares.values()) if isinstance(shares, dict) else 0
    if not values.get(WARM_UP) or values.get(INDEPENDENT) or classes < 2:
        return ()
    return (
        f"warm_up = {values[WARM_UP]}: the counted requests have another mix of bandwidths than "
        "request_distribution, because FUSION draws the classes with equal probability until their "
        "requests are used up, those of the small classes in the warm-up. Set "
        "independent_bandwidths to True",
    )


def _congestion(checked: Checked) -> None:
    k_paths = checked.value(K_PATHS, 1)
    if checked.value(ROUTE) in CONGESTION and k_paths > _MOST_CONGESTED_PATHS:
        checked.refuse(
            K_PATHS,
            f"up to {_MOST_CONGESTED_PATHS} with congestion-aware routing",
            of_simulator=True,
        )


def _cores(checked: Checked) -> None:
    if not checked.good(CORES):
        return
    cores, priority = checked.values[CORES], checked.value(ALLOCATION) == "priority_first"
    if checked.value(SNR) == "xt_calculation" and cores > 7 and not priority:
        checked.refuse(
            CORES,
            "7 with snr_type = xt_calculation",
            "FUSION 6.1 ends in an error once it tries the eighth core",
            of_simulator=True,
        )
    if checked.value(ROUTE) == "xt_aware" and priority and cores > 7:
        checked.refuse(CORES, "7 with xt_aware and priority_first", of_simulator=True)


def _seeds(checked: Checked) -> None:
    first = FIRST_SEED
    if checked.good(first, ITERATIONS):
        most = LAST_SEED - checked.values[ITERATIONS] + 1
        if checked.values[first] > most:
            checked.refuse(first, f"up to {most}, so that the last iteration has a seed")


def _node_weights(checked: Checked) -> None:
    location = (NAME, "node_weights")
    weights, nodes = checked.value(location), _terminals(checked)
    if weights is None or not nodes:
        return
    unknown = [node for node in weights if node not in nodes]
    if unknown:
        checked.refuse(
            location, f"weights of {', '.join(nodes)}; {unknown[0]} neither sends nor receives"
        )
        return
    known = sorted(weights.values())
    if not known or known[0] < 0 or sum(map(bool, known)) < 2:
        checked.refuse(location, "weights of 0 or more, at least two of them above 0")
    elif not math.isfinite(sum(known)) or known[-2] < SMALLEST_SHARE * sum(known):
        # Source and target are drawn until they differ, which would take forever.
        checked.refuse(
            location, f"weights whose second largest is {SMALLEST_SHARE:g} of their sum or more"
        )


def _terminals(checked: Checked) -> tuple[str, ...]:
    """The nodes that send and receive; empty if unknown."""
    if checked.topology is None or not checked.good(ALL_NODES):
        return ()
    network = checked.topology.network
    return network.nodes if checked.values[ALL_NODES] else network.core_nodes


def _directed_links(checked: Checked) -> None:
    directed, order = (NAME, "directed_links"), (NAME, "path_order")
    if checked.value(directed) and (checked.value(SNR) or not _by_length(checked)):
        checked.refuse(directed, "False with snr_type, cong_aware and xt_aware")
    if checked.value(order, "length") != "length" and not _by_length(checked):
        checked.refuse(order, "length with this route_method")


def _paths(checked: Checked, inputs: Inputs) -> None:
    location, nodes = (NAME, "paths"), _terminals(checked)
    value = checked.value(location)
    if value is None or not nodes or checked.topology is None:
        return
    if not _by_length(checked):
        checked.refuse(location, "None with this route_method")
    elif checked.value((NAME, "path_order"), "length") != "length":
        checked.refuse((NAME, "path_order"), "length with paths from a file")
    try:
        checked.paths = inputs.paths(value, checked.topology.network, nodes)
    except ValueError as error:
        checked.refuse(location, "the path of a file with candidate paths", str(error))


def _by_length(checked: Checked) -> bool:
    """Whether the order of paths does not depend on the state of the network."""
    return checked.value(ROUTE) not in (*CONGESTION, "xt_aware")
