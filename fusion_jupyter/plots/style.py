"""Style of figures: colours, markers, sizes and fonts, and saving them ready for print."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from fusion_jupyter.nearest import did_you_mean

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Okabe and Ito's colours, distinguishable with every kind of colour vision; without yellow, which
#: is too light for lines on white. Neighbours differ in lightness, for greyscale prints.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#000000", "#56B4E9", "#D55E00")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", "p", "*", ">")
DASHES = ("-", "--", "-.", ":")
#: Screen resolution at which 8 pt text is easily readable.
SCREEN_DPI = 144
#: Widths of a figure for one and two journal columns, in inches.
SINGLE_COLUMN, DOUBLE_COLUMN = 3.5, 7.16


class Sheet(NamedTuple):
    """Sizes and fonts of a figure.

    Attributes:
        width: Width of a figure with one panel, in inches.
        wide: Width of a figure with several panels or with something beside its axes.
        height: Height in inches.
        font_size: In points; tick labels and legends are a little smaller.
        fonts: Families; the first installed one is used.
        line_width: Width of curves, in points.
        marker_size: Size of markers, in points.
    """

    width: float = 5.0
    wide: float = 7.0
    height: float = 3.4
    font_size: float = 9.0
    fonts: tuple[str, ...] = ("DejaVu Sans",)
    line_width: float = 1.4
    marker_size: float = 4.5


#: Style sheets by name. IEEE requires Times at 8 pt and columns of 3.5 in; Nature a sans-serif face
#: of 5 to 7 pt and columns of 89 mm and 183 mm.
SHEETS: dict[str | None, Sheet] = {
    None: Sheet(),
    "ieee": Sheet(
        width=SINGLE_COLUMN,
        wide=DOUBLE_COLUMN,
        height=2.5,
        font_size=8.0,
        fonts=("Times New Roman", "Times", "Nimbus Roman", "STIXGeneral"),
        line_width=1.0,
        marker_size=3.5,
    ),
    "nature": Sheet(
        width=3.5,
        wide=7.2,
        height=2.4,
        font_size=7.0,
        fonts=("Helvetica", "Arial", "Liberation Sans", "Nimbus Sans", "DejaVu Sans"),
        line_width=1.0,
        marker_size=3.2,
    ),
}


def sheet_named(name: str | None) -> Sheet:
    """The style sheet of this name.

    Raises:
        ValueError: There is none.
    """
    if name not in SHEETS:
        allowed = ", ".join(repr(known) for known in SHEETS)
        raise ValueError(
            f"style_sheet is {name!r}; allowed: {allowed}{did_you_mean(name, map(str, SHEETS))}"
        )
    return SHEETS[name]


def require_matplotlib() -> None:
    """Check that the extra is installed.

    Raises:
        ImportError: It is missing; the message says how to install it.
    """
    try:
        import matplotlib.pyplot  # noqa: F401 (whether it can be imported is the question)
    except ImportError as error:
        raise ImportError("Plots need matplotlib: pip install fusion-jupyter[plots]") from error


@contextlib.contextmanager
def applied(sheet: Sheet) -> Iterator[None]:
    """Context in which everything is drawn with the sheet's fonts and sizes."""
    import matplotlib.pyplot as plt
    from matplotlib import font_manager

    # A backend is loaded on first use, and a notebook's backend then enables automatic display of
    # figures. Inside the context that would be undone, and the second figure not shown.
    plt.draw_if_interactive()  # type: ignore[no-untyped-call]
    installed = set(font_manager.get_font_names())
    family = next((font for font in sheet.fonts if font in installed), "DejaVu Sans")
    serif = family in SHEETS["ieee"].fonts
    size = sheet.font_size
    with plt.rc_context(
        {
            "figure.facecolor": "white",
            "axes.facecolor": "white",
            "savefig.facecolor": "white",
            "text.color": "black",
            "axes.edgecolor": "black",
            "axes.labelcolor": "black",
            "xtick.color": "black",
            "ytick.color": "black",
            "font.family": family,
            "mathtext.fontset": "stix" if serif else "dejavusans",
            "font.size": size,
            "axes.labelsize": size,
            "axes.titlesize": size,
            "legend.fontsize": size - 1,
            "xtick.labelsize": size - (0.5 if size > 7 else 1),
            "ytick.labelsize": size - (0.5 if size > 7 else 1),
            "axes.linewidth": 0.6,
            "grid.linewidth": 0.4,
            "lines.linewidth": sheet.line_width,
            "lines.markersize": sheet.marker_size,
            "hatch.linewidth": 0.6,
        }
    ):
        yield


def new_axes(width: float, height: float, panels: int = 1) -> list[Axes]:
    """Axes of a new figure, side by side; the panels share their scales.

    The figure is saved at 300 dpi, with fonts that journals accept, unless the caller says
    otherwise.

    Args:
        width: Width in inches.
        height: Height in inches.
        panels: Number of axes.
    """
    import matplotlib.pyplot as plt

    from fusion_jupyter.plots.print_figure import PrintFigure

    figure, axes = plt.subplots(
        1,
        panels,
        figsize=(width, height),
        dpi=SCREEN_DPI,
        layout="constrained",
        sharex=True,
        sharey=True,
        squeeze=False,
        FigureClass=PrintFigure,
    )
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.02)  # type: ignore[union-attr, call-arg]
    return [dress(ax) for ax in axes[0]]


def given_axes(ax: object) -> Axes:
    """Check that these are axes, and style them.

    Raises:
        TypeError: It is something else, such as the array returned by ``plt.subplots(1, 2)``.
    """
    from matplotlib.axes import Axes

    if not isinstance(ax, Axes):
        raise TypeError(f"ax has {type(ax).__name__}; allowed: one matplotlib Axes, or None")
    return dress(ax)


def axes_or_new(ax: Axes | None, width: float, height: float) -> Axes:
    """The given axes, or new ones."""
    return new_axes(width, height)[0] if ax is None else given_axes(ax)


def dress(ax: Axes) -> Axes:
    """Style spines, ticks and grid as in all figures of this package."""
    import matplotlib.pyplot as plt

    ax.spines[["top", "right"]].set_visible(False)
    ax.set_axisbelow(True)
    ax.tick_params(which="major", direction="out", length=3, width=0.6)
    ax.tick_params(axis="x", labelsize=plt.rcParams["xtick.labelsize"])
    ax.tick_params(axis="y", labelsize=plt.rcParams["ytick.labelsize"])
    ax.tick_params(which="minor", length=0)
    return ax


def figure_of(ax: Axes) -> Figure:
    """The figure that axes belong to."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure


def say_empty(ax: Axes) -> Any:
    """Write on empty axes why they are empty."""
    return ax.text(
        0.5, 0.5, "No results yet", transform=ax.transAxes, ha="center", va="center", color="0.4"
    )


def curve_style(number: int) -> dict[str, Any]:
    """Colour, marker and dashes of one curve among many; 300 curves are all different."""
    turn = number // len(COLOURS)
    return {
        "color": COLOURS[number % len(COLOURS)],
        "marker": MARKERS[(number + turn) % len(MARKERS)],
        "linestyle": DASHES[turn % len(DASHES)],
    }


def paired_style(hue: int, style: int) -> dict[str, Any]:
    """Colour and marker from one number, dashes and marker fill from another."""
    return {
        **curve_style(hue),
        "linestyle": DASHES[style % len(DASHES)],
        **({"markerfacecolor": "white"} if style % 2 else {}),
    }


def ramp(count: int) -> list[Any]:
    """Colours from dark to light for ordered items, distinguishable in greyscale too."""
    import matplotlib as mpl

    colours = mpl.colormaps["cividis"]
    return [colours(0.08 + 0.86 * i / max(1, count - 1)) for i in range(count)]
