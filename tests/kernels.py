"""A real kernel, driven as a notebook drives it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

from jupyter_client.manager import KernelManager

SECONDS = 60.0
#: Messages that put something into a cell's output.
_SHOWN = ("stream", "display_data", "update_display_data", "execute_result", "error")
_COLOUR = re.compile(r"\x1b\[[\d;]*m")


class Kernel:
    """A kernel that has started.

    Args:
        manager: Its manager.
        client: A client whose channels are open.
    """

    def __init__(self, manager: Any, client: Any) -> None:
        self.manager = manager
        self.client = client

    def execute(self, code: str) -> list[dict[str, Any]]:
        """The outputs of a cell, as a notebook would keep them."""
        outputs: list[dict[str, Any]] = []

        def keep(message: dict[str, Any]) -> None:
            if message["msg_type"] in _SHOWN:
                outputs.append({"type": message["msg_type"], **message["content"]})

        self.client.execute_interactive(code, timeout=SECONDS, output_hook=keep)
        return outputs

    def text(self, code: str) -> str:
        """All that a cell shows as text: what it prints, its result, its error."""
        found = []
        for output in self.execute(code):
            if output["type"] == "error":
                found.append("\n".join(output["traceback"]))
            else:
                found.append(output.get("text") or output["data"]["text/plain"])
        return _COLOUR.sub("", "\n".join(found))

    def complete(self, code: str) -> list[str]:
        """What Tab offers at the end of a text."""
        reply = self.client.complete(code, len(code), reply=True, timeout=SECONDS)
        return list(reply["content"]["matches"])


@contextlib.contextmanager
def started(**options: Any) -> Iterator[Kernel]:
    """A kernel that is ended afterwards.

    Args:
        **options: For its start, such as ``cwd`` and ``env``.
    """
    manager = KernelManager()
    manager.start_kernel(**options)
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=SECONDS)
        yield Kernel(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()
