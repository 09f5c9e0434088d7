"""What a line of progress means is the same for Python and for the browser."""

from __future__ import annotations

import json

import pytest
from contract import SHARED, line_bytes, load, progress_of
from random_progress import FILE, sequences

from fusion_jupyter.progress import state
from fusion_jupyter.progress.state import ProgressTracker
from fusion_jupyter.widgets.snapshot import progress_state

WRITTEN = load("progress.json")
DRAWN = load(FILE)


def same(found: object, expected: object) -> bool:
    """Equal but for the last digits of a sum, which may be added up in another order."""
    if isinstance(found, float) and isinstance(expected, float):
        return found == pytest.approx(expected, rel=1e-12, abs=1e-12)
    if isinstance(found, list) and isinstance(expected, list):
        return len(found) == len(expected) and all(map(same, found, expected))
    return found == expected


@pytest.mark.parametrize("sequence", WRITTEN, ids=lambda each: each["name"])
def test_a_written_sequence_has_the_progress_that_the_contract_says(sequence):
    found = json.loads(json.dumps(progress_of(sequence), allow_nan=False))
    for key, value in sequence["expected"].items():
        assert same(found[key], value), f"{key}: {found[key]}, the contract says {value}"
    assert set(found) == set(sequence["expected"])


def test_drawn_sequences_have_the_progress_that_the_contract_says():
    for sequence in DRAWN:
        found = json.loads(json.dumps(progress_of(sequence), allow_nan=False))
        for key, value in sequence["expected"].items():
            assert same(found[key], value), f"{sequence['name']}: {key}: {found[key]} != {value}"


def test_the_drawn_sequences_are_those_that_the_generator_draws():
    drawn = json.loads(json.dumps(sequences()))
    assert [each["lines"] for each in drawn] == [each["lines"] for each in DRAWN]


def test_the_contract_is_rich():
    assert len(WRITTEN) >= 40
    assert len({each["name"] for each in WRITTEN}) == len(WRITTEN)
    assert any(each["expected"]["start"] > 2 for each in WRITTEN)
    assert any(each["expected"]["bad_lines"] > 5 for each in WRITTEN)


@pytest.mark.parametrize("sequence", WRITTEN + DRAWN, ids=lambda each: each["name"])
def test_catching_up_on_a_block_of_lines_ends_in_the_same_place(sequence, monkeypatch):
    """A large block takes another way through the code than following."""
    monkeypatch.setattr(state, "_SMALL_BLOCK", 0)
    monkeypatch.setattr(state, "_LINES_WITH_METRICS", 1)
    tracker, other = (ProgressTracker(sequence["erlangs"], sequence["max_iters"]) for _ in range(2))
    lines = [line_bytes(line) for line in sequence["lines"]]
    tracker.feed_block(b"".join(line + b"\n" for line in lines))
    for line in lines:
        other.feed([line])
    caught_up, followed = (progress_state(each.progress, "embedded") for each in (tracker, other))
    # Rates depend on the moments of reading. Who followed may have seen a higher fraction, before
    # more loads were announced, and that never goes back.
    for key in set(SHARED) - {"fraction"}:
        assert caught_up[key] == followed[key], key
    assert (caught_up["fraction"] or 0.0) <= (followed["fraction"] or 0.0) + 1e-12
