"""Runs of a sweep that somebody has also asked for by themselves, and their labels."""

import re

import pytest
from helpers import wait_for

import fusion_jupyter as fj
from fusion_jupyter import cli, settings
from fusion_jupyter.manager.manager import RunManager

TINY = {"max_iters": 1, "num_requests": 50, "erlang_start": 300, "erlang_stop": 300}
LONG = {"simulator": "embedded", "max_iters": 1000, "num_requests": 1_000_000}


@pytest.fixture
def shared():
    """A sweep of two long runs, and the second as the user asked for it."""
    settings.configure(cancel_grace_seconds=0)
    sweep = fj.sweep("minimal", over={"k_paths": [1, 2]}, **LONG)
    mine = fj.start("minimal", k_paths=2, reuse=True, **LONG)
    assert mine.id == sweep.runs[1].id
    yield sweep, mine
    for run in sweep.runs:
        run.cancel()
        run.wait(60)


@pytest.mark.parametrize("by", ["python", "shell"])
def test_a_cancelled_sweep_leaves_the_run_that_somebody_asked_for(manager, shared, by, capsys):
    sweep, mine = shared
    if by == "python":
        with pytest.warns(UserWarning, match=f"1 run not cancelled, .* reuse=True: {mine.id}"):
            sweep.cancel()
    else:
        assert cli.main(["--runs-dir", str(manager.runs_dir), "cancel", sweep.id]) == 0
        assert "1 run not cancelled, because" in capsys.readouterr().out
    sweep.runs[0].wait(60)
    assert sweep.runs[0].record.status == "CANCELLED"
    current = manager.get_run(mine.id)
    assert not current.status.is_final
    assert not current.cancel_requested


def test_a_run_that_somebody_begins_to_share_during_a_delete_is_kept(manager, monkeypatch):
    settings.configure(cancel_grace_seconds=0)
    over = {"max_iters": [1, 1000]}
    options = {"simulator": "embedded", "num_requests": 1_000_000, "erlang_start": 300}
    options["erlang_stop"] = 300
    sweep = fj.sweep("minimal", over=over, **options)
    wait_for(lambda: sweep.counts.get("COMPLETED") == 1)
    cancel = RunManager.cancel

    def share_meanwhile(self, run_id, **given):
        mine = fj.start("minimal", max_iters=1, reuse=True, **options)
        assert mine.id == sweep.runs[0].id
        return cancel(self, run_id, **given)

    kept = sweep.runs[0].id
    monkeypatch.setattr(RunManager, "cancel", share_meanwhile)
    sweep.delete(force=True)
    assert [run.id for run in fj.runs()] == [kept]


def test_a_tag_that_a_sweep_has_added_meanwhile_stays(manager):
    mine = fj.start("minimal", k_paths=1, **TINY)
    mine.wait(60)
    manager.add_tags(manager.get_run(mine.id), ["paper"])
    mine.tag("figure 3")
    assert set(manager.get_run(mine.id).tags) == {"paper", "figure 3"}
    manager.add_tags(manager.get_run(mine.id), ["again"])
    mine.rename("best")
    mine.untag("paper")
    assert set(manager.get_run(mine.id).tags) == {"figure 3", "again"}


def test_a_sweep_goes_on_if_a_run_that_it_shares_can_take_no_more_tags(manager):
    tags = [f"tag {number}" for number in range(100)]
    mine = fj.start("minimal", k_paths=1, tags=tags, **TINY)
    mine.wait(60)
    with pytest.warns(UserWarning, match=f"run {mine.id}, .* tags has 101 words"):
        sweep = fj.sweep("minimal", over={"k_paths": [1, 3]}, tags=["paper"], **TINY)
    sweep.wait(60)
    assert sweep.runs[0].id == mine.id
    assert sweep.runs[1].tags == ("paper",)


def test_a_run_that_completed_before_its_cancel_arrived_is_shared_like_any_other(manager):
    mine = fj.start("minimal", k_paths=2, **TINY)
    mine.wait(60)
    (mine.directory / "cancel.json").write_text("{}")
    assert manager.get_run(mine.id).cancel_requested
    over = {"k_paths": [1, 2]}
    assert fj.sweep("minimal", over=over, dry_run=True, **TINY).missing == 1
    sweep = fj.sweep("minimal", over=over, **TINY)
    assert mine.id in set(sweep.points["run_id"])
    assert fj.start("minimal", k_paths=2, reuse=True, **TINY).id == mine.id


def test_a_cancel_says_which_other_sweeps_lose_runs(manager, capsys):
    settings.configure(cancel_grace_seconds=0)
    first = fj.sweep("minimal", over={"k_paths": [1, 2]}, name="first", **LONG)
    second = fj.sweep("minimal", over={"k_paths": [2, 3]}, name="second", **LONG)
    common = first.runs[1].id
    assert second.runs[0].id == common
    words = rf"1 run cancelled that the sweep 'second' \({second.id}\) also has: {common}"
    with pytest.warns(UserWarning, match=words):
        first.cancel()
    first.wait(60)
    assert cli.main(["--runs-dir", str(manager.runs_dir), "cancel", second.id]) == 0
    assert "also has" not in capsys.readouterr().out, "what has ended is not cancelled again"
    second.wait(60)


def refusing(monkeypatch, act, refused):
    """Let the manager's verb fail for these runs, as for those of another user."""
    original = getattr(RunManager, act)

    def refuse(self, run_id, **given):
        if run_id in refused:
            raise PermissionError(13, "Permission denied", f"{run_id}/cancel.json")
        return original(self, run_id, **given)

    monkeypatch.setattr(RunManager, act, refuse)


@pytest.mark.parametrize("by", ["python", "shell"])
def test_a_cancel_goes_on_after_a_run_that_may_not_be_cancelled_and_names_it(
    manager, monkeypatch, capsys, by
):
    settings.configure(cancel_grace_seconds=0, max_concurrent_runs=1)
    sweep = fj.sweep("minimal", over={"k_paths": [1, 2, 3]}, **LONG)
    theirs = sweep.runs[1].id
    with monkeypatch.context() as patched:
        refusing(patched, "cancel", {theirs})
        told = rf"1 run \({theirs}: .*Permission denied.*\) not cancelled"
        if by == "python":
            with pytest.warns(UserWarning, match=told):
                sweep.cancel()
        else:
            assert cli.main(["--runs-dir", str(manager.runs_dir), "cancel", sweep.id]) == 0
            assert re.search(told, capsys.readouterr().out)
        wait_for(lambda: sweep.counts.get("CANCELLED") == 2)
        assert not manager.get_run(theirs).cancel_requested
        with pytest.raises(PermissionError):  # nothing else is left to cancel
            sweep.cancel()


def test_a_delete_goes_on_after_a_run_that_may_not_be_ended_and_keeps_its_sweep(
    manager, monkeypatch
):
    settings.configure(cancel_grace_seconds=0, max_concurrent_runs=1)
    sweep = fj.sweep("minimal", over={"k_paths": [1, 2, 3]}, **LONG)
    theirs = sweep.runs[1].id
    with monkeypatch.context() as patched:
        refusing(patched, "cancel", {theirs})
        with pytest.raises(OSError, match=rf"stays with 1 run \({theirs}: .*\) not deleted"):
            sweep.delete(force=True)
    assert [run.id for run in fj.runs()] == [theirs]
    assert fj.sweep_by_id(sweep.id).runs[0].id == theirs
    sweep.delete(force=True)
    assert (len(fj.runs()), fj.sweeps()) == (0, [])
