"""Start a run's program: forked first, executed once its pid is on the disk.

Imported by the supervisor, so it imports only light standard-library modules.
"""

from __future__ import annotations

import errno
import os
import signal

from fusion_jupyter.manager import preloaded, process

TYPE_CHECKING = False  # avoids importing typing
if TYPE_CHECKING:
    import resource
    from collections.abc import Mapping, Sequence
    from typing import Any


#: What a program starts with by default.
_SIGNALS = tuple(map(int, signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}))


class Program:
    """A child process that waits for `go` before it becomes the program.

    It leads its own session and process group, and dies with its parent.

    Args:
        command: Program and arguments.
        environment: Its whole environment.
        cwd: Its working directory.
        log: Descriptor that becomes its standard output and error.
        kept: Descriptors that it and everything it starts inherit.

    Attributes:
        pid: Its process id, also its group's and session's.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        cwd: str,
        log: int,
        kept: Sequence[int] = (),
    ) -> None:
        preloaded.prepare(command)
        go_read, self._go = os.pipe()
        self._trouble, trouble_write = os.pipe()
        null = os.open(os.devnull, os.O_RDONLY)
        own = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.close(self._go)
                _prepare(own)
                if os.read(go_read, 1) != b"g":
                    os._exit(127)  # the parent has died or withdrew the start
                for number in kept:
                    os.set_inheritable(number, True)
                for target, source in ((0, null), (1, log), (2, log)):
                    os.dup2(source, target)
                try:
                    os.chdir(cwd)
                except OSError as error:
                    reason = f"its working directory {cwd} cannot be entered: {error.strerror}"
                    raise OSError(error.errno, reason) from error
                preloaded.become(command, environment, kept)
                os.execvpe(command[0], list(command), environment)
            except BaseException as error:
                text = error.strerror if isinstance(error, OSError) else f"{error}"
                os.write(trouble_write, f"{text}".encode(errors="replace")[:1000])
            finally:
                os._exit(127)
        for descriptor in (go_read, trouble_write, null):
            os.close(descriptor)

    def go(self) -> None:
        """Start the program.

        Raises:
            OSError: It cannot be executed; its process has been reaped.
        """
        try:
            os.write(self._go, b"g")
        except BrokenPipeError:
            pass  # killed meanwhile: the wait for it reports how
        os.close(self._go)
        trouble = b""
        while part := os.read(self._trouble, 4096):
            trouble += part  # closed without data by a successful exec
        os.close(self._trouble)
        if trouble:
            os.waitpid(self.pid, 0)
            raise OSError(errno.EINVAL, trouble.decode(errors="replace"))

    def abandon(self) -> None:
        """End the process before the program starts."""
        for descriptor in (self._go, self._trouble):
            os.close(descriptor)
        os.waitpid(self.pid, 0)


def _prepare(parent: int) -> None:
    """In the child: its own session, default signals, death with its parent."""
    signal.set_wakeup_fd(-1)
    os.setsid()
    # Signals ignored by the requesting kernel or by this Python must not stay ignored in the
    # program.
    for number in _SIGNALS:
        try:
            signal.signal(number, signal.SIG_DFL)
        except (OSError, ValueError):
            continue  # reserved by the C library
    if process.LINUX:
        process.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            os._exit(127)


def has_ended(pid: int) -> bool:
    """Return whether a child has ended, and leave it a zombie."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def how_it_ended(wait_status: int, usage: resource.struct_rusage) -> dict[str, Any]:
    """What a run's state says of its program's end, from what `os.wait4` returned."""
    code = os.waitstatus_to_exitcode(wait_status)
    return {
        "exit_code": code if code >= 0 else None,
        "signal": -code if code < 0 else None,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        # Linux counts in KiB, macOS in bytes.
        "peak_memory_bytes": usage.ru_maxrss * (1024 if process.LINUX else 1),
    }


def collect_others(leader: int) -> None:
    """Reap ended children that were reparented to the supervisor, except the leader."""
    while True:
        found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if found is None or found.si_pid == leader:
            return
        os.waitpid(found.si_pid, 0)


def ask_to_end(pgid: int) -> None:
    """Send SIGTERM to a group, then SIGCONT so that stopped processes handle it."""
    for number in (signal.SIGTERM, signal.SIGCONT):
        try:
            os.killpg(pgid, number)
        except OSError:
            return
