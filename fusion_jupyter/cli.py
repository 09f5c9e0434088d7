"""The same verbs in a terminal, for when the kernel is busy or dead."""

from __future__ import annotations

import argparse
import io
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from fusion_jupyter import settings
from fusion_jupyter._version import __version__
from fusion_jupyter.logs import line_index
from fusion_jupyter.logs.line_parts import plain_text
from fusion_jupyter.logs.tail import Tail, split_lines
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.filter import Filter
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.outcome import describe_exit
from fusion_jupyter.manager.record import RunRecord, RunStatus
from fusion_jupyter.manager.selection import find
from fusion_jupyter.progress.state import ProgressTracker, RunProgress
from fusion_jupyter.terminal import one_line, visible, without_escapes

_POLL_SECONDS = 0.1
_BAR_WIDTH = 32


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        Exit status: 0 on success, 1 where something is wrong, 2 for bad arguments.
    """
    _prepare_output()
    options = _parser().parse_args(arguments)
    action: Callable[[RunManager, argparse.Namespace], int] = options.action
    try:
        return action(RunManager(options.runs_dir), options)
    except KeyboardInterrupt:
        return 130  # the run goes on: only the watching was stopped
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except (LookupError, ValueError, OSError) as error:
        print(f"fusion-jupyter: {visible(without_escapes(str(error)))}", file=sys.stderr)
        return 1


def _prepare_output() -> None:
    if sys.stdout is None:
        # Closed by the caller: `watch` still tells the outcome by its exit status.
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 (open as long as the process)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that lacks a letter of a run's name shows its code, not an error.
        sys.stdout.reconfigure(errors="backslashreplace")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fusion-jupyter", description="See and manage simulation runs."
    )
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument(
        "--runs-dir",
        type=Path,
        default=None,
        help=f"folder of the runs (default: ${settings.RUNS_DIR_VARIABLE}, else fusion_runs)",
    )
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")

    listing = verbs.add_parser("list", help="list the runs, newest first")
    listing.add_argument("--status", type=str.upper, choices=[status.value for status in RunStatus])
    listing.add_argument("--tag", action="append", help="only runs with this tag; may be repeated")
    listing.add_argument("--name", help="only runs whose name holds this text")
    listing.add_argument("--since", help="only runs created since, for example 2026-11-27")
    listing.add_argument("--limit", type=int)
    listing.set_defaults(action=_list)

    for name, action, text in (
        ("show", _show, "all that is known of a run"),
        ("watch", _watch, "a live progress bar until the run has ended"),
        ("cancel", _cancel, "end a pending or running run, keeping its files"),
        ("delete", _delete, "delete a finished run with its files"),
    ):
        verb = verbs.add_parser(name, help=text)
        verb.add_argument("run_id", help="a run's id, or its first characters")
        if action in (_cancel, _delete):
            verb.add_argument(
                "--force",
                action="store_true",
                help="also where its supervisor does not react, or its host is gone; "
                "delete cancels a run first",
            )
        verb.set_defaults(action=action)

    log = verbs.add_parser("logs", help="print a run's log")
    log.add_argument("run_id", help="a run's id, or its first characters")
    log.add_argument("-f", "--follow", action="store_true", help="go on until the run has ended")
    log.add_argument("-n", "--lines", type=int, help="only the last N lines")
    log.add_argument(
        "--raw", action="store_true", help="with escape sequences, as the program wrote it"
    )
    log.set_defaults(action=_logs)

    results = verbs.add_parser("results", help="print a run's results as CSV")
    results.add_argument("run_id", help="a run's id, or its first characters")
    results.add_argument(
        "--level",
        default="erlang",
        choices=["erlang", "iteration", "link", "bandwidth", "modulation"],
    )
    results.set_defaults(action=_results)

    slurm = verbs.add_parser("slurm-check", help="tell whether runs can execute on this cluster")
    slurm.add_argument("--no-job", action="store_true", help="submit no test job")
    slurm.set_defaults(action=_slurm_check)
    return parser


def _list(manager: RunManager, options: argparse.Namespace) -> int:
    wanted = Filter.of(
        status=options.status, tags=options.tag, name=options.name, since=options.since
    )
    records = [record for record in manager.list_runs() if wanted.fits(record)][: options.limit]
    if not records:
        print(f"No runs in {manager.runs_dir}")
        return 0
    rows: list[tuple[str, ...]] = [
        ("RUN", "STATUS", "PROGRESS", "CREATED", "SIMULATOR", "NETWORK", "NAME")
    ]
    rows += [
        (
            record.id,
            _status(record),
            _percent(_read_progress(record)),
            record.created_at.astimezone().strftime("%Y-%m-%d %H:%M"),
            record.simulator,
            record.network or "-",
            record.name,
        )
        for record in records
    ]
    rows = [tuple(map(one_line, row)) for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )
    return 0


def _show(manager: RunManager, options: argparse.Namespace) -> int:
    record = find(manager, options.run_id)
    progress = _read_progress(record)
    facts = {
        "run": record.id,
        "name": record.name,
        "status": _status(record),
        "progress": _percent(progress),
        "place": None if record.status.is_final else _place(manager, record),
        "error": record.error_message,
        "exit": None
        if record.exit_code is None and record.signal is None
        else describe_exit(record.exit_code, record.signal),
        "simulator": record.simulator,
        "template": record.template or None,
        "options": ", ".join(f"{name}={value}" for name, value in record.options.items()) or None,
        "network": record.network,
        "loads": ", ".join(f"{load:g}" for load in record.erlangs[:20]) or None,
        "tags": ", ".join(record.tags) or None,
        "created": _moment(record.created_at),
        "started": _moment(record.started_at),
        "ended": _moment(record.completed_at),
        "wall time": None
        if record.duration_seconds is None
        else f"{record.duration_seconds:.1f} s",
        "CPU time": None if record.cpu_seconds is None else f"{record.cpu_seconds:.1f} s",
        "peak memory": None
        if record.peak_memory_bytes is None
        else f"{record.peak_memory_bytes / 1e6:.0f} MB",
        "host": record.host,
        "pid": None if record.pid is None else str(record.pid),
        "still alive": ", ".join(map(str, record.survivors)) or None,
        "directory": str(record.directory),
    }
    for name, value in facts.items():
        if value is not None:
            print(f"{name:<12} {one_line(value)}")
    return 0


def _watch(manager: RunManager, options: argparse.Namespace) -> int:
    return watch(manager, find(manager, options.run_id).id)


def watch(manager: RunManager, run_id: str) -> int:
    """Show a live bar in the terminal until the run has ended.

    Returns:
        0 where the run is COMPLETED, else 1.
    """
    record = find(manager, run_id)
    tracker = ProgressTracker(record.erlangs, record.max_iters)
    tail = Tail(RunDirectory(record.directory).progress_file, below=record.directory)
    live = sys.stdout.isatty()
    while True:
        record = find(manager, run_id)
        tracker.feed(_drain(tail))
        line = _bar(record, tracker.progress)
        if live:
            print(f"\r\x1b[K{line}", end="", flush=True)
        if record.status.is_final:
            print("" if live else line)
            return 0 if record.status is RunStatus.COMPLETED else 1
        time.sleep(_POLL_SECONDS)


def _logs(manager: RunManager, options: argparse.Namespace) -> int:
    record = find(manager, options.run_id)
    directory = RunDirectory(record.directory)
    shown: Callable[[str], str] = str if options.raw else plain_text
    last_bytes = None if options.lines is None else 0
    tail = Tail(directory.log_file, last_bytes=last_bytes, below=directory.path)
    if options.lines is not None:
        tail.begin()
        for line in line_index.log_tail(directory.log_file, options.lines, below=directory.path):
            print(shown(line))
    while True:
        final = find(manager, record.id).status.is_final
        for raw in _drain(tail):
            print(shown(raw.decode(errors="replace")), flush=options.follow)
        if final or not options.follow:
            for raw in split_lines(tail.finish()):
                print(shown(raw.decode(errors="replace")))
            return 0
        time.sleep(_POLL_SECONDS)


def _cancel(manager: RunManager, options: argparse.Namespace) -> int:
    before = find(manager, options.run_id)
    if before.status.is_final:
        raise ValueError(f"run {before.id} is {before.status} already")
    record = manager.cancel(before.id, force=options.force)
    print(f"{before.id} {before.status if record is None else _status(record)}")
    return 0


def _delete(manager: RunManager, options: argparse.Namespace) -> int:
    record = find(manager, options.run_id)
    manager.delete(record.id, force=options.force)
    print(f"{record.id} deleted")
    return 0


def _slurm_check(manager: RunManager, options: argparse.Namespace) -> int:
    from fusion_jupyter.engines.slurm import diagnosis

    good = True
    for finding in diagnosis.examine(os.fspath(manager.runs_dir), job=not options.no_job):
        mark = {True: "ok  ", False: "NO  ", None: "note"}[finding.good]
        print(mark, finding.text, flush=True)
        good = good and finding.good is not False
    print("Runs can execute here." if good else "Runs cannot execute here.")
    return 0 if good else 1


def _results(manager: RunManager, options: argparse.Namespace) -> int:
    from fusion_jupyter.analysis.results import results

    record = find(manager, options.run_id)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        frame = results(record, options.level)
    for warning in caught:
        print(f"Note: {one_line(str(warning.message))}", file=sys.stderr)
    print(visible(without_escapes(frame.to_csv(index=False))), end="")
    return 0


def _read_progress(record: RunRecord) -> RunProgress:
    tracker = ProgressTracker(record.erlangs, record.max_iters)
    progress_file = RunDirectory(record.directory).progress_file
    with Tail(progress_file, below=record.directory) as tail:
        tracker.feed(_drain(tail))
    return tracker.progress


def _drain(tail: Tail) -> Iterator[bytes]:
    """Every line that is there now."""
    while lines := tail.poll():
        yield from lines


def _status(record: RunRecord) -> str:
    if record.cancel_requested and not record.status.is_final:
        return "cancelling"
    return record.status.lower()


def _place(manager: RunManager, record: RunRecord) -> str | None:
    """Why a run waits or where it executes, as its engine knows it."""
    report = manager.poll([record])[record.id]
    return ", see ".join(filter(None, (report.reason, report.inquiry))) or None


def _percent(progress: RunProgress) -> str:
    return "-" if progress.fraction is None else f"{progress.fraction:.0%}"


def _bar(record: RunRecord, progress: RunProgress) -> str:
    fraction = 1.0 if record.status is RunStatus.COMPLETED else progress.fraction or 0.0
    filled = round(fraction * _BAR_WIDTH)
    parts = [f"{record.name} [{'#' * filled}{'.' * (_BAR_WIDTH - filled)}] {fraction:4.0%}"]
    if progress.erlang is not None:
        parts.append(f"{progress.erlang:g} Erlang")
    if "blocking" in progress.metrics:
        parts.append(f"blocking {progress.metrics['blocking']:.4f}")
    if progress.eta_seconds is not None and not record.status.is_final:
        parts.append(f"about {progress.eta_seconds:.0f} s left")
    parts.append(_status(record))
    if record.error_message:
        parts.append(record.error_message)
    return one_line("  ".join(parts))


def _moment(moment: datetime | None) -> str | None:
    if moment is None or moment == datetime.fromtimestamp(0, UTC):
        return None
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


if __name__ == "__main__":
    sys.exit(main())
