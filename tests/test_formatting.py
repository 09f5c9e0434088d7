"""Numbers in words; the forms that the browser has too are checked by tests/contracts."""

from __future__ import annotations

import pytest

from fusion_jupyter import formatting


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "less than a second"),
        (1, "about 1 s"),
        (89.4, "about 89 s"),
        (90, "about 2 min"),
        (59 * 60, "about 59 min"),
        (95 * 60, "about 1 h 35 min"),
        (4000, "about 1 h 7 min"),
    ],
)
def test_an_estimated_time_is_in_the_unit_that_tells_enough(seconds, words):
    assert formatting.about(seconds) == words


def test_one_thing_is_singular():
    counts = [formatting.counted(number, "run") for number in (0, 1, 2, 1204)]
    assert counts == ["0 runs", "1 run", "2 runs", "1,204 runs"]


@pytest.mark.parametrize("number", [1e300, 1.7976931348623157e308, 5e-324, -5.0, -0.1])
def test_no_number_of_a_program_breaks_its_form(number):
    for form in (formatting.probability, formatting.load, formatting.margin):
        assert form(number)
