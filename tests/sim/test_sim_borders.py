"""At every border of what is simulated: equal to FUSION, or refused before the start.

``data/borders.json`` is what FUSION did with each configuration of ``border_cases.py``; it and
``docs/fusion_coverage.md`` are made by ``make_coverage.py``.
"""

from __future__ import annotations

import json

import pytest
from border_cases import BORDERS
from make_coverage import RECORDED, TABLE, all_cases, row, runs

from fusion_jupyter.config.schema import OPTIONS

KNOWN = json.loads(RECORDED.read_text("utf-8"))
CASES = {case.title: case for case in all_cases() if case.title in KNOWN}
#: Those whose options change a result, or are refused, one by one; the others in one test.
NAMED = [
    title
    for title in CASES
    if not title.startswith(("rl_settings", "ml_settings", "policy", "offline", "without rl_"))
]


def test_every_option_and_border_case_was_tried_with_fusion() -> None:
    assert {border.title for border in BORDERS} <= KNOWN.keys()
    for section, name in OPTIONS:
        assert any(title.startswith(f"{section}.{name} = ") for title in KNOWN), (section, name)
    tried = sum(runs(said) for said in KNOWN.values())
    assert 0.4 * len(KNOWN) < tried < 0.9 * len(KNOWN)


@pytest.mark.parametrize("title", NAMED)
def test_the_embedded_simulator_computes_what_fusion_computes_or_refuses(title: str) -> None:
    cells, verdict = row(CASES[title], KNOWN[title])
    allowed = ("equal", "refused", "computed, beyond FUSION", f"computed: {CASES[title].mended}")
    assert verdict in allowed, cells


def test_options_of_learning_change_nothing_or_are_refused() -> None:
    for title in CASES.keys() - set(NAMED):
        cells, verdict = row(CASES[title], KNOWN[title])
        assert verdict in ("equal", "refused"), cells


def test_the_page_has_no_cell_that_says_accepted_and_computes_something_else() -> None:
    text = TABLE.read_text(encoding="utf-8")
    assert "accepted, computes something else" not in text
    assert "although FUSION fails" not in text
    assert f"{len(KNOWN)} configurations" in text
