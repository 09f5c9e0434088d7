"""The handle of a sweep: what it knows when it is found again, and after the sweep's end."""

import inspect
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from helpers import SHORT, wait_for

import fusion_jupyter as fj
from fusion_jupyter import settings
from fusion_jupyter.studies import record as sweep_records
from fusion_jupyter.studies.progress_line import ProgressLine
from fusion_jupyter.studies.sweep import Sweep

ONE_LOAD = {"simulator": "embedded", "max_iters": 2, "erlang_start": 300, "erlang_stop": 300}
#: A number of requests that keeps a run busy until it is cancelled.
ENDLESS = 10**8


def test_a_sweep_that_is_found_again_knows_at_once_how_its_runs_are(manager):
    sweep_id = fj.sweep("minimal", over={"k_paths": [1, 3]}, **SHORT).wait(60).id
    ask = f"""import fusion_jupyter as fj
fj.configure(runs_dir={str(manager.runs_dir)!r})
found = [*fj.sweeps(), fj.sweep_by_id({sweep_id!r})]
print([(each.counts, each.settled, each.fraction) for each in found])"""
    answer = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == str([({"COMPLETED": 2}, True, 1.0)] * 2)


def test_nobody_waits_for_a_sweep_that_was_deleted(manager):
    sweep = fj.sweep("minimal", over={"k_paths": [1, 3]}, **{**SHORT, "num_requests": 10**7})
    with ThreadPoolExecutor(1) as another:
        waiting = another.submit(sweep.wait, 60)
        sweep.delete(force=True)
        with pytest.raises(fj.SweepNotFoundError, match=f"Sweep {sweep.id} was deleted"):
            waiting.result(60)
    with pytest.raises(fj.SweepNotFoundError, match="was deleted"):
        sweep.wait(60)
    assert sweep.counts == {}
    assert repr(sweep).endswith("deleted)")


def test_a_deleted_sweep_can_be_requested_again(manager):
    request = {"over": {"k_paths": [1, 3]}, **SHORT}
    sweep = fj.sweep("minimal", **request).wait(60)
    sweep.delete()
    again = fj.sweep("minimal", **request).wait(60)
    assert again.counts == {"COMPLETED": 2}
    assert repr(again).endswith("2 of 2 completed)")


def test_a_name_instead_of_an_id_is_answered_with_the_id(manager):
    sweep = fj.sweep("minimal", over={"k_paths": [1]}, name="study", **SHORT).wait(60)
    with pytest.raises(fj.SweepNotFoundError, match=f"'study'; .* called so is '{sweep.id}'"):
        fj.sweep_by_id("study")


def test_a_saved_sweep_says_what_its_numbers_are(manager):
    sweep = fj.sweep("minimal", over={"k_paths": [1]}, **SHORT).wait(60)
    assert "numbers: blocking at the last load" in sweep._repr_html_()


def test_results_name_the_points_whose_run_failed(manager):
    sweep = fj.sweep("minimal", over={"k_paths": [1, 3]}, **{**SHORT, "num_requests": 50_000_000})
    sweep.cancel()
    sweep.wait(60)
    with pytest.warns(UserWarning, match=r"2 of 2 points .*: k_paths = 1 \(CANCELLED\); k_paths"):
        frame = sweep.results()
    assert len(frame) == 0
    assert frame.attrs["without_results"] == sweep.record.run_ids


def test_a_sweep_that_is_found_while_its_runs_are_created_waits_for_them(manager):
    request = {"over": {"k_paths": [1, 3]}, **SHORT}
    made = fj.sweep("minimal", **request).wait(60)
    missing = manager.runs_dir / made.record.run_ids[1]
    aside = manager.runs_dir.parent / "not yet"
    missing.rename(aside)
    with sweep_records.locked(manager.runs_dir, made.id):  # as its maker holds it meanwhile
        found = Sweep(manager.runs_dir, sweep_records.read(manager.runs_dir, made.id))
        with pytest.raises(TimeoutError):
            found.wait(1)
        aside.rename(missing)
    assert found.wait(60).counts == {"COMPLETED": 2}
    assert len(found.results()) == 4


def test_a_point_without_a_run_is_named_by_its_results(manager):
    sweep = fj.sweep("minimal", over={"k_paths": [1, 3]}, **SHORT).wait(60)
    sweep.runs[1].delete()
    with pytest.warns(
        fj.IncompleteResultsWarning, match=r"1 of 2 points .* k_paths = 3 \(no run\)"
    ):
        assert set(sweep.results()["k_paths"]) == {1}


def test_a_damaged_run_is_told_shared_with_nobody_and_retried(manager):
    request = {"over": {"k_paths": [1, 3]}, **SHORT}
    sweep = fj.sweep("minimal", **request).wait(60)
    damaged = sweep.runs[0].id
    (manager.runs_dir / damaged / "state.json").write_bytes(b"")  # as after a power cut
    with pytest.warns(UserWarning, match="of 2 points, 1 damaged; sweep.retry_failed"):
        sweep = fj.sweep("minimal", **request)
    with pytest.warns(fj.IncompleteResultsWarning, match=r"k_paths = 1 \(UNKNOWN\)"):
        sweep.wait(60).results()
    assert fj.start("minimal", k_paths=1, reuse=True, **SHORT).id != damaged
    sweep.retry_failed()
    assert sweep.wait(60).counts == {"COMPLETED": 2}
    assert damaged not in sweep.record.run_ids


def test_what_another_kernel_has_added_is_cancelled_and_deleted_too(manager):
    sweep = fj.sweep("minimal", over={"k_paths": [1]}, **SHORT).wait(60)
    elsewhere = Sweep(manager.runs_dir, sweep.record)
    sweep.extend(over={"k_paths": [3]})
    added = sweep.record.run_ids[1]
    assert elsewhere.record.run_ids != sweep.record.run_ids
    elsewhere.cancel()
    assert elsewhere.record.run_ids == sweep.record.run_ids
    sweep.wait(60)
    elsewhere.delete()
    assert not (manager.runs_dir / added).exists()


def test_the_arguments_of_a_sweeps_figure_and_results_are_listed_and_checked(manager):
    listed = inspect.signature(Sweep.plot_blocking).parameters
    assert list(listed)[1:] == list(inspect.signature(fj.plot_blocking).parameters)[1:]
    assert "pool" in inspect.signature(Sweep.results).parameters
    sweep = fj.sweep("minimal", over={"k_paths": [1, 3]}, **SHORT).wait(60)
    with pytest.raises(ValueError, match=r"hue is \['k_paths'\]; allowed: the name of a column"):
        sweep.plot_blocking(hue=["k_paths"])
    with pytest.raises(ValueError, match="col is 3; allowed: the name of a column"):
        sweep.plot_blocking(col=3)
    with pytest.raises(ValueError, match=r"level is 'load'; allowed: erlang, iteration"):
        sweep.results("load")


def watched(sweep):
    """What an observer of the totals has seen: whether all have ended, and the runs by status."""
    seen = []

    def note(change):
        seen.append((sweep.settled, dict(sweep.counts)))

    sweep.observe(note, ["settled", "counts", "fraction"])
    return seen


def test_the_totals_are_true_as_soon_as_points_were_added(manager):
    settings.configure(cancel_grace_seconds=0)
    sweep = fj.sweep("minimal", over={"num_requests": [100, 200]}, **ONE_LOAD).wait(60)
    seen = watched(sweep)
    sweep.extend(over={"num_requests": [ENDLESS, 2 * ENDLESS]})
    assert not sweep.settled
    assert sweep.counts["COMPLETED"] == 2
    assert sum(sweep.counts.values()) == 4
    assert 0.5 <= sweep.fraction < 1
    assert sweep.eta_seconds is None
    wait_for(lambda: seen)
    assert seen[0][0] is False, "the end of the earlier runs is not the end of the sweep"
    wait_for(lambda: sum(seen[-1][1].values()) == 4)
    sweep.cancel()
    while not sweep.settled:
        wait_for(lambda: len(seen) > 1)
    assert sweep.counts == {"COMPLETED": 2, "CANCELLED": 2}


def test_the_totals_are_true_as_soon_as_points_run_again(manager):
    settings.configure(cancel_grace_seconds=0)
    sweep = fj.sweep("minimal", over={"num_requests": [100, ENDLESS]}, **ONE_LOAD)
    wait_for(lambda: sweep.counts.get("COMPLETED") == 1)
    sweep.cancel()
    sweep.wait(60)
    seen = watched(sweep)
    sweep.retry_failed()
    assert not sweep.settled
    assert "CANCELLED" not in sweep.counts
    assert sum(sweep.counts.values()) == 2
    wait_for(lambda: seen)
    assert seen[0][0] is False
    sweep.cancel()
    sweep.wait(60)
    assert sweep.settled


def test_a_sweep_that_is_requested_again_stays_settled_for_its_observers(manager):
    request = {"over": {"num_requests": [100, 200]}, **ONE_LOAD}
    sweep = fj.sweep("minimal", **request).wait(60)
    seen = watched(sweep)
    assert fj.sweep("minimal", **request) is sweep
    assert sweep.extend(over={"num_requests": [200]}).settled
    assert seen == []


def test_an_observer_that_fails_keeps_nobody_waiting(manager):
    sweep = fj.sweep("minimal", over={"num_requests": [100, 200]}, **ONE_LOAD)
    sweep.observe(lambda change: 1 / 0, "settled")
    assert sweep.wait(60).counts == {"COMPLETED": 2}


def test_a_deleted_sweep_answers_no_more_from_the_runs_that_it_shared(manager):
    mine = fj.start("minimal", k_paths=1, **SHORT)
    sweep = fj.sweep("minimal", over={"k_paths": [1, 3]}, **SHORT).wait(60)
    sweep.delete()
    assert mine.wait(60).status == "COMPLETED"
    questions = (sweep.results, sweep.plot_blocking, lambda: sweep.imprecise, sweep.cancel)
    for question in (*questions, sweep.retry_failed, lambda: sweep.extend(over={"k_paths": [5]})):
        with pytest.raises(fj.SweepNotFoundError, match=sweep.id):
            question()


def test_a_view_knows_at_once_that_its_sweep_was_deleted(manager):
    sweep = fj.sweep("minimal", over={"k_paths": [1, 3]}, **SHORT).wait(60)
    shown = fj.SweepView(sweep)
    try:
        sweep.delete()
        assert shown._state.whole()["gone"]
    finally:
        shown.close()


def test_a_sweep_that_is_requested_again_says_which_points_have_no_result(manager):
    settings.configure(cancel_grace_seconds=0)
    request = {"over": {"num_requests": [100, ENDLESS]}, **ONE_LOAD}
    sweep = fj.sweep("minimal", **request)
    wait_for(lambda: sweep.counts.get("COMPLETED") == 1)
    sweep.cancel()
    sweep.wait(60)
    with pytest.warns(UserWarning, match=r"of 2 points, 1 cancelled; sweep\.retry_failed\(\)"):
        assert fj.sweep("minimal", **request) is sweep


def test_a_second_request_gives_the_sweep_its_name_and_adds_its_tags(manager):
    request = {"over": {"k_paths": [1, 3]}, **SHORT}
    sweep = fj.sweep("minimal", name="first", tags=["paper"], **request).wait(60)
    assert fj.sweep("minimal", **request) is sweep
    assert (sweep.name, sweep.tags) == ("first", ("paper",))
    fj.sweep("minimal", name="second", tags=["figure 3"], **request)
    assert (sweep.name, sweep.tags) == ("second", ("paper", "figure 3"))
    assert fj.sweep_by_id(sweep.id).record == sweep.record
    assert len(fj.runs(tags=["paper", "figure 3"])) == 2
    with pytest.warns(UserWarning, match="max_concurrent is 1, but sweep .* with None"):
        fj.sweep("minimal", max_concurrent=1, **request)


def test_a_sweep_is_renamed_and_tagged_with_its_runs(manager):
    mine = fj.start("minimal", k_paths=1, tags=["mine"], **SHORT)
    sweep = fj.sweep("minimal", over={"k_paths": [1, 3]}, tags=["old"], **SHORT).wait(60)
    own = sweep.runs[1].id
    sweep.rename("the best")
    sweep.tag("paper", ["figure 3"])
    sweep.untag("old")
    assert (sweep.name, sweep.tags) == ("the best", ("paper", "figure 3"))
    assert set(manager.get_run(own).tags) == {"paper", "figure 3"}
    assert set(manager.get_run(mine.id).tags) == {"mine", "old", "paper", "figure 3"}
    assert sweep.settled
    with pytest.raises(ValueError, match="name is ' '"):
        sweep.rename(" ")
    with pytest.raises(ValueError, match="tags has ''"):
        sweep.tag("")
    sweep.delete()
    with pytest.raises(fj.SweepNotFoundError):
        sweep.rename("gone")


def test_the_check_of_many_points_says_how_far_it_is(manager, monkeypatch):
    said = []
    monkeypatch.setattr(ProgressLine, "show", lambda self, text: said.append(text))
    over = {"first_seed": list(range(2001))}
    plan = fj.sweep("minimal", over=over, dry_run=True, **SHORT)
    assert plan.missing == 2001
    assert said[2000] == "2,000 of 2,001 points checked; nothing is started yet"
    said.clear()
    fj.sweep("minimal", over={"first_seed": [1, 2]}, dry_run=True, **SHORT)
    assert said == []


def test_a_point_whose_run_was_deleted_gets_a_run_of_its_own_and_not_the_deleted_ones_state(
    manager,
):
    request = {"over": {"k_paths": [1, 3]}, **SHORT}
    sweep = fj.sweep("minimal", **request).wait(60)
    deleted, kept = sweep.runs
    manager.delete(deleted.id)
    sweep = fj.sweep("minimal", **request)
    new = sweep.runs[0]
    assert new.id != deleted.id
    assert sweep.points["status"][0] == manager.get_run(new.id).status
    with pytest.raises(fj.RunNotFoundError):
        deleted.results()
    assert sweep.wait(60).counts == {"COMPLETED": 2}
    assert sweep.record.run_ids == [new.id, kept.id]
    assert {run.id for run in fj.runs()} == {new.id, kept.id}
    # Points that are added name no deleted run either.
    manager.delete(new.id)
    sweep.extend(over={"k_paths": [5]}).wait(60)
    assert sweep.counts == {"COMPLETED": 3}
    assert new.id not in sweep.record.run_ids


@pytest.mark.parametrize("deleted", [1, 2])
def test_a_sweep_whose_points_have_no_run_has_not_completed(manager, deleted):
    sweep = fj.sweep("minimal", over={"k_paths": [1, 3]}, **SHORT).wait(60)
    assert sweep.wait(60, check=True) is sweep
    assert len(fj.wait(sweep, check=True)) == 2
    for run in sweep.runs[2 - deleted :]:
        run.delete()
    point = {1: "k_paths = 3", 2: "k_paths = 1"}[deleted]
    with pytest.raises(fj.RunNotFoundError, match=rf"of {point} is gone; retry_failed\(\)"):
        sweep.wait(60, check=True)
    with pytest.raises(fj.RunNotFoundError, match=f"of {point} is gone"):
        fj.wait(sweep, check=True)
    assert len(fj.wait(sweep)) == 2 - deleted


def test_a_deleted_run_is_not_one_that_has_not_ended(manager):
    settings.configure(cancel_grace_seconds=0, max_concurrent_runs=1)
    over = {"num_requests": [ENDLESS, 2 * ENDLESS, 3 * ENDLESS]}
    sweep = fj.sweep("minimal", over=over, **ONE_LOAD)
    manager.delete(sweep.runs[1].id, force=True)
    with pytest.raises(TimeoutError, match=rf"^2 runs of sweep {sweep.id} have not ended"):
        sweep.wait(0.01)
    sweep.cancel()
    sweep.wait(60)


def test_a_run_that_is_created_again_has_the_limit_and_the_tags_of_its_sweep(manager):
    request = {"over": {"k_paths": [1, 3]}, **SHORT}
    sweep = fj.sweep("minimal", tags=["paper"], max_concurrent=2, **request).wait(60)
    sweep.runs[0].delete()
    with pytest.warns(UserWarning, match="max_concurrent is 3, but sweep .* with 2, which stays"):
        fj.sweep("minimal", max_concurrent=3, **request)
    new = sweep.wait(60).runs[0]
    assert json.loads((new.directory / "run.json").read_text())["max_concurrent"] == 2
    assert new.tags == ("paper",)


def test_what_is_being_cancelled_is_retried(manager):
    settings.configure(cancel_grace_seconds=60, max_concurrent_runs=1)
    sweep = fj.sweep("minimal", over={"num_requests": [ENDLESS, 2 * ENDLESS]}, **ONE_LOAD)
    wait_for(lambda: sweep.counts.get("RUNNING") == 1)
    before = sweep.record.run_ids
    sweep.cancel()
    new = sweep.retry_failed()
    assert (len(new), set(new) & set(before)) == (2, set())
    assert sweep.record.run_ids == new
    sweep.cancel()
    assert sweep.retry_failed(cancelled=False) == []
    with pytest.warns(UserWarning, match=r"of 2 points, 2 cancelled; sweep\.retry_failed\(\)"):
        fj.sweep("minimal", over={"num_requests": [ENDLESS, 2 * ENDLESS]}, **ONE_LOAD)
    settings.configure(cancel_grace_seconds=0)


@pytest.mark.parametrize("harm", ["run.json damaged", "config.ini damaged", "config.ini gone"])
def test_a_point_is_retried_from_the_sweep_if_its_run_cannot_tell_what_it_was(manager, harm):
    request = {"over": {"k_paths": [1, 3, 5]}, **SHORT}
    sweep = fj.sweep("minimal", **request).wait(60)
    expected = [run.record.fingerprint for run in sweep.runs]
    first, second, _ = sweep.runs
    for run in (first, second):
        state = run.directory / "state.json"
        state.write_text(json.dumps(json.loads(state.read_text()) | {"status": "FAILED"}))
    name, kind = harm.split()
    if kind == "damaged":
        (first.directory / name).write_text("{ broken")
    else:
        (first.directory / name).unlink()
    assert len(sweep.retry_failed()) == 2
    assert sweep.wait(60).counts == {"COMPLETED": 3}
    assert [run.record.fingerprint for run in sweep.runs] == expected
