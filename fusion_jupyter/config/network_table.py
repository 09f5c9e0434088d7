"""The networks of the package, as a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusion_jupyter.config.topologies import (
    FUSION_NETWORKS,
    network_names,
    network_source,
    read_network,
)

if TYPE_CHECKING:
    import pandas as pd


def networks() -> pd.DataFrame:
    """The networks of the package as a DataFrame, one row each.

    ``network="<name>"`` starts a run on one; `start` also accepts your own network.

    Returns:
        Indexed by name, with the columns ``nodes`` and ``links`` (numbers), ``mean_degree`` (links
        at a node), ``mean_link_km``, ``longest_link_km`` and ``total_km`` (lengths in km),
        ``core_nodes`` (nodes that send and receive with ``is_only_core_node=False``; 0 if unknown),
        ``fusion`` (whether FUSION knows it by name; others are passed to it as a file) and
        ``source`` (its origin and the source of its lengths).

    Example:
        >>> networks().loc["NSFNet", ["nodes", "links"]].tolist()
        [14, 22]
    """
    import pandas as pd

    rows = []
    for name in network_names():
        network = read_network(name)
        lengths = [link.length for link in network.links]
        rows.append(
            {
                "nodes": len(network.nodes),
                "links": len(lengths),
                "mean_degree": 2 * len(lengths) / len(network.nodes),
                "mean_link_km": sum(lengths) / len(lengths),
                "longest_link_km": max(lengths),
                "total_km": sum(lengths),
                "core_nodes": len(network.core_nodes),
                "fusion": name in FUSION_NETWORKS,
                "source": network_source(name),
            }
        )
    return pd.DataFrame(rows, index=pd.Index(network_names(), name="network"))
