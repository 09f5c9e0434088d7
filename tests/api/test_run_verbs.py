"""A run's outcome, labels and likes."""

import inspect
import json
import shutil
import sys
from dataclasses import replace

import pytest
from helpers import wait_for

import fusion_jupyter as fj
from fusion_jupyter import settings
from fusion_jupyter.manager import labels
from fusion_jupyter.manager.directory import RunDirectory

SHORT = {"max_iters": 1, "num_requests": 100, "erlang_stop": 300, "simulator": "embedded"}


def test_the_outcome_can_be_queried_like_a_future(manager):
    good = fj.start(command=["/bin/true"])
    assert good.exception(30) is None
    assert good.done()
    good.raise_for_status()
    bad = fj.start(command=["/bin/sh", "-c", "echo broken >&2; exit 3"], name="bad one")
    error = bad.exception(30)
    assert isinstance(error, fj.RunFailedError)
    assert error.record.exit_code == 3
    with pytest.raises(fj.RunFailedError, match="bad one. is FAILED: Exit code 3"):
        bad.raise_for_status()
    assert bad.logs() == "broken"
    long = fj.start(command=["/bin/sleep", "60"])
    assert not long.done()
    long.raise_for_status()
    with pytest.raises(TimeoutError):
        long.exception(0.05)
    long.cancel()


def test_tags_and_name_can_be_changed_later_and_are_seen_everywhere(manager):
    run = fj.start(command=["/bin/true"], name="first", tags=["a"])
    run.wait(30)
    assert [found.name for found in fj.runs()] == ["first"]  # in the index from now on
    run.tag("b", "a", "c d")
    run.untag("a", "never there")
    run.rename("second")
    assert (run.name, run.tags) == ("second", ("b", "c d"))
    (record,) = manager.list_runs()
    assert (record.name, record.tags) == ("second", ("b", "c d"))
    assert [found.id for found in fj.runs(tags="c d", name="second")] == [run.id]
    for wrong in ("", "a\x1bb", 3, "x" * 300):
        with pytest.raises(ValueError, match="allowed"):
            run.rename(wrong)
        with pytest.raises(ValueError, match="allowed"):
            run.tag(wrong)
    assert (run.name, run.tags) == ("second", ("b", "c d"))


def test_a_view_of_a_waiting_run_is_told_its_new_name(manager):
    settings.configure(max_concurrent_runs=1)
    long = fj.start(command=["/bin/sleep", "60"])
    run = fj.start(command=["/bin/true"], name="first")
    seen = []
    run.observe(lambda change: seen.append(change.new.name), "record")
    manager.get_run(run.id)
    fj.Run(run._directory).rename("second")
    wait_for(lambda: "second" in seen)
    long.cancel()


def test_a_run_is_started_again_with_some_options_changed(manager):
    run = fj.start("minimal", k_paths=2, tags=["study"], **SHORT)
    other = run.again(k_paths=3)
    assert other.record.options["k_paths"] == 3
    assert other.record.template == "minimal"
    assert other.tags == ("study",)
    difference = run.diff(other)
    assert difference.to_dict("records") == [
        {"option": "routing_settings.k_paths", "this": "2", "other": "3"}
    ]
    assert run.diff(run.again()).empty
    labelled = run.again(k_paths=3, name="three", tags=["figure 3"])
    assert (labelled.name, labelled.tags) == ("three", ("figure 3",))
    with pytest.raises(fj.ConfigError, match="k_pats is not an option; did you mean k_paths"):
        run.again(k_pats=3)
    with pytest.raises(ValueError, match="is a command, which has no options such as k_paths"):
        fj.start(command=["/bin/true"]).again(k_paths=3)


def test_a_command_is_started_again_as_it_was_also_from_another_folder(
    manager, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "count.py").write_text("print('at 1 of 4'); print('at 4 of 4')")
    command = [sys.executable, "count.py"]
    run = fj.start(command=command, progress=r"at (?P<step>\d+) of (?P<total>\d+)", tags=["mine"])
    run.wait(60)
    monkeypatch.chdir("/")
    again = run.again(name="once more")
    again.wait(60)
    assert again.id != run.id
    assert (again.status, again.name, again.tags) == ("COMPLETED", "once more", ("mine",))
    assert again.logs() == run.logs()
    for name in ("command", "cwd", "progress_patterns"):
        asked = [
            json.loads((each.directory / "run.json").read_text())[name] for each in (run, again)
        ]
        assert asked[0] == asked[1]


def test_a_command_that_came_in_a_bundle_is_not_started_again(manager, tmp_path):
    run = fj.start(command=["/bin/true"])
    run.wait(60)
    fj.configure(runs_dir=tmp_path / "elsewhere")
    (there,) = fj.import_runs(fj.export(run, tmp_path / "study.zip"))
    with pytest.raises(ValueError, match="a command that came in a bundle"):
        fj.run(there).again()


def test_labels_that_a_run_got_elsewhere_after_its_end_are_seen_where_it_is_known(manager):
    run = fj.start("minimal", **SHORT)
    run.wait(60)
    assert run.status == "COMPLETED"
    elsewhere = RunDirectory(run.directory)
    labels.write(elsewhere, name="figure 3", tags=["ofc27"])
    (found,) = fj.runs(tags="ofc27")
    assert found is run
    assert (run.name, run.tags, run.status) == ("figure 3", ("ofc27",), "COMPLETED")
    assert run.progress.fraction == 1.0


def test_a_run_whose_template_has_changed_is_started_from_its_frozen_configuration(
    manager, tmp_path
):
    template = tmp_path / "mine.ini"
    template.write_text(fj.start("minimal", **SHORT).config)
    run = fj.start(template, k_paths=2, simulator="embedded")
    template.write_text(template.read_text().replace("c_band = 320", "c_band = 64"))
    assert run.again(k_paths=4).diff(run)["option"].tolist() == ["routing_settings.k_paths"]
    template.unlink()
    assert run.diff(run.again()).empty


#: What a run without its directory still says: what was known, or that nothing is there.
STILL_KNOWN = {
    "check_folder", "delete", "done", "observe", "unobserve", "stream_progress", "stream_logs",
}  # fmt: skip


def arguments_of(method) -> list:
    """Something for each argument that a method needs."""
    needed = [
        name
        for name, parameter in inspect.signature(method).parameters.items()
        if parameter.default is inspect.Parameter.empty
        and parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    ]
    return ["x" for _ in needed]


def methods_of(run) -> list[str]:
    return [
        name
        for name in dir(run)
        if name not in STILL_KNOWN and inspect.isfunction(getattr(type(run), name))
    ]


def test_everything_that_needs_the_directory_says_that_it_is_gone(manager):
    run, other = fj.start("minimal", **SHORT), fj.start("minimal", **SHORT)
    run.wait(60)
    other.wait(60)
    shutil.rmtree(run.directory)
    names = methods_of(run)
    assert {"again", "diff", "tag", "untag", "rename", "wait", "load", "results", "cite"} <= {
        *names
    }
    for name in names:
        method = getattr(run, name)
        given = [other] if name == "diff" else arguments_of(method)
        with pytest.raises(fj.RunNotFoundError, match=run.id):
            method(*given)
    for name in ("config", "artifacts", "provenance"):
        with pytest.raises(fj.RunNotFoundError, match=run.id):
            getattr(run, name)
    with pytest.raises(fj.RunNotFoundError):
        other.diff(run)
    with pytest.raises(FileNotFoundError):  # which it is as well
        other.diff(run)


def test_a_run_that_is_damaged_after_its_end_is_shown_so_and_neither_labelled_nor_repeated(manager):
    run = fj.start("minimal", **SHORT)
    run.wait(60)
    file = run.directory / "run.json"
    whole = file.read_bytes()
    file.chmod(0o644)
    file.write_bytes(whole[:100])
    assert (fj.run(run.id).status, run.record.problem) == ("UNKNOWN", "damaged")
    assert [found.status for found in fj.runs()] == ["UNKNOWN"]
    for attempt in (run.again, run.cite, lambda: run.tag("a"), lambda: run.rename("b")):
        with pytest.raises(fj.DamagedRunError, match=run.id):
            attempt()
    file.write_bytes(whole)
    assert fj.run(run.id).status == "COMPLETED"
    run.tag("a")
    assert run.tags == ("a",)


def test_waiting_can_check_the_outcome(manager):
    good, bad = fj.start(command=["/bin/true"]), fj.start(command=["/bin/false"], name="bad one")
    assert good.wait(30, check=True).status == "COMPLETED"
    assert bad.wait(30).status == "FAILED"
    for attempt in (lambda: bad.wait(30, check=True), lambda: fj.wait([good, bad], check=True)):
        with pytest.raises(fj.RunFailedError, match="bad one. is FAILED") as caught:
            attempt()
        assert caught.value.record.id == bad.id
    assert len(fj.wait([good], check=True)) == 1


def test_a_check_tells_all_wrong_arguments_and_options_at_once(manager):
    problems = fj.check(
        "minimal", {"k_paths": 0}, engine="nowhere", tags=["a\x1b"], name="\x07", nope=1,
    )  # fmt: skip
    assert set(problems) == {"k_paths", "engine", "tags", "name", "nope"}
    assert all("allowed" in problems[name] for name in ("k_paths", "engine", "tags", "name"))
    assert fj.check("minimal", simulator="none")["simulator"].startswith("simulator is 'none'")
    assert fj.check("minimal", engine="debug", tags=["a"], name="b") == {}
    assert fj.check(command=["/bin/true"], progress="(") != {}
    assert fj.check(command=["/bin/true"]) == {}
    assert fj.runs() == []


def test_a_run_lists_what_it_is_and_does(manager):
    run = fj.start(command=["/bin/true"])
    assert {"id", "status", "progress", "wait", "cancel", "results", "tags", "observe"} <= {
        *dir(run)
    }
    assert not {"class_own_traits", "cross_validation_lock", "add_traits"} & {*dir(run)}


def test_a_look_that_fails_takes_nothing_from_a_run_that_has_ended(manager, monkeypatch):
    run = fj.start(command=["/bin/true"], name="precious")
    run.wait(30)
    unreadable = replace(run.record, status=fj.RunStatus.UNKNOWN, problem="unreadable", name="Run")
    run._use(unreadable)
    assert (run.status, run.name, run.done()) == ("COMPLETED", "precious", True)


def test_a_damaged_run_keeps_its_name_when_others_give_it_tags(manager):
    run = fj.start("minimal", name="precious", **SHORT)
    run.wait(60)
    file = run.directory / "run.json"
    whole = file.read_bytes()
    file.chmod(0o644)
    file.write_bytes(b"{")
    with pytest.raises(fj.DamagedRunError):
        manager.add_tags(run.record, ["x"])
    file.write_bytes(whole)
    assert manager.add_tags(fj.run(run.id).record, ["x"]).name == "precious"


def test_an_argument_of_a_wrong_kind_is_told_by_start_and_check_alike(manager):
    for wrong in ({"engine": ["local"]}, {"command": ["/bin/true"], "progress": 5}):
        with pytest.raises(ValueError, match="allowed"):
            fj.start(**wrong)
    assert "engine" in fj.check(engine=["local"])
    assert "template" in fj.check("x" * 5000)


def test_a_name_instead_of_a_runs_id_is_answered_with_the_id(manager):
    run = fj.start(command=["/bin/true"], name="my study")
    with pytest.raises(fj.RunNotFoundError, match=f"id 'my study' .*; called so: '{run.id}'$"):
        fj.run("my study")
