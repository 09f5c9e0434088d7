"""Sweeps in a terminal, where a run may stand, and what a run can be started with."""

import json
import zipfile
from dataclasses import replace

import pandas as pd
import pytest
from helpers import wait_until_final

from fusion_jupyter.cli import verbs, words
from fusion_jupyter.handle import handle_of
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunCreate, RunStatus

QUICK = ("erlang_stop=300", "max_iters=2", "num_requests=50")


@pytest.fixture
def sweep(verb):
    """The id of a sweep of two runs that have ended."""
    code, out, _ = verb(
        "sweep", "minimal", "--over", "k_paths=1,3", "--name", "paths", "--wait", *QUICK
    )
    assert code == 0
    return out.split()[-3]


def test_a_sweep_stands_where_a_run_may_by_id_beginning_or_name(verb, sweep):
    for text in (sweep, sweep[:8], "paths"):
        code, out, _ = verb("show", text)
        assert code == 0
        assert out.startswith(f"sweep        {sweep}\n")
        assert "2 completed" in out
        assert "k_paths = 3" in out
    points = json.loads(verb("show", "paths", "--format", "json")[1])["points"]
    assert [point["parameters"] for point in points] == [{"k_paths": 1}, {"k_paths": 3}]
    assert verb("watch", "paths")[0] == 0


def test_results_of_a_sweep_are_those_of_its_runs(verb, sweep, tmp_path):
    path = tmp_path / "results.csv"
    assert verb("results", "paths", "--output", str(path))[0] == 0
    assert pd.read_csv(path)["k_paths"].tolist() == [1, 3]


def test_sweeps_lists_them_as_a_table_or_as_json(verb, sweep):
    assert "paths" in verb("sweeps")[1].splitlines()[1]
    (found,) = json.loads(verb("sweeps", "--format", "json")[1])
    assert (found["sweep"], found["counts"]) == (sweep, {"COMPLETED": 2})


def test_cancel_and_delete_a_sweep(verb, manager):
    code, out, _ = verb("sweep", "minimal", "--over", "k_paths=1,3", "max_iters=100000")
    assert code == 0
    sweep = out.split()[0]
    code, _, err = verb("delete", sweep)
    assert code == 1
    assert "have not ended" in err
    assert verb("cancel", sweep)[:2] == (0, f"sweep {sweep}: 2 cancelled\n")
    assert "has already ended: 2 cancelled" in verb("cancel", sweep)[2]
    assert verb("delete", sweep)[:2] == (0, f"sweep {sweep} deleted with 2 runs\n")
    assert manager.list_runs() == []
    assert "No sweeps" in verb("sweeps")[1]


def test_a_sweep_of_which_runs_were_deleted_is_watched_as_incomplete_and_deleted(
    verb, sweep, manager
):
    manager.delete(manager.list_runs()[0].id)
    code, out, err = verb("watch", sweep)
    assert (code, out, err) == (1, f"{sweep} 1 completed, 1 deleted\n", "")
    manager.delete(manager.list_runs()[0].id)
    assert verb("watch", sweep) == (1, f"{sweep} 2 deleted\n", "")
    assert "2 deleted" in verb("sweeps")[1]
    assert verb("delete", sweep)[:2] == (0, f"sweep {sweep} deleted with 0 runs\n")


def test_cancel_of_a_sweep_says_why_the_end_of_a_run_is_not_recorded(verb, manager, monkeypatch):
    sweep = verb("sweep", "minimal", "--over", "k_paths=1,3", "max_iters=100000")[1].split()[0]
    cancel = RunManager.cancel

    def noted(self, run_id, **options):
        record = cancel(self, run_id, **{**options, "wait": False})
        return replace(record, status=RunStatus.RUNNING, error_message="its host is gone")

    monkeypatch.setattr(RunManager, "cancel", noted)
    code, out, _ = verb("cancel", sweep)
    monkeypatch.undo()
    assert code == 0
    assert out.count(": its host is gone\n") == 2
    for record in manager.list_runs():
        wait_until_final(manager, record.id)


def test_a_name_that_several_have_is_an_error_that_lists_them(verb, manager):
    both = [manager.create_run(RunCreate(command=("/bin/true",), name="same")).id for _ in "ab"]
    code, _, err = verb("show", "same")
    assert code == 1
    assert all(f"run {run_id} (same)" in err for run_id in both)
    assert "There is no run or sweep 'zzz'" in verb("show", "zzz")[2]


def test_a_name_that_begins_another_run_s_id_is_an_error_that_lists_both(verb, manager):
    first = manager.create_run(RunCreate(command=("/bin/true",), name=""))
    named = manager.create_run(RunCreate(command=("/bin/true",), name=first.id[:3]))
    for each in (first, named):
        wait_until_final(manager, each.id)
    code, _, err = verb("delete", first.id[:3])
    assert code == 1
    assert f"run {first.id}" in err
    assert f"run {named.id} ({named.name})" in err
    assert len(manager.list_runs()) == 2


def test_a_whole_id_means_its_run_even_if_another_has_it_as_its_name(verb, manager):
    first = manager.create_run(RunCreate(command=("/bin/true",)))
    named = manager.create_run(RunCreate(command=("/bin/true",), name=first.id))
    for each in (first, named):
        wait_until_final(manager, each.id)
    assert verb("delete", first.id)[:2] == (0, f"{first.id} deleted\n")
    assert [each.id for each in manager.list_runs()] == [named.id]


def test_a_name_that_also_begins_the_run_s_own_id_means_that_run(verb, manager):
    found = manager.create_run(RunCreate(command=("/bin/true",)))
    wait_until_final(manager, found.id)
    handle_of(found.directory, found).rename(found.id[:2])
    assert verb("delete", found.id[:2])[:2] == (0, f"{found.id} deleted\n")


def test_export_writes_runs_and_sweeps_to_one_file(verb, sweep, tmp_path):
    path = tmp_path / "study.zip"
    assert verb("export", "paths", "-o", str(path))[0] == 0
    with zipfile.ZipFile(path) as archive:
        assert len(json.loads(archive.read("manifest.json"))["runs"]) == 2


def test_what_a_run_can_be_started_with_is_listed(verb):
    assert verb("templates")[1].splitlines()[0] == "minimal"
    text = verb("options", "nsfnet_blocking")[1]
    assert "k_paths" in text
    assert "more options: --all" in text
    every = {each["name"] for each in json.loads(verb("options", "--format", "json")[1])}
    assert {"k_paths", "max_iters"} <= every
    assert len(verb("options", "--all")[1].splitlines()) == len(every) + 1
    assert "NSFNet" in verb("networks")[1]
    (nsfnet,) = (
        each
        for each in json.loads(verb("networks", "--format", "json")[1])
        if each["network"] == "NSFNet"
    )
    assert (nsfnet["nodes"], nsfnet["links"]) == (14, 22)
    assert "Did you mean 'minimal'?" in verb("options", "minimla")[2]


def test_runs_are_listed_as_json(verb, sweep):
    found = json.loads(verb("list", "--format", "json")[1])
    assert {run["name"] for run in found} == {"k_paths = 1", "k_paths = 3"}
    assert all(run["fraction"] == 1.0 for run in found)


def test_completion_offers_sweeps_where_one_may_stand(sweep):
    parser = verbs.parser()
    for name in ("show", "results", "cancel", "delete", "export", "watch"):
        assert words.candidates(parser, f"{name} {sweep[:6]}") == [sweep]
    assert words.candidates(parser, f"logs {sweep[:6]}") == []
    assert words.candidates(parser, "options nsfnet") == ["nsfnet_blocking"]
    assert words.candidates(parser, "netw") == ["networks"]
