"""The terminal: the same verbs for when the kernel is busy or dead."""

import subprocess
import sys

import pandas as pd
import pytest
from helpers import wait_for, wait_until_final, wait_until_running

from fusion_jupyter import cli
from fusion_jupyter.runs.record import RunCreate


@pytest.fixture
def verb(manager, capsys):
    def call(*arguments):
        code = cli.main(["--runs-dir", str(manager.runs_dir), *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def done(manager):
    request = RunCreate(
        simulator="embedded", name="first", config={"erlang_stop": 400, "max_iters": 2}
    )
    return wait_until_final(manager, manager.create_run(request).id)


def test_list_and_show_say_what_is_there(verb, done, manager):
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
    assert row.split()[:3] == [done.id, "completed", "100%"]
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
    assert "100%" in out
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
    assert "CANCELLED already" in err
    assert verb("delete", record.id)[:2] == (0, f"{record.id} deleted\n")
    wait_for(lambda: not record.directory.exists())


def test_results_are_csv(verb, done, tmp_path):
    path = tmp_path / "results.csv"
    path.write_text(verb("results", done.id)[1])
    assert pd.read_csv(path)["erlang"].tolist() == [300.0, 400.0]


def test_an_unknown_run_is_an_error_that_names_it(verb, done):
    code, out, err = verb("show", "zzz")
    assert (code, out) == (1, "")
    assert "begins with 'zzz'" in err


def test_bad_arguments_exit_with_2():
    with pytest.raises(SystemExit) as caught:
        cli.main(["fly"])
    assert caught.value.code == 2
