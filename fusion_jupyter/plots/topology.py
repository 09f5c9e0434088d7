"""`plot_topology`: a network as a map, its links coloured by use."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from fusion_jupyter.analysis import loads
from fusion_jupyter.analysis.captions import escaped
from fusion_jupyter.maps.colours import UNKNOWN, colour, width
from fusion_jupyter.maps.link_use import METRICS
from fusion_jupyter.maps.sheet import networks_and_records, sheet_of_networks, sheet_of_runs
from fusion_jupyter.maps.svg import LONGEST_INSIDE
from fusion_jupyter.plots import style as looks

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes

    from fusion_jupyter.maps.link_use import LoadUse
    from fusion_jupyter.maps.network_map import NetworkMap
    from fusion_jupyter.maps.sheet import Sheet

_MOST_PANELS = 6
_STEPS = 64
_BESIDE = {
    "e": ((6, 0), "left", "center"),
    "w": ((-6, 0), "right", "center"),
    "n": ((0, 5), "center", "bottom"),
    "s": ((0, -5), "center", "top"),
}


def plot_topology(
    data: Any,
    *,
    erlang: float | None = None,
    metric: str | None = None,
    names: bool = True,
    style_sheet: str | None = None,
    ax: Axes | None = None,
) -> Axes | np.ndarray[Any, Any]:
    """Plot networks as maps; for runs, links are coloured by their use.

    Several runs are drawn side by side on one scale. `topology` shows the same in a notebook.

    Args:
        data: A network's name, the path of a topology file, a networkx graph, a run, or several of
            those.
        erlang: The offered load; default: the highest with results.
        metric: Of the last saved iteration: ``"utilization"`` (share of slots and time in use),
            ``"usage_count"`` (lightpaths) or ``"throughput"`` (bit rate times time). Default: the
            utilisation if known, else the throughput, which FUSION reports.
        names: Whether to write the nodes' names.
        style_sheet: See `plot_blocking`.
        ax: Axes to draw on, for one map; default: a new figure.

    Returns:
        The axes; for several maps an array of axes.

    Raises:
        ImportError: matplotlib is not installed.
        ValueError: There is no such network, load or metric, a run is a command, there are more
            than 6 maps, or `ax` is given for several.
        RunNotFoundError: A run's directory is gone.
        TypeError: `data` or `ax` is something else.

    Example:
        >>> axes = plot_topology("NSFNet", style_sheet="ieee")
        >>> len(axes.lines)
        22
    """
    looks.require_matplotlib()
    sheet = looks.sheet_named(style_sheet)
    networks, records = networks_and_records(data)
    maps = sheet_of_networks(networks) if networks else sheet_of_runs(records, metric)
    count = len(maps.panels)
    if count > _MOST_PANELS:
        raise ValueError(f"data has {count} maps; allowed: up to {_MOST_PANELS} in a figure")
    if ax is not None and count > 1:
        raise ValueError(f"ax is given for {count} maps; allowed: only for one map")
    load = loads.chosen(maps.known_loads, erlang)
    with looks.applied(sheet):
        across = sheet.width if count == 1 else sheet.wide
        drawn = (
            looks.new_axes(across, _height(maps, across / count), count)
            if ax is None
            else [looks.given_axes(ax)]
        )
        for each, panel in zip(drawn, maps.panels, strict=True):
            _draw(each, maps, panel.network, panel.at(load), names=names)
            if count > 1:
                each.set_title(escaped(panel.title))
        if maps.metric is not None:
            _scale(drawn, maps, load)
    if count == 1:
        return drawn[0]
    import numpy as np

    return np.array(drawn)


def _height(maps: Sheet, width: float) -> float:
    """The height of a figure whose maps have this width, in inches."""
    shapes = [
        max(node.y for node in panel.network.nodes)
        / (max(node.x for node in panel.network.nodes) or 1.0)
        for panel in maps.panels
    ]
    return width * min(1.3, max(0.45, *shapes)) + (0.7 if maps.metric else 0.1)


def _draw(ax: Axes, maps: Sheet, network: NetworkMap, use: LoadUse | None, *, names: bool) -> None:
    import matplotlib.pyplot as plt

    values = use.values if use is not None else (None,) * len(network.links)
    for link, value in zip(network.links, values, strict=True):
        ends = network.nodes[link.source], network.nodes[link.target]
        look: dict[str, Any] = {"color": "0.45", "linewidth": 1.2}
        if maps.metric is not None and value is None:
            look = {"color": UNKNOWN, "linewidth": 1.0, "linestyle": (0, (3, 2))}
        elif value is not None:
            share = value / maps.top
            look = {"color": colour(share), "linewidth": 0.6 * width(share)}
        # y points downwards on a map.
        ax.plot(
            [end.x for end in ends],
            [-end.y for end in ends],
            solid_capstyle="round",
            marker="",
            zorder=1,
            **look,
        )
    inside = names and all(len(node.name) <= LONGEST_INSIDE for node in network.nodes)
    size = plt.rcParams["legend.fontsize"] - 1
    ax.scatter(
        [node.x for node in network.nodes],
        [-node.y for node in network.nodes],
        s=(1.75 * size) ** 2 if inside else 9,
        facecolor="white",
        edgecolor="black",
        linewidth=0.7,
        zorder=2,
    )
    for node in network.nodes if names else ():
        offset, across, along = ((0, 0), "center", "center") if inside else _BESIDE[node.side]
        ax.annotate(
            escaped(node.name),
            (node.x, -node.y),
            xytext=offset,
            textcoords="offset points",
            ha=across,
            va="center_baseline" if inside else along,
            fontsize=size,
            zorder=3,
        )
    ax.set_aspect("equal")
    ax.margins(0.07)
    ax.set_axis_off()


def _scale(axes: list[Axes], maps: Sheet, load: float | None) -> None:
    """One colour bar for all maps."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, Normalize

    assert maps.metric is not None
    percent = maps.metric == "utilization"
    colours = ListedColormap([colour((step + 0.5) / _STEPS) for step in range(_STEPS)])
    shown = ScalarMappable(Normalize(0, maps.top * (100 if percent else 1)), colours)
    words = f"% {METRICS[maps.metric]}" if percent else METRICS[maps.metric].capitalize()
    at = "" if load is None or math.isnan(load) else f" at {load:g} Erlang"
    looks.figure_of(axes[0]).colorbar(
        shown, ax=axes, orientation="horizontal", label=f"{words}{at}", fraction=0.05, aspect=40
    )
