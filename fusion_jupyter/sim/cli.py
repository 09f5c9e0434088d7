"""The command line: ``[run_sim] --config_path X --run_id Y [options]``, FUSION's and a little more.

Exit status: 0 when every load is done, 1 for a bad configuration or a failed write, 2 for bad
arguments, and ended by the signal (-15, -2) after SIGTERM or SIGINT.
"""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fusion_jupyter.sim.config import ConfigurationError, read_config
from fusion_jupyter.sim.log import COMMAND, CONFIG, log
from fusion_jupyter.sim.output import output_directory
from fusion_jupyter.sim.parallel import run_loads
from fusion_jupyter.sim.quality import QualityError
from fusion_jupyter.sim.runner import log_engine, log_summary
from fusion_jupyter.sim.signals import Stop, Stopped, end_by_signal

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the simulator.

    Args:
        arguments: The command line without the program's name; None takes that of the process.

    Returns:
        The exit status.
    """
    options = _parser().parse_args(arguments)
    start = datetime.now()
    try:
        config = read_config(options.config_path)
    except ConfigurationError as error:
        log(CONFIG, f"Configuration error: {error}", "ERROR")
        return 1
    stop = Stop()
    stop.install()
    base = options.output_dir or Path("data", "output")
    directory = output_directory(base.absolute(), config.network, start)
    try:
        log_engine(config, plain=options.plain)
        results = run_loads(
            config,
            directory,
            options.progress_file,
            stop,
            processes=options.processes,
            plain=options.plain,
        )
        log_summary(results)
    except Stopped as stopped:
        end_by_signal(stopped.signum)
    except (OSError, QualityError) as error:
        log(COMMAND, f"Simulation error: {error}", "ERROR")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m fusion_jupyter.sim",
        description="Simulate an elastic optical network over a range of traffic loads.",
        allow_abbrev=False,
    )
    parser.add_argument("command", nargs="?", choices=["run_sim"], help="may be left out")
    parser.add_argument("--config_path", type=Path, required=True, help="INI file")
    parser.add_argument("--run_id", required=True, help="name of the run")
    parser.add_argument(
        "--output_dir", type=Path, help="where the output tree goes (default: data/output)"
    )
    parser.add_argument("--progress_file", type=Path, help="file that progress lines are added to")
    parser.add_argument(
        "--processes", type=_positive, default=1, help="loads simulated at a time (default: 1)"
    )
    parser.add_argument(
        "--plain",
        action="store_true",
        help="simulate in plain Python, also where there is a kernel",
    )
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, not {number}")
    return number
