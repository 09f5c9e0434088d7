"""Many runs watched as one."""

import itertools
import shutil
import sys
import threading
import time
from dataclasses import replace

import pytest
from helpers import wait_for, wait_until_final

import fusion_jupyter as fj
from fusion_jupyter import settings
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.record import RunStatus
from fusion_jupyter.watch.collection import CollectionFollower
from fusion_jupyter.watch.watcher import watch_collection

REPORTS = (
    "import fusion_jupyter as fj, os, time\n"
    "for step in range(1, 6):\n"
    "    fj.report(step=step, total=5)\n"
    "    time.sleep(0.05)\n"
)


class Collected:
    """What a subscriber was told, put together."""

    def __init__(self) -> None:
        self.updates = []
        self.summaries = {}
        self.final = threading.Event()

    def __call__(self, update) -> None:
        self.updates.append(update)
        for summary in update.changed:
            self.summaries[summary.record.id] = summary
        for gone in update.removed:
            del self.summaries[gone]
        if update.final:
            self.final.set()


def test_runs_of_a_collection_are_updated_until_all_have_ended(manager):
    settings.configure(max_concurrent_runs=2)
    runs = [fj.start(command=[sys.executable, "-c", REPORTS]) for _ in range(4)]
    runs.append(fj.start(command=["/bin/false"]))
    told = Collected()
    with watch_collection(CollectionFollower(manager.runs_dir, [run.id for run in runs]), told):
        assert told.final.wait(60)
    assert {run.id for run in runs} == set(told.summaries)
    last = told.updates[-1]
    assert last.counts == {RunStatus.COMPLETED: 4, RunStatus.FAILED: 1}
    assert (last.fraction, last.eta_seconds) == (1.0, None)
    fractions = [update.fraction for update in told.updates]
    assert fractions == sorted(fractions)
    assert any(0 < fraction < 1 for fraction in fractions)
    assert all(s.progress is not None for s in told.summaries.values())


def test_all_runs_of_a_folder_are_updated_also_those_that_come_and_go(manager):
    first = fj.start(command=["/bin/true"])
    wait_until_final(manager, first.id)
    told = Collected()
    with watch_collection(CollectionFollower(manager.runs_dir), told):
        wait_for(lambda: first.id in told.summaries)
        second = fj.start(command=["/bin/true"])
        wait_for(lambda: second.id in told.summaries)
        wait_for(lambda: told.summaries[second.id].record.status is RunStatus.COMPLETED)
        first.delete()
        wait_for(lambda: first.id not in told.summaries)
    assert not told.final.is_set()


def test_a_waiting_run_that_is_cancelled_is_reported(manager):
    settings.configure(max_concurrent_runs=1)
    blocker = fj.start(command=["/bin/sleep", "60"])
    waiting = [fj.start(command=["/bin/true"]) for _ in range(3)]
    told = Collected()
    with watch_collection(CollectionFollower(manager.runs_dir), told):
        wait_for(lambda: len(told.summaries) == 4)
        waiting[2].cancel()
        wait_for(lambda: told.summaries[waiting[2].id].record.status is RunStatus.CANCELLED)
        assert told.summaries[waiting[0].id].record.status is RunStatus.PENDING
        blocker.cancel()


@pytest.mark.parametrize("count", [200])
def test_many_finished_runs_are_reported_with_their_progress(manager, count):
    template = fj.start(command=[sys.executable, "-c", REPORTS])
    record = wait_until_final(manager, template.id)
    for number in range(count):
        path = manager.runs_dir / f"{number:012x}"
        path.mkdir()
        for name in ("run.json", "state.json", "progress.jsonl"):
            (path / name).write_bytes((record.directory / name).read_bytes())
    told = Collected()
    begin = time.monotonic()
    with watch_collection(CollectionFollower(manager.runs_dir), told):
        wait_for(lambda: len(told.summaries) == count + 1)
        wait_for(lambda: all(each.progress for each in told.summaries.values()))
    assert told.updates[-1].fraction == 1.0
    print(f"{count} finished runs: {time.monotonic() - begin:.2f} s")


def made_finished_run(manager, tail: bytes = b"") -> str:
    """The id of a run that has ended, whose progress ends like this."""
    run = fj.start(command=[sys.executable, "-c", REPORTS])
    record = wait_until_final(manager, run.id)
    with (record.directory / "progress.jsonl").open("ab") as file:
        file.write(tail)
    return run.id


def test_progress_that_ends_in_unwritten_bytes_stops_no_other_run(manager):
    # As a power cut, or a network file system whose text arrives late, leaves it.
    members = [made_finished_run(manager, tail) for tail in (b"\0" * 100, b"")]
    told = Collected()
    with watch_collection(CollectionFollower(manager.runs_dir, members), told):
        wait_for(lambda: members[1] in told.summaries, 2)
        assert told.final.wait(20)
    assert told.summaries[members[0]].progress.fraction == 1.0


def test_a_run_that_may_not_be_read_stops_no_other_run(manager, monkeypatch):
    members = [made_finished_run(manager) for _ in range(2)]
    read = RunDirectory.read

    def refused(directory):
        found = read(directory)
        if directory.id != members[0] or readable:
            return found
        return replace(found, status=RunStatus.UNKNOWN, problem="unreadable")

    readable = False
    monkeypatch.setattr(RunDirectory, "read", refused)
    told = Collected()
    with watch_collection(CollectionFollower(manager.runs_dir, members), told):
        wait_for(lambda: members[1] in told.summaries and told.summaries[members[1]].progress)
        assert told.summaries[members[0]].record.status is RunStatus.UNKNOWN
        assert not told.final.is_set()
        readable = True
        assert told.final.wait(20)
    assert told.summaries[members[0]].record.status is RunStatus.COMPLETED


def test_members_that_are_still_created_are_waited_for(manager):
    members = [made_finished_run(manager) for _ in range(2)]
    aside = manager.runs_dir.parent / "not yet"
    (manager.runs_dir / members[0]).rename(aside)
    creating = True
    told = Collected()
    follower = CollectionFollower(manager.runs_dir, members, expected=lambda: creating)
    with watch_collection(follower, told):
        wait_for(lambda: members[1] in told.summaries)
        aside.rename(manager.runs_dir / members[0])
        wait_for(lambda: members[0] in told.summaries)
        assert not told.final.is_set()
        creating = False
        assert told.final.wait(20)
    assert told.updates[-1].counts == {RunStatus.COMPLETED: 2}


def test_a_member_that_was_deleted_is_not_waited_for(manager):
    members = [made_finished_run(manager), "0" * 12]
    told = Collected()
    with watch_collection(CollectionFollower(manager.runs_dir, members), told):
        assert told.final.wait(20)
    assert set(told.summaries) == {members[0]}


def test_a_run_is_shown_as_it_is_once_it_has_been_copied_to_its_place(manager):
    run_id = made_finished_run(manager)
    place, source = manager.runs_dir / run_id, manager.runs_dir.parent / "source"
    place.rename(source)
    told = Collected()
    with watch_collection(CollectionFollower(manager.runs_dir), told):
        place.mkdir()
        wait_for(lambda: run_id in told.summaries)
        assert told.summaries[run_id].record.problem == "damaged"
        missing = told.summaries[run_id].record
        shutil.copy(source / "progress.jsonl", place)
        shutil.copy(source / "state.json", place)
        asked = (source / "run.json").read_bytes()
        with (place / "run.json").open("wb", buffering=0) as file:
            file.write(asked[:20])
            wait_for(lambda: told.summaries[run_id].record != missing)
            assert told.summaries[run_id].record.problem == "damaged"
            file.write(asked[20:])
        wait_for(lambda: told.summaries[run_id].record.status is RunStatus.COMPLETED)
        wait_for(lambda: told.summaries[run_id].progress)
    assert told.summaries[run_id].record == manager.get_run(run_id)
    assert told.summaries[run_id].progress.fraction == 1.0


def test_damaged_runs_whose_files_do_not_change_are_not_read_again(manager, monkeypatch):
    for number in range(5):
        (manager.runs_dir / f"{number:012x}").mkdir(parents=True)
    follower = CollectionFollower(manager.runs_dir)
    times = itertools.count(0.0, 5.0)
    for _ in range(10):
        follower.poll(next(times))
    assert follower.update().counts == {RunStatus.UNKNOWN: 5}
    monkeypatch.setattr(RunDirectory, "read", lambda _: pytest.fail("it was read again"))
    for _ in range(10):
        follower.poll(next(times))
    shutil.rmtree(manager.runs_dir / f"{4:012x}")
    follower.poll(next(times))
    assert follower.update().removed == (f"{4:012x}",)


def test_what_was_followed_of_a_damaged_run_does_not_come_back_when_it_is_complete(manager):
    run_id = made_finished_run(manager, b"\0" * 100)  # its last text may still arrive
    asked = manager.runs_dir / run_id / "run.json"
    aside = asked.rename(manager.runs_dir.parent / "aside")
    wait_for(lambda: not RunDirectory(asked.parent).is_locked())
    follower = CollectionFollower(manager.runs_dir)
    follower.poll(0.0)
    assert follower.summaries[run_id].record.problem == "damaged"
    aside.rename(asked)
    for now in (5.0, 10.0, 15.0):
        follower.poll(now)
        assert follower.summaries[run_id].record.status is RunStatus.COMPLETED
    follower.close()
