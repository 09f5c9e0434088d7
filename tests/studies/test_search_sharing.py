"""A search for a load: one configuration from start to end, and probes shared with others."""

import shutil
import threading

import pytest
from helpers import wait_for

import fusion_jupyter as fj
from fusion_jupyter import settings
from fusion_jupyter.config import template_files
from fusion_jupyter.studies import record

SMALL = {"c_band": 64, "num_requests": 300, "request_distribution": {"100": 1.0}}
ASKED = {"blocking": 0.05, "precision": 0.2, "low": 20, "high": 200}
#: Probes of some seconds.
LONG = {"blocking": 0.05, "precision": 0.05, "low": 300, "high": 600, "num_requests": 400_000}


@pytest.fixture
def template(tmp_path):
    """A template of the user's, which a test may edit."""
    path = tmp_path / "mine.ini"
    path.write_text((template_files._OURS / "minimal.ini").read_text())
    return path


def seeds_by_load(search):
    frame = fj.results(search.runs, "iteration")
    return {load: sorted(rows["seed"]) for load, rows in frame.groupby("erlang")}


@pytest.mark.parametrize("where", ["template", "overrides", "keyword", "points"])
def test_a_search_begins_with_the_first_seed_wherever_it_is_set(manager, template, where):
    given = {}
    if where == "template":
        with template.open("a") as file:
            file.write("\n[embedded_settings]\nfirst_seed = 500\n")
    elif where == "overrides":
        given = {"overrides": {"embedded_settings.first_seed": 500}}
    elif where == "keyword":
        given = {"first_seed": 500}
    else:
        given = {"points": [{"embedded_settings.first_seed": 500}]}
    search = fj.find_load(template, **ASKED, **SMALL, **given).wait(60)
    assert search.result is not None
    for seeds in seeds_by_load(search).values():
        assert seeds == list(range(500, 500 + len(seeds)))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"over": {"max_iters": [2, 50]}}, "max_iters is 2; not allowed here"),
        ({"over": {"precision": [0.1, 0.2]}}, "precision is 0.1; not allowed here"),
        ({"points": [{"erlang_stop": 400}]}, "erlang_stop is 400; not allowed here"),
        (
            {"over": {"general_settings.erlang_start": [400]}},
            "general_settings.erlang_start is 400; not allowed here",
        ),
        (
            {"overrides": {"embedded_settings.precision": 0.1}},
            "embedded_settings.precision is 0.1; not allowed here",
        ),
        (
            {"over": {"k_paths": [1]}, "overrides": {"routing_settings.k_paths": 3}},
            "k_paths: given for all points and",
        ),
    ],
)
def test_an_option_of_the_searchs_own_is_refused_however_it_is_given(manager, given, message):
    with pytest.raises(ValueError, match=message):
        fj.find_load("minimal", **given)
    assert not manager.runs_dir.exists()


def test_a_template_edited_during_a_search_changes_no_probe(manager, template):
    text = template.read_text().replace("network = NSFNet", "network = ring.csv")
    template.write_text(text)
    ring = template.parent / "ring.csv"
    ring.write_text("A,B,100\nB,C,100\nC,D,100\nD,A,100\n")
    edited = threading.Event()

    def edit(change):
        if change.new == 1:
            template.write_text(text.replace("k_paths = 3", "k_paths = 1"))
            ring.write_text("A,B,100\nB,C,100\nC,D,100\n")
            edited.set()

    search = fj.find_load(template, **ASKED, **SMALL)
    search.observe(edit, "probes")
    if search.probes:
        edit(type("change", (), {"new": 1}))
    search.wait(60)
    assert edited.is_set()
    assert len(search.runs) > 2
    assert {run.record.options["c_band"] for run in search.runs} == {64}
    for name in ("config.ini", "inputs/ring.txt"):
        lines = [
            {
                line
                for line in (run.directory / name).read_text().split("\n")
                if "erlang" not in line
            }
            for run in search.runs
        ]
        varying = set().union(*lines) - set.intersection(*lines)
        assert all(line.startswith(("max_iters", "first_seed")) for line in varying)
    # The edited template is another search.
    assert fj.find_load(template, **ASKED, **SMALL).wait(60).sweep_id != search.sweep_id


def test_a_probe_shares_the_run_that_a_user_started_and_never_deletes_it(manager):
    first = fj.find_load("minimal", **ASKED, **SMALL).wait(60)
    options = dict(first.runs[0].record.options)
    fj.sweep_by_id(first.sweep_id).delete()
    assert len(fj.runs()) == 0
    mine = fj.start("minimal", simulator="embedded", overrides=options, name="precious")
    mine.wait(60)
    search = fj.find_load("minimal", **ASKED, **SMALL).wait(60)
    assert mine.id in {run.id for run in search.runs}
    fj.sweep_by_id(search.sweep_id).delete()
    assert [run.id for run in fj.runs()] == [mine.id]


def test_a_cancelled_search_leaves_the_probe_that_another_search_needs(manager):
    settings.configure(cancel_grace_seconds=0)
    one = fj.find_load("minimal", **LONG)
    wait_for(lambda: one.probes)
    other = fj.find_load("minimal", **LONG | {"precision": 0.1})
    wait_for(lambda: other.probes)
    assert other.runs[0].id == one.runs[0].id
    one.cancel()
    one.wait(60)
    assert "cancelled" in repr(one)
    current = manager.get_run(other.runs[0].id)
    assert current.status in ("PENDING", "RUNNING")
    assert not current.cancel_requested
    assert not other.settled
    other.cancel()
    other.wait(60)


def test_a_probe_that_a_user_asked_for_goes_on_when_its_search_is_cancelled(manager):
    settings.configure(cancel_grace_seconds=0)
    search = fj.find_load("minimal", **LONG)
    wait_for(lambda: search.probes)
    probe = search.runs[0]
    options = dict(probe.record.options)
    mine = fj.start("minimal", simulator="embedded", overrides=options, reuse=True)
    assert mine.id == probe.id
    search.cancel()
    search.wait(60)
    current = manager.get_run(mine.id)
    assert not current.status.is_final
    assert not current.cancel_requested
    mine.cancel()
    assert mine.wait(60).status == "CANCELLED"
    fj.sweep_by_id(search.sweep_id).delete()
    assert mine.id in {run.id for run in fj.runs()}, "it is not only the search's"


def test_a_search_starts_a_shared_probe_again_that_somebody_else_cancelled(manager):
    settings.configure(cancel_grace_seconds=0)
    one = fj.find_load("minimal", **LONG)
    wait_for(lambda: one.probes)
    other = fj.find_load("minimal", **LONG | {"precision": 0.1})
    wait_for(lambda: other.probes)
    shared = other.runs[0].id
    manager.cancel(shared)
    wait_for(lambda: other.probes >= 2)
    assert other.runs[1].id != shared
    assert not other.settled
    # The one that had created it takes the cancel as its own.
    assert f"probe {shared}" in repr(one.wait(60))
    # The probe that it created itself now is not shared: its cancel ends the search.
    manager.cancel(other.runs[1].id)
    assert f"probe {other.runs[1].id}" in repr(other.wait(60))


def test_a_search_whose_probes_lost_their_results_simulates_them_again(manager):
    first = fj.find_load("minimal", **ASKED, **SMALL).wait(60)
    for run in first.runs[:2]:
        shutil.rmtree(run.directory / "output")
        (run.directory / "output").mkdir()
    again = fj.find_load("minimal", **ASKED, **SMALL).wait(60)
    assert again.result == first.result
    assert len(fj.runs()) == len(first.runs) + 2
    sweep = fj.sweep_by_id(first.sweep_id)
    assert set(sweep.points["run_id"]) == {run.id for run in again.runs}
    sweep.delete()
    assert len(fj.runs()) == 0


def test_a_search_that_cannot_write_its_record_says_so(manager):
    search = fj.find_load("minimal", **LONG)
    wait_for(lambda: search.probes)
    folder = manager.runs_dir / record.FOLDER
    folder.rename(manager.runs_dir / "moved")
    folder.write_text("")
    search.wait(100)
    assert search.settled
    assert record.FOLDER in search.frame["reason"][0]
    assert "searching on" not in repr(search)


def test_an_unexpected_error_in_a_search_is_told(manager, monkeypatch):
    from fusion_jupyter.analysis import results

    def broken(*arguments):
        raise RuntimeError("the file\nis odd")

    monkeypatch.setattr(results, "read", broken)
    search = fj.find_load("minimal", **ASKED, **SMALL).wait(60)
    assert search.frame["reason"].tolist() == ["the file is odd"]
