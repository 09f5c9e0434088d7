"""``[embedded_settings]``: methods from the literature that FUSION lacks.

All are off by default. FUSION ignores the section, so only the embedded simulator runs a
configuration that uses it.
"""

from __future__ import annotations

from fusion_jupyter.config.schema.kinds import (
    Choice,
    Flag,
    Integer,
    Kind,
    Number,
    NumberByName,
    Path,
)
from fusion_jupyter.config.schema.option import COMMON, RESULT, Option, Rule, Section

NAME = "embedded_settings"
#: The largest seed of the random number generator.
LAST_SEED = 2**32 - 1
#: Fewer iterations justify no interval: no load ends at a precision before it has as many.
MIN_ITERATIONS = 5

_GROUP = "Beyond FUSION"


def _option(name: str, kind: Kind, missing: str, description: str, unit: str = "") -> Option:
    return Option(
        name,
        kind,
        description,
        unit=unit,
        group=_GROUP,
        importance=COMMON,
        missing=missing,
        fusion=None,
        embedded=Rule(RESULT),
    )


SECTION = Section(
    NAME,
    _option(
        "first_seed",
        Integer(0, LAST_SEED),
        "1",
        "Seed of the first iteration; iteration i uses first_seed + i. Runs whose seeds do not "
        "overlap are independent replications.",
    ),
    _option(
        "warm_up",
        Integer(0),
        "0",
        "Requests at the start of each iteration that come in addition to num_requests and are not "
        "counted, so that the network is not empty when counting starts. With several classes of "
        "bandwidth set independent_bandwidths too: else the small ones are used up before.",
    ),
    _option(
        "directed_links",
        Flag(),
        "False",
        "Whether each direction of a link has spectrum of its own; False: both share it.",
    ),
    _option(
        "independent_bandwidths",
        Flag(),
        "False",
        "Whether each request's bandwidth is drawn by its share; False: classes with requests left "
        "of their quota are drawn with equal probability.",
    ),
    _option(
        "truncated_holding",
        Flag(),
        "False",
        "Whether holding times of twice the mean or more are drawn again, as in DeepRMSA. The mean "
        "holding time, and with it the carried load, falls by 31 %.",
    ),
    _option(
        "node_weights",
        NumberByName('{"0": 2, "5": 1}', optional=True),
        "None",
        "Weight of each node as an end of a request; nodes without a weight are never drawn. "
        "None: all nodes have equal weight.",
    ),
    _option(
        "path_order",
        Choice("length", "hops", "resources"),
        "length",
        "Choice and order of the candidate paths. length: the k shortest, in order of length. "
        "hops: the k with the fewest hops, shorter ones first if hops are equal. resources: the "
        "same paths, in order of hops over spectral efficiency, which is the maximum Gb/s per "
        "slot in the modulation table for the path's length.",
    ),
    _option(
        "paths",
        Path("the path of a JSON file", optional=True),
        "None",
        "File with the candidate paths of each node pair in order of trial, as "
        "{source: {target: [[source, ..., target], ...]}}; the first k_paths are used. None: "
        "paths are computed.",
    ),
    _option(
        "allocation",
        Choice("first_fit", "last_fit", "best_fit", "exact_fit"),
        "first_fit",
        "Slots that a lightpath takes on the first core where it fits: the lowest, the highest, "
        "the lowest of the smallest gap it fits into, or those of a gap of just its width if there "
        "is one, else the lowest.",
    ),
    _option(
        "precision",
        Number(above=0, at_most=0.5, optional=True),
        "None",
        "Target for the half width of the 95 % confidence interval as a share of the mean: a load "
        f"ends once it is reached, after {MIN_ITERATIONS} iterations at the earliest. None: "
        "FUSION's rule.",
    ),
)
