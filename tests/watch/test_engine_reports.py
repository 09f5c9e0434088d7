"""Why a run waits: its engine is asked for all runs at once, and what it says is told."""

from __future__ import annotations

import sys
from pathlib import Path

from helpers import wait_for, wait_until_running

import fusion_jupyter as fj
from fusion_jupyter import settings
from fusion_jupyter.engines.local import LocalEngine
from fusion_jupyter.watch.collection import CollectionFollower
from fusion_jupyter.watch.watcher import watch_collection

UNTIL_GO = "import os, time\nwhile not os.path.exists('go'): time.sleep(0.02)\n"


def queue_of(manager, count: int) -> list[fj.Run]:
    """So many runs, of which one executes until it is cancelled."""
    settings.configure(max_concurrent_runs=1)
    runs = [fj.start(command=[sys.executable, "-c", UNTIL_GO]) for _ in range(count)]
    wait_until_running(manager, runs[0].id)
    return runs


def reason(run: fj.Run) -> str | None:
    report = run.update.engine_report
    return None if report is None else report.reason


def test_a_waiting_run_says_how_many_are_ahead_until_it_starts(manager):
    blocker, *waiting = queue_of(manager, 4)
    wait_for(lambda: reason(waiting[2]) == "queued, 2 ahead, 1 at a time")
    wait_for(lambda: reason(waiting[0]) == "queued, next, 1 at a time")
    assert reason(blocker) is None
    waiting[0].cancel()
    wait_for(lambda: reason(waiting[2]) == "queued, 1 ahead, 1 at a time")
    assert waiting[0].wait(30).status == "CANCELLED"
    wait_for(lambda: reason(waiting[0]) is None)
    for run in (waiting[1], waiting[2], blocker):
        run.cancel()


def test_a_table_of_runs_says_the_same(manager):
    blocker, *waiting = queue_of(manager, 3)
    told = {}

    def note(update) -> None:
        told.update({each.record.id: each.engine_report for each in update.changed})

    with watch_collection(CollectionFollower(manager.runs_dir), note):
        wait_for(lambda: told.get(waiting[1].id) is not None)
        assert told[waiting[1].id].reason == "queued, 1 ahead, 1 at a time"
        wait_for(lambda: told[waiting[0].id] is not None)
        waiting[0].cancel()
        wait_for(lambda: told[waiting[0].id] is None)
    for run in (waiting[1], blocker):
        run.cancel()


def test_one_question_a_second_serves_all_runs(manager, monkeypatch):
    asked: list[list[str]] = []
    poll = LocalEngine.poll

    def noted(engine, run_dirs):
        # What other tests have left being watched is asked about as well.
        ours = [Path(each).name for each in run_dirs if Path(each).parent == manager.runs_dir]
        asked.extend([ours] if ours else [])
        return poll(engine, run_dirs)

    monkeypatch.setattr(LocalEngine, "poll", noted)
    runs = queue_of(manager, 6)
    wait_for(lambda: all(reason(run) for run in runs[1:]))
    wait_for(lambda: {run.id for run in runs[1:]} <= set(asked[-1]))
    count = len(asked)
    wait_for(lambda: len(asked) >= count + 2)
    # The run that executes here has no more to say, so it is not asked about any more.
    assert sorted(asked[-1]) == sorted(run.id for run in runs[1:])
    for run in reversed(runs):
        run.cancel()


def test_a_folder_that_is_away_ends_no_watching(manager, monkeypatch):
    def fails(engine, run_dirs):
        raise OSError("the mount is away")

    blocker, waiting = queue_of(manager, 2)
    wait_for(lambda: reason(waiting) is not None)
    monkeypatch.setattr(LocalEngine, "poll", fails)
    wait_for(lambda: reason(waiting) is None)
    monkeypatch.undo()
    wait_for(lambda: reason(waiting) is not None)
    waiting.cancel()
    blocker.cancel()
