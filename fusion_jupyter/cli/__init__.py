"""The same verbs in a terminal, for when the kernel is busy or dead, and behind ``%fusion``."""

from fusion_jupyter.cli.command import main

__all__ = ["main"]
