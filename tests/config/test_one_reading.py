"""What `check` accepts the simulator runs, and the other way round."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fusion_jupyter as fj
from fusion_jupyter.config import compose, schema
from fusion_jupyter.sim.config import ConfigurationError, read_config
from fusion_jupyter.simulators import fusion

JUNK = (
    "", "None", "none", "no", "yes", "true", "False", "0", "1", "-1", "2", "7", "8", "65", "1.5",
    "1e999", "nan", "inf", "1_000", "x", "{}", "[]", "{'100': 1}", '{"100": 1.0}', "DEFAULT", "a%b",
    "{'25': 0.1, '50': 0.1, '100': 0.5, '200': 0.2, '400': 0.1}", '{"0": 1, "1": 2}', "minimal",
    '{"25": 0.5, "50": 0.5, "100": 0, "200": 0, "400": 0}', "nowhere.json", "/nowhere.json", "C D",
    "XTAR_ASSUMPTIONS", "4294967295", '{"50": 0, "100": 1, "200": 0, "400": 0}', "0.01", "é", "\0",
    "data/json_input/example_mods/default_mod_formats.json",
)  # fmt: skip
CHANGED = sorted(schema.OPTIONS)
#: Those that other options are checked with, which chance alone rarely brings together.
TOGETHER = sorted(
    location for location, option in schema.OPTIONS.items() if option.embedded.effect == "result"
)


def texts(location):
    option = schema.OPTIONS[location]
    usual = [*option.kind.choices, *option.kind.suggestions, option.default or option.missing]
    usual += {"integer": ["1", "2", "7", "40"], "number": ["1", "0.5"]}.get(option.kind.name, [])
    usual = st.sampled_from([text for text in usual if text] or ["text"])
    return usual | usual | usual | st.sampled_from(JUNK)


@st.composite
def changes(draw):
    locations = draw(
        st.lists(st.sampled_from(TOGETHER) | st.sampled_from(CHANGED), max_size=5, unique=True)
    )
    return {location: draw(texts(location)) for location in locations}


@pytest.fixture(autouse=True)
def without_fusion(monkeypatch):
    monkeypatch.setattr(fusion, "find_python", lambda: None)


def accepted(path):
    try:
        read_config(path)
    except ConfigurationError as error:
        return str(error)
    return ""


def as_ini(changed):
    sections = {name: dict(values) for name, values in compose.compose("minimal").sections.items()}
    for (section, name), text in changed.items():
        sections[section][name] = text
    return compose.to_ini(sections)


@settings(max_examples=400, deadline=None)
@given(changes())
def test_check_is_empty_just_where_the_simulator_accepts(changed):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "study.ini"
        path.write_text(as_ini(changed), encoding="utf-8")
        problems = fj.check(path, simulator="embedded")
        refused = accepted(path)
    assert bool(problems) == bool(refused), (problems, refused)


@settings(max_examples=150, deadline=None)
@given(changes())
def test_an_accepted_request_is_accepted_again_from_its_run_directory(changed):
    options = {f"{section}.{name}": text for (section, name), text in changed.items()}
    try:
        made = compose.compose("minimal", options)
    except fj.ConfigError:
        return
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "inputs").mkdir()
        for name, text in made.files.items():
            (Path(folder) / "inputs" / name).write_text(text, encoding="utf-8")
        path = Path(folder) / "config.ini"
        path.write_text(made.to_ini(), encoding="utf-8")
        config = read_config(path)
        again = compose.compose(path)
    assert (config.erlangs, config.network) == (made.erlangs, made.network)
    assert again.sections == made.sections


@pytest.mark.parametrize(
    "changed",
    [
        {("topology_settings", "is_only_core_node"): "False"},
        {("general_settings", "mod_assumption_path"): "/nowhere.json"},
        {("snr_settings", "snr_type"): "no"},
        {("general_settings", "max_iters"): "2.0"},
    ],
)
def test_what_the_simulator_would_refuse_is_refused_before_the_start(changed, tmp_path):
    path = tmp_path / "study.ini"
    path.write_text(as_ini(changed))
    (name,) = (name for _, name in changed)
    assert list(fj.check(path)) == [name]
    assert name in accepted(path)


@pytest.mark.parametrize(
    "changed",
    [
        {
            (
                "general_settings",
                "request_distribution",
            ): "{'25': 0, '50': 0, '100': 1, '200': 0, '400': 0}"
        },
        {("topology_settings", "const_link_weight"): "yes"},
        {("general_settings", "fixed_grid"): "1"},
    ],
)
def test_what_the_simulator_takes_is_taken_before_the_start(changed, tmp_path):
    path = tmp_path / "study.ini"
    path.write_text(as_ini(changed))
    assert fj.check(path) == {}
    assert accepted(path) == ""
