"""A figure that is saved fit to print. Apart, because it needs matplotlib when it is imported."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

#: Resolution of saved images.
DPI = 300


class PrintFigure(Figure):
    """A figure whose images have the resolution, and its PDF the fonts, that journals ask for."""

    def savefig(self, fname: Any, **options: Any) -> None:
        """Save as `matplotlib.figure.Figure.savefig` does, at 300 dpi unless `dpi` is given."""
        options.setdefault("dpi", DPI)
        # 42: fonts as text. Journals refuse matplotlib's default, Type 3.
        with mpl.rc_context({"pdf.fonttype": 42, "ps.fonttype": 42}):
            super().savefig(fname, **options)
