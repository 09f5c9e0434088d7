"""A value of a wrong type is reported by name, with what is allowed; nothing is started."""

import math

import pytest

import fusion_jupyter as fj
from fusion_jupyter import arguments, short_errors

CALLS = {
    "fj.start(5)": "template is 5",
    'fj.start(["minimal"])': "template is ['minimal']",
    'fj.start("minimal", tags=5)': "tags is 5",
    'fj.start("minimal", overrides=["k_paths=3"])': "overrides is ['k_paths=3']",
    'fj.start("minimal", engine_options=5)': "engine_options is 5",
    'fj.start("minimal", k_paths=[1, 2])': "k_paths: it is [1, 2], a list",
    'fj.start("minimal", network=[("A", "B", "x")])': "network: the link 1 has the length 'x'",
    "fj.start(command=5)": "command is 5",
    'fj.start(command="python train.py")': "command is 'python train.py'",
    'fj.sweep(5, over={"k_paths": [1]})': "template is 5",
    'fj.sweep("minimal", over={5: [1, 2]})': "5 is not an option",
    'fj.sweep("minimal", over={"k_paths": [1]}, tags=5)': "tags is 5",
    'fj.sweep("minimal", over={"k_paths": [1]}, name=5)': "name is '5'",
    'fj.sweep("minimal", over={"k_paths": [fj]})': "k_paths: it is",
    'fj.sweep("minimal", over={"k_paths": [1]}, overrides=5)': "overrides is 5",
    'fj.find_load("minimal", blocking="1%")': "blocking is '1%'",
    'fj.find_load("minimal", blocking=None)': "blocking is None",
    'fj.find_load("minimal", precision="fine")': "precision is 'fine'",
    'fj.find_load("minimal", low="a")': "low is 'a'",
    'fj.find_load("minimal", max_iterations="x")': "max_iterations is 'x'",
    "fj.runs(status=5)": "status is 5",
    'fj.runs(since="yesterdayy")': "since is 'yesterdayy'",
    "fj.runs(tags=5)": "tags is 5",
    "fj.runs(name=5)": "name is 5",
    "fj.runs(network=5)": "network is 5",
    'fj.runs(simulator="matlab")': "simulator is 'matlab'",
    'fj.runs(limit="ten")': "limit is 'ten'",
    "fj.runs(limit=1.5)": "limit is 1.5",
    "fj.options(5)": "template is 5",
    'fj.options()["kpaths"]': "kpaths is not an option; did you mean k_paths",
    "fj.topology(5)": "network is 5",
    'fj.topology("NSFNet", erlang=300)': "erlang is 300",
    "fj.launcher(5)": "template is 5",
    "fj.configure(runs_dir=5)": "runs_dir is 5",
    "fj.configure(fusion_python=5)": "fusion_python is 5",
    'fj.configure(cancel_grace_seconds="x")': "cancel_grace_seconds is 'x'",
    "fj.configure(slurm=5)": "slurm is 5",
    "fj.import_runs(5)": "path is 5",
    "fj.reproduce(5)": "path is 5",
    'fj.save_template(5, "mine")': "source is 5",
    'fj.report(fraction="x")': "fraction is 'x'",
    "fj.RunView(5)": "run is 5",
    "fj.SweepView(5)": "sweep is 5",
}
CALLS_OF_A_RUN = {
    'run.results("lods")': "level is 'lods'",
    'run.results(confidence="high")': "confidence is 'high'",
    "fj.results(run, confidence=True)": "confidence is True",
    'run.wait("10")': "timeout is '10'",
    'fj.wait([run], timeout="x")': "timeout is 'x'",
    'run.log_tail("a")': "n is 'a'",
    "run.log_tail(1.5)": "n is 1.5",
    "run.tag(5)": "tags has 5",
    "fj.export(run, 5)": "path is 5",
    "fj.table(run, rows=5)": "rows is 5",
    "fj.table(run, value=5)": "value is 5",
    "fj.plot_blocking(run, label=5)": "label is 5",
    'fj.topology(run, erlang="high")': "erlang is 'high'",
}


def say(code, known):
    """The message of a call, which must be raised on purpose."""
    with pytest.raises(Exception) as caught:
        eval(code, known)
    assert short_errors.raised_on_purpose(caught.tb), f"{code}: {caught.value!r}"
    assert len(str(caught.value)) < 400, caught.value
    return str(caught.value)


@pytest.mark.parametrize("code", CALLS)
def test_a_value_of_a_wrong_type_is_named_and_nothing_is_written(code, tmp_path):
    fj.configure(runs_dir=tmp_path / "runs")
    said = say(code, {"fj": fj})
    assert CALLS[code] in said
    assert "allowed" in said or "did you mean" in said
    assert not (tmp_path / "runs").exists()


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    fj.configure(runs_dir=tmp_path_factory.mktemp("study") / "runs")
    found = fj.start("minimal", erlang_stop=300, max_iters=1, num_requests=20)
    found.wait(60)
    return found


@pytest.mark.parametrize("code", CALLS_OF_A_RUN)
def test_a_call_on_a_run_names_a_value_of_a_wrong_type(code, run):
    fj.configure(runs_dir=run.directory.parent)
    said = say(code, {"fj": fj, "run": run})
    assert CALLS_OF_A_RUN[code] in said
    assert "allowed" in said


def test_tags_can_be_given_one_by_one_or_as_a_list(run):
    run.tag("a", "b")
    run.tag(["b", "c"])
    assert run.tags == ("a", "b", "c")
    run.untag(["a", "c"])
    assert run.tags == ("b",)


def test_a_run_id_shows_the_network_of_the_run(run):
    fj.configure(runs_dir=run.directory.parent)
    assert run.id in repr(fj.topology(run.id))


def test_an_unknown_option_is_still_a_missing_key():
    table = fj.options("minimal")
    assert "kpaths" not in table
    assert table.get("kpaths") is None


@pytest.mark.parametrize(
    ("check", "allowed"),
    [
        (lambda: arguments.check_count("n", math.inf), "n is inf; allowed: a whole number"),
        (lambda: arguments.check_count("n", 2.5), "n is 2.5; allowed: a whole number"),
        (lambda: arguments.seconds("n", 10**400), "n is 1000.*; allowed: a number of sec"),
        (lambda: arguments.seconds("n", -1), "n is -1; allowed: a number of seconds, 0 or more"),
        (lambda: arguments.check_number_between("n", 10**400, 0, 1), "n is 1000.*between 0 and 1"),
    ],
)
def test_a_number_beyond_all_bounds_is_named_like_any_other(check, allowed):
    with pytest.raises(ValueError, match=allowed):
        check()
