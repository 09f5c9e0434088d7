"""A sweep as a subject of the channel, and its view: what is sent, and what a page can ask."""

from __future__ import annotations

import shutil
import warnings

import pytest
from helpers import SHORT, wait_for

import fusion_jupyter as fj
from fusion_jupyter.studies import record
from fusion_jupyter.widgets.channel import Channel
from fusion_jupyter.widgets.sweep_state import SweepState
from fusion_jupyter.widgets.sweep_view import SweepView


class Quiet(Channel):
    """A channel that sends nothing by itself."""

    def _rouse(self) -> None:
        pass


@pytest.fixture
def sweep(manager):
    return fj.sweep("minimal", over={"k_paths": [1, 2, 3]}, **SHORT).wait(60)


def test_everything_is_sent_once_then_only_the_points_that_changed(sweep):
    state = SweepState(sweep, Quiet())
    first = state.state(full=False)
    assert (first["since"], first["rev"]) == (0, 1)
    assert [place["values"] for place in first["points"]] == [["1"], ["2"], ["3"]]
    assert {each["status"] for each in first["states"].values()} == {"COMPLETED"}
    assert first["erlangs"] == [300, 400]
    assert all(len(each["points"]) == 2 for each in first["states"].values())
    run_id = first["points"][1]["run"]
    fj.run(run_id).delete()
    assert state.poll()
    news = state.state(full=False)
    assert (news["since"], news["rev"]) == (1, 2)
    assert "points" not in news
    assert {key: each["status"] for key, each in news["states"].items()} == {run_id: None}
    assert state.state(full=True)["since"] == 0


def test_all_points_that_changed_are_one_message(manager):
    line = Quiet()
    sweep = fj.sweep("minimal", over={"k_paths": [1, 2, 3, 4]}, **SHORT)
    state = SweepState(sweep, line)
    line.collect(0.0)
    sweep.wait(60)
    message, _ = line.collect(1.0)
    assert list(message["subjects"]) == [state.key]
    news = message["subjects"][state.key]
    assert {each["status"] for each in news["states"].values()} == {"COMPLETED"}
    assert len(news["states"]) == 4
    assert line.collect(1.1) is None, "nothing is left to say"


def test_an_observer_that_fails_stops_no_view_of_its_sweep(manager, capsys):
    sweep = fj.sweep("minimal", over={"k_paths": [1, 2]}, **SHORT)

    def broken(change):
        raise RuntimeError("a fault of the user's")

    sweep.observe(broken, "update")
    state = SweepState(sweep, Quiet())
    sweep.wait(60)
    news = state.state(full=False)
    assert news["rev"] > 1
    assert {each["status"] for each in news["states"].values()} == {"COMPLETED"}
    assert capsys.readouterr().err.count("RuntimeError: a fault of the user's") == 1
    sweep.unobserve(broken, "update")


def test_a_sweep_that_was_changed_elsewhere_is_taken_up(sweep):
    state = SweepState(sweep, Quiet())
    state.state(full=False)
    elsewhere = record.read(sweep.runs_dir, sweep.id)
    elsewhere.points.pop()
    record.write(sweep.runs_dir, elsewhere)
    state.poll()
    wait_for(lambda: len(state.whole()["points"]) == 2)


def test_new_points_are_sent_with_everything(sweep):
    state = SweepState(sweep, Quiet())
    state.state(full=False)
    sweep.extend(over={"k_paths": [4]}).wait(60)
    news = state.state(full=False)
    assert news["since"] == 0
    assert [place["values"] for place in news["points"]] == [["1"], ["2"], ["3"], ["4"]]


def test_a_deleted_sweep_is_reported_of(sweep):
    state = SweepState(sweep, Quiet())
    assert not state.poll()
    sweep.delete()
    assert state.poll()
    assert state.whole()["gone"]
    assert not state.poll(), "it is told once"


def test_repeats_are_a_parameter_of_the_view(manager):
    sweep = fj.sweep("minimal", over={"k_paths": [1]}, repeats=2, **SHORT).wait(60)
    state = SweepState(sweep, Quiet()).whole()
    assert state["parameters"] == ["k_paths", "repeat"]
    assert [place["values"] for place in state["points"]] == [["1", "0"], ["1", "1"]]


def test_a_page_opens_runs_of_this_sweep_only_and_retries_what_failed(sweep):
    view = SweepView(sweep)
    run_id = sweep.record.points[0].run_id
    view.answer("open", {"run": run_id})
    assert (view.opened_id, view.opened.run.id) == (run_id, run_id)
    view.answer("close", {})
    assert (view.opened_id, view.opened) == ("", None)
    other = fj.start("minimal", **SHORT).wait(60)
    for wanted in (other.id, "../x", None):
        with pytest.raises(ValueError, match="allowed: a run of this sweep"):
            view.answer("open", {"run": wanted})
    fj.run(run_id).delete()
    assert len(view.answer("retry", {})["new"]) == 1
    assert sweep.wait(60).counts == {"COMPLETED": 3}
    with pytest.raises(ValueError, match="allowed: open, close, cancel, retry"):
        view.answer("delete", {})
    view.close()


def test_a_page_cancels_the_runs_it_has_seen_and_is_told_what_goes_on_and_why(manager):
    fj.configure(max_concurrent_runs=1)
    occupied = fj.start(command=["sleep", "60"])
    try:
        sweep = fj.sweep("minimal", over={"k_paths": [1, 2, 3]}, **SHORT)
        first, second, third = (point.run_id for point in sweep.record.points)
        fj.start("minimal", k_paths=2, reuse=True, **SHORT)
        view = SweepView(sweep)
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # nobody would see them
            answer = view.answer("cancel", {"runs": [first, second, occupied.id]})
        (note,) = answer["notes"]
        assert note.startswith("1 run not cancelled, because somebody has asked for the same")
        assert second in note
        statuses = [fj.run(run_id).status for run_id in (first, second, third)]
        assert statuses == ["CANCELLED", "PENDING", "PENDING"]
        assert fj.run(occupied.id).status in ("PENDING", "RUNNING")
        with pytest.raises(ValueError, match="runs is None; allowed: a list of run ids"):
            view.answer("cancel", {})
        view.close()
    finally:
        fj.run(occupied.id).cancel()
    sweep.delete(force=True)


def test_a_page_cancels_no_run_of_others_for_a_sweep_that_was_deleted(manager):
    fj.configure(max_concurrent_runs=1)
    occupied = fj.start(command=["sleep", "60"])
    try:
        mine = fj.start("minimal", k_paths=1, **SHORT)
        sweep = fj.sweep("minimal", over={"k_paths": [1]}, **SHORT)
        view = SweepView(sweep)
        record.remove(manager.runs_dir, sweep.id)
        (note,) = view.answer("cancel", {"runs": [mine.id]})["notes"]
        assert "was deleted" in note
        assert mine.status == "PENDING"
        view.close()
    finally:
        occupied.cancel()
        mine.cancel()


def test_a_sweep_without_a_kernel_still_shows_its_grid(sweep):
    view = SweepView(sweep)
    bundle = view._repr_mimebundle_()
    assert "3 of 3 completed" in bundle["text/html"]
    assert bundle["text/plain"] == repr(sweep)
    assert "application/vnd.jupyter.widget-view+json" in bundle
    view.close()


def test_a_point_whose_output_was_removed_is_shown_as_such(sweep, manager):
    state = SweepState(sweep, Quiet())
    state.state(full=True)
    run_id = sweep.runs[1].id
    shutil.rmtree(manager.runs_dir / run_id / "output")
    assert state.poll()
    (news,) = state.state(full=False)["states"].items()
    assert news[0] == run_id
    assert news[1]["status"] is None
    assert "its output folder was removed" in news[1]["error"]
    assert not state.poll()
