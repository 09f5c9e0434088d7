"""``python -m fusion_jupyter.sim``, or this file by its path.

By its path it also runs as ``python -I -S .../sim/__main__.py``, which starts in half the time: the
simulator needs only the standard library, so Python need not search for other packages.
"""

import gc
import os
import sys

# Imported objects are permanent: collecting garbage among them takes a tenth of the start.
gc.disable()

if not __package__:
    # The folder that contains the package is searched last, this script's own folder not at all.
    if not sys.flags.isolated:
        del sys.path[0]
    sys.path.append(__file__.rpartition("/fusion_jupyter/")[0])

from fusion_jupyter.sim.cli import main  # noqa: E402 - it can only be found now

gc.freeze()
gc.enable()
# Candidate paths, tens of thousands of objects, are permanent as well.
gc.set_threshold(50_000, 20, 20)

if __name__ == "__main__":
    status = main()
    # Everything is written and closed; finalising the interpreter would take milliseconds.
    os._exit(status)
