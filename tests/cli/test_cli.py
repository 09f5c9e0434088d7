"""The terminal: the same verbs for when the kernel is busy or dead."""

import json
import os
import pty
import re
import signal
import subprocess
import sys

import pandas as pd
import pytest
from helpers import wait_for, wait_until_final, wait_until_running

import fusion_jupyter as fj
from fusion_jupyter import cli, settings
from fusion_jupyter.manager.record import RunCreate, RunStatus
from fusion_jupyter.widgets import view


@pytest.fixture
def done(manager):
    request = RunCreate(
        simulator="embedded", name="first", config={"erlang_stop": 400, "max_iters": 2}
    )
    return wait_until_final(manager, manager.create_run(request).id)


def test_list_and_show_describe_the_runs(verb, done, manager):
    code, out, _ = verb("list")
    assert code == 0
    header, row = out.splitlines()
    assert header.split() == [
        "RUN",
        "STATUS",
        "PROGRESS",
        "CREATED",
        "SIMULATOR",
        "NETWORK",
        "NAME",
    ]
    assert re.split("  +", row)[:3] == [done.id, "completed", "100 %"]
    assert verb("list", "--status", "failed")[1].startswith("No runs in")
    code, out, _ = verb("show", done.id[:4])
    assert code == 0
    assert "exit         exit code 0" in out
    assert "options      erlang_stop=400, max_iters=2" in out


def test_logs_prints_all_or_the_last_lines(verb, done):
    whole = verb("logs", done.id)[1]
    assert whole.startswith("20")
    assert whole == (done.directory / "logs" / f"{done.id}.log").read_text()
    assert verb("logs", done.id, "-n", "3")[1] == "".join(
        line + "\n" for line in whole.splitlines()[-3:]
    )


def test_logs_follows_to_the_end(manager):
    text = "for i in 1 2 3; do echo line $i; sleep 0.2; done; printf 'no end'"
    record = manager.create_run(RunCreate(command=("/bin/sh", "-c", text)))
    command = [sys.executable, "-m", "fusion_jupyter.cli", "--runs-dir", str(manager.runs_dir)]
    found = subprocess.run(
        [*command, "logs", "-f", record.id], capture_output=True, text=True, timeout=30, check=True
    )
    assert found.stdout == "line 1\nline 2\nline 3\nno end\n"


def test_watch_ends_with_the_run_and_tells_its_outcome(verb, manager, done):
    code, out, _ = verb("watch", done.id)
    assert code == 0
    assert "100 %" in out
    assert "completed" in out
    bad = manager.create_run(RunCreate(command=("/bin/sh", "-c", "echo oh; exit 3")))
    code, out, _ = verb("watch", bad.id)
    assert code == 1
    assert "Exit code 3" in out


def test_cancel_and_delete(verb, manager):
    record = manager.create_run(RunCreate(command=("/bin/sleep", "60")))
    wait_until_running(manager, record.id)
    code, _, err = verb("delete", record.id)
    assert code == 1
    assert "cancel it before" in err
    assert verb("cancel", record.id)[:2] == (0, f"{record.id} cancelled\n")
    code, _, err = verb("cancel", record.id)
    assert code == 1
    assert "already CANCELLED" in err
    assert verb("delete", record.id)[:2] == (0, f"{record.id} deleted\n")
    wait_for(lambda: not record.directory.exists())


def test_results_are_csv(verb, done, tmp_path):
    path = tmp_path / "results.csv"
    path.write_text(verb("results", done.id)[1])
    assert pd.read_csv(path)["erlang"].tolist() == [300.0, 400.0]


def test_an_unknown_run_is_an_error_that_names_it(verb, done):
    code, out, err = verb("show", "zzz")
    assert (code, out) == (1, "")
    assert "There is no run or sweep 'zzz'" in err


def test_bad_arguments_exit_with_2():
    with pytest.raises(SystemExit) as caught:
        cli.main(["fly"])
    assert caught.value.code == 2


def terminal(*arguments, runs_dir, **options):
    command = [sys.executable, "-m", "fusion_jupyter.cli", "--runs-dir", str(runs_dir)]
    return subprocess.run(
        [*command, *arguments],
        stderr=subprocess.PIPE,
        text=True,
        timeout=30,
        check=False,
        **options,
    )


def without_output():
    os.close(1)


def test_watch_with_closed_output_tells_the_outcome_by_its_exit_status(manager, done):
    told = terminal("watch", done.id, runs_dir=manager.runs_dir, preexec_fn=without_output)
    assert (told.returncode, told.stderr) == (0, "")


def test_a_name_that_the_terminal_cannot_spell_is_shown_by_its_codes(manager):
    record = manager.create_run(RunCreate(command=("/bin/true",), name="Läufe 日本"))
    wait_until_final(manager, record.id)
    for name in ("list", "show", "watch"):
        arguments = [name] if name == "list" else [name, record.id]
        told = terminal(
            *arguments,
            runs_dir=manager.runs_dir,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONIOENCODING": "ascii"},
        )
        assert (told.returncode, told.stderr) == (0, "")
        assert r"L\xe4ufe \u65e5\u672c" in told.stdout


def test_a_working_directory_that_is_gone_is_an_error_and_no_traceback(
    tmp_path, capsys, monkeypatch
):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    settings.reset()
    for arguments in (["list"], ["--runs-dir", "here", "list"]):
        assert cli.main(arguments) == 1
        assert "working directory was deleted" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["list", "show", "logs", "results"])
def test_a_reader_that_leaves_early_is_no_error(manager, done, name):
    arguments = [name] if name == "list" else [name, done.id]
    reading, writing = os.pipe()
    os.close(reading)  # gone before the first line: the hardest moment
    try:
        told = terminal(*arguments, runs_dir=manager.runs_dir, stdout=writing)
    finally:
        os.close(writing)
    notes = [line for line in told.stderr.splitlines() if not line.startswith("Note: ")]
    assert (told.returncode, notes) == (0, [])


@pytest.mark.parametrize("arguments", [["logs", "-f"], ["watch"]])
def test_ctrl_c_ends_the_watching_and_the_run_goes_on(manager, arguments):
    record = manager.create_run(
        RunCreate(command=("/bin/sh", "-c", "while :; do echo tick; sleep 0.05; done"))
    )
    wait_until_running(manager, record.id)
    # A pseudo terminal: on anything else `watch` says nothing before the end.
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "fusion_jupyter.cli", "--runs-dir", str(manager.runs_dir)]
    with subprocess.Popen(
        [*command, *arguments, record.id],
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as watching:
        os.close(theirs)
        os.read(ours, 1)
        watching.send_signal(signal.SIGINT)
        _, err = watching.communicate(timeout=30)
        os.close(ours)
    assert (watching.returncode, err) == (130, b"")
    assert manager.get_run(record.id).status is RunStatus.RUNNING


ESCAPES = "\x1b]0;owned\x07\x1b[31mred\x1b[0m \u202eturned\x9b31m"


def test_nothing_that_a_run_says_does_something_to_the_terminal(verb, manager):
    text = f"import sys; print({ESCAPES!r}); print('bar 1\\rbar 2'); sys.exit({ESCAPES!r})"
    record = manager.create_run(RunCreate(command=(sys.executable, "-c", text)))
    wait_until_final(manager, record.id)
    request = json.loads((record.directory / "run.json").read_text())
    foreign = {"name": ESCAPES + "\n", "tags": [ESCAPES], "options": {ESCAPES: ESCAPES}}
    (record.directory / "run.json").write_text(json.dumps({**request, **foreign}))
    for words in (
        ["list"],
        ["show", record.id],
        ["watch", record.id],
        ["logs", record.id],
        ["logs", "-n", "5", record.id],
        ["results", record.id],
        ["cancel", record.id],
    ):
        _, out, err = verb(*words)
        assert not set(out + err) & set("\x1b\x07\x9b\u202e\r"), words
    assert "red ⟨U+202E⟩turned" in verb("list")[1]
    assert len(verb("list")[1].splitlines()) == 2
    assert "bar 2\n" in verb("logs", record.id)[1]
    assert ESCAPES in verb("logs", "--raw", record.id)[1]
    run = fj.run(record.id)
    for shown in (repr(fj.runs()), repr(run), view(run).fallback()["text/plain"]):
        assert not set(shown) & set("\x1b\x07\x9b\u202e"), shown
    with pytest.raises(fj.RunFailedError) as caught:
        run.raise_for_status()
    assert not set(str(caught.value)) & set("\x1b\x07\x9b\u202e")
