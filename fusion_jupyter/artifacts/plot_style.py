"""What the figures share: colours, labels, and a logarithmic axis that does not hide zeros."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

#: Okabe and Ito's colours, told apart with every kind of colour vision; yellow, which is too
#: light for lines on white, is left out, and black comes last.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DASHES = ("-", "--", "-.", ":")
HATCHES = ("", "///", "...", "xxx")

_STYLE: dict[Any, Any] = {
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "savefig.facecolor": "white",
    "text.color": "black",
    "axes.edgecolor": "black",
    "axes.labelcolor": "black",
    "xtick.color": "black",
    "ytick.color": "black",
    "font.size": 9.0,
    "axes.labelsize": 9.5,
    "legend.fontsize": 8.0,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "axes.linewidth": 0.8,
    "savefig.dpi": 300,
    "pdf.fonttype": 42,  # fonts as text: journals refuse Type 3
    "ps.fonttype": 42,
}
# Where zeros stand on a logarithmic axis, as a share of its height.
_ZERO_HEIGHT = 0.03
_ZERO_STEP = 0.045
_LEGEND_INSIDE = 5
#: Size in inches of a figure, and of one with its legend beside the axes.
NORMAL = (5.0, 3.4)
WIDE = (7.0, 3.4)


class Series(NamedTuple):
    """The rows of one curve.

    Attributes:
        label: For the legend; empty where there is only one curve.
        rows: Its part of the frame.
    """

    label: str
    rows: pd.DataFrame


def require_matplotlib() -> None:
    """Check that the extra is installed.

    Raises:
        ImportError: It is not; the message says how to install it.
    """
    try:
        import matplotlib.pyplot  # noqa: F401 (whether it can be imported is the question)
    except ImportError as error:
        raise ImportError("Plots need matplotlib: pip install fusion-jupyter[plots]") from error


def prepare(ax: Axes | None, size: tuple[float, float] = NORMAL) -> Axes:
    """Return the given axes, or new ones in the package's style, `size` in inches."""
    import matplotlib.pyplot as plt

    if ax is None:
        with plt.rc_context(_STYLE):
            _, ax = plt.subplots(figsize=size, layout="constrained")
            ax.tick_params(direction="out", length=3)
    ax.spines[["top", "right"]].set_visible(False)
    ax.set_axisbelow(True)
    return ax


def say_empty(ax: Axes) -> Any:
    """Write on empty axes why they are empty."""
    return ax.text(
        0.5, 0.5, "No results yet", transform=ax.transAxes, ha="center", va="center", color="0.4"
    )


def require_columns(frame: pd.DataFrame, level: str, columns: Sequence[str]) -> None:
    """Check that a frame has what a plot needs.

    Raises:
        ValueError: A column is missing.
    """
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ValueError(
            f"The frame has no column {', '.join(missing)}; "
            f"it must be of level {level!r}, as results(runs, level={level!r}) gives it"
        )


def each_series(frame: pd.DataFrame) -> list[Series]:
    """Split a frame into its curves: one for each run and process.

    The label says what tells a curve from the others: the varying options, the network, the
    run's name where nothing else does, and the process where a run has several.
    """
    keys = [column for column in ("run_id", "process") if column in frame.columns]
    if not keys:
        return [Series("", frame)]
    groups = [rows for _, rows in frame.groupby(keys, sort=False, observed=True)]
    if len(groups) == 1:
        return [Series("", groups[0])]
    options = _option_columns(frame)
    parts = [[f"{o} = {rows[o].iloc[0]}" for o in options] for rows in groups]
    for column, always in (("network", False), ("name", not options)):
        if column not in frame.columns:
            continue
        texts = [str(rows[column].iloc[0]) for rows in groups]
        ambiguous = len({tuple(part) for part in parts}) < len(_runs(frame))
        if len(set(texts)) > 1 and (always or ambiguous or column == "network"):
            parts = [[*part, text] for part, text in zip(parts, texts, strict=True)]
    if len(keys) == 2:
        processes = frame.groupby("run_id", observed=True)["process"].nunique()
        for part, rows in zip(parts, groups, strict=True):
            if processes[rows["run_id"].iloc[0]] > 1:
                part.append(str(rows["process"].iloc[0]))
    if len({tuple(part) for part in parts}) < len(groups) and "run_id" in frame.columns:
        for part, rows in zip(parts, groups, strict=True):
            part.append(f"run {rows['run_id'].iloc[0]}")
    return [Series(", ".join(part), rows) for part, rows in zip(parts, groups, strict=True)]


def curve_styles() -> Iterator[dict[str, Any]]:
    """Colour, marker and dashes for one curve after the other, without end."""
    number = 0
    while True:
        yield {
            "color": COLOURS[number % len(COLOURS)],
            "marker": MARKERS[number % len(MARKERS)],
            "linestyle": DASHES[number // len(COLOURS) % len(DASHES)],
            "linewidth": 1.4,
            "markersize": 4.5,
        }
        number += 1


class ProbabilityPlot:
    """Curves of a probability over load, logarithmic, with every value accounted for.

    A zero has no place on a logarithmic axis. It is drawn as an open triangle at the lower edge,
    and the legend says what that means. Where all values are zero the axis is linear.

    Args:
        ax: Where to draw.
        owns_figure: Whether the figure's size may be changed.
    """

    def __init__(self, ax: Axes, *, owns_figure: bool) -> None:
        self.ax = ax
        self._owns_figure = owns_figure
        self.styles = curve_styles()
        self._zeros: list[tuple[Any, str]] = []
        self._zero_artists: list[Any] = []
        self._positive: list[float] = []
        self._has_bands = False

    @classmethod
    def on(cls, given: Axes | None) -> ProbabilityPlot:
        """The plot on these axes: a second call goes on where the first one ended."""
        plot = getattr(given, "_fusion_jupyter_plot", None)
        if not isinstance(plot, cls):
            ax = prepare(given)
            plot = cls(ax, owns_figure=given is None)
            ax._fusion_jupyter_plot = plot  # type: ignore[attr-defined]
        return plot

    def curve(
        self, x: Any, mean: Any, half_width: Any | None, label: str, style: dict[str, Any]
    ) -> None:
        """Draw one curve.

        Args:
            x: Loads in Erlang, shape (n,).
            mean: Probabilities, shape (n,); NaN is left out.
            half_width: Half widths of the confidence intervals, shape (n,), NaN where unknown;
                None for no band.
            label: For the legend.
            style: See `curve_styles`.
        """
        import numpy as np

        order = np.argsort(x, kind="stable")
        x, mean = np.asarray(x, float)[order], np.asarray(mean, float)[order]
        shown = np.where(mean > 0, mean, np.nan)
        self._positive.extend(shown[np.isfinite(shown)])
        self.ax.plot(x, shown, label=label, **style)
        if (mean == 0).any():
            self._zeros.append((x[mean == 0], style["color"]))
        if half_width is None:
            return
        half = np.asarray(half_width, float)[order]
        known = np.isfinite(half) & (mean > 0)
        if (half[known] > 0).any():
            low = np.maximum(mean - half, mean * 1e-6)  # below the axis, but drawable
            self.ax.fill_between(
                x, low, mean + half, where=known, color=style["color"], alpha=0.18, linewidth=0
            )
            self._has_bands = True

    def finish(self, y_label: str) -> None:
        """Set scale, limits, labels and legend."""
        ax = self.ax
        ax.set_xlabel("Offered load (Erlang)")
        ax.set_ylabel(y_label)
        ax.grid(visible=True, which="major", linewidth=0.5, alpha=0.35)
        if self._positive:
            ax.set_yscale("log")
            lowest, highest = min(self._positive), max(self._positive)
            # Half a decade of air, so that a band's lower part and the zeros have their place.
            ax.set_ylim(lowest / 3.2, min(max(highest * 2, lowest * 10), 1.0 + highest * 0.2))
            _label_decades(ax)
        self._draw_zeros()
        self._legend()

    def _draw_zeros(self) -> None:
        for artist in self._zero_artists:  # of an earlier call, whose axis may have been linear
            artist.remove()
        self._zero_artists = []
        height: dict[float, int] = {}  # curves with a zero at the same load stand on each other
        transform = self.ax.get_xaxis_transform() if self._positive else self.ax.transData
        for loads, colour in self._zeros:
            for x in loads:
                level = height[x] = height.get(x, -1) + 1
                y = _ZERO_HEIGHT + _ZERO_STEP * level if self._positive else 0.0
                self._zero_artists += self.ax.plot(
                    [x], [y], transform=transform, **_zero_style(colour)
                )
        if self._zeros and not self._positive:
            self.ax.set_ylim(-0.02, 1.0)
        if not self._zeros and not self._positive:
            self._zero_artists.append(say_empty(self.ax))

    def _legend(self) -> None:
        from matplotlib.lines import Line2D
        from matplotlib.patches import Patch

        handles, labels = self.ax.get_legend_handles_labels()
        if self._has_bands:
            handles.append(Patch(color="0.5", alpha=0.3, linewidth=0))
            labels.append("90 % confidence interval")
        if self._zeros:
            handles.append(Line2D([], [], **_zero_style("0.3")))
            labels.append("no blocking observed")
        if len(handles) > _LEGEND_INSIDE:
            # So many lines would cover the curves. A figure of ours gets room for them.
            if self._owns_figure:
                self.ax.get_figure(root=True).set_size_inches(WIDE)  # type: ignore[union-attr]
            self.ax.legend(
                handles, labels, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0)
            )
        elif handles:
            self.ax.legend(handles, labels, frameon=False)


def _zero_style(colour: str) -> dict[str, Any]:
    return {
        "color": colour,
        "marker": "v",
        "markerfacecolor": "white",
        "markersize": 5.5,
        "linestyle": "none",
        "clip_on": False,
        "zorder": 4,
    }


def _label_decades(ax: Axes) -> None:
    """Label 2 and 5 as well where the axis spans less than two decades."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = ax.get_ylim()
    narrow = math.log10(high / low) < 2.2
    ax.yaxis.set_major_locator(LogLocator(10, subs=(1.0, 2.0, 5.0) if narrow else (1.0,)))
    ax.yaxis.set_minor_formatter(NullFormatter())
    if narrow:
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.5g}"))


def _option_columns(frame: pd.DataFrame) -> list[str]:
    """The columns between the run's name and its network."""
    columns = list(frame.columns)
    if "name" not in columns or "network" not in columns:
        return []
    return columns[columns.index("name") + 1 : columns.index("network")]


def _runs(frame: pd.DataFrame) -> set[Any]:
    return set(frame["run_id"]) if "run_id" in frame.columns else {None}
