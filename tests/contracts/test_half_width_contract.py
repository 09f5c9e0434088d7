"""The intervals in views are 95 %, the same in the kernel and in the page."""

import pytest
from contract import load

from fusion_jupyter.progress.half_width import half_width

CONTRACT = load("half_width.json")


@pytest.mark.parametrize("case", CONTRACT["cases"], ids=str)
def test_a_shown_interval_is_95_percent_by_student_s_t(case):
    shown = half_width(case["reported"], case["iterations"])
    expected = case["half_width"]
    assert shown == (None if expected is None else pytest.approx(expected, rel=1e-4))
