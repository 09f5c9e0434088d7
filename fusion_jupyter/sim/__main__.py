"""``python -m fusion_jupyter.sim``, or this file by its path.

By its path it also runs as ``python -I -S .../sim/__main__.py``, which starts in half the time: the
simulator needs only the standard library, so Python need not search for other packages.
"""

import os
import sys

if not __package__:
    # The folder that contains the package is searched last, this script's own folder not at all.
    if not sys.flags.isolated:
        del sys.path[0]
    sys.path.append(__file__.rpartition("/fusion_jupyter/")[0])

from fusion_jupyter.sim import entry

entry.load()

if __name__ == "__main__":
    os._exit(entry.run(sys.argv[1:]))
