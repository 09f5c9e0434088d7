"""`runs` finds runs by what the user remembers, and shows them as a table."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from helpers import wait_for

import fusion_jupyter as fj
from fusion_jupyter import formatting, run_list
from fusion_jupyter.manager.record import RunStatus


@pytest.fixture
def three(manager):
    found = [
        fj.start(command=["/bin/true"], name="k-paths 5", tags=["ofc27", "first"]),
        fj.start(command=["/bin/false"], name="K-paths 7", tags=["ofc27"]),
        fj.start("minimal", name="a simulation", max_iters=1, erlang_stop=300, num_requests=100),
    ]
    for run in found:
        run.wait(60)
    return found


def names(found):
    return [run.name for run in found]


def test_runs_are_found_by_status_tags_name_network_simulator_and_age(three):
    assert names(fj.runs()) == ["a simulation", "K-paths 7", "k-paths 5"]
    assert names(fj.runs("failed")) == names(fj.runs(RunStatus.FAILED)) == ["K-paths 7"]
    assert len(fj.runs(["completed", "FAILED"])) == 3
    assert names(fj.runs(tags="ofc27")) == ["K-paths 7", "k-paths 5"]
    assert names(fj.runs(tags=["ofc27", "first"])) == ["k-paths 5"]
    assert names(fj.runs(name="K-PATHS")) == ["K-paths 7", "k-paths 5"]
    assert names(fj.runs(name="k*5")) == ["k-paths 5"]
    assert names(fj.runs(network="NSFNet")) == ["a simulation"]
    assert names(fj.runs(simulator="command", limit=1)) == ["K-paths 7"]
    assert len(fj.runs(since=timedelta(hours=1))) == 3
    assert fj.runs(since=datetime.now(UTC) + timedelta(hours=1)) == []
    assert len(fj.runs(since="2020-01-01")) == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"status": "done"}, "status is 'done'; allowed: PENDING, RUNNING"),
        ({"since": "yesterday"}, "since is 'yesterday'; allowed: a datetime"),
        ({"limit": -1}, "limit is -1; allowed: a whole number, 0 or more"),
    ],
)
def test_a_filter_that_means_nothing_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        fj.runs(**options)


def test_the_list_is_a_list_and_shows_itself_as_a_table(three):
    found = fj.runs()
    assert isinstance(found, list)
    assert isinstance(found[:2], fj.RunList)
    text = repr(found)
    assert text.startswith("3 runs: 2 completed, 1 failed\n")
    assert "k-paths 5" in text
    assert "300" in text
    frame = found.to_frame()
    assert list(frame["status"]) == ["COMPLETED", "FAILED", "COMPLETED"]
    assert frame["tags"].iloc[2] == "ofc27, first"
    assert fj.RunList().to_frame().empty
    html = fj.RunList(found)._repr_html_()
    assert "<td" in html
    assert "K-paths 7" in html


def test_a_saved_table_of_runs_shows_their_options_progress_and_blocking(manager):
    options = {"simulator": "embedded", "max_iters": 2, "num_requests": 800, "erlang_start": 500}
    runs = [
        fj.start("nsfnet_blocking", erlang_stop=500, **options, **own)
        for own in ({}, {"k_paths": 1})
    ]
    for run in runs:
        run.wait(60)
    shown = fj.dashboard()
    known = shown._state
    wait_for(
        lambda: all(each and each.progress for each in map(known.summary, (r.id for r in runs)))
    )
    page = shown.fallback()["text/html"]
    header = re.findall(r"<th[^>]*>([^<]*)</th>", page)
    rows = [re.findall(r"<td[^>]*>([^<]*)</td>", row) for row in page.split("<tr>")[2:]]
    by_id = {row[0]: dict(zip(header, row, strict=True)) for row in rows}
    for run, k in zip(runs, ("3", "1"), strict=True):
        assert by_id[run.id]["k_paths"] == k, "also the default that a run did not set"
        assert by_id[run.id]["progress"] == "100 %"
        assert by_id[run.id]["blocking"].startswith(
            formatting.probability(run.results()["blocking"].iloc[-1])
        )
    assert "erlang_stop" not in header, "the loads have a column"
    shown.close()


def test_a_network_is_found_in_any_case_and_a_slip_is_named(three):
    assert names(fj.runs(network="nsfnet")) == ["a simulation"]
    with pytest.warns(UserWarning, match=r"No run is on network 'NSFNt'\. Did you mean 'NSFNet'\?"):
        assert fj.runs(network="NSFNt") == []
    assert fj.runs(network="USNet-of-my-own") == []


def test_a_list_without_runs_is_a_frame_with_all_columns(three):
    nothing = fj.runs(tags="none").to_frame()
    assert list(nothing["status"]) == []
    assert list(nothing.columns) == list(fj.runs().to_frame().columns)


def test_the_table_shows_numbers_as_the_views_do(three):
    record = replace(three[2].record, duration_seconds=89.6, erlangs=(1200.0625, 1234567.0))
    page = run_list.records_html([record])
    assert page.startswith("<div><div>1 run: 1 completed</div>")
    assert ">1:29</td>" in page
    assert ">1200.063–1234567</td>" in page


def test_a_status_is_the_same_enumeration_everywhere(three):
    for run in fj.runs():
        assert run.status is run.record.status
        assert isinstance(run.status, fj.RunStatus)
    done = fj.runs("completed")[0]
    assert (repr(done.status), str(done.status)) == ("'COMPLETED'", "COMPLETED")
    assert fj.runs(status=done.status) == fj.runs(status="Completed")


def test_a_handle_is_its_own_run():
    run = fj.start(command=["/bin/true"])
    assert fj.run(run) is run
    run.wait(60)
