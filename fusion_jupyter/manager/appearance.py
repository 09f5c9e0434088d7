"""What other processes see of a fork: its command line and its environment.

A fork shows those of the process that it came from. Both are memory of the process itself, which it
may overwrite in place. Linux only; light, for the supervisor.
"""

from __future__ import annotations

TYPE_CHECKING = False  # avoids importing typing
if TYPE_CHECKING:
    from collections.abc import Sequence


def change(command: Sequence[str], name: str, entry: str) -> bool:
    """Show another command line, and one other entry of the environment.

    Only what others see of this process: its own variables stay as they are.

    Args:
        command: Program and arguments; cut where they are longer than those of the start.
        name: Variable of the environment whose entry is replaced.
        entry: The new entry, ``NAME=value``, exactly as long as the old one.

    Returns:
        Whether it could be done; if not, nothing was changed.
    """
    import ctypes

    try:
        with open("/proc/self/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        command_begin, command_end, begin, end = map(int, fields[45:49])
    except (OSError, ValueError):
        return False
    if not 0 < command_begin < command_end or not 0 < begin < end:
        return False  # this process may not see its own addresses
    entries = b"\0" + ctypes.string_at(begin, end - begin)
    position = entries.find(f"\0{name}=".encode())
    data = entry.encode()
    if position < 0 or entries.find(b"\0", position + 1) != position + 1 + len(data):
        return False
    ctypes.memmove(begin + position, data, len(data))
    room = command_end - command_begin
    shown = b"\0".join(part.encode(errors="surrogateescape") for part in command)[: room - 1]
    ctypes.memmove(command_begin, shown.ljust(room, b"\0"), room)
    return True
