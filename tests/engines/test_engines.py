import errno
import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest
from helpers import wait_for, wait_until_final, wait_until_running

from fusion_jupyter import settings
from fusion_jupyter.engines import registry
from fusion_jupyter.engines.base import Phase
from fusion_jupyter.manager import launch, reuse
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunCreate, RunStatus
from fusion_jupyter.storage import atomic_io, lock_holder


def shell(text: str, **options: object) -> RunCreate:
    return RunCreate(command=("/bin/sh", "-c", text), **options)


def submission_lost(manager: RunManager, monkeypatch: pytest.MonkeyPatch, engine: str) -> str:
    """A run whose creator died between its record and its submission."""
    manager.create_run(shell("true", engine="debug"))
    manager.list_runs()  # with the recovery of the first use
    with monkeypatch.context() as patch:
        found = registry.engine(engine, launch)
        patch.setattr(type(found), "submit_many", lambda self, run_dirs: None)
        return manager.create_run(shell("echo ran", engine=engine)).id


@pytest.mark.parametrize("name", registry.names())
def test_every_engine_refuses_unknown_options_before_anything_is_written(manager, name):
    with pytest.raises(ValueError, match="engine_options.*colour"):
        manager.create_run(shell("true", engine=name, engine_options={"colour": "red"}))
    assert not manager.runs_dir.exists()


@pytest.mark.parametrize("name", ["local", "debug"])
def test_the_engine_and_its_options_stand_in_the_record(manager, name):
    record = wait_until_final(manager, manager.create_run(shell("true", engine=name)).id)
    assert (record.engine, record.status) == (name, RunStatus.COMPLETED)
    assert json.loads((record.directory / "run.json").read_text())["engine_options"] == {}


def test_a_debug_run_has_ended_when_its_start_returns(manager):
    settings.configure(max_concurrent_runs=1)
    blocking = manager.create_run(shell("sleep 60"))
    record = manager.create_run(shell("sleep 0.2; echo seen; exit 3", engine="debug"))
    assert (record.status, record.exit_code) == (RunStatus.FAILED, 3)
    assert (record.directory / "logs" / f"{record.id}.log").read_text() == "seen\n"
    assert not manager.get_run(blocking.id).status.is_final


def test_a_debug_run_that_executes_keeps_no_other_from_being_shared(manager):
    """The claims of sixteen families of requests are few: a stranger's could be the same."""
    request = shell("while [ ! -e go ]; do sleep 0.01; done", engine="debug", reuse=True)
    go = manager.runs_dir.parent / "go"
    request = replace(request, cwd=str(go.parent))
    fingerprint = manager.prepare(request).fingerprint
    executing = threading.Thread(target=manager.create_run, args=(request,))
    executing.start()
    try:
        wait_for(lambda: manager.list_runs(RunStatus.RUNNING))
        with reuse.claimed(manager.runs_dir, [fingerprint]):
            pass
        assert manager.create_run(request).status is RunStatus.RUNNING
    finally:
        go.touch()
        executing.join()
    (record,) = manager.list_runs()
    assert record.status is RunStatus.COMPLETED


def test_a_lock_that_another_thread_holds_is_said_to_be_held_by_it(tmp_path):
    path = str(tmp_path / "lock")
    lock = atomic_io.try_lock(path)
    assert lock_holder.describe(path) == "another thread of this process"
    atomic_io.unlock(lock)


def test_debug_runs_that_have_ended_stay_if_a_later_one_cannot_start(manager, monkeypatch):
    prepared = [manager.prepare(shell(f"exit {code}", engine="debug")) for code in (0, 3, 0, 0)]
    spawn, ids = launch._spawn, [each.run_id for each in prepared]

    def third_fails(run_dir: str, handed_on: tuple[int, ...]) -> int:
        if run_dir.endswith(ids[2]):
            raise OSError(errno.EAGAIN, "cannot start a supervisor")
        return spawn(run_dir, handed_on)

    monkeypatch.setattr(launch, "_spawn", third_fails)
    with pytest.raises(OSError, match="cannot start a supervisor"):
        manager.create_prepared(prepared)
    ended = {record.id: record.exit_code for record in manager.list_runs()}
    assert ended == {ids[0]: 0, ids[1]: 3}


def test_an_interrupt_of_its_caller_cancels_a_debug_run(tmp_path):
    text = (
        "import sys; from fusion_jupyter import RunManager, RunCreate\n"
        "RunManager(sys.argv[1]).create_run(RunCreate(command=('/bin/sleep', '60'), "
        "engine='debug'))"
    )
    caller = subprocess.Popen(
        [sys.executable, "-c", text, str(tmp_path / "runs")], stderr=subprocess.PIPE
    )
    manager = RunManager(tmp_path / "runs")
    wait_for(lambda: [r for r in manager.list_runs() if r.status is RunStatus.RUNNING])
    caller.send_signal(signal.SIGINT)
    assert b"KeyboardInterrupt" in caller.communicate()[1]
    run_id = manager.list_runs()[0].id
    assert wait_until_final(manager, run_id).status is RunStatus.CANCELLED


def test_a_lost_submission_goes_back_to_the_run_s_own_engine(manager, monkeypatch):
    local = submission_lost(manager, monkeypatch, "local")
    debug = submission_lost(manager, monkeypatch, "debug")
    found = manager.recover_orphaned_runs()
    assert (found.queued, found.settled, found.damaged) == ([local], [debug], {})
    record = manager.get_run(debug)
    assert record.status is RunStatus.FAILED
    assert "ended before starting it" in record.error_message
    assert wait_until_final(manager, local).status is RunStatus.COMPLETED
    assert not (record.directory / "logs" / f"{debug}.log").exists()


def test_a_recovery_does_not_take_a_run_that_is_being_submitted_for_lost(manager, monkeypatch):
    found = []

    def submit_many(self, run_dirs):
        found.append(manager.recover_orphaned_runs())

    monkeypatch.setattr(type(registry.engine("debug", launch)), "submit_many", submit_many)
    record = manager.create_run(shell("true", engine="debug"))
    assert (found[0].settled, found[0].queued) == ([], [])
    assert record.status is RunStatus.PENDING
    assert manager.recover_orphaned_runs().settled == [record.id]


def test_a_supervisor_started_by_a_shell_script_keeps_the_same_records(manager, monkeypatch):
    """As a batch system does it: `exec` in a script, without a queue of ours."""
    run_id = submission_lost(manager, monkeypatch, "debug")
    run_dir = manager.runs_dir / run_id
    script = run_dir / "batch.sh"
    script.write_text(f"#!/bin/sh\nexec {shlex.join(launch.command(str(run_dir)))}\n")
    batch = subprocess.Popen(["/bin/sh", str(script)], env={}, cwd="/")
    record = wait_until_final(manager, run_id)
    assert (record.status, record.exit_code) == (RunStatus.COMPLETED, 0)
    state = json.loads((run_dir / "state.json").read_text())
    assert state["supervisor"]["pid"] == batch.pid
    assert batch.wait(timeout=10) == 0
    # A second start in the same directory, as after a requeue, does nothing.
    assert subprocess.run(["/bin/sh", str(script)], check=True).returncode == 0
    assert manager.get_run(run_id) == record


def test_a_supervisor_of_a_batch_system_stays_in_the_session_of_its_job(manager, monkeypatch):
    run_id = submission_lost(manager, monkeypatch, "debug")
    run_dir = manager.runs_dir / run_id
    request = json.loads((run_dir / "run.json").read_text())
    request["command"] = ["/bin/sleep", "60"]
    (run_dir / "run.json").write_text(json.dumps(request))
    script = f"exec {shlex.join(launch.command(str(run_dir)))}"
    batch = subprocess.Popen(["/bin/sh", "-c", script])
    wait_until_running(manager, run_id)
    assert os.getsid(batch.pid) == os.getsid(0)
    batch.terminate()
    record = wait_until_final(manager, run_id)
    assert record.status is RunStatus.FAILED
    assert "received SIGTERM" in record.error_message
    batch.wait(timeout=10)


def test_a_waiting_run_says_its_position(manager):
    settings.configure(max_concurrent_runs=1)
    records = [manager.create_run(shell("sleep 60")) for _ in range(4)]
    wait_until_running(manager, records[0].id)
    reports = manager.poll(records)
    assert [reports[record.id].reason for record in records] == [
        "",
        "queued, next, 1 at a time",
        "queued, 1 ahead, 1 at a time",
        "queued, 2 ahead, 1 at a time",
    ]
    assert reports[records[0].id].phase is Phase.EXECUTING
    manager.cancel(records[1].id)
    assert manager.poll([records[3]])[records[3].id].reason == "queued, 1 ahead, 1 at a time"
    manager.cancel(records[0].id)
    wait_until_running(manager, records[2].id)
    assert manager.poll(records)[records[0].id].phase is Phase.ABSENT


def test_a_cancelled_waiting_run_frees_the_way_for_those_behind_it(manager):
    settings.configure(max_concurrent_runs=2)
    manager.create_run(shell("sleep 60"))
    waiting, by_marker = (manager.create_run(shell("true", max_concurrent=1)) for _ in range(2))
    last = manager.create_run(shell("true"))
    (by_marker.directory / "cancel.json").touch()  # as the page does it
    manager.cancel(waiting.id)  # and nobody tends the queue
    wait_for((last.directory / "state.json").exists)
    assert wait_until_final(manager, last.id).status is RunStatus.COMPLETED
    assert manager.queued() == [by_marker.id]
    manager.tend()
    assert manager.queued() == []
    assert json.loads((by_marker.directory / "state.json").read_text())["status"] == "CANCELLED"


def test_a_waiting_run_ends_at_its_deadline_wherever_it_stands_in_the_queue(manager):
    settings.configure(max_concurrent_runs=1)
    manager.create_run(shell("sleep 60"))
    waiting = manager.create_run(shell("true"))
    late = manager.create_run(shell("true", deadline=time.time() + 0.2))
    assert late.status is RunStatus.PENDING
    wait_for(lambda: manager.get_run(late.id).status is RunStatus.CANCELLED)
    manager.tend()
    assert manager.queued() == [waiting.id]
    state = json.loads((late.directory / "state.json").read_text())
    record = manager.get_run(late.id)
    assert (state["status"], record.status) == ("CANCELLED", RunStatus.CANCELLED)
    assert record.error_message == "The time budget of its sweep was used up before it started"
    assert not (late.directory / "environment.json").exists()


def test_the_manager_tends_only_engines_that_have_had_work(tmp_path, monkeypatch):
    assert registry.at_work(str(tmp_path), launch) == []
    manager = RunManager(tmp_path)
    manager.create_run(shell("true", engine="debug"))
    assert registry.at_work(str(tmp_path), launch) == []
    wait_until_final(manager, manager.create_run(shell("true")).id)
    assert [type(e).__name__ for e in registry.at_work(str(tmp_path), launch)] == ["LocalEngine"]


def test_a_supervisor_that_cannot_be_started_is_an_error_and_no_run(manager, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(FileNotFoundError, match="cannot start a supervisor with /no/such/python"):
        manager.create_run(RunCreate(command=("/bin/true",)))
    assert manager.list_runs() == []
    assert manager.recover_orphaned_runs().queued == []
    assert not [path for path in manager.runs_dir.iterdir() if path.name != ".queue"]
    monkeypatch.undo()
    manager.tend()
    assert manager.list_runs() == []


def test_a_waiting_run_whose_supervisor_cannot_be_started_says_why(manager, monkeypatch):
    settings.configure(max_concurrent_runs=1)
    first = manager.create_run(shell("sleep 60"))
    waiting = manager.create_run(shell("true"))
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    os.kill(
        json.loads((wait_until_running(manager, first.id).directory / "state.json").read_text())[
            "supervisor"
        ]["pid"],
        signal.SIGKILL,
    )
    wait_for(lambda: manager.get_run(first.id).status.is_final)

    def reason() -> str:
        manager.recover_orphaned_runs()
        return manager.poll([waiting])[waiting.id].reason

    wait_for(lambda: "cannot start a supervisor with /no/such/python" in reason())
    assert manager.get_run(waiting.id).status is RunStatus.PENDING
    monkeypatch.undo()
    manager.tend()
    assert wait_until_final(manager, waiting.id).status is RunStatus.COMPLETED
