"""Checks that need several options or a file: one function each, for both simulators.

The behaviour of FUSION 6.1 on refused values was tested, unless stated otherwise.
"""

from __future__ import annotations

from fusion_jupyter.config import embedded_checks
from fusion_jupyter.config.locations import (
    ALL_NODES,
    ALLOCATION,
    BANDS,
    C_BAND,
    CONGESTION,
    CORES,
    DYNAMIC,
    EGN_MODEL,
    FIXED_GRID,
    FORMATS,
    GROOMING,
    INDEPENDENT,
    NETWORK,
    ONE_FORMAT,
    ORCHESTRATOR,
    PHI,
    REQUESTED_XT,
    REQUESTS,
    ROUTE,
    SEGMENTS,
    SHARES,
    SNR,
    START,
    STEP,
    STOP,
    TABLE,
    WARM_UP,
)
from fusion_jupyter.config.modulation import NAMED
from fusion_jupyter.config.topologies import ALLOWED_NETWORKS, network_names, read_network

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fusion_jupyter.config.checking import Checked
    from fusion_jupyter.config.inputs import Inputs

#: Loads in Erlang outside of this are written with an exponent, which no reader of files expects.
MIN_LOAD, MAX_LOAD = 1e-4, 1e15
#: More loads than this are a slip of the keyboard (a step of 0.001), not a study.
MOST_LOADS = 10_000

_ALL_BLOCKED = "FUSION 6.1 blocks every request"
_FAILS = "FUSION 6.1 ends in an error"


def check(checked: Checked, inputs: Inputs) -> None:
    """Check a configuration whose single options have been read.

    Args:
        checked: The values; receives the problems, loads, network and modulation table.
        inputs: Finds the files named by the configuration.
    """
    _loads(checked)
    _network(checked, inputs)
    _formats(checked, inputs)
    _shares(checked)
    _bands(checked)
    _routing(checked)
    _cores(checked)
    _named_formats(checked)
    _lightpaths(checked)
    _quality(checked)
    _orchestrator(checked)
    _spelling(checked)
    embedded_checks.check(checked, inputs)


def erlang_loads(start: float, stop: float, step: float) -> tuple[float, ...]:
    """The loads of a run in Erlang, including the last if a step reaches it.

    Args:
        start: First load.
        stop: No load is above it.
        step: Above 0.

    Raises:
        ValueError: The step is so small compared with the loads that adding it has no effect.

    >>> erlang_loads(300.0, 600.0, 150.0)
    (300.0, 450.0, 600.0)
    """
    if not stop + step > stop:
        raise ValueError("large enough to lead from one load to the next")
    loads = []
    load = start
    # Repeated addition, not start + i * step, because the loads name the output files, to the last
    # digit.
    while load <= stop:
        loads.append(load)
        load += step
    return tuple(loads)


def _loads(checked: Checked) -> None:
    if not checked.good(START, STOP, STEP):
        return
    start, stop, step = (checked.values[location] for location in (START, STOP, STEP))
    if start > stop:
        checked.refuse(STOP, f"erlang_start = {start:g} or more")
    elif (stop - start) / step > MOST_LOADS:
        loads = (stop - start) / step
        checked.refuse(STEP, f"up to {MOST_LOADS} loads, not {loads:.0f}")
    else:
        try:
            checked.loads = erlang_loads(start, stop, step)
        except ValueError as error:
            checked.refuse(STEP, f"{error} at {stop:g} Erlang")
            return
        if start < MIN_LOAD:
            checked.refuse(START, f"{MIN_LOAD:g} or more, so that files can be named by the load")
        elif stop > MAX_LOAD:
            checked.refuse(STOP, f"up to {MAX_LOAD:g}, so that files can be named by the load")


def _network(checked: Checked, inputs: Inputs) -> None:
    if not checked.good(NETWORK):
        return
    value = checked.values[NETWORK]
    try:
        checked.topology = inputs.topology(value)
    except ValueError as error:
        checked.refuse(NETWORK, ALLOWED_NETWORKS, str(error))
        return
    if not checked.good(ALL_NODES) or checked.values[ALL_NODES]:
        return
    cores = checked.topology.network.core_nodes
    if not cores:
        known = [name for name in network_names() if read_network(name).core_nodes]
        why = f"core nodes are known only for {' and '.join(known)}, not for {value}"
        checked.refuse(ALL_NODES, "True", why)
    elif len(cores) < 2:
        checked.refuse(ALL_NODES, "True, since the network has only one core node")


def _formats(checked: Checked, inputs: Inputs) -> None:
    if not checked.good(FORMATS, TABLE):
        return
    try:
        checked.formats = inputs.formats(checked.values[FORMATS], checked.values[TABLE])
    except LookupError as error:
        checked.refuse(TABLE, str(error.args[0]))
    except ValueError as error:
        checked.refuse(FORMATS, "the path of a JSON file with modulation tables", str(error))


def _shares(checked: Checked) -> None:
    if checked.formats is None or not checked.good(SHARES):
        return
    shares = checked.values[SHARES]
    if set(shares) != set(checked.formats.table):
        classes = ", ".join(checked.formats.table)
        checked.refuse(
            SHARES, f"a share from 0 to 1 for each of {classes} (Gb/s), the classes of the table"
        )
    elif checked.value(INDEPENDENT):
        if abs(sum(shares.values()) - 1) > 1e-6:
            checked.refuse(SHARES, f"shares that add up to 1, not to {sum(shares.values()):g}")
    elif checked.good(REQUESTS):
        warm_up = checked.value(WARM_UP, 0)
        requests = checked.values[REQUESTS] + warm_up
        parts = [int(share * requests) for share in shares.values()]
        if sum(parts) != requests:
            name = "num_requests + warm_up" if warm_up else "num_requests"
            checked.refuse(
                SHARES,
                f"with {name} = {requests} shares whose whole requests add up to "
                f"{requests}, not to {' + '.join(map(str, parts))} = {sum(parts)}",
            )


def _bands(checked: Checked) -> None:
    if checked.good(C_BAND) and not any(checked.value(band, 0) for band in BANDS):
        checked.refuse(C_BAND, "1 or more where there is no other band")


def _routing(checked: Checked) -> None:
    if checked.value(ROUTE) in CONGESTION:
        if checked.value(ONE_FORMAT):
            checked.refuse(ONE_FORMAT, "False with congestion-aware routing", _ALL_BLOCKED)
        if checked.good(C_BAND) and checked.values[C_BAND] == 0:
            checked.refuse(C_BAND, "1 or more with congestion-aware routing", _FAILS)


def _cores(checked: Checked) -> None:
    if not checked.good(CORES):
        return
    cores = checked.values[CORES]
    allocation = checked.value(ALLOCATION)
    if allocation == "priority_first" and cores < 7:
        checked.refuse(CORES, "7 or more with allocation_method = priority_first", _FAILS)
    if allocation == "xt_aware" and cores > 1:
        checked.refuse(CORES, "1 with allocation_method = xt_aware", _FAILS)
    if checked.value(SNR) == "xt_calculation" and cores < 7:
        checked.refuse(CORES, "7 or more with snr_type = xt_calculation", _FAILS)


def _named_formats(checked: Checked) -> None:
    """Check that the formats that FUSION looks up by name exist."""
    if checked.formats is None:
        return
    table = checked.formats.table
    if checked.value(ONE_FORMAT) or checked.value(ROUTE) in CONGESTION:
        wanted, why = table, "pre_calc_mod_selection and congestion-aware routing look up"
    elif checked.value(SEGMENTS, 1) > 1 and checked.good(SHARES):
        shares = checked.values[SHARES].items()
        largest = max((int(name) for name, share in shares if share > 0), default=0)
        wanted = {name: formats for name, formats in table.items() if int(name) < largest}
        why = "slicing looks up"
    else:
        return
    for bandwidth, formats in wanted.items():
        missing = [name for name in NAMED if name not in formats]
        if missing:
            allowed = f"a table with {missing[0]} for {bandwidth} Gb/s, which {why}"
            checked.refuse(TABLE, allowed, _FAILS)
            return


def _lightpaths(checked: Checked) -> None:
    if checked.value(FIXED_GRID) and checked.value(ONE_FORMAT):
        why = "FUSION 6.1 ends in an error where no format reaches"
        checked.refuse(FIXED_GRID, "False with pre_calc_mod_selection", why)
    if checked.value(SEGMENTS, 1) > 1:
        if checked.value(GROOMING):
            checked.refuse(GROOMING, "False with max_segments above 1", _FAILS)
        if checked.value(DYNAMIC) and checked.value(SNR) != "gsnr":
            checked.refuse(
                DYNAMIC, "False with max_segments above 1, unless snr_type is gsnr", _FAILS
            )


def _quality(checked: Checked) -> None:
    model = checked.value(SNR)
    if model == "gsnr" and not checked.value(DYNAMIC):
        checked.refuse(SNR, "gsnr with dynamic_lps = True alone", _FAILS)
    if model == "snr_calc_nli" and any(checked.value(band, 0) for band in BANDS[1:]):
        checked.refuse(SNR, "snr_calc_nli with the C band alone", _FAILS)
    if checked.formats is None:
        return
    formats = {name for formats in checked.formats.table.values() for name in formats}
    formats |= set(NAMED)
    needed = []
    if model == "xt_calculation":
        needed.append(REQUESTED_XT)
    if model == "snr_calc_nli" and checked.value(EGN_MODEL):
        needed.append(PHI)
    for location in needed:
        missing = sorted(formats - set(checked.value(location, {})))
        if checked.good(location) and missing:
            checked.refuse(location, f"a value for each format; {missing[0]} has none", _FAILS)


def _orchestrator(checked: Checked) -> None:
    """Check the options that FUSION's newer engine treats differently."""
    route = checked.value(ROUTE)
    if not checked.value(ORCHESTRATOR):
        if route == "1plus1_protection" and checked.good(ROUTE):
            checked.refuse(ROUTE, "1plus1_protection only with use_orchestrator = True", _FAILS)
        return
    if route in CONGESTION:
        checked.refuse(ROUTE, "no congestion-aware routing with the orchestrator", _ALL_BLOCKED)
    if route == "1plus1_protection" and checked.value(SEGMENTS, 1) > 1:
        checked.refuse(SEGMENTS, "1 with 1plus1_protection", _FAILS)


def _spelling(checked: Checked) -> None:
    """FUSION interprets a % in a value as a reference to another option."""
    if checked.simulator != "fusion":
        return
    for section, values in checked.sections.items():
        for name, text in values.items():
            if "%" in text:
                checked.refuse((section, name), "text without %", "FUSION cannot read it")
