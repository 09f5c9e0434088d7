"""Modulation tables and bandwidth classes of one's own."""

import json

import pytest

import fusion_jupyter as fj
from fusion_jupyter.config.compose import compose
from fusion_jupyter.config.modulation import DEFAULT_FORMATS, is_built_in

TABLE = {75: {"QPSK": (3000, 3), "8-QAM": (1500, 2)}, 150: {"QPSK": {"reach": 2000, "slots": 6}}}
FILE = {
    "TABLE": {"50": {"QPSK": {"max_length": 4000, "slots_needed": 2}}},
    "reference": "a journal",
}
QUICK = {"erlang_start": 50, "erlang_stop": 50, "max_iters": 1, "num_requests": 100}


def test_a_table_as_a_mapping_brings_its_classes():
    options = {"modulation_formats": TABLE, "request_distribution": {75: 0.5, 150: 0.5}, **QUICK}
    run = fj.start("minimal", **options)
    assert run.wait(60).status == "COMPLETED"
    assert set(run.results("bandwidth")["bandwidth_gbps"]) == {75, 150}
    assert set(run.record.inputs) == {"modulation_formats.json"}
    stored = json.loads((run.directory / "inputs" / "modulation_formats.json").read_text())
    assert stored["OWN"]["150"] == {"QPSK": {"max_length": 2000, "slots_needed": 6}}


def test_a_file_with_one_table_needs_no_name_of_it(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(FILE))
    made = compose("minimal", {"modulation_formats": path, "request_distribution": {"50": 1}})
    assert made.sections["general_settings"]["mod_assumption"] == "TABLE"
    assert made.files == {"mine.json": path.read_text()}


def test_one_of_fusions_tables_is_taken_by_its_name():
    shares = {"50": 0.5, "400": 0.5}
    made = compose(
        "minimal", {"modulation_formats": "XTAR_ASSUMPTIONS", "request_distribution": shares}
    )
    assert made.sections["general_settings"]["mod_assumption"] == "XTAR_ASSUMPTIONS"
    text = made.sections["general_settings"]["request_distribution"]
    assert json.loads(text) == {"50": 0.5, "100": 0.0, "200": 0.0, "400": 0.5}


def test_a_file_of_the_default_files_name_is_read_and_not_mistaken_for_the_default(tmp_path):
    table = {"25": {"QPSK": {"max_length": 22160, "slots_needed": 3}}}
    path = tmp_path / "default_mod_formats.json"
    path.write_text(json.dumps({"DEFAULT": table}))
    made = compose("minimal", {"mod_assumption_path": path, "request_distribution": {25: 1}})
    assert json.loads(made.files[path.name]) == {"DEFAULT": table}


@pytest.mark.parametrize(
    ("formats", "words"),
    [
        ({}, "request_distribution"),
        ({"100": {}}, "'100' has no formats"),
        ({"fast": {"QPSK": (1, 1)}}, "'fast' is not a whole number of Gb/s"),
        ({"100": {"QPSK": (1000, 2.5)}}, "takes 2.5 slots"),
        ({"100": {"QPSK": (1000, 0)}}, "takes 0 slots"),
        ({"100": {"QPSK": (1000, 2**70)}}, "slots; allowed: a whole number from 1 to 1,000,000"),
        ({"100": {"QPSK": (-1, 2)}}, "the reach of 'QPSK' for 100 Gb/s is -1"),
        ({"100": {"QPSK": "far"}}, "'far'"),
        ("nowhere.json", "neither a mapping nor a file"),
        (3, "neither a mapping nor a file"),
    ],
    ids=str,
)
def test_what_is_no_table_is_refused_with_the_reason(formats, words):
    with pytest.raises(fj.ConfigError) as caught:
        compose("minimal", {"modulation_formats": formats})
    assert words in str(caught.value)


def test_shares_of_classes_that_the_table_lacks_are_named():
    (message,) = fj.check("minimal", modulation_formats=TABLE).values()
    assert "each of 75, 150 (Gb/s), the classes of the table" in message


def test_formats_that_fusion_looks_up_by_name_must_be_there():
    shares = {75: 0.5, 150: 0.5}
    options = {"modulation_formats": TABLE, "request_distribution": shares, "max_segments": 2}
    (message,) = fj.check("minimal", **options).values()
    assert "16-QAM for 75 Gb/s, which slicing looks up" in message


def test_the_order_of_the_classes_counts_since_bandwidths_are_drawn_in_it():
    reordered = dict(reversed(DEFAULT_FORMATS.items()))
    assert is_built_in("DEFAULT", DEFAULT_FORMATS)
    assert not is_built_in("DEFAULT", reordered)
    made = compose("minimal", {"modulation_formats": reordered})
    assert list(json.loads(made.files["modulation_formats.json"])["OWN"]) == list(reordered)
