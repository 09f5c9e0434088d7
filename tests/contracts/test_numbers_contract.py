"""Python and the browser format a number alike; the browser's spaces are narrow."""

from __future__ import annotations

import pytest
from contract import load

from fusion_jupyter import formatting

FORMATS = {
    "duration": formatting.duration,
    "took": formatting.took,
    "probability": formatting.probability,
    "margin": formatting.margin,
    "percent": formatting.percent,
    "share": formatting.share,
    "count": formatting.count,
    "load": formatting.load,
    "bytes": formatting.size,
}
NUMBERS = load("numbers.json")


@pytest.mark.parametrize(
    ("name", "number", "text"),
    [(name, *case) for name, cases in NUMBERS.items() for case in cases],
    ids=str,
)
def test_a_number_is_shown_as_the_contract_says(name, number, text):
    assert FORMATS[name](number) == text
