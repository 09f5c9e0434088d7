"""All that is wrong with an INI file is told at once."""

import pytest

import fusion_jupyter as fj


def test_an_unknown_key_of_a_file_is_reported_like_a_keyword(tmp_path):
    path = tmp_path / "mine.ini"
    path.write_text(fj.start("minimal", simulator="embedded").config + "max_iterz = 3\n")
    # The last section of the file is not the one of max_iters: the message says which is.
    (problem,) = fj.check(path).values()
    assert "max_iterz is not an option; did you mean general_settings.max_iters?" in problem
    (keyword,) = fj.check("minimal", max_iterz=3).values()
    assert keyword == "max_iterz is not an option; did you mean max_iters?"


def test_several_kinds_of_problems_are_reported_together(tmp_path):
    path = tmp_path / "mine.ini"
    path.write_text(
        "stray\n"
        "[general_settings]\n"
        "erlang_start = 300\n"
        "erlang_start = 400\n"
        "erlang_step = -3\n"
        "no equals sign\n"
        "max_iterz = 4\n"
        "[topology_setings]\n"
        "network = NSFNet\n"
        "[topology_settings]\n"
        "network = nsfnett\n"
        "[general_settings]\n"
    )
    with pytest.raises(fj.ConfigError) as caught:
        fj.start(path, k_paths=0, k_pths=1)
    told = caught.value.problems
    for words in (
        "line 1: it is before the first [section]",
        "line 4: general_settings.erlang_start occurs twice",
        "line 6: it is neither [section] nor name = value",
        "line 12: [general_settings] occurs twice",
    ):
        assert words in told["template"]
    assert "did you mean max_iters?" in told["max_iterz"]
    assert "did you mean [topology_settings]?" in told["topology_setings"]
    assert "is '-3'; allowed: a number above 0" in told["erlang_step"]
    assert "Did you mean 'NSFNet'?" in told["network"]
    assert "is '0'" in told["k_paths"]
    assert "did you mean k_paths" in told["k_pths"]
    assert "is missing" in told["max_iters"]
    names = list(told)
    assert names.index("max_iterz") < names.index("max_iters"), "the cause before what it causes"
    assert fj.runs() == []


def test_a_file_that_is_no_ini_at_all_is_reported_in_one_line(tmp_path):
    path = tmp_path / "mine.ini"
    path.write_text("a line\n" * 100_000)
    told = fj.check(path)["template"]
    assert "line 1: it is before the first [section]" in told
    path.write_text("[general_settings]\n" + "a line\n" * 100_000)
    assert len(fj.check(path)["template"]) < 2000
