"""Find and end all processes of a run, also those that tried to leave its process tree.

A live supervisor ends its descendants (`end_descendants`). The system reparents every orphan below
it to it, so once it has no children left, the process tree is certainly gone. Without a supervisor,
a run's processes are recognised by what they inherit (`members`): an environment entry, and the
locked family file, which even a process that clears its environment keeps.

Imported by the supervisor, so it imports only light standard-library modules.
"""

from __future__ import annotations

import os
import signal
import time

from fusion_jupyter.manager import process
from fusion_jupyter.storage import atomic_io, layout

#: How long to wait for killed processes to disappear (seconds).
_TIMEOUT_SECONDS = 10.0
#: The same for processes of another user, which cannot be killed.
_REFUSED_SECONDS = 1.0
_QUIET_SCANS = 5
_SUPERVISOR = f"{layout.SUPERVISOR_VARIABLE}=".encode()


def become_reaper() -> None:
    """Make this process the parent of all orphans in its tree, where the system can (Linux)."""
    if process.LINUX:
        process.prctl(36, 1)  # PR_SET_CHILD_SUBREAPER


def end_descendants(
    leader: int | None,
    marker: str,
    spare: int | None = None,
    timeout: float = _TIMEOUT_SECONDS,
    scans: int = _QUIET_SCANS,
) -> list[int]:
    """SIGKILL this process's tree until nothing is left.

    Supervisors of other runs, which a run's program may have started, and their descendants are
    spared. The leader is killed but not reaped, so that its pid is not reused.

    Args:
        leader: Pid of the program, whose group is killed at once; None: it has been reaped.
        marker: The environment entry of the run's processes, for systems without reapers.
        spare: A child of this process that is not part of the run.
        timeout: Give up after this many seconds.
        scans: Scans in a row that must find nobody, where that is not certain.

    Returns:
        Pids still alive (in uninterruptible sleep, or another user's); empty when all are gone.
    """
    if not process.LINUX:
        return end_members(leader, marker, None, timeout)
    began = time.monotonic()
    pause = 0.0002
    quiet = 0
    while True:
        if leader is not None:
            _kill_group(leader)
        left, refused, others = _kill_tree(leader, spare)
        # A scan can miss a process that forks and exits all the time, and the list of children can
        # have gaps while it changes. An empty list is certain; if spared children remain, several
        # scans must suffice.
        quiet = 0 if left else quiet + 1
        if quiet and _has_no_children():
            return []
        if quiet == scans and (leader is not None or others):
            return []
        waited = time.monotonic() - began
        if waited > timeout or (waited > _REFUSED_SECONDS and left and refused >= left):
            return sorted(left)
        time.sleep(pause if not left or refused >= left else 0)
        pause = min(2 * pause, 0.05)


def tell(survivors: list[int]) -> str:
    """The message about processes that could not be ended.

    Example:
        >>> tell([4711, 4712])
        'Processes of this run that could not be ended: 4711, 4712'
    """
    return f"Processes of this run that could not be ended: {', '.join(map(str, survivors))}"


def _kill_tree(leader: int | None, spare: int | None) -> tuple[set[int], set[int], set[int]]:
    """One round: kill what is alive below this process, reap what has ended.

    Returns:
        Remaining children; processes that this one may not signal; spared children.
    """
    refused: set[int] = set()
    exempt: set[int] = set()
    alive = []
    # The newest first, because a process that forks and exits all the time lives in it alone. What
    # it leaves is reaped unseen: to look into each would take longer than it takes to make them.
    waiting = _children(os.getpid())[::-1]
    own = len(waiting)
    for number, pid in enumerate(waiting):
        if number < own:
            if pid != leader and _reap(pid):
                continue
            alive.append(pid)
        if pid == spare or (pid != leader and _is_supervisor(pid)):
            exempt.add(pid)
            continue
        # Without a pidfd, because every microsecond counts against a process that forks. The pid
        # cannot belong to a stranger: it is freed only when its parent reaps it, and the system
        # reuses a number only after thousands of others.
        try:
            os.kill(pid, signal.SIGKILL)
        except PermissionError:
            refused.add(pid)
        except ProcessLookupError:
            pass
        waiting += _children(pid)
    left = set()
    for pid in alive:
        if pid == leader:
            # Reaped by the caller; a process of another user may live on.
            if pid in refused and process.start_time(pid) is not None:
                left.add(pid)
        elif not _reap(pid) and pid not in exempt:
            left.add(pid)
    return left, refused, exempt


def _reap(pid: int) -> bool:
    """Collect a child if it has ended; True if it is no child any more."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return True


def _has_no_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return True
    return False


def _children(pid: int) -> list[int]:
    """Children of a process, including those forked by its threads."""
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
                found += map(int, file.read().split())
    except OSError:
        pass  # ended meanwhile
    return found


def _kill_group(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except OSError:
        pass  # the group is empty, or none of it may be signalled


def _is_supervisor(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            content = file.read()
    except OSError:
        return False
    return content.startswith(_SUPERVISOR) or b"\0" + _SUPERVISOR in content


# -- without a supervisor -----------------------------------------------------------------------


def members(leader: int | None, marker: str, family_file: str | None) -> list[process.Row]:
    """All live processes of a run, found without its supervisor.

    A process belongs to the run if it is in the leader's group or session, carries the run's
    marker in its environment, holds the lock of its family file, or descends from one of these.
    Supervisors and their descendants belong to their own run.

    Args:
        leader: Pid of the program, which is also its group's and session's id; None if the pid may
            have been reused by a stranger.
        marker: An environment entry ``NAME=value`` that only this run's processes have.
        family_file: Path of the run's family file.

    Returns:
        Rows of `process.table`, without this process.
    """
    rows = process.table()
    children: dict[int, list[process.Row]] = {}
    for row in rows:
        children.setdefault(row["ppid"], []).append(row)
    holders = _holders(family_file)
    own = os.getpid()
    roots = [
        row
        for row in rows
        if leader in (row["pid"], row["pgid"], row["session"])
        or row["pid"] in holders
        or process.has_environment(row["pid"], marker)
    ]
    found: dict[int, process.Row] = {}
    waiting = [row for row in roots if row["pid"] != own and not _is_supervisor(row["pid"])]
    while waiting:
        row = waiting.pop()
        if row["pid"] in found or row["pid"] == own or _is_supervisor(row["pid"]):
            continue
        found[row["pid"]] = row
        waiting += children.get(row["pid"], ())
    return list(found.values())


def end_members(
    leader: int | None, marker: str, family_file: str | None, timeout: float = _TIMEOUT_SECONDS
) -> list[int]:
    """SIGKILL every process of a run that has no supervisor, until none is left.

    Args:
        leader: See `members`.
        marker: See `members`.
        family_file: See `members`.
        timeout: Give up after this many seconds.

    Returns:
        Pids still alive; empty when all are gone, as far as can be seen from here.
    """
    began = time.monotonic()
    pause = 0.002
    quiet = 0
    refused: set[int] = set()
    while True:
        rows = members(leader, marker, family_file)
        left = {row["pid"] for row in rows}
        quiet = 0 if left else quiet + 1
        waited = time.monotonic() - began
        if quiet == 2 or waited > timeout:
            return sorted(left)
        if left and left <= refused and waited > _REFUSED_SECONDS:
            return sorted(left)
        refused = process.kill_all(rows, signal.SIGKILL)
        time.sleep(pause)
        pause = min(2 * pause, 0.05)


def _holders(family_file: str | None) -> set[int]:
    try:
        if family_file is None or not atomic_io.is_locked(family_file):
            return set()
    except OSError:
        return set()
    from fusion_jupyter.storage import lock_holder

    return set(lock_holder.holders(family_file))
