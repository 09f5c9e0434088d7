"""``python -m fusion_jupyter.sim``, or this file by its path.

By its path it also runs as ``python -I -S .../sim/__main__.py``, which starts in half the time: the
simulator needs the standard library alone, so Python need not look for other packages.
"""

import gc
import os
import sys

# What is imported stays: looking for garbage in it takes a tenth of the start.
gc.disable()

if not __package__:
    # The folder that holds the package is looked at last; this script's own not at all.
    if not sys.flags.isolated:
        del sys.path[0]
    sys.path.append(__file__.rpartition("/fusion_jupyter/")[0])

from fusion_jupyter.sim.cli import main  # noqa: E402 - it can only be found now

gc.freeze()
gc.enable()
# Candidate paths are objects by the ten thousand that stay as well.
gc.set_threshold(50_000, 20, 20)

if __name__ == "__main__":
    status = main()
    # Everything is written and closed; taking the interpreter apart would take milliseconds.
    os._exit(status)
