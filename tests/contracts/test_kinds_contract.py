"""The kind of a file is the same for Python and for the browser."""

from __future__ import annotations

import typing

import pytest
from contract import load

from fusion_jupyter.artifacts.listing import kind_of
from fusion_jupyter.widgets.messages import Kind

KINDS = load("file_kinds.json")


@pytest.mark.parametrize(("name", "kind"), KINDS.items(), ids=ascii)
def test_a_name_tells_the_kind_that_the_contract_says(name, kind):
    assert kind_of(name) == kind


def test_the_kinds_are_those_that_messages_know_and_each_is_in_the_contract():
    assert set(KINDS.values()) == set(typing.get_args(Kind))
