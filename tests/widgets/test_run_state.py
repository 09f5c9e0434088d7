"""A run as a subject of the channel: what is sent of it, and when."""

from __future__ import annotations

import sys

import pytest
from helpers import wait_for

import fusion_jupyter as fj
from fusion_jupyter.artifacts import listing
from fusion_jupyter.widgets.channel import Channel
from fusion_jupyter.widgets.run_state import MOST_FILES, RunState

PROGRAM = """
import os, pathlib, time
out = pathlib.Path(os.environ["FUSION_OUTPUT_DIR"])
(out / "s1").mkdir()
(out / "s1" / "300.0_erlang.json").write_text("{}")
(out / "up").symlink_to("..")
(out / "etc").symlink_to("/etc")
while not (out / "go").exists(): time.sleep(0.05)
for n in range(%d): (out / f"{n}.txt").touch()
"""


class Quiet(Channel):
    """A channel that sends nothing by itself."""

    def _rouse(self) -> None:
        pass


@pytest.fixture
def run():
    made = fj.start(command=[sys.executable, "-c", PROGRAM % (MOST_FILES + 5)])
    yield made
    (made.directory / "output" / "go").touch()
    made.wait(30)


def rows(state) -> list[str]:
    return [row[0] for row in state["files"]["rows"]]


def test_files_come_with_the_state_without_links_and_only_when_they_changed(run):
    state = RunState(run, Quiet())
    wait_for(lambda: rows(state.whole()) == ["s1/300.0_erlang.json"])
    first = state.state(full=False)
    assert first["files"]["complete"]
    assert "files" not in state.state(full=False), "they are the same"
    assert rows(state.state(full=True)) == ["s1/300.0_erlang.json"]


def test_the_output_is_listed_once_for_each_change_and_not_for_each_state(run, monkeypatch):
    state = RunState(run, Quiet())
    wait_for(lambda: rows(state.whole()))
    listed = []
    monkeypatch.setattr(listing, "list_files", lambda *_, **__: listed.append(1) or [])
    before = run.artifacts_version
    for _ in range(20):
        state.state(full=False)
    assert len(listed) <= run.artifacts_version - before


def test_of_many_files_the_first_come_and_the_page_is_told_that_there_are_more(run):
    state = RunState(run, Quiet())
    (run.directory / "output" / "go").touch()
    run.wait(30)
    files = state.whole()["files"]
    assert (len(files["rows"]), files["complete"]) == (MOST_FILES, False)


def test_a_folder_that_vanishes_and_comes_back_changes_the_state_each_time(run):
    (run.directory / "output" / "go").touch()
    run.wait(30)
    state = RunState(run, Quiet())
    wait_for(lambda: run.update.final)
    rev = state.rev
    assert not state.poll()
    away = run.directory.with_name("away")
    run.directory.rename(away)
    assert state.poll()
    assert not state.poll()
    assert (state.rev, state.whole()["problem"]) == (rev + 1, "gone")
    assert state.whole()["status"] == "UNKNOWN"
    assert state.whole()["exit_code"] == 0, "what was known of it is not forgotten"
    away.rename(run.directory)
    assert state.poll()
    assert state.rev >= rev + 2
    assert (state.whole()["problem"], state.whole()["status"]) == (None, "COMPLETED")


def test_one_update_is_one_revision(run):
    state = RunState(run, Quiet())
    updates = []
    run.observe(lambda change: updates.append(change.new), "update")
    rev = state.rev
    (run.directory / "output" / "go").touch()
    run.wait(30)
    wait_for(lambda: updates and updates[-1].final)
    assert abs(state.rev - rev - len(updates)) <= 1, "one may have come before both observed"


def test_the_channel_looks_for_the_folder_also_when_all_is_said(run):
    (run.directory / "output" / "go").touch()
    run.wait(30)
    sent = []

    class Kept(Channel):
        def send(self, content, buffers=None):
            sent.append(content)

    channel = Kept()
    state = RunState(run, channel)
    channel.has(run.id, state.rev)
    run.directory.rename(run.directory.with_name("away"))
    wait_for(lambda: any("subjects" in each for each in sent))
    run.directory.with_name("away").rename(run.directory)
    assert sent[-1]["subjects"][run.id]["problem"] == "gone"
