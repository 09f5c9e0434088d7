"""The words of the types are those of the tables that are keyed by them."""

from typing import get_args

from fusion_jupyter import choices
from fusion_jupyter.analysis.levels import LEVELS
from fusion_jupyter.engines import registry
from fusion_jupyter.maps import link_use
from fusion_jupyter.plots import blocking, links
from fusion_jupyter.simulators import command, embedded, fusion


def test_the_types_name_what_there_is():
    assert get_args(choices.EngineName) == registry.names()
    assert set(get_args(choices.LevelName)) == set(LEVELS)
    assert set(get_args(choices.BlockingMetric)) == set(blocking.METRICS)
    assert set(get_args(choices.LinkMetric)) == set(links.METRICS) == set(link_use.METRICS)
    made = {embedded.NAME, fusion.NAME, command.NAME}
    assert set(get_args(choices.SimulatorOfRun)) == made
    assert set(get_args(choices.SimulatorName)) == {"auto", *made} - {command.NAME}
