"""What tells runs apart."""

import math
from pathlib import Path

import pytest

import fusion_jupyter as fj
from fusion_jupyter.analysis.intervals import requests_behind
from fusion_jupyter.analysis.run_options import offered_requests, varying_options
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.record import RunRecord, RunStatus


def test_each_configuration_is_read_once_whatever_the_number_of_options(tmp_path, monkeypatch):
    records = []
    for number in range(4):
        folder = tmp_path / f"{number:012x}"
        folder.mkdir()
        lines = "".join(f"option_{index} = {index}\n" for index in range(10))
        (folder / "config.ini").write_text(f"[general_settings]\n{lines}")
        options = {f"option_{index}": -1 for index in range(10)} if number == 0 else {}
        records.append(
            RunRecord(
                id=folder.name,
                directory=folder,
                status=RunStatus.COMPLETED,
                name="",
                options=options,
            )
        )
    read: list[Path] = []
    original = RunDirectory.read_config
    monkeypatch.setattr(
        RunDirectory, "read_config", lambda self: read.append(self.path) or original(self)
    )
    found = varying_options(records)
    assert found["option_3"] == [-1, 3, 3, 3]
    assert len(found) == 10
    assert sorted(read) == [record.directory for record in records[1:]]


@pytest.mark.parametrize("requests", [70, 151])
def test_all_requests_are_behind_a_bound_however_many_bandwidths_there_are(requests: int) -> None:
    """DeepRMSA draws each request's bandwidth from 76."""
    run = fj.start(
        "deeprmsa", erlang_start=20, erlang_stop=20, num_requests=requests, warm_up=0, max_iters=5
    )
    assert run.wait(60).status == "COMPLETED"
    row = run.results().iloc[0]
    assert row["blocking_note"] == "nothing blocked: upper bound"
    assert row["blocking_high"] == pytest.approx(-math.log(0.05) * math.sqrt(20) / (5 * requests))
    # The mean bandwidth is 62.5 Gb/s, the largest 100.
    assert row["bit_rate_blocking_high"] == pytest.approx(row["blocking_high"] / 0.625)


@pytest.mark.filterwarnings("ignore:warm_up = 90")
def test_requests_of_a_class_that_are_partly_not_counted_add_up_to_those_counted() -> None:
    shares = {"25": 0.25, "50": 0.25, "100": 0.25, "200": 0.25, "400": 0.0}
    options = {"num_requests": 110, "request_distribution": shares, "erlang_start": 20}
    run = fj.start("minimal", warm_up=90, erlang_stop=20, **options)
    run.wait(60)
    offered = offered_requests(run.record)
    assert offered == {25: 27.5, 50: 27.5, 100: 27.5, 200: 27.5, 400: 0}


@pytest.mark.parametrize("shares", [[0.1, 0.2, 0.7], [1 / 3] * 3, [1 / 76] * 76])
def test_runs_with_as_many_requests_have_the_same_number_whatever_their_shares(
    shares: list[float],
) -> None:
    offered = {number: share * 151 for number, share in enumerate(shares, 25)}
    assert requests_behind("blocking", offered) == 151
