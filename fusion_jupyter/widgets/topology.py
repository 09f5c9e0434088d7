"""Networks as maps, their links coloured by use. Its browser half is js/src/topology/."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import traitlets

from fusion_jupyter.widgets import topology_html
from fusion_jupyter.widgets.display import Display
from fusion_jupyter.widgets.live_view import LiveView
from fusion_jupyter.widgets.topology_state import MOST_PANELS, TopologySubject, chosen_load

STATIC = Path(__file__).parent.parent / "static"


class TopologyView(LiveView):
    """Maps of networks or runs; created by `topology`.

    Example:
        >>> view = topology("NSFNet")
        >>> view
        Topology of NSFNet: 14 nodes, 22 links, mean length 945 km
    """

    _esm = STATIC / "topology.js"
    _css = STATIC / "topology.css"

    erlang = traitlets.Float(None, allow_none=True).tag(sync=True)
    """The load that is shown, in Erlang; None: the highest of which something is known. Setting it
    changes the view, and choosing a load in the view sets it."""

    def __init__(
        self,
        what: Any,
        *,
        erlang: float | Literal["all"] | None = None,
        metric: str | None = None,
    ) -> None:
        self._subject = TopologySubject(what, metric, each_load=erlang == "all")
        sheet = self._subject.sheet
        count = len(sheet.panels) * (len(sheet.loads) if erlang == "all" else 1)
        if count > MOST_PANELS:
            raise ValueError(f"these are {count} maps; allowed: up to {MOST_PANELS}")
        begin = chosen_load(sheet, erlang, ended=self._subject.final)
        super().__init__(self._subject)
        self._subject.attach()
        self._display = Display(self._subject.key, self, topology_html.title_of(self._subject))
        self._subject.changed = lambda: self._display.refresh(now=self._subject.final)
        if erlang is not None and erlang != "all":
            self.erlang = begin
        self.observe(lambda _: self._display.refresh(now=True), names="erlang")

    @traitlets.validate("erlang")
    def _check_erlang(self, proposal: Any) -> Any:
        if proposal.value is None:
            return None
        return chosen_load(self._subject.sheet, proposal.value, ended=self._subject.final)

    def fallback(self) -> dict[str, Any]:
        """The maps as HTML with pictures, and as text, by MIME type."""
        return {
            "text/html": topology_html.to_html(self._subject, self.erlang),
            "text/plain": topology_html.to_text(self._subject, self.erlang),
        }

    def answer(self, operation: object, details: Mapping[str, Any]) -> Mapping[str, Any]:
        """Nothing: a map needs no answers."""
        raise ValueError(f"operation is {operation!r}; allowed: none")

    def __repr__(self) -> str:
        return topology_html.to_text(self._subject, self.erlang)

    def _ipython_display_(self, **_: Any) -> None:
        self._display.publish()


def topology(
    what: Any,
    *,
    erlang: float | Literal["all"] | None = None,
    metric: str | None = None,
) -> TopologyView:
    """Show networks as maps: nodes, links, lengths, and for runs the use of each link.

    Zoom with Ctrl and the wheel, move by dragging, or use the keys + - 0 and the arrows. Positions
    come from the network's known coordinates or the graph's attributes (``pos``, ``x`` and ``y``,
    ``latitude`` and ``longitude``), else they are computed deterministically from the lengths. The
    map of a run is that of its network. While the run executes, loads appear as they get results.
    `plot_topology` draws the same for a paper.

    Args:
        what: A network's name (`networks` lists them), the path of a topology file (.txt, .csv,
            .json, .graphml, .gml), any networkx graph, a run, or several of those.
        erlang: The initial load; ``"all"``: one map per load; default: the highest with results.
        metric: The metric of the links: ``"utilization"`` (share of the link's slots and time in
            use), ``"usage_count"`` (lightpaths) or ``"throughput"`` (bit rate times time). Default:
            the utilisation if known, else the throughput, which FUSION reports.

    Raises:
        ValueError: There is no such network, file, load or metric, a file does not contain a
            network, a run is a command, or there are more than 30 maps.
        RunNotFoundError: A run's directory is gone.
        TypeError: `what` is something else.

    Example:
        >>> topology("NSFNet")
        Topology of NSFNet: 14 nodes, 22 links, mean length 945 km
    """
    return TopologyView(what, erlang=erlang, metric=metric)
