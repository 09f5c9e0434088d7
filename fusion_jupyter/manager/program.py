"""Start a run's program: forked first, executed once its pid stands on the disk.

Imported by the supervisor: light modules of the standard library alone.
"""

from __future__ import annotations

import errno
import os
import signal

from fusion_jupyter.manager import process

TYPE_CHECKING = False  # without the weight of typing
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Program:
    """A child process that waits for `go` before it becomes the program.

    It leads a session and a group of its own, and dies with the process that made it.

    Args:
        command: Program and arguments.
        environment: Its whole environment.
        cwd: Its working directory.
        log: Descriptor that becomes its standard output and error.
        kept: Descriptors that it inherits, and so does everything it starts.

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
                    os._exit(127)  # the parent has died, or does not want it any more
                for number in kept:
                    os.set_inheritable(number, True)
                for target, source in ((0, null), (1, log), (2, log)):
                    os.dup2(source, target)
                try:
                    os.chdir(cwd)
                except OSError as error:
                    reason = f"its working directory {cwd} cannot be entered: {error.strerror}"
                    raise OSError(error.errno, reason) from error
                os.execvpe(command[0], list(command), environment)
            except BaseException as error:
                text = error.strerror if isinstance(error, OSError) else f"{error}"
                os.write(trouble_write, f"{text}".encode(errors="replace")[:1000])
            finally:
                os._exit(127)
        for descriptor in (go_read, trouble_write, null):
            os.close(descriptor)

    def go(self) -> None:
        """Let the program begin.

        Raises:
            OSError: It cannot be executed; its process has been collected.
        """
        try:
            os.write(self._go, b"g")
        except BrokenPipeError:
            pass  # killed meanwhile: whoever waits for it will see how
        os.close(self._go)
        trouble = b""
        while part := os.read(self._trouble, 4096):
            trouble += part  # closed without a word by a successful exec
        os.close(self._trouble)
        if trouble:
            os.waitpid(self.pid, 0)
            raise OSError(errno.EINVAL, trouble.decode(errors="replace"))

    def abandon(self) -> None:
        """End the process before the program has begun."""
        for descriptor in (self._go, self._trouble):
            os.close(descriptor)
        os.waitpid(self.pid, 0)


def _prepare(parent: int) -> None:
    """In the child: a session of its own, default signals, death with its parent."""
    signal.set_wakeup_fd(-1)
    os.setsid()
    # What the kernel that asked for the run, or this Python, ignores is not for the program.
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        try:
            signal.signal(number, signal.SIG_DFL)
        except (OSError, ValueError):
            continue  # one that the C library keeps for itself
    if process.LINUX:
        process.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            os._exit(127)


def has_ended(pid: int) -> bool:
    """Look whether a child has ended, and leave it a zombie."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def collect_others(leader: int) -> None:
    """Reap what has returned to the supervisor and ended, except the leader."""
    while True:
        found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if found is None or found.si_pid == leader:
            return
        os.waitpid(found.si_pid, 0)


def ask_to_end(pgid: int) -> None:
    """Send SIGTERM to a group, and let those of it that are stopped handle it."""
    for number in (signal.SIGTERM, signal.SIGCONT):
        try:
            os.killpg(pgid, number)
        except OSError:
            return
