"""Maps shown together: of networks, or of runs on one scale."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from fusion_jupyter.analysis.captions import plain, reading
from fusion_jupyter.analysis.results import read
from fusion_jupyter.analysis.run_options import varying_options
from fusion_jupyter.config.coordinates import from_text
from fusion_jupyter.config.inputs import coordinates_of_run, network_of_run
from fusion_jupyter.manager.record import RUN_ID, RunRecord
from fusion_jupyter.manager.selection import records_of
from fusion_jupyter.maps.link_use import METRICS, LoadUse, best_known, load_use, top_of
from fusion_jupyter.maps.network_map import NetworkMap, map_of, map_of_graph, map_of_network

if TYPE_CHECKING:
    import pandas as pd

_NOT_REPORTED = "Utilisation is unknown: the simulator does not report it"


class Panel(NamedTuple):
    """One map: a network and, for a run, the use of its links.

    Attributes:
        network: The map.
        title: What distinguishes it from the other panels.
        run_id: The run; empty for a network alone.
        run_name: The run's name.
        planned: The run's loads, including those without results.
        loads: Known use of the links, by ascending load.
    """

    network: NetworkMap
    title: str
    run_id: str = ""
    run_name: str = ""
    planned: tuple[float, ...] = ()
    loads: tuple[LoadUse, ...] = ()

    def at(self, erlang: float | None) -> LoadUse | None:
        """The use at a load; None if unknown."""
        return next((load for load in self.loads if load.erlang == erlang), None)


class Sheet(NamedTuple):
    """Maps shown together, on one scale.

    Attributes:
        panels: At least one.
        metric: The metric, one of `METRICS`; None without runs.
        top: Upper end of the scale, which starts at 0.
        note: Note for the reader; may be empty.
    """

    panels: tuple[Panel, ...]
    metric: str | None = None
    top: float = 1.0
    note: str = ""

    @property
    def loads(self) -> list[float]:
        """All loads of all panels, planned or known, by value."""
        found = {load for panel in self.panels for load in panel.planned}
        return sorted(found | {load.erlang for panel in self.panels for load in panel.loads})

    @property
    def known_loads(self) -> list[float]:
        """The loads with known use of links."""
        return sorted({load.erlang for panel in self.panels for load in panel.loads})


def networks_and_records(what: Any) -> tuple[list[NetworkMap], list[RunRecord]]:
    """Resolve an argument that accepts networks or runs; one of the two lists is empty.

    Args:
        what: A network (see `fusion_jupyter.maps.network_map.map_of`), a run's handle, record or
            whole id, or an iterable of networks, handles or records.

    Raises:
        ValueError: There is no such network, the argument is empty, or networks and runs are mixed.
        RunNotFoundError: A run's directory is gone.
        TypeError: It is something else.
    """
    if _is_run(what) or (isinstance(what, str) and RUN_ID.fullmatch(what)):
        return [], records_of(what)
    if isinstance(what, (str, Path)) or hasattr(what, "edges") or not isinstance(what, Iterable):
        return [map_of(what)], []
    each = list(what)
    runs = [one for one in each if _is_run(one)]
    if not each:
        raise ValueError("there is nothing to show; allowed: at least one network or run")
    if runs and len(runs) < len(each):
        raise ValueError("networks and runs are mixed; allowed: only networks, or only runs")
    return ([], records_of(runs)) if runs else ([map_of(one) for one in each], [])


def sheet_of_networks(networks: Sequence[NetworkMap]) -> Sheet:
    """The maps of networks alone."""
    return Sheet(tuple(Panel(network, network.name) for network in networks))


def _is_run(what: object) -> bool:
    return isinstance(what, RunRecord) or isinstance(getattr(what, "record", None), RunRecord)


def sheet_of_runs(
    records: Sequence[RunRecord],
    metric: str | None = None,
    maps: dict[str, NetworkMap] | None = None,
) -> Sheet:
    """The maps of runs, each of its own network.

    Args:
        records: The runs, one or several.
        metric: One of `METRICS`. Default: the utilisation if known, else the traffic.
        maps: Maps drawn before, by run id: they are reused, and new ones are added.

    Raises:
        ValueError: There is no such metric, or a run has no network.
    """
    if metric is not None and metric not in METRICS:
        raise ValueError(f"metric is {metric!r}; allowed: {', '.join(METRICS)}")
    frame = read(list(records), "link")
    chosen = metric or best_known(frame)
    maps = {} if maps is None else maps
    panels: list[Panel] = []
    for record, title in zip(records, _titles(records), strict=True):
        rows = frame[frame["run_id"] == record.id]
        if record.id not in maps:
            maps[record.id] = _map_of_run(record, rows)
        panels += _panels(record, title, maps[record.id], rows, chosen)
    values = [v for panel in panels for load in panel.loads for v in load.values if v is not None]
    unknown = best_known(frame) != "utilization"
    return Sheet(tuple(panels), chosen, top_of(values, chosen), _NOT_REPORTED if unknown else "")


def _map_of_run(record: RunRecord, rows: pd.DataFrame) -> NetworkMap:
    """The network of a run; if its file is lost, as far as the results show it."""
    if record.network is None:
        raise ValueError(f"Run {record.id} is a command: it has no network to show")
    try:
        network = network_of_run(str(record.directory), record.network)
    except ValueError as error:
        if not len(rows):
            raise ValueError(f"The network of run {record.id} is not known: {error}") from None
        import networkx as nx

        graph = nx.Graph()
        for source, target in zip(rows["source"], rows["target"], strict=True):
            graph.add_edge(source, target)
        return map_of_graph(graph, record.network)
    text = coordinates_of_run(str(record.directory), record.network)
    positions = None if text is None else from_text(text, network.nodes)
    return map_of_network(record.network, network, positions)


def _panels(
    record: RunRecord, title: str, network: NetworkMap, rows: pd.DataFrame, metric: str
) -> list[Panel]:
    """The panels of one run: one per process, because processes are never pooled."""
    base = Panel(network, title, record.id, record.name, record.erlangs)
    processes = list(dict.fromkeys(rows["process"]))
    if not processes:
        return [base]
    return [
        base._replace(
            title=title if len(processes) == 1 else f"{title}, {process}",
            loads=tuple(
                load_use(float(erlang), part, network, metric)
                for erlang, part in rows[rows["process"] == process].groupby("erlang")
            ),
        )
        for process in processes
    ]


def _titles(records: Sequence[RunRecord]) -> list[str]:
    """What distinguishes runs: their differing options, else their names, else their ids."""
    if len(records) == 1:
        return [records[0].name]
    options = {"network": [record.network for record in records], **varying_options(list(records))}
    texts = [
        ", ".join(
            plain(reading(name, values[index]))
            for name, values in options.items()
            if len(set(values)) > 1
        )
        for index in range(len(records))
    ]
    for candidate in (texts, [record.name for record in records]):
        if all(candidate) and len(set(candidate)) == len(records):
            return candidate
    return [f"{record.name} ({record.id})" for record in records]
