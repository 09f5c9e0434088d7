"""``list`` and ``show``: list runs, and show everything about one run."""

from __future__ import annotations

import argparse
from typing import Any

from fusion_jupyter import formatting
from fusion_jupyter.cli import sweeps, targets
from fusion_jupyter.cli.output import (
    local_time,
    percent,
    print_json,
    print_table,
    read_progress,
    status_word,
)
from fusion_jupyter.manager.filter import Filter
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.outcome import describe_exit
from fusion_jupyter.manager.record import RunRecord
from fusion_jupyter.run_list import RunList
from fusion_jupyter.studies.record import SweepRecord
from fusion_jupyter.terminal import one_line

_HEADS = ("RUN", "STATUS", "PROGRESS", "CREATED", "SIMULATOR", "NETWORK", "NAME")


def list_runs(manager: RunManager, options: argparse.Namespace) -> int:
    """Print the matching runs, newest first."""
    wanted = Filter.of(
        status=options.status, tags=options.tag, name=options.name, since=options.since
    )
    records = [record for record in manager.list_runs() if wanted.fits(record)][: options.limit]
    if options.format == "json":
        print_json(list(map(_data, records)))
    elif not records:
        print(f"No runs in {manager.runs_dir}")
    else:
        print_table([_HEADS, *map(_row, records)])
    return 0


def find_runs(options: argparse.Namespace) -> RunList:
    """The runs that fit, for a notebook."""
    from fusion_jupyter import api

    return api.runs(
        options.status,
        tags=options.tag,
        name=options.name,
        since=options.since,
        limit=options.limit,
    )


def show(manager: RunManager, options: argparse.Namespace) -> int:
    """Print the facts of a run or a sweep."""
    record = targets.find(manager, options.target)
    if isinstance(record, SweepRecord):
        return sweeps.show(manager, record, as_json=options.format == "json")
    if options.format == "json":
        print_json(_data(record))
        return 0
    for name, value in _facts(manager, record).items():
        if value is not None:
            print(f"{name:<12} {one_line(value)}")
    return 0


def find_run(options: argparse.Namespace) -> object:
    """The handle of a run or a sweep, for a notebook, which displays it."""
    from fusion_jupyter import api
    from fusion_jupyter.studies.api import sweep_by_id

    found = targets.find(RunManager(), options.target)
    return sweep_by_id(found.id) if isinstance(found, SweepRecord) else api.run(found.id)


def _row(record: RunRecord) -> tuple[str, ...]:
    created = record.created_at.astimezone().strftime("%Y-%m-%d %H:%M")
    progress = percent(read_progress(record))
    network = record.network or "-"
    return (
        record.id,
        status_word(record),
        progress,
        created,
        record.simulator,
        network,
        record.name,
    )


def _data(record: RunRecord) -> dict[str, Any]:
    """The facts of a run as JSON data."""
    names = (
        "id name status simulator network template options tags erlangs created_at started_at "
        "completed_at duration_seconds exit_code signal error_message directory"
    )
    found = {name: getattr(record, name) for name in names.split()}
    return {**found, "fraction": read_progress(record).fraction}


def _facts(manager: RunManager, record: RunRecord) -> dict[str, str | None]:
    loads = ", ".join(map(formatting.load, record.erlangs[:20]))
    seconds, cpu, memory = record.duration_seconds, record.cpu_seconds, record.peak_memory_bytes
    has_exit = record.exit_code is not None or record.signal is not None
    return {
        "run": record.id,
        "name": record.name,
        "status": status_word(record),
        "progress": percent(read_progress(record)),
        "place": None if record.status.is_final else _place(manager, record),
        "error": record.error_message,
        "exit": describe_exit(record.exit_code, record.signal) if has_exit else None,
        "simulator": record.simulator,
        "template": record.template or None,
        "options": ", ".join(f"{name}={value}" for name, value in record.options.items()) or None,
        "network": record.network,
        "loads": loads or None,
        "tags": ", ".join(record.tags) or None,
        "created": local_time(record.created_at),
        "started": local_time(record.started_at),
        "ended": local_time(record.completed_at),
        "wall time": None if seconds is None else formatting.took(seconds),
        "CPU time": None if cpu is None else formatting.took(cpu),
        "peak memory": None if memory is None else formatting.size(memory),
        "host": record.host,
        "pid": None if record.pid is None else str(record.pid),
        "still alive": ", ".join(map(str, record.survivors)) or None,
        "directory": str(record.directory),
    }


def _place(manager: RunManager, record: RunRecord) -> str | None:
    """Why a run waits or where it executes, according to its engine."""
    report = manager.poll([record])[record.id]
    return ", see ".join(filter(None, (report.reason, report.inquiry))) or None
