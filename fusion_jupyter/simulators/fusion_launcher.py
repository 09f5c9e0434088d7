"""Start the real FUSION in a run directory: ``fusion_launcher.py CONFIG RUN_ID OUTPUT PROGRESS``.

Runs in FUSION's own environment, with its Python, numpy and pandas, so this file is self-contained:
it needs only the standard library and FUSION. It has four tasks:

- FUSION writes below its project root, which it finds by walking up from its package. Here it is
  given a root in the run directory, with links to FUSION's data, so all its output is written
  there. If this version of FUSION does not support that, the files it reports as saved are copied
  when it ends.
- The run's copies of the files named by its configuration are in ``inputs/`` beside the
  configuration: the root contains that folder too, and a network that FUSION does not know by name
  is read from its file there.
- FUSION writes no ``progress.jsonl``. Its log lines show its progress; they pass through here on
  their way to the log and become events. If FUSION ever writes that file itself, its lines take
  precedence.
- FUSION's exit code is passed on.
"""

from __future__ import annotations

import configparser
import json
import os
import re
import shutil
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, TextIO, cast

_LOAD = re.compile(r"Starting simulation for (\S+) Erlang \(load (\d+)/(\d+)\)")
_STARTED = re.compile(r"Simulation started for Erlang: (\S+) simulation number: (s\d+)")
_MEAN = re.compile(r"Mean of blocking: (\S+)")
_ITERATION = re.compile(r"CHILD=(s\d+) iteration=(\d+), done_units=(\d+)")
_EARLY = re.compile(r"Confidence interval of ([\d.]+)% reached\. (\d+), ending for Erlang: (\S+)")
_LOAD_END = re.compile(r"Completed (\S+) Erlang in (\S+) seconds")
_SAVING = re.compile(r"Saving to: (.+)$")


class LogReader:
    """Turns FUSION's log lines into progress events.

    Args:
        max_iters: Iterations of each load, None if unknown.
        num_requests: Requests of each iteration, None if unknown.

    Attributes:
        saved_to: Folders that FUSION reported saving to.
    """

    def __init__(self, max_iters: int | None, num_requests: int | None = None) -> None:
        self.saved_to: list[str] = []
        self._max_iters = max_iters
        self._num_requests = num_requests
        self._requests = 0
        self._load: dict[str, float | int] = {}
        self._of_child: dict[str, dict[str, float | int]] = {}
        self._mean: float | None = None
        self._last_mean: float | None = None
        self._early: int | None = None

    def read(self, line: str) -> dict[str, Any] | None:
        """The event described by a log line, None for most lines."""
        found = _LOAD.search(line)
        if found:
            self._load = {
                "erlang": float(found[1]),
                "erlang_index": int(found[2]),
                "total_erlangs": int(found[3]),
            }
            self._mean = self._last_mean = self._early = None
            return {"type": "erlang_start", "ts": _now(), **self._load}
        found = _STARTED.search(line)
        if found:
            # With several processes only this line shows which process simulates which load.
            same = self._load.get("erlang") == float(found[1])
            self._of_child[found[2]] = self._load if same else {"erlang": float(found[1])}
            return None
        found = _MEAN.search(line)
        if found:
            # Cumulative over the load's iterations, to four decimals.
            self._mean = self._last_mean = _number(found[1])
            return None
        found = _EARLY.search(line)
        if found:
            self._early = int(found[2])
            return None
        found = _ITERATION.search(line)
        if found:
            return self._iteration(found[1], int(found[2]) + 1)
        found = _LOAD_END.search(line)
        if found:
            return self._load_end(float(found[1]))
        found = _SAVING.search(line)
        if found and found[1].strip() not in self.saved_to:
            self.saved_to.append(found[1].strip())
        return None

    def _iteration(self, child: str, done: int) -> dict[str, Any]:
        event: dict[str, Any] = {
            **self._of_child.get(child, self._load),
            "iteration": done,
            "timestamp": _now(),
        }
        if self._max_iters is not None:
            event["total_iterations"] = self._max_iters
        if self._mean is not None:
            event["blocking"] = self._mean
            self._mean = None
        if self._num_requests is not None:
            self._requests += self._num_requests
            event["requests"] = self._requests
        return event

    def _load_end(self, erlang: float) -> dict[str, Any]:
        event: dict[str, Any] = {
            **self._load,
            "type": "erlang_complete",
            "ts": _now(),
            "erlang": erlang,
        }
        metrics: dict[str, float] = {}
        if self._last_mean is not None:
            metrics["blocking_prob"] = self._last_mean
        if self._early is not None:
            event["early_stop"] = True
            metrics["iterations"] = self._early
        event["metrics"] = metrics
        return event


class LogTap:
    """A text stream that forwards everything and passes each whole line to a reader.

    Args:
        stream: The stream to forward to.
        reader: Receives the lines.
        progress_file: File for the events.
    """

    def __init__(self, stream: TextIO, reader: LogReader, progress_file: str) -> None:
        self._stream = stream
        self._reader = reader
        self._progress_file = progress_file
        self._written = 0
        self._rest = ""
        self._yields = False

    def write(self, text: str) -> int:
        count = self._stream.write(text)
        self._stream.flush()
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            try:
                event = self._reader.read(line)
            except ValueError:
                continue  # a line that only resembles a known one
            if event is not None:
                self._report(event)
        return count

    def _report(self, event: dict[str, Any]) -> None:
        try:
            size = os.stat(self._progress_file).st_size
        except OSError:
            size = 0
        # FUSION itself writes the file; its own events are better than those from its log.
        self._yields = self._yields or size != self._written
        if self._yields:
            return
        data = json.dumps(event).encode() + b"\n"
        descriptor = os.open(self._progress_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        try:
            self._written += os.write(descriptor, data)
        finally:
            os.close(descriptor)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _now() -> str:
    return datetime.now(timezone.utc).isoformat()


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def confine(sandbox: str, output: str, inputs: str) -> bool:
    """Make FUSION use `sandbox` as its project root and `output` for its results.

    Args:
        sandbox: The folder to create.
        output: Folder for the results.
        inputs: The run's copies of the files that its configuration names.

    Returns:
        False if this version of FUSION does not support that.
    """
    import fusion.utils.os as fusion_os

    find_root = getattr(fusion_os, "find_project_root", None)
    if find_root is None:
        return False
    try:
        real_root = find_root()
    except RuntimeError:  # installed without its repository: the data may be beside the package
        real_root = os.path.dirname(os.path.dirname(os.path.dirname(fusion_os.__file__)))
    data = os.path.join(sandbox, "data")
    os.makedirs(data, exist_ok=True)
    names = ("raw", "json_input", "pre_calc")
    links = {name: os.path.join(real_root, "data", name) for name in names}
    links["output"] = output
    for name, target in links.items():
        link = os.path.join(data, name)
        if os.path.isdir(target) and not os.path.lexists(link):
            os.symlink(target, link)
    own = os.path.join(sandbox, os.path.basename(inputs))
    if os.path.isdir(inputs) and not os.path.lexists(own):
        os.symlink(inputs, own)
    fusion_os.find_project_root = lambda start_path=None: sandbox
    return True


def provide_network(name: str, inputs: str) -> bool:
    """Register a network with FUSION whose file is among the inputs.

    Args:
        name: The network's name.
        inputs: The run's copies of the files that its configuration names.

    Returns:
        False if there is no such file, or this version of FUSION reads networks differently: then
        it either knows the network or reports that it does not.
    """
    path = os.path.join(inputs, f"{name}.txt")
    if not os.path.isfile(path):
        return False
    try:
        import fusion.sim.input_setup as user  # has its own reference to the function
        from fusion.io import structure
    except ImportError:
        return False
    cores = os.path.join(inputs, f"{name}_core_nodes.txt")
    known = structure.create_network

    def create_network(net_name: str, *args: Any, **options: Any) -> Any:
        if net_name != name:
            return known(net_name, *args, **options)
        unit = options.get("const_weight", False)
        links = structure.assign_link_lengths(Path(path), {}, unit)
        all_nodes = options.get("is_only_core_node", False)
        return links, [] if all_nodes else structure.assign_core_nodes(Path(cores))

    structure.create_network = user.create_network = create_network
    return True


def collect(folders: list[str], output: str) -> None:
    """Copy files that FUSION saved elsewhere into the run's output directory."""
    for folder in folders:
        if not os.path.isdir(folder) or os.path.realpath(folder).startswith(
            os.path.realpath(output) + os.sep
        ):
            continue
        # .../data/output/<network>/<date>/<time>/s1: the last four parts distinguish runs.
        tail = os.path.join(*folder.rstrip(os.sep).split(os.sep)[-4:])
        shutil.copytree(folder, os.path.join(output, tail), dirs_exist_ok=True)


def _read(config: str, section: str, name: str) -> str | None:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(config, encoding="utf-8")
        return parser.get(section, name)
    except (configparser.Error, ValueError):
        return None


def _planned(config: str, name: str) -> int | None:
    text = _read(config, "general_settings", name)
    try:
        return None if text is None else int(text)
    except ValueError:
        return None


def main() -> int:
    """Run FUSION with the command line's arguments; return its exit code."""
    config, run_id, output, progress = (os.path.abspath(part) for part in sys.argv[1:5])
    run_id = os.path.basename(run_id)
    sandbox = os.path.join(os.path.dirname(output), "sandbox")
    reader = LogReader(_planned(config, "max_iters"), _planned(config, "num_requests"))
    sys.stderr = cast(TextIO, LogTap(sys.stderr, reader, progress))
    # Nothing may be imported from this file's folder: it has modules called fusion and command.
    sys.path[:] = [path for path in sys.path if path != os.path.dirname(os.path.abspath(__file__))]
    inputs = os.path.join(os.path.dirname(config), "inputs")
    confined = confine(sandbox, output, inputs)
    provide_network(_read(config, "topology_settings", "network") or "", inputs)
    from fusion.cli.run_sim import main as simulate

    sys.argv = ["fusion-sim", "run_sim", "--config_path", config, "--run_id", run_id]
    try:
        code = simulate()
    finally:
        if not confined:
            collect(reader.saved_to, output)
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    sys.exit(main())
