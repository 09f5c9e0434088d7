"""The supervisor: one small process per run, which starts the program and records its end.

An engine starts it with the command of `launch`. The kernel, the notebook and the browser may all
die: the supervisor is in its own session and keeps waiting. It alone writes ``state.json``, and
only while it holds the run's lock, which the operating system releases when it dies.

Imports light modules of the standard library alone, so that it starts in some 25 ms and takes
little memory while it waits for days.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import sys
import time

from fusion_jupyter.engines import queue
from fusion_jupyter.manager import instructions, launch, preloaded, process, program, run_processes
from fusion_jupyter.manager.succession import Successors
from fusion_jupyter.storage import atomic_io, deadline, descriptors, layout
from fusion_jupyter.storage.held import HeldDirectory

TYPE_CHECKING = False  # avoids importing typing
if TYPE_CHECKING:
    from typing import Any

    from fusion_jupyter.manager.succession import Work

#: Seconds between checks for a cancel intent: half of the 200 ms that noticing a cancel may take.
POLL_SECONDS = 0.1
#: Seconds between attempts to kill surviving processes.
_KILL_AGAIN_SECONDS = 5.0
#: A batch system signals program and supervisor one after another, within so many seconds.
_OWN_SIGNAL_SECONDS = 0.5
_ENDING = (signal.SIGTERM, signal.SIGKILL)


class Supervisor:
    """Takes one run from PENDING to its end.

    Args:
        run_dir: The run directory, absolute.
        lock: Descriptor that holds the run's lock.
        slot: Descriptor that holds its slot in the local queue, None without one.
        restart: How often the engine has started the run before.

    Attributes:
        folder: The run directory, held open because it may be moved or its mount may be away.
        request: Content of ``run.json``.
        state: Content of ``state.json``, rewritten after each change.
    """

    def __init__(self, run_dir: str, lock: int, slot: int | None, restart: int = 0) -> None:
        self.folder = HeldDirectory(run_dir)
        self.run_id = os.path.basename(run_dir)
        self.request: dict[str, Any] = {}
        self.state: dict[str, Any] = {}
        self._log = f"{layout.LOG_FOLDER}/{self.run_id}.log"
        self._lock = lock
        self._slot = slot
        self._restart = restart
        self._leader: int | None = None
        self._cancelled = False
        self._stopped = False
        self._ended = False
        self._begins = (0, 0)
        self._next_heartbeat = 0.0
        self._wakeup, self._wakeup_write = os.pipe()

    def run(self) -> None:
        """Execute the run, unless it has already been executed."""
        if not instructions.starts(self.folder, self._restart):
            return
        request = self.folder.read_json(layout.RUN_FILE)
        if request is None or request.get("version", 0) > layout.FORMAT_VERSION:
            return
        self.request = request
        self.state = {
            "version": layout.FORMAT_VERSION,
            "status": "PENDING",
            "supervisor": process.identify(os.getpid()),
        }
        if self._restart:
            self.state["restart"] = self._restart
        self._listen()
        if self._reason_to_end():
            self._end_before_start()
            return
        run_processes.become_reaper()
        try:
            began = self._start()
        except OSError as error:
            if not self._reason_to_end():
                name = self.request["command"][0]
                self.finish("FAILED", error_message=f"Cannot start {name}: {error.strerror}")
                return
            began = False
        if began:
            self._watch()
        else:
            self._end_before_start()

    def _end_before_start(self) -> None:
        status, message = self._judge(None, None, self._reason_to_end() or "cancel")
        if status != "PENDING":  # its engine starts it again
            self.finish(status, error_message=message)

    def finish(self, status: str, **facts: Any) -> None:
        """Set the end in the state; `record_end` writes it."""
        self.state.update(facts, status=status, completed_at=instructions.now())
        self._ended = True

    def record_end(self) -> None:
        """Record the end, however long that takes.

        A full disk must not lose the outcome: writing is retried every second. The run's slot is
        free for others already.
        """
        if self._ended:
            self.folder.remove(layout.ENVIRONMENT_FILE)
            while not self._try_to_write() and not self.folder.is_removed():
                time.sleep(1)

    def give_up(self, error: Exception) -> None:
        """End the run because the supervisor itself failed, and record that."""
        survivors = self._end_processes()
        if self.state:
            if survivors:
                self.state["survivors"] = survivors
            self.finish("FAILED", error_message=f"The run's supervisor failed: {error!r}")

    def hand_on_slot(self, start: queue.Start) -> None:
        """Give the slot to the next run in the queue, even if a process of this run survives.

        Args:
            start: Starts the supervisor of the next run.
        """
        slot, self._slot = self._slot, None
        if slot is not None:
            atomic_io.unlock(slot)
            try:
                queue.dispatch(os.path.dirname(self.folder.path), start)
            except OSError:
                return  # the next process that tends the queue starts them

    def _try_to_write(self) -> bool:
        try:
            self.folder.write_json(layout.STATE_FILE, self.state)
        except OSError:
            return False
        return True

    # -- starting ---------------------------------------------------------------------------

    def _start(self) -> bool:
        """Start the program, once its pid is on the disk.

        Returns:
            False if the run was cancelled before the program started.

        Raises:
            OSError: The program cannot be executed.
        """
        if self._restart:
            self._begins = instructions.begin_anew(
                self.folder, self.request, self._log, self._restart
            )
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        log = self.folder.open_when_there_is_room(self._log, flags, self._reason_to_end)
        # Inherited by everything the program starts: its holders belong to this run.
        flags = os.O_RDWR | os.O_CREAT
        kin = self.folder.open_when_there_is_room(layout.FAMILY_FILE, flags, self._reason_to_end)
        fcntl.flock(kin, fcntl.LOCK_EX | fcntl.LOCK_NB)
        child = program.Program(
            [str(part) for part in self.request["command"]],
            instructions.environment(self.folder, self.run_id, self.request),
            self.request.get("cwd") or self.folder.path,
            log,
            # The slot stays taken as long as the program is alive, with or without its supervisor.
            [kin] if self._slot is None else [kin, self._slot],
        )
        os.close(log)
        os.close(kin)
        identity = process.identify(child.pid) or {}
        self.state.update(
            status="RUNNING",
            pid=child.pid,
            pgid=child.pid,
            start_time=identity.get("start_time"),
            started_at=instructions.now(),
            started_monotonic=time.monotonic(),
        )
        # Intent before act: the program starts once this is on the disk. A cancel requested before
        # may already have been confirmed, so the intent is checked last.
        while not (written := self._try_to_write()) and not self._reason_to_end():
            time.sleep(0.2)
        if not written or self._is_cancelled():
            child.abandon()
            for key in ("pid", "pgid", "start_time", "started_at", "started_monotonic"):
                del self.state[key]
            return False
        if not self.request.get("may_restart"):
            # It may hold secrets, and no later supervisor needs it once there is a state.
            self.folder.remove(layout.ENVIRONMENT_FILE)
        child.go()
        self._leader = child.pid
        return True

    # -- waiting ----------------------------------------------------------------------------

    def _listen(self) -> None:
        # The parent may have blocked signals.
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.set_blocking(self._wakeup_write, False)
        signal.set_wakeup_fd(self._wakeup_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._on_stop)
        signal.signal(signal.SIGUSR1, self._on_cancel)
        for number in (signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)

    def _on_stop(self, *_: object) -> None:
        self._stopped = True

    def _on_cancel(self, *_: object) -> None:
        self._cancelled = True

    def _is_cancelled(self) -> bool:
        """Whether a cancel was requested, by its file or (if no file can be made) by a signal."""
        self._cancelled = self._cancelled or self.folder.exists(layout.CANCEL_FILE)
        return self._cancelled

    def _reason_to_end(self) -> str | None:
        if self._is_cancelled():
            return "cancel"
        if self._stopped:
            return "stop"
        if deadline.has_passed(self.request.get("deadline")):
            return "late"
        return "gone" if self.folder.is_removed() else None

    def _watch(self) -> None:
        """Wait for the leader's end, carrying out a cancel meanwhile; then clean up and record."""
        leader, kill_at = self._leader, 0.0
        assert leader is not None
        reason: str | None = None
        reader = instructions.progress_reader(self.folder, self.request, self._log, self._begins)
        while not program.has_ended(leader):
            self._rest()
            program.collect_others(leader)
            if reason is None:
                reason = self._reason_to_end()
                if reason is None:
                    continue
                if program.has_ended(leader):
                    reason = None  # it ended by itself before the cancel
                    break
                program.ask_to_end(leader)  # first, because the intent's content is read afterwards
                kill_at = time.monotonic() + instructions.grace_seconds(self.folder, self.request)
            elif time.monotonic() > kill_at:
                self._note_survivors(self._end_processes(spare=reader and reader.pid))
                kill_at = time.monotonic() + _KILL_AGAIN_SECONDS
        if reader is not None:
            reader.finish()
        self._record(leader, reason)

    def _rest(self) -> None:
        ready, _, _ = select.select([self._wakeup], [], [], POLL_SECONDS)
        if ready:
            os.read(self._wakeup, 4096)
        if time.monotonic() >= self._next_heartbeat:
            self._next_heartbeat = time.monotonic() + layout.HEARTBEAT_SECONDS
            try:
                os.utime(self._lock)
            except OSError:
                return  # the mount is away: retry at the next heartbeat

    def _end_processes(self, **options: Any) -> list[int]:
        if self._leader is None:
            return []
        marker = instructions.marker(self.run_id, self.request)
        return run_processes.end_descendants(self._leader, marker, **options)

    def _note_survivors(self, survivors: list[int]) -> None:
        """Report what a cancel could not end, while the run continues."""
        if survivors and survivors != self.state.get("survivors"):
            self.state.update(survivors=survivors, error_message=run_processes.tell(survivors))
            self._try_to_write()

    def _record(self, leader: int, reason: str | None) -> None:
        # The leader stays a zombie meanwhile, so its pid, which is also the id of the group and
        # session, cannot be reused.
        ended_monotonic = time.monotonic()
        survivors = self._end_processes(scans=1)
        _, wait_status, usage = os.wait4(leader, 0)
        self._leader = None
        if not survivors:
            # With no child left to wait for, it is certain that no process survives.
            survivors = run_processes.end_descendants(
                None, instructions.marker(self.run_id, self.request)
            )
        facts = program.how_it_ended(wait_status, usage)
        exit_code, signal_number = facts["exit_code"], facts["signal"]
        if exit_code == 0:
            preloaded.note_completed(self.request["command"])
        if reason is None and signal_number in _ENDING and self._is_cancelled():
            reason = "cancel"  # another process carried it out while this one was stopped
        patience = time.monotonic() + _OWN_SIGNAL_SECONDS
        alone = reason is None and signal_number == signal.SIGTERM
        while alone and not self._stopped and time.monotonic() < patience:
            self._rest()
        duration = ended_monotonic - self.state["started_monotonic"]
        self.state.update(facts, ended_monotonic=ended_monotonic, duration_seconds=duration)
        if survivors or "survivors" in self.state:
            self.state["survivors"] = survivors
        status, message = self._judge(exit_code, signal_number, reason)
        if status == "PENDING":
            # It waits for its next start: as before the first, there is no state.
            self.folder.rename(layout.STATE_FILE, f"state.start-{self._restart}.json")
            return
        if survivors:
            message = ". ".join(filter(None, (message, run_processes.tell(survivors))))
        self.finish(status, error_message=message)

    def _judge(
        self, exit_code: int | None, signal_number: int | None, reason: str | None
    ) -> tuple[str, str | None]:
        if reason == "cancel":
            return "CANCELLED", None
        if reason == "late":
            began = "started_at" in self.state
            kept = f"{deadline.LATE}; what it had computed is kept"
            return "CANCELLED", kept if began else deadline.BEFORE_ITS_START
        # A batch system signals the program and its supervisor together; which ends first is
        # random.
        stopped = reason == "stop" or (self._stopped and signal_number in _ENDING)
        if reason is not None and not stopped:
            return "FAILED", None
        if exit_code == 0 and not stopped and not self.request.get("expects_output"):
            return "COMPLETED", None
        from fusion_jupyter.manager import outcome

        if stopped:
            return outcome.explain_stop(self.request, self.folder.path)
        if exit_code != 0:
            return "FAILED", outcome.explain_failure(
                self.folder, self._log, exit_code, signal_number
            )
        if not outcome.has_files(self.folder, layout.OUTPUT_FOLDER):
            return "FAILED", "Ended with exit code 0 but wrote no results"
        return "COMPLETED", None


def main(arguments: list[str] | None = None) -> None:
    """Supervise a run, then the next in the queue; see `launch.parse` for the arguments."""
    work: Work | None = launch.parse(sys.argv[1:] if arguments is None else arguments)
    while work is not None:
        work = _supervise(*work)


def _supervise(run_dir: str, inherited: list[int], restart: int) -> Work | None:
    """Supervise one run.

    Returns:
        The next run, in the new process that supervises it; None in this one.
    """
    descriptors.close_all_but(inherited)
    for descriptor in inherited:
        os.set_inheritable(descriptor, False)
    os.chdir("/")
    lock, slot = (*inherited, None, None)[:2]
    try:
        lock = lock or atomic_io.try_lock(os.path.join(run_dir, layout.LOCK_FILE), patience=2.0)
    except FileNotFoundError:
        return None  # the run was deleted before it could start
    if lock is None:
        return None
    supervisor = Supervisor(run_dir, lock, slot, restart)
    try:
        supervisor.run()
    except Exception as error:
        # Unhandled errors go into the run's record, because its output is rarely read.
        supervisor.give_up(error)
        sys.excepthook(*sys.exc_info())
    # The next run in the queue starts while the end of this one is being written to disk.
    own, successors = os.getpid(), Successors()
    try:
        supervisor.hand_on_slot(successors.keep)
        return successors.begin()
    finally:
        if os.getpid() == own:
            supervisor.record_end()
            atomic_io.unlock(lock)  # a successor holds a copy until it closes that


if __name__ == "__main__":
    main()
