"""What the figures share: colours, labels, and which rows make one curve."""

from __future__ import annotations

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
    """Return the given axes, or new ones in the package's style, `size` in inches.

    Raises:
        TypeError: `ax` is something else, such as the array that `plt.subplots(1, 2)` gives.
    """
    import matplotlib.pyplot as plt
    from matplotlib.axes import Axes

    if ax is not None and not isinstance(ax, Axes):
        raise TypeError(f"ax has {type(ax).__name__}; allowed: one matplotlib Axes, or None")
    if ax is None:
        # A backend is loaded when it is first needed, and a notebook's then sets that figures show
        # themselves: inside the context that would be undone, and the second figure not be shown.
        plt.draw_if_interactive()  # type: ignore[no-untyped-call]
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


def _option_columns(frame: pd.DataFrame) -> list[str]:
    """The columns between the run's name and its network."""
    columns = list(frame.columns)
    if "name" not in columns or "network" not in columns:
        return []
    return columns[columns.index("name") + 1 : columns.index("network")]


def _runs(frame: pd.DataFrame) -> set[Any]:
    return set(frame["run_id"]) if "run_id" in frame.columns else {None}
