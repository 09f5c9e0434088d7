"""The supervisor: one small process for each run, which starts the simulator and records its end.

Started with the command of `launch`, by an engine. The kernel, the
notebook and the browser may all die: the supervisor is in a session of its own and waits on. It
alone writes ``state.json``, and only while it holds the run's lock, which the operating system
takes from it when it dies.

Imports light modules of the standard library alone, so that it starts in some 25 ms and takes
little memory while it waits for days.
"""

from __future__ import annotations

import errno
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

from fusion_jupyter.engines import queue
from fusion_jupyter.manager import launch, process
from fusion_jupyter.storage import atomic_io, layout

#: How often it looks for a cancel intent; half of the 200 ms that a cancel may take to be seen.
LOOK_SECONDS = 0.1
DEFAULT_GRACE_SECONDS = 5.0


class Supervisor:
    """Takes one run from PENDING to its end.

    Attributes:
        run_dir: The run directory, absolute. This process holds the run's lock.
        request: Content of ``run.json``.
        state: Content of ``state.json``, written whole after each change.
    """

    def __init__(self, run_dir: str, slot: int | None) -> None:
        self.run_dir = run_dir
        self.run_id = os.path.basename(run_dir)
        self.slot = slot
        self.request: dict[str, Any] = {}
        self.state: dict[str, Any] = {}
        self._stopped = False
        self._wakeup, self._wakeup_write = os.pipe()

    def path(self, name: str) -> str:
        """Absolute path of a file of the run directory."""
        return os.path.join(self.run_dir, name)

    # -- the run's life ---------------------------------------------------------------------

    def run(self) -> None:
        """Execute the run, unless that was done already."""
        if os.path.exists(self.path(layout.STATE_FILE)):
            return
        request = atomic_io.read_json(self.path(layout.RUN_FILE))
        if request is None:
            return
        self.request = request
        self.state = {
            "version": layout.FORMAT_VERSION,
            "status": "PENDING",
            "supervisor": process.identify(os.getpid()),
        }
        if os.path.exists(self.path(layout.CANCEL_FILE)):
            self.finish("CANCELLED")
            return
        process.become_reaper()
        self._listen()
        # Before the act: whoever finds this without a pid knows that a start was under way.
        self.write()
        try:
            leader = self._start()
        except OSError as error:
            program = self.request["command"][0]
            self.finish("FAILED", error_message=f"Cannot start {program}: {error.strerror}")
            return
        self._watch(leader)

    def finish(self, status: str, **facts: Any) -> None:
        """Record the end."""
        self.state.update(facts, status=status, completed_at=_now())
        self.write()

    def give_up(self, error: Exception) -> None:
        """End the run because of a fault of the supervisor's own, and say so."""
        if "pid" in self.state:
            self._kill(self.state["pid"])
        if self.state:
            self.finish("FAILED", error_message=f"The run's supervisor failed: {error!r}")

    def write(self) -> bool:
        """Write the state, however long that takes.

        A full disk is no reason to lose an outcome: it is tried again every second.

        Returns:
            False where the run directory is gone, so that nothing is left to be told.
        """
        while True:
            try:
                atomic_io.write_json(self.path(layout.STATE_FILE), self.state)
            except OSError:
                if not os.path.isdir(self.run_dir):
                    return False
                time.sleep(1)
            else:
                return True

    # -- starting ---------------------------------------------------------------------------

    def _start(self) -> int:
        """Start the simulator in a session of its own, once its pid stands on the disk.

        Raises:
            OSError: The program cannot be executed.
        """
        environment = self._environment()
        command = [str(part) for part in self.request["command"]]
        folder = self.request.get("cwd") or self.run_dir
        log = os.open(
            self.path(f"{layout.LOG_FOLDER}/{self.run_id}.log"),
            os.O_WRONLY | os.O_CREAT | os.O_APPEND,
            0o644,
        )
        null = os.open(os.devnull, os.O_RDONLY)
        go_read, go_write = os.pipe()
        trouble_read, trouble_write = os.pipe()
        own = os.getpid()
        pid = os.fork()
        if pid == 0:
            try:
                _prepare_child(own, self._wakeup_write, self.slot)
                os.close(go_write)
                os.read(go_read, 1)  # until the parent has recorded this pid, or died
                for target, source in ((0, null), (1, log), (2, log)):
                    os.dup2(source, target)
                os.chdir(folder)
                os.execvpe(command[0], command, environment)
            except OSError as error:
                os.write(trouble_write, str(error.errno or errno.EIO).encode())
            finally:
                os._exit(127)
        for descriptor in (go_read, trouble_write, log, null):
            os.close(descriptor)
        child = process.identify(pid) or {}
        self.state.update(
            status="RUNNING",
            pid=pid,
            pgid=pid,
            start_time=child.get("start_time"),
            started_at=_now(),
            started_monotonic=time.monotonic(),
        )
        self.write()
        os.write(go_write, b"g")
        os.close(go_write)
        with os.fdopen(trouble_read, "rb") as pipe:
            trouble = pipe.read()  # closed without a word by a successful exec
        _unlink(self.path(layout.ENVIRONMENT_FILE))
        if trouble:
            os.waitpid(pid, 0)
            number = int(trouble)
            raise OSError(number, os.strerror(number))
        return pid

    def _environment(self) -> dict[str, str]:
        """The environment that the run was asked for in, not the one that started the queue."""
        content = atomic_io.read_json(self.path(layout.ENVIRONMENT_FILE))
        environment = dict(os.environ) if content is None else content
        name, _, value = layout.marker(self.run_id, self.request["token"]).partition("=")
        return {**environment, name: value}

    # -- waiting ----------------------------------------------------------------------------

    def _listen(self) -> None:
        os.set_blocking(self._wakeup_write, False)
        signal.set_wakeup_fd(self._wakeup_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._on_stop)
        for number in (signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)

    def _on_stop(self, *_: object) -> None:
        self._stopped = True

    def _watch(self, leader: int) -> None:
        """Wait for the leader's end, carrying out a cancel meanwhile; then sweep and record."""
        deadline: float | None = None
        reason: str | None = None
        read_log = self._log_reader()
        while not _has_ended(leader):
            ready, _, _ = select.select([self._wakeup], [], [], LOOK_SECONDS)
            if ready:
                os.read(self._wakeup, 4096)
            _collect_orphans(leader)
            read_log()
            if reason is None:
                reason = self._reason_to_end()
                if reason is not None and not _has_ended(leader):
                    deadline = time.monotonic() + self._grace()
                    _signal_group(leader, signal.SIGTERM)
                else:
                    reason = None
            elif deadline is not None and time.monotonic() > deadline:
                self._kill(leader)
                deadline = None
        read_log()
        self._record(leader, reason)

    def _log_reader(self) -> Callable[[], None]:
        patterns = self.request.get("progress_patterns")
        if not patterns:
            return lambda: None
        from fusion_jupyter.logs.log_progress import LogProgress

        log = self.path(f"{layout.LOG_FOLDER}/{self.run_id}.log")
        reader = LogProgress(log, self.path(layout.PROGRESS_FILE), patterns)

        def read() -> None:
            try:
                reader.read()
            except OSError:
                return  # a full disk costs the bar, not the run

        return read

    def _reason_to_end(self) -> str | None:
        if os.path.exists(self.path(layout.CANCEL_FILE)):
            return "cancel"
        if self._stopped:
            return "stop"
        return None if os.path.isdir(self.run_dir) else "gone"

    def _grace(self) -> float:
        try:
            intent = atomic_io.read_json(self.path(layout.CANCEL_FILE)) or {}
        except (ValueError, OSError):
            intent = {}  # an intent needs no content: that it is there is the message
        for source in (intent, self.request):
            grace = source.get("grace_seconds")
            if isinstance(grace, int | float) and 0 <= grace < 3600:
                return float(grace)
        return DEFAULT_GRACE_SECONDS

    def _kill(self, leader: int) -> list[int]:
        return process.end_family(leader, self._marker(), ancestor=os.getpid())

    def _marker(self) -> str:
        return layout.marker(self.run_id, self.request["token"])

    def _record(self, leader: int, reason: str | None) -> None:
        # The leader stays a zombie during the sweep: its pid, which names the group and the
        # session, cannot become a stranger's.
        ended_monotonic = time.monotonic()
        survivors = [pid for pid in self._kill(leader) if pid != leader]
        _, wait_status, usage = os.wait4(leader, 0)
        code = os.waitstatus_to_exitcode(wait_status)
        exit_code, signal_number = (code, None) if code >= 0 else (None, -code)
        self.state.update(
            exit_code=exit_code,
            signal=signal_number,
            ended_monotonic=ended_monotonic,
            duration_seconds=ended_monotonic - self.state["started_monotonic"],
            cpu_seconds=usage.ru_utime + usage.ru_stime,
            # Linux counts in KiB, macOS in bytes.
            peak_memory_bytes=usage.ru_maxrss * (1024 if process.LINUX else 1),
        )
        if survivors:
            self.state["survivors"] = survivors
        status, message = self._judge(exit_code, signal_number, reason)
        self.finish(status, error_message=message)

    def _judge(
        self, exit_code: int | None, signal_number: int | None, reason: str | None
    ) -> tuple[str, str | None]:
        from fusion_jupyter.manager import outcome

        log = self.path(f"{layout.LOG_FOLDER}/{self.run_id}.log")
        if reason == "cancel":
            return "CANCELLED", None
        if reason is not None:
            return "FAILED", "Its supervisor was told to stop (SIGTERM), as at a shutdown"
        if exit_code != 0:
            return "FAILED", outcome.explain_failure(log, exit_code, signal_number)
        if self.request.get("expects_output") and not outcome.has_files(
            self.path(layout.OUTPUT_FOLDER)
        ):
            return "FAILED", "Ended with exit code 0 but wrote no results"
        return "COMPLETED", None


def _prepare_child(parent: int, wakeup: int, slot: int | None) -> None:
    """In the forked child: a session of its own, default signals, death with the supervisor."""
    signal.set_wakeup_fd(-1)
    os.close(wakeup)
    os.setsid()
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    if process.LINUX:
        process.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            os._exit(127)
    if slot is not None:
        # The slot stays taken as long as the simulator lives, supervisor or not.
        os.set_inheritable(slot, True)


def _has_ended(pid: int) -> bool:
    """Look whether a child has ended, and leave it a zombie."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _collect_orphans(leader: int) -> None:
    """Reap what has returned to the supervisor and ended, except the leader."""
    while True:
        found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if found is None or found.si_pid == leader:
            return
        os.waitpid(found.si_pid, 0)


def _signal_group(pgid: int, number: int) -> None:
    try:
        os.killpg(pgid, number)
    except (ProcessLookupError, PermissionError):
        pass


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass


def _now() -> str:
    seconds = time.time()
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds % 1 * 1e6):06d}+00:00"


def main(arguments: list[str] | None = None) -> None:
    """Supervise the run directory given as first argument.

    The second and third are descriptors that hold the run's lock and its slot; without the
    second the lock is taken here.
    """
    given = sys.argv[1:] if arguments is None else arguments
    run_dir = os.path.abspath(given[0])
    inherited = [int(number) for number in given[1:3]]
    start = 3
    for descriptor in sorted(inherited):
        os.closerange(start, descriptor)
        os.set_inheritable(descriptor, False)
        start = descriptor + 1
    os.closerange(start, 65536)
    os.chdir("/")
    lock, slot = (*inherited, None, None)[:2]
    if lock is None:
        lock = _take_lock(run_dir)
    if lock is None:
        return
    supervisor = Supervisor(run_dir, slot)
    try:
        supervisor.run()
    except Exception as error:
        # Nobody reads this process's output: what it cannot handle belongs in the run's record.
        supervisor.give_up(error)
        raise
    finally:
        if slot is not None:
            # Whoever got a slot from the queue of this machine hands it on.
            os.close(slot)
            queue.dispatch(os.path.dirname(run_dir), launch.start)


def _take_lock(run_dir: str) -> int | None:
    try:
        return atomic_io.try_lock(os.path.join(run_dir, layout.LOCK_FILE), patience=2.0)
    except FileNotFoundError:
        return None  # the run was deleted before it could start


if __name__ == "__main__":
    main()
