"""``python -m fusion_jupyter.config.schema`` prints the documentation page of all options."""

import sys

from fusion_jupyter.config.option_reference import options_page

if __name__ == "__main__":
    sys.stdout.write(options_page())
