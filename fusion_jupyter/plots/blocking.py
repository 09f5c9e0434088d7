"""`plot_blocking`: blocking over offered load, and the same by bandwidth class."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from fusion_jupyter.analysis.captions import escaped, reading, values_of
from fusion_jupyter.analysis.references import reference as published
from fusion_jupyter.analysis.repeats import distinguishes, pooled
from fusion_jupyter.analysis.results import results
from fusion_jupyter.choices import LevelName
from fusion_jupyter.config.schema.embedded import MIN_ITERATIONS
from fusion_jupyter.manager.selection import Runs
from fusion_jupyter.nearest import did_you_mean
from fusion_jupyter.plots import style as looks
from fusion_jupyter.plots.series import (
    Meanings,
    Series,
    check_by,
    each_series,
    require_columns,
    template_names,
)

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from matplotlib.axes import Axes

    from fusion_jupyter.plots.probability import ProbabilityPlot

#: Columns that can be drawn, and their axis labels.
METRICS = {
    "blocking": "Request blocking probability",
    "bit_rate_blocking": "Bit-rate blocking probability",
}
#: More panels in a row than this are unreadable.
MOST_PANELS = 6
#: With more panels, longer labels of the loads would overlap.
_MOST_LABELLED = 2


def plot_blocking(
    data: Runs | pd.DataFrame,
    *,
    hue: str | None = None,
    style: str | None = None,
    col: str | None = None,
    label: str | None = None,
    metric: str = "blocking",
    confidence: bool = True,
    style_sheet: str | None = None,
    reference: Any = None,
    ax: Axes | None = None,
) -> Axes | np.ndarray[Any, Any]:
    """Plot blocking over offered load, one curve per run.

    Runs that differ only in their seeds, such as the repeats of a sweep, are one curve over all
    their iterations, unless ``"repeat"`` or ``"first_seed"`` is a column to distinguish curves by.

    The axis is logarithmic. Loads without blocking are shown in a separate row below a break,
    labelled 0, with a line up to the upper bound of their blocking. The band is the confidence
    interval over the iterations (`fusion_jupyter.results`); a single iteration has none.

    Args:
        data: Runs (ids, records or handles), or a frame of level ``"erlang"`` or ``"bandwidth"``,
            possibly filtered or joined.
        hue: Column whose values become colours and markers, for example ``"k_paths"``.
        style: Column whose values become dashes. Default: curves that `hue` alone leaves alike have
            different dashes, and their labels say what they differ in. Likewise without `hue`.
        col: Column with a panel for each of its values.
        label: Label of a curve: a template with the frame's columns such as ``"k = {k_paths}"``. A
            text without braces is put before what distinguishes the curves. Default: the runs' own
            names, else the options in which they differ.
        metric: ``"blocking"`` (of requests) or ``"bit_rate_blocking"``.
        confidence: Whether to draw the intervals.
        style_sheet: ``"ieee"`` (8 pt Times, 3.5 in wide; 7.16 in with several panels),
            ``"nature"`` (7 pt sans serif) or None.
        reference: Published values to compare with: a name for `fusion_jupyter.reference`, a frame
            with the columns ``erlang`` and ``blocking`` (``frame.attrs["label"]`` names it), or a
            list of those.
        ax: Axes to draw on; default: a new figure. Curves of several calls share axes: those with
            the same label look alike, others do not.

    Returns:
        The axes; with `col` an array of axes. Everything can be changed afterwards;
        ``ax.figure.savefig("blocking.pdf")`` saves (images at 300 dpi).

    Raises:
        ImportError: matplotlib is not installed.
        ValueError: An argument is not allowed, or the frame lacks a column or has a load of a
            curve more than once.

    Example:
        >>> axes = plot_blocking(runs, hue="k_paths", style="network", style_sheet="ieee")
        >>> axes.figure.savefig("blocking.pdf")
    """
    looks.require_matplotlib()
    if metric not in METRICS:
        raise ValueError(
            f"metric is {metric!r}; allowed: {', '.join(METRICS)}{did_you_mean(metric, METRICS)}"
        )
    sheet = looks.sheet_named(style_sheet)
    apart = distinguishes([hue, style, col, *template_names(label)])
    frame = frame_of(data, "erlang", pool=not apart)
    require_columns(frame, "erlang", ["erlang", metric])
    check_by(frame, hue=hue, style=style, col=col)
    with looks.applied(sheet):
        if col is None:
            titles, axes = [""], [looks.axes_or_new(ax, sheet.width, sheet.height)]
        else:
            titles = _titles(frame, col)
            if ax is not None:
                raise ValueError("ax and col: allowed: only one of them, because col makes panels")
            axes = looks.new_axes(sheet.wide, sheet.height, len(titles))
        owned, unnamed = ax is None and col is None, "" if reference is None else "this run"
        plots = [_plot_on(one, owned=owned, sheet=sheet) for one in axes]
        for plot in plots:
            plot.numbers = plots[0].numbers
        by: dict[str, Any] = {"hue": hue, "style": style, "col": col, "label": label}
        drawn = each_series(frame, **by, numbers=plots[0].numbers)
        for each in drawn:
            given = hue is not None or style is not None
            look = (
                looks.paired_style(each.hue, each.style) if given else looks.curve_style(each.hue)
            )
            text = each.label or unnamed
            _curve(plots[each.panel], each.rows, metric, confidence, text, look)
        note = _note(frame) if confidence else ""
        for plot, title in zip(plots, titles, strict=True):
            _draw_references(plot, reference, metric)
            plot.finish(METRICS[metric], note)
            if title:
                plot.ax.set_title(title)
        return axes[0] if col is None else _tidied(axes, drawn)


def plot_blocking_by_bandwidth(
    data: Runs | pd.DataFrame,
    *,
    confidence: bool = True,
    style_sheet: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Plot blocking over offered load, one curve per bandwidth class with requests.

    Several runs share the colours and differ in their dashes.

    Args:
        data: Runs, or a frame of level ``"bandwidth"``.
        confidence: Whether to draw the confidence intervals over the iterations.
        style_sheet: See `plot_blocking`.
        ax: Axes to draw on; default: a new figure.

    Returns:
        The axes.

    Raises:
        ImportError: matplotlib is not installed.
        ValueError: The frame lacks a column, or the numbers of offered requests are unknown.
    """
    looks.require_matplotlib()
    sheet = looks.sheet_named(style_sheet)
    frame = frame_of(data, "bandwidth", pool=True)
    require_columns(frame, "bandwidth", ["erlang", "bandwidth_gbps", "blocking", "offered"])
    if len(frame) and frame["offered"].isna().all():
        raise ValueError(
            "The column offered is unknown: the runs' configurations do not tell how many requests "
            "each bandwidth class has"
        )
    frame = frame[frame["offered"] > 0]
    classes = values_of(frame, "bandwidth_gbps")
    several = "run_id" in frame.columns and frame["run_id"].nunique() > 1
    with looks.applied(sheet):
        target = looks.axes_or_new(ax, sheet.width, sheet.height)
        plot = _plot_on(target, owned=ax is None, sheet=sheet)
        drawn = each_series(frame)
        only = reading("bandwidth_gbps", classes[0]) if len(classes) == 1 else ""
        shown = [each.label if several or not only else "" for each in drawn]
        labels = [", ".join(filter(None, (only, text))) for text in shown]
        rows = [each.rows for each in drawn]
        hues, dashes = plot.numbers.of(
            labels,
            Meanings.of(frame, rows, "bandwidth_gbps"),
            Meanings.of(frame, rows, "run_id" if several else None),
        )
        for part, text, *numbers in zip(rows, labels, hues, dashes, strict=True):
            _curve(plot, part, "blocking", confidence, text, looks.paired_style(*numbers))
        plot.finish(METRICS["blocking"], _note(frame) if confidence else "")
    return target


def frame_of(data: Runs | pd.DataFrame, level: LevelName, *, pool: bool = False) -> pd.DataFrame:
    """The frame itself, or the results of the runs.

    Args:
        data: Runs, or a frame.
        level: Of the results.
        pool: Whether repeats become one curve.
    """
    import pandas as pd

    if isinstance(data, pd.DataFrame):
        return pooled(data) if pool else data
    return results(data, level, pool=pool)


def _plot_on(ax: Axes, *, owned: bool, sheet: looks.Sheet) -> ProbabilityPlot:
    from fusion_jupyter.plots.probability import ProbabilityPlot

    return ProbabilityPlot.on(ax, owns_figure=owned, sheet=sheet)


def _titles(frame: pd.DataFrame, col: str) -> list[str]:
    """The title of each panel."""
    values = values_of(frame, col)
    if len(values) > MOST_PANELS:
        raise ValueError(
            f"col is {col!r}, which has {len(values)} values; allowed: up to {MOST_PANELS} panels"
        )
    return [reading(col, value) for value in values] or [""]


def _curve(
    plot: ProbabilityPlot,
    rows: pd.DataFrame,
    metric: str,
    confidence: bool,
    label: str,
    look: dict[str, Any],
) -> None:
    twice = rows.loc[rows["erlang"].duplicated(), "erlang"]
    if len(twice):
        raise ValueError(
            f"The frame has {twice.iloc[0]:g} Erlang twice in one curve; it must have each "
            "load once for each run_id and process, like level 'erlang'"
        )
    bounds = None
    if confidence and {f"{metric}_low", f"{metric}_high"} <= set(rows.columns):
        bounds = rows[f"{metric}_low"], rows[f"{metric}_high"]
    plot.curve(rows["erlang"], rows[metric], bounds, label, look)


def _note(frame: pd.DataFrame) -> str:
    """Label of the band, with a caution if it is based on few iterations."""
    confidence = frame.attrs.get("confidence")
    text = "confidence interval" if confidence is None else f"{100 * confidence:g} % confidence"
    if "iterations" not in frame.columns or not len(frame):
        return text
    several = frame.loc[frame["iterations"] > 1, "iterations"]
    if not len(several):
        return text
    least, most = several.min(), several.max()
    count = f"$n$ = {least}" if least == most else f"$n$ = {least}\N{EN DASH}{most}"
    return f"{text} ({'rough: ' if least < MIN_ITERATIONS else ''}{count})"


def _draw_references(plot: ProbabilityPlot, reference: Any, metric: str) -> None:
    for number, (name, frame) in enumerate(_references(reference)):
        require_columns(frame, "erlang", ["erlang", metric])
        look = {**looks.curve_style(number), "color": "0.25", "markerfacecolor": "white"}
        look |= {"linestyle": looks.DASHES[1 + number % 3], "linewidth": 0.8, "zorder": 1.9}
        half = frame.get("half_width") if metric == "blocking" else None
        plot.reference(frame["erlang"], frame[metric], half, name, look)


def _references(reference: Any) -> Iterable[tuple[str, pd.DataFrame]]:
    import pandas as pd

    if reference is None:
        return []
    several = reference if isinstance(reference, (list, tuple)) else [reference]
    found = []
    for each in several:
        frame = published(each) if isinstance(each, str) else each
        if not isinstance(frame, pd.DataFrame):
            raise TypeError(
                f"reference has {type(frame).__name__}; allowed: a name, a DataFrame with erlang "
                "and blocking, or a list of those"
            )
        found.append((escaped(str(frame.attrs.get("label") or "reference")), frame))
    return found


def _legend_below(figure: Any, entries: dict[str, Any]) -> None:
    """Draw a legend below the panels, in as many columns as fit into the figure's width."""
    height = figure.get_figheight()
    for columns in range(len(entries) if len(entries) <= 5 else 4, 0, -1):
        legend = figure.legend(
            list(entries.values()),
            list(entries),
            loc="outside lower center",
            ncols=columns,
            frameon=False,
        )
        rows = -(-len(entries) // columns)
        # Further rows make the figure higher, not its panels lower.
        line = 1.5 * legend.get_texts()[0].get_fontsize() / 72
        figure.set_figheight(height + (rows - 1) * line)
        figure.draw_without_rendering()
        if columns == 1 or legend.get_window_extent().width <= figure.bbox.width:
            return
        legend.remove()


def _tidied(axes: list[Axes], drawn: list[Series]) -> np.ndarray[Any, Any]:
    """Panels in a row, with shared axis labels and one legend: curves in order, then notes."""
    import numpy as np

    for ax in axes[1:]:
        ax.set_ylabel("")
    if len(axes) > _MOST_LABELLED:
        for ax in axes:
            ax.set_xlabel("Load (Erlang)")
    entries: dict[str, Any] = {}
    for ax in axes:
        legend = ax.get_legend()
        if legend is not None:
            texts = [text.get_text() for text in legend.get_texts()]
            entries |= dict(zip(texts, legend.legend_handles, strict=True))
            legend.remove()
    if entries:
        curves = [each.label for each in sorted(drawn, key=lambda each: (each.hue, each.style))]
        first = {text: entries[text] for text in curves if text in entries}
        _legend_below(looks.figure_of(axes[0]), first | entries)
    found = np.empty(len(axes), dtype=object)
    found[:] = axes
    return found
