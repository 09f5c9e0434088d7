"""A sweep: many runs as one thing, each point once, whoever asks and however often."""

import asyncio
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import types
import warnings

import matplotlib as mpl
import pandas as pd
import pytest
from helpers import SHORT, wait_for

import fusion_jupyter as fj
from fusion_jupyter import formatting, settings
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.studies import sweep_html
from fusion_jupyter.studies.record import SweepPoint, SweepRecord

mpl.use("Agg")
import matplotlib.pyplot as plt


def run_folders(manager):
    return sorted(path.name for path in manager.runs_dir.iterdir() if len(path.name) == 12)


def test_twelve_runs_take_one_call_and_give_one_frame(manager):
    sweep = fj.sweep(
        "minimal",
        over={"k_paths": [1, 3, 5], "network": ["NSFNet", "USNet"], "guard_slots": [0, 1]},
        **SHORT,
    )
    sweep.wait(120)
    assert sweep.counts == {"COMPLETED": 12}
    assert (sweep.fraction, sweep.eta_seconds, sweep.settled) == (1.0, None, True)
    frame = sweep.results()
    assert len(frame) == 12 * 2
    assert set(frame["k_paths"]) == {1, 3, 5}
    assert set(frame["network"]) == {"NSFNet", "USNet"}
    assert list(sweep.points.columns[:3]) == ["k_paths", "network", "guard_slots"]
    assert [run.id for run in sweep.runs] == list(sweep.points["run_id"])
    assert len(fj.runs()) == 12


def test_a_sweep_shows_itself_as_a_grid_or_a_table(manager):
    grid = fj.sweep("minimal", over={"network": ["NSFNet", "USNet"], "k_paths": [1, 2]}, **SHORT)
    page = grid.wait(60)._repr_html_()
    assert "4 of 4 completed" in page
    assert page.count("<td") == 4
    assert "network \\ k_paths" in page
    over = {"k_paths": [1], "c_band": [64, 320], "guard_slots": [0, 1]}
    table = fj.sweep("minimal", over=over, name="<b>bold</b>", **SHORT).wait(60)._repr_html_()
    assert table.count("<tr>") == 5
    assert "&lt;b&gt;bold" in table


def test_a_saved_sweep_shows_repeats_as_one_point_over_all_their_iterations(manager):
    options = {**SHORT, "erlang_start": 900, "erlang_stop": 900}
    sweep = fj.sweep("minimal", over={"k_paths": [1, 3]}, repeats=3, **options).wait(60)
    page = sweep._repr_html_()
    assert page.count("<td") == 2
    for blocking in sweep.results(pool=True)["blocking"]:
        assert f">{formatting.probability(blocking)}</td>" in page
    deleted = sweep.record.run_ids[0]
    page = saved(sweep.record, lambda each: None if each == deleted else sweep.summary(each))
    assert page.count("(2 of 3)</td>") == 1


def saved(record, summary=lambda run_id: None):
    """The HTML of a sweep of which no more is known."""
    known = {"id": record.id, "name": record.name, "parameters": record.parameters}
    totals = {"counts": {}, "eta_seconds": None, "is_deleted": False}
    return sweep_html.to_html(
        types.SimpleNamespace(record=record, summary=summary, **known, **totals)
    )


def test_a_large_sweep_is_saved_as_a_table_that_says_how_many_points_it_leaves_out():
    def page(*sizes):
        names = ("k_paths", "c_band")[: len(sizes)]
        values = itertools.product(*(range(1, size + 1) for size in sizes))
        points = [
            SweepPoint(parameters=dict(zip(names, each, strict=True)), run_id=f"{number:012x}")
            for number, each in enumerate(values)
        ]
        record = SweepRecord(version=1, id="0" * 12, name="large", points=points)
        return saved(record)

    assert page(16).count("<tr>") == 2, "a grid of one row"
    assert page(17).count("<tr>") == 18
    assert "and 960 more" in page(1000)
    assert len(page(1000)) < 10_000
    assert page(5, 30).count("<th>") == 1 + 5, "the parameter with fewer values is across"
    assert page(5, 40).count("<tr>") == 41
    assert "and 165 more" in page(5, 41)


def test_the_same_sweep_requested_again_is_the_same_and_runs_nothing_twice(manager):
    first = fj.sweep("minimal", over={"k_paths": [1, 2]}, **SHORT)
    again = fj.sweep("minimal", over={"k_paths": [1, 2]}, name="another name", **SHORT)
    assert again is first
    first.wait(60)
    assert fj.sweep("minimal", over={"k_paths": [1, 2]}, **SHORT).id == first.id
    assert len(run_folders(manager)) == 2
    assert fj.sweep("minimal", over={"k_paths": [1, 3]}, **SHORT).id != first.id


def test_a_run_that_was_made_before_is_shared_and_never_deleted_with_the_sweep(manager):
    alone = fj.start("minimal", k_paths=2, **SHORT)
    alone.wait(60)
    sweep = fj.sweep("minimal", over={"k_paths": [1, 2]}, **SHORT)
    sweep.wait(60)
    assert len(run_folders(manager)) == 2
    assert alone.id in set(sweep.points["run_id"])
    sweep.delete()
    assert run_folders(manager) == [alone.id]
    with pytest.raises(fj.SweepNotFoundError):
        fj.sweep_by_id(sweep.id)


def test_a_bad_value_in_one_point_starts_nothing_and_is_named(manager):
    with pytest.raises(fj.SweepError) as raised:
        fj.sweep("minimal", over={"k_paths": [1, 0, 3], "c_band": [320]}, **SHORT)
    text = str(raised.value)
    assert "point 1 (k_paths = 0, c_band = 320)" in text
    assert "k_paths is '0'" in text
    assert "allowed: a whole number, 1 or more" in text
    assert raised.value.problems.keys() == {1}
    assert not manager.runs_dir.exists() or run_folders(manager) == []
    assert fj.sweeps() == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "over and points: allowed: exactly one"),
        ({"over": {"k_paths": []}}, "over\\['k_paths'\\] is empty"),
        ({"over": {"k_paths": 3}}, "over\\['k_paths'\\] is 3; allowed: a list"),
        ({"over": {"network": "NSFNet"}}, "over\\['network'\\] is 'NSFNet'; allowed: a list"),
        ({"over": {"k_paths": [1, 1]}}, "points 0 and 1 are the same"),
        ({"points": [{"k_paths": 1}, {"c_band": 2}]}, "differs from the first in the options"),
        ({"over": {"k_paths": [1]}, "repeats": 0}, "repeats is 0; allowed"),
        ({"over": {"k_paths": [1]}, "k_paths": 3}, "k_paths: given for all points and"),
        ({"over": {"k_paths": [1]}, "engine": "moon"}, "engine is 'moon'; allowed"),
        ({"over": {"k_paths": [1]}, "max_concurrent": 0}, "max_concurrent is 0; allowed"),
        ({"over": {"k_paths": range(10**6)}}, "has 1,000,000 points; allowed: up to 100,000"),
        ({"over": {"k_pats": [1]}}, "^k_pats is not an option; did you mean k_paths"),
        ({"over": {"k_paths": ["1", 1]}}, "points 0 and 1 are the same"),
        ({"over": {"simulator": ["embedded"]}}, "^simulator is not an option and cannot vary"),
        ({"points": [{"tags": ["a"]}]}, "^tags is not an option and cannot vary within a sweep"),
        ({"over": {"k_paths": [1]}, "dryrun": True}, "dryrun is not an option; did you mean dry_r"),
        ({"over": {"k_paths": [1]}, "dry_run": "yes"}, "dry_run is 'yes'; allowed: True or False"),
    ],
)
def test_a_sweep_that_means_nothing_is_refused_with_what_is_allowed(manager, arguments, message):
    with pytest.raises(ValueError, match=message):
        fj.sweep("minimal", **arguments)
    assert not manager.runs_dir.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"template": "minimall"}, "template is 'minimall'; allowed: .* mean 'minimal'"),
        ({"simulator": "embeded"}, "simulator is 'embeded'; allowed"),
        ({"engine": "moon"}, "engine is 'moon'; allowed"),
        ({"engine": "local", "engine_options": {"time": "1:00"}}, "engine_options"),
        ({"tags": "one two"}, "tags is 'one two'; allowed: a list of words"),
        ({"tags": ["\x00"]}, "tags has"),
        ({"max_concurrent": 0}, "max_concurrent is 0; allowed"),
    ],
)
def test_what_all_points_share_is_reported_once_and_not_as_a_fault_of_a_point(
    manager, arguments, message
):
    with pytest.raises(ValueError, match=message) as raised:
        fj.sweep(over={"k_paths": [1, 2, 3]}, **arguments)
    assert "point" not in str(raised.value)
    assert not manager.runs_dir.exists()


def test_a_sweep_counts_and_indexes_its_runs_and_is_true_even_when_all_are_gone(manager):
    sweep = fj.sweep("minimal", over={"k_paths": [1, 2, 3]}, **SHORT).wait(60)
    assert len(sweep) == len(list(sweep)) == 3
    assert sweep[0].id == sweep.runs[0].id
    assert [run.id for run in sweep[1:]] == [run.id for run in sweep.runs][1:]
    for run in sweep.runs:
        run.delete()
    assert (len(sweep), bool(sweep)) == (0, True)


def test_a_time_that_no_thread_can_wait_is_for_ever_and_a_negative_one_is_refused(manager):
    sweep = fj.sweep("minimal", over={"k_paths": [1]}, **SHORT)
    assert sweep.wait(1e12).settled
    assert sweep.wait(float("inf")) is sweep
    assert sweep.runs[0].wait(1e12).status == "COMPLETED"
    with pytest.raises(ValueError, match="timeout is -1; allowed: a number of seconds, 0 or more"):
        sweep.wait(-1)


def test_points_are_listed_one_by_one_or_as_a_frame(manager):
    rows = [{"k_paths": 1, "c_band": 64}, {"k_paths": 3, "c_band": 128}]
    sweep = fj.sweep("minimal", points=rows, **SHORT)
    assert list(sweep.points["c_band"]) == [64, 128]
    again = fj.sweep("minimal", points=pd.DataFrame(rows), **SHORT)
    assert again.id == sweep.id
    again.wait(60)


def test_a_dry_run_starts_nothing_and_estimates_by_earlier_runs(manager):
    plan = fj.sweep("minimal", over={"k_paths": [1, 2, 3]}, dry_run=True, **SHORT)
    assert (len(plan.points), plan.missing, plan.seconds) == (3, 3, None)
    assert "no earlier run" in repr(plan)
    fj.start("minimal", k_paths=2, **SHORT).wait(60)
    plan = fj.sweep("minimal", over={"k_paths": [1, 2, 3]}, dry_run=True, **SHORT)
    assert (plan.missing, list(plan.to_frame()["status"].notna())) == (2, [False, True, False])
    assert plan.seconds > 0
    assert "the rate of the last run" in repr(plan)
    assert "k_paths" in plan._repr_html_()
    assert len(run_folders(manager)) == 1


def test_a_sweep_is_extended_and_its_failed_points_are_retried(manager, tmp_path):
    sweep = fj.sweep("minimal", over={"k_paths": [1, 2]}, **SHORT)
    sweep.wait(60)
    damaged = sweep.runs[0]
    state = damaged.directory / "state.json"
    state.write_text(json.dumps(json.loads(state.read_text()) | {"status": "FAILED"}))
    sweep.extend(over={"k_paths": [2, 3]})
    sweep.wait(60)
    assert list(sweep.points["k_paths"]) == [1, 2, 3]
    assert sweep.counts == {"COMPLETED": 2, "FAILED": 1}
    (new,) = sweep.retry_failed()
    sweep.wait(60)
    assert sweep.counts == {"COMPLETED": 3}
    assert sweep.points["run_id"][0] == new != damaged.id
    assert sweep.record.points[0].previous == [damaged.id]
    assert len(run_folders(manager)) == 4
    with pytest.raises(ValueError, match="the new points set c_band; allowed: .* k_paths"):
        sweep.extend(over={"c_band": [64]})


def test_one_run_is_singular(manager):
    alone = {"over": {"k_paths": [1]}}
    plan = fj.sweep("minimal", **alone, **SHORT, dry_run=True)
    assert repr(plan).startswith("SweepPlan(1 run, 0 exist already, ")
    endless = {"num_requests": 100_000, "max_iters": 1000, "is_training": True}
    sweep = fj.sweep("minimal", **alone, **{**SHORT, **endless})
    with pytest.raises(ValueError, match=r"^1 run of sweep \w+ has not ended; allowed: cancel"):
        sweep.delete()
    with pytest.raises(TimeoutError, match=r"^1 run of sweep \w+ has not ended after 0 s$"):
        sweep.wait(0)
    sweep.cancel()
    sweep.wait(30)


def test_a_sweep_is_cancelled_as_a_whole(manager):
    settings.configure(max_concurrent_runs=1)
    sweep = fj.sweep(
        "minimal",
        over={"k_paths": [1, 2, 3, 4]},
        **{**SHORT, "num_requests": 100_000, "max_iters": 1000, "is_training": True},
    )
    wait_for(lambda: sweep.counts.get("RUNNING") == 1)
    with pytest.raises(ValueError, match="runs of sweep .* have not ended"):
        sweep.delete()
    sweep.cancel()
    sweep.wait(30)
    assert sweep.counts == {"CANCELLED": 4}


@pytest.mark.skipif("first_seed" not in fj.options(), reason="the option is not there yet")
def test_repeats_are_independent_and_their_seeds_follow_one_another(manager):
    sweep = fj.sweep("minimal", over={"k_paths": [1]}, repeats=3, c_band=40, **SHORT)
    sweep.wait(60)
    assert list(sweep.points["repeat"]) == [0, 1, 2]
    seeds = [run.record.options.get("first_seed", 1) for run in sweep.runs]
    assert seeds == [1, 3, 5]
    blocking = sweep.results("iteration").groupby("repeat")["blocking"].apply(tuple)
    assert len(set(blocking)) == 3


def test_a_sweep_can_be_awaited_and_found_again_from_another_process(manager):
    sweep = fj.sweep("minimal", over={"k_paths": [1, 2]}, name="a study", **SHORT)

    async def awaited():
        return await sweep

    assert asyncio.run(awaited()) is sweep
    text = (
        "import fusion_jupyter as fj, sys\n"
        "fj.configure(runs_dir=sys.argv[1])\n"
        "(found,) = fj.sweeps()\n"
        "found.wait(30)\n"
        "assert fj.sweep_by_id(sys.argv[2][:4]).id == sys.argv[2]\n"
        "print(found.name, found.counts)\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", text, str(manager.runs_dir), sweep.id],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert found == "a study {'COMPLETED': 2}\n"


STARTER = """
import os, sys
import fusion_jupyter as fj
fj.configure(runs_dir=sys.argv[1], max_concurrent_runs=2)
print("go", flush=True)
sweep = fj.sweep("minimal", over={"k_paths": list(range(1, 41))}, simulator="embedded",
                 max_iters=1, num_requests=50, erlang_start=300, erlang_stop=300)
print("started", flush=True)
sweep.wait(100)
"""


@pytest.mark.parametrize("delay", [0.0, 0.05, 0.1, 0.2, 0.4])
def test_a_kernel_killed_in_the_middle_loses_no_point_and_runs_none_twice(manager, delay):
    """Killed at any moment; the same cell executed again goes on with what is missing."""
    command = [sys.executable, "-c", STARTER, str(manager.runs_dir)]
    killed = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
    assert killed.stdout.readline() == b"go\n"
    time.sleep(delay)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    killed.stdout.close()
    again = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (again.stdout, again.returncode) == ("go\nstarted\n", 0), again.stderr
    (sweep,) = fj.sweeps()
    sweep.wait(60)
    assert sweep.counts == {"COMPLETED": 40}
    assert run_folders(manager) == sorted(sweep.points["run_id"])
    assert [run.record.options["k_paths"] for run in sweep.runs] == list(range(1, 41))


def test_many_starters_of_one_sweep_at_once_make_it_once(manager):
    command = [sys.executable, "-c", STARTER, str(manager.runs_dir)]
    starters = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(4)]
    assert [starter.wait(110) for starter in starters] == [0] * 4
    (sweep,) = fj.sweeps()
    assert sweep.wait(60).counts == {"COMPLETED": 40}
    assert len(run_folders(manager)) == 40


def test_many_starters_of_a_sweep_with_deleted_runs_create_each_once(manager):
    options = {"simulator": "embedded", "max_iters": 1, "num_requests": 50}
    options |= {"erlang_start": 300, "erlang_stop": 300}
    sweep = fj.sweep("minimal", over={"k_paths": range(1, 41)}, **options).wait(60)
    deleted = [run.id for run in sweep.runs[::2]]
    for run_id in deleted:
        manager.delete(run_id)
    command = [sys.executable, "-c", STARTER, str(manager.runs_dir)]
    starters = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(3)]
    assert [starter.wait(110) for starter in starters] == [0] * 3
    again = fj.sweep("minimal", over={"k_paths": range(1, 41)}, **options).wait(60)
    assert again.counts == {"COMPLETED": 40}
    assert run_folders(manager) == sorted(again.record.run_ids)
    assert not set(deleted) & set(again.record.run_ids)
    assert [run.record.options["k_paths"] for run in again.runs] == list(range(1, 41))


def test_a_damaged_record_of_one_sweep_hides_no_other(manager):
    sweep = fj.sweep("minimal", over={"k_paths": [1]}, **SHORT)
    folder = manager.runs_dir / "sweeps"
    (folder / "aaaaaaaaaaaa.json").write_text("{")
    (folder / "bbbbbbbbbbbb.json").symlink_to("/dev/zero")
    os.mkfifo(folder / "cccccccccccc.json")
    assert [found.id for found in fj.sweeps()] == [sweep.id]
    with pytest.raises(fj.FusionJupyterError, match="damaged"):
        fj.sweep_by_id("aaaa")
    newer = json.loads((folder / f"{sweep.id}.json").read_text()) | {"version": 99}
    (folder / "dddddddddddd.json").write_text(json.dumps(newer))
    with pytest.raises(fj.FusionJupyterError, match="newer version of fusion_jupyter"):
        fj.sweep_by_id("dddd")
    sweep.wait(60)


def test_a_thousand_points_are_accepted_soon(manager):
    settings.configure(max_concurrent_runs=1)
    begin = time.monotonic()
    sweep = fj.sweep("minimal", over={"k_paths": range(1, 11), "c_band": range(100, 200)}, **SHORT)
    print(f"1,000 points accepted in {time.monotonic() - begin:.2f} s")
    assert len(sweep.record.points) == len(run_folders(manager)) == 1000
    sweep.cancel()
    sweep.wait(60)
    assert RunManager(manager.runs_dir).list_runs("running") == []


def test_a_run_of_a_sweep_that_was_deleted_is_left_out_of_its_results(manager):
    sweep = fj.sweep("minimal", over={"k_paths": [1, 3]}, **SHORT)
    sweep.wait(60)
    sweep.runs[0].delete()
    with pytest.warns(fj.IncompleteResultsWarning, match=r"k_paths = 1 \(no run\)"):
        assert set(sweep.results()["k_paths"]) == {3}
    assert sweep.counts == {"COMPLETED": 1}
    assert list(sweep.points["status"].isna()) == [True, False]
    assert len(sweep.runs) == 1


def test_asking_again_for_a_sweep_whose_results_were_removed_says_so_and_runs_them_again(manager):
    over = {"k_paths": [1, 2, 3]}
    sweep = fj.sweep("minimal", over=over, **SHORT).wait(60)
    lost, *kept = [run.id for run in sweep.runs]
    before = sweep.results()
    shutil.rmtree(manager.runs_dir / lost / "output")
    with pytest.warns(
        UserWarning, match=r"1 of 3 points .* k_paths = 1 \(results removed\); retry_"
    ):
        assert set(sweep.results()["k_paths"]) == {2, 3}
    with pytest.warns(
        UserWarning, match=rf"1 of 3 runs were removed \({lost}\).*run again"
    ) as said:
        again = fj.sweep("minimal", over=over, **SHORT).wait(60)
    assert said[0].filename == __file__, "the warning names the user's line"
    assert again is sweep
    new, *others = [run.id for run in sweep.runs]
    assert others == kept
    assert new != lost
    same = ["k_paths", "erlang", "blocking"]
    pd.testing.assert_frame_equal(sweep.results()[same], before[same])
    assert len(run_folders(manager)) == 4, "the run without results is kept"
    fj.sweep("minimal", over=over, **SHORT)
    assert len(run_folders(manager)) == 4


def test_a_retry_runs_a_point_again_whose_results_were_removed(manager):
    sweep = fj.sweep("minimal", over={"k_paths": [1, 2]}, **SHORT).wait(60)
    lost = sweep.runs[1].id
    shutil.rmtree(manager.runs_dir / lost / "output")
    (new,) = sweep.retry_failed()
    sweep.wait(60)
    assert [run.id for run in sweep.runs][1] == new != lost
    assert set(sweep.results()["k_paths"]) == {1, 2}
    assert sweep.retry_failed() == []


def test_the_tags_of_a_sweep_are_added_to_the_runs_that_it_shares(manager):
    alone = fj.start("minimal", k_paths=2, tags=["mine"], **SHORT)
    sweep = fj.sweep("minimal", over={"k_paths": [1, 2]}, tags=["paper"], **SHORT).wait(60)
    assert alone.id in {run.id for run in sweep.runs}
    assert {run.id for run in fj.runs(tags="paper")} == {run.id for run in sweep.runs}
    assert list(fj.run(alone.id).tags) == ["mine", "paper"]


def test_networks_given_as_links_have_names_of_their_own(manager):
    square = [("A", "B", 100), ("B", "C", 50), ("C", "D", 80), ("D", "A", 90)]
    longer = [(source, target, 10 * length) for source, target, length in square]
    sweep = fj.sweep("minimal", over={"network": [square, longer]}, **SHORT).wait(60)
    names = [run.record.network for run in sweep.runs]
    assert len(set(names)) == 2
    assert all(re.fullmatch("network-[0-9a-f]{6}", name) for name in names)
    assert list(sweep.points["network"]) == names
    assert set(sweep.results()["network"]) == set(names)
    assert sweep.runs[0].name == f"network = {names[0]}"
    for run, name in zip(sweep.runs, names, strict=True):
        assert (run.directory / "inputs" / f"{name}.txt").is_file()
        assert name in sweep._repr_html_()
    alone = fj.start("minimal", network=square, reuse=True, **SHORT)
    assert alone.id == sweep.runs[0].id


def test_varying_an_option_without_effect_is_warned_of(manager):
    options = {"max_iters": 1, "num_requests": 50, "erlang_start": 300, "erlang_stop": 300}
    with pytest.warns(UserWarning, match="seed: no effect .* 'embedded'"):
        fj.sweep("minimal", over={"seed": [1, 2]}, simulator="embedded", **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fj.sweep("minimal", over={"first_seed": [1, 2]}, simulator="embedded", **options)


def test_points_to_add_that_miss_an_option_name_it(manager):
    options = {"max_iters": 1, "num_requests": 50, "erlang_start": 300, "erlang_stop": 300}
    sweep = fj.sweep("minimal", over={"k_paths": [1], "guard_slots": [0, 1]}, **options)
    with pytest.raises(ValueError, match="set k_paths; allowed: .*; missing: guard_slots"):
        sweep.extend(over={"k_paths": [3]})
    with pytest.raises(ValueError, match="other is 2 runs; allowed: one"):
        sweep.runs[0].diff(sweep)


def test_waiting_for_a_sweep_can_check_its_runs(manager):
    options = {"max_iters": 2000, "is_training": True}
    sweep = fj.sweep("minimal", over={"k_paths": [1, 3]}, **options)
    sweep.cancel()
    assert sweep.wait(60) is sweep
    with pytest.raises(fj.RunFailedError, match="CANCELLED"):
        sweep.wait(60, check=True)


@pytest.mark.parametrize("values", [{"snr_type": [None, "snr_calc_nli"]}, {"k_paths": [1, None]}])
def test_no_value_at_some_points_of_a_sweep_is_a_value_of_its_own(manager, values):
    ((name, known),) = values.items()
    sweep = fj.sweep("minimal", over=values, repeats=2, **SHORT).wait(60)
    rows = [value for value in known for _ in range(2 * 2)]
    assert sweep.results()[name].tolist() == rows
    assert sweep.results(pool=True)[name].tolist() == rows[::2]
    assert fj.results(sweep.runs, pool=True)[name].tolist() == rows[::2]
    assert sweep.results("link")[name].isna().sum() > 0
    assert sweep.points[name].tolist() == [value for value in known for _ in range(2)]
    for axes in (sweep.plot_blocking(col=name), fj.plot_blocking(sweep.runs, col=name)):
        assert len(axes) == 2
        assert all(len(ax.lines) for ax in axes)
    assert len(sweep.plot_blocking(hue=name).lines)
    plt.close("all")


def test_a_sweep_has_the_same_columns_and_types_before_its_first_result(manager):
    over = {"k_paths": [1, 3], "network": ["NSFNet", "USNet"], "snr_type": [None, "snr_calc_nli"]}
    short = {**SHORT, "max_iters": 5}
    sweep = fj.sweep("minimal", over=over, repeats=2, precision=0.001, **short).wait(60)

    def types():
        frames = [sweep.results(level) for level in ("erlang", "iteration", "link", "modulation")]
        frames += [sweep.results(level, pool=True) for level in ("erlang", "bandwidth")]
        frames += [fj.results(sweep.runs, pool=True), sweep.imprecise.iloc[:0]]
        return frames, [frame.dtypes for frame in frames]

    full, with_results = types()
    assert all(len(frame) for frame in full[:-1])
    for run in sweep.runs:
        shutil.rmtree(run.directory / "output")
    with warnings.catch_warnings(action="ignore"):
        empty, without = types()
    assert not any(len(frame) for frame in empty)
    for one, other in zip(with_results, without, strict=True):
        pd.testing.assert_series_equal(one, other)
    precise = fj.sweep("minimal", over=over, **short)
    assert precise.imprecise.empty
    pd.testing.assert_series_equal(precise.imprecise.dtypes, with_results[-1].drop("repeat"))


def test_a_dry_run_of_a_sweep_that_exists_tells_what_the_call_would_start(manager, tmp_path):
    settings.configure(max_concurrent_runs=1, cancel_grace_seconds=0)
    endless = {**SHORT, "num_requests": 10**8}
    asked = {"over": {"k_paths": [1, 3]}, **endless}
    sweep = fj.sweep("minimal", **asked)
    sweep.cancel()
    sweep.wait(60)

    def planned_and_started(**request):
        plan = fj.sweep("minimal", dry_run=True, **request)
        before = len(fj.runs())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fj.sweep("minimal", **request)
        return plan.missing, len(fj.runs()) - before

    assert planned_and_started(**asked) == (0, 0), "cancelled runs are not run again by themselves"
    plan = fj.sweep("minimal", dry_run=True, **asked)
    assert list(plan.to_frame()["status"]) == ["CANCELLED"] * 2
    sweep.runs[0].delete()
    assert planned_and_started(**asked) == (1, 1)
    sweep.cancel()
    asked = {"over": {"k_paths": [1, 3]}, **SHORT}
    sweep = fj.sweep("minimal", **asked).wait(60)
    shutil.rmtree(sweep.runs[0].directory / "output")
    assert planned_and_started(**asked) == (1, 1)
    bundle = fj.export(sweep.wait(60), tmp_path / "study.zip")
    settings.configure(runs_dir=tmp_path / "elsewhere")
    fj.import_runs(bundle)
    assert planned_and_started(**asked) == (0, 0), "the sweep of a bundle is there"


def test_points_with_many_options_are_named_as_far_as_a_name_goes(manager):
    point = {
        f"general_settings.{name}": value
        for name, value in (("max_iters", 2), ("holding_time", 5), ("erlang_start", 300),
                            ("erlang_stop", 300), ("erlang_step", 300), ("num_requests", 50))
    }  # fmt: skip
    point |= {"routing_settings.k_paths": 1, "spectrum_settings.c_band": 320}
    point |= {"topology_settings.cores_per_link": 1, "topology_settings.network": "NSFNet"}
    sweep = fj.sweep("minimal", points=[point], repeats=2, simulator="embedded").wait(60)
    first, second = (run.name for run in sweep.runs)
    assert len(first) == len(second) == 255
    assert first.startswith("general_settings.max_iters = 2, ")
    assert first.endswith("…")
    assert second.endswith("…, repeat 2")
