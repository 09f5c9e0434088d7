"""``python -m fusion_jupyter.sim``."""

import sys

from fusion_jupyter.sim.cli import main

if __name__ == "__main__":
    sys.exit(main())
