"""The handle of a sweep: what it knows when it is found again, and after the sweep's end."""

import inspect
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from helpers import SHORT

import fusion_jupyter as fj
from fusion_jupyter.studies.sweep import Sweep


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


def test_the_arguments_of_a_sweeps_figure_and_results_are_listed_and_checked(manager):
    listed = inspect.signature(Sweep.plot_blocking).parameters
    assert list(listed)[1:] == list(inspect.signature(fj.plot_blocking).parameters)[1:]
    assert "pool" in inspect.signature(Sweep.results).parameters
    sweep = fj.sweep("minimal", over={"k_paths": [1, 3]}, **SHORT).wait(60)
    with pytest.raises(ValueError, match=r"hue is \['k_paths'\]; allowed: the name of a column"):
        sweep.plot_blocking(hue=["k_paths"])
    with pytest.raises(ValueError, match="col is 3; allowed: the name of a column"):
        sweep.plot_blocking(col=3)
