"""Curves of a probability on a logarithmic axis that does not hide zeros."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from fusion_jupyter.plots import plot_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Where zeros stand on a logarithmic axis, as a share of its height.
_ZERO_HEIGHT = 0.03
_ZERO_STEP = 0.045
_LEGEND_INSIDE = 5


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
        self.styles = plot_style.curve_styles()
        self._zeros: list[tuple[Any, str]] = []
        self._zero_artists: list[Any] = []
        self._bands: list[tuple[Any, Any, Any, str]] = []
        self._band_artists: list[Any] = []
        self._positive: list[float] = []

    @classmethod
    def on(cls, given: Axes | None) -> ProbabilityPlot:
        """The plot on these axes: a second call goes on where the first one ended."""
        plot = getattr(given, "_fusion_jupyter_plot", None)
        if not isinstance(plot, cls):
            ax = plot_style.prepare(given)
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
            style: See `plot_style.curve_styles`.
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
            low, high = np.where(known, mean - half, np.nan), np.where(known, mean + half, np.nan)
            self._bands.append((x, low, high, style["color"]))

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
        self._draw_bands()
        self._draw_zeros()
        self._legend()

    def _draw_bands(self) -> None:
        for artist in self._band_artists:  # of an earlier call, whose axis may have ended higher
            artist.remove()
        # An interval that reaches zero or below has no place either: it ends at the lower edge.
        edge = self.ax.get_ylim()[0]
        self._band_artists = [
            self.ax.fill_between(x, low.clip(edge), high, color=colour, alpha=0.18, linewidth=0)
            for x, low, high, colour in self._bands
        ]

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
            self._zero_artists.append(plot_style.say_empty(self.ax))

    def _legend(self) -> None:
        from matplotlib.lines import Line2D
        from matplotlib.patches import Patch

        handles, labels = self.ax.get_legend_handles_labels()
        if self._bands:
            handles.append(Patch(color="0.5", alpha=0.3, linewidth=0))
            labels.append("90 % confidence interval")
        if self._zeros:
            handles.append(Line2D([], [], **_zero_style("0.3")))
            labels.append("no blocking observed")
        if len(handles) > _LEGEND_INSIDE:
            # So many lines would cover the curves. A figure of ours gets room for them.
            if self._owns_figure:
                self.ax.get_figure(root=True).set_size_inches(plot_style.WIDE)  # type: ignore[union-attr]
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
