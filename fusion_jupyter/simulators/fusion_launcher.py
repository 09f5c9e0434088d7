"""Start the real FUSION in a run directory: ``fusion_launcher.py CONFIG RUN_ID OUTPUT PROGRESS``.

Runs in FUSION's own environment, with its Python, numpy and pandas, so this file stands alone: the
standard library, and FUSION itself. Four things need doing there:

- FUSION writes below its own project root, which it finds by walking up from its package. The root
  that it is told here is a folder of the run's, with links to FUSION's data: all it writes lands
  in the run directory. Where this version of FUSION has no such function, what it reports to have
  saved is copied when it ends.
- The run's own copies of the files that its configuration names stand in ``inputs/`` beside the
  configuration: that folder is in the root as well, and a network that FUSION does not know by name
  is read from its file there.
- It writes no ``progress.jsonl``. Its log lines say how far it is; they go through here on their
  way to the log and become events. If FUSION ever writes that file itself, its lines win.
- Its exit code is its own.
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
        max_iters: Iterations of each load, None where it is not known.
        num_requests: Requests of each iteration, None where it is not known.

    Attributes:
        saved_to: Folders that FUSION said it saved to.
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
        """The event that a line of the log stands for, None for most lines."""
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
            # With several processes this line alone tells which one is at which load.
            same = self._load.get("erlang") == float(found[1])
            self._of_child[found[2]] = self._load if same else {"erlang": float(found[1])}
            return None
        found = _MEAN.search(line)
        if found:
            # Cumulative over the load's iterations, with four decimals.
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
    """A text stream that passes everything on, and shows each whole line to a reader.

    Args:
        stream: Where the text goes.
        reader: Gets the lines.
        progress_file: Where the events go.
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
                continue  # a line that only looks like one of the known
            if event is not None:
                self._report(event)
        return count

    def _report(self, event: dict[str, Any]) -> None:
        try:
            size = os.stat(self._progress_file).st_size
        except OSError:
            size = 0
        # Somebody else writes the file: FUSION itself. Its own word is better than its log's.
        self._yields = self._yields or size != self._written
        if self._yields:
            return
        data = json.dumps(event).encode() + b"\n"
        descriptor = os.open(self._progress_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
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
    """Make FUSION take `sandbox` for its project root, and `output` for where its results go.

    Args:
        sandbox: The folder, which is made.
        output: Where results go.
        inputs: The run's copies of the files that its configuration names.

    Returns:
        False where this version of FUSION cannot be told so.
    """
    import fusion.utils.os as fusion_os

    find_root = getattr(fusion_os, "find_project_root", None)
    if find_root is None:
        return False
    try:
        real_root = find_root()
    except RuntimeError:  # installed without its repository: the data may stand beside the package
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
    """Let FUSION know a network by name that has its file among the inputs.

    Args:
        name: The network's name.
        inputs: The run's copies of the files that its configuration names.

    Returns:
        False where there is no such file, or this version of FUSION reads networks in another
        way: it knows the network then, or says that it does not.
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
    """Copy what FUSION saved elsewhere into the run's output directory."""
    for folder in folders:
        if not os.path.isdir(folder) or os.path.realpath(folder).startswith(
            os.path.realpath(output) + os.sep
        ):
            continue
        # .../data/output/<network>/<date>/<time>/s1: the last four parts tell runs apart.
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
    """Run FUSION with the arguments of the command line; returns its exit code."""
    config, run_id, output, progress = (os.path.abspath(part) for part in sys.argv[1:5])
    run_id = os.path.basename(run_id)
    sandbox = os.path.join(os.path.dirname(output), "sandbox")
    reader = LogReader(_planned(config, "max_iters"), _planned(config, "num_requests"))
    sys.stderr = cast(TextIO, LogTap(sys.stderr, reader, progress))
    # This file's folder is no place to import from: it holds modules called fusion and command.
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
