"""`plot_modulations`: which modulation formats the lightpaths use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fusion_jupyter.manager.selection import Runs
from fusion_jupyter.plots import style as looks
from fusion_jupyter.plots.blocking import frame_of
from fusion_jupyter.plots.series import each_series, require_columns

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

#: Hatches that distinguish runs drawn side by side.
_HATCHES = ("", "////", "....", "xxxx", "\\\\\\\\", "++++", "oooo")
#: Formats by bits per symbol; others follow in order of appearance.
_ORDER = ("BPSK", "QPSK", "8-QAM", "16-QAM", "32-QAM", "64-QAM", "128-QAM", "256-QAM")


def plot_modulations(
    data: Runs | pd.DataFrame,
    *,
    label: str | None = None,
    style_sheet: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Plot the share of lightpaths by modulation format, over offered load.

    Shares are taken over all saved iterations together. Several runs are drawn side by side,
    distinguished by hatches.

    Args:
        data: Runs, or a frame of level ``"modulation"``.
        label: Label of a run, see `plot_blocking`.
        style_sheet: See `plot_blocking`.
        ax: Axes to draw on; default: a new figure.

    Returns:
        The axes.

    Raises:
        ImportError: matplotlib is not installed.
        ValueError: The frame lacks a column, an argument is not allowed, or there are more runs
            than can be distinguished.
    """
    looks.require_matplotlib()
    sheet = looks.sheet_named(style_sheet)
    frame = frame_of(data, "modulation")
    require_columns(frame, "modulation", ["erlang", "modulation", "count"])
    # A run's bandwidth classes form one bar: the frame's rows are summed over them.
    series = each_series(frame.drop(columns="bandwidth_gbps", errors="ignore"), label=label)
    if len(series) > len(_HATCHES):
        raise ValueError(
            f"data has {len(series)} runs; allowed: up to {len(_HATCHES)} side by side. Draw one "
            "figure for each run, with ax="
        )
    formats = _formats(frame)
    with looks.applied(sheet):
        target = looks.axes_or_new(ax, sheet.wide if len(series) > 1 else sheet.width, sheet.height)
        loads = sorted(frame["erlang"].unique())
        for number, one in enumerate(series):
            _draw(target, one.rows, formats, loads, number, len(series))
        target.set_xticks(range(len(loads)), [f"{load:g}" for load in loads])
        target.set_xlabel("Offered load (Erlang)")
        target.set_ylabel("Lightpaths (%)")
        target.set_ylim(0, 100)
        if series:
            _legend(target, formats, [one.label for one in series])
        else:
            looks.say_empty(target)
    return target


def _formats(frame: pd.DataFrame) -> list[str]:
    """The used formats, those with the fewest bits per symbol first."""
    used = list(dict.fromkeys(frame.loc[frame["count"] > 0, "modulation"]))
    return sorted(used, key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER))


def _draw(
    ax: Axes, rows: pd.DataFrame, formats: list[str], loads: list[float], number: int, runs: int
) -> None:
    import numpy as np

    counts = rows.pivot_table(
        index="erlang", columns="modulation", values="count", aggfunc="sum", observed=True
    )
    counts = counts.reindex(index=loads, columns=formats).fillna(0.0)
    shares = 100 * counts.div(counts.sum(axis="columns"), axis="index").fillna(0.0)
    width = 0.84 / runs
    x = np.arange(len(loads)) + (number - (runs - 1) / 2) * width
    bottom = np.zeros(len(loads))
    for format_, colour in zip(formats, looks.ramp(len(formats)), strict=True):
        ax.bar(
            x,
            shares[format_],
            width * (0.94 if runs > 1 else 1.0),
            bottom=bottom,
            color=colour,
            edgecolor=_ink(colour),
            linewidth=0.0,
            hatch=_HATCHES[number],
        )
        bottom += shares[format_].to_numpy()


def _ink(colour: Any) -> str:
    """Black or white, whichever is readable on a colour."""
    red, green, blue = colour[:3]
    return "black" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.45 else "white"


def _legend(ax: Axes, formats: list[str], labels: list[str]) -> None:
    """Draw the legend above the bars: formats from the top of the bars down, and runs."""
    from matplotlib.patches import Patch

    colours = dict(zip(formats, looks.ramp(len(formats)), strict=True))
    handles = [Patch(facecolor=colours[name], label=name) for name in formats]
    if len(labels) > 1:
        handles += [
            Patch(facecolor="white", edgecolor="black", linewidth=0.5, hatch=hatch, label=label)
            for hatch, label in zip(_HATCHES, labels, strict=False)
        ]
    ax.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=min(len(handles), 3 if len(labels) < 2 else 6),
        frameon=False,
        borderaxespad=0.2,
        handlelength=1.6,
        columnspacing=1.2,
    )
