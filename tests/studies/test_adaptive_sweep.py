"""A sweep with a precision: iterations go where the curves are uncertain, within a budget of time."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from helpers import wait_for

import fusion_jupyter as fj
from fusion_jupyter import settings
from fusion_jupyter.studies import record

#: Numbers of requests that keep a run busy until it is cancelled.
ENDLESS = [10**8, 2 * 10**8]
ONE_LOAD = {"erlang_start": 700, "erlang_stop": 700}
LOADS = {"num_requests": 2000, "erlang_start": 300, "erlang_stop": 700, "erlang_step": 200}


def run_folders(manager):
    return sorted(path.name for path in manager.runs_dir.iterdir() if len(path.name) == 12)


def test_loads_with_little_blocking_get_more_iterations_and_all_reach_the_precision(manager):
    sweep = fj.sweep("nsfnet_blocking", over={"k_paths": [1, 3]}, precision=0.1, **LOADS)
    sweep.wait(100)
    assert sweep.counts == {"COMPLETED": 2}
    frame = sweep.results()
    assert len(frame) == 2 * 3
    for _, curve in frame.groupby("k_paths"):
        assert curve["blocking"].is_monotonic_increasing
        assert curve["iterations"].is_monotonic_decreasing
        assert curve["iterations"].min() >= 5
        assert curve["iterations"].max() > 3 * curve["iterations"].min()
    half = (frame["blocking_high"] - frame["blocking_low"]) / 2 / frame["blocking"]
    assert (half <= 0.1).all()
    assert sweep.imprecise.empty


def test_loads_that_cannot_reach_the_precision_are_named_with_the_reason(manager):
    sweep = fj.sweep(
        "nsfnet_blocking", over={"k_paths": [3]}, precision=0.2, max_iters=20,
        num_requests=2000, erlang_start=100, erlang_stop=700, erlang_step=300,
    )  # fmt: skip
    sweep.wait(100)
    left = sweep.imprecise
    assert list(left.columns[:3]) == ["k_paths", "run_id", "erlang"]
    assert 100.0 in set(left["erlang"])
    assert 700.0 not in set(left["erlang"])
    nothing = left[left["erlang"] == 100.0].iloc[0]
    assert (nothing["iterations"], nothing["blocking"]) == (20, 0.0)
    assert nothing["relative_half_width"] == float("inf")
    assert "20 iterations, the most that max_iters allows" in nothing["reason"]


def test_a_budget_ends_what_is_left_keeps_what_is_computed_and_a_larger_one_goes_on(manager):
    asked = {
        "over": {"k_paths": [1, 3]}, "precision": 0.03, "max_iters": 10_000, "max_concurrent": 1,
        **LOADS,
    }  # fmt: skip
    short = fj.sweep("nsfnet_blocking", budget=1.0, **asked)
    short.wait(60)
    assert short.counts.get("CANCELLED", 0) >= 1
    left = short.imprecise
    assert not left.empty
    assert left["reason"].str.contains("budget of its sweep was used up").all()
    before = run_folders(manager)
    assert before == sorted(short.points["run_id"])
    with pytest.warns(fj.IncompleteResultsWarning, match="CANCELLED"):
        computed = short.results()
    assert len(computed) >= (left["iterations"] > 0).sum()

    assert fj.sweep("nsfnet_blocking", budget=1.0, **asked) is short
    assert run_folders(manager) == before
    more = fj.sweep("nsfnet_blocking", **asked)
    assert more is short
    more.wait(100)
    assert more.counts == {"COMPLETED": 2}
    assert more.imprecise.empty
    replaced = [run_id for point in more.record.points for run_id in point.previous]
    assert run_folders(manager) == sorted([*replaced, *more.points["run_id"]])


STARTER = """
import sys
import fusion_jupyter as fj
fj.configure(runs_dir=sys.argv[1], max_concurrent_runs=1)
sweep = fj.sweep("nsfnet_blocking", over={"k_paths": [1, 2, 3]}, precision=float(sys.argv[2]),
                 budget=float(sys.argv[3]), max_iters=100_000, num_requests=2000,
                 erlang_start=300, erlang_stop=700, erlang_step=200)
print("started", flush=True)
sweep.wait(100)
"""


def killed_kernel(manager, precision, budget):
    command = [sys.executable, "-c", STARTER, str(manager.runs_dir), str(precision), str(budget)]
    kernel = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
    assert kernel.stdout.readline() == b"started\n"
    os.killpg(kernel.pid, signal.SIGKILL)
    kernel.wait()
    kernel.stdout.close()
    return command


def test_points_that_are_added_after_the_budget_have_the_whole_budget_again(manager):
    over = {"num_requests": [10**8]}
    sweep = fj.sweep("nsfnet_blocking", over=over, precision=0.5, budget=4.0, **ONE_LOAD)
    assert sweep.wait(60).counts == {"CANCELLED": 1}
    sweep.extend(over={"num_requests": [1000]})
    assert sweep.wait(60).counts == {"CANCELLED": 1, "COMPLETED": 1}


@pytest.mark.parametrize("harm", ["run deleted", "results removed"])
@pytest.mark.filterwarnings("ignore:Sweep .* were removed")
def test_a_point_that_runs_again_after_the_budget_has_the_whole_budget_again(manager, harm):
    asked = {"over": {"k_paths": [3]}, "precision": 0.5, "budget": 500.0, **ONE_LOAD}
    sweep = fj.sweep("nsfnet_blocking", **asked).wait(60)
    assert sweep.counts == {"COMPLETED": 1}
    used_up = record.read(manager.runs_dir, sweep.id)
    used_up.deadline = time.time() - 1
    record.write(manager.runs_dir, used_up)
    if harm == "run deleted":
        sweep.runs[0].delete()
    else:
        shutil.rmtree(sweep.runs[0].directory / "output")
    again = fj.sweep("nsfnet_blocking", **asked).wait(60)
    assert again.counts == {"COMPLETED": 1}
    assert again.record.deadline > time.time() + 300


def deadlines(sweep):
    """When the budget of each run of a sweep ends."""
    return [
        json.loads((run.directory / "run.json").read_text()).get("deadline") for run in sweep.runs
    ]


@pytest.mark.parametrize("more", [800, None])
def test_a_larger_budget_holds_for_what_has_not_ended(manager, more):
    settings.configure(cancel_grace_seconds=0, max_concurrent_runs=1)
    asked = {"over": {"num_requests": [1000, *ENDLESS]}, "precision": 0.5, **ONE_LOAD}
    sweep = fj.sweep("nsfnet_blocking", budget=500.0, **asked)
    wait_for(lambda: sweep.counts.get("COMPLETED") == 1)
    done, *before = sweep.record.run_ids
    with pytest.warns(
        UserWarning, match=rf"budget is {more}( s)?: of 3 points .*, 2 had the earlier"
    ):
        assert fj.sweep("nsfnet_blocking", budget=more, **asked) is sweep
    assert sweep.record.run_ids[0] == done
    assert deadlines(sweep)[1:] == [sweep.record.deadline] * 2
    assert (more is None) == (sweep.record.deadline is None)
    # What has been replaced does not go on beside it.
    wait_for(lambda: all(manager.get_run(each).status == "CANCELLED" for each in before))
    kept = sweep.record.run_ids
    fj.sweep("nsfnet_blocking", budget=more, **asked)
    assert sweep.record.run_ids == kept


def test_a_replaced_run_that_somebody_else_has_asked_for_goes_on(manager):
    settings.configure(cancel_grace_seconds=0)
    asked = {"over": {"num_requests": ENDLESS}, "precision": 0.5, **ONE_LOAD}
    sweep = fj.sweep("nsfnet_blocking", budget=500.0, **asked)
    theirs = fj.sweep(
        "nsfnet_blocking", **{**asked, "over": {"num_requests": ENDLESS[:1]}}, budget=1.0
    )
    shared, alone = (run.id for run in sweep.runs)
    assert theirs.record.run_ids == [shared], "it has more time than theirs"
    with pytest.warns(UserWarning, match="2 had the earlier budget"):
        fj.sweep("nsfnet_blocking", budget=800.0, **asked)
    wait_for(lambda: manager.get_run(alone).status == "CANCELLED")
    assert not manager.get_run(shared).cancel_requested


def test_a_smaller_budget_is_no_budget_and_is_warned_of(manager):
    asked = {"over": {"k_paths": [3]}, "precision": 0.5, **ONE_LOAD}
    sweep = fj.sweep("nsfnet_blocking", **asked)
    with pytest.warns(UserWarning, match="budget is 1 s, but sweep .* with None, which stays"):
        fj.sweep("nsfnet_blocking", budget=1, **asked)
    sweep.wait(60).delete()
    sweep = fj.sweep("nsfnet_blocking", budget=500, **asked)
    with pytest.warns(UserWarning, match="budget is 2 s, but sweep .* with 500 s, which stays"):
        fj.sweep("nsfnet_blocking", budget=2, **asked)
    assert sweep.wait(60).record.budget == 500


def test_nobody_shares_an_unfinished_run_that_has_less_time(manager):
    settings.configure(cancel_grace_seconds=0, max_concurrent_runs=1)
    asked = {"precision": 0.5, **ONE_LOAD}
    first = fj.sweep("nsfnet_blocking", over={"num_requests": ENDLESS}, budget=500.0, **asked)
    over = {"num_requests": ENDLESS[1:]}
    more = fj.sweep("nsfnet_blocking", over=over, budget=800.0, **asked)
    assert set(more.record.run_ids).isdisjoint(first.record.run_ids)
    assert deadlines(more) == [more.record.deadline]
    options = dict(first.runs[0].record.options)
    alone = fj.start("nsfnet_blocking", overrides=options, simulator="embedded", reuse=True)
    assert alone.id not in first.record.run_ids


def test_a_budget_holds_without_a_kernel(manager):
    killed_kernel(manager, 0.001, 3)
    wait_for(lambda: all(run.status.is_final for run in manager.list_runs()), 60)
    assert {run.status.value for run in manager.list_runs()} == {"CANCELLED"}


def test_an_adaptive_sweep_whose_kernel_was_killed_is_resumed_and_no_point_runs_twice(manager):
    command = killed_kernel(manager, 0.05, 1000)
    subprocess.run(command, check=True, capture_output=True)
    (sweep,) = fj.sweeps()
    sweep.wait(60)
    assert sweep.counts == {"COMPLETED": 3}
    assert sweep.imprecise.empty
    assert run_folders(manager) == sorted(sweep.points["run_id"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"precision": 0.05, "simulator": "fusion"}, "precision is 0.05; allowed with the embedd"),
        ({"precision": 0.9}, "precision is '0.9'"),
        ({"budget": 60}, "budget is 60; allowed together with precision only"),
        (
            {"precision": 0.05, "budget": float("inf")},
            "budget is inf; allowed: a number of seconds",
        ),
        ({"precision": 0.05, "budget": 0}, "budget is 0; allowed: a number of seconds above 0"),
        ({"precision": 0.05, "overrides": {"precision": 0.1}}, "precision is given twice"),
    ],
)
def test_a_precision_that_means_nothing_is_refused_and_nothing_is_written(
    manager, arguments, message
):
    with pytest.raises(ValueError, match=message):
        fj.sweep("minimal", over={"k_paths": [1]}, **arguments)
    assert not manager.runs_dir.exists()


@pytest.mark.parametrize("template", ["deeprmsa", "optical_rl_gym"])
def test_a_precision_ends_loads_of_templates_that_switch_early_ends_off(template):
    sweep = fj.sweep(
        template, over={"k_paths": [3]}, precision=0.3, max_iters=60, num_requests=1000,
        erlang_start=400, erlang_stop=400,
    )  # fmt: skip
    sweep.wait(100)
    (row,) = sweep.results().itertuples()
    assert 5 <= row.iterations < 60
    assert sweep.imprecise.empty


def test_an_empty_precision_in_a_template_is_none(tmp_path):
    run = fj.start("minimal", erlang_start=300, erlang_stop=300, max_iters=1, num_requests=100)
    run.wait(60)
    text = (run.directory / "config.ini").read_text()
    template = tmp_path / "empty.ini"
    template.write_text(f"{text}\n[embedded_settings]\nprecision =\n")
    sweep = fj.sweep(template, over={"k_paths": [1]})
    sweep.wait(60)
    assert sweep.imprecise.empty
