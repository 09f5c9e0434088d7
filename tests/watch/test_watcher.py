"""The watcher by itself: one thread for all runs, which nothing stops and which leaves nothing."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from benchmarks.bench_watch import running
from helpers import wait_for

import fusion_jupyter as fj
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.record import RunCreate
from fusion_jupyter.storage import atomic_io
from fusion_jupyter.watch import watcher
from fusion_jupyter.watch.follower import RunFollower
from fusion_jupyter.watch.polling import LONGEST, SHORTEST, Pace

EVENT = b'{"erlang": 300.0, "iteration": %d, "total_iterations": 100}\n'


def threads() -> list[threading.Thread]:
    """Those that watch."""
    return [each for each in threading.enumerate() if each.name == "fusion_jupyter-watcher"]


def watched() -> list[object]:
    """What the current thread watches."""
    return list(watcher._watcher.streams) if watcher._watcher is not None else []


def open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))


class Updates(list):
    """Takes updates, and notes the threads that bring them."""

    def __init__(self) -> None:
        super().__init__()
        self.threads = set()

    def __call__(self, update: watcher.RunUpdate) -> None:
        self.threads.add(threading.current_thread())
        self.append(update)

    @property
    def final(self) -> bool:
        return bool(self) and self[-1].final


def shell(manager, program: str) -> RunDirectory:
    record = manager.create_run(RunCreate(command=("/bin/sh", "-c", program)))
    return RunDirectory(record.directory)


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def change_state(directory: RunDirectory, **changes: object) -> None:
    state = atomic_io.read_json(os.fspath(directory.state_file))
    atomic_io.write_json(os.fspath(directory.state_file), {**state, **changes})


@pytest.fixture(autouse=True)
def nothing_is_left():
    """No thread and no open file outlives the watching."""
    with contextlib.suppress(AssertionError):
        wait_for(lambda: not watched(), 5)
    assert watched() == []
    wait_for(lambda: not threads())
    files = open_files()
    yield
    wait_for(lambda: not threads())
    wait_for(lambda: open_files() <= files)


def test_one_thread_watches_all_runs_and_ends_when_none_is_watched(tmp_path):
    with running(tmp_path, 20) as directories:
        everything = [Updates() for _ in directories]
        subscriptions = [
            watcher.watch(directory, updates)
            for directory, updates in zip(directories, everything, strict=True)
        ]
        for directory in directories:
            append(directory.progress_file, EVENT % 1)
        wait_for(lambda: all(each and each[-1].progress.events == 1 for each in everything))
        assert len(threads()) == 1
        assert set.union(*(each.threads for each in everything)) == set(threads())
        for subscription in subscriptions:
            subscription.close()
        wait_for(lambda: not threads())


def test_nothing_runs_before_something_is_watched():
    text = "import fusion_jupyter, threading; fusion_jupyter.runs(); "
    text += "print(threading.active_count())"
    found = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "1"


@pytest.mark.parametrize(
    ("program", "events", "lines"),
    [
        ("echo one; echo '{\"fraction\": 0.5}' >> $FUSION_PROGRESS_FILE", 1, ("one",)),
        ("sleep 0.3", 0, ()),
        ("printf 'no end'; printf '{\"fraction\": 0.5}' >> $FUSION_PROGRESS_FILE", 1, ("no end",)),
    ],
    ids=["over at once", "silent", "without line ends"],
)
def test_the_last_update_is_the_right_one(manager, program, events, lines):
    updates = Updates()
    subscription = watcher.watch(shell(manager, program), updates)
    wait_for(lambda: updates.final)
    assert [update.final for update in updates] == [False] * (len(updates) - 1) + [True]
    last = updates[-1]
    assert (last.record.status, last.record.exit_code) == ("COMPLETED", 0)
    assert (last.progress.events, last.progress.fraction) == (events, 1.0)
    assert (last.log_lines, last.log_count) == (lines, len(lines))
    assert subscription.closed


MILLION = """
import os, pathlib, time
go = pathlib.Path(os.environ["FUSION_OUTPUT_DIR"], "go")
while not go.exists():
    time.sleep(0.01)
line = b'{"erlang": %d.0, "iteration": %d, "total_iterations": 1000}\\n'
with open(os.environ["FUSION_PROGRESS_FILE"], "wb") as file:
    for n in range(1_000_000):
        file.write(line % (n // 1000, n % 1000 + 1))
print("the end")
"""


def test_a_million_events_are_all_in_the_last_update(manager):
    record = manager.create_run(RunCreate(command=(sys.executable, "-c", MILLION)))
    directory, updates = RunDirectory(record.directory), Updates()
    watcher.watch(directory, updates)
    wait_for(lambda: updates)
    (directory.output / "go").touch()
    wait_for(lambda: updates.final, 60)
    last = updates[-1]
    assert (last.progress.events, last.progress.bad_lines) == (1_000_000, 0)
    assert (last.progress.erlang, last.progress.iteration) == (999.0, 1000)
    assert last.progress.history_complete
    assert last.log_lines == ("the end",)
    counts = [update.progress.events for update in updates]
    assert counts == sorted(counts)


def sleep() -> None:
    time.sleep(0.3)


def multiply() -> None:
    numbers = np.ones((64, 64))
    for _ in range(1000):
        numbers = (numbers @ numbers) % 7.0


@pytest.mark.parametrize("compute", [sleep, multiply])
def test_traits_change_while_the_main_thread_computes(manager, compute):
    program = "for i in 1 2 3 4 5; do echo line $i; sleep 0.05; done; sleep 30"
    run = fj.run(shell(manager, program).id)
    seen = []
    run.observe(lambda change: seen.append((change.new, threading.current_thread())), "log_lines")
    deadline = time.monotonic() + 20
    while not seen or len(seen[-1][0]) < 5:  # a cell that never looks at the run itself
        compute()
        assert time.monotonic() < deadline
    assert {thread for _, thread in seen} == set(threads())
    run.cancel()
    run.wait(20)


@pytest.mark.parametrize("error", [ValueError("a fault"), SystemExit(3)])
def test_a_callback_that_raises_is_shown_once_and_affects_no_others(tmp_path, capsys, error):
    def broken(update):
        raise error

    with running(tmp_path, 2) as directories:
        good = [Updates(), Updates()]
        subscription = watcher.watch(directories[0], broken)
        for directory, updates in zip(directories, good, strict=True):
            watcher.watch(directory, updates)
        for number in range(1, 6):
            for directory, updates in zip(directories, good, strict=True):
                append(directory.progress_file, EVENT % number)
                wait_for(lambda u=updates, n=number: u and u[-1].progress.events == n)
        wait_for(lambda: len(subscription.errors) >= 5)
        assert set(subscription.errors) == {error}
        assert not subscription.closed
        for directory in directories:
            change_state(directory, status="COMPLETED", exit_code=0)
        wait_for(lambda: all(updates.final for updates in good))
        assert subscription.closed
    shown = capsys.readouterr().err
    assert shown.count("A callback of a run's updates failed") == 1
    assert shown.count("in broken") == 1


def test_a_fault_in_one_stream_is_shown_and_tried_again_and_the_others_go_on(
    tmp_path, capsys, monkeypatch
):
    with running(tmp_path, 2) as directories:
        broken, whole = directories
        everything = [Updates(), Updates()]
        for directory, updates in zip(directories, everything, strict=True):
            watcher.watch(directory, updates)
        wait_for(lambda: all(everything))
        look, tries = RunDirectory.inspect, []

        def fail(directory):
            if directory == broken:
                tries.append(1)
                raise RuntimeError("a fault that nobody expects")
            return look(directory)

        monkeypatch.setattr(RunDirectory, "inspect", fail)
        change_state(broken, pid=5)
        wait_for(lambda: tries)
        append(whole.progress_file, EVENT % 1)
        wait_for(lambda: everything[1][-1].progress.events == 1)
        wait_for(lambda: len(tries) >= 3)
        monkeypatch.setattr(RunDirectory, "inspect", look)
        append(broken.progress_file, EVENT % 1)
        wait_for(lambda: everything[0][-1].progress.events == 1)
        for directory in directories:
            change_state(directory, status="COMPLETED", exit_code=0)
        wait_for(lambda: all(updates.final for updates in everything))
        text = capsys.readouterr().err
        assert f"Watching run {broken.id} failed; it will be retried" in text
        assert text.count("will be retried") == 1, "the same fault is shown once"


def test_a_hook_that_raises_is_shown_and_stops_nothing(tmp_path, capsys, monkeypatch):
    calls = []

    def broken():
        calls.append(1)
        raise RuntimeError("a fault of a hook")

    monkeypatch.setattr(watcher, "idle_hooks", [broken, lambda: calls.append(2)])
    with running(tmp_path, 1) as (directory,):
        updates = Updates()
        watcher.watch(directory, updates)
        wait_for(lambda: calls.count(2) >= 2)
        change_state(directory, status="COMPLETED", exit_code=0)
        wait_for(lambda: updates.final)
    assert "a fault of a hook" in capsys.readouterr().err


def test_a_subscriber_that_stops_in_the_middle_is_called_no_more(tmp_path):
    with running(tmp_path, 1) as (directory,):
        stopped, goes_on = Updates(), Updates()

        def stop(update):
            stopped(update)
            if update.progress.events:
                subscription.close()

        subscription = watcher.watch(directory, stop)
        watcher.watch(directory, goes_on)
        for number in range(1, 4):
            append(directory.progress_file, EVENT % number)
            wait_for(lambda n=number: goes_on and goes_on[-1].progress.events == n)
        assert stopped[-1].progress.events == 1
        change_state(directory, status="COMPLETED", exit_code=0)
        wait_for(lambda: goes_on.final)
        assert not stopped.final


def test_a_folder_that_is_away_for_a_moment_ends_nothing_and_one_that_stays_away_is_gone(tmp_path):
    with running(tmp_path, 1) as (directory,):
        updates, away = Updates(), tmp_path / "away"
        watcher.watch(directory, updates)
        wait_for(lambda: updates)
        watch = next(iter(watcher._watcher.streams.values())).follower._progress._state
        directory.path.rename(away)
        wait_for(lambda: watch._away_since is not None)
        away.rename(directory.path)
        wait_for(lambda: watch._away_since is None)
        append(directory.progress_file, EVENT % 1)
        wait_for(lambda: updates[-1].progress.events == 1)
        assert updates[-1].record.status == "RUNNING"
        directory.path.rename(away)
        wait_for(lambda: updates.final)
        away.rename(directory.path)
    last = updates[-1]
    assert (last.record.status, last.record.problem) == ("UNKNOWN", "gone")
    assert last.progress.events == 1, "what was known stays"


@pytest.mark.parametrize("file", ["progress", "log"])
def test_text_that_is_announced_at_the_end_of_a_run_is_waited_for(tmp_path, file):
    with running(tmp_path, 1) as (directory,):
        updates = Updates()
        watcher.watch(directory, updates)
        append(directory.progress_file, EVENT % 1)
        wait_for(lambda: updates and updates[-1].progress.events == 1)
        path = directory.progress_file if file == "progress" else directory.log_file
        path.parent.mkdir(exist_ok=True)
        append(path, EVENT % 1)
        wait_for(lambda: updates[-1].progress.events == 2 or updates[-1].log_count == 1)
        size = path.stat().st_size
        os.truncate(path, size + len(EVENT % 2))
        change_state(directory, status="COMPLETED", exit_code=0)
        wait_for(lambda: updates[-1].record.status == "COMPLETED")
        assert not updates.final
        with path.open("r+b") as late:
            late.seek(size)
            late.write(EVENT % 2)
        wait_for(lambda: updates.final)
        if file == "progress":
            assert (updates[-1].progress.events, updates[-1].progress.bad_lines) == (3, 0)
        else:
            assert updates[-1].log_lines[-1] == (EVENT % 2).decode().rstrip()


def test_runs_that_are_quiet_before_they_are_watched_are_polled_seldom_from_the_start(tmp_path):
    """Five hundred of them took a fifth of a core in the first seconds."""
    with running(tmp_path, 2) as directories:
        pauses = []
        for directory, age in zip(directories, (0.0, 600.0), strict=True):
            append(directory.progress_file, EVENT % 1)
            for path in (directory.progress_file, directory.state_file):
                os.utime(path, (time.time() - age,) * 2)
            follower, now = RunFollower(directory, directory.read()), time.monotonic()
            pace = Pace(now)
            pace.polled(now, changed=follower.poll(now), age=follower.age)
            pauses.append(pace.due - now)
            follower.poll(now)
            assert follower.age == 0.0, "from now on its changes are seen"
            follower.close()
        assert pauses[0] <= SHORTEST
        assert pauses[1] > LONGEST / 2


def test_a_slow_subscriber_gets_fewer_updates_and_the_right_end(manager):
    counts, updates = [], Updates()

    def slow(update):
        time.sleep(0.2)
        counts.append(update.progress.events)
        updates(update)

    program = 'for i in $(seq 300); do echo "{}" >> $FUSION_PROGRESS_FILE; sleep 0.002; done'
    watcher.watch(shell(manager, program), slow)
    wait_for(lambda: updates.final)
    assert updates[-1].progress.events == 300
    assert len(counts) < 300
    assert counts == sorted(counts)


def test_a_new_subscriber_is_updated_at_once_and_costs_the_others_no_updates(tmp_path):
    with running(tmp_path, 1) as (directory,):
        first, second = Updates(), Updates()
        watcher.watch(directory, first)
        append(directory.progress_file, EVENT % 1)
        wait_for(lambda: first and first[-1].progress.events == 1)
        watcher.watch(directory, second)
        wait_for(lambda: second)
        assert second[0].progress.events == 1
        # Others come all the time while the file appears, one of them when it is noticed.
        (directory.output / "300.0_erlang.json").write_text("{}")
        end = time.monotonic() + 2.0
        while time.monotonic() < end:
            append(directory.progress_file, EVENT % 2)
            newcomer = Updates()
            with watcher.watch(directory, newcomer):
                wait_for(lambda n=newcomer: n)
        change_state(directory, status="COMPLETED", exit_code=0)
        wait_for(lambda: first.final and second.final)
        assert first[-1].outputs_version > 0


@pytest.mark.parametrize("file", ["the same", "another"])
def test_a_run_that_is_started_again_begins_a_new_sequence(tmp_path, file):
    with running(tmp_path, 1) as (directory,):
        updates = Updates()
        watcher.watch(directory, updates)
        for number in (50, 100):
            append(directory.progress_file, EVENT % number)
        wait_for(lambda: updates and updates[-1].progress.events == 2)
        assert updates[-1].progress.start == 1
        if file == "another":
            directory.progress_file.unlink()
        else:
            append(directory.progress_file, b'{"type": "fusion_jupyter.restart"}\n')
        append(directory.progress_file, EVENT % 10)
        wait_for(lambda: updates[-1].progress.iteration == 10)
        progress = updates[-1].progress
        assert (progress.start, progress.events, progress.bad_lines) == (2, 1, 0)
        change_state(directory, status="COMPLETED", exit_code=0)
        wait_for(lambda: updates.final)


def test_a_large_file_shows_its_state_from_its_end_and_its_whole_history_when_asked(tmp_path):
    count = 200_000  # more than is read when attaching
    with running(tmp_path, 1) as (directory,):
        line = b'{"erlang": %d.0, "iteration": %d, "total_iterations": 1000, "erlang_index": %d}\n'
        with directory.progress_file.open("wb") as file:
            for n in range(count):
                file.write(line % (n // 1000, n % 1000 + 1, n // 1000 + 1))
        updates = Updates()
        watcher.watch(directory, updates)
        wait_for(lambda: updates and updates[-1].progress.iteration == 1000)
        progress = updates[-1].progress
        assert (progress.erlang, progress.erlang_index) == (199.0, 200)
        assert not progress.history_complete
        assert 0 < progress.events < count
        change_state(directory, status="COMPLETED", exit_code=0)
        wait_for(lambda: updates.final)

        async def read():
            stream = fj.stream_progress(directory.id, runs_dir=tmp_path)
            return [event async for event in stream]

        *events, done = asyncio.run(read())
        assert len(events) == count
        assert json.loads(events[0]["data"])["erlang_index"] == 1
        assert json.loads(done["data"])["bad_lines"] == 0


def test_a_directory_that_is_deleted_ends_its_stream(tmp_path):
    import shutil

    with running(tmp_path, 1) as (directory,):
        updates = Updates()
        watcher.watch(directory, updates)
        wait_for(lambda: updates)
        shutil.rmtree(directory.path)
        wait_for(lambda: updates.final)
        assert (updates[-1].record.status, updates[-1].record.problem) == ("UNKNOWN", "gone")


def test_a_run_that_is_not_there_cannot_be_watched(tmp_path):
    with pytest.raises(FileNotFoundError):
        watcher.watch(RunDirectory(tmp_path / ("0" * 12)), print)
    assert not threads()


def test_looks_are_frequent_while_something_changes_and_rare_when_it_is_quiet():
    now = 1000.0
    pace = Pace(now)
    pauses = []
    while now < 1100.0:
        pace.polled(now, changed=False)
        pauses.append(pace.due - now)
        now = pace.due
    assert all(0 < pause <= LONGEST for pause in pauses)
    assert pauses[0] <= SHORTEST
    assert len(pauses) < 100.0 / LONGEST * 3
    pace.polled(now, changed=True)
    assert pace.due - now <= SHORTEST
    # Where there are many others, each is looked at more seldom.
    pace.polled(now + 100.0, changed=False, longest=2 * LONGEST)
    assert LONGEST < pace.due - now - 100.0 <= 2 * LONGEST


FORK = """
import json, os, sys, threading
from pathlib import Path
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.watch import watcher

directory = RunDirectory(Path(sys.argv[1]))

def watch():
    begun, ended, told = threading.Event(), threading.Event(), []
    def collect(update):
        told.append(update.progress.events)
        begun.set()
        if update.final:
            ended.set()
    return watcher.watch(directory, collect), begun, ended, told

subscription, begun, ended, told = watch()
begun.wait(20)
child = os.fork()
if child == 0:
    before = len(told)
    own, own_begun, own_ended, own_told = watch()
    ok = own_begun.wait(20)
    print("child watches", flush=True)
    ok = own_ended.wait(20) and own_told[-1] == 2 and len(told) == before
    subscription.close()
    os._exit(0 if ok else 1)
ok = ended.wait(20) and told[-1] == 2
print("parent", ok, "child", os.waitpid(child, 0)[1], flush=True)
"""


def test_a_forked_child_watches_for_itself_and_disturbs_no_others(tmp_path):
    with running(tmp_path, 1) as (directory,):
        append(directory.progress_file, EVENT % 1)
        with subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", FORK, directory.path],
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout.readline() == "child watches\n"
            append(directory.progress_file, EVENT % 2)
            change_state(directory, status="COMPLETED", exit_code=0)
            assert process.stdout.readline() == "parent True child 0\n"


def test_the_watcher_ends_with_its_process(tmp_path):
    text = (
        "import sys, pathlib\n"
        "from fusion_jupyter.manager.directory import RunDirectory\n"
        "from fusion_jupyter.watch import watcher\n"
        "updates = []\n"
        "watcher.watch(RunDirectory(pathlib.Path(sys.argv[1])), updates.append)\n"
        "while not updates: pass\n"
    )
    with running(tmp_path, 1) as (directory,):
        found = subprocess.run(
            [sys.executable, "-c", text, directory.path],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert (found.returncode, found.stderr) == (0, "")


def test_what_is_said_of_bad_lines_comes_with_the_update(tmp_path):
    with running(tmp_path, 1) as (directory,):
        updates = Updates()
        with watcher.watch(directory, updates):
            append(directory.progress_file, EVENT % 1 + b"not json\n" + EVENT % 2)
            wait_for(lambda: updates and updates[-1].progress.events == 2)
        progress = updates[-1].progress
        assert (progress.bad_lines, progress.last_bad_line) == (1, "not json")
        assert json.dumps(dict(progress.metrics)) == "{}"
