"""A comparison of runs as HTML: differing options, the curves in one chart, and the numbers.

Uses inline styles and no scripts, so it looks the same in a live, saved, exported or mailed
notebook.
"""

from __future__ import annotations

import base64
import html
from typing import TYPE_CHECKING, Any

from fusion_jupyter.widgets.fallback_chart import HEIGHT, WIDTH, Curve, Value, curves_svg

if TYPE_CHECKING:
    from fusion_jupyter.studies.comparing import RunComparison

#: The baseline is grey; all colours are readable on light and dark pages.
_BASELINE = "#8a8f98"
_COLOURS = ("#1976d2", "#2e8b57", "#b5483d", "#8e5bb5", "#c77800", "#00838f")
_TITLES = {"blocking": "Request blocking", "bit_rate_blocking": "Bit-rate blocking"}
#: More values of an option than this are counted, not listed.
_MOST_VALUES = 6


def bundle(comparison: RunComparison, **_: Any) -> dict[str, str]:
    """A comparison by MIME type.

    Args:
        comparison: From `fusion_jupyter.compare`.
    """
    return {"text/html": to_html(comparison), "text/plain": repr(comparison)}


def to_html(comparison: RunComparison) -> str:
    """A comparison as self-contained HTML.

    Args:
        comparison: From `fusion_jupyter.compare`.
    """
    colours = _colours(comparison)
    chart = _chart(comparison, colours)
    frame = "font-family:system-ui,sans-serif;font-size:13px;border:1px solid #8884"
    row = "display:flex;flex-wrap:wrap;gap:8px 20px;padding:8px 12px"
    return (
        f'<div style="{frame};border-radius:6px">'
        f'<div style="{row};border-bottom:1px solid #8884">{_head(comparison)}</div>'
        f'<div style="{row}">{chart}<div style="flex:1 1 580px;min-width:0;overflow-x:auto">'
        f"{comparison._repr_html_()}</div></div></div>"
    )


def _colours(comparison: RunComparison) -> dict[str, str]:
    others = {
        label: _COLOURS[number % len(_COLOURS)] for number, label in enumerate(comparison.labels)
    }
    return {comparison.baseline: _BASELINE, **others}


def _head(comparison: RunComparison) -> str:
    """The number of compared curves, and the options in which they differ."""
    chip = "border:1px solid #8886;border-radius:9px;padding:0 7px;font-size:11px"
    options = list(comparison.options.values())
    names = list(dict.fromkeys(name for each in options for name in each))
    chips = []
    for name in names:
        values = list(dict.fromkeys(str(each.get(name)) for each in options))
        if len(values) < 2:
            continue
        many = len(values) > _MOST_VALUES
        words = f"{len(values)} values" if many else " · ".join(values)
        chips.append(f'<span style="{chip}">{html.escape(f"{name} {words}")}</span>')
    count = len(comparison.labels) + 1
    differ = " differ in" if chips else ""
    return f"<b>Compare</b><span>{count} curves{differ} {' '.join(chips)}</span>"


def curves_of(comparison: RunComparison) -> dict[str, list[Value]]:
    """The compared curves by label, with the intervals of `RunComparison.loads`."""
    value = comparison.value
    found: dict[str, list[Value]] = {}
    for row in comparison.loads().sort_values("erlang").to_dict("records"):
        ends = float(row[f"{value}_low"]), float(row[f"{value}_high"])
        found.setdefault(row["name"], []).append(Value(row["erlang"], row[value], *ends))
    return found


def _chart(comparison: RunComparison, colours: dict[str, str]) -> str:
    """The curves as an image, with their names below it; empty if there is nothing to draw."""
    value = comparison.value
    curves = {**{label: [] for label in colours}, **curves_of(comparison)}
    confidence = f"{100 * comparison.confidence:g} % confidence"
    title = f"{_TITLES.get(value, value)} over offered load (Erlang), {confidence}"
    drawing = curves_svg(
        [Curve(values, colours.get(label, _BASELINE)) for label, values in curves.items()],
        target=comparison.blocking,
        title=title,
    )
    if drawing is None:
        return ""
    encoded = base64.b64encode(drawing.encode()).decode()
    named = html.escape(f"{title}: {', '.join(map(str, curves))}", quote=True)
    legend = " ".join(
        f'<span style="white-space:nowrap"><span style="color:{colours.get(label, _BASELINE)}">●'
        f"</span> {html.escape(str(label))}</span>"
        for label in curves
    )
    return (
        f'<div style="flex:0 1 360px"><img src="data:image/svg+xml;base64,{encoded}" '
        f'width="{WIDTH}" height="{HEIGHT}" alt="{named}" style="max-width:100%">'
        f'<div style="font-size:12px;padding-left:12px">{legend}</div></div>'
    )
