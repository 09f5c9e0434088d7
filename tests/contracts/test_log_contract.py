"""What is to be read of a log line, and its parts, are the same for Python and for the browser."""

from __future__ import annotations

import pytest
from contract import load
from hypothesis import given
from hypothesis import strategies as st

from fusion_jupyter.logs.line_parts import parts_of, plain_text

LINES = load("log_lines.json")


@pytest.mark.parametrize("case", LINES, ids=lambda each: ascii(each["line"])[:40])
def test_a_line_has_the_text_and_the_parts_that_the_contract_says(case):
    text = plain_text(case["line"])
    assert text == case["text"]
    assert parts_of(text)._asdict() == {key: case[key] for key in parts_of(text)._fields}


@given(st.text(alphabet=st.sampled_from("\x1b[]0;m31\r\x07\\PX^_ aÄ\u202e\t-,:."), max_size=40))
def test_nothing_of_a_line_reaches_a_terminal_or_turns_text_round(line):
    text = plain_text(line)
    assert not set(text) & set("\x1b\r\x07\u202e")
    assert plain_text(text) == text
