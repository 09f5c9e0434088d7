"""`Run`: what a notebook holds in its hand."""

import asyncio
import gc
import itertools
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import weakref

import pytest
import traitlets
from helpers import survivors, wait_for, wait_until_final

import fusion_jupyter as fj
from fusion_jupyter.handle import Run


def test_a_run_is_awaited_without_blocking_the_loop():
    async def use() -> tuple[object, int]:
        run = fj.start(command=["/bin/sleep", "0.5"])
        turns = 0

        async def other() -> None:
            nonlocal turns
            while True:
                await asyncio.sleep(0.01)
                turns += 1

        task = asyncio.create_task(other())
        record = await run
        task.cancel()
        return record, turns

    record, turns = asyncio.run(use())
    assert record.status == "COMPLETED"
    assert turns > 10


def test_awaiting_a_finished_run_returns_at_once():
    run = fj.start(command=["/bin/true"])
    run.wait(20)

    async def use():
        return await run, await fj.run(run.id)

    first, second = asyncio.run(use())
    assert first == second


def test_an_await_that_is_given_up_leaves_nothing_behind():
    run = fj.start(command=["/bin/sleep", "30"])

    async def use() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(_await(run), 0.1)

    asyncio.run(use())
    assert run._waiters == []
    run.cancel()
    assert run.wait(20).status == "CANCELLED"


async def _await(run):
    return await run


def test_wait_gives_up_after_its_time_and_the_run_goes_on():
    run = fj.start(command=["/bin/sleep", "30"])
    with pytest.raises(TimeoutError, match=f"Run {run.id} is still"):
        run.wait(0.2)
    assert run.status in ("PENDING", "RUNNING")
    run.cancel()
    run.wait(20)


def test_traits_change_while_the_main_thread_computes():
    run = fj.start("minimal", simulator="embedded", max_iters=6, num_requests=3000)
    seen = []
    run.observe(lambda change: seen.append((change.new, threading.current_thread())), "status")
    deadline = time.monotonic() + 20
    while not seen or seen[-1][0] != "COMPLETED":  # a cell that computes, and never yields
        sum(range(10_000))
        assert time.monotonic() < deadline
    assert seen[-1][1] is not threading.main_thread()
    assert run.progress.fraction == 1.0
    assert len(run.log_lines) > 10
    wait_for(lambda: run.artifacts_version > 0)


def test_an_observer_that_raises_is_shown_and_stops_nothing(capsys):
    run = fj.start("minimal", simulator="embedded")

    def broken(change):
        raise RuntimeError("a fault of the user's")

    run.observe(broken, "progress")
    statuses = []
    run.observe(lambda change: statuses.append(change.new), "status")
    assert run.wait(20).status == "COMPLETED"
    wait_for(lambda: statuses[-1:] == ["COMPLETED"])
    assert "a fault of the user's" in capsys.readouterr().err


def test_two_handles_of_a_run_are_one_and_a_forgotten_one_is_let_go():
    run = fj.start(command=["/bin/sleep", "30"])
    assert fj.run(run.id) is run
    assert fj.run(run.id[:6]) is run
    assert run in fj.runs()
    reference = weakref.ref(run)
    run_id = run.id
    del run
    gc.collect()
    assert reference() is None
    again = fj.run(run_id)
    again.cancel()
    assert again.wait(20).status == "CANCELLED"


def test_an_unknown_run_is_named_with_where_it_was_looked_for(tmp_path):
    with pytest.raises(LookupError, match=r"no run 'nope' in .*runs, which has none"):
        fj.run("nope")
    run = fj.start(command=["/bin/true"])
    with pytest.raises(LookupError, match=f"the newest is '{run.id}'"):
        fj.run("../../etc")
    run.wait(20)


def test_a_deleted_run_is_gone_and_a_running_one_is_kept():
    run = fj.start(command=["/bin/sleep", "30"])
    with pytest.raises(ValueError, match="cancel it before"):
        run.delete()
    run.cancel()
    run.wait(20)
    run.delete()
    assert fj.runs() == []
    with pytest.raises(LookupError):
        fj.run(run.id)


def test_one_update_is_one_consistent_state_whatever_trait_is_observed():
    run = fj.start("minimal", simulator="embedded", max_iters=4)
    fits, updates, names = [], [], set()

    def compare(change):
        update = run.update
        fits.append(
            (run.status, run.record, run.progress, run.log_lines, run.log_count)
            == (
                update.record.status,
                update.record,
                update.progress,
                update.log_lines,
                update.log_count,
            )
        )
        names.add(change.name)

    run.observe(compare)
    run.observe(lambda change: updates.append((change.old, change.new)), "update")
    run.wait(60)
    wait_for(lambda: updates and updates[-1][1].final)
    assert all(fits)
    assert names >= {"update", "status", "record", "progress", "log_lines", "settled"}
    assert all(old is not new for old, new in updates)
    assert all(before[1] is after[0] for before, after in itertools.pairwise(updates))
    with pytest.raises(traitlets.TraitError, match="read-only"):
        run.status = "RUNNING"


@pytest.mark.parametrize("what", ["deleted", "moved"])
def test_a_run_whose_folder_is_gone_says_so_whatever_is_asked(what, tmp_path):
    run = fj.start("minimal", simulator="embedded", max_iters=1)
    run.wait(60)
    never_read = fj.start(command=["/bin/true"])
    never_read.wait(20)
    never_read = Run(never_read._directory, never_read.record)
    seen = []
    run.observe(lambda change: seen.append(change.new), "status")
    for each in (run, never_read):
        if what == "moved":
            each.directory.rename(tmp_path / each.id)
        else:
            shutil.rmtree(each.directory)
    questions = [
        lambda run: run.results(),
        lambda run: run.load("300.0_erlang.json"),
        lambda run: run.log_tail(),
        lambda run: run.artifacts,
        lambda run: run.artifacts_frame(),
        lambda run: run.artifact_path("x"),
        lambda run: run.config,
        lambda run: run.logs(),
        lambda run: run.provenance,
        lambda run: run.cite(),
        lambda run: run.cancel(),
        lambda run: run.wait(1),
        fj.results,
        lambda run: fj.results([run.record]),
        lambda run: fj.run(run.id),
    ]
    for question in questions:
        for each in (run, never_read):
            with pytest.raises(fj.RunNotFoundError):
                question(each)
    for each in (run, never_read):
        assert (each.status, each.record.problem) == ("UNKNOWN", "gone")
        assert "folder is gone" in each.record.error_message
        assert each.settled
    assert run.progress.fraction == 1.0, "what was known stays"
    assert never_read.progress.fraction is None
    assert never_read.log_lines == ()
    assert seen == ["UNKNOWN"]


def test_a_folder_moved_away_while_the_run_goes_ends_the_waiting(tmp_path):
    run = fj.start(command=["/bin/sleep", "60"])
    wait_for(lambda: run.status == "RUNNING")
    run.directory.rename(tmp_path / "moved")
    with pytest.raises(fj.RunNotFoundError, match="folder is gone"):
        run.wait(30)

    async def use():
        await run

    with pytest.raises(fj.RunNotFoundError, match="folder is gone"):
        asyncio.run(use())
    assert run.status == "UNKNOWN"
    # Its supervisor goes on in the folder that it holds, wherever that is now.
    assert survivors(run.id)
    (tmp_path / "moved" / "cancel.json").touch()
    wait_for(lambda: not survivors(run.id))


def test_a_folder_that_comes_back_is_shown_again(tmp_path):
    run = fj.start(command=["/bin/sleep", "60"])
    done = fj.start(command=["/bin/echo", "hello"])
    done.wait(20)
    done = Run(done._directory, done.record)  # whose files have never been read
    for each in (run, done):
        each.directory.rename(tmp_path / each.id)
        with pytest.raises(fj.RunNotFoundError):
            each.log_tail()
        (tmp_path / each.id).rename(each.directory)
    assert done.check_folder()
    wait_for(lambda: done.update.final)
    assert done.log_lines == ("hello",)
    assert (done.status, done.wait(1).exit_code) == ("COMPLETED", 0)
    assert done.progress.fraction == 1.0
    assert run.log_tail() == []
    assert run.record.problem is None
    run.cancel()
    assert run.wait(30).is_final


def test_names_are_given_once():
    with pytest.raises(ValueError, match="k_paths is given twice"):
        fj.start("minimal", k_paths=3, overrides={"k_paths": 4})


def test_a_repr_has_no_address_and_says_what_it_is():
    run = fj.start(command=["/bin/true"], name="short one")
    run.wait(20)
    assert repr(run) == f"Run({run.id!r}, 'short one', COMPLETED)"


def test_load_and_results_of_a_simulation():
    run = fj.start("minimal", simulator="embedded", erlang_stop=400)
    run.wait(20)
    assert run.artifacts_frame()["name"].tolist() == ["300.0_erlang.json", "400.0_erlang.json"]
    assert run.load("300.0_erlang.json")["blocking_mean"] == run.results()["blocking"][0]
    assert run.artifact_path("../run.json") is None
    assert run.artifact_path(run.artifacts[0].path).is_file()
    assert run.config.startswith("[general_settings]")


KERNEL = """
import fusion_jupyter as fj, sys
fj.configure(runs_dir=sys.argv[1])
run = fj.start(
    "minimal", simulator="embedded", max_iters=200, num_requests=20000, erlang_start=500,
    is_training=True,
)
while not run.progress.events:
    pass
print(run.id, flush=True)
import time; time.sleep(60)
"""


def test_a_run_outlives_a_kernel_that_is_killed(manager):
    kernel = subprocess.Popen(
        [sys.executable, "-c", KERNEL, str(manager.runs_dir)], stdout=subprocess.PIPE, text=True
    )
    run_id = kernel.stdout.readline().strip()
    os.kill(kernel.pid, signal.SIGKILL)
    kernel.communicate()
    assert survivors(run_id), "the run ended with its kernel"
    assert wait_until_final(manager, run_id).exit_code == 0
    # A process that knows nothing of it finds it.
    text = "import fusion_jupyter as fj, sys; fj.configure(runs_dir=sys.argv[1]); "
    text += "r = fj.runs()[0]; print(r.status, r.record.exit_code, len(r.results()))"
    found = subprocess.run(
        [sys.executable, "-c", text, str(manager.runs_dir)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.split() == ["COMPLETED", "0", "2"]


def test_many_finished_runs_are_listed_without_reading_their_files(manager):
    import shutil

    done = wait_until_final(manager, manager.create_run(fj.RunCreate(simulator="embedded")).id)
    for number in range(200):
        copy = manager.runs_dir / f"{number:012x}"
        shutil.copytree(done.directory, copy)
        (copy / "logs" / f"{done.id}.log").rename(copy / "logs" / f"{copy.name}.log")
    threads = threading.active_count()
    runs = fj.runs()
    assert len(runs) == 201
    assert threading.active_count() == threads
    run = runs[7]
    assert run.progress.fraction == 1.0
    assert len(run.log_lines) > 10
    assert run.log_count is not None
    assert run.wait(0).status == "COMPLETED"
