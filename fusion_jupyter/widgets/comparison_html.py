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
#: More groups than this are in the table only.
_MOST_CHARTS = 6


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
    chart = _charts(comparison)
    frame = "font-family:system-ui,sans-serif;font-size:13px;border:1px solid #8884"
    row = "display:flex;flex-wrap:wrap;gap:8px 20px;padding:8px 12px"
    return (
        f'<div style="{frame};border-radius:6px">'
        f'<div style="{row};border-bottom:1px solid #8884">{_head(comparison)}</div>'
        f'<div style="{row}">{chart}<div style="flex:1 1 580px;min-width:0;overflow-x:auto">'
        f"{comparison._repr_html_()}</div></div></div>"
    )


def _colours(comparison: RunComparison) -> dict[str, str]:
    """Colours by label: what differs in the same way from its baseline has one in all groups."""
    short = comparison.short
    names = list(dict.fromkeys(short[label] for label in comparison.labels))
    colours = {
        label: _COLOURS[names.index(short[label]) % len(_COLOURS)] for label in comparison.labels
    }
    return {**dict.fromkeys(comparison.baselines, _BASELINE), **colours}


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
    count = len({*comparison.labels, *comparison.baselines})
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


def _charts(comparison: RunComparison) -> str:
    """A chart for each group, with the names of the curves below them."""
    colours = _colours(comparison)
    groups: dict[str, dict[str, list[Value]]] = {}
    for label, values in curves_of(comparison).items():
        if label in colours:
            groups.setdefault(comparison.group_of(label), {})[label] = values
    charts = [
        _chart(comparison, group, curves, colours)
        for group, curves in list(groups.items())[:_MOST_CHARTS]
    ]
    if not any(charts):
        return ""
    legend = " ".join(
        f'<span style="white-space:nowrap"><span style="color:{colour}">●</span> '
        f"{html.escape(name)}</span>"
        for name, colour in _names(comparison, colours).items()
    )
    left = len(groups) - len(charts)
    more = f"<div>and {left} more</div>" if left else ""
    width = "0 1 360px" if len(charts) == 1 else "1 1 100%"
    return (
        f'<div style="flex:{width}"><div style="display:flex;flex-wrap:wrap">'
        f"{''.join(charts)}{more}</div>"
        f'<div style="font-size:12px;padding-left:12px">{legend}</div></div>'
    )


def _names(comparison: RunComparison, colours: dict[str, str]) -> dict[str, str]:
    """Colours by the name inside a group; a baseline is told from its namesake in another group."""
    compared = {comparison.short[label] for label in comparison.labels}
    found = {}
    for label, colour in colours.items():
        name = comparison.short[label]
        ambiguous = colour == _BASELINE and name in compared
        found[f"{name} (baseline)" if ambiguous else name] = colour
    return found


def _chart(
    comparison: RunComparison,
    group: str,
    curves: dict[str, list[Value]],
    colours: dict[str, str],
) -> str:
    """The curves of a group as an image; empty if there is nothing to draw."""
    metric = _TITLES.get(comparison.value, comparison.value)
    confidence = f"{100 * comparison.confidence:g} % confidence"
    title = f"{metric} over offered load (Erlang), {confidence}"
    drawing = curves_svg(
        [Curve(values, colours[label]) for label, values in curves.items()],
        target=comparison.blocking,
        title=title,
    )
    if drawing is None:
        return ""
    encoded = base64.b64encode(drawing.encode()).decode()
    named = html.escape(f"{title}: {', '.join(map(str, curves))}", quote=True)
    head = f'<div style="padding-left:12px"><b>{html.escape(group)}</b></div>' if group else ""
    return (
        f'<div>{head}<img src="data:image/svg+xml;base64,{encoded}" '
        f'width="{WIDTH}" height="{HEIGHT}" alt="{named}" style="max-width:100%"></div>'
    )
