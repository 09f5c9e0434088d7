"""The view of a search for loads: what is sent of it, and what a page can ask."""

from __future__ import annotations

import pytest
from helpers import wait_for

import fusion_jupyter as fj
from fusion_jupyter.widgets.channel import Channel
from fusion_jupyter.widgets.search_state import SearchState
from fusion_jupyter.widgets.search_view import SearchView

QUICK = {"blocking": 0.05, "precision": 0.1, "num_requests": 1000, "low": 300, "high": 900}


class Quiet(Channel):
    """A channel that sends nothing by itself."""

    def _rouse(self) -> None:
        pass


def test_each_probe_closes_a_bracket_until_the_load_is_known(manager):
    search = fj.find_load("nsfnet_blocking", over={"k_paths": [1, 3]}, **QUICK)
    state = SearchState(search, Quiet())
    first = state.whole()
    assert [target["name"] for target in first["targets"]] == ["k_paths = 1", "k_paths = 3"]
    search.wait(120)
    wait_for(lambda: state.final)
    last = state.state(full=False)
    assert last["rev"] > first["rev"]
    assert last["settled"]
    assert last["probes"] == last["expected"] == len(search.runs)
    assert last["requests"] == search.requests > 0
    for target, row in zip(last["targets"], search.frame.to_dict("records"), strict=True):
        assert not target["failed"]
        assert (target["load"], target["reason"]) == (row["load"], row["reason"])
        assert target["brackets"][-1] == (target["low"], target["high"])
        assert len(target["brackets"]) == row["probes"]
        assert target["probe"] == ""


def test_a_view_says_the_call_that_asks_for_its_search(manager):
    search = fj.find_load("nsfnet_blocking", over={"k_paths": [1, 3]}, **QUICK)
    try:
        assert eval(search.code, {"fj": fj}).sweep_id != ""
        assert search.code == (
            "fj.find_load('nsfnet_blocking', blocking=0.05, precision=0.1, low=300, high=900, "
            "over={'k_paths': [1, 3]}, num_requests=1000)"
        )
    finally:
        search.cancel()


def test_a_page_can_cancel_a_search_and_nothing_else(manager):
    search = fj.find_load("nsfnet_blocking", blocking=0.001, precision=0.001, num_requests=50_000)
    view = SearchView(search)
    with pytest.raises(ValueError, match="allowed: cancel"):
        view.answer("delete", {})
    view.answer("cancel", {})
    search.wait(60)
    assert view.fallback()["text/plain"].endswith("cancelled")
    state = SearchState(search, Quiet()).whole()
    assert (state["targets"][0]["failed"], state["targets"][0]["reason"]) == (True, "cancelled")
    view.close()
