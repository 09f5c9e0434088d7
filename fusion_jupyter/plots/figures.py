"""Figures of results, ready for a paper: `plot_blocking` and its three sisters.

Each takes runs, or a frame of the right level (filtered, joined, computed on), draws on `ax` or on
a figure of its own, and returns the axes, so that everything can be changed afterwards. matplotlib
is the extra ``plots``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from fusion_jupyter.analysis.results import results
from fusion_jupyter.analysis.selection import Runs
from fusion_jupyter.plots import plot_style
from fusion_jupyter.plots.probability import ProbabilityPlot

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_BLOCKING_LABELS = {
    "blocking": "Request blocking probability",
    "bit_rate_blocking": "Bit-rate blocking probability",
}
_LINK_LABELS = {
    "usage_count": "Lightpaths carried",
    "throughput": "Carried traffic (Gb/s · time units)",
}
# FUSION's factor for the half width of a 90 % confidence interval.
_Z = 1.645


def plot_blocking(
    data: Runs | pd.DataFrame,
    *,
    ax: Axes | None = None,
    metric: str = "blocking",
    label: str = "",
    confidence: bool = True,
) -> Axes:
    """Plot blocking over offered load, one curve for each run.

    The probability axis is logarithmic; a load at which nothing was blocked is shown as an open
    triangle at the lower edge. The band is the 90 % confidence interval over the iterations; where
    only one iteration has ended it is unknown and there is none.

    Args:
        data: Runs (ids, records or handles), or a frame of level ``"erlang"``.
        ax: Axes to draw on; default: a new figure.
        metric: ``"blocking"`` (of requests) or ``"bit_rate_blocking"``.
        label: For the legend, before what tells the runs apart; useful where curves are added to
            the same axes by several calls.
        confidence: Whether to draw the band.

    Returns:
        The axes.

    Raises:
        ImportError: matplotlib is not installed.
        ValueError: There is no such metric, or the frame lacks a column or has a load of a run
            more than once.

    Example:
        >>> ax = plot_blocking([run_a, run_b])
        >>> ax.figure.savefig("blocking.pdf")
    """
    plot_style.require_matplotlib()
    _check("metric", metric, _BLOCKING_LABELS)
    frame = _frame(data, "erlang")
    plot_style.require_columns(frame, "erlang", ["erlang", metric])
    plot = ProbabilityPlot.on(ax)
    series = plot_style.each_series(frame)
    for (name, rows), style in zip(series, plot.styles, strict=False):
        twice = rows.loc[rows["erlang"].duplicated(), "erlang"]
        if len(twice):
            raise ValueError(
                f"The frame has {twice.iloc[0]:g} Erlang twice in one curve; it must have each "
                "load once for each run_id and process, as level 'erlang' has"
            )
        width = None
        if confidence and f"{metric}_ci" in rows.columns:
            # FUSION writes 0 for the interval of a single iteration; it is unknown.
            width = rows[f"{metric}_ci"]
            if "iterations" in rows.columns:
                width = width.where(rows["iterations"] > 1)
        text = ", ".join(part for part in (label, name) if part)
        plot.curve(rows["erlang"], rows[metric], width, text, style)
    plot.finish(_BLOCKING_LABELS[metric])
    return plot.ax


def plot_blocking_by_bandwidth(
    data: Runs | pd.DataFrame, *, ax: Axes | None = None, confidence: bool = True
) -> Axes:
    """Plot blocking over offered load, one curve for each bandwidth class.

    Several runs share the colours and differ in their dashes. A class without requests is left
    out.

    Args:
        data: Runs, or a frame of level ``"modulation"``.
        ax: Axes to draw on; default: a new figure.
        confidence: Whether to draw the 90 % confidence interval over the iterations.

    Returns:
        The axes.

    Raises:
        ImportError: matplotlib is not installed.
        ValueError: The frame lacks a column, or the numbers of offered requests are unknown.
    """
    plot_style.require_matplotlib()
    frame = _frame(data, "modulation")
    needed = ["erlang", "iteration", "bandwidth_gbps", "blocked", "offered"]
    plot_style.require_columns(frame, "modulation", needed)
    if len(frame) and frame["offered"].isna().all():
        raise ValueError(
            "The column offered is unknown: the runs' configurations don't say how many requests "
            "each bandwidth class has"
        )
    plot = ProbabilityPlot.on(ax)
    series = plot_style.each_series(frame[frame["offered"] > 0])
    classes = sorted(frame.loc[frame["offered"] > 0, "bandwidth_gbps"].unique())
    for number, (label, rows) in enumerate(series):
        for bandwidth, style in zip(classes, plot_style.curve_styles(), strict=False):
            mine = rows[rows["bandwidth_gbps"] == bandwidth]
            # The class's numbers stand in the row of each of its modulations: take them once.
            once = mine.drop_duplicates(["erlang", "iteration"])
            shares = (once["blocked"] / once["offered"]).groupby(once["erlang"])
            mean, width = shares.mean(), _Z * shares.std() / shares.count() ** 0.5
            style["linestyle"] = plot_style.DASHES[number % len(plot_style.DASHES)]
            text = f"{bandwidth:g} Gb/s" + (f", {label}" if label else "")
            plot.curve(mean.index, mean, width if confidence else None, text, style)
    plot.finish(_BLOCKING_LABELS["blocking"])
    return plot.ax


def plot_modulations(data: Runs | pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Plot which share of the lightpaths uses which modulation format, over offered load.

    Shares are means over the iterations. Several runs stand side by side, told apart by hatches.

    Args:
        data: Runs, or a frame of level ``"modulation"``.
        ax: Axes to draw on; default: a new figure.

    Returns:
        The axes.

    Raises:
        ImportError: matplotlib is not installed.
        ValueError: The frame lacks a column.
    """
    plot_style.require_matplotlib()
    import numpy as np
    from matplotlib.patches import Patch

    frame = _frame(data, "modulation")
    plot_style.require_columns(frame, "modulation", ["erlang", "modulation", "count"])
    ax = plot_style.prepare(ax, plot_style.WIDE)
    series = plot_style.each_series(frame)
    formats = list(dict.fromkeys(frame["modulation"]))
    loads = sorted(frame["erlang"].unique())
    width = 0.8 / max(1, len(series))
    for number, (_, rows) in enumerate(series):
        counts = rows.pivot_table(
            index="erlang", columns="modulation", values="count", aggfunc="sum", observed=True
        )
        counts = counts.reindex(index=loads, columns=formats).fillna(0.0)
        shares = 100 * counts.div(counts.sum(axis="columns"), axis="index").fillna(0.0)
        x = np.arange(len(loads)) + (number - (len(series) - 1) / 2) * width
        bottom = np.zeros(len(loads))
        for format_, colour in zip(formats, plot_style.COLOURS * len(formats), strict=False):
            ax.bar(
                x,
                shares[format_],
                width * 0.92,
                bottom=bottom,
                color=colour,
                edgecolor="white",
                linewidth=0.6,
                hatch=plot_style.HATCHES[number % len(plot_style.HATCHES)],
            )
            bottom += shares[format_].to_numpy()
    ax.set_xticks(np.arange(len(loads)), [f"{load:g}" for load in loads])
    ax.set_xlabel("Offered load (Erlang)")
    ax.set_ylabel("Lightpaths (%)")
    ax.set_ylim(0, 100)
    handles = [
        Patch(facecolor=colour, label=format_)
        for format_, colour in zip(formats, plot_style.COLOURS * len(formats), strict=False)
    ]
    handles += [
        Patch(
            facecolor="0.7",
            edgecolor="white",
            hatch=plot_style.HATCHES[number % len(plot_style.HATCHES)],
            label=label,
        )
        for number, (label, _) in enumerate(series)
        if label
    ]
    if handles:
        # Beside the bars, which fill the axes from edge to edge.
        ax.legend(handles=handles, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    else:
        plot_style.say_empty(ax)
    return ax


def plot_link_utilization(
    data: Runs | pd.DataFrame,
    *,
    ax: Axes | None = None,
    erlang: float | None = None,
    metric: str = "usage_count",
    top: int | None = 40,
) -> Axes:
    """Plot how much each link carried, busiest first, one mark for each run.

    Args:
        data: Runs, or a frame of level ``"link"``.
        ax: Axes to draw on; default: a new figure, as high as the links need.
        erlang: Which offered load; default: the highest.
        metric: ``"usage_count"`` (lightpaths) or ``"throughput"`` (bit rate times time).
        top: Only so many links; None for all. The axis says so where links are left out.

    Returns:
        The axes.

    Raises:
        ImportError: matplotlib is not installed.
        ValueError: There is no such metric, load or number of links, or the frame lacks a column.
    """
    plot_style.require_matplotlib()
    _check("metric", metric, _LINK_LABELS)
    frame = _frame(data, "link")
    plot_style.require_columns(frame, "link", ["erlang", "source", "target", metric])
    if top is not None and top < 1:
        raise ValueError(f"top is {top}; allowed: 1 or more, or None")
    loads = sorted(frame["erlang"].unique())
    if erlang is not None and erlang not in loads:
        allowed = ", ".join(f"{load:g}" for load in loads) or "none, there are no results"
        raise ValueError(f"erlang is {erlang!r}; allowed: {allowed}")
    chosen = erlang if erlang is not None else (loads[-1] if loads else math.nan)
    frame = frame[frame["erlang"] == chosen]
    frame = frame.assign(link=frame["source"] + "\N{EN DASH}" + frame["target"])
    order = frame.groupby("link", sort=False)[metric].max().sort_values(ascending=False)
    links = list(order.index[:top])
    ax = plot_style.prepare(ax, (5.0, max(2.2, 0.8 + 0.16 * len(links))))
    place: dict[Any, int] = {link: number for number, link in enumerate(links)}
    series = plot_style.each_series(frame)
    for (label, rows), style in zip(series, plot_style.curve_styles(), strict=False):
        shown = rows[rows["link"].isin(place)]
        y = shown["link"].map(place)
        if len(series) == 1:
            ax.barh(y, shown[metric], height=0.7, color=style["color"])
        else:
            ax.plot(shown[metric], y, label=label, **{**style, "linestyle": "none"})
    ax.set_yticks(range(len(links)), links, fontsize=7.5)
    ax.set_ylim(len(links) - 0.4, -0.6)
    ax.set_xlim(left=0)
    ax.grid(visible=True, axis="x" if len(series) == 1 else "both", linewidth=0.5, alpha=0.35)
    left_out = len(order) - len(links)
    ax.set_ylabel("Link" + (f" ({left_out} less used ones not shown)" if left_out > 0 else ""))
    ax.set_xlabel(f"{_LINK_LABELS[metric]} at {chosen:g} Erlang" if loads else _LINK_LABELS[metric])
    if len(series) > 1:
        ax.legend(frameon=False)
    if not links:
        plot_style.say_empty(ax)
    return ax


def _frame(data: Runs | pd.DataFrame, level: str) -> pd.DataFrame:
    import pandas as pd

    return data if isinstance(data, pd.DataFrame) else results(data, level)


def _check(name: str, value: object, allowed: dict[str, str]) -> None:
    if value not in allowed:
        raise ValueError(f"{name} is {value!r}; allowed: {', '.join(allowed)}")
