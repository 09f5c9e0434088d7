"""The state of a topology view as plain data, and its changes."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from fusion_jupyter.analysis import loads
from fusion_jupyter.handle import handle_of
from fusion_jupyter.maps.link_use import METRICS
from fusion_jupyter.maps.network_map import NetworkMap
from fusion_jupyter.maps.sheet import (
    Sheet,
    networks_and_records,
    sheet_of_networks,
    sheet_of_runs,
)
from fusion_jupyter.widgets.channel import channel

if TYPE_CHECKING:
    from collections.abc import Callable

    from fusion_jupyter.handle import Run
    from fusion_jupyter.maps.sheet import Panel
    from fusion_jupyter.widgets import map_messages as messages

#: More maps side by side are unreadable.
MOST_PANELS = 30


class TopologySubject:
    """The maps of networks or runs, kept up to date with the runs' results.

    Args:
        what: See `fusion_jupyter.topology`.
        metric: The metric of the links; None: the best known one.
        each_load: Whether to show one map per load.

    Raises:
        ValueError, TypeError, RunNotFoundError: See `fusion_jupyter.topology`.
    """

    def __init__(self, what: Any, metric: str | None, *, each_load: bool) -> None:
        networks, records = networks_and_records(what)
        self.key = uuid.uuid4().hex
        self.channel = channel()
        self.rev = 1
        self.each_load = each_load
        self.code = _code(what, [record.id for record in records])
        self.runs: list[Run] = [handle_of(record.directory, record) for record in records]
        self.changed: Callable[[], None] = lambda: None
        """Set the function to call after the sheet has changed."""
        self._metric = metric
        self._maps: dict[str, NetworkMap] = {}
        self._seen = self._versions()
        if networks and metric is not None:
            raise ValueError(
                "metric is for runs; a network without a run has no use of links to show"
            )
        self.sheet = sheet_of_networks(networks) if networks else self._read()

    @property
    def final(self) -> bool:
        """Whether all runs have ended and their results are in the sheet."""
        return all(final for _, final in self._seen)

    def poll(self) -> bool:
        """Read the sheet again if runs have new results, and return whether they have."""
        if self.final:
            return False
        now = self._versions()
        if now == self._seen:
            return False
        self._seen = now
        self.sheet = self._read()
        self.rev += 1
        self.changed()
        return True

    def attach(self) -> None:
        """Speak on the channel from now on."""
        self.channel.attach(self)

    def release(self) -> None:
        """The view is closed."""
        self.channel.detach(self.key)

    def whole(self) -> messages.TopologyState:
        """The state with everything."""
        return self.state(full=True)

    def state(self, full: bool) -> messages.TopologyState:
        """Everything that the browser half needs to draw."""
        sheet = self.sheet
        maps: list[NetworkMap] = []
        for panel in sheet.panels:
            if panel.network not in maps:
                maps.append(panel.network)
        return {
            "rev": self.rev,
            "key": self.key,
            "maps": [_map_state(network) for network in maps],
            "panels": [self._panel_state(panel, maps) for panel in sheet.panels],
            "loads": sheet.loads,
            "each_load": self.each_load,
            "metric": cast("Any", sheet.metric or ""),
            "words": METRICS[sheet.metric] if sheet.metric else "",
            "top": sheet.top,
            "note": sheet.note,
            "code": self.code,
        }

    def _read(self) -> Sheet:
        # Read again, because the status may have changed.
        return sheet_of_runs([run.record for run in self.runs], self._metric, self._maps)

    def _versions(self) -> list[tuple[int, bool]]:
        updates = [run.update for run in self.runs]
        return [(update.outputs_version, update.final) for update in updates]

    def _panel_state(self, panel: Panel, maps: list[NetworkMap]) -> messages.MapPanel:
        ended = {run.id: run.update.final for run in self.runs}
        return {
            "map": maps.index(panel.network),
            "title": panel.title,
            "run": panel.run_id,
            "name": panel.run_name,
            "ended": ended.get(panel.run_id, True),
            "loads": [
                {
                    "erlang": load.erlang,
                    "iteration": load.iteration,
                    "values": [v if v is None else round(v, 5) for v in load.values],
                }
                for load in panel.loads
            ],
        }


def chosen_load(
    sheet: Sheet, erlang: float | Literal["all"] | None, *, ended: bool
) -> float | None:
    """The initial load of a view: the given one, else the highest with sufficient results.

    Args:
        sheet: The maps.
        erlang: As given by the user.
        ended: Whether all runs have ended.

    Raises:
        ValueError: There is no such load, and there will be none.
    """
    if erlang is not None and sheet.panels[0].run_id == "":
        raise ValueError(f"erlang is {erlang!r}; allowed for runs only: a network has no loads")
    if erlang is None or erlang == "all":
        return max(sheet.known_loads, default=None)
    return loads.chosen(sheet.known_loads if ended else sheet.loads, erlang)


def _map_state(network: NetworkMap) -> messages.NetworkMap:
    return {
        "name": network.name,
        "nodes": [(node.name, node.x, node.y, node.side) for node in network.nodes],
        "links": [(link.source, link.target, link.length) for link in network.links],
        "computed": network.computed,
    }


def _code(what: Any, run_ids: list[str]) -> str:
    """The view's arguments as Python code: runs by id, networks by name."""
    if run_ids:
        texts = [f'fj.run("{run_id}")' for run_id in run_ids]
    else:
        each = what if isinstance(what, (list, tuple)) else [what]
        texts = [
            json.dumps(str(one), ensure_ascii=False) if isinstance(one, (str, Path)) else "graph"
            for one in each
        ]
    listed = ", ".join(texts)
    return f"fj.topology({listed if len(texts) == 1 else f'[{listed}]'}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
