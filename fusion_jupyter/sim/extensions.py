"""Options beyond FUSION: the values of the section ``[embedded_settings]``.

The options themselves are described in `fusion_jupyter.config.schema.embedded`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fusion_jupyter.config.schema.embedded import NAME as SECTION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fusion_jupyter.config.checking import Checked


class Extended(NamedTuple):
    """The values of the section's options; the defaults behave like FUSION.

    Attributes:
        first_seed: Seed of the first iteration.
        warm_up: Requests that are not counted.
        directed_links: Whether each direction of a link has its own spectrum.
        independent_bandwidths: Whether bandwidths are drawn by their shares.
        truncated_holding: Whether long holding times are drawn again.
        node_weights: Node -> weight; empty: all nodes have equal weight.
        path_order: ``"length"``, ``"hops"`` or ``"resources"``.
        paths: Candidate paths of each node pair; empty if they are computed.
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
    paths: Mapping[tuple[str, str], tuple[tuple[str, ...], ...]] = {}
    allocation: str = "first_fit"
    precision: float | None = None

    @property
    def own_traffic(self) -> bool:
        """Whether requests are drawn differently than in FUSION."""
        return bool(self.independent_bandwidths or self.truncated_holding or self.node_weights)


def read_extensions(checked: Checked) -> Extended:
    """The section's values in an accepted configuration."""
    there = {name: checked.value((SECTION, name)) for name in Extended._fields}
    there["paths"] = None if checked.paths is None else checked.paths.lists
    return Extended(**{name: value for name, value in there.items() if value is not None})
