"""What is sent is what the description says, from which the browser half has its types."""

from __future__ import annotations

import subprocess
import sys
import typing
from pathlib import Path

import fusion_jupyter as fj
from fusion_jupyter.widgets import messages
from fusion_jupyter.widgets.launcher import LaunchForm, check
from fusion_jupyter.widgets.run_view import view

ROOT = Path(__file__).parents[2]


def keys(kind: type) -> set[str]:
    return set(typing.get_type_hints(kind))


def test_a_state_has_the_keys_of_its_description():
    run = fj.start("minimal", simulator="embedded", max_iters=1)
    run.wait(60)
    state = view(run).get_state()["snapshot"]
    assert set(state) == keys(messages.Snapshot)
    assert set(state["progress"]) == keys(messages.Progress)
    assert set(state["log"]) == keys(messages.LogState)
    assert set(state["log"]["tail"]) == keys(messages.Tail)
    assert set(state["files"]) == keys(messages.Listing)
    for point in state["progress"]["points"]:
        assert len(point) == len(typing.get_args(messages.Point))
    for row in state["files"]["rows"]:
        assert len(row) == len(typing.get_args(messages.FileRow))
        assert row[3] in typing.get_args(messages.Kind)
    assert state["status"] in typing.get_args(messages.Status)


def test_a_table_has_the_columns_of_its_description():
    state = fj.dashboard()._state.whole()
    assert set(state) == keys(messages.RunsSnapshot)
    assert set(state["rows"]) == keys(messages.RunColumns)


def test_the_form_has_the_keys_of_its_description():
    form = LaunchForm().form
    assert set(form) == keys(messages.FormState)
    assert form["options"]
    for option in form["options"]:
        assert set(option) >= keys(messages.OptionInfo)
    assert set(check("minimal", {}, "embedded")) == keys(messages.Check)


def test_the_types_of_the_browser_half_are_made_from_the_description():
    command = [sys.executable, str(ROOT / "js" / "make_types.py"), "--verify"]
    subprocess.run(command, check=True)
