"""The values of options that runs have from their templates, in the table of runs."""

from __future__ import annotations

from dataclasses import replace

from helpers import SHORT

import fusion_jupyter as fj
from fusion_jupyter import settings
from fusion_jupyter.widgets.channel import Channel
from fusion_jupyter.widgets.effective_options import EffectiveOptions, options_of
from fusion_jupyter.widgets.runs_state import RunsState


class Quiet(Channel):
    """A channel that sends nothing by itself."""

    def _rouse(self) -> None:
        pass


def values_of(snapshot, run) -> dict:
    rows = snapshot["rows"]
    return snapshot["defaults"][rows["values"][rows["id"].index(run.id)]]


def test_the_table_is_sent_the_value_of_each_option_that_some_run_sets(manager):
    one = fj.start("minimal", k_paths=1, **SHORT).wait(60)
    other = fj.start("minimal", **SHORT, guard_slots=0).wait(60)
    state = RunsState(settings.runs_dir(), [one, other], Quiet())
    first = state.whole()
    assert values_of(first, one) == {"guard_slots": 1}
    assert values_of(first, other) == {"k_paths": 3}
    state.release()


def test_what_is_not_read_at_first_is_sent_after_the_next_polls(manager, monkeypatch):
    runs = [fj.start("minimal", k_paths=1, **SHORT), fj.start("minimal", **SHORT)]
    for run in runs:
        run.wait(60)
    monkeypatch.setattr("fusion_jupyter.widgets.runs_state._READING_AT_FIRST", -1.0)
    state = RunsState(settings.runs_dir(), [run.record for run in runs], Quiet())
    assert state.whole()["rows"]["values"] == [-1, -1]
    assert state.poll()
    news = state.state(full=False)
    assert values_of(news, runs[1]) == {"k_paths": 3}
    state.release()


def test_a_new_option_is_looked_for_in_all_runs_and_a_damaged_one_blocks_none(manager):
    run = fj.start("minimal", **SHORT).wait(60)
    effective = EffectiveOptions()
    plain = replace(run, options={})
    assert effective.read([plain], 9) == [run.id]
    assert effective.values[effective.number(run.id)] == {}
    later = replace(plain, id="feedfeedfeed", options={"routing_settings.k_paths": 5, "nothing": 1})
    assert options_of(later) == {"k_paths": 5, "nothing": 1}
    assert effective.read([plain, later], 9) == [run.id, later.id]
    assert effective.values[effective.number(run.id)] == {"k_paths": 3}
    gone = replace(plain, id="deaddeaddead", directory=run.directory / "gone")
    assert effective.read([plain, gone], 9) == [gone.id]
    assert effective.values[effective.number(gone.id)] == {}
