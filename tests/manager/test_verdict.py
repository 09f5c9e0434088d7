"""What may be said of a run: the table that the browser half is tested with, and its rules."""

import itertools
import json
from pathlib import Path

import pytest

from fusion_jupyter.manager.record import RunStatus
from fusion_jupyter.manager.verdict import Facts, verdict

TABLE = json.loads((Path(__file__).parents[1] / "contracts" / "verdicts.json").read_text())
FOUND = ("ok", "missing", "damaged", "newer", "unreadable")


def facts(given: dict) -> Facts:
    status = given.get("status")
    return Facts(**{**given, "status": None if status is None else RunStatus(status)})


@pytest.mark.parametrize("case", TABLE, ids=[case["name"] for case in TABLE])
def test_what_is_said_of_a_run(case):
    found, expected = verdict(facts(case["facts"])), case["expected"]
    assert found.status == expected["status"]
    assert found.problem == expected.get("problem")
    assert found.unrecorded is expected.get("unrecorded", False)
    assert expected.get("message", "") in (found.message or "")
    assert (found.message is not None) >= ("message" in expected)


def every_situation():
    states = [("ok", status) for status in RunStatus if status is not RunStatus.UNKNOWN]
    states += [(found, None) for found in FOUND[1:]]
    flags = (True, False)
    values = (FOUND, states, flags, flags, (True, False, None), flags, flags, (None, 5.0, 5000.0))
    for request, (
        state,
        status,
    ), cancelled, late, locked, elsewhere, local, age in itertools.product(*values):
        yield Facts(
            request=request,
            state=state,
            status=status,
            cancelled=cancelled,
            late=late,
            locked=locked,
            elsewhere=elsewhere,
            local=local,
            seen_at=None if age is None else 10_000 - age,
            now=10_000,
        )


def test_nothing_is_final_while_its_lock_is_held_unless_its_supervisor_says_so():
    for each in every_situation():
        found = verdict(each)
        if each.locked and found.status.is_final:
            assert (each.status, found.problem) == (found.status, None), each


def test_only_a_run_without_a_problem_is_written_to_its_end_and_only_with_a_free_lock():
    for each in every_situation():
        found = verdict(each)
        if found.unrecorded:
            assert found.status.is_final
            assert (each.locked, each.request, found.problem) == (False, "ok", None), each


def test_a_newer_release_s_run_never_fails_and_an_unknown_one_says_why():
    for each in every_situation():
        found = verdict(each)
        if "newer" in (each.request, each.state):
            assert found.status in (RunStatus.RUNNING, RunStatus.PENDING, RunStatus.UNKNOWN)
        if found.status is RunStatus.UNKNOWN:
            assert found.message
            assert found.problem
