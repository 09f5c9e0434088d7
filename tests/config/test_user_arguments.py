"""Arguments that are mistaken for options."""

import warnings

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


def test_an_option_without_effect_is_told_before_and_at_a_start(manager):
    with pytest.warns(UserWarning, match=r"^seed: no effect .* 'embedded' .*first_seed="):
        assert fj.check("minimal", seed=7) == {}
    with pytest.warns(UserWarning, match=r"^path_ordering: no effect") as said:
        fj.start("minimal", path_ordering="hops", num_requests=100, max_iters=1).wait(60)
    assert said[0].filename == __file__


def test_several_values_lead_to_a_sweep(manager):
    for name, value in {"k_paths": [1, 3], "network": ["NSFNet", "USNet"]}.items():
        assert "sweep(over=" in fj.check("minimal", **{name: value})[name]


def test_what_the_embedded_simulator_refuses_of_its_own_is_not_told_as_fusions(manager):
    message = fj.check("minimal", paths=3)["paths"]
    assert "a file with candidate paths" in message
    assert "FUSION" not in message


def test_a_warm_up_that_uses_up_the_small_bandwidths_is_told(manager):
    mixed = {"warm_up": 500, "simulator": "embedded"}
    with pytest.warns(UserWarning, match="counted requests have another mix .* independent_bandw"):
        assert fj.check("minimal", **mixed) == {}
    with warnings.catch_warnings(action="error"):
        assert fj.check("minimal", **mixed, independent_bandwidths=True) == {}
        assert fj.check("minimal", **mixed, request_distribution={100: 1.0}) == {}
        assert fj.check("minimal", simulator="embedded") == {}
