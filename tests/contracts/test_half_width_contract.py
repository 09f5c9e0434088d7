"""The intervals in views, the same in the kernel and in the page."""

import pytest
from contract import load

from fusion_jupyter.progress.half_width import half_width

CONTRACT = load("half_width.json")


@pytest.mark.parametrize("case", CONTRACT["cases"], ids=str)
def test_an_interval_is_95_percent_by_student_s_t_or_as_a_command_reported_it(case):
    shown = half_width(case["reported"], case["iterations"], case["simulator"])
    expected = case["half_width"]
    assert shown == (None if expected is None else pytest.approx(expected, rel=1e-4))
