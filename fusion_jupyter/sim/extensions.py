"""Options beyond FUSION, off by default, in an INI section of their own that FUSION ignores.

They exist for what the literature does and FUSION does not: independent replications, a warm-up,
spectrum of its own for each direction, other traffic, other orders of paths and slots. A
configuration that uses one of them can be run by the embedded simulator only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fusion_jupyter.sim.ini import Options

#: The section's name.
SECTION = "embedded_settings"
#: The largest seed of the random number generator.
LAST_SEED = 2**32 - 1


class Extension(NamedTuple):
    """One option of the section.

    Attributes:
        name: Its name.
        kind: ``"integer"``, ``"number"``, ``"flag"``, ``"choice"`` or ``"mapping"``.
        default: The text with which nothing differs from FUSION.
        allowed: What is allowed, for people.
        description: What it does, with its unit.
        choices: The allowed values where they can be counted.
    """

    name: str
    kind: str
    default: str
    allowed: str
    description: str
    choices: tuple[str, ...] = ()


#: Every option of the section.
EXTENSIONS = (
    Extension(
        "first_seed", "integer", "1", f"a whole number from 0 to {LAST_SEED}",
        "Seed of the first iteration; iteration i uses first_seed + i. Runs whose seeds do not "
        "overlap are independent replications.",
    ),
    Extension(
        "warm_up", "integer", "0", "a whole number, 0 or more",
        "Requests at the start of each iteration that come in addition to num_requests and are not "
        "counted, so that the network is not empty when counting starts.",
    ),
    Extension(
        "directed_links", "flag", "False", "True, False",
        "Whether each direction of a link has spectrum of its own; False: both share it.",
        ("True", "False"),
    ),
    Extension(
        "independent_bandwidths", "flag", "False", "True, False",
        "Whether each request's bandwidth is drawn by its share; False: classes with requests left "
        "of their quota are drawn with equal probability.",
        ("True", "False"),
    ),
    Extension(
        "truncated_holding", "flag", "False", "True, False",
        "Whether holding times of twice the mean or more are drawn again, as in DeepRMSA. The mean "
        "holding time, and with it the carried load, falls by 31 %.",
        ("True", "False"),
    ),
    Extension(
        "node_weights", "mapping", "None",
        'a weight of 0 or more for nodes, such as {"0": 2, "5": 1}',
        "Weight of each node in the draw of a request's ends; a node that is not named is never "
        "drawn. None: all nodes alike.",
    ),
    Extension(
        "path_order", "choice", "length", "length, hops",
        "Order of the candidate paths: by length, or by hops and then by length.",
        ("length", "hops"),
    ),
    Extension(
        "allocation", "choice", "first_fit", "first_fit, last_fit, best_fit, exact_fit",
        "Slots that a lightpath takes on the first core where it fits: the lowest, the highest, "
        "the lowest of the smallest gap it fits into, or those of a gap of just its width if there "
        "is one, else the lowest.",
        ("first_fit", "last_fit", "best_fit", "exact_fit"),
    ),
    Extension(
        "precision", "number", "None", "a number above 0, up to 0.5",
        "Target for the half width of the 95 % confidence interval as a share of the mean: a load "
        "ends once it is reached. None: FUSION's rule.",
    ),
)  # fmt: skip


class Extended(NamedTuple):
    """The values of the section's options; see :data:`EXTENSIONS`.

    Attributes:
        first_seed: Seed of the first iteration.
        warm_up: Requests that are not counted.
        directed_links: Whether each direction of a link has its own spectrum.
        independent_bandwidths: Whether bandwidths are drawn by their shares.
        truncated_holding: Whether long holding times are drawn again.
        node_weights: Node -> weight; empty for all nodes alike.
        path_order: ``"length"`` or ``"hops"``.
        allocation: ``"first_fit"``, ``"last_fit"``, ``"best_fit"`` or ``"exact_fit"``.
        precision: Target for the relative half width; None for FUSION's rule.
    """

    first_seed: int = 1
    warm_up: int = 0
    directed_links: bool = False
    independent_bandwidths: bool = False
    truncated_holding: bool = False
    node_weights: Mapping[str, float] = {}
    path_order: str = "length"
    allocation: str = "first_fit"
    precision: float | None = None

    @property
    def own_traffic(self) -> bool:
        """Whether requests are drawn in another way than FUSION draws them."""
        return bool(self.independent_bandwidths or self.truncated_holding or self.node_weights)


def read_extensions(options: Options, terminals: tuple[str, ...], max_iters: int) -> Extended:
    """Read and check the section.

    Args:
        options: The configuration.
        terminals: The nodes that send and receive.
        max_iters: Iterations of a load.
    """
    known = {extension.name: extension for extension in EXTENSIONS}
    for name in options.names(SECTION):
        if name not in known:
            options.error(SECTION, name, f"not an option; the section has {', '.join(known)}")

    def choice(name: str) -> str:
        return options.choice(SECTION, name, known[name].choices, known[name].default)

    def flag(name: str) -> bool:
        return options.flag(SECTION, name)

    first_seed = options.integer(SECTION, "first_seed", at_least=0, default=1)
    if first_seed + max_iters - 1 > LAST_SEED:
        options.error(SECTION, "first_seed", f"the last seed must be {LAST_SEED} or less")
    return Extended(
        first_seed=first_seed,
        warm_up=options.integer(SECTION, "warm_up", at_least=0, default=0),
        directed_links=flag("directed_links"),
        independent_bandwidths=flag("independent_bandwidths"),
        truncated_holding=flag("truncated_holding"),
        node_weights=_node_weights(options, terminals),
        path_order=choice("path_order"),
        allocation=choice("allocation"),
        precision=_precision(options),
    )


def _node_weights(options: Options, terminals: tuple[str, ...]) -> Mapping[str, float]:
    if options.text(SECTION, "node_weights", "None") in ("", "None"):
        return {}
    weights = options.mapping(SECTION, "node_weights", '{"0": 2, "5": 1}')
    unknown = [node for node in weights if node not in terminals]
    if unknown:
        allowed = ", ".join(terminals)
        options.error(SECTION, "node_weights", f"{unknown[0]} is no node; allowed: {allowed}")
    elif weights and (min(weights.values()) < 0 or sum(map(bool, weights.values())) < 2):
        options.error(SECTION, "node_weights", "weights must be 0 or more, at least two above 0")
    return weights


def _precision(options: Options) -> float | None:
    if options.text(SECTION, "precision", "None") in ("", "None"):
        return None
    precision = options.number(SECTION, "precision", above=0.0)
    if precision > 0.5 and options.good((SECTION, "precision")):
        options.error(SECTION, "precision", "must be a number above 0, up to 0.5")
    return precision
