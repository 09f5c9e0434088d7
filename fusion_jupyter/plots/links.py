"""`plot_link_utilization`: the share of each link's spectrum in use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from fusion_jupyter.analysis import loads
from fusion_jupyter.manager.selection import Runs
from fusion_jupyter.nearest import did_you_mean
from fusion_jupyter.plots import style as looks
from fusion_jupyter.plots.blocking import frame_of
from fusion_jupyter.plots.series import each_series, require_columns

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

METRICS = {
    "utilization": "Spectrum in use (% of slots and time)",
    "usage_count": "Lightpaths carried",
    "throughput": "Carried traffic (Gb/s · time units)",
}


class _Rows(NamedTuple):
    """The data to draw: a frame with the columns ``link`` and ``value``, and the links in order."""

    frame: pd.DataFrame
    links: list[str]
    left_out: int


def plot_link_utilization(
    data: Runs | pd.DataFrame,
    *,
    erlang: float | None = None,
    metric: str | None = None,
    top: int | None = 40,
    label: str | None = None,
    style_sheet: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Plot the use of each link, busiest first, one marker per run.

    Args:
        data: Runs, or a frame of level ``"link"``.
        erlang: The offered load; default: the highest.
        metric: Of the last saved iteration: ``"utilization"`` (share of slots and time in use),
            ``"usage_count"`` (lightpaths) or ``"throughput"`` (bit rate times time). Default: the
            utilization if known, else the throughput, which FUSION reports.
        top: Maximum number of links; None for all. The axis label mentions omitted links.
        label: Label of a run, see `plot_blocking`.
        style_sheet: See `plot_blocking`.
        ax: Axes to draw on; default: a new figure, as high as the links need.

    Returns:
        The axes.

    Raises:
        ImportError: matplotlib is not installed.
        ValueError: There is no such metric, load or number of links, the metric is unknown for all
            runs, or the frame lacks a column.
    """
    looks.require_matplotlib()
    sheet = looks.sheet_named(style_sheet)
    if metric is not None and metric not in METRICS:
        raise ValueError(
            f"metric is {metric!r}; allowed: {', '.join(METRICS)}{did_you_mean(metric, METRICS)}"
        )
    if top is not None and top < 1:
        raise ValueError(f"top is {top}; allowed: 1 or more, or None")
    frame = frame_of(data, "link")
    chosen = metric or _best_known(frame)
    require_columns(frame, "link", ["erlang", "source", "target", chosen])
    if len(frame) and frame[chosen].isna().all():
        raise ValueError(
            f"The column {chosen} is unknown in all rows: FUSION does not report it; allowed: "
            "usage_count, throughput"
        )
    load = loads.chosen(frame["erlang"].unique(), erlang)
    rows = _rows(frame[frame["erlang"] == load], chosen, top)
    with looks.applied(sheet):
        each = 1.35 * sheet.font_size / 72
        target = looks.axes_or_new(ax, sheet.width, max(2.0, 0.7 + each * len(rows.links)))
        _draw(target, rows, label)
        text = METRICS[chosen]
        target.set_xlabel(text if load is None else f"{text} at {load:g} Erlang")
    return target


def _best_known(frame: pd.DataFrame) -> str:
    known = "utilization" in frame.columns and (
        not len(frame) or frame["utilization"].notna().any()
    )
    return "utilization" if known else "throughput"


def _rows(frame: pd.DataFrame, metric: str, top: int | None) -> _Rows:
    names = frame["source"] + "\N{EN DASH}" + frame["target"]
    if "network" in frame.columns and frame["network"].nunique() > 1:
        # Links of two networks are different, even if their nodes have the same names.
        names = frame["network"] + " " + names
    factor = 100 if metric == "utilization" else 1
    frame = frame.assign(link=names, value=factor * frame[metric])
    order = frame.groupby("link", sort=False)["value"].max().sort_values(ascending=False)
    links = list(order.index[:top])
    return _Rows(frame, links, len(order) - len(links))


def _draw(ax: Axes, rows: _Rows, label: str | None) -> None:
    import matplotlib.pyplot as plt

    row_of: dict[Any, int] = {link: number for number, link in enumerate(rows.links)}
    series = each_series(rows.frame, label=label)
    for number, one in enumerate(series):
        shown = one.rows[one.rows["link"].isin(row_of)]
        y = shown["link"].map(row_of)
        look = looks.curve_style(number)
        if len(series) == 1:
            ax.barh(y, shown["value"], height=0.7, color=look["color"])
        else:
            look["linestyle"] = "none"
            if number >= len(looks.COLOURS):
                look["markerfacecolor"] = "white"
            ax.plot(shown["value"], y, label=one.label, **look)
    ax.set_yticks(range(len(rows.links)), rows.links, fontsize=plt.rcParams["legend.fontsize"])
    ax.set_ylim(len(rows.links) - 0.4, -0.6)
    ax.set_xlim(left=0)
    ax.grid(visible=True, axis="x" if len(series) == 1 else "both", alpha=0.35)
    left = f" ({rows.left_out} less used ones not shown)" if rows.left_out > 0 else ""
    ax.set_ylabel(f"Link{left}")
    if len(series) > 1:
        ax.legend(framealpha=0.8, edgecolor="none")
    if not rows.links:
        looks.say_empty(ax)
