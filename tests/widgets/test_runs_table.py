"""The Python half of the table of runs: what is sent of them, and what is done to them."""

from __future__ import annotations

import json
import threading
import zipfile

import pytest
from helpers import wait_for
from made_runs import make_runs

import fusion_jupyter as fj
from fusion_jupyter import settings
from fusion_jupyter.run_list import MOST_SHOWN
from fusion_jupyter.watch import collection
from fusion_jupyter.widgets import runs_table
from fusion_jupyter.widgets.channel import Channel
from fusion_jupyter.widgets.runs_actions import RunsActions
from fusion_jupyter.widgets.runs_state import MOST_QUEUED, RunsState

QUICK = {"simulator": "embedded", "max_iters": 2, "num_requests": 200}


class Quiet(Channel):
    """A channel that sends nothing by itself."""

    def _rouse(self) -> None:
        pass


@pytest.fixture
def made():
    return make_runs(settings.runs_dir(), 12)


def state_of(records=None, *, every: bool = False) -> RunsState:
    found = [run.record for run in fj.runs()] if records is None else records
    return RunsState(settings.runs_dir(), found, Quiet(), every=every)


def blocking(snapshot) -> dict[str, float | None]:
    rows = snapshot["rows"]
    return dict(zip(rows["id"], rows["blocking"], strict=True))


def test_all_runs_come_first_and_then_only_what_has_changed(made):
    state = state_of()
    first = state.whole()
    assert (first["since"], first["rows"]["id"]) == (0, made[::-1])
    wait_for(lambda: state.final)
    news = state.state(full=False)
    assert news["since"] == 1
    assert blocking(news)[made[0]] == pytest.approx(0.03), "read from its progress"
    later = state.state(full=False)
    assert (later["rows"]["id"], later["since"]) == ([], news["rev"])
    assert "sweeps" not in later
    assert len(state.state(full=True)["rows"]["id"]) == len(made)
    state.release()


def test_columns_have_the_same_length_and_hold_nothing_beyond_json(made):
    state = state_of()
    rows = state.whole()["rows"]
    assert {len(column) for column in rows.values()} == {len(made)}
    json.dumps(rows, allow_nan=False)
    assert rows["options"][0] == {"k_paths": 11 % 7 + 1, "max_iters": 2}
    state.release()


def test_deleted_runs_and_new_tags_are_noticed_although_nobody_tells(made):
    state = state_of()
    wait_for(lambda: state.final)
    for _ in range(4):
        state.poll()
    state.state(full=False)
    fj.run(made[0]).delete()
    fj.run(made[1]).tag("new")
    assert state.poll()
    news = state.state(full=False)
    assert (news["removed"], news["rows"]["tags"]) == ([made[0]], [["batch 0", "new"]])
    state.release()


def test_a_tag_that_was_set_before_the_table_first_looked_is_shown(made):
    state = state_of()
    wait_for(lambda: state.final)
    fj.run(made[1]).tag("mine")
    assert state.poll()
    assert state.summary(made[1]).record.tags == ("batch 0", "mine")
    state.release()


def test_waiting_runs_are_sent_in_the_order_in_which_they_start(manager):
    fj.configure(max_concurrent_runs=1)
    going = fj.start(command=["/bin/sleep", "600"])
    waiting = [fj.start(command=["/bin/true"]) for _ in range(3)]
    state = state_of()
    assert state.whole()["queue"] == [run.id for run in waiting]
    assert len(waiting) < MOST_QUEUED
    going.cancel()
    wait_for(lambda: state.final)
    state.release()


def test_the_table_of_all_runs_gets_new_ones_by_itself(made):
    state = state_of(every=True)
    run = fj.start(command=["/bin/true"], name="new")
    wait_for(lambda: state.summary(run.id) is not None)
    assert run.id in state.state(full=False)["rows"]["id"]
    assert not state.final
    run.wait(30)
    state.release()


def test_what_a_sweep_has_started_is_known_by_its_name(manager):
    sweep = fj.sweep("minimal", over={"k_paths": [1, 3]}, name="two", **QUICK)
    state = state_of()
    whole = state.whole()
    assert whole["sweeps"] == {sweep.id: "two"}
    assert whole["rows"]["sweep"] == [sweep.id] * 2
    sweep.wait(60)
    state.release()


def test_a_sweep_that_is_renamed_has_its_new_name_at_once(manager):
    sweep = fj.sweep("minimal", over={"k_paths": [1, 3]}, name="two", **QUICK).wait(60)
    state = state_of()
    wait_for(lambda: state.final)
    while state.poll():  # the first states are repeated
        state.state(full=False)
    sweep.rename("another")
    assert state.poll()
    assert state.state(full=False)["sweeps"] == {sweep.id: "another"}
    assert not state.poll()
    state.release()


def test_what_fails_with_one_run_does_not_keep_the_others_from_it(made):
    going = fj.start(command=["/bin/sleep", "600"])
    state = state_of()
    actions = RunsActions(state)
    done = actions.delete([made[0], going.id, "0" * 12, made[1]])
    assert done["done"] == 2
    assert [run_id for run_id, _ in done["failed"]] == [going.id, "0" * 12]
    assert state.summary(made[0]) is None
    assert "cancel" in dict(done["failed"])[going.id]
    assert actions.cancel([going.id])["done"] == 1
    going.wait(30)
    state.release()


def test_tags_are_checked_before_any_is_written(made):
    actions = RunsActions(state := state_of())
    with pytest.raises(ValueError, match="tags has"):
        actions.tag(made[:2], ["good", "bad\n"])
    assert fj.run(made[0]).tags == ("batch 0",)
    assert actions.tag(made[:2], ["good"])["done"] == 2
    assert fj.run(made[1]).tags == ("batch 0", "good")
    assert actions.tag(made[:2], ["batch 0"], remove=True)["done"] == 2
    assert state.whole()["rows"]["tags"][-1] == ["good"]
    state.release()


def test_an_export_replaces_no_file(made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runs = [fj.start("minimal", **QUICK) for _ in range(2)]
    for run in runs:
        run.wait(60)
    actions = RunsActions(state := state_of())
    done = actions.export([run.id for run in runs], "study")
    assert (done["done"], done["path"]) == (2, (tmp_path / "study.zip").as_posix())
    assert zipfile.is_zipfile(tmp_path / "study.zip")
    with pytest.raises(FileExistsError, match=r"study\.zip already"):
        actions.export([runs[0].id], "study.zip")
    with pytest.raises(ValueError, match="the name of a file"):
        actions.export([runs[0].id], " ")
    state.release()


def test_a_comparison_has_the_curves_and_the_words_or_why_there_are_none(made):
    runs = [fj.start("minimal", name=f"k {k}", k_paths=k, **QUICK) for k in (1, 3)]
    for run in runs:
        run.wait(60)
    actions = RunsActions(state := state_of())
    found = actions.compare([run.id for run in runs])
    assert [curve["name"] for curve in found["curves"]] == ["k 1", "k 3"]
    assert len(found["curves"][0]["points"]) == 4
    assert "k 3" in found["text"]
    assert found["target"] == 0.01
    assert actions.compare(made[:2])["text"] != "", "they have written no results"
    failed = next(run_id for run_id in made if fj.run(run_id).status == "FAILED")
    found = actions.compare([failed, *(run.id for run in runs)])
    assert [curve["name"] for curve in found["curves"]] == ["k 1", "k 3"]
    assert "(failed)" in found["text"], "it is the baseline, and it is named"
    with pytest.raises(ValueError, match="up to 12"):
        actions.compare([f"{n:012x}" for n in range(13)])
    state.release()


def test_one_view_opens_runs_below_and_only_its_own(made):
    shown = fj.runs(limit=3)
    found = runs_table._of(shown)
    assert runs_table._of(fj.runs(limit=3)) is found
    table = found.table
    assert json.loads(bytes(table.get_state()["rows"]))["rows"]["id"] == made[::-1][:3]
    assert table._answer("open", {"run": made[-1]}) == {}
    assert [type(child).__name__ for child in found.children] == ["RunsTable", "RunView"]
    assert table.opened == made[-1]
    with pytest.raises(fj.RunNotFoundError, match="in this table"):
        table._answer("open", {"run": made[0]})
    table._answer("open", {"run": None})
    assert len(found.children) == 1
    with pytest.raises(ValueError, match="operation is 'sing'; allowed: open"):
        table._answer("sing", {})
    found.close()
    again = runs_table._of(shown)
    assert again is not found
    again.close()


def test_questions_may_come_from_several_threads_at_once(made):
    found = runs_table._of(fj.runs())
    threads = [
        threading.Thread(target=found.table._answer, args=("open", {"run": run_id}))
        for run_id in made
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found.children) == 2
    assert found.children[1].run_id == found.table.opened
    found.close()


def test_a_saved_notebook_has_the_first_fifty_runs_as_text():
    make_runs(settings.runs_dir(), MOST_SHOWN + 10)
    fj.run("a00000000039").rename("<b>bold</b>")
    found = fj.dashboard()
    assert fj.dashboard() is found
    page = found.fallback()
    assert page["text/html"].count("<tr>") == MOST_SHOWN + 1
    assert "and 10 more" in page["text/html"]
    assert "&lt;b&gt;bold&lt;/b&gt;" in page["text/html"]
    assert page["text/plain"] == "60 runs: 12 cancelled, 36 completed, 12 failed"
    assert "0x" not in repr(found)
    assert isinstance(found.runs, fj.RunList)
    found.close()


def test_where_there_is_no_notebook_a_list_is_printed_and_no_widget_is_made(made):
    assert runs_table._of(fj.RunList()) is None
    assert runs_table.bundle(fj.runs()) is None
    with pytest.raises(NotImplementedError):
        runs_table.show(fj.runs())
    assert settings.runs_dir() not in {folder for folder, _ in runs_table._views}


def test_a_second_table_reads_no_progress_that_the_first_has_read(made, monkeypatch):
    first = state_of()
    wait_for(lambda: first.final)
    monkeypatch.setattr(collection, "ProgressFollower", None)
    second = state_of()
    assert blocking(second.whole()) == blocking(first.whole())
    wait_for(lambda: second.final)
    first.release()
    second.release()
