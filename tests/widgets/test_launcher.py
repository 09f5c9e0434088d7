"""The form that starts runs: what it says of each value, and what it starts."""

from __future__ import annotations

import pytest

import fusion_jupyter as fj
from fusion_jupyter.config import schema
from fusion_jupyter.widgets import launch_request
from fusion_jupyter.widgets.launch_request import at_field, check, from_ini, python
from fusion_jupyter.widgets.launcher import launcher

OPTIONS = fj.options("minimal")
#: FUSION takes any text here: names of algorithms, devices and files of its training programs.
ANYTHING = {name for name, option in OPTIONS.items() if option.kind in ("text", "path")} - {
    "mod_assumption",
    "mod_assumption_path",
    "paths",
}
WRONG = sorted(set(OPTIONS) - ANYTHING)


def asked(**more: object) -> dict[str, object]:
    return {"template": "minimal", "simulator": "embedded", "overrides": {}, **more}


def test_a_wrong_value_in_any_field_is_told_with_what_is_allowed_and_nothing_starts():
    form = launcher()._form
    silent = []
    for name in WRONG:
        answer = form._answer("start", asked(simulator="auto", overrides={name: "no such thing"}))
        message = answer["errors"].get(name, "")
        # The field has the name and the value already.
        repeated = message.startswith((name, OPTIONS[name].section)) or "no such thing" in message
        if "llowed" not in message or repeated:
            silent.append((name, message))
    assert silent == []
    assert len(WRONG) > 110
    assert form.started is None
    assert not fj.runs()


def test_a_wrong_name_or_tag_or_simulator_is_told_at_its_field():
    form = launcher()._form
    answer = form._answer("start", asked(name="a\x00b", tags="x" * 101, simulator="ns3"))
    assert set(answer["errors"]) == {"name", "tags", "simulator"}
    assert answer["errors"]["simulator"].startswith("Allowed: auto, fusion, embedded")
    assert form.started is None


def test_every_option_has_a_description_a_group_and_an_importance():
    for option in OPTIONS.values():
        assert len(option.description) > 10, option.name
        assert option.group, option.name
        assert option.importance in (1, 2, 3), option.name
    assert len(OPTIONS) == len(schema.OPTIONS)


def test_the_form_has_all_options():
    assert {each["name"] for each in launcher()._form.form["options"]} == set(OPTIONS)


@pytest.mark.parametrize(
    ("message", "short"),
    [
        ("general_settings.max_iters is '0'; allowed: 1 or more", "Allowed: 1 or more"),
        ("max_iters: it is a set", "It is a set"),
        ("general_settings.max_iters is missing; allowed: 1 or more", "Allowed: 1 or more"),
        ('general_settings.max_iters is "it\'s; not"; allowed: 1', "Allowed: 1"),
        ("The disk is full", "The disk is full"),
    ],
)
def test_a_message_does_not_repeat_its_field(message, short):
    assert at_field("max_iters", message) == short


def test_the_ini_text_and_the_fields_say_the_same_both_ways():
    changes = {"k_paths": "5", "guard_slots": "0", "first_seed": "7"}
    found = check("minimal", changes, "embedded")
    assert "k_paths = 5" in found["ini"]
    values, errors = from_ini("minimal", found["ini"])
    assert errors == {}
    before = {name: option.value for name, option in OPTIONS.items()}
    differing = {name: text for name, text in values.items() if text != before[name]}
    assert differing.items() >= changes.items()
    assert from_ini("minimal", check("minimal", differing, "embedded")["ini"])[0] == values


def test_what_is_wrong_in_the_ini_text_is_told():
    text = check("minimal", {}, "embedded")["ini"]
    _, errors = from_ini("minimal", text.replace("k_paths", "k_pathz"))
    assert "did you mean k_paths" in errors["routing_settings.k_pathz"]
    _, errors = from_ini("minimal", text + "\nwhat is this\n")
    assert "neither [section] nor name = value" in errors[""]
    _, errors = from_ini("minimal", text.replace("max_iters = 4\n", ""))
    assert "llowed" in errors["max_iters"]


def test_the_line_of_python_starts_the_same():
    overrides = {
        "k_paths": "5",
        "fixed_grid": "True",
        "request_distribution": '{"50": 1.0}',
        "network": "USNet",
        "spectrum_settings.guard_slots": "0",
    }
    line = python("minimal", overrides, "embedded", name='a "b"', tags=["x"])
    assert line == (
        'fj.start("minimal", name="a \\"b\\"", simulator="embedded", tags=["x"], k_paths=5, '
        "fixed_grid=True, request_distribution={'50': 1.0}, network=\"USNet\", "
        'overrides={"spectrum_settings.guard_slots": 0})'
    )
    made = eval(
        python("minimal", {"k_paths": "5", "max_iters": "1"}, "embedded", name="k"), {"fj": fj}
    )
    made.wait(60)
    assert made.record.options == {"k_paths": 5, "max_iters": 1}


def test_the_form_says_which_simulator_and_why_and_how_long_once_it_can_be_known():
    assert check("minimal", {"max_iters": "1"}, "embedded")["estimate"] == ""
    fj.start("minimal", simulator="embedded", max_iters=1).wait(60)
    launch_request._rates.clear()
    found = check("minimal", {"num_requests": "100000"}, "auto")
    assert found["simulator"] == "embedded"
    assert "exactly as FUSION" in found["reason"]
    assert found["estimate"]


def test_a_form_begins_with_an_earlier_run_and_its_tags():
    run = fj.start("minimal", simulator="embedded", max_iters=1, k_paths=2, tags=["ofc27"])
    run.wait(60)
    form = launcher(run)._form
    assert form.form["template"] == f"run {run.id}"
    assert (form.form["simulator"], form.form["tags"]) == ("embedded", "ofc27")
    values = {each["name"]: each["value"] for each in form.form["options"]}
    assert (values["k_paths"], values["max_iters"]) == ("2", "1")
    question = asked(template=f"run {run.id}", overrides={"k_paths": "3"}, tags="ofc27, new")
    answer = form._answer("start", question)
    assert answer["errors"] == {}
    assert f'fj.run("{run.id}").directory / "config.ini"' in answer["code"]
    form.started.wait(60)
    assert form.started.record.tags == ("ofc27", "new")
    assert run.diff(form.started)["option"].tolist() == ["routing_settings.k_paths"]


def test_a_command_has_no_form():
    run = fj.start(command=["true"])
    run.wait(60)
    with pytest.raises(ValueError, match="is a command, which has no options"):
        launcher(run)


def test_a_form_cannot_begin_with_a_run_that_is_gone():
    run = fj.start("minimal", simulator="embedded", max_iters=1)
    run.wait(60)
    run.delete()
    with pytest.raises(fj.RunNotFoundError, match="no configuration"):
        launcher(run)


def test_a_configuration_is_saved_as_a_template_and_can_be_chosen():
    form = launcher()._form
    answer = form._answer("save", {**asked(overrides={"k_paths": "5"}), "as": "mine"})
    assert "mine" in answer["templates"]
    assert fj.options("mine")["k_paths"].value == "5"
    with pytest.raises(ValueError, match="already"):
        form._answer("save", {**asked(), "as": "mine"})
    with pytest.raises(ValueError, match="letters, digits"):
        form._answer("save", {**asked(), "as": "../mine"})
