"""The command line, for use while the kernel is busy or dead, and the commands of ``%fusion``."""

from fusion_jupyter.cli.command import main

__all__ = ["main"]
