"""``python -m fusion_jupyter.sim``."""

import os
import sys

# numpy's linear algebra starts a pool of threads on import. Nothing here multiplies matrices:
# without the pool the process starts faster, and forking it is safe.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from fusion_jupyter.sim.cli import main

if __name__ == "__main__":
    sys.exit(main())
