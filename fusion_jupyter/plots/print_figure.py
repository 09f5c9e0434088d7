"""A figure that is saved ready for print. Separate, because its import needs matplotlib."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

#: Resolution of saved images.
DPI = 300


class PrintFigure(Figure):
    """A figure whose images have the resolution and whose PDF the fonts required by journals."""

    def savefig(self, fname: Any, **options: Any) -> None:
        """Save as `matplotlib.figure.Figure.savefig` does, at 300 dpi unless `dpi` is given."""
        options.setdefault("dpi", DPI)
        # 42: fonts as text. Journals refuse matplotlib's default, Type 3.
        with mpl.rc_context({"pdf.fonttype": 42, "ps.fonttype": 42}):
            super().savefig(fname, **options)
