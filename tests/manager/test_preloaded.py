"""The embedded simulator as a fork of its supervisor: to everybody else, a program like any other."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from helpers import survivors, wait_for, wait_until_final, wait_until_running

import fusion_jupyter
from fusion_jupyter import settings
from fusion_jupyter.manager import appearance, preloaded, run_processes
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.record import RunCreate, RunRecord
from fusion_jupyter.sim import entry
from fusion_jupyter.storage import layout

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it is executed")

#: Seconds of simulating, unless it is ended before.
LONG = {"max_iters": 2000, "is_training": True}


def request(**options) -> RunCreate:
    given = {"erlang_start": 300, "erlang_stop": 300, "max_iters": 1, **options}
    return RunCreate(template="minimal", simulator="embedded", config=given)


def one_after_another(manager, *requests: RunCreate) -> list[RunRecord]:
    """Runs whose supervisors were all forked by the one before."""
    settings.configure(max_concurrent_runs=1)
    # The queue waits for this one until all are in it.
    before = manager.create_run(request(**LONG))
    records = [manager.create_run(each) for each in requests]
    manager.cancel_or_delete(before.id)
    return records


def behind_a_fork(manager) -> tuple[RunRecord, RunRecord]:
    """A long run, which is a fork since one has completed before it, and one that waits for it."""
    _, first, second = one_after_another(manager, request(), request(**LONG), request())
    wait_until_running(manager, first.id)
    return first, second


def proc(pid: int, name: str) -> bytes:
    return Path(f"/proc/{pid}/{name}").read_bytes()


def stack(pid: int) -> bytes:
    """Where its stack is: at random in every new program, and the same in a fork."""
    return re.findall(rb"(.*)-.*\[stack\]", proc(pid, "maps"))[0]


def content(record: RunRecord, name: str) -> dict[str, Any]:
    return json.loads((record.directory / name).read_bytes())


def marker(record: RunRecord) -> str:
    return layout.marker(record.id, content(record, layout.RUN_FILE)["token"])


def log(record: RunRecord) -> str:
    return RunDirectory(record.directory).log_file.read_text()


@pytest.fixture
def in_a_queue(manager):
    """A long simulation that a supervisor of a queue has forked, and its supervisor's pid."""
    first, second = one_after_another(manager, request(), request(**LONG))
    wait_until_final(manager, first.id)
    record = wait_until_running(manager, second.id)
    yield record, content(record, layout.STATE_FILE)["supervisor"]["pid"]
    if not manager.get_run(second.id).status.is_final:
        manager.cancel_or_delete(second.id)
        wait_until_final(manager, second.id)


def test_a_fork_shows_what_the_command_would_have_started(in_a_queue):
    record, supervisor = in_a_queue
    command = [part.encode() for part in content(record, layout.RUN_FILE)["command"]]
    wait_for(lambda: b"run_sim" in proc(record.pid, "cmdline"))
    assert stack(record.pid) == stack(supervisor)
    shown = proc(record.pid, "cmdline").rstrip(b"\0").split(b"\0")
    assert shown[:-1] == command[: len(shown) - 1]
    assert command[len(shown) - 1].startswith(shown[-1])
    assert os.fsencode(record.directory) in b" ".join(shown)
    entries = proc(record.pid, "environ").split(b"\0")
    marks = {layout.MARKER_VARIABLE.encode(), layout.SUPERVISOR_VARIABLE.encode()}
    assert [entry for entry in entries if entry.partition(b"=")[0] in marks] == [
        marker(record).encode()
    ]
    assert os.getpgid(record.pid) == os.getsid(record.pid) == record.pid


def test_a_fork_keeps_nothing_of_its_supervisor_open(in_a_queue):
    record, _ = in_a_queue
    kept = {"logs", "output", layout.PROGRESS_FILE, layout.FAMILY_FILE, "slot-0", "null"}

    def opened() -> set[str]:
        paths = []
        for each in Path(f"/proc/{record.pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # closed meanwhile
                paths.append(str(each.readlink()))
        return {Path(path.partition("/output/")[0]).name for path in paths}

    # The log is named after the run.
    wait_for(lambda: opened() <= kept | {f"{record.id}.log"})
    assert f"{record.id}.log" in opened()
    assert layout.LOCK_FILE not in opened()


def test_signals_are_as_in_a_new_program(in_a_queue):
    record, _ = in_a_queue

    def masks() -> dict[str, int]:
        lines = proc(record.pid, "status").decode().splitlines()
        parts = (line.split(":") for line in lines if line.startswith("Sig"))
        return {name: int(value, 16) for name, value in parts if name != "SigQ"}

    own = 1 << (signal.SIGTERM - 1) | 1 << (signal.SIGINT - 1)
    wait_for(lambda: masks()["SigCgt"] == own)
    assert masks()["SigBlk"] == 0
    every = sum(1 << (number - 1) for number in (signal.SIGPIPE, signal.SIGXFSZ))
    ours = sum(1 << (number - 1) for number in signal.valid_signals() if number < 32)
    assert masks()["SigIgn"] & ours == every


def test_a_fork_is_found_as_the_runs_and_never_taken_for_a_supervisor(in_a_queue):
    record, _ = in_a_queue
    wait_for(lambda: survivors(record.id) == [record.pid])
    directory = RunDirectory(record.directory)
    for leader, mark, family in (
        (record.pid, "NOBODY=1", None),
        (None, marker(record), None),
        (None, "NOBODY=1", str(directory.path / layout.FAMILY_FILE)),
    ):
        found = [row["pid"] for row in run_processes.members(leader, mark, family)]
        assert found == [record.pid]


def test_a_fork_dies_with_its_supervisor(in_a_queue, manager):
    record, supervisor = in_a_queue
    os.kill(supervisor, signal.SIGKILL)
    wait_for(lambda: survivors(record.id) == [])
    assert wait_until_final(manager, record.id).status == "FAILED"


def test_a_forks_results_are_those_of_the_command(manager, tmp_path):
    first, second = one_after_another(manager, request(), request(max_iters=3))
    for record in (first, second):
        assert wait_until_final(manager, record.id).status == "COMPLETED"
    command = content(second, layout.RUN_FILE)["command"]
    for option, value in (
        ("--output_dir", tmp_path / "out"),
        ("--progress_file", tmp_path / "progress.jsonl"),
    ):
        command[command.index(option) + 1] = str(value)
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0

    def results(folder: Path) -> list[str]:
        # Times of the run itself are not the same.
        text = [path.read_text() for path in sorted(folder.rglob("*_erlang.json"))]
        return [re.sub(r'"sim_(start|end)_time": "[^"]*"', "", each) for each in text]

    assert results(tmp_path / "out")
    assert results(RunDirectory(second.directory).output) == results(tmp_path / "out")


def test_the_environment_is_that_of_the_runs_own_request(manager, monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    _, first = one_after_another(manager, request(), request(**LONG))
    monkeypatch.setenv("TZ", "Etc/GMT-14")
    second = manager.create_run(request())
    manager.cancel_or_delete(first.id)
    wait_until_final(manager, second.id)
    began = wait_until_final(manager, second.id).started_at
    assert int(log(second)[11:13]) in {(began.hour + 14) % 24, (began.hour + 15) % 24}


def test_a_configuration_that_was_damaged_since_fails_as_ever(manager):
    first, second = behind_a_fork(manager)
    RunDirectory(second.directory).config_file.write_text("[general_settings]\n")
    manager.cancel_or_delete(first.id)
    record = wait_until_final(manager, second.id)
    assert (record.status, record.exit_code) == ("FAILED", 1)
    assert "erlang_start is missing" in record.error_message


def test_an_error_that_nobody_expects_is_a_traceback_in_the_log(manager):
    first, second = behind_a_fork(manager)
    # A folder where the simulator writes its progress.
    RunDirectory(second.directory).progress_file.mkdir()
    manager.cancel_or_delete(first.id)
    record = wait_until_final(manager, second.id)
    assert (record.status, record.exit_code) == ("FAILED", 1)
    assert "Is a directory" in log(second)


REPLACED = """
import sys, time
from pathlib import Path
import fusion_jupyter as fj
fj.configure(runs_dir=sys.argv[1], max_concurrent_runs=1)
options = dict(simulator="embedded", erlang_start=300, erlang_stop=300)
fj.start("minimal", **options, max_iters=1)
first = fj.start("minimal", **options, max_iters=2000, is_training=True)
second = fj.start("minimal", **options, max_iters=1)
while first.status != "RUNNING" or not first.logs():
    time.sleep(0.01)
source = Path(fj.__file__).with_name("sim") / "runner.py"
source.write_text(source.read_text().replace("BATCH SIMULATION SUMMARY", "OF THE NEW VERSION"))
first.cancel()
second.wait()
print(second.logs())
"""

#: The simulator has completed once, then commands hold the queue up while the package changes; the
#: run between them, whose supervisor would load it, finds half of the new version.
HALF_REPLACED = """
import sys, time
from pathlib import Path
import fusion_jupyter as fj
fj.configure(runs_dir=sys.argv[1], max_concurrent_runs=1)
UNTIL = "import os, sys, time\\nwhile not os.path.exists(sys.argv[1]): time.sleep(0.01)"

def starts(run):
    while run.status != "RUNNING":
        time.sleep(0.01)

def held(name):
    return fj.start(command=[sys.executable, "-c", UNTIL, str(Path(name).absolute())])

def embedded():
    return fj.start("minimal", simulator="embedded", erlang_start=300, erlang_stop=300, max_iters=1)

embedded()
first, second, third, fourth = held("one"), embedded(), held("two"), embedded()
starts(first)
sources = Path(fj.__file__).with_name("sim")
whole = (sources / "runner.py").read_text()
(sources / "runner.py").unlink()
Path("one").touch()
starts(third)
assert second.wait().status == "FAILED"
log = (sources / "log.py").read_text()
(sources / "log.py").write_text(log.replace("{stamp} -", "OF THE NEW VERSION {stamp} -"))
(sources / "runner.py").write_text(whole)
Path("two").touch()
fourth.wait()
print(fourth.logs())
"""

#: Importing the simulator crashes at first, later it takes as long as a disk that does not answer.
BROKEN = """
import sys, time
from pathlib import Path
import fusion_jupyter as fj
fj.configure(runs_dir=sys.argv[1], max_concurrent_runs=1)
source = Path(fj.__file__).with_name("sim") / "cli.py"
text = source.read_text()

def embedded(begins):
    first_import = "from fusion_jupyter"
    source.write_text(text.replace(first_import, begins + first_import, 1))
    return fj.start("minimal", simulator="embedded", erlang_start=300, erlang_stop=300, max_iters=1)

print(embedded("os.kill(os.getpid(), 11)\\n").wait(timeout=30).error_message)
slow = embedded("time.sleep(3600)\\n")
while slow.status != "RUNNING":
    time.sleep(0.01)
slow.cancel()
print(slow.wait(timeout=30).status)
"""


def output_of(script: str, folder: Path) -> str:
    """What a script prints that works with a copy of the package."""
    shutil.copytree(
        Path(fusion_jupyter.__file__).parent, folder / "fusion_jupyter",
        ignore=shutil.ignore_patterns("__pycache__"),
    )  # fmt: skip
    ended = subprocess.run(
        [sys.executable, "-c", script, str(folder / "runs")],
        cwd=folder, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_a_package_that_was_replaced_since_computes_the_next_run(tmp_path):
    printed = output_of(REPLACED, tmp_path)
    assert "OF THE NEW VERSION" in printed
    assert "BATCH SIMULATION SUMMARY" not in printed


def test_no_run_mixes_two_versions_of_a_package_that_is_replaced_bit_by_bit(tmp_path):
    lines = [line for line in output_of(HALF_REPLACED, tmp_path).splitlines() if " INFO " in line]
    assert lines
    assert all(line.startswith("OF THE NEW VERSION") for line in lines)


def test_a_simulator_that_cannot_be_imported_ends_its_run_and_not_the_supervisor(tmp_path):
    crashed, cancelled = output_of(BROKEN, tmp_path).splitlines()
    assert crashed.startswith("Ended by signal 11")
    assert cancelled == "CANCELLED"


@pytest.mark.parametrize(
    "command",
    [
        ["/bin/true"],
        [sys.executable, "-c", "pass"],
        [sys.executable, *entry.COMMAND[1:3], "/elsewhere/sim/__main__.py", "run_sim"],
        ["/other/python", *entry.COMMAND[1:], "run_sim"],
    ],
)
def test_any_other_command_is_executed(command):
    preloaded.become(command, {}, [])  # returns


def test_an_entry_of_another_length_changes_nothing():
    before = proc(os.getpid(), "cmdline"), proc(os.getpid(), "environ")
    name, _, value = next(iter(before[1].split(b"\0"))).decode().partition("=")
    for wrong in (f"{name}={value}x", f"{name}="):
        assert len(wrong) != len(f"{name}={value}")
        assert not appearance.change(["anything"], name, wrong)
    assert not appearance.change(["anything"], "NO_SUCH_VARIABLE", f"{name}={value}")
    assert (proc(os.getpid(), "cmdline"), proc(os.getpid(), "environ")) == before
