"""Names on a map are at the same places in both halves, and the same ones have room."""

from __future__ import annotations

import pytest
from contract import load

from fusion_jupyter.maps.network_map import MapNode, NetworkMap
from fusion_jupyter.maps.svg import BESIDE, map_svg, readable_names

CONTRACT = load("map_names.json")


@pytest.mark.parametrize("case", CONTRACT["cases"], ids=lambda each: each["name"])
def test_the_names_that_the_contract_says_have_room(case):
    nodes = tuple(MapNode(name, 0.0, 0.0, side) for name, side in case["nodes"])
    network = NetworkMap("made", nodes, (), computed=False)
    assert sorted(readable_names(network, case["places"])) == case["shown"]


def test_a_name_is_beside_its_node_where_the_contract_says():
    assert {side: list(place) for side, place in BESIDE.items()} == CONTRACT["beside"]


def test_names_as_short_as_the_contract_says_are_inside_their_nodes():
    def picture(length: int) -> str:
        nodes = tuple(MapNode("n" * length, x, 0.0, "e") for x in (0.0, 1.0))
        return map_svg(NetworkMap("made", nodes, (), computed=False))

    assert 'r="9.5"' in picture(CONTRACT["longest_inside"])
    assert 'r="9.5"' not in picture(CONTRACT["longest_inside"] + 1)
