"""A real Slurm on this machine: a controller and four virtual nodes, below one folder."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

PROGRAMS = ("slurmctld", "slurmd", "sbatch", "squeue", "scancel", "sinfo", "munged")
_START_SECONDS = 60.0

_CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
SlurmctldPort={port}
AuthType=auth/munge
AuthInfo=socket={folder}/run/munge.socket
CryptoType=crypto/munge
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/run/slurmctld.pid
SlurmdPidFile={folder}/run/slurmd.%n.pid
SlurmctldLogFile={folder}/log/slurmctld.log
SlurmdLogFile={folder}/log/slurmd.%n.log
ReturnToService=2
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0
MinJobAge={min_job_age}
KillWait=5
SlurmctldTimeout=30
SlurmdTimeout=30
NodeName=n[1-4] NodeHostname={host} NodeAddr=127.0.0.1 Port=[{first}-{last}] CPUs=16 \
RealMemory=4000 State=UNKNOWN
PartitionName=debug Nodes=n[1-4] Default=YES MaxTime=01:00:00 State=UP
"""


def missing_programs() -> list[str]:
    """Programs of Slurm that are not on this machine."""
    return [name for name in PROGRAMS if _which(name) is None]


def _which(name: str) -> str | None:
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


class Cluster:
    """Started by `start`, ended by `stop`; commands find it by ``SLURM_CONF``.

    Args:
        folder: Everything of it lies here; its path must be short, since it holds a socket.
        min_job_age: Seconds that a finished job stays known to the controller.
    """

    nodes = ("n1", "n2", "n3", "n4")

    def __init__(self, folder: Path, *, min_job_age: int = 300) -> None:
        self.folder = folder
        self.configuration = folder / "etc" / "slurm.conf"
        self._min_job_age = min_job_age
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start the daemons and wait until all nodes are idle."""
        for name in ("etc", "run", "log", "state", "spool"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        port = _free_ports(5)
        self.configuration.write_text(
            _CONFIGURATION.format(
                host=socket.gethostname(),
                folder=self.folder,
                port=port,
                first=port + 1,
                last=port + 4,
                min_job_age=self._min_job_age,
            )
        )
        os.environ["SLURM_CONF"] = str(self.configuration)
        key = self.folder / "etc" / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o600)
        run, log = self.folder / "run", self.folder / "log"
        self._run(
            [
                "munged", "--force", "--key-file", key, "--socket", run / "munge.socket",
                "--pid-file", run / "munged.pid", "--log-file", log / "munged.log",
                "--seed-file", run / "munged.seed",
            ]
        )  # fmt: skip
        self.start_controller()
        for node in self.nodes:
            self.start_node(node)
        self.wait_for_nodes(len(self.nodes))

    def start_controller(self) -> None:
        """Start the controller, for the first time or again."""
        self._run(["slurmctld"])

    def start_node(self, node: str) -> None:
        """Start a node, for the first time or again."""
        self._run(["slurmd", "-N", node])

    def stop_controller(self) -> None:
        """End the controller at once, as when its machine is lost."""
        self._kill("slurmctld.pid")

    def stop_node(self, node: str) -> None:
        """End a node's daemon and all that it runs, as when its machine is lost."""
        # The daemon first: it would tell the controller that its steps have ended.
        self._kill(f"slurmd.{node}.pid")
        pids = self._steps_of(node)
        # All at once, as a machine is lost: the step's own daemon would tell the end of its program.
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)

    def wait_until_saved(self, job: str) -> None:
        """Wait until the controller has written down a job as it is now."""
        state = self.folder / "state" / "job_state"
        now = time.time()
        # It writes what has changed: so something changes.
        subprocess.run(["scontrol", "update", f"jobid={job}", "comment=saved"], check=True)
        deadline = now + _START_SECONDS
        while not state.exists() or state.stat().st_mtime <= now:
            assert time.time() < deadline, self.logs()
            time.sleep(0.1)

    def wait_for_nodes(self, count: int) -> None:
        """Wait until so many nodes can take jobs."""
        deadline = time.monotonic() + _START_SECONDS
        while True:
            found = subprocess.run(
                ["sinfo", "-h", "-N", "-t", "idle,mixed,allocated", "-o", "%N"],
                capture_output=True,
                text=True,
                check=False,
            ).stdout.split()
            if len(found) == count:
                return
            assert time.monotonic() < deadline, self.logs()
            time.sleep(0.1)

    def stop(self) -> None:
        """End every daemon."""
        subprocess.run(["scancel", "-u", "root"], capture_output=True, check=False, timeout=30)
        for node in self.nodes:
            self.stop_node(node)
        for name in ("slurmctld.pid", "munged.pid"):
            self._kill(name)
        os.environ.pop("SLURM_CONF", None)

    def logs(self) -> str:
        """The ends of all logs, for a message."""
        return "\n".join(
            f"== {path.name}\n{path.read_text(errors='replace')[-2000:]}"
            for path in sorted((self.folder / "log").iterdir())
        )

    def _run(self, command: list[object]) -> None:
        program = _which(str(command[0]))
        assert program is not None, f"{command[0]} is not installed"
        subprocess.run([program, *map(str, command[1:])], check=True, timeout=30)

    def _kill(self, pid_file: str) -> None:
        try:
            pid = int((self.folder / "run" / pid_file).read_text())
        except (OSError, ValueError):
            return
        _kill(pid)

    def _steps_of(self, node: str) -> list[int]:
        """Pids of the job step daemons of a node and of all their descendants."""
        marker = f"SLURMD_NODENAME={node}".encode()
        spool = f"{self.folder}/spool/{node}".encode()
        found = []
        for path in Path("/proc").iterdir():
            if path.name.isdecimal():
                try:
                    environment = (path / "environ").read_bytes()
                    command = (path / "cmdline").read_bytes()
                except OSError:
                    continue
                ours = str(self.configuration).encode() in environment
                daemon = ours and command.startswith(b"slurmstepd")
                if (ours and marker in environment) or spool in command or daemon:
                    found.append(int(path.name))
        return [pid for pid in found if pid != os.getpid()]


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return
        if state in "ZX":
            return
        time.sleep(0.01)


def _free_ports(count: int) -> int:
    """The first of so many neighbouring ports that are free now."""
    for first in range(26817, 60000, count + 3):
        sockets = []
        try:
            for port in range(first, first + count):
                sockets.append(socket.socket())
                sockets[-1].bind(("127.0.0.1", port))
        except OSError:
            continue
        else:
            return first
        finally:
            for each in sockets:
                each.close()
    raise AssertionError("no free ports")
