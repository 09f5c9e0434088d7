"""Curves of a probability on a logarithmic axis that accounts for zeros."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.path import Path

from fusion_jupyter.plots import style as looks
from fusion_jupyter.plots import zero_axis
from fusion_jupyter.plots.series import Numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

#: Maximum number of legend entries inside the axes of a figure.
_LEGEND_INSIDE = 6


class _Curve(NamedTuple):
    x: NDArray[np.float64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    colour: Any

    @property
    def known(self) -> NDArray[np.bool_]:
        """Mask of points that have an interval and a mean above zero."""
        return (self.mean > 0) & (self.high >= self.low)

    @property
    def positive(self) -> NDArray[np.float64]:
        """Values above zero that the axis must include."""
        zero_bounds = self.high[self.mean == 0]
        # A lower end far below its mean would compress the curves, so it may be cut at the axis.
        lows = np.maximum(self.low, self.mean / 3)[self.known]
        parts = [self.mean, zero_bounds, self.high[self.known], lows]
        values: NDArray[np.float64] = np.concatenate(parts)
        return values[np.isfinite(values) & (values > 0)]


class ProbabilityPlot:
    """Curves of a probability over load, in which every value is visible.

    A logarithmic axis has no zero. Zeros are drawn in one row below a break of the axis, labelled
    0, each with a line up to its known bound.

    Args:
        ax: Where to draw.
        owns_figure: Whether the figure's size may be changed.
        sheet: Sizes.
    """

    def __init__(self, ax: Axes, *, owns_figure: bool, sheet: looks.Sheet) -> None:
        self.ax = ax
        self.numbers = Numbers()
        self._owns_figure = owns_figure
        self._sheet = sheet
        self._curves: list[_Curve] = []
        self._artists: list[Any] = []
        self._notes: list[str] = []

    @classmethod
    def on(
        cls, ax: Axes, *, owns_figure: bool = False, sheet: looks.Sheet | None = None
    ) -> ProbabilityPlot:
        """The plot on these axes: a second call continues where the first one ended."""
        plot = getattr(ax, "_fusion_jupyter_plot", None)
        if not isinstance(plot, cls):
            plot = cls(ax, owns_figure=owns_figure, sheet=sheet or looks.Sheet())
            ax._fusion_jupyter_plot = plot  # type: ignore[attr-defined]
        return plot

    def curve(
        self, x: Any, mean: Any, bounds: tuple[Any, Any] | None, label: str, style: dict[str, Any]
    ) -> None:
        """Draw one curve.

        Args:
            x: Loads in Erlang, shape (n,).
            mean: Probabilities, shape (n,); NaN is skipped.
            bounds: Lower and upper ends of the confidence intervals, each of shape (n,), NaN if
                unknown; None for none.
            label: For the legend.
            style: See `style.curve_style`.
        """
        order = np.argsort(x, kind="stable")
        none = np.full(len(order), np.nan)
        low, high = bounds if bounds is not None else (none, none)
        x, mean, low, high = (np.asarray(v, float)[order] for v in (x, mean, low, high))
        self.ax.plot(x, np.where(mean > 0, mean, np.nan), label=label, **style)
        # Zeros are drawn later, in a row without values, but the axis must also include their
        # loads.
        self.ax.update_datalim(np.column_stack([x, x]), updatey=False)
        self._curves.append(_Curve(x, mean, low, high, style["color"]))

    def reference(
        self, x: Any, mean: Any, half_width: Any | None, label: str, style: dict[str, Any]
    ) -> None:
        """Draw published values: a thin line with open markers, and their intervals as bars."""
        x, mean = np.asarray(x, float), np.asarray(mean, float)
        self.ax.plot(x, np.where(mean > 0, mean, np.nan), label=label, **style)
        if half_width is not None:
            half = np.nan_to_num(np.asarray(half_width, float))
            self.ax.vlines(x, mean - half, mean + half, color=style["color"], linewidth=0.8)

    def finish(self, y_label: str, note: str = "") -> None:
        """Set scale, limits, labels and legend of these axes and of axes that share the scale.

        Args:
            y_label: Label of the axis.
            note: Label of the band, for the legend.
        """
        if note and note not in self._notes:
            self._notes.append(note)
        self.ax.set_xlabel("Offered load (Erlang)")
        self.ax.set_ylabel(y_label)
        self.ax.grid(visible=True, which="major", alpha=0.35)
        self.ax.margins(x=0.06)
        self.ax.autoscale_view(scaley=False)
        siblings = self.ax.get_shared_y_axes().get_siblings(self.ax)
        found = (getattr(ax, "_fusion_jupyter_plot", None) for ax in siblings)
        plots = [plot for plot in found if isinstance(plot, ProbabilityPlot)]
        values = [value for plot in plots for value in plot._values()]
        has_zeros = any((curve.mean == 0).any() for plot in plots for curve in plot._curves)
        zero_axis.scale(self.ax, values, has_zeros=has_zeros)
        for plot in plots:  # including those of earlier calls, whose axis may have changed
            plot._decorate(logarithmic=bool(values), has_zeros=has_zeros)

    def _values(self) -> list[float]:
        """All values above zero in these axes, including those drawn by others."""
        drawn = [
            np.asarray(line.get_ydata(), float)
            for line in self.ax.lines
            if line not in self._artists and line.get_transform() == self.ax.transData
        ]
        theirs = [float(value) for y in drawn for value in y[np.isfinite(y) & (y > 0)]]
        ours = [float(value) for curve in self._curves for value in curve.positive]
        return [*theirs, *ours]

    def _decorate(self, *, logarithmic: bool, has_zeros: bool) -> None:
        for artist in self._artists:
            artist.remove()
        self._artists = []
        floor = zero_axis.floor(self.ax, has_zeros=has_zeros) if logarithmic else 0.0
        for curve in self._curves:
            if curve.known.any():
                self._artists += self._band(curve, floor)
        zeros = [(c.x[c.mean == 0], c.high[c.mean == 0], c.colour) for c in self._curves]
        if has_zeros:
            self._artists += zero_axis.draw(self.ax, zeros, broken=logarithmic)
        if not self._values() and not has_zeros:
            self._artists.append(looks.say_empty(self.ax))
        bounded = any(bool((bounds > 0).any()) for _, bounds, _ in zeros)
        words = "no blocking observed" + (", upper bound" if bounded and logarithmic else "")
        self._legend(words if any(len(x) for x, _, _ in zeros) else "")

    def _band(self, curve: _Curve, floor: float) -> list[Any]:
        """Draw the confidence intervals: a band, and bars where a band would have no width."""
        known = curve.known
        low = np.where(known, np.maximum(curve.low, floor), np.nan)
        high = np.where(known, curve.high, np.nan)
        band = self.ax.fill_between(
            curve.x, low, high, color=curve.colour, alpha=0.16, linewidth=0, zorder=1.5
        )
        beside = np.concatenate([[False], known, [False]])
        alone = known & ~beside[:-2] & ~beside[2:]
        bars = self.ax.vlines(curve.x[alone], low[alone], high[alone], color=curve.colour, lw=0.8)
        return [band, bars]

    def _legend(self, zeros: str) -> None:
        handles, labels = self.ax.get_legend_handles_labels()
        if any(curve.known.any() for curve in self._curves):
            for note in self._notes:
                handles.append(Patch(color="0.5", alpha=0.3, linewidth=0))
                labels.append(note)
        if zeros:
            handles.append(Line2D([], [], **zero_axis.mark("0.3")))
            labels.append(zeros)
        unique = dict(zip(labels, handles, strict=True))  # curves with the same style are one entry
        if not unique:
            return
        found = list(unique.values()), list(unique)
        anchor: dict[str, Any] = {"loc": "best", "framealpha": 0.8, "edgecolor": "none"}
        if not self._owns_figure:
            # In axes passed by the caller, a legend outside would take space from the curves.
            self.ax.legend(*found, borderaxespad=0.3, **anchor)
            return
        figure = looks.figure_of(self.ax)
        if len(unique) <= _LEGEND_INSIDE:
            legend = self.ax.legend(*found, borderaxespad=0.3, **anchor)
            if not self._covers_a_value(legend):
                return
            anchor = {"loc": "lower left", "bbox_to_anchor": (0.0, 1.0), "columnspacing": 1.0}
            columns = 2 if 2 * legend.get_window_extent().width < self.ax.bbox.width else 1
            anchor |= {"ncols": columns}
            rows = math.ceil(len(unique) / columns)
            height = self._sheet.height + 1.5 * rows * (self._sheet.font_size - 1) / 72
        else:
            anchor = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)}
            lines = 1.6 * (self._sheet.font_size - 1) / 72 * len(unique)
            height = max(self._sheet.height, lines + 0.2)
            figure.set_figwidth(max(self._sheet.wide, figure.get_figwidth()))
        figure.set_figheight(height)
        self.ax.legend(*found, frameon=False, borderaxespad=0.3, **anchor)

    def _covers_a_value(self, legend: Any) -> bool:
        """Whether a legend inside the axes would cover a curve, its band or a zero's marker."""
        looks.figure_of(self.ax).draw_without_rendering()
        box = legend.get_window_extent().padded(2)
        for line in self.ax.lines:
            if len(line.get_xdata()) and line.get_marker() not in ("None", "_"):  # type: ignore[arg-type]
                points = line.get_transform().transform(line.get_xydata())
                points = points[np.isfinite(points).all(axis=1)]
                if any(box.contains(x, y) for x, y in points):
                    return True
                # A line may cross the legend between two of its points.
                drawn = len(points) > 1 and line.get_linestyle() != "None"
                if drawn and Path(points).intersects_bbox(box, filled=False):
                    return True
        bands = (artist for artist in self._artists if isinstance(artist, PolyCollection))
        return any(
            band.get_transform().transform_path(path).intersects_bbox(box, filled=True)
            for band in bands
            for path in band.get_paths()
        )
