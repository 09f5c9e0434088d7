"""The table of options: complete, described, and what the documentation says."""

from pathlib import Path

import pytest

import fusion_jupyter as fj
from fusion_jupyter.config import schema
from fusion_jupyter.config.option_reference import options_page

PAGE = Path(__file__).parents[2] / "docs" / "options.md"


def test_the_documentation_says_what_the_table_says():
    made = "python -m fusion_jupyter.config.schema > docs/options.md"
    assert PAGE.read_text(encoding="utf-8") == options_page(), made


@pytest.mark.parametrize("option", schema.OPTIONS.values(), ids=lambda option: option.name)
def test_every_option_says_what_it_means(option):
    assert option.description.endswith(".")
    assert len(option.description) > 12
    assert option.group
    assert option.importance in (1, 2, 3)
    if option.default is not None:
        value = option.kind.parse(option.default)
        assert all(rule.accepts(value) for rule in (option.fusion, option.embedded))
    for rule in (option.fusion, option.embedded):
        for value in (rule.only or ()) if rule else ():
            assert str(value) in {*option.kind.choices, *option.kind.suggestions, "None"}


def test_all_of_fusions_options_can_be_set_by_name_or_section():
    listed = fj.options(simulator="fusion")
    of_fusion = [option for option in schema.OPTIONS.values() if option.fusion is not None]
    # 135 keys in 16 sections, and the choice of the engine, which FUSION reads elsewhere.
    assert len(of_fusion) == len(listed) == 136
    assert len({option.section for option in of_fusion}) == 16
    for option in of_fusion:
        info = listed[f"{option.section}.{option.name}"]
        assert info is listed[info.name]
        assert (info.section, info.description) == (option.section, option.description)


def test_a_name_that_several_sections_have_means_the_first():
    assert fj.options()["k_paths"].section == "routing_settings"
    assert fj.options()["policy_settings.k_paths"].name == "policy_settings.k_paths"
    with pytest.raises(KeyError):
        fj.options()["lunch"]


def test_options_narrow_to_what_a_simulator_allows():
    assert "gsnr" in fj.options()["snr_type"].choices
    assert fj.options(simulator="embedded")["snr_type"].choices == (
        "None", "snr_calc_nli", "xt_calculation",
    )  # fmt: skip
    assert "first_seed" not in fj.options(simulator="fusion")
    with pytest.raises(ValueError, match="allowed: auto, fusion, embedded"):
        fj.options(simulator="other")


def test_options_show_themselves_as_a_table():
    table = fj.options("minimal")
    assert repr(table) == f"OptionTable({len(table)} options)"
    html = table._repr_html_()
    assert html.count("<tr>") > len(table)
    assert "Number of candidate paths of each node pair" in html
    frame = table.to_frame()
    assert len(frame) == len(table)
    row = frame.set_index("name").loc["c_band"]
    assert (row["value"], row["unit"], row["importance"]) == ("320", "slots", 1)
