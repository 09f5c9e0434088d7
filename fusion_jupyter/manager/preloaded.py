"""The embedded simulator, loaded by a supervisor: a fork of it becomes the run's program.

A new interpreter that imports the simulator takes 45 ms of a core. Supervisors of a queue are forks
of each other (`succession`), so what one has imported the next ones have too, and only the first
runs of a queue pay for it. The simulator is executed until it has completed once: importing it may
crash or read a cold disk for seconds, and a supervisor must survive that and notice a cancel.

To everybody else the program is what the command line would have started: its own process, session,
log, signals, command line and environment.

Imported by the supervisor, so it imports only light standard-library modules.
"""

from __future__ import annotations

import os
import signal
import sys
import time

from fusion_jupyter.manager import appearance, process
from fusion_jupyter.sim import entry
from fusion_jupyter.storage import descriptors, layout

TYPE_CHECKING = False  # avoids importing typing
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    #: Path -> inode, size and time of the last change.
    Stamps = dict[str, tuple[int, int, int] | None]

_PACKAGE = f"{__name__.partition('.')[0]}."
#: The imported files; empty until the simulator is loaded.
_loaded: Stamps = {}
#: The simulator's command once it has completed, under this process or one that it was forked from.
_proven: set[Sequence[str]] = set()
#: When this interpreter imported the first of them, in nanoseconds, earlier rather than later.
_began = time.time_ns() - 100_000_000


def note_completed(command: Sequence[str]) -> None:
    """Note that the program of this command has completed, so it may be loaded from now on."""
    if _is_simulator(command):
        _proven.add(entry.COMMAND)


def prepare(command: Sequence[str]) -> None:
    """Load the program of this command, if it is the simulator, is proven and not loaded yet.

    A package of which a file has changed since this interpreter began is left to new ones: of some
    modules it may have the old version, imported at its start or by an attempt that failed.
    """
    if not process.LINUX or not _proven or not _is_simulator(command) or _loaded:
        return
    try:
        entry.load()
    except BaseException:
        return  # started by its command line, it reports this in its log
    stamps = _stamps(_imported())
    if all(stamp is not None and stamp[2] < _began for stamp in stamps.values()):
        _loaded.update(stamps)


def become(command: Sequence[str], environment: Mapping[str, str], kept: Sequence[int]) -> None:
    """In a forked child: become the program of this command, and end with it.

    Returns, so that the command is executed, for any other program, or if the package was replaced
    since it was loaded: a run computes what the installed version computes.

    Args:
        command: Program and arguments.
        environment: Its whole environment.
        kept: Descriptors above standard error that it inherits.
    """
    if not _loaded or not _is_simulator(command) or _loaded != _stamps(_loaded):
        return
    marker = f"{layout.MARKER_VARIABLE}={environment.get(layout.MARKER_VARIABLE)}"
    if not appearance.change(command, layout.SUPERVISOR_VARIABLE, marker):
        return
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_IGN)  # as every Python starts
    descriptors.close_all_but(kept)
    os._exit(_status(command[len(entry.COMMAND) :]))


def _status(arguments: Sequence[str]) -> int:
    try:
        return entry.run(arguments)
    except SystemExit as error:  # wrong arguments, already told
        return error.code if isinstance(error.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
        return 1


def _is_simulator(command: Sequence[str]) -> bool:
    return tuple(command[: len(entry.COMMAND)]) == entry.COMMAND


def _imported() -> list[str]:
    """The files of this package's modules in this process, and the source of the compiled one.

    Also the simulator's folders: a compiled kernel, or a file of its source, may come to them.
    """
    from fusion_jupyter.sim import kernel_source

    modules = [module for name, module in sys.modules.items() if name.startswith(_PACKAGE)]
    paths = [path for module in modules if (path := getattr(module, "__file__", None))]
    source = kernel_source.files()
    folders = {os.path.dirname(path) for path in (entry.__file__, *source)}
    return [*paths, *source, *folders]


def _stamps(paths: Iterable[str]) -> Stamps:
    """What distinguishes each file on the disk now from a later version of it."""
    found: Stamps = {}
    for path in paths:
        try:
            status = os.stat(path)
        except OSError:
            found[path] = None
        else:
            found[path] = status.st_ino, status.st_size, status.st_ctime_ns
    return found
