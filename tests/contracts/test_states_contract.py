"""Both halves read state.json alike, show the same word for it, and retry the same runs.

What may be said of a run, given its files and its lock, is in verdicts.json; its Python test stands
beside the other tests of the verdict.
"""

from __future__ import annotations

import json

import pytest
from contract import load

from fusion_jupyter.manager import reuse
from fusion_jupyter.manager.record import RunRecord, RunStatus
from fusion_jupyter.manager.state_files import State, read
from fusion_jupyter.widgets.snapshot import shown_status

STATES = load("states.json")


@pytest.mark.parametrize("case", STATES, ids=lambda each: each["name"])
def test_a_state_file_is_read_as_the_contract_says(case, tmp_path):
    if case["state"] is not None:
        text = case["state"] if isinstance(case["state"], str) else json.dumps(case["state"])
        (tmp_path / "state.json").write_text(text)
    reading = read(tmp_path / "state.json", State)
    assert reading.found == case["found"]
    state, expected = reading.content, case["content"]
    if state is None or expected is None:
        assert (state, expected) == (None, None)
        return
    moments = {"started": state.started_at, "completed": state.completed_at}
    assert {key: moment and moment.timestamp() for key, moment in moments.items()} == {
        key: expected[key] for key in moments
    }
    assert {
        "status": state.status,
        "duration": state.duration_seconds,
        "exit_code": state.exit_code,
        "signal": state.signal,
        "error": state.error_message,
        "host": state.supervisor and state.supervisor.host,
    } == {key: value for key, value in expected.items() if key not in moments}


@pytest.mark.parametrize("case", load("shown_status.json"), ids=lambda each: each["word"])
def test_a_status_has_the_word_that_the_contract_says(case):
    assert shown_status(case) == case["word"]


@pytest.mark.parametrize("case", load("useless.json"), ids=lambda each: str(each["problem"]))
def test_the_runs_that_a_retry_runs_again_are_those_that_the_contract_says(case, tmp_path):
    status = RunStatus(case["status"])
    run = RunRecord(
        id="0" * 12, directory=tmp_path, status=status, name="", problem=case["problem"]
    )
    assert reuse.is_useless(run) is case["useless"]
