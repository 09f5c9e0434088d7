import configparser
import json
import os

import pytest

import fusion_jupyter as fj
from fusion_jupyter.config import compose
from fusion_jupyter.manager.manager import RunManager
from fusion_jupyter.manager.record import RunCreate
from fusion_jupyter.sim.config import read_config


def freeze(made, folder):
    """Write a configuration and its files as a run directory has them."""
    (folder / "inputs").mkdir(parents=True)
    for name, text in made.files.items():
        (folder / "inputs" / name).write_text(text)
    path = folder / "config.ini"
    path.write_text(made.to_ini())
    return path


@pytest.mark.parametrize("template", fj.template_names())
def test_every_template_is_complete_and_simulates(template, tmp_path):
    assert fj.check(template) == {}
    made = compose.compose(template)
    assert read_config(freeze(made, tmp_path)).erlangs == made.erlangs


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ({"erlang_step": 0}, ["erlang_step", "'0'", "above 0"]),
        ({"erlang_step": -5}, ["erlang_step", "'-5'", "above 0"]),
        ({"erlang_step": 0.001}, ["erlang_step", "0.001", "10000"]),
        ({"erlang_start": 1e17, "erlang_stop": 1e17, "erlang_step": 1}, ["erlang_step", "next"]),
        ({"erlang_start": "abc"}, ["erlang_start", "'abc'", "number"]),
        ({"erlang_start": float("nan")}, ["erlang_start", "'nan'", "number"]),
        ({"erlang_start": 700}, ["erlang_stop", "600", "700"]),
        ({"max_iters": 0}, ["max_iters", "'0'", "1 or more"]),
        ({"max_iters": 2.5}, ["max_iters", "'2.5'", "whole number"]),
        ({"max_iters": True}, ["max_iters", "'True'", "whole number"]),
        ({"num_requests": 7}, ["request_distribution", "num_requests = 7", "add up to 7"]),
        ({"request_distribution": {"75": 1.0}}, ["request_distribution", "75", "25, 50, 100"]),
        ({"request_distribution": {"100": 1.5}}, ["request_distribution", "1.5", "0 to 1"]),
        ({"request_distribution": {"100": 0.4}}, ["request_distribution", "0.4", "add up"]),
        ({"request_distribution": "often"}, ["request_distribution", "often", "share"]),
        ({"guard_slots": 2}, ["guard_slots", "'2'", "0, 1"]),
        ({"network": "Atlantis"}, ["network", "Atlantis", "NSFNet", "fusion_jupyter.networks()"]),
        ({"route_method": "foo"}, ["route_method", "'foo'", "k_shortest_path"]),
        ({"snr_type": "gsnr"}, ["snr_type", "gsnr", "snr_calc_nli"]),
        ({"allocation_method": "best_fit"}, ["allocation_method", "best_fit", "first_fit"]),
        ({"k_paths": "many"}, ["k_paths", "'many'", "whole number"]),
        ({"c_band": 0}, ["c_band", "'0'", "1 or more"]),
        ({"max_segments": 0}, ["max_segments", "'0'", "1 or more"]),
        ({"is_grooming_enabled": True}, ["is_grooming_enabled", "True", "False"]),
        ({"is_only_core_node": "perhaps"}, ["is_only_core_node", "perhaps", "True, False"]),
        ({"netwrk": "NSFNet"}, ["netwrk", "network"]),
        ({"routing_settings.paths": 3}, ["routing_settings.paths", "k_paths"]),
        ({"k_paths": object()}, ["k_paths", "object"]),
        ({"k_paths": 2**40}, ["k_paths", "1099511627776", "no number beyond 2,147,483,646"]),
        ({"max_iters": 10**16, "precision": 0.3}, ["max_iters", "beyond 2,147,483,646"]),
        ({"filter_mods": float("nan")}, ["filter_mods", "nan", "an empty cell of a table"]),
        ({"filter_mods": float("-inf")}, ["filter_mods", "-inf", "a text, or None"]),
    ],
)
def test_a_bad_value_is_named_with_what_is_allowed_and_nothing_is_written(
    override, words, tmp_path
):
    manager = RunManager(tmp_path / "runs")
    with pytest.raises(compose.ConfigError) as caught:
        manager.create_run(RunCreate(template="minimal", config=override, simulator="embedded"))
    for word in words:
        assert word in str(caught.value)
    assert not (tmp_path / "runs").exists()


def test_an_unknown_template_is_named_with_the_known_ones():
    with pytest.raises(
        compose.ConfigError, match=r"'minmal'.*nsfnet_blocking.*Did you mean 'minimal'"
    ):
        compose.compose("minmal")


def test_all_problems_are_reported_at_once():
    assert set(fj.check("minimal", {"k_paths": 0, "network": "x", "nope": 1})) == {
        "k_paths",
        "network",
        "nope",
    }


def test_an_override_may_name_its_section():
    made = compose.compose("minimal", {"routing_settings.k_paths": 7})
    assert made.sections["routing_settings"]["k_paths"] == "7"


@pytest.mark.parametrize("name", ["guard_slots", "spectrum_settings.guard_slots"])
def test_an_option_that_two_sections_hold_stays_one(name):
    made = compose.compose("minimal", {name: 0})
    assert made.sections["general_settings"]["guard_slots"] == "0"
    assert made.sections["spectrum_settings"]["guard_slots"] == "0"


def test_unused_bandwidths_may_be_omitted():
    made = compose.compose("minimal", {"request_distribution": {100: 1.0}})
    shares = json.loads(made.sections["general_settings"]["request_distribution"])
    assert shares == {"25": 0.0, "50": 0.0, "100": 1.0, "200": 0.0, "400": 0.0}


def test_loads_include_the_last_where_a_step_hits_it():
    made = compose.compose("minimal", {"erlang_start": 100, "erlang_stop": 250, "erlang_step": 50})
    assert made.erlangs == (100.0, 150.0, 200.0, 250.0)
    made = compose.compose("minimal", {"erlang_start": 100, "erlang_stop": 240, "erlang_step": 50})
    assert made.erlangs == (100.0, 150.0, 200.0)


def write_ini(path, remove=(), extra=""):
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(compose.compose("minimal").to_ini())
    for section, name in remove:
        parser.remove_option(section, name)
    with path.open("w") as file:
        parser.write(file)
        file.write(extra)


def test_an_ini_file_is_completed_with_what_fusion_wants(tmp_path):
    path = tmp_path / "study.ini"
    write_ini(path, remove=[("rl_settings", "gamma"), ("general_settings", "snapshot_step")])
    made = compose.compose(path)
    assert made.sections["rl_settings"]["gamma"] == "0.1"
    assert made.sections["general_settings"]["snapshot_step"] == "10"


def test_an_ini_file_without_a_deciding_option_is_refused(tmp_path):
    path = tmp_path / "study.ini"
    write_ini(path, remove=[("general_settings", "num_requests")])
    with pytest.raises(compose.ConfigError, match=r"general_settings\.num_requests is missing"):
        compose.compose(path)


def test_sections_that_fusion_ignores_are_refused(tmp_path):
    path = tmp_path / "study.ini"
    write_ini(path, extra="\n[s2]\nk_paths = 1\n")
    with pytest.raises(compose.ConfigError, match=r"\[s2\]"):
        compose.compose(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [("erlang_start = 5\n", "before the first"), ("\xff\xfe", "not a valid INI|Cannot read")],
)
def test_a_file_that_is_no_ini_is_refused_by_name(tmp_path, content, words):
    path = tmp_path / "broken.ini"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(compose.ConfigError, match=words) as caught:
        compose.compose(path)
    assert "broken.ini" in str(caught.value)


def test_a_missing_file_is_refused_by_name(tmp_path):
    with pytest.raises(compose.ConfigError, match=r"nowhere\.ini'; there is no such file in "):
        compose.compose(tmp_path / "nowhere.ini")


def test_options_say_what_they_are():
    found = fj.options("minimal")
    assert found["k_paths"].section == "routing_settings"
    assert found["k_paths"].main
    assert found["network"].choices[0] == "NSFNet"
    assert not found["gamma"].main


def test_what_is_no_regular_file_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "study.ini")
    for path in (tmp_path / "study.ini", tmp_path, "/dev/zero"):
        with pytest.raises(fj.ConfigError, match="not a file"):
            compose.compose(path)
