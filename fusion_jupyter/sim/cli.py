"""The command line: ``[run_sim] --config_path X --run_id Y [options]``, an extension of FUSION's.

Exit status: 0 when every load is done, 1 for a bad configuration or a failed write, 2 for bad
arguments, and ended by the signal (-15, -2) after SIGTERM or SIGINT.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

from fusion_jupyter.sim.arguments import parse_arguments
from fusion_jupyter.sim.config import ConfigurationError, read_config
from fusion_jupyter.sim.fast import engine_name
from fusion_jupyter.sim.log import COMMAND, CONFIG, EMBEDDED, log
from fusion_jupyter.sim.output import output_directory
from fusion_jupyter.sim.parallel import run_loads
from fusion_jupyter.sim.runner import log_summary
from fusion_jupyter.sim.signals import Stop, Stopped, end_by_signal

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the simulator.

    Args:
        arguments: The command line without the program's name; None: that of the process.

    Returns:
        The exit status.
    """
    options = parse_arguments(sys.argv[1:] if arguments is None else arguments)
    start = time.time_ns()
    try:
        config = read_config(options.config_path)
    except ConfigurationError as error:
        log(CONFIG, f"Configuration error: {error}", "ERROR")
        return 1
    stop = Stop()
    stop.install()
    base = os.path.abspath(options.output_dir)
    directory = output_directory(base, config.network, start)
    try:
        log(EMBEDDED, f"Simulated by {engine_name(config, plain=options.plain)}")
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
        log(COMMAND, f"Ended by signal {stopped.signum}", "WARNING")
        end_by_signal(stopped.signum)
    except (OSError, ArithmeticError) as error:  # a subclass raised by a quality check
        log(COMMAND, f"Simulation error: {error}", "ERROR")
        return 1
    return 0
