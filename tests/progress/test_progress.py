"""Lines of progress.jsonl become a bar that never lies."""

import json
import math
import time
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion_jupyter.progress import events
from fusion_jupyter.progress.estimate import Rate
from fusion_jupyter.progress.state import ProgressTracker
from fusion_jupyter.widgets.snapshot import progress_state


def line(**event) -> bytes:
    return json.dumps(event).encode()


def test_the_documented_form_gives_load_iteration_and_fraction():
    tracker = ProgressTracker([300.0, 400.0], 2)
    assert tracker.progress.fraction is None
    fractions = []
    for erlang in (300.0, 400.0):
        for iteration in (1, 2):
            tracker.feed([line(erlang=erlang, iteration=iteration, total_iterations=2)])
            fractions.append(tracker.progress.fraction)
    assert fractions == [0.25, 0.5, 0.75, 1.0]
    found = tracker.progress
    assert (found.erlang, found.erlang_index, found.total_erlangs) == (400.0, 2, 2)
    assert (found.iteration, found.total_iterations, found.events) == (2, 2, 4)


def test_the_typed_form_gives_the_same():
    tracker = ProgressTracker([300.0, 400.0], 2)
    tracker.feed([line(type="start", ts=1.0), line(type="erlang_start", erlang=300.0)])
    tracker.feed(
        [line(type="iteration", erlang=300.0, iteration=1, metrics={"blocking_prob": 0.1})]
    )
    assert tracker.progress.fraction == 0.25
    assert tracker.progress.points[0].blocking == 0.1
    tracker.feed([line(type="erlang_complete", erlang=300.0, metrics={"blocking_prob": 0.2})])
    assert tracker.progress.fraction == 0.5
    assert tracker.progress.points[0].done


def test_an_early_stop_jumps_to_the_end_of_its_load_and_never_back():
    tracker = ProgressTracker([300.0, 400.0], 10)
    tracker.feed([line(erlang=300.0, iteration=2, total_iterations=10)])
    tracker.feed([line(type="erlang_complete", erlang=300.0, early_stop=True)])
    assert tracker.progress.fraction == 0.5
    tracker.feed([line(erlang=400.0, iteration=1, total_iterations=10)])
    assert tracker.progress.fraction == pytest.approx(0.55)


def test_loads_simulated_at_the_same_time_add_up():
    tracker = ProgressTracker([300.0, 400.0], 2)
    seen = []
    for erlang, iteration in [(400.0, 1), (300.0, 1), (400.0, 2), (300.0, 2)]:
        tracker.feed([line(erlang=erlang, iteration=iteration, total_iterations=2)])
        seen.append(tracker.progress.fraction)
    assert seen == [0.25, 0.5, 0.75, 1.0]


BAD = [
    b"",
    b"not json",
    b"[1, 2]",
    b"3",
    b'"text"',
    b"null",
    b'{"erlang": ',
    b'{"fraction": NaN}',
    b'{"fraction": 1e999}',
    b'{"iteration": "three"}',
    b'{"iteration": -1}',
    b'{"fraction": 7}',
    b'{"iteration": 99999999999999999999999999}',
    b"\xff\xfe\x00",
    b"[" * 5000,
]


def test_bad_lines_are_counted_and_harm_nothing():
    tracker = ProgressTracker([300.0], 4)
    tracker.feed([line(erlang=300.0, iteration=1, total_iterations=4)])
    before = tracker.progress
    tracker.feed(BAD[1:])
    after = tracker.progress
    assert after.bad_lines == len(BAD) - 1
    assert after.last_bad_line
    assert (after.fraction, after.erlang, after.iteration) == (before.fraction, 300.0, 1)
    tracker.feed([line(erlang=300.0, iteration=2, total_iterations=4)])
    assert tracker.progress.fraction == 0.5


def test_unknown_keys_with_numbers_are_metrics_and_unknown_types_nothing():
    tracker = ProgressTracker()
    tracker.feed([line(fraction=0.4, loss=0.25, note="fine"), line(type="coffee", fraction=0.9)])
    assert tracker.progress.metrics["loss"] == 0.25
    assert "note" not in tracker.progress.metrics
    assert tracker.progress.fraction == 0.4
    assert tracker.progress.bad_lines == 0


def test_the_time_left_is_absent_until_it_means_something():
    tracker = ProgressTracker([300.0], 100)
    began = time.time() - 50
    tracker.feed([line(erlang=300.0, iteration=1, total_iterations=100, timestamp=began)])
    assert tracker.progress.eta_seconds is None
    for iteration in range(2, 51):
        tracker.feed(
            [
                line(
                    erlang=300.0,
                    iteration=iteration,
                    total_iterations=100,
                    timestamp=began + iteration,
                )
            ]
        )
    assert tracker.progress.eta_seconds is not None
    assert math.isclose(tracker.progress.eta_seconds, 50, rel_tol=0.25)


@pytest.mark.parametrize("first", [1, 2, 30])
@pytest.mark.parametrize("group", [1, 2, 30])
def test_the_time_left_is_right_from_the_beginning_however_the_lines_arrive(first, group):
    """Lines of a program's log have the time at which they are read, and come in groups."""
    rate, steps, step_seconds = Rate(), 3000, 0.1
    step, errors = 0, []
    while step < 1000:
        arrived = step + (group if step else first)
        for each in (step + 1, arrived):  # of the lines that are read together
            rate.add(arrived * step_seconds + 1e-6 * each, each / steps)
        step = arrived
        if (estimated := rate.per_second) is not None:
            errors.append(abs(estimated * steps * step_seconds - 1))
    assert max(errors) < 0.01


def test_a_run_that_starts_again_begins_a_new_sequence():
    tracker = ProgressTracker([300.0], 4)
    tracker.feed([line(erlang=300.0, iteration=3, total_iterations=4)])
    tracker.begin_anew()
    tracker.feed([line(erlang=300.0, iteration=1, total_iterations=4)])
    assert (tracker.progress.fraction, tracker.progress.start) == (0.25, 2)


def test_a_load_that_stopped_early_without_a_word_is_done_when_the_next_has_reported_twice():
    tracker = ProgressTracker([300.0, 400.0], 10)
    tracker.feed([line(erlang=300.0, iteration=n, total_iterations=10) for n in (1, 2)])
    tracker.feed([line(erlang=400.0, iteration=1, total_iterations=10)])
    assert tracker.progress.fraction == pytest.approx(0.15)
    tracker.feed([line(erlang=400.0, iteration=2, total_iterations=10)])
    assert tracker.progress.fraction == pytest.approx(0.6)
    # It comes back: the two are simulated at the same time, and nothing was done early. The bar
    # waits until that is true again.
    tracker.feed([line(erlang=300.0, iteration=3, total_iterations=10)])
    assert tracker.progress.fraction == pytest.approx(0.6)
    tracker.feed([line(erlang=300.0, iteration=10, total_iterations=10)])
    tracker.feed([line(erlang=400.0, iteration=5, total_iterations=10)])
    assert tracker.progress.fraction == pytest.approx(0.75)


event = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from([None, "erlang_start", "iteration", "erlang_complete", "start"]),
        "erlang": st.sampled_from([300.0, 400.0, 500.0]),
        "erlang_index": st.integers(1, 3),
        "total_erlangs": st.just(3),
        "fraction": st.sampled_from([0.1, 0.5]),
        "blocking": st.sampled_from([0.01, 0.02]),
    },
)
stretch = st.tuples(event, st.integers(0, 9), st.integers(1, 20), st.sampled_from([5, 10]))


@given(st.lists(stretch, min_size=4, max_size=12))
def test_catching_up_by_blocks_comes_to_the_same_as_line_by_line(stretches):
    lines = [
        # Long enough that few lines make a block that is decoded at once.
        line(**head, iteration=first + n, total_iterations=total, note="x" * 2000)
        for head, first, count, total in stretches
        for n in range(count)
    ]
    one, other = (ProgressTracker([300.0, 400.0, 500.0], 10) for _ in range(2))
    for each in lines:
        one.feed([each])
    other.feed_block(b"".join(each + b"\n" for each in lines))
    unlike = {"eta_seconds": None, "metrics": {}, "fraction": None}
    assert replace(other.progress, **unlike) == replace(one.progress, **unlike)
    # A fraction that was shown is not taken back; with blocks, fewer are shown on the way.
    assert (other.progress.fraction or 0) <= (one.progress.fraction or 0)


@given(st.lists(stretch, max_size=12))
def test_the_fraction_never_goes_back_within_one_start(stretches):
    tracker = ProgressTracker([300.0, 400.0, 500.0], 10)
    before = tracker.progress
    for head, first, count, total in stretches:
        for n in range(count):
            tracker.feed([line(**head, iteration=first + n, total_iterations=total)])
            now = tracker.progress
            if now.start == before.start:
                assert (now.fraction or 0.0) >= (before.fraction or 0.0)
            assert 0.0 <= (now.fraction or 0.0) <= 1.0
            before = now


def test_the_fraction_of_a_block_is_exact():
    lines = [
        line(erlang=erlang, iteration=n, total_iterations=100, blocking=0.01, note="x" * 100)
        for erlang in (300.0, 400.0, 500.0)
        for n in range(1, 101)
    ]
    tracker = ProgressTracker([300.0, 400.0, 500.0], 100)
    tracker.feed_block(b"".join(each + b"\n" for each in lines[:250]))
    assert tracker.progress.fraction == pytest.approx(250 / 300)
    assert tracker.progress.events == 250
    assert [point.iterations for point in tracker.progress.points] == [100, 100, 50]


@pytest.mark.parametrize("key", ["erlang", "fraction", "blocking", "ci", "step", "total", "ts"])
@pytest.mark.parametrize("value", ["1e999", "-1e999", "NaN", "1" + "0" * 400])
def test_no_value_of_the_progress_is_infinite(key, value):
    """An infinite point of the curve made the static one fail."""
    tracker = ProgressTracker()
    text = f'{{"erlang": 300.0, "iteration": 2, "total_iterations": 4, "{key}": {value}}}'
    tracker.feed([b'{"erlang": 300.0, "iteration": 1, "total_iterations": 4}', text.encode()])
    tracker.feed([f'{{"loss": {value}, "deep": {{"x": {value}}}}}'.encode()])
    tracker.feed([f'{{"type": "iteration", "metrics": {{"blocking": {value}}}}}'.encode()])
    progress = tracker.progress
    numbers = [progress.fraction, progress.erlang, progress.eta_seconds, *progress.metrics.values()]
    for point in progress.points:
        numbers += [point.erlang, point.blocking, point.ci]
    assert all(number is None or math.isfinite(number) for number in numbers)
    json.dumps(progress_state(progress, "command"), allow_nan=False)


def test_each_line_is_decoded_once(monkeypatch):
    calls = []
    original = msgspec.json.Decoder.decode

    class Counting:
        def decode(self, line):
            calls.append(line)
            return original(generic, line)

    generic = events._generic
    monkeypatch.setattr(events, "_generic", Counting())
    tracker = ProgressTracker()
    lines = [line(erlang=300.0, iteration=n, total_iterations=9, loss=1 / n) for n in range(1, 6)]
    tracker.feed(lines)
    assert calls == lines
    assert (tracker.progress.events, tracker.progress.metrics["loss"]) == (5, 0.2)
