"""What is refused, and what the refusal says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sim_configs import write_config

from fusion_jupyter.sim.config import ConfigurationError, read_config

MIX = {"25": 0.1, "50": 0.1, "100": 0.5, "200": 0.2, "400": 0.1}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"network": "Atlantis"}, ["topology_settings", "network is 'Atlantis'", "NSFNet"]),
        ({"num_requests": "abc"}, ["general_settings", "num_requests is 'abc'", "whole number"]),
        ({"num_requests": 0}, ["num_requests is '0'", "1 or more"]),
        ({"holding_time": None}, ["missing", "holding_time", "general_settings"]),
        ({"holding_time": -1}, ["holding_time is '-1'", "above 0"]),
        ({"holding_time": "nan"}, ["holding_time is 'nan'", "above 0"]),
        ({"erlang_step": 0}, ["erlang_step is '0'", "above 0"]),
        ({"erlang_step": -100}, ["erlang_step is '-100'"]),
        ({"erlang_start": 500}, ["erlang_start = 500", "erlang_stop is '200'"]),
        ({"guard_slots": 2}, ["guard_slots is '2'", "0, 1"]),
        ({"allocation_method": "best_fit"}, ["allocation_method is 'best_fit'", "first_fit"]),
        ({"route_method": "foo"}, ["route_method is 'foo'", "k_shortest_path"]),
        ({"file_type": "csv"}, ["file_settings", "file_type is 'csv'", "json"]),
        ({"is_grooming_enabled": True}, ["is_grooming_enabled is 'True'", "False"]),
        ({"snr_type": "gsnr"}, ["snr_settings", "snr_type is 'gsnr'", "None"]),
        ({"is_only_core_node": False}, ["is_only_core_node is 'False'", "USbackbone60", "NSFNet"]),
        ({"is_only_core_node": "maybe"}, ["is_only_core_node is 'maybe'", "True, False"]),
        ({"request_distribution": MIX | {"75": 0}}, ["request_distribution", "25, 50, 100"]),
        ({"request_distribution": MIX | {"25": 0.2}}, ["= 220", "num_requests = 200"]),
        ({"request_distribution": MIX | {"25": -0.1, "50": 0.3}}, ["-0.1", "0 to 1"]),
        ({"request_distribution": "[1, 2"}, ["request_distribution is '[1, 2", "share"]),
        (
            {"mod_assumption_path": "nope.json"},
            ["mod_assumption_path is 'nope.json'", "no such file"],
        ),
        ({"mod_assumption": "FOO"}, ["mod_assumption is 'FOO'", "DEFAULT"]),
    ],
)
def test_refusals_name_option_value_and_what_is_allowed(
    tmp_path: Path, changes: dict[str, Any], words: list[str]
) -> None:
    path = write_config(tmp_path / "config.ini", **changes)
    with pytest.raises(ConfigurationError) as caught:
        read_config(path)
    for word in words:
        assert word in str(caught.value)


def test_files_that_are_not_configurations(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"Could not read .*nope\.ini"):
        read_config(tmp_path / "nope.ini")
    path = tmp_path / "bad.ini"
    path.write_text("no section", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="before the first"):
        read_config(path)
    path.write_text("[other]\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="general_settings"):
        read_config(path)


def test_loads_include_the_last_and_keep_their_digits(config: Any) -> None:
    assert config(erlang_start=300, erlang_stop=600, erlang_step=150).erlangs == (300, 450, 600)
    assert config(erlang_start=0.1, erlang_stop=0.35, erlang_step=0.1).erlangs == (
        0.1, 0.2, 0.1 + 0.1 + 0.1,
    )  # fmt: skip


def test_section_s1_takes_precedence_and_s2_which_fusion_ignores_is_refused(
    tmp_path: Path,
) -> None:
    path = write_config(tmp_path / "config.ini", k_paths=5)
    with path.open("a", encoding="utf-8") as file:
        file.write("[s1]\nk_paths = 2\n")
    assert read_config(path).k_paths == 2
    with path.open("a", encoding="utf-8") as file:
        file.write("[s2]\nk_paths = 1\n")
    with pytest.raises(ConfigurationError, match=r"\[s2\]"):
        read_config(path)


def test_shortest_path_tries_one_path_and_keeps_the_statistics_for_k(config: Any) -> None:
    settings = config(route_method="shortest_path", k_paths=4)
    assert (settings.k_paths, settings.candidate_paths) == (4, 1)


def test_a_modulation_table_of_ones_own(tmp_path: Path) -> None:
    table = {"MINE": {"10": {"BPSK": {"max_length": 5000, "slots_needed": 1}}}}
    (tmp_path / "formats.json").write_text(json.dumps(table), encoding="utf-8")
    path = write_config(
        tmp_path / "config.ini",
        mod_assumption="MINE",
        mod_assumption_path="formats.json",
        request_distribution={"10": 1.0},
    )
    assert read_config(path).formats == {"10": {"BPSK": (5000.0, 1)}}
