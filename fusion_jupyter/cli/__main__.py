"""``python -m fusion_jupyter.cli``."""

import sys

from fusion_jupyter.cli.command import main

sys.exit(main())
