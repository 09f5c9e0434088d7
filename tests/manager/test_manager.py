import json
import math
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from helpers import survivors, wait_for, wait_until_final, wait_until_running

from fusion_jupyter import settings
from fusion_jupyter.manager import creation, launch
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunCreate, RunStatus, is_run_id


def shell(text: str) -> RunCreate:
    return RunCreate(command=("/bin/sh", "-c", text))


def python(text: str) -> RunCreate:
    return RunCreate(command=(sys.executable, "-c", text))


def test_a_simulation_completes_and_its_files_are_where_they_belong(manager):
    record = manager.create_run(
        RunCreate(
            template="minimal",
            name="first light",
            config={"erlang_stop": 400, "max_iters": 2},
            simulator="embedded",
            tags=("demo",),
        )
    )
    assert is_run_id(record.id)
    assert record.status is RunStatus.PENDING
    assert record.erlangs == (300.0, 400.0)
    record = wait_until_final(manager, record.id)
    assert (record.status, record.exit_code, record.error_message) == ("COMPLETED", 0, None)
    assert (record.name, record.tags, record.network) == ("first light", ("demo",), "NSFNet")
    assert record.options == {"erlang_stop": 400, "max_iters": 2}
    directory = RunDirectory(record.directory)
    assert directory.config_file.read_text().startswith("[general_settings]")
    assert "Completed 400.0 Erlang" in directory.log_file.read_text()
    assert len(directory.progress_file.read_text().splitlines()) >= 4
    assert len(list(directory.output.rglob("*_erlang.json"))) == 2


def test_the_record_tells_times_and_what_was_used(manager):
    before = datetime.now(UTC)
    created = manager.create_run(python("x = bytearray(60_000_000); sum(range(2_000_000))"))
    record = wait_until_final(manager, created.id)
    assert before <= record.created_at <= record.started_at <= record.completed_at
    assert record.completed_at <= datetime.now(UTC) + timedelta(seconds=1)
    assert 0 < record.cpu_seconds < 20
    assert record.duration_seconds > 0
    assert record.peak_memory_bytes > 60_000_000
    assert record.pid == record.pgid
    assert record.host == os.uname().nodename


@pytest.mark.parametrize(
    ("program", "status", "code", "number", "message"),
    [
        ("exit 0", "COMPLETED", 0, None, None),
        (
            "echo 'last words'; exit 3",
            "FAILED",
            3,
            None,
            "Exit code 3; last line of the log: last words",
        ),
        ("kill -SEGV $$", "FAILED", None, signal.SIGSEGV, "Ended by signal 11 (SIGSEGV)"),
        ("kill -KILL $$", "FAILED", None, signal.SIGKILL, "Ended by signal 9 (SIGKILL)"),
        (
            "echo 'Configuration error: no network'; echo \"KeyError: 'mod_assumption'\"; exit 1",
            "FAILED",
            1,
            None,
            "no network",
        ),
        (
            "echo 'Traceback'; echo 'ValueError: too many'; echo bye; exit 1",
            "FAILED",
            1,
            None,
            "ValueError: too many",
        ),
    ],
)
def test_every_ending_is_recorded_as_it_was(manager, program, status, code, number, message):
    record = wait_until_final(manager, manager.create_run(shell(program)).id)
    assert (record.status, record.exit_code, record.signal) == (status, code, number)
    assert record.error_message == message


def test_a_program_that_cannot_be_executed_fails_with_the_reason(manager, tmp_path):
    script = tmp_path / "script"
    script.write_text("#!/no/such/interpreter\n")
    script.chmod(0o755)
    record = wait_until_final(manager, manager.create_run(RunCreate(command=(str(script),))).id)
    assert record.status is RunStatus.FAILED
    assert record.error_message == f"Cannot start {script}: No such file or directory"


def test_a_simulation_without_any_output_is_a_failure(manager):
    record = manager.create_run(RunCreate(simulator="embedded", config={"max_iters": 1}))
    # The program is replaced by one that does nothing, before the place it waits for is free.
    record = wait_until_final(manager, record.id)
    assert record.status is RunStatus.COMPLETED
    blocked = manager.create_run(shell("sleep 60"))
    settings.configure(max_concurrent_runs=1)
    waiting = manager.create_run(RunCreate(simulator="embedded"))
    run_file = waiting.directory / "run.json"
    content = json.loads(run_file.read_text())
    content["command"] = ["/bin/true"]
    run_file.write_text(json.dumps(content))
    manager.cancel(blocked.id)
    record = wait_until_final(manager, waiting.id)
    assert record.status is RunStatus.FAILED
    assert record.error_message == "Ended with exit code 0 but wrote no results"


def test_a_run_has_the_environment_and_folder_of_its_request(manager, monkeypatch, tmp_path):
    monkeypatch.setenv("STUDY_SECRET", "s3cret")
    monkeypatch.chdir(tmp_path)
    text = "env | grep -E 'STUDY_SECRET|FUSION_'; pwd"
    record = wait_until_final(manager, manager.create_run(shell(text)).id)
    log = RunDirectory(record.directory).log_file.read_text()
    assert "STUDY_SECRET=s3cret" in log
    assert f"FUSION_RUN_ID={record.id}" in log
    assert f"FUSION_OUTPUT_DIR={record.directory}/output" in log
    assert log.splitlines()[-1] == str(tmp_path)
    assert "s3cret" not in "".join(
        path.read_text() for path in record.directory.iterdir() if path.is_file()
    )


@pytest.mark.parametrize(
    "command", [(), "sleep 5", ("/no/such/program",), ("sh", "-c", "a\0b"), ("",)]
)
def test_an_unusable_command_is_refused_before_anything_is_written(manager, command):
    with pytest.raises(ValueError, match="command"):
        manager.create_run(RunCreate(command=command))
    assert not manager.runs_dir.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("simulator", "ns3"),
        ("engine", "cloud"),
        ("name", "x" * 300),
        ("name", "two\nlines"),
        ("tags", ("",)),
        ("tags", "word"),
        ("reuse", "yes"),
        ("deadline", math.inf),
    ],
)
def test_other_bad_requests_are_refused_by_name(manager, field, value):
    with pytest.raises(ValueError, match=field):
        manager.create_run(RunCreate(**{field: value}))
    assert not list(manager.runs_dir.glob("*")) if manager.runs_dir.exists() else True


def test_what_no_file_can_hold_is_refused_before_anything_is_written(manager, monkeypatch):
    """The package itself called such a run damaged, while it executed."""
    request = RunCreate(simulator="embedded", deadline=math.nan)
    words = "deadline is nan; allowed: finite numbers"
    assert creation.problems(manager.runs_dir, request)["deadline"].startswith(words)
    prepared = manager.prepare(replace(request, deadline=None))
    with pytest.raises(ValueError, match=words):
        replace(prepared, request=request)
    monkeypatch.setattr(settings, "cancel_grace_seconds", lambda: math.inf)
    with pytest.raises(ValueError, match="grace_seconds is inf; allowed: finite numbers"):
        manager.create_run(shell("true"))
    assert not manager.runs_dir.exists()


def test_unknown_ids_match_no_run(manager):
    for run_id in ("0" * 12, "", "../etc", "x" * 12, "A" * 12, None, "0" * 12 + "\n"):
        assert manager.get_run(run_id) is None
        assert manager.cancel_or_delete(run_id) is None


def test_cancel_ends_a_run_and_keeps_what_it_wrote(manager):
    record = manager.create_run(shell("echo hello; sleep 60"))
    wait_for(lambda: "hello" in _log(record))
    after = manager.cancel_or_delete(record.id)
    assert (after.status, after.signal, after.error_message) == ("CANCELLED", signal.SIGTERM, None)
    assert after.cancel_requested
    assert _log(record) == "hello\n"
    assert survivors(record.id) == []


def test_cancel_of_one_that_ignores_sigterm_kills_it_after_the_grace_period(manager):
    settings.configure(cancel_grace_seconds=0.3)
    record = manager.create_run(shell("trap '' TERM; echo ready; while :; do sleep 1; done"))
    wait_for(lambda: "ready" in _log(record))
    after = manager.cancel_or_delete(record.id)
    assert (after.status, after.signal) == ("CANCELLED", signal.SIGKILL)


def test_cancel_of_one_that_saves_and_exits_with_0_is_a_cancel(manager):
    record = manager.create_run(
        shell("trap 'echo saved; exit 0' TERM; echo ready; while :; do sleep 0.05; done")
    )
    wait_for(lambda: "ready" in _log(record))
    after = manager.cancel_or_delete(record.id)
    assert (after.status, after.exit_code) == ("CANCELLED", 0)
    assert "saved" in _log(record)


ESCAPES = """
import multiprocessing, os, signal, subprocess, sys, time

def ignore():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)

def work(_):
    ignore()
    time.sleep(60)

def daemon():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            ignore()
            time.sleep(60)
        os._exit(0)

if __name__ == "__main__":
    ignore()
    daemon()
    subprocess.Popen(["/bin/sh", "-c", "trap '' TERM; sleep 60"], start_new_session=True)
    subprocess.Popen(["/usr/bin/env", "-i", "/bin/sleep", "60"], start_new_session=True)
    pool = multiprocessing.Pool(3, initializer=ignore)
    pool.map_async(work, range(3))
    print("ready", flush=True)
    time.sleep(60)
"""


def test_cancel_leaves_no_survivor_whatever_the_run_started(manager, tmp_path):
    settings.configure(cancel_grace_seconds=0.2)
    script = tmp_path / "escapes.py"
    script.write_text(ESCAPES)
    record = manager.create_run(RunCreate(command=(sys.executable, str(script))))
    wait_for(lambda: "ready" in _log(record))
    # Its two daemons, the pool of three, and itself; one more has thrown its marker away.
    wait_for(lambda: len(survivors(record.id)) >= 6 and _sleepers())
    assert manager.cancel_or_delete(record.id).status is RunStatus.CANCELLED
    assert survivors(record.id) == []
    # One has thrown its environment away, and with it the marker.
    state = json.loads((record.directory / "state.json").read_text())
    assert "survivors" not in state
    assert not _sleepers()


def _sleepers() -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes() == b"/bin/sleep\x0060\x00":
                found.append(path.parent.name)
        except OSError:
            continue
    return found


def test_what_a_finished_leader_leaves_behind_is_swept(manager):
    record = manager.create_run(shell("sleep 60 & setsid sleep 60 & echo done"))
    record = wait_until_final(manager, record.id)
    assert record.status is RunStatus.COMPLETED
    assert survivors(record.id) == []


def test_a_second_cancel_and_a_cancel_of_a_finished_run_change_nothing(manager):
    record = manager.create_run(shell("sleep 60"))
    wait_until_running(manager, record.id)
    first = manager.cancel(record.id)
    assert manager.cancel(record.id) == first
    done = wait_until_final(manager, manager.create_run(shell("exit 0")).id)
    assert manager.cancel(done.id) == done


def test_cancel_racing_with_the_natural_end_gives_one_outcome(manager):
    for index in range(12):
        record = manager.create_run(shell("sleep 0.1"))
        time.sleep(0.08 + 0.01 * index)
        manager.cancel(record.id)
        outcomes = {manager.get_run(record.id).status for _ in range(20)}
        assert len(outcomes) == 1
        assert outcomes <= {RunStatus.CANCELLED, RunStatus.COMPLETED}
        wait_for(lambda lock=record: not RunDirectory(lock.directory).is_locked())
        assert {manager.get_run(record.id).status} == outcomes


def test_an_intent_written_by_anyone_cancels(manager):
    record = manager.create_run(shell("sleep 60"))
    wait_until_running(manager, record.id)
    (record.directory / "cancel.json").write_text("")
    assert wait_until_final(manager, record.id).status is RunStatus.CANCELLED


def test_a_cancel_works_from_a_namespace_that_sees_none_of_its_processes(manager):
    apart = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc"]
    tried = subprocess.run([*apart, "true"], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        pytest.skip(f"no namespaces here: {tried.stderr.strip()}")
    record = manager.create_run(shell("sleep 60"))
    wait_until_running(manager, record.id)
    text = (
        "import sys; from fusion_jupyter import RunManager; "
        "print(RunManager(sys.argv[1]).cancel(sys.argv[2]).status)"
    )
    told = subprocess.run(
        [*apart, sys.executable, "-c", text, str(manager.runs_dir), record.id],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == "CANCELLED"
    assert wait_until_final(manager, record.id).status is RunStatus.CANCELLED
    assert survivors(record.id) == []


def test_the_intent_alone_cancels_from_a_namespace_without_any_rights(manager):
    # No user is mapped: whoever writes the file can signal nobody and is nobody.
    apart = ["unshare", "--user", "--pid", "--fork", "--mount-proc"]
    tried = subprocess.run([*apart, "true"], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        pytest.skip(f"no namespaces here: {tried.stderr.strip()}")
    record = manager.create_run(shell("sleep 60"))
    wait_until_running(manager, record.id)
    intent = str(RunDirectory(record.directory).cancel_file)
    subprocess.run([*apart, "sh", "-c", ': > "$1"', "sh", intent], check=True)
    assert wait_until_final(manager, record.id).status is RunStatus.CANCELLED
    assert survivors(record.id) == []


def test_a_pending_run_can_be_cancelled_and_never_starts(manager):
    settings.configure(max_concurrent_runs=1)
    first = manager.create_run(shell("sleep 60"))
    second = manager.create_run(shell("echo never"))
    third = manager.create_run(shell("echo never"))
    assert manager.get_run(second.id).status is RunStatus.PENDING
    assert manager.cancel_or_delete(second.id).status is RunStatus.CANCELLED
    (third.directory / "cancel.json").write_text("{}")
    assert manager.get_run(third.id).status is RunStatus.CANCELLED
    manager.cancel(first.id)
    # Whoever comes after them in line has its turn: theirs is over.
    last = wait_until_final(manager, manager.create_run(shell("echo last")).id)
    assert last.status is RunStatus.COMPLETED
    assert manager.get_run(second.id).status is RunStatus.CANCELLED
    assert wait_until_final(manager, third.id).status is RunStatus.CANCELLED
    assert not RunDirectory(third.directory).log_file.exists()
    assert not RunDirectory(second.directory).log_file.exists()


def test_delete_of_a_finished_run_leaves_nothing(manager):
    record = wait_until_final(manager, manager.create_run(shell("exit 0")).id)
    assert manager.cancel_or_delete(record.id) == record
    assert manager.get_run(record.id) is None
    assert manager.list_runs() == []
    assert not record.directory.exists()
    assert not list(manager.runs_dir.glob(".deleted-*"))


def test_a_running_run_is_not_deleted_by_accident(manager):
    record = manager.create_run(shell("sleep 60"))
    with pytest.raises(ValueError, match="cancel it before"):
        manager.delete(record.id)
    wait_until_running(manager, record.id)
    with pytest.raises(ValueError, match="RUNNING"):
        manager.delete(record.id)
    assert record.directory.is_dir()


def test_a_run_whose_directory_is_removed_by_hand_is_ended(manager):
    import shutil

    record = manager.create_run(shell("sleep 60"))
    record = wait_until_running(manager, record.id)
    # Until it is gone: the supervisor may write its state into it at that very moment.
    wait_for(
        lambda: shutil.rmtree(record.directory, ignore_errors=True) or not record.directory.exists()
    )
    wait_for(lambda: not survivors(record.id))


def test_runs_start_in_order_as_places_become_free(manager, tmp_path):
    settings.configure(max_concurrent_runs=2)
    # The programs count themselves: a record says RUNNING until its end is written, and the next
    # run starts meanwhile.
    (tmp_path / "live").mkdir()
    text = f"cd {tmp_path}/live; mkdir $$; ls | wc -l >> ../count; sleep 0.2; rmdir $$"
    records = [manager.create_run(shell(text)) for _ in range(8)]
    ended = [wait_until_final(manager, record.id) for record in records]
    assert max(map(int, (tmp_path / "count").read_text().split())) <= 2
    assert [r.status for r in ended] == ["COMPLETED"] * 8
    started = [record.started_at for record in ended]
    # Two start at almost the same time: either may be first.
    assert all(early < late for early, late in zip(started, started[2:], strict=False))


ADD_TAGS = """
import sys
import fusion_jupyter as fj
fj.configure(runs_dir=sys.argv[1])
manager, run = fj.RunManager(), fj.run(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
for number in range(30):
    if sys.argv[3] == "one":
        manager.add_tags(run.record, [f"one{number}"])
    else:
        run.tag(f"two{number}", "passing")
        run.untag("passing")
"""


def test_of_tags_that_two_kernels_add_at_once_none_is_lost(manager):
    record = wait_until_final(manager, manager.create_run(shell("true")).id)
    command = [sys.executable, "-c", ADD_TAGS, str(manager.runs_dir), record.id]
    kernels = [
        subprocess.Popen([*command, word], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for word in ("one", "two")
    ]
    for kernel in kernels:
        assert kernel.stdout.readline() == "ready\n"
    for kernel in kernels:
        kernel.stdin.write("\n")
        kernel.stdin.flush()
    for kernel in kernels:
        kernel.communicate()
        assert kernel.returncode == 0
    assert len(manager.get_run(record.id).tags) == 60


def test_listing_filters_and_counts(manager):
    ids = [wait_until_final(manager, manager.create_run(shell("exit 0")).id).id for _ in range(3)]
    bad = wait_until_final(manager, manager.create_run(shell("exit 1")).id)
    assert [record.id for record in manager.list_runs()] == [bad.id, *reversed(ids)]
    assert [record.id for record in manager.list_runs("FAILED")] == [bad.id]
    assert [record.id for record in manager.list_runs(limit=2)] == [bad.id, ids[2]]
    with pytest.raises(ValueError, match="DONE.*PENDING"):
        manager.list_runs("DONE")
    with pytest.raises(ValueError, match="limit"):
        manager.list_runs(limit=-1)


def test_looking_writes_nothing(tmp_path):
    manager = RunManager(tmp_path / "nowhere")
    assert manager.list_runs() == []
    assert manager.get_run("0" * 12) is None
    manager.recover_orphaned_runs()
    assert not (tmp_path / "nowhere").exists()


def _log(record) -> str:
    path = RunDirectory(record.directory).log_file
    return path.read_text() if path.exists() else ""


@pytest.mark.parametrize("at_once", [False, True])
def test_a_run_is_never_replaced_by_another_of_its_id(manager, at_once):
    """The earlier one was deleted."""
    prepared = manager.prepare(shell("echo first"), run_id="0123456789ab")
    create = manager.create_prepared if at_once else lambda few: manager.find_or_create(few[0])
    create([prepared])
    first = wait_until_final(manager, prepared.run_id)
    with pytest.raises(OSError, match=prepared.run_id):
        create([manager.prepare(shell("echo second"), run_id=prepared.run_id)])
    assert manager.get_run(prepared.run_id) == first
    assert first.status is RunStatus.COMPLETED
    assert [path.name for path in manager.runs_dir.glob(".creating-*")] == []


def test_the_same_request_again_can_give_the_run_that_there_is(manager):
    asked = RunCreate(config={"max_iters": 1}, simulator="embedded", name="once", reuse=True)
    first = manager.create_run(asked)
    assert manager.create_run(asked).id == first.id
    wait_until_final(manager, first.id)
    assert manager.create_run(asked).id == first.id
    assert len(manager.list_runs()) == 1
    again = manager.create_run(replace(asked, name="twice", tags=("new",)))
    assert (again.id, again.name, list(again.tags)) == (first.id, "once", ["new"])
    assert list(manager.create_run(replace(asked, tags=("b", "new"))).tags) == ["new", "b"]
    assert list(manager.get_run(first.id).tags) == ["new", "b"]
    for other in ({"config": {"max_iters": 2}}, {"template": "sliced"}):
        assert manager.create_run(replace(asked, **other)).id != first.id
    assert manager.create_run(replace(asked, reuse=False)).id != first.id


def test_a_run_that_failed_or_was_cancelled_is_not_given_again(manager):
    failing = RunCreate(command=("/bin/sh", "-c", "exit 3"), reuse=True)
    first = wait_until_final(manager, manager.create_run(failing).id)
    assert manager.create_run(failing).id != first.id
    long = RunCreate(command=("/bin/sleep", "60"), reuse=True)
    cancelled = manager.create_run(long)
    assert manager.create_run(long).id == cancelled.id
    manager.cancel(cancelled.id)
    assert manager.create_run(long).id != cancelled.id


def test_a_working_directory_that_is_gone_is_reported(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    settings.reset()
    with pytest.raises(FileNotFoundError, match="working directory was deleted.*runs_dir"):
        RunManager()


def test_runs_that_cannot_be_written_can_be_looked_at(manager):
    apart = ["unshare", "--user", "--map-root-user", "--mount"]
    tried = subprocess.run(
        [*apart, "mount", "-t", "tmpfs", "none", "/mnt"],
        capture_output=True,
        text=True,
        check=False,
    )
    if tried.returncode != 0:
        pytest.skip(f"no namespaces with mounts here: {tried.stderr.strip()}")
    settings.configure(max_concurrent_runs=1)
    first = manager.create_run(shell("sleep 60"))
    wait_until_running(manager, first.id)
    second = manager.create_run(shell("true"))
    runs_dir = str(manager.runs_dir)
    # The second waits: whoever may write starts it when there is a place, a reader just looks.
    text = (
        "import sys; from fusion_jupyter import RunManager; manager = RunManager(sys.argv[1]); "
        "print([str(record.status) for record in manager.list_runs()], "
        "manager.recover_orphaned_runs().damaged)"
    )
    mount = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && exec "$2" -c "$3" "$1"'
    told = subprocess.run(
        [*apart, "sh", "-c", mount, "sh", runs_dir, sys.executable, text],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.stderr, told.stdout.strip()) == ("", "['PENDING', 'RUNNING'] {}")
    assert manager.get_run(second.id).status is RunStatus.PENDING


def test_a_path_that_is_no_text_keeps_no_run_from_being_listed(tmp_path):
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/by\xfftes")).mkdir()
    except OSError as error:
        pytest.skip(f"no such names on this file system: {error}")
    manager = RunManager(os.fsdecode(os.fsencode(tmp_path) + b"/by\xfftes"))
    request = RunCreate(simulator="embedded", config={"erlang_stop": 300, "max_iters": 1})
    record = wait_until_final(manager, manager.create_run(request).id)
    assert (record.status, record.error_message) == (RunStatus.COMPLETED, None)
    for _ in range(2):
        assert [found.id for found in manager.list_runs()] == [record.id]
    assert list(record.directory.rglob("*_erlang.json"))


def test_a_run_that_its_engine_starts_again_has_its_results_once(manager):
    """As Slurm does after a requeue: nothing that the first start wrote is counted, none is lost."""
    created = manager.create_run(
        RunCreate(template="minimal", config={"erlang_stop": 300, "max_iters": 2})
    )
    folder = wait_until_final(manager, created.id).directory
    directory = RunDirectory(folder)
    (first,) = directory.output.rglob("*_erlang.json")
    subprocess.run([*launch.command(os.fspath(folder)), "--restart", "1"], check=True)
    record = manager.get_run(created.id)
    assert (record.status, record.exit_code) == ("COMPLETED", 0)
    (again,) = directory.output.rglob("*_erlang.json")
    kept = folder / "output.start-0" / first.relative_to(directory.output)
    assert json.loads(kept.read_bytes())["iter_stats"].keys() == {"0", "1"}
    assert again.name == kept.name


def test_a_command_that_is_started_again_finds_what_it_had_written(manager):
    text = 'cd "$FUSION_OUTPUT_DIR" && cat state 2>/dev/null; echo begun > state'
    record = wait_until_final(manager, manager.create_run(shell(text)).id)
    directory = RunDirectory(record.directory)
    again = [*launch.command(os.fspath(record.directory)), "--restart", "1"]
    output = {"FUSION_OUTPUT_DIR": os.fspath(directory.output)}
    subprocess.run(again, env={**os.environ, **output}, check=True)
    assert directory.log_file.read_text() == "begun\n"
