"""Maps as plain HTML and text, shown by a saved, exported or mailed notebook without a kernel."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fusion_jupyter.maps.link_use import METRICS, ranked, value_text
from fusion_jupyter.maps.svg import map_svg
from fusion_jupyter.terminal import one_line

if TYPE_CHECKING:
    from fusion_jupyter.maps.link_use import LoadUse
    from fusion_jupyter.maps.network_map import NetworkMap
    from fusion_jupyter.maps.sheet import Panel, Sheet
    from fusion_jupyter.widgets.topology_state import TopologySubject

_LARGE, _SMALL = (620, 340), (370, 230)
_BUSIEST = 10
_MOST_WORDS = 3


def title_of(subject: TopologySubject) -> str:
    """Description of the view, without changing values."""
    panels = subject.sheet.panels
    names = list(dict.fromkeys(panel.run_name or panel.network.name for panel in panels))
    return f"Topology of {one_line(', '.join(names))}"


def facts(network: NetworkMap) -> str:
    """The size of a network in words.

    Example:
        >>> from fusion_jupyter.maps.network_map import map_of
        >>> facts(map_of("NSFNet"))
        '14 nodes, 22 links, mean length 945 km'
    """
    mean = network.mean_length
    words = [f"{len(network.nodes):,} nodes", f"{len(network.links):,} links"]
    return ", ".join([*words, *([] if mean is None else [f"mean length {mean:,.0f} km"])])


def to_text(subject: TopologySubject, erlang: float | None) -> str:
    """The view as text, one line per map, without times and addresses."""
    lines = []
    for panel, load in _shown(subject, erlang):
        if not panel.run_id:
            lines.append(f"Topology of {panel.network.name}: {facts(panel.network)}")
            continue
        head = f"Topology of run {panel.run_name!r} ({panel.run_id}), {panel.network.name}"
        lines.append(f"{one_line(head)}: {_load_words(subject.sheet, panel, load)}")
    return "\n".join(lines)


def to_html(subject: TopologySubject, erlang: float | None) -> str:
    """The view as self-contained HTML."""
    sheet = subject.sheet
    shown = list(_shown(subject, erlang))
    size = _LARGE if len(shown) == 1 else _SMALL
    parts = [_figure(sheet, panel, load, size) for panel, load in shown]
    if len(shown) == 1:
        parts.append(_busiest(sheet, *shown[0]))
    if sheet.note:
        parts.append(f"<div>{html.escape(sheet.note)}.</div>")
    chosen = '"all"' if subject.each_load else erlang
    code = f"{subject.code})" if chosen is None else f"{subject.code}, erlang={_plain(chosen)})"
    parts.append(f"<div><code>{html.escape(code)}</code></div>")
    style = "font-family:system-ui,sans-serif;font-size:13px;max-width:1160px"
    return f'<div style="{style}">{"".join(parts)}</div>'


def _shown(
    subject: TopologySubject, erlang: float | None
) -> Iterator[tuple[Panel, LoadUse | None]]:
    sheet = subject.sheet
    known = sheet.known_loads
    loads = known if subject.each_load and known else [erlang or max(known, default=None)]
    for load in loads:
        for panel in sheet.panels:
            yield panel, panel.at(load)


def _plain(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _load_words(sheet: Sheet, panel: Panel, load: LoadUse | None) -> str:
    """The load, and the busiest links at it."""
    if load is None:
        return "no results"
    assert sheet.metric is not None
    if all(value is None for value in load.values):
        return f"{load.erlang:g} Erlang, use of the links unknown"
    busiest = [
        f"{_name(panel.network, number)} {value_text(load.values[number], sheet.metric)}"
        for number in ranked(load.values)[:_MOST_WORDS]
    ]
    return f"{load.erlang:g} Erlang, busiest {', '.join(busiest)} {METRICS[sheet.metric]}"


def _name(network: NetworkMap, number: int) -> str:
    return " – ".join(network.ends(network.links[number]))


def _figure(sheet: Sheet, panel: Panel, load: LoadUse | None, size: tuple[int, int]) -> str:
    drawing = map_svg(panel.network, load, metric=sheet.metric, top=sheet.top, size=size)
    encoded = base64.b64encode(drawing.encode()).decode()
    words = [f"{panel.network.name}: {facts(panel.network)}"]
    if panel.run_id:
        at = "no results" if load is None else f"{load.erlang:g} Erlang"
        words = [panel.title, panel.run_id, *words, at]
    title = html.escape(one_line(" · ".join(words)))
    said = f"{title}. {html.escape(_load_words(sheet, panel, load))}" if panel.run_id else title
    return (
        f'<div style="display:inline-block;margin:0 8px 8px 0;vertical-align:top">'
        f'<div style="max-width:{size[0]}px">{title}</div>'
        f'<img src="data:image/svg+xml;base64,{encoded}" width="{size[0]}" height="{size[1]}" '
        f'alt="{said}"></div>'
    )


def _busiest(sheet: Sheet, panel: Panel, load: LoadUse | None) -> str:
    if load is None or sheet.metric is None:
        return ""
    cell = "padding:1px 12px 1px 0"
    rows = []
    for number in ranked(load.values)[:_BUSIEST]:
        length = panel.network.links[number].length
        far = "" if length is None else f"{length:,.0f} km"
        value = value_text(load.values[number], sheet.metric)
        rows.append(
            f'<tr><td style="{cell}">{html.escape(_name(panel.network, number))}</td>'
            f'<td style="{cell};text-align:right">{far}</td>'
            f'<td style="text-align:right">{value}</td></tr>'
        )
    head = "".join(
        f'<th style="{cell};text-align:left;font-weight:normal">{word}</th>'
        for word in ("Busiest links", "Length", METRICS[sheet.metric])
    )
    return f'<table style="display:inline-table"><tr>{head}</tr>{"".join(rows)}</table>'
