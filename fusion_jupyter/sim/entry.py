"""The entry of a process that simulates: its command line, imports and start.

Light, so that a process can recognise the simulator before it imports it.
"""

from __future__ import annotations

import gc
import os
import sys

TYPE_CHECKING = False  # avoids importing typing
if TYPE_CHECKING:
    from collections.abc import Sequence

#: How it is started. By its path and without site-packages, it takes half the time.
COMMAND = (
    sys.executable, "-I", "-S",
    os.path.join(os.path.dirname(os.path.abspath(__file__)), "__main__.py"),
)  # fmt: skip


def load() -> None:
    """Import the simulator and exempt it from garbage collection.

    Imported objects stay until the end: collecting garbage among them takes a tenth of the start,
    and would copy memory in each fork.
    """
    gc.disable()
    try:
        import encodings.utf_8_sig  # noqa: F401  # decodes configurations

        import fusion_jupyter.sim.cli  # noqa: F401
        from fusion_jupyter.sim.fast import reason_for_python

        reason_for_python()  # loads and checks the compiled kernel
    finally:
        gc.freeze()
        gc.enable()


def run(arguments: Sequence[str]) -> int:
    """Simulate, in a process that does nothing else.

    Args:
        arguments: The command line after `COMMAND`.

    Returns:
        The exit status. Everything is written and closed: finalising the interpreter would only
        take time.
    """
    # Candidate paths, tens of thousands of objects, are permanent as well.
    gc.set_threshold(50_000, 20, 20)
    from fusion_jupyter.sim.cli import main

    return main(arguments)
