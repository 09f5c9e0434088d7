"""Arguments that are mistaken for options."""

import pytest

import fusion_jupyter as fj
from fusion_jupyter.config import user_options
from fusion_jupyter.config.user_options import ARGUMENTS


@pytest.mark.parametrize("function", ["start", "sweep"])
def test_every_argument_of_a_function_is_known_as_such(function):
    code = getattr(fj, function).__code__
    named = {*code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]} - {"precision"}
    for name in named:
        owners = [each for each in ("start", "sweep") if each in ARGUMENTS.get(name, "")]
        assert function in owners, name


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("dry_run", "dry_run is not an option, but an argument of fusion_jupyter.sweep"),
        ("dryrun", "dryrun is not an option; did you mean dry_run"),
        ("load", "load is not an option; did you mean erlang_start or erlang_stop or erlang_step"),
        ("Topology", r"Topology is not an option; did you mean network\?"),
        ("max_concurent", "max_concurent is not an option; did you mean max_concurrent"),
    ],
)
def test_an_argument_among_the_options_is_named_as_what_it_is(manager, name, message):
    with pytest.raises(fj.ConfigError, match=message):
        fj.start("minimal", **{name: True})


@pytest.mark.parametrize(("word", "options"), user_options._OTHER_WORDS.items())
def test_another_word_for_an_option_is_none_itself_and_leads_to_one(word, options):
    assert not user_options.is_option(word)
    assert all(map(user_options.is_option, options))
